"""Message passing: what arrives at each of `size` places, combined along the first dimension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind
from specc.ops.declare import size as count
from specc.ops.functions._shared import INT, SAME, SAME_NUMBER, SAME_ORDERED, SAME_REAL, Numbers, kind_of, lit, method
from specc.ops.rules import Checks
from specc.pycode import Attr, Code, Item
from specc.types import TensorType


class _Scatter(Function):
    """The i-th slice of `src` goes to place index[i]; a place that nothing reaches is 0."""

    kind = Kind.MERGE
    keeps_output = True
    numbers: ClassVar[Numbers] = SAME_REAL
    reduce: ClassVar[str] = ""
    size: Dim = count("number of places", lower=1)

    def shape(self, check: Checks, src: TensorType, index: TensorType) -> TensorType:
        dtype = kind_of(check, src, self.numbers)
        check.dtype(index, INT)
        check.rank(index, 1)
        check.rank(src, at_least=1)
        check.at_least(self.size, 1, "size")
        check.equal(src.shape[0], index.shape[0], "the first dimension of src", "the size of index")
        return TensorType((self.size, *src.shape[1:]), dtype)

    def zeros(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code:
        """Zeros of the result's shape, of the kind and on the device of `src`."""
        src = args["src"]
        rest = (Item(Attr(src, "shape"), (lit(i),)) for i in range(1, types["src"].rank))
        return method(src, "new_zeros", args["size"], *rest)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        index, rank = args["index"], types["src"].rank
        if rank > 1:
            index = method(method(index, "reshape", lit(-1), *[lit(1)] * (rank - 1)), "expand_as", args["src"])
        zeros = self.zeros(args, types)
        return method(zeros, "scatter_reduce", lit(0), index, args["src"], lit(self.reduce), include_self=lit(False))


class ScatterSum(_Scatter):
    """Sum of the slices of `src` that go to each place: out[index[i]] += src[i]."""

    example = "(src: float[E, F], index: int[E]) -> scatter_sum(size=10)"
    torch = "torch.index_add"
    keeps_output = False
    numbers = SAME

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return method(self.zeros(args, types), "index_add", lit(0), args["index"], args["src"])


class ScatterMean(_Scatter):
    """Mean of the slices of `src` that go to each place."""

    example = "(src: float[E, F], index: int[E]) -> scatter_mean(size=10)"
    torch = "torch.scatter_reduce"
    numbers = SAME_NUMBER
    reduce = "mean"


class ScatterMax(_Scatter):
    """Greatest element of the slices of `src` that go to each place."""

    example = "(src: float[E, F], index: int[E]) -> scatter_max(size=10)"
    torch = "torch.scatter_reduce"
    numbers = SAME_ORDERED
    reduce = "amax"


class ScatterMin(_Scatter):
    """Smallest element of the slices of `src` that go to each place."""

    example = "(src: float[E, F], index: int[E]) -> scatter_min(size=10)"
    torch = "torch.scatter_reduce"
    numbers = SAME_ORDERED
    reduce = "amin"
