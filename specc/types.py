"""The type of a tensor: a shape of dimensions and a kind of number."""

from __future__ import annotations

from enum import IntEnum

from specc.dims.expr import Dim
from specc.record import Record

Shape = tuple[Dim, ...]


class DType(IntEnum):
    """Kinds of numbers, ordered as torch promotes them. `float` is a kind: the width is chosen when the model is built."""

    BOOL = 0
    UINT8 = 1
    INT = 2
    FLOAT = 3
    COMPLEX = 4

    @property
    def word(self) -> str:
        return self.name.lower()


DTYPES = {dtype.word: dtype for dtype in DType}


class TensorType(Record):
    """`float[B, 3, H, W]`. Shapes are in elements. `weak` marks a plain number, which yields to tensors in promotion."""

    shape: Shape
    dtype: DType = DType.FLOAT
    weak: bool = False

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def last(self) -> Dim:
        return self.shape[-1]

    def with_last(self, dim: Dim) -> TensorType:
        return TensorType((*self.shape[:-1], dim), self.dtype)

    def with_shape(self, *shape: Dim) -> TensorType:
        return TensorType(shape, self.dtype)

    def with_dtype(self, dtype: DType) -> TensorType:
        return TensorType(self.shape, dtype)

    def __str__(self) -> str:
        return f"{self.dtype.word}[{', '.join(str(dim) for dim in self.shape)}]"
