"""Rules on arguments that are unknown: they decide, refuse or say that the value is needed, and nothing else."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from specc.dims.expr import TooComplex
from specc.dims.opaque import NotGeneric, Opaque
from specc.dims.solver import Solver
from specc.infer.apply import settle
from specc.ops.registry import names
from specc.ops.rules import Checks, Misfit
from tests.specc.ops.differential import by_rule, draw_case, layer_of
from tests.specc.ops.draw import Draw

LAYERS = [name for name in names() if name[0].isupper()]


def unknown(name: str, value: Any, solver: Solver) -> Any:
    """The value as it is while a definition is checked for all its instances."""
    if isinstance(value, bool):
        return Opaque("bool", (name,), frozenset({name}))
    if isinstance(value, int):
        return solver.fresh(name, flexible=False)
    if isinstance(value, float):
        return Opaque("float", (name,), frozenset({name}))
    if isinstance(value, str):
        return Opaque("str", (name,), frozenset({name}))
    if isinstance(value, tuple):
        return tuple(unknown(name, item, solver) for item in value)
    return value


@pytest.mark.parametrize("name", LAYERS)
def test_unknown_arguments(name: str) -> None:
    draw = Draw(zlib.crc32(name.encode()) + 3)
    op = layer_of(name)
    for _ in range(60):
        case = draw_case(name, draw)
        if by_rule(case).results is None:
            continue
        given = {argument: value for argument, value in case.values.items() if argument not in case.hidden}
        for chosen in (*([argument] for argument in given), list(given)):
            solver = Solver()
            values: dict[str, Any] = {
                argument: unknown(argument, value, solver) if argument in chosen else value for argument, value in given.items()
            }
            for argument, param in op.params.items():
                if param.inferred and argument not in values:
                    values[argument] = solver.fresh(argument, lower=0)
            layer = op(values)
            try:
                result = layer.shape(Checks(solver, generic=True), *(case.operands[operand] for operand in op.operands))
                settle(layer, solver)
                layer.weights()
                inputs = tuple(case.operands[operand] for operand in op.operands)
                layer.multiply_adds(inputs, result if isinstance(result, tuple) else (result,))
                assert isinstance(layer.subtitle(), str)
            except (Misfit, NotGeneric, TooComplex):
                continue
