"""What a layer's backward reads and whether its result shares memory: on this rests where emission works in place."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from specc.ops.registry import names
from specc.types import DType
from tests.specc.ops.differential import Case, by_rule, call_of, draw_case, layer_of, tensor_of
from tests.specc.ops.draw import Draw

pytestmark = pytest.mark.filterwarnings("ignore")

LAYERS = [name for name in names() if name[0].isupper()]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def cases(name: str, count: int = 4) -> Iterator[Case]:
    """Accepted cases whose first operand has a gradient."""
    draw = Draw(zlib.crc32(name.encode()) + 5)
    found = 0
    for _ in range(400):
        case = draw_case(name, draw)
        first = next(iter(case.operands.values()))
        assert first is not None
        results = by_rule(case).results
        if first.dtype is DType.FLOAT and 0 not in first.shape and results is not None and 0 not in results[0].shape:
            try:
                run(case, training=True)
            except (ValueError, RuntimeError, AssertionError):
                continue  # one value per channel
            yield case
            found += 1
            if found == count:
                return


def run(case: Case, *, training: bool, **extra: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """A first operand that may be overwritten, and the primary result."""
    op = layer_of(case.name)
    module = getattr(torch.nn, case.name)(**case.values, **extra).train(training)
    tensors = {operand: None if x is None else tensor_of(operand, x) for operand, x in case.operands.items()}
    first = op.operands[0]
    leaf = tensors[first]
    assert leaf is not None
    tensors[first] = leaf.requires_grad_() * 1 if leaf.is_floating_point() else leaf
    for operand, other in op.operand_defaults.items():
        if tensors[operand] is None:
            tensors[operand] = tensors[other]
    args, kwargs = call_of(op, tensors)
    result = module(*args, **kwargs)
    held = tensors[first]
    assert held is not None
    return held, result[0] if isinstance(result, tuple) else result


@pytest.mark.parametrize("name", [name for name in LAYERS if not layer_of(name).keeps_input])
def test_input_may_be_overwritten(name: str) -> None:
    for case in cases(name):
        for training in (True, False):
            held, result = run(case, training=training)
            if result.grad_fn is None or held.data_ptr() == result.data_ptr() or result._base is not None:
                continue
            held.add_(1)
            torch.autograd.backward([result.sum()])


@pytest.mark.parametrize("name", [name for name in LAYERS if not layer_of(name).keeps_output])
def test_output_may_be_overwritten(name: str) -> None:
    for case in cases(name):
        for extra in ({}, {"inplace": True}) if layer_of(name).inplace else ({},):
            _, result = run(case, training=True, **extra)
            if result.grad_fn is not None and torch.is_floating_point(result):
                result.add_(1)
                torch.autograd.backward([result.sum()])


@pytest.mark.parametrize("name", [name for name in LAYERS if not layer_of(name).aliases])
def test_result_has_memory_of_its_own(name: str) -> None:
    for case in cases(name):
        for training in (True, False):
            held, result = run(case, training=training)
            assert held.numel() == 0 or held.untyped_storage().data_ptr() != result.untyped_storage().data_ptr(), case


def test_a_wrong_claim_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_of("Sigmoid"), "keeps_output", False)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        test_output_may_be_overwritten("Sigmoid")
