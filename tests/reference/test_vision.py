"""The convolutional networks that torchvision lacks: their sizes, their figures, and what they learn."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

import specc
from tests.reference.compare import SPECS, accuracy, build, count, difference, fit, randomise, trainable
from tests.reference.data import digits
from tests.reference.proofs import proves


@proves("vision/transfer Transfer", kind="count")
def test_transfer_counts() -> None:
    module = build("vision/transfer", "Transfer", device="meta")
    assert count(module) == 11_181_642
    assert trainable(module) == 5_130


@proves("vision/transfer Transfer", kind="learns", reference="in its head alone, 5 130 of 11 181 642")
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
@proves(
    "vision/lecun1989 LeCun1989", "vision/lenet5", "vision/mnist_convnet MnistConvNet", "vision/residual Residual", kind="count"
)
def test_count(spec: str, model: str, parameters: int) -> None:
    assert count(build(f"vision/{spec}", model)) == parameters


def sixteen(images: Tensor) -> Tensor:
    """8 x 8 digits, doubled, from -1 to 1."""
    return functional.interpolate(images, scale_factor=2.0, mode="bilinear", align_corners=False) * 2 - 1


@proves("vision/lecun1989 LeCun1989", kind="learns", reference="scikit-learn's digits", figure="0.97")
def test_lecun1989_learns_digits() -> None:
    data = digits()
    module = build("vision/lecun1989", "LeCun1989")
    target = functional.one_hot(data.targets, 10) * 2.0 - 1
    fit(module, functional.mse_loss, sixteen(data.inputs), target, steps=1000, rate=2e-3, batch=64)
    assert accuracy(module, sixteen(data.held_inputs), data.held_targets) >= 0.97


@proves("vision/lenet5 LeNet5", kind="learns", reference="scikit-learn's digits", figure="0.97")
def test_lenet5_learns_digits() -> None:
    data = digits()
    module = build("vision/lenet5", "LeNet5")
    enlarge = torch.nn.Upsample(scale_factor=4, mode="nearest")
    fit(module, functional.cross_entropy, enlarge(data.inputs), data.targets, steps=300, rate=2e-3, batch=64)
    assert accuracy(module, enlarge(data.held_inputs), data.held_targets) >= 0.97


@proves("vision/mnist_convnet MnistConvNet", kind="learns", reference="scikit-learn's digits", figure="0.97")
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
@proves("vision/filters Cross", "vision/filters Edges", kind="numbers", reference="the lecture's picture and kernels")
def test_filters(model: str, expected: list[list[int]]) -> None:
    picture = torch.tensor(PICTURE, dtype=torch.float32)[None, None]
    assert build("vision/filters", model)(picture)[0, 0].tolist() == expected


@proves("vision/filters Sharpen", "vision/filters Sharpen5", kind="numbers", reference="5x5 equals its 3x3 core")
def test_sharpening_with_a_border_of_zeros_changes_nothing() -> None:
    picture = torch.randn(2, 1, 9, 7)
    small, large = (build("vision/filters", model)(picture) for model in ("Sharpen", "Sharpen5"))
    assert small.shape == picture.shape
    assert torch.allclose(small, large, atol=1e-6)


@proves(
    "vision/filters Patches",
    "vision/filters Pools",
    kind="numbers",
    reference="28 becomes 13; the largest and the mean of four",
)
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


@proves("vision/lenet5 LeNet5Original", kind="equal", reference="the paper, written out", figure="1e-12")
def test_original_lenet_is_the_papers(double: None) -> None:
    """Layer by layer: S2 and S4 average with a gain and an offset for each map, C3 reads by table I, C5 sees all at once."""
    module = build("vision/lenet5", "LeNet5Original")
    randomise(module)
    p, image = module.get_parameter, torch.randn(2, 1, 32, 32)
    table = ["012", "123", "234", "345", "450", "501", "0123", "1234", "2345", "3450", "4501", "5012", "0134", "1245", "0235"]

    def conv(x: Tensor, name: str) -> Tensor:
        return functional.conv2d(x, p(f"{name}.weight"), p(f"{name}.bias"))

    def halved(x: Tensor, name: str) -> Tensor:
        squares = (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4
        return torch.tanh(squares * p(f"{name}.gain") + p(f"{name}.offset"))

    s2 = halved(torch.tanh(conv(image, "c1")), "s2")
    maps = [conv(s2[:, [int(j) for j in seen]], f"c3.{k}") for k, seen in enumerate([*table, "012345"])]
    s4 = halved(torch.tanh(torch.cat(maps, dim=1)), "s4")
    c5 = torch.tanh(conv(s4, "c5"))
    assert (s2.shape, s4.shape, c5.shape) == ((2, 6, 14, 14), (2, 16, 5, 5), (2, 120, 1, 1))
    assert difference(module(image), torch.tanh(c5[:, :, 0, 0] @ p("f6.weight").T + p("f6.bias"))) < 1e-12


@proves("vision/lecun1989 LeCun1989", kind="equal", reference="the paper, written out", figure="1e-12")
def test_lecun1989_is_the_papers(double: None) -> None:
    """Each group of four maps of H2 sees eight maps of H1; kernels are shared over the picture, offsets are not."""
    module = build("vision/lecun1989", "LeCun1989")
    randomise(module)
    p, image = module.get_parameter, torch.randn(2, 1, 16, 16)
    h1, edged = torch.zeros(2, 12, 8, 8), functional.pad(image, (2, 2, 2, 2), value=-1.0)
    for y in range(8):
        for x in range(8):
            window = edged[:, 0, 2 * y : 2 * y + 5, 2 * x : 2 * x + 5].flatten(1)
            h1[:, :, y, x] = torch.tanh(window @ p("h1.weight").flatten(1).T + p("h1_bias")[:, y, x])
    h2, edged = torch.zeros(2, 12, 4, 4), functional.pad(h1, (2, 2, 2, 2), value=-1.0)
    for k, seen in enumerate([range(8), range(4, 12), [*range(4), *range(8, 12)]]):
        for y in range(4):
            for x in range(4):
                window = edged[:, list(seen), 2 * y : 2 * y + 5, 2 * x : 2 * x + 5].flatten(1)
                offset = p("h2_bias")[4 * k : 4 * k + 4, y, x]
                h2[:, 4 * k : 4 * k + 4, y, x] = torch.tanh(window @ p(f"h2.{k}.weight").flatten(1).T + offset)
    h3 = torch.tanh(h2.flatten(1) @ p("h3.weight").T + p("h3.bias"))
    assert difference(module(image), torch.tanh(h3 @ p("out.weight").T + p("out.bias"))) < 1e-12


@proves("vision/residual Residual", kind="numbers", reference="without the projection one message, which offers it")
def test_without_the_projection_one_message_offers_it(tmp_path: Path) -> None:
    """64 channels cannot be added to 3: one diagnostic says so, and the spec that it offers passes and has the published
    number of parameters, but for a bias in place of the batch norm."""
    text = (SPECS / "vision" / "residual.nn").read_text(encoding="utf-8")
    projection = next(line for line in text.splitlines() if "projection:" in line)
    wrong = text.replace(projection + "\n", "").replace("(main + shortcut)", "(main + image)")
    spec = tmp_path / "residual.nn"
    spec.write_text(wrong, encoding="utf-8")
    report = specc.check(spec)
    (told,) = report.diagnostics
    assert told.code == "E0310"
    assert "64 and 3" in told.headline
    (offered,) = told.help
    assert offered.certain
    assert "project `image`" in offered.text
    (edit,) = offered.edits
    spec.write_text(wrong[: edit.span.start] + edit.text + wrong[edit.span.end :], encoding="utf-8")
    assert specc.check(spec).ok
    assert count(specc.load(spec).Residual()) == 39_818 - 2 * 64 + 64
