"""Generated networks against torchvision's, in eager mode: building, forward, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
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


def rows() -> list[Row]:
    import torchvision

    found = []
    for spec, model, name, batch in NETWORKS:
        path = SPECS / f"{spec}.nn"
        ours_class = getattr(specc.load(path, model=model, variant=name), model)
        theirs_class = getattr(torchvision.models, name)
        with torch.device("meta"):
            found.append(compare(f"{name}: build on meta", ours_class, theirs_class, runs=9))
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
