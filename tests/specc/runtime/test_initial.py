"""The values that tensors begin with, once the model is made."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional

import specc
from specc.ops import registry

INITIALISERS = Path(__file__).parents[2] / "cases" / "emit" / "initialisers.nn"


def made(tmp_path: Path, text: str) -> torch.nn.Module:
    path = tmp_path / "model.nn"
    path.write_text(text)
    model: torch.nn.Module = specc.load(path).M()
    return model


def test_expressions_over_initialisers() -> None:
    torch.manual_seed(0)
    model = specc.load(INITIALISERS).Initialisers()
    assert torch.equal(model.causal, torch.ones(4, 4, dtype=torch.bool).tril())
    assert torch.equal(model.mask, torch.full((4, 4), -1.0).triu(1))
    for gate in model.h:
        steps = functional.softplus(gate.dt.bias)
        assert 0.001 * 0.999 < steps.min() <= steps.max() < 0.1 * 1.001
        assert (gate.dt.weight == 0).sum(dim=0).eq(4).all(), "half of each column"
    assert 0.5 <= model.scale.min() <= model.scale.max() < 1.0
    assert torch.equal(model.norm.weight, torch.ones(8)), "the stronger rule has the last word"
    assert torch.equal(model.wn.bias, torch.linspace(0, 1, 8))


def test_wrapped_layers_start_from_the_rule() -> None:
    torch.manual_seed(0)
    model = specc.load(INITIALISERS).Initialisers(width=64)
    original = model.sn.parametrizations.weight.original
    assert torch.allclose(original @ original.T, torch.eye(64), atol=1e-5)
    length, direction = model.wn.parametrizations.weight.original0, model.wn.parametrizations.weight.original1
    assert torch.allclose(direction.norm(dim=1, keepdim=True), length)
    assert model.wn.weight.std().item() == pytest.approx(1 / (64 + 64) ** 0.5, rel=0.05)
    frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
    assert frozen == [
        *(f"h.{i}.dt.{weight}" for i in range(3) for weight in ("weight", "bias")),
        "norm.weight",
        "norm.bias",
        "wn.parametrizations.weight.original0",
        "wn.parametrizations.weight.original1",
    ]


def test_fans_are_those_of_torch(tmp_path: Path) -> None:
    model = made(
        tmp_path,
        """model M {
            input x: float[B, 3, 8, 8]
            x -> conv: Conv2d(6, 3, groups=3) -> up: ConvTranspose2d(5, 2) -> output y
            init { *.weight = fan_in + 1000 * fan_out }
        }""",
    )
    for weight in (model.get_parameter("conv.weight"), model.get_parameter("up.weight")):
        fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(weight)
        assert weight.eq(fan_in + 1000 * fan_out).all()


def test_rules_by_type_reach_wrapped_layers_of_all_kinds(tmp_path: Path) -> None:
    model = made(
        tmp_path,
        """model M {
            input x: float[B, 4]
            x -> a: Linear(4) -> b: SpectralNorm(Linear(4)) -> c: WeightNorm(Linear(4)) -> output y
            init { Linear.weight = constant(0.5); Linear.bias = ones; a.weight = 2.0 }
        }""",
    )
    assert model.get_parameter("a.weight").eq(2.0).all()
    assert model.get_parameter("b.parametrizations.weight.original").eq(0.5).all()
    assert torch.allclose(torch.as_tensor(model.get_submodule("c").weight), torch.full((4, 4), 0.5))
    assert all(model.get_parameter(f"{name}.bias").eq(1.0).all() for name in "abc")


def test_rules_for_one_pattern_keep_their_order(tmp_path: Path) -> None:
    model = made(
        tmp_path,
        """model M {
            input x: float[B, 4]
            x -> net: (a: Linear(4) -> Linear(4)) -> output y
            init { *.a.bias = zeros; net.*.bias = ones; *.a.bias = constant(2.0) }
        }""",
    )
    assert model.get_parameter("net.a.bias").eq(2.0).all()
    assert model.get_parameter("net.1.bias").eq(1.0).all()


def test_states_begin_as_expressions(tmp_path: Path) -> None:
    model = made(
        tmp_path,
        """block Cell { input x: float[B, 4]; state h: float[B, 4] = 0.5 * ones; new = h + x; output h; next h = new }
        model M { input x: float[B, T, 4]; ys, _ = x -> Scan(Cell, dim=1); output ys }""",
    )
    assert model(torch.zeros(2, 3, 4)).eq(0.5).all()


def test_every_initialiser_of_torch_can_be_named() -> None:
    """Those of torch.nn.init end in an underscore; the others there are helpers or deprecated."""
    of_torch = {name[:-1] for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")}
    assert set(registry.initialisers()) == of_torch


def test_ties_under_a_condition() -> None:
    spec = INITIALISERS.parent / "ties.nn"
    tied, free = specc.load(spec).Ties(), specc.load(spec, tied=False, shifted=True).Ties()
    assert tied.heads[1].weight is tied.wte.weight
    assert free.heads[1].weight is not free.wte.weight
    assert free.shift.eq(0.0).all()
