"""Runs the shape rule of a layer or function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.dims.expr import Expr, TooComplex, symbols
from specc.dims.solver import Solver
from specc.ops.declare import Op
from specc.ops.rules import Checks, Misfit
from specc.types import TensorType


class Outcome:
    """Types of the results, or the misfit; `doubts` are demands neither proved nor refuted."""

    __slots__ = ("doubts", "is_list", "misfit", "types")

    def __init__(self, types: tuple[TensorType, ...], misfit: Misfit | None, doubts: list[Any], is_list: bool = False) -> None:
        self.types = types
        self.misfit = misfit
        self.doubts = doubts
        self.is_list = is_list
        """The op gives a list of tensors (`split`) rather than separate results."""


def run_rule(op: Op, operands: Mapping[str, Any], solver: Solver, generic: bool, reason: Any) -> Outcome:
    """`operands`: a TensorType, or a list of them, by operand name; what is missing takes the rule's default.

    A rule that would need the value of a symbol raises NotGeneric to the caller.
    """
    check = Checks(solver, reason, generic)
    try:
        result = op.shape(check, **operands)
    except Misfit as misfit:
        return Outcome((), misfit, check.doubts)
    except TooComplex as problem:
        return Outcome((), Misfit("other", why=f"sizes become too large or too many terms: {problem}"), check.doubts)
    if isinstance(result, TensorType):
        return Outcome((result,), None, check.doubts)
    return Outcome(tuple(result), None, check.doubts, isinstance(result, list))


def settle(op: Op, solver: Solver) -> None:
    """Writes what was inferred into the op, so that it outlives the facts of a branch."""
    for name, param in op.params.items():
        if param.inferred:
            value = getattr(op, name)
            if value is not None and not isinstance(value, int):
                setattr(op, name, tuple(map(solver.resolve, value)) if isinstance(value, tuple) else solver.resolve(value))


def unsolved(op: Op, solver: Solver) -> str:
    """An inferable argument that nothing has settled, since the layer was never applied; empty when there is none."""
    for name, param in op.params.items():
        value = getattr(op, name) if param.inferred else None
        for size in value if isinstance(value, tuple) else (value,):
            if isinstance(size, Expr) and any(symbol.kind == "flexible" for symbol in symbols(solver.resolve(size))):
                return name
    return ""


__all__ = ["Outcome", "run_rule", "settle", "unsolved"]
