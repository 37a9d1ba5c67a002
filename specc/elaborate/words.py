"""Sizes, types and values of a trace as the graph holds them: resolved, and printed where symbols are left."""

from __future__ import annotations

import math
from typing import Any

from specc.dims.expr import Dim, Expr
from specc.dims.solver import Solver
from specc.elaborate.trace import Static, Tensor
from specc.elaborate.values import Recipe
from specc.graph import model
from specc.ops.declare import Op
from specc.source import Span
from specc.types import DType, TensorType


class Words:
    def __init__(self, solver: Solver) -> None:
        self.solver = solver

    def resolve(self, dim: Dim) -> Dim:
        return dim if isinstance(dim, int) else self.solver.resolve(dim)

    def size(self, dim: Dim) -> model.Size:
        dim = self.resolve(dim)
        return dim if isinstance(dim, int) else str(dim)

    def type(self, type: TensorType) -> model.Type:
        return model.Type(dtype=type.dtype.word, dims=tuple(self.size(dim) for dim in type.shape))

    def plain(self, value: Any) -> model.JsonValue:
        """A compile-time value as JSON: sizes as text, kinds of number and layers by name, infinities as `inf`."""
        if isinstance(value, Static):
            value = value.value
        if isinstance(value, list | tuple):
            return [self.plain(item) for item in value]
        if isinstance(value, DType):
            return value.word
        if isinstance(value, Expr):
            return self.size(value)
        if isinstance(value, Recipe):
            return value.name
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if value is None or isinstance(value, bool | int | float | str):
            return value
        return str(value)

    def settled(self, op: Op) -> Op:
        """The same op with its sizes resolved, so that what it says of itself shows numbers."""
        return type(op)({name: self._resolved(getattr(op, name)) for name in op.params})

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(self._resolved(item) for item in value)
        return self.resolve(value) if isinstance(value, Expr) else value


def place(span: Span) -> model.Place:
    line, column = span.source.position(span.start)
    return model.Place(file=span.source.name, line=line, column=column)


def tensors_in(value: Any) -> list[Tensor]:
    """The tensors of an operand or output: itself, or those in a list."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in tensors_in(item)]
    return []
