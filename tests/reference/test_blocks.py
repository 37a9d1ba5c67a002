"""The building blocks that lectures name, each in a spec of its own, against values that one can work out."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import specc
from tests.reference.compare import difference, trainable

X = [-2.0, -0.5, 0.0, 0.5, 2.0]


@pytest.fixture
def block(tmp_path: Path) -> Path:
    return tmp_path / "block.nn"


def module(path: Path, body: str) -> nn.Module:
    """A model with this body."""
    path.write_text(f"model M {{\n{body}\n}}\n", encoding="utf-8")
    built = specc.load(path).M()
    assert isinstance(built, nn.Module)
    return built


def through(path: Path, stage: str, x: Tensor, shape: str) -> Tensor:
    """What a stage makes of `x` in eval mode."""
    with torch.no_grad():
        found: Tensor = module(path, f"    input x: {shape}\n    output y = x -> {stage}").eval()(x)
    return found


def phi(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


ACTIVATIONS = {
    "sign": [-1, -1, 0, 1, 1],
    "heaviside(tensor(1.0))": [0, 0, 1, 1, 1],
    "Sigmoid": [1 / (1 + math.exp(-x)) for x in X],
    "sigmoid": [1 / (1 + math.exp(-x)) for x in X],
    "Tanh": [math.tanh(x) for x in X],
    "ReLU": [0, 0, 0, 0.5, 2],
    "LeakyReLU": [-0.02, -0.005, 0, 0.5, 2],
    "LeakyReLU(0.1)": [-0.2, -0.05, 0, 0.5, 2],
    "leaky_relu(0.1)": [-0.2, -0.05, 0, 0.5, 2],
    "ELU": [math.exp(-2) - 1, math.exp(-0.5) - 1, 0, 0.5, 2],
    "GELU": [x * phi(x) for x in X],
    "SiLU": [x / (1 + math.exp(-x)) for x in X],
    "Softmax": [math.exp(x) / sum(math.exp(z) for z in X) for x in X],
    "softmax(dim=-1)": [math.exp(x) / sum(math.exp(z) for z in X) for x in X],
}


@pytest.mark.parametrize("stage", ACTIVATIONS)
def test_activation(block: Path, stage: str) -> None:
    found = through(block, stage if stage != "Softmax" else "Softmax(dim=-1)", torch.tensor([X]), "float[B, 5]")
    assert found[0].tolist() == pytest.approx(ACTIVATIONS[stage], abs=1e-6)


# Four numbers of mean 0 and variance 5, in two channels, or two groups of two channels.
FOUR = [-3.0, -1.0, 1.0, 3.0]


@pytest.mark.parametrize(
    ("stage", "x", "shape", "axes"),
    [
        ("LayerNorm", [FOUR, [2 * v + 7 for v in FOUR]], "float[B, 4]", -1),
        ("BatchNorm1d", [[v, 2 * v + 7] for v in FOUR], "float[B, 2]", 0),
        ("InstanceNorm1d", [[FOUR, [2 * v + 7 for v in FOUR]]], "float[B, 2, T]", -1),
        ("GroupNorm(2)", [[[-3.0, -1.0], [1.0, 3.0], [1.0, 5.0], [9.0, 13.0]]], "float[B, 4, T]", None),
    ],
)
def test_normalisation(block: Path, stage: str, x: list[list[float]], shape: str, axes: int | None) -> None:
    """Wherever a layer takes mean and variance, -3, -1, 1, 3 and twice that plus 7 both become their root of a fifth."""
    layer = module(block, f"    input x: {shape}\n    output y = x -> norm: {stage}").train()
    wanted = [v / math.sqrt(5) for v in FOUR]
    found = layer(torch.tensor(x)).detach()
    rows = found.reshape(2, 4) if axes is None else found.movedim(axes, -1).reshape(2, 4)
    for row in rows.tolist():
        assert row == pytest.approx(wanted, abs=1e-4)


def test_batch_norm_remembers_what_it_saw(block: Path) -> None:
    """A tenth of the way to each batch's mean and variance; in eval mode these stand for the batch's."""
    layer = module(block, "    input x: float[B, 1]\n    output y = x -> norm: BatchNorm1d")
    layer(torch.tensor([[0.0], [2.0]]))
    assert layer.get_buffer("norm.running_mean").item() == pytest.approx(0.1)
    assert layer.get_buffer("norm.running_var").item() == pytest.approx(0.9 + 0.1 * 2)
    assert layer.eval()(torch.tensor([[0.1]])).item() == pytest.approx(0.0, abs=1e-6)


def test_dropout(block: Path) -> None:
    """In training a quarter of the numbers is gone and the others grow to keep the mean; in eval mode nothing happens."""
    layer = module(block, "    input x: float[B, 8]\n    output y = x -> Dropout(0.25)")
    x = torch.ones(1000, 8)
    found = layer.train()(x)
    assert found.unique().tolist() == pytest.approx([0, 4 / 3])
    assert (found == 0).double().mean().item() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(layer.eval()(x), x)


PICTURE = torch.arange(16.0).reshape(1, 1, 4, 4)


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("MaxPool2d(2)", [[5, 7], [13, 15]]),
        ("AvgPool2d(2)", [[2.5, 4.5], [10.5, 12.5]]),
        ("MaxPool2d(3, stride=1)", [[10, 11], [14, 15]]),
        ("AdaptiveAvgPool2d(1)", [[7.5]]),
        ("AdaptiveMaxPool2d(2)", [[5, 7], [13, 15]]),
        ("AdaptiveAvgPool2d((1, 2))", [[6.5, 8.5]]),
    ],
)
def test_pooling(block: Path, stage: str, expected: list[list[float]]) -> None:
    assert through(block, stage, PICTURE, "float[B, 1, 4, 4]")[0, 0].tolist() == expected


def test_upsampling(block: Path) -> None:
    """Nearest neighbours repeat, bilinear interpolation lies between, a transposed convolution stamps its kernel."""
    x, shape = torch.tensor([[[[1.0, 3.0]]]]), "float[B, 1, 1, 2]"
    assert through(block, "Upsample(scale_factor=2)", x, shape)[0, 0].tolist() == [[1, 1, 3, 3], [1, 1, 3, 3]]
    smooth = through(block, 'Upsample(scale_factor=2, mode="bilinear", align_corners=false)', x, shape)
    assert smooth[0, 0].tolist() == [[1, 1.5, 2.5, 3]] * 2
    stamp = module(block, f"    input x: {shape}\n    output y = x -> up: ConvTranspose2d(1, 2, stride=2, bias=false)")
    with torch.no_grad():
        stamp.get_parameter("up.weight").copy_(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))
    assert stamp(x)[0, 0].tolist() == [[1, 2, 3, 6], [3, 4, 9, 12]]


def test_embedding_looks_up_rows(block: Path) -> None:
    layer = module(block, "    input words: int[B]\n    output y = words -> table: Embedding(5, 3)")
    assert torch.equal(layer(torch.tensor([4, 0, 4])), layer.get_parameter("table.weight")[[4, 0, 4]])


INITIALISERS = {
    "xavier_uniform": (math.sqrt(6 / (300 + 200)) / math.sqrt(3), math.sqrt(6 / 500)),
    "xavier_normal": (math.sqrt(2 / (300 + 200)), None),
    'kaiming_uniform(nonlinearity="relu")': (math.sqrt(2 / 300), math.sqrt(6 / 300)),
    'kaiming_normal(nonlinearity="relu")': (math.sqrt(2 / 300), None),
    'kaiming_normal(mode="fan_out", nonlinearity="relu")': (math.sqrt(2 / 200), None),
    "normal(std=0.02)": (0.02, None),
}


@pytest.mark.parametrize("rule", INITIALISERS)
def test_initialisation(block: Path, rule: str) -> None:
    """Deviation, and for uniform ones the bound, for a layer from 300 to 200 (Glorot and Bengio, 2010; He et al., 2015)."""
    rules = f"init {{ Linear.weight = {rule}; *.bias = zeros }}"
    layer = module(block, f"    input x: float[B, 300]\n    output y = x -> fc: Linear(200)\n    {rules}")
    weight, (deviation, bound) = layer.get_parameter("fc.weight"), INITIALISERS[rule]
    assert weight.std().item() == pytest.approx(deviation, rel=0.02)
    assert abs(weight.mean().item()) < 4 * deviation / math.sqrt(weight.numel())
    if bound is not None:
        assert 0.99 * bound < weight.abs().max().item() <= bound
    assert not layer.get_parameter("fc.bias").any()


def test_skip_connection(block: Path) -> None:
    layer = module(block, "    input x: float[B, 4]\n    output y = x + (x -> fc: Linear(4) -> ReLU)")
    x = torch.randn(3, 4)
    fc = layer.get_submodule("fc")
    assert difference(layer(x), x + torch.relu(fc(x))) == 0.0


def test_shared_weights(block: Path) -> None:
    """A layer that is named again is the same layer; two tied weights are one."""
    layer = module(
        block,
        "    layer fc: Linear(4)\n    input x: float[B, 4]\n    y = x -> fc -> Tanh -> fc -> other: Linear(4, bias=false)\n"
        "    tie other.weight = fc.weight\n    output y",
    )
    fc, x = layer.get_submodule("fc"), torch.randn(3, 4)
    assert sum(parameter.numel() for parameter in layer.parameters()) == 20
    assert layer.get_parameter("other.weight") is layer.get_parameter("fc.weight")
    assert difference(layer(x), fc(torch.tanh(fc(x))) @ layer.get_parameter("fc.weight").T) < 1e-6


def test_freezing(block: Path) -> None:
    body = "    input x: float[B, 4]\n    output y = x -> body: (Linear(3) -> ReLU) -> head: Linear(2)\n    freeze body.*"
    layer = module(block, body)
    assert trainable(layer) == 3 * 2 + 2
    layer(torch.randn(5, 4)).sum().backward()
    assert {name for name, p in layer.named_parameters() if p.grad is not None} == {"head.weight", "head.bias"}
