"""The convolutional networks against torchvision: same keys, same weights, difference 0.0."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from tests.reference.compare import (
    accuracy,
    assert_equal,
    assert_same_gradients,
    assert_same_keys,
    build,
    count,
    dispatched,
    fit,
    share_weights,
    trainable,
)
from tests.reference.data import digits

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


def test_transfer_counts() -> None:
    module = build("vision/transfer", "Transfer", device="meta")
    assert count(module) == 11_181_642
    assert trainable(module) == 5_130


def test_transfer_step_changes_only_the_head() -> None:
    module = build("vision/transfer", "Transfer")
    before = {name: parameter.clone() for name, parameter in module.named_parameters()}
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    module.eval()  # batch statistics would move otherwise: they are no parameters, and freezing says nothing of them
    functional.cross_entropy(module(torch.randn(2, 3, 224, 224)), torch.tensor([1, 2])).backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    changed = {name for name, parameter in module.named_parameters() if not torch.equal(parameter, before[name])}
    assert changed == {"net.fc.weight", "net.fc.bias"}


@pytest.mark.parametrize(
    ("spec", "model", "parameters"),
    [
        ("lecun1989", "LeCun1989", 9_760),
        ("lenet5", "LeNet5", 61_706),
        ("lenet5", "LeNet5Original", 60_000),
        ("mnist_convnet", "MnistConvNet", 34_826),
        ("residual", "Residual", 39_818),
    ],
)
def test_count(spec: str, model: str, parameters: int) -> None:
    assert count(build(f"vision/{spec}", model)) == parameters


def sixteen(images: Tensor) -> Tensor:
    """8 x 8 digits, doubled, from -1 to 1."""
    return functional.interpolate(images, scale_factor=2.0, mode="bilinear", align_corners=False) * 2 - 1


def test_lecun1989_learns_digits() -> None:
    data = digits()
    module = build("vision/lecun1989", "LeCun1989")
    target = functional.one_hot(data.targets, 10) * 2.0 - 1
    fit(module, functional.mse_loss, sixteen(data.inputs), target, steps=700, rate=3e-3, batch=64)
    assert accuracy(module, sixteen(data.held_inputs), data.held_targets) >= 0.97


def test_lenet5_learns_digits() -> None:
    data = digits()
    module = build("vision/lenet5", "LeNet5")
    enlarge = torch.nn.Upsample(scale_factor=4, mode="nearest")
    fit(module, functional.cross_entropy, enlarge(data.inputs), data.targets, steps=300, rate=2e-3, batch=64)
    assert accuracy(module, enlarge(data.held_inputs), data.held_targets) >= 0.97


def test_mnist_convnet_learns_digits() -> None:
    data = digits()
    module = build("vision/mnist_convnet", "MnistConvNet", size=16)
    enlarge = torch.nn.Upsample(scale_factor=2, mode="nearest")
    fit(module, functional.cross_entropy, enlarge(data.inputs), data.targets, steps=700, rate=2e-3, batch=64)
    assert accuracy(module, enlarge(data.held_inputs), data.held_targets) >= 0.97


# The picture of the lectures on convolutions, and what each filter makes of it.
PICTURE = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]


@pytest.mark.parametrize(
    ("model", "expected"),
    [("Cross", [[4, 3, 4], [2, 4, 3], [2, 3, 4]]), ("Edges", [[-2, 0, -2], [2, -1, 0], [2, -1, -2]])],
)
def test_filters(model: str, expected: list[list[int]]) -> None:
    picture = torch.tensor(PICTURE, dtype=torch.float32)[None, None]
    assert build("vision/filters", model)(picture)[0, 0].tolist() == expected


def test_sharpening_with_a_border_of_zeros_changes_nothing() -> None:
    picture = torch.randn(2, 1, 9, 7)
    small, large = (build("vision/filters", model)(picture) for model in ("Sharpen", "Sharpen5"))
    assert small.shape == picture.shape
    assert torch.allclose(small, large, atol=1e-6)


def test_patches_and_pools() -> None:
    assert build("vision/filters", "Patches")(torch.randn(1, 1, 28, 28)).shape == (1, 16, 13, 13)
    largest, mean = build("vision/filters", "Pools")(torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]]))
    assert (largest.item(), mean.item()) == (6.0, 3.0)


def test_kernels_are_kept_with_the_model() -> None:
    module = build("vision/filters", "Edges")
    assert count(module) == 0
    assert list(module.state_dict()) == ["kernel"]


def test_original_lenet_sees_chosen_maps() -> None:
    """Table I: six maps of C3 see three maps of S2, nine see four, one sees all six."""
    module = build("vision/lenet5", "LeNet5Original")
    state = module.state_dict()
    assert [state[f"c3.{k}.weight"].shape[1] for k in range(16)] == [3] * 6 + [4] * 9 + [6]
