"""Every layer agrees with torch on random configurations, and with itself when sizes are symbols."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from specc.ops.layers.linear import Linear
from specc.ops.rules import Checks
from specc.types import TensorType
from tests.specc.ops.differential import layer_of, run
from tests.specc.ops.samplers import SAMPLERS
from tests.specc.ops.symbolic import run_symbolic

CASES = 100


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_agrees_with_torch(name: str) -> None:
    tally = run(name, CASES, seed=0)
    assert tally.wrong == 0, "\n".join([str(tally), *tally.examples[:5]])
    if layer_of(name).params or name != "Identity":
        assert tally.accepted >= CASES // 10, f"the sampler finds too little that torch accepts: {tally}"


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_symbols_then_numbers(name: str) -> None:
    tally = run_symbolic(name, CASES, seed=0)
    assert not tally.differences, "\n".join(tally.differences[:5])
    assert tally.agreed > tally.tried // 10, f"{name}: {tally.agreed} of {tally.tried} went through with symbols"


def test_a_wrong_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self: Linear, check: Checks, input: TensorType) -> TensorType:
        return input.with_last(self.out_features)

    monkeypatch.setattr(Linear, "shape", careless)
    tally = run("Linear", CASES, seed=0)
    assert tally.false_accepts > 0


def test_wrong_weights_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Linear.weights

    def reversed_order(self: Linear) -> dict[str, Any]:
        return dict(reversed(original(self).items()))

    monkeypatch.setattr(Linear, "weights", reversed_order)
    assert run("Linear", CASES, seed=0).differences > 0
