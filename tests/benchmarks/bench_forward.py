"""Generated modules against the published ones, with the same weights: eval mode, on the CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import tests.reference.torchvision_shim  # noqa: F401  # before torchvision
from tests.benchmarks.harness import Row, compare, show
from tests.reference.compare import build, share_weights


def forward(name: str, ours: nn.Module, reference: nn.Module, *inputs: Tensor, runs: int) -> Row:
    """A row: the time of one pass each, after it was seen that both give the same."""
    share_weights(ours, reference)
    ours.eval()
    reference.eval()
    with torch.no_grad():
        assert torch.equal(ours(*inputs), reference(*inputs)), f"{name} differs"
        return compare(name, lambda: ours(*inputs), lambda: reference(*inputs), runs)


def training(name: str, ours: nn.Module, reference: nn.Module, *inputs: Tensor, runs: int) -> Row:
    """A row: the time of forward and backward."""

    def step(module: nn.Module) -> None:
        module.zero_grad()
        module(*inputs).sum().backward()

    share_weights(ours, reference)
    ours.train()
    reference.train()
    return compare(f"{name}, forward and backward", lambda: step(ours), lambda: step(reference), runs)


def main() -> None:
    import torchvision  # once the shim is there

    torch.manual_seed(0)
    picture = torch.randn(1, 3, 224, 224)
    rows = []
    for spec, model, variant, runs in (
        ("alexnet", "AlexNet", None, 15),
        ("vgg", "VGG", "vgg11", 7),
        ("resnet", "ResNet", "resnet18", 15),
        ("resnet", "ResNet", "resnet50", 11),
    ):
        published = torchvision.models.get_model(variant or spec)
        rows.append(forward(variant or spec, build(f"vision/{spec}", model, variant), published, picture, runs=runs))
    resnet = build("vision/resnet", "ResNet", "resnet18"), torchvision.models.resnet18()
    rows.append(training("resnet18", *resnet, picture, runs=7))
    show("Forward passes: generated against torchvision", rows)


if __name__ == "__main__":
    main()
