"""Entries as modules of their own."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest

import specc

torch: Any = pytest.importorskip("torch")

SPEC = """
model Pair(width: int = 4) {
    layer up: Linear(width)
    layer down: Linear(3)
    entry encode { input x: float[B, 3]; output x -> up -> Tanh }
    entry decode { input z: float[B, width]; output z -> down }
    entry forward { input x: float[B, 3]; output (x -> encode) -> decode }
}
"""


def test_runs_the_entry_and_shares_the_weights() -> None:
    pair = specc.load(SPEC).Pair().eval()
    encode = specc.entry(pair, "encode")
    x = torch.randn(2, 3)
    assert torch.equal(encode(x), pair.encode(x))
    assert list(inspect.signature(encode.forward).parameters) == ["x"]
    assert not encode.training
    assert [*encode.state_dict()] == [f"module.{key}" for key in pair.state_dict()]
    with torch.no_grad():
        pair.up.weight.zero_()
    assert torch.equal(encode(x), pair.encode(x))


def test_copies_and_pickles() -> None:
    encode: Any = specc.entry(specc.load(SPEC).Pair(), "encode")
    x = torch.randn(2, 3)
    twin: Any
    for twin in (copy.deepcopy(encode), pickle.loads(pickle.dumps(encode))):
        assert torch.equal(twin(x), encode(x))
        with torch.no_grad():
            twin.module.up.bias.add_(1.0)
        assert not torch.equal(twin(x), encode(x))


def test_no_such_entry() -> None:
    with pytest.raises(ValueError, match="Pair has no entry 'encod', only encode, decode, forward; did you mean 'encode'"):
        specc.entry(specc.load(SPEC).Pair(), "encod")
