"""Diagonals and triangles of matrices."""

from __future__ import annotations

from specc.ops.declare import Function, Kind, axis
from specc.ops.functions._shared import greater, known, smaller
from specc.ops.rules import Checks
from specc.types import TensorType


class _Triangle(Function):
    kind = Kind.VIEW
    keeps_input = False
    diagonal: int = axis("which diagonal bounds it: 0 the main one, above it positive", default=0)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.rank(x, at_least=2)
        return x


class Tril(_Triangle):
    """The lower triangle of the last two dimensions; zeros above."""

    example = "x: float[T, T] -> tril"
    torch = "torch.tril"


class Triu(_Triangle):
    """The upper triangle of the last two dimensions; zeros below."""

    example = "x: float[T, T] -> triu(diagonal=1)"
    torch = "torch.triu"


class Diagonal(Function):
    """A diagonal of two dimensions, as a new last dimension."""

    example = "x: float[B, D, D] -> diagonal(dim1=1, dim2=2)"
    kind = Kind.VIEW
    torch = "torch.diagonal"
    keeps_input = False
    aliases = True
    offset: int = axis("which diagonal: 0 the main one, above it positive", default=0)
    dim1: int = axis("rows", default=0)
    dim2: int = axis("columns", default=1)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        a, b = check.axis(x, self.dim1, "dim1"), check.axis(x, self.dim2, "dim2")
        if a == b:
            check.argument("dim2", "dim1 and dim2 must differ")
        rows, columns = x.shape[a], x.shape[b]
        if known(self.offset) >= 0:
            columns = columns - self.offset
        else:
            rows = rows + self.offset
        rest = (n for i, n in enumerate(x.shape) if i not in (a, b))
        return x.with_shape(*rest, greater(check, smaller(check, rows, columns), 0))


class DiagEmbed(Function):
    """Matrices with the last dimension on a diagonal, and zeros elsewhere."""

    example = "x: float[B, D] -> diag_embed"
    kind = Kind.VIEW
    torch = "torch.diag_embed"
    keeps_input = False
    offset: int = axis("which diagonal: 0 the main one, above it positive", default=0)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.rank(x, at_least=1)
        n = x.last + abs(known(self.offset))
        return x.with_shape(*x.shape[:-1], n, n)
