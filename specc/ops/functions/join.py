"""Functions that put tensors together, take them apart, or repeat them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import index
from typing import Any

from specc.dims.expr import Dim, Expr
from specc.ops.declare import Function, Kind, axis, choice, dims, size
from specc.ops.functions._shared import axes, axis_list, call, ints, known, listed, lit, method, replaced, spread
from specc.ops.rules import Checks, product, promote
from specc.pycode import Code
from specc.types import TensorType


class Cat(Function):
    """Tensors one after the other along a dimension; the others must agree."""

    example = "[x: float[B, 3], y: float[B, 4]] -> cat(dim=1)"
    kind = Kind.MERGE
    torch = "torch.cat"
    list_operands = frozenset({"tensors"})
    keeps_input = False
    dim: int = axis("the dimension along which they are joined", default=0)

    def shape(self, check: Checks, tensors: Sequence[TensorType]) -> TensorType:
        if not tensors:
            check.fail("cat needs at least one tensor")
        for x in tensors:
            check.rank(x, at_least=1)
        dtype = promote(*tensors)
        # torch skips vectors of size 0, whatever the rank of the others
        kept = [x for x in tensors if x.rank != 1 or not check.same(x.shape[0], 0)]
        if not kept:
            return TensorType((0,), dtype)
        first = kept[0]
        i = check.axis(first, self.dim)
        total: Dim = first.shape[i]
        for x in kept[1:]:
            check.rank(x, first.rank)
            for j, (a, b) in enumerate(zip(first.shape, x.shape, strict=True)):
                if j != i:
                    check.equal(a, b, f"dimension {j} of the first", f"dimension {j} of another")
            total = total + x.shape[i]
        return replaced(first, i, total).with_dtype(dtype)


class Stack(Function):
    """Tensors of one shape along a new dimension."""

    example = "[x: float[B, D], y: float[B, D]] -> stack(dim=1)"
    kind = Kind.MERGE
    torch = "torch.stack"
    list_operands = frozenset({"tensors"})
    keeps_input = False
    dim: int = axis("where the new dimension stands", default=0)

    def shape(self, check: Checks, tensors: Sequence[TensorType]) -> TensorType:
        if not tensors:
            check.fail("stack needs at least one tensor")
        first = tensors[0]
        i = check.axis(first, self.dim, extra=1)
        for x in tensors[1:]:
            check.rank(x, first.rank)
            for j, (a, b) in enumerate(zip(first.shape, x.shape, strict=True)):
                check.equal(a, b, f"dimension {j} of the first", f"dimension {j} of another")
        return TensorType((*first.shape[:i], len(tensors), *first.shape[i:]), promote(*tensors))


class Meshgrid(Function):
    """Coordinates of a grid: each vector spread over one dimension of it."""

    example = "[x: float[W], y: float[H]] -> meshgrid"
    kind = Kind.CREATE
    torch = "torch.meshgrid"
    list_operands = frozenset({"tensors"})
    keeps_input = False
    aliases = True
    indexing: str = choice("`ij`: dimension i is that of vector i; `xy`: the first two exchanged", "ij", "xy", default="ij")

    def shape(self, check: Checks, tensors: Sequence[TensorType]) -> list[TensorType]:
        if not tensors:
            check.fail("meshgrid needs at least one tensor")
        sizes: list[Dim] = []
        for x in tensors:
            check.rank(x, 0, 1)
            check.dtype(x, tensors[0].dtype)
            sizes.append(x.shape[0] if x.rank else 1)
        if known(self.indexing) == "xy" and len(sizes) > 1:
            sizes[0], sizes[1] = sizes[1], sizes[0]
        return [TensorType(tuple(sizes), x.dtype) for x in tensors]

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return call(self.torch, args["tensors"], indexing=args.get("indexing", lit("ij")))


class Split(Function):
    """Pieces along a dimension: of one size (the last may be smaller), or of the sizes listed."""

    example = "x: float[B, 12] -> split(4, dim=1)"
    kind = Kind.VIEW
    torch = "torch.split"
    keeps_input = False
    aliases = True
    split_size: Dim | tuple[Dim, ...] = ints("the size of a piece, or a list of the sizes of all", lower=0)
    dim: int = axis("the dimension", default=0)

    def shape(self, check: Checks, x: TensorType) -> list[TensorType]:
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        n = x.shape[i]
        if isinstance(self.split_size, tuple | list):
            total: Dim = 0
            for piece in self.split_size:
                check.at_least(piece, 0, "the size of a piece")
                total = total + piece
            check.equal(total, n, "the sum of the sizes", f"dimension {self.dim}")
            return [replaced(x, i, piece) for piece in self.split_size]
        k = self.split_size
        check.at_least(k, 0, "the size of a piece")
        if check.same(n, 0):
            return [x]
        check.at_least(k, 1, "the size of a piece")
        count = check.solver.resolve(n // k)
        if check.solver.divisible(n, k) and isinstance(count, int):
            return [replaced(x, i, k)] * few(check, count)
        count = check.solver.resolve((n - 1) // k)
        if not isinstance(count, int):
            check.fail(f"the number of pieces is not known: dimension {self.dim} is {n}, a piece {k}", tensor=x)
        return [*[replaced(x, i, k)] * few(check, count), replaced(x, i, check.solver.resolve(n - count * k))]


class Chunk(Function):
    """A number of pieces along a dimension, equal but for the last; a symbolic size must be divisible."""

    example = "x: float[B, 12] -> chunk(3, dim=1)"
    kind = Kind.VIEW
    torch = "torch.chunk"
    keeps_input = False
    aliases = True
    chunks: int = size("how many pieces")
    dim: int = axis("the dimension", default=0)

    def shape(self, check: Checks, x: TensorType) -> list[TensorType]:
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        n = check.solver.resolve(x.shape[i])
        if known(self.chunks) < 1:
            check.argument("chunks", "there must be at least one piece")
        if not isinstance(n, int):
            piece = check.divides(self.chunks, n, "chunks", f"size of dimension {self.dim},")
            return [replaced(x, i, piece)] * few(check, self.chunks)
        if n == 0:
            return [x] * few(check, self.chunks)
        whole = -(-n // self.chunks)
        few(check, n // whole)
        return [replaced(x, i, min(whole, n - start)) for start in range(0, n, whole)]


class Unbind(Function):
    """The slices of a dimension, which is removed; its size must be known."""

    example = "x: float[3, B, D] -> unbind(0)"
    kind = Kind.VIEW
    torch = "torch.unbind"
    keeps_input = False
    aliases = True
    dim: int = axis("the dimension", default=0)

    def shape(self, check: Checks, x: TensorType) -> list[TensorType]:
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        n = check.solver.resolve(x.shape[i])
        if not isinstance(n, int):
            check.fail(f"the number of slices is not known: dimension {self.dim} is {n}", tensor=x)
        return [replaced(x, i)] * few(check, n)


MOST_PIECES = 10_000


def few(check: Checks, count: Dim) -> Any:
    """The number of tensors that a function gives, each a value of its own: torch knows no limit, but memory does."""
    if isinstance(count, int) and count > MOST_PIECES:
        check.fail(f"it gives {count:,} tensors; at most {MOST_PIECES:,} are possible")
    return count


class Tile(Function):
    """The tensor repeated as a whole along each dimension; counts are aligned from the right."""

    example = "x: float[T, D] -> tile(2, 1)"
    kind = Kind.VIEW
    torch = "torch.tile"
    keeps_input = False
    dims: tuple[Dim, ...] = dims("how often along each dimension", variadic=True, lower=0)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        for count in listed(check, self.dims, "dims"):
            check.at_least(count, 0, "a count")
        rank = max(x.rank, len(self.dims))
        sizes = (1,) * (rank - x.rank) + x.shape
        counts = (1,) * (rank - len(self.dims)) + tuple(self.dims)
        return TensorType(tuple(n * count for n, count in zip(sizes, counts, strict=True)), x.dtype)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return method(args["x"], "tile", *spread(args["dims"]))


class RepeatInterleave(Function):
    """Each slice of a dimension repeated in place: a b becomes a a b b; without `dim`, of the flattened tensor."""

    example = "x: float[B, T, D] -> repeat_interleave(2, dim=1)"
    kind = Kind.VIEW
    torch = "torch.repeat_interleave"
    keeps_input = False
    repeats: Dim = size("how often", lower=0)
    dim: int | None = axis("the dimension", default=None, optional=True)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.at_least(self.repeats, 0, "the number of repeats")
        if self.dim is None:
            return x.with_shape(product(x.shape) * self.repeats)
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        return replaced(x, i, x.shape[i] * self.repeats)


class Roll(Function):
    """Shifts the elements along dimensions; what leaves at the end comes in at the start."""

    example = "x: float[B, H, W] -> roll((1, 1), dims=(1, 2))"
    kind = Kind.VIEW
    torch = "torch.roll"
    keeps_input = False
    shifts: int | tuple[int, ...] = ints("how far, one number for each of `dims`")
    dims: int | tuple[int, ...] | None = axes("the dimensions; the flattened tensor when not given")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        shifts = [self.shifts] if not isinstance(self.shifts, tuple | list) else list(self.shifts)
        if self.dims is None or self.dims == ():
            if len(shifts) != 1:
                check.argument("shifts", "several shifts need as many dims")
            return x
        named = [self.dims] if isinstance(self.dims, int | Expr) else listed(check, self.dims, "dims")
        if len(named) != len(shifts):
            check.argument("dims", f"{len(shifts)} shifts need as many dims, got {len(named)}")
        check.rank(x, at_least=1)
        for value in named:
            check.axis(x, index(value), "dims")
        return x


class Flip(Function):
    """Reverses the order along dimensions."""

    example = "x: float[B, T, D] -> flip(1)"
    kind = Kind.VIEW
    torch = "torch.flip"
    keeps_input = False
    dims: tuple[int, ...] = dims("the dimensions", variadic=True)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        axis_list(check, x, self.dims, "dims")
        return x

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return method(args["x"], "flip", *spread(args["dims"]))
