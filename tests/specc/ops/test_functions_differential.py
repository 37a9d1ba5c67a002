"""Every function agrees with torch on random configurations, and with itself when sizes are symbols."""

from __future__ import annotations

import pytest
import torch

from specc.ops.functions.join import Cat
from specc.ops.functions.view import Reshape
from specc.ops.rules import Checks
from specc.pycode import Code
from specc.types import TensorType
from tests.specc.ops.functions_differential import SAMPLERS, functions, run

CASES = 60


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_every_function_is_sampled() -> None:
    assert sorted(SAMPLERS) == functions()


@pytest.mark.parametrize("name", functions())
def test_agrees_with_torch(name: str) -> None:
    tally = run(name, CASES, seed=0)
    assert tally.wrong == 0, "\n".join([str(tally), *tally.examples[:5]])
    assert tally.accepted >= CASES // 10, f"the sampler finds too little that torch accepts: {tally}"


def test_a_rule_that_takes_too_much_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self: Cat, check: Checks, tensors: list[TensorType]) -> TensorType:
        return tensors[0]

    monkeypatch.setattr(Cat, "shape", careless)
    tally = run("cat", CASES, seed=0)
    assert tally.false_accepts > 0
    assert tally.differences > 0


def test_a_rule_that_takes_too_little_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def timid(self: Reshape, check: Checks, x: TensorType) -> TensorType:
        check.fail("never")

    monkeypatch.setattr(Reshape, "shape", timid)
    assert run("reshape", CASES, seed=0).false_rejects > 0


def test_wrong_generated_code_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(self: Reshape, args: dict[str, Code], types: object) -> Code:
        return args["x"]

    monkeypatch.setattr(Reshape, "lower", wrong)
    assert run("reshape", CASES, seed=0).differences > 0


def test_a_rule_that_symbols_mislead_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Cat.shape

    def forgetful(self: Cat, check: Checks, tensors: list[TensorType]) -> TensorType:
        out = original(self, check, tensors)
        return TensorType(tuple(n if isinstance(n, int) else n + 1 for n in out.shape), out.dtype)

    monkeypatch.setattr(Cat, "shape", forgetful)
    assert run("cat", CASES, seed=0).symbolic > 0
