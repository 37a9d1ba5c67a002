"""Reading and writing elements by their position."""

from __future__ import annotations

from typing import ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, axis, choice, flag, size
from specc.ops.functions._shared import BOOL, COMPLEX, FLOAT, INT, UINT8, known, replaced
from specc.ops.rules import Checks, product, promote
from specc.types import TensorType


class _Indexed(Function):
    kind = Kind.EMBEDDING


def _no_larger(check: Checks, index: TensorType, other: TensorType, skip: int | None, what: str) -> None:
    """`index` must have the rank of `other` (scalars count as vectors) and no greater size, but for dimension `skip`."""
    if max(index.rank, 1) != max(other.rank, 1):
        check.rank(index, other.rank)
    for i, (n, m) in enumerate(zip(index.shape or (1,), other.shape or (1,), strict=True)):
        if i != skip:
            check.at_least(m, n, f"dimension {i} of {what}, which must not be smaller than that of index,")


def _filled(check: Checks, x: TensorType, axis: int) -> None:
    """An index that is not empty needs something to point at."""
    if x.rank:
        check.at_least(x.shape[axis], 1, f"dimension {axis}, into which the index points,")


class Gather(_Indexed):
    """Picks elements along a dimension: out[i][j] = x[i][index[i][j]] for dim=1."""

    example = "(x: float[B, V], index: int[B, 1]) -> gather(1)"
    torch = "torch.gather"
    order = ("x", "dim", "index")
    dim: int = axis("the dimension that the index counts")

    def shape(self, check: Checks, x: TensorType, index: TensorType) -> TensorType:
        i = check.axis(x, self.dim)
        check.dtype(index, INT)
        if not check.same(product(index.shape), 0):
            _no_larger(check, index, x, i, "x")
            _filled(check, x, i)
        return TensorType(index.shape, x.dtype)


class Scatter(_Indexed):
    """Writes elements along a dimension: out[i][index[i][j]] = src[i][j] for dim=1."""

    example = "(x: float[B, V], index: int[B, 2], src: float[B, 2]) -> scatter(1)"
    torch = "torch.scatter"
    order: ClassVar[tuple[str, ...]] = ("x", "dim", "index", "src")
    number_operands = frozenset({"src"})
    dim: int = axis("the dimension that the index counts")

    def shape(self, check: Checks, x: TensorType, index: TensorType, src: TensorType) -> TensorType:
        i = check.axis(x, self.dim)
        check.dtype(index, INT)
        if not src.weak:
            check.dtype(src, x.dtype)
        if not check.same(product(index.shape), 0):
            _no_larger(check, index, x, i, "x")
            _filled(check, x, i)
            if not src.weak:
                _no_larger(check, index, src, None, "src")
        return TensorType(x.shape, x.dtype)


class ScatterAdd(Scatter):
    """Adds elements along a dimension: out[i][index[i][j]] += src[i][j] for dim=1."""

    example = "(x: float[B, V], index: int[B, 2], src: float[B, 2]) -> scatter_add(1)"
    torch = "torch.scatter_add"
    number_operands = frozenset()
    keeps_input = False


class ScatterReduce(Scatter):
    """Combines elements along a dimension, with those of x unless `include_self=false`."""

    example = '(x: float[B, V], index: int[B, 2], src: float[B, 2]) -> scatter_reduce(1, reduce="amax")'
    torch = "torch.scatter_reduce"
    keeps_output = True
    order = ("x", "dim", "index", "src", "reduce")
    number_operands = frozenset()
    reduce: str = choice("how", "sum", "prod", "mean", "amax", "amin")
    include_self: bool = flag("the elements of x take part", default=True)

    def shape(self, check: Checks, x: TensorType, index: TensorType, src: TensorType) -> TensorType:
        if x.dtype is COMPLEX and known(self.reduce) in ("amax", "amin"):
            check.dtype(x, BOOL, UINT8, INT, FLOAT)
        if x.dtype is BOOL and self.reduce == "mean":
            check.dtype(x, UINT8, INT, FLOAT, COMPLEX)
        return super().shape(check, x, index, src)


class IndexSelect(_Indexed):
    """The slices of a dimension that an index lists."""

    example = "(x: float[B, T, D], index: int[K]) -> index_select(1)"
    torch = "torch.index_select"
    order = ("x", "dim", "index")
    keeps_input = False
    dim: int = axis("the dimension")

    def shape(self, check: Checks, x: TensorType, index: TensorType) -> TensorType:
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        check.dtype(index, INT)
        check.rank(index, 0, 1)
        count = product(index.shape)
        if not check.same(count, 0):
            _filled(check, x, i)
        return replaced(x, i, count)


