"""Making generated networks against making torchvision's: with weights, and on the meta device."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from torch import nn

import specc
import tests.reference.torchvision_shim  # noqa: F401
from tests.benchmarks.harness import Row, compare, show

SPECS = Path(__file__).parents[2] / "specs" / "vision"

# (spec, model, torchvision's name)
NETWORKS = [
    ("resnet", "ResNet", "resnet18"),
    ("resnet", "ResNet", "resnet50"),
    ("vgg", "VGG", "vgg16"),
    ("efficientnet", "EfficientNet", "efficientnet_b0"),
]


def _load_and_make(path: Path, model: str, variant: str) -> nn.Module:
    """From the spec's text to a module with weights: check, emit, import, construct."""
    made: nn.Module = getattr(specc.load(path, model=model, variant=variant), model)()
    return made


def rows() -> list[Row]:
    import torchvision

    found = []
    for spec, model, name in NETWORKS:
        path = SPECS / f"{spec}.nn"
        ours_class = getattr(specc.load(path, model=model, variant=name), model)
        theirs_class = getattr(torchvision.models, name)
        loaded = partial(_load_and_make, path, model, name)
        found.append(compare(f"{name}: load the spec and make it", loaded, theirs_class, runs=5))
        with torch.device("meta"):
            found.append(compare(f"{name}: make on meta", ours_class, theirs_class, runs=9))
    return found


def main() -> None:
    torch.manual_seed(0)
    show("making networks: generated, and torchvision's", rows())


if __name__ == "__main__":
    main()
