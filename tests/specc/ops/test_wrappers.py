"""Wrappers: their state has torch's keys and shapes, whatever they stand around."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

import specc

WRAP: dict[str, Callable[[nn.Module], nn.Module]] = {
    "SpectralNorm": nn.utils.parametrizations.spectral_norm,
    "WeightNorm": nn.utils.parametrizations.weight_norm,
}

CASES: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "Conv2d(4, 3)": (lambda: nn.Conv2d(3, 4, 3), "x: float[B, 3, 9, 9]"),
    "Conv2d(4, 3, bias=false)": (lambda: nn.Conv2d(3, 4, 3, bias=False), "x: float[B, 3, 9, 9]"),
    "ConvTranspose2d(4, 3)": (lambda: nn.ConvTranspose2d(3, 4, 3), "x: float[B, 3, 9, 9]"),
    "Linear(5)": (lambda: nn.Linear(7, 5), "x: float[B, 7]"),
    "Embedding(11, 4)": (lambda: nn.Embedding(11, 4), "x: int[B, T]"),
}


@pytest.mark.parametrize("layer", CASES)
@pytest.mark.parametrize("wrapper", WRAP)
def test_keys_and_outputs_are_torchs(wrapper: str, layer: str) -> None:
    make, declared = CASES[layer]
    model = specc.load(f"model M {{\n input {declared}\n output x -> layer: {wrapper}({layer})\n}}").M()
    theirs = WRAP[wrapper](make())
    state = {f"layer.{key}": value for key, value in theirs.state_dict().items()}
    assert list(model.state_dict()) == list(state)
    model.load_state_dict(state)
    shape = [2 if part.strip() in ("B", "T") else int(part) for part in declared.split("[")[1].rstrip("]").split(",")]
    x = torch.randint(11, shape) if declared.startswith("x: int") else torch.randn(shape)
    assert torch.equal(model.eval()(x), theirs.eval()(x))


def test_the_checker_knows_the_state() -> None:
    """What the summary counts is what torch makes."""
    text = (
        "model M {\n input x: float[B, 3, 9, 9]\n output x -> c: SpectralNorm(Conv2d(4, 3)) -> d: WeightNorm(Conv2d(2, 3))\n}"
    )
    model = specc.load(text).M()
    assert sum(p.numel() for p in model.parameters()) == 4 * 27 + 4 + 2 * 36 + 2 + 2


@pytest.mark.parametrize("inner", ["ReLU", "3", "(Conv2d(2, 3) -> ReLU)"])
def test_only_layers_with_the_weight_can_be_wrapped(inner: str) -> None:
    report = specc.check(f"model M {{\n input x: float[B, 3, 9, 9]\n output x -> c: SpectralNorm({inner})\n}}")
    assert [d.code for d in report.diagnostics] == ["E0207"]
