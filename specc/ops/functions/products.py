"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, axis
from specc.ops.functions._shared import COMPLEX, FLOAT, INT, UINT8
from specc.ops.rules import Checks, product, promote
from specc.types import TensorType


class _Product(Function):
    kind = Kind.LINEAR

    def _kinds(self, check: Checks, x: TensorType, other: TensorType) -> None:
        check.dtype(x, UINT8, INT, FLOAT, COMPLEX)
        check.dtype(other, x.dtype)

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        x: TensorType = inputs[0]
        return product(outputs[0].shape) * x.last


class Matmul(_Product):
    """Matrix product of the last two dimensions, broadcast over those before; a vector counts as a row or a column."""

    example = "(x: float[B, M, K], other: float[K, N]) -> matmul"
    operator = "@"
    torch = "torch.matmul"

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        self._kinds(check, x, other)
        check.rank(x, at_least=1)
        check.rank(other, at_least=1)
        rows = other.shape[-2] if other.rank > 1 else other.shape[0]
        check.equal(x.last, rows, "the last dimension on the left", "the number of rows on the right")
        batch = check.broadcast(x.shape[:-2], other.shape[:-2])
        left = x.shape[-2:-1]
        right = other.shape[-1:] if other.rank > 1 else ()
        return TensorType((*batch, *left, *right), x.dtype)


class Mm(_Product):
    """Matrix product of two matrices."""

    example = "(x: float[M, K], mat2: float[K, N]) -> mm"
    torch = "torch.mm"

    def shape(self, check: Checks, x: TensorType, mat2: TensorType) -> TensorType:
        self._kinds(check, x, mat2)
        check.rank(x, 2)
        check.rank(mat2, 2)
        check.equal(x.last, mat2.shape[0], "the number of columns on the left", "the number of rows on the right")
        return TensorType((x.shape[0], mat2.shape[1]), x.dtype)


class Bmm(_Product):
    """Matrix products of two batches of matrices."""

    example = "(x: float[B, M, K], mat2: float[B, K, N]) -> bmm"
    torch = "torch.bmm"

    def shape(self, check: Checks, x: TensorType, mat2: TensorType) -> TensorType:
        self._kinds(check, x, mat2)
        check.rank(x, 3)
        check.rank(mat2, 3)
        check.equal(x.shape[0], mat2.shape[0], "the batch on the left", "the batch on the right")
        check.equal(x.last, mat2.shape[1], "the number of columns on the left", "the number of rows on the right")
        return TensorType((x.shape[0], x.shape[1], mat2.shape[2]), x.dtype)


class Mv(_Product):
    """Product of a matrix and a vector."""

    example = "(x: float[M, K], vec: float[K]) -> mv"
    torch = "torch.mv"

    def shape(self, check: Checks, x: TensorType, vec: TensorType) -> TensorType:
        self._kinds(check, x, vec)
        check.rank(x, 2)
        check.rank(vec, 1)
        check.equal(x.last, vec.last, "the columns of the matrix", "the size of the vector")
        return TensorType((x.shape[0],), x.dtype)


class Dot(_Product):
    """Inner product of two vectors."""

    example = "(x: float[K], tensor: float[K]) -> dot"
    torch = "torch.dot"

    def shape(self, check: Checks, x: TensorType, tensor: TensorType) -> TensorType:
        self._kinds(check, x, tensor)
        check.rank(x, 1)
        check.rank(tensor, 1)
        check.equal(x.last, tensor.last, "the size on the left", "the size on the right")
        return TensorType((), x.dtype)


class Outer(Function):
    """Product of every element of one vector with every element of another."""

    example = "(x: float[M], vec2: float[N]) -> outer"
    kind = Kind.LINEAR
    torch = "torch.outer"

    def shape(self, check: Checks, x: TensorType, vec2: TensorType) -> TensorType:
        check.rank(x, 1)
        check.rank(vec2, 1)
        return TensorType((x.last, vec2.last), promote(x, vec2))

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return product(outputs[0].shape)


class Cross(Function):
    """Cross product along a dimension of size 3."""

    example = "(x: float[B, 3], other: float[B, 3]) -> cross(dim=-1)"
    kind = Kind.ARITHMETIC
    torch = "torch.linalg.cross"
    dim: int = axis("the dimension of size 3", default=-1)

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        check.rank(other, x.rank)
        i = check.axis(x, self.dim)
        check.dtype(x, UINT8, INT, FLOAT, COMPLEX)
        check.dtype(other, x.dtype)
        for tensor in (x, other):
            check.rank(tensor, at_least=1)
            check.equal(tensor.shape[i], 3, f"dimension {self.dim}", "the size of a cross product")
        return TensorType(check.broadcast(x.shape, other.shape), x.dtype)
