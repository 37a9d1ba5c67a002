"""What functions say of memory: what backward reads, and what is shared. Emission overwrites tensors where that is safe."""

from __future__ import annotations

import zlib
from types import SimpleNamespace

import pytest
import torch

from specc.types import DType, TensorType
from tests.specc.ops.draw import Draw, ints
from tests.specc.ops.function_cases import Case, by_rule, generated, op_of
from tests.specc.ops.functions_differential import SAMPLERS, functions

pytestmark = pytest.mark.filterwarnings("ignore")


def evaluated(case: Case) -> tuple[dict[str, torch.Tensor], list[torch.Tensor]] | None:
    """Inputs, floats among them results of an operation on a leaf, and results; None where torch refuses."""
    source, drawn = generated(case)
    inputs = {name: t.requires_grad_() * 1 if t.is_floating_point() or t.is_complex() else t for name, t in drawn.items()}
    scope = {"torch": torch, "F": torch.nn.functional, "self": SimpleNamespace(training=True)}
    try:
        result = eval(source, {**scope, **inputs})
    except (RuntimeError, ValueError, TypeError, IndexError):
        return None
    return inputs, [result] if isinstance(result, torch.Tensor) else list(result)


def accepted(name: str, most: int = 12) -> list[Case]:
    draw = Draw(zlib.crc32(name.encode()) + 5)
    found = []
    for _ in range(300):
        operands, values = SAMPLERS[name](draw)
        types = [t for value in operands.values() for t in (value if isinstance(value, list) else [value])]
        case = Case(name, operands, values)
        floats = any(isinstance(t, TensorType) and t.dtype is DType.FLOAT and not t.weak for t in types)
        if floats and not any(t is not None and 0 in ints(t) for t in types) and by_rule(case).results is not None:
            found.append(case)
        if len(found) == most:
            break
    return found


def survives(case: Case, which: str) -> bool:
    """Does backward still work once the inputs, or the results, have been overwritten?"""
    outcome = evaluated(case)
    if outcome is None:
        return True
    inputs, results = outcome
    wanted = [y for y in results if y.requires_grad]
    if not wanted or any(shared(x, y) for x in inputs.values() for y in results):
        return True
    seeds = [torch.ones_like(y) for y in wanted]
    target = inputs.values() if which == "input" else results
    with torch.no_grad():
        for t in target:
            if t.is_floating_point() or t.is_complex():
                t.add_(1)
    try:
        torch.autograd.backward(wanted, seeds)
    except RuntimeError as error:  # or torch has no backward of this
        return "modified by an inplace operation" not in str(error)
    return True


def shared(x: torch.Tensor, y: torch.Tensor) -> bool:
    return x.untyped_storage().data_ptr() == y.untyped_storage().data_ptr() and x.numel() > 0


@pytest.mark.parametrize("name", functions())
def test_what_backward_reads(name: str) -> None:
    for case in accepted(name):
        op = op_of(case)
        if not op.keeps_input:
            assert survives(case, "input"), f"backward reads the input: {case}"
        if not op.keeps_output:
            assert survives(case, "output"), f"backward reads the output: {case}"


@pytest.mark.parametrize("name", functions())
def test_what_is_shared(name: str) -> None:
    for case in accepted(name):
        outcome = evaluated(case)
        if outcome is not None and not op_of(case).aliases:
            inputs, results = outcome
            assert not any(shared(x, y) for x in inputs.values() for y in results), f"result and input share memory: {case}"
