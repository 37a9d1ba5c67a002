"""The type of a tensor: a shape of dimensions and a kind of number."""

from __future__ import annotations

from collections.abc import Callable
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

    def __init__(self, shape: Shape, dtype: DType = DType.FLOAT, weak: bool = False) -> None:
        # Made for every tensor of a network: sets the fields without the general checks.
        values = self.__dict__
        values["shape"] = shape
        values["dtype"] = dtype
        values["weak"] = weak

    def __hash__(self) -> int:
        known: int | None = self.__dict__.get("_hash")
        if known is None:
            known = self.__dict__["_hash"] = hash((self.shape, self.dtype, self.weak))
        return known

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, TensorType)
            and self.shape == other.shape
            and self.dtype == other.dtype
            and self.weak == other.weak
        )

    def resolved(self, resolve: Callable[[Dim], Dim]) -> TensorType:
        """The type with sizes in their resolved form; the same object when nothing changes."""
        shape = tuple([dim if isinstance(dim, int) else resolve(dim) for dim in self.shape])
        return self if shape == self.shape and not self.weak else TensorType(shape, self.dtype)

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


class MaybeType(TensorType):
    """The type of an input that may be left out at run time: a block that is given one must be ready for none."""

    def __hash__(self) -> int:
        return hash(("maybe", self.shape, self.dtype))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MaybeType) and self.shape == other.shape and self.dtype == other.dtype