class TakeAlongDim(_Indexed):
    """Picks elements along a dimension, broadcasting over the others; without `dim`, of the flattened tensor."""

    example = "(x: float[B, T], indices: int[B, K]) -> take_along_dim(dim=1)"
    torch = "torch.take_along_dim"
    dim: int | None = axis("the dimension that the index counts", default=None, optional=True)

    def shape(self, check: Checks, x: TensorType, indices: TensorType) -> TensorType:
        check.dtype(indices, INT)
        filled = not check.same(product(indices.shape), 0)
        if self.dim is None:
            if filled:
                check.at_least(product(x.shape), 1, "the number of elements")
            return TensorType((product(indices.shape),), x.dtype)
        check.rank(indices, x.rank)
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        if filled:
            _filled(check, x, i)
        rest = check.broadcast(replaced(x, i, 1).shape, replaced(indices, i, 1).shape)
        return TensorType((*rest[:i], indices.shape[i], *rest[i + 1 :]), x.dtype)


class MaskedFill(Function):
    """Where a mask is true, a number; elsewhere x."""

    example = "(x: float[B, H, T, T], mask: bool[T, T]) -> masked_fill(value=-1e9)"
    kind = Kind.ARITHMETIC
    torch = ".masked_fill"
    number_operands = frozenset({"value"})
    keeps_input = False

    def shape(self, check: Checks, x: TensorType, mask: TensorType, value: TensorType) -> TensorType:
        check.dtype(mask, BOOL)
        check.rank(value, 0)
        return TensorType(check.broadcast(x.shape, mask.shape), x.dtype)


class Where(Function):
    """Where a condition is true, x; elsewhere `other`."""

    example = "(condition: bool[B, T], x: float[B, T], other: float[B, T]) -> where"
    kind = Kind.ARITHMETIC
    torch = "torch.where"
    number_operands = frozenset({"x", "other"})
    keeps_input = False

    def shape(self, check: Checks, condition: TensorType, x: TensorType, other: TensorType) -> TensorType:
        check.dtype(condition, BOOL, UINT8)
        return TensorType(check.broadcast(condition.shape, x.shape, other.shape), promote(x, other))


class Nonzero(_Indexed):
    """The positions of the elements that are not zero, one row each. How many is known only at run time."""

    example = "x: bool[B, T] -> nonzero"
    torch = "torch.nonzero"
    keeps_input = False

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return TensorType((check.fresh("K"), x.rank), INT)


class MaskedSelect(_Indexed):
    """The elements where a mask is true, as a vector. How many is known only at run time."""

    example = "(x: float[B, T], mask: bool[B, T]) -> masked_select"
    torch = "torch.masked_select"

    def shape(self, check: Checks, x: TensorType, mask: TensorType) -> TensorType:
        check.dtype(mask, BOOL)
        check.broadcast(x.shape, mask.shape)
        return TensorType((check.fresh("K"),), x.dtype)


class Unique(_Indexed):
    """The different elements, in order, as a vector. How many is known only at run time."""

    example = "x: int[N] -> unique"
    torch = "torch.unique"
    keeps_input = False

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.dtype(x, BOOL, UINT8, INT, FLOAT)
        return TensorType((check.fresh("K"),), x.dtype)


class OneHot(_Indexed):
    """A new last dimension: 1 at the position that the element names, 0 elsewhere."""

    example = "x: int[B] -> one_hot(10)"
    torch = "F.one_hot"
    keeps_input = False
    num_classes: Dim = size("its size; -1 for one more than the greatest element", default=-1, lower=-1)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.dtype(x, INT)
        if isinstance(self.num_classes, int) and self.num_classes == -1:
            check.at_least(product(x.shape), 1, "the number of elements")
            return x.with_shape(*x.shape, check.fresh("K"))
        check.at_least(self.num_classes, 1, "num_classes")
        return x.with_shape(*x.shape, self.num_classes)


class Bincount(_Indexed):
    """How often each non-negative integer occurs, or the sum of the weights of its occurrences."""

    example = "x: int[N] -> bincount(minlength=10)"
    torch = "torch.bincount"
    keeps_input = False
    minlength: Dim = size("the least size of the result", default=0, lower=0)

    def shape(self, check: Checks, x: TensorType, weights: TensorType | None = None) -> TensorType:
        check.dtype(x, UINT8, INT)
        check.rank(x, 1)
        if weights is not None:
            check.rank(weights, 1)
            check.dtype(weights, FLOAT)
            check.equal(x.shape[0], weights.shape[0], "the number of elements", "the number of weights")
        count = check.fresh("K")
        check.solver.assume(count, ">=", self.minlength)
        return TensorType((count,), INT if weights is None else FLOAT)


class Embedding(_Indexed):
    """The rows of a table that an index names. The layer `Embedding` has a table of its own."""

    name = "embedding"
    example = "(x: int[B, T], weight: float[V, D]) -> embedding"
    torch = "F.embedding"
    keeps_input = False

    def shape(self, check: Checks, x: TensorType, weight: TensorType) -> TensorType:
        check.dtype(x, INT)
        check.rank(weight, 2)
        if not check.same(product(x.shape), 0):
            _filled(check, weight, 0)
        return TensorType((*x.shape, weight.last), weight.dtype)
