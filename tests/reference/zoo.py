"""Every model of the zoo in a configuration that takes it a moment, with random inputs of its declared types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from specc import pipeline
from specc.diagnostics import Diagnostics
from specc.graph.model import Program
from specc.reading import read_path
from specc.runtime.sizes import admissible, random_inputs
from tests.reference.compare import SPECS, build, tensors

SMALL: dict[str, dict[str, Any]] = {
    "autoencoders/vae VAE": {"latent": 3, "hidden": 16, "size": 8},
    "diffusion/ddpm DDPM": {"steps": 10, "size": 8, "widths": [8, 8, 8, 8], "groups": 4},
    "diffusion/ddpm UNet": {"widths": [8, 16], "attends": [False, True], "layers": 1, "groups": 4},
    "diffusion/text_to_image TextToImage": {
        "widths": [8, 16], "attends": [True, False], "layers": 1, "words": 12, "heads": 2, "groups": 4,
    },
    "gan/biggan Discriminator": {"size": 16, "width": 8, "factors": [1, 2, 4], "classes": 5},
    "gan/biggan Generator": {"latent": 16, "width": 8, "factors": [4, 2, 1], "attends": 1, "classes": 5, "shared": 6},
    "gan/cyclegan CycleGAN": {"size": 32, "blocks": 1},
    "gan/dcgan Discriminator": {"width": 8},
    "gan/dcgan Generator": {"width": 8},
    "gan/stylegan StyleGAN": {"latent": 12, "depth": 2, "widths": [8, 6]},
    "other/capsules CapsNet": {"size": 18, "channels": 4, "maps": 2, "classes": 3},
    "tensors/layouts Film": {"samples": 2, "frames": 5, "width": 16, "height": 12},
    "text/captioning Captioning": {"vocab": 50, "width": 16, "hidden": 24, "depths": [1, 1, 1, 1]},
    "transformers/bert Bert": {"vocab": 61, "context": 16, "width": 32, "depth": 2, "heads": 4, "hidden": 48},
    "transformers/gpt2 GPT2": {"vocab": 61, "context": 16, "width": 32, "depth": 2, "heads": 4},
    "transformers/t5 T5": {"vocab": 61, "width": 32, "depth": 2, "heads": 4, "size": 6, "hidden": 48},
    "transformers/transformer Transformer": {"vocab": 61, "width": 32, "heads": 4, "depth": 2, "hidden": 48},
    "transformers/transformer_xl TransformerXL": {
        "ends": [0, 20, 40, 61], "width": 32, "depth": 2, "heads": 4, "size": 8, "hidden": 48, "divide": 2,
    },
    "vision/alexnet AlexNet": {"classes": 3},
    "vision/efficientnet EfficientNet": {"classes": 3, "deeper": 0.3},
    "vision/resnet ResNet": {"classes": 3, "depths": [1, 1, 1, 1]},
    "vision/vgg VGG": {"classes": 3, "stages": [[4], [8]], "batch_norm": True},
}  # fmt: skip
"""Hyper-parameters that differ from the spec's; other models are small as they are."""


BATCH = ("B", "N")
"""What specs call the size that a batch, or a graph, may have."""


class Small(NamedTuple):
    """A model of the zoo by its spec and name, in its small configuration."""

    spec: str
    model: str

    @property
    def settings(self) -> dict[str, Any]:
        return SMALL.get(f"{self.spec} {self.model}", {})

    def build(self) -> nn.Module:
        return build(self.spec, self.model, **self.settings)

    @property
    def program(self) -> Program:
        return _program(self.spec, self.model)

    def entries(self, batch: int = 3) -> Iterator[tuple[str, dict[str, Tensor | int]]]:
        """Each entry with random inputs: sizes of 3 where they are free (and the batch's as given), or what comes next to it,
        whole numbers 0 and 1."""
        program = self.program
        sizes = admissible(program, {name: batch if name in BATCH else 3 for name in program.symbols})
        for entry in program.main.entries:
            chance = torch.Generator().manual_seed(0)
            yield entry, random_inputs(program, entry, sizes, torch.device("cpu"), chance)


@cache
def _program(spec: str, model: str) -> Program:
    settings = tuple((name, _written(value)) for name, value in SMALL.get(f"{spec} {model}", {}).items())
    diagnostics, options = Diagnostics(), pipeline.Options(model=model, settings=settings)
    checked = pipeline.check(read_path(str(SPECS / f"{spec}.nn")), options, diagnostics)
    program = pipeline.program(checked, options, diagnostics)
    assert program is not None, diagnostics.sorted()
    return program


def _written(value: object) -> str:
    """As an expression of the language."""
    return str(value).replace("True", "true").replace("False", "false")


def zoo() -> list[Small]:
    """All models of all families; not the library, whose blocks have tests of their own."""
    return [
        Small(path.relative_to(SPECS).with_suffix("").as_posix(), model)
        for path in sorted(SPECS.glob("*/*.nn"))
        for model in re.findall(r"^model (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]


ZOO = zoo()
each = pytest.mark.parametrize("small", ZOO, ids=[f"{small.spec}-{small.model}" for small in ZOO])


class Entry(nn.Module):
    """One entry of a model as a module of its own, which is how torch exports it; whole numbers are fixed."""

    def __init__(self, module: nn.Module, entry: str, inputs: Sequence[Tensor | int]) -> None:
        super().__init__()
        self.module = module
        self.entry = entry
        self.fixed = [None if isinstance(value, Tensor) else value for value in inputs]

    def forward(self, *fed: Tensor) -> Any:
        rest = iter(fed)
        inputs = [next(rest) if value is None else value for value in self.fixed]
        return self.module(*inputs) if self.entry == "forward" else getattr(self.module, self.entry)(*inputs)


def entries(small: Small) -> Iterator[tuple[Entry, tuple[Tensor, ...]]]:
    """The entries of a freshly made model in eval mode, each with its tensors."""
    module = small.build().eval()
    for entry, inputs in small.entries():
        yield Entry(module, entry, list(inputs.values())), tuple(v for v in inputs.values() if isinstance(v, Tensor))


def seeded(module: Any, *inputs: Tensor) -> list[Tensor]:
    """What comes out, with the same chance every time."""
    torch.manual_seed(5)
    with torch.no_grad():
        return list(tensors(module(*inputs)))
