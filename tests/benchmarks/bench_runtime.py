"""Generated networks against torchvision's, in eager mode: making them, forward, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import nn

import specc
import tests.reference.torchvision_shim  # noqa: F401
from tests.benchmarks.harness import Row, compare, show

SPECS = Path(__file__).parents[2] / "specs" / "vision"

# (spec, model, torchvision's name, pictures in a batch)
NETWORKS = [
    ("resnet", "ResNet", "resnet18", 2),
    ("resnet", "ResNet", "resnet50", 2),
    ("vgg", "VGG", "vgg16", 1),
    ("efficientnet", "EfficientNet", "efficientnet_b0", 2),
]


def forward(module: nn.Module, image: torch.Tensor) -> Callable[[], object]:
    def run() -> object:
        with torch.no_grad():
            return module(image)

    return run


def step(module: nn.Module, image: torch.Tensor) -> Callable[[], object]:
    def run() -> object:
        module.zero_grad()
        return module(image).sum().backward()

    return run


def _load_and_make(path: Path, model: str, variant: str) -> nn.Module:
    """From the spec's text to a module with weights: check, emit, import, construct."""
    made: nn.Module = getattr(specc.load(path, model=model, variant=variant), model)()
    return made


def rows() -> list[Row]:
    import torchvision

    found = []
    for spec, model, name, batch in NETWORKS:
        path = SPECS / f"{spec}.nn"
        ours_class = getattr(specc.load(path, model=model, variant=name), model)
        theirs_class = getattr(torchvision.models, name)
        loaded = partial(_load_and_make, path, model, name)
        found.append(compare(f"{name}: load the spec and make it", loaded, theirs_class, runs=5))
        with torch.device("meta"):
            found.append(compare(f"{name}: make on meta", ours_class, theirs_class, runs=9))
        ours, theirs = ours_class(), theirs_class()
        theirs.load_state_dict(ours.state_dict())
        image = torch.randn(batch, 3, 224, 224)
        found.append(compare(f"{name}: forward", forward(ours.eval(), image), forward(theirs.eval(), image), runs=9))
        found.append(compare(f"{name}: forward, backward", step(ours.train(), image), step(theirs.train(), image), runs=5))
    return found


def main() -> None:
    torch.manual_seed(0)
    show(f"generated and by hand, {torch.get_num_threads()} threads", rows())


if __name__ == "__main__":
    main()
