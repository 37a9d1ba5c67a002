"""The convolutional networks against torchvision: same keys, same weights, difference 0.0."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torchvision
from torch import nn

from tests.reference.compare import (
    assert_equal,
    assert_same_gradients,
    assert_same_keys,
    build,
    count,
    difference,
    dispatched,
    share_weights,
)
from tests.reference.proofs import proves

# (spec, model, variant, smallest picture that is worth comparing, parameters as published)
PUBLISHED = [
    ("alexnet", "AlexNet", None, 96, 61_100_840),
    ("vgg", "VGG", "vgg11", 32, 132_863_336),
    ("vgg", "VGG", "vgg13", 32, 133_047_848),
    ("vgg", "VGG", "vgg16", 32, 138_357_544),
    ("vgg", "VGG", "vgg19", 32, 143_667_240),
    ("vgg", "VGG", "vgg11_bn", 32, 132_868_840),
    ("vgg", "VGG", "vgg13_bn", 32, 133_053_736),
    ("vgg", "VGG", "vgg16_bn", 32, 138_365_992),
    ("vgg", "VGG", "vgg19_bn", 32, 143_678_248),
    ("resnet", "ResNet", "resnet18", 224, 11_689_512),
    ("resnet", "ResNet", "resnet34", 224, 21_797_672),
    ("resnet", "ResNet", "resnet50", 224, 25_557_032),
    ("resnet", "ResNet", "resnet101", 224, 44_549_160),
    ("resnet", "ResNet", "resnet152", 224, 60_192_808),
    ("efficientnet", "EfficientNet", "efficientnet_b0", 96, 5_288_548),
    ("efficientnet", "EfficientNet", "efficientnet_b1", 32, 7_794_184),
    ("efficientnet", "EfficientNet", "efficientnet_b2", 32, 9_109_994),
    ("efficientnet", "EfficientNet", "efficientnet_b3", 32, 12_233_232),
    ("efficientnet", "EfficientNet", "efficientnet_b4", 32, 19_341_616),
    ("efficientnet", "EfficientNet", "efficientnet_b5", 32, 30_389_784),
    ("efficientnet", "EfficientNet", "efficientnet_b6", 32, 43_040_704),
    ("efficientnet", "EfficientNet", "efficientnet_b7", 32, 66_347_960),
]
NAMES = [variant or spec for spec, _, variant, _, _ in PUBLISHED]


def theirs(name: str, device: str = "cpu", **settings: Any) -> nn.Module:
    with torch.device(device):
        return torchvision.models.get_model(name, weights=None, **settings)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("spec", "model", "variant", "size", "parameters"), PUBLISHED, ids=NAMES)
@proves("vision/alexnet AlexNet", "vision/vgg VGG", "vision/resnet ResNet", "vision/efficientnet EfficientNet", kind="count")
def test_keys_and_count(spec: str, model: str, variant: str | None, size: int, parameters: int) -> None:
    ours = build(f"vision/{spec}", model, variant, device="meta")
    assert_same_keys(ours, theirs(variant or spec, "meta"))
    assert count(ours) == parameters


def fill(module: nn.Module) -> None:
    """Random weights and statistics under which the signal neither dies out with depth nor explodes (He et al., 2015)."""
    for name, tensor in module.state_dict().items():
        if tensor.dim() > 1:
            tensor.normal_(std=(2 / tensor[0].numel()) ** 0.5)
        elif name.endswith("num_batches_tracked"):
            tensor.zero_()
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith(".weight"):
            tensor.normal_(1, 0.1)
        else:
            tensor.normal_(0, 0.1)


@pytest.mark.parametrize(("spec", "model", "variant", "size", "parameters"), PUBLISHED, ids=NAMES)
@proves(
    "vision/alexnet AlexNet",
    "vision/vgg VGG",
    "vision/resnet ResNet",
    "vision/efficientnet EfficientNet",
    kind="equal",
    reference="torchvision",
    figure="0.0",
)
def test_equal(spec: str, model: str, variant: str | None, size: int, parameters: int) -> None:
    # Built without initialisation: what is compared is one set of random weights, not two.
    reference = theirs(variant or spec, "meta").to_empty(device="cpu")
    fill(reference)
    ours = build(f"vision/{spec}", model, variant, device="meta").to_empty(device="cpu")
    share_weights(ours, reference)
    image = torch.randn(2, 3, size, size)
    assert_equal(ours, reference, image)
    with torch.no_grad():
        first, second = ours(image)
    assert (first - second).norm() > 1e-3 * first.norm(), "the pictures do not reach the output: equality says nothing"


@pytest.mark.parametrize(
    ("spec", "model", "name", "size", "ours_settings", "their_settings"),
    [
        ("alexnet", "AlexNet", "alexnet", 63, {"dropout": 0.0}, {"dropout": 0.0}),
        ("vgg", "VGG", "vgg11_bn", 32, {"dropout": 0.0}, {"dropout": 0.0}),
        ("resnet", "ResNet", "resnet18", 224, {}, {}),
        ("resnet", "ResNet", "resnet50", 224, {}, {}),
        (
            "efficientnet",
            "EfficientNet",
            "efficientnet_b0",
            64,
            {"dropout": 0.0, "drop": 0.0},
            {"dropout": 0.0, "stochastic_depth_prob": 0.0},
        ),
    ],
    ids=["alexnet", "vgg11_bn", "resnet18", "resnet50", "efficientnet_b0"],
)
def test_gradients(
    spec: str, model: str, name: str, size: int, ours_settings: dict[str, Any], their_settings: dict[str, Any]
) -> None:
    reference = theirs(name, num_classes=10, **their_settings)
    ours = build(f"vision/{spec}", model, name if name != spec else None, classes=10, **ours_settings)
    share_weights(ours, reference)
    assert_same_gradients(ours, reference, torch.randn(2, 3, size, size))


@pytest.mark.parametrize("name", ["resnet50", "alexnet", "vgg16", "efficientnet_b0"])
@pytest.mark.parametrize("training", [False, True], ids=["eval", "training"])
def test_no_more_operations_than_by_hand(name: str, training: bool) -> None:
    spec, model, variant, _, _ = PUBLISHED[NAMES.index(name)]
    ours = build(f"vision/{spec}", model, variant, device="meta").train(training)
    reference = theirs(name, "meta").train(training)
    image = torch.empty(2, 3, 224, 224, device="meta")
    ours_counted, their_counted = dispatched(ours, image), dispatched(reference, image)
    assert ours_counted.total() <= their_counted.total(), (ours_counted - their_counted, their_counted - ours_counted)


def test_stochastic_depth_drops_whole_samples() -> None:
    """In training mode a residual branch is kept and scaled, or gone, for a sample as a whole; in eval mode it is kept."""
    ours = build("vision/efficientnet", "EfficientNet", drop=0.5)
    last = [module for module in ours.modules() if type(module).__name__ == "StochasticDepth"][-1]
    branch = torch.ones(200, 2, 3, 3)
    dropped = last.train()(branch).flatten(1)
    kept = 1 - 0.5 * 14 / 16  # the probability rises with the place: the last residual block is number 14 of 16
    assert (dropped == dropped[:, :1]).all()
    assert dropped.unique().tolist() == pytest.approx([0, 1 / kept], abs=1e-2)
    assert torch.equal(last.eval()(branch), branch)


def blocks(module: nn.Module, kind: str) -> list[nn.Module]:
    return [part for part in module.modules() if type(part).__name__ == kind]


def test_squeeze_and_excitation() -> None:
    """A channel's mean over the picture decides, by two dense layers, how much of the channel is kept (Hu et al., 2017)."""
    gate = blocks(build("vision/efficientnet", "EfficientNet"), "SqueezeExcitation")[0]
    x = torch.randn(2, 32, 5, 7)
    with torch.no_grad():
        seen = x.mean(dim=(2, 3))
        for name, act in (("fc1", nn.functional.silu), ("fc2", torch.sigmoid)):
            weight, bias = gate.get_parameter(f"{name}.weight").flatten(1), gate.get_parameter(f"{name}.bias")
            seen = act(seen @ weight.T + bias)
        assert seen.shape == (2, 32)
        assert difference(gate(x), x * seen[:, :, None, None]) < 1e-6


def test_inverted_residuals() -> None:
    """Wide inside and narrow outside: channels grow sixfold but in the first stage, every 3x3 is one of a channel alone,
    and the input is added wherever it has the size of the output (9 of 16)."""
    module = build("vision/efficientnet", "EfficientNet", device="meta")
    found = blocks(module, "MBConv")
    assert len(found) == 16
    inside = []
    for block in found:
        convolutions = [part for part in block.modules() if isinstance(part, nn.Conv2d) and part.kernel_size != (1, 1)]
        assert [conv.groups for conv in convolutions] == [convolutions[0].in_channels]
        inside.append(convolutions[0].in_channels)
    outside = [next(part.in_channels for part in block.modules() if isinstance(part, nn.Conv2d)) for block in found]
    assert [wide // narrow for wide, narrow in zip(inside, outside, strict=True)] == [1] + [6] * 15
    assert len(blocks(module, "StochasticDepth")) == 9


@pytest.mark.parametrize(
    ("variant", "widths", "depths"),
    [
        ("efficientnet_b0", [32, 16, 24, 40, 80, 112, 192, 320, 1280], [1, 2, 2, 3, 3, 4, 1]),
        ("efficientnet_b7", [64, 32, 48, 80, 160, 224, 384, 640, 2560], [4, 7, 7, 10, 10, 13, 4]),
    ],
)
def test_compound_scaling(variant: str, widths: list[int], depths: list[int]) -> None:
    """Table 1, and B7 twice as wide (to a multiple of 8) and 3.1 times as deep (rounded up)."""
    module = build("vision/efficientnet", "EfficientNet", variant, device="meta")
    stages = list(module.get_submodule("features").children())
    last = [[part for part in stage.modules() if isinstance(part, nn.Conv2d)][-1].out_channels for stage in stages]
    assert last == widths
    assert [len(blocks(stage, "MBConv")) for stage in stages[1:-1]] == depths
