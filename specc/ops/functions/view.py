"""Functions that look at the same elements in another shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, Param, axis, dims, size
from specc.ops.functions._shared import axes, axis_list, ints, listed, method, reaches, replaced, spread
from specc.ops.rules import Checks, product
from specc.pycode import Code
from specc.types import Shape, TensorType


class _View(Function):
    """A method of the tensor whose result shares its memory."""

    kind = Kind.VIEW
    keeps_input = False
    aliases = True


def reshaped(check: Checks, source: Shape, target: Sequence[Dim], name: str, what: str) -> Shape:
    """`target` with its one -1 filled in, once both are known to have the same number of elements."""
    unknown = [i for i, n in enumerate(target) if isinstance(n, int) and n == -1]
    if len(unknown) > 1:
        check.argument(name, "only one size can be -1")
    known = [n for i, n in enumerate(target) if i not in unknown]
    for n in known:
        check.at_least(n, 0, "a size")
    left, right = list(source), list(known)
    for n in known:  # equal factors cancel, so that the solver sees no more than it must
        match = next((m for m in left if check.same(m, n)), None)
        if match is not None and check.solver.decide(n, ">=", 1):
            left.remove(match)
            right.remove(n)
    if not unknown:
        check.equal(product(left), product(right), f"the number of elements of {what}", "the number asked for")
        return tuple(target)
    check.at_least(product(right), 1, "the number of elements beside -1")
    filled = product(left)
    if not check.same(product(right), 1):
        filled = check.divides(product(right), filled, "product of the other sizes", f"size of {what}")
    return (*target[: unknown[0]], filled, *target[unknown[0] + 1 :])


class Reshape(_View):
    """The same elements, in order, in another shape; one size may be -1."""

    example = "x: float[B, T, 12] -> reshape(B, T, 3, -1)"
    torch = ".reshape"
    aliases = True
    size: tuple[Dim, ...] = dims("the sizes; one may be -1", variadic=True)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return x.with_shape(*reshaped(check, x.shape, listed(check, self.size, "size"), "size", "the tensor"))

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return method(args["x"], "reshape", *spread(args["size"]))


class Permute(_View):
    """The dimensions in another order."""

    example = "x: float[B, H, W, C] -> permute(0, 3, 1, 2)"
    torch = ".permute"
    dims: tuple[int, ...] = dims("the dimensions in their new order", variadic=True)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        order = axis_list(check, x, self.dims, "dims")
        if len(order) != x.rank:
            check.argument("dims", f"a tensor of rank {x.rank} needs {x.rank} dimensions in order, got {len(order)}")
        return x.with_shape(*(x.shape[i] for i in order))

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return method(args["x"], "permute", *spread(args["dims"]))


class Transpose(_View):
    """Two dimensions exchanged."""

    example = "x: float[B, T, C] -> transpose(1, 2)"
    torch = ".transpose"
    dim0: int = axis("the one dimension")
    dim1: int = axis("the other")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        a, b = check.axis(x, self.dim0, "dim0"), check.axis(x, self.dim1, "dim1")
        if not x.rank:
            return x
        sizes = list(x.shape)
        sizes[a], sizes[b] = sizes[b], sizes[a]
        return x.with_shape(*sizes)


class Movedim(_View):
    """Dimensions moved to other places; the rest keep their order."""

    example = "x: float[B, H, W, C] -> movedim(-1, 1)"
    torch = ".movedim"
    source: int | tuple[int, ...] = ints("the dimensions to move")
    destination: int | tuple[int, ...] = ints("where they go")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        source = axis_list(check, x, self.source, "source")
        destination = axis_list(check, x, self.destination, "destination")
        if len(source) != len(destination):
            check.argument("destination", f"{len(source)} dimensions need as many destinations, got {len(destination)}")
        rest = iter(i for i in range(x.rank) if i not in source)
        moved = dict(zip(destination, source, strict=True))
        return x.with_shape(*(x.shape[moved[i] if i in moved else next(rest)] for i in range(x.rank)))


class Flatten(_View):
    """A run of dimensions made one; a scalar becomes a vector."""

    example = "x: float[B, C, H, W] -> flatten(1)"
    torch = ".flatten"
    start_dim: int = axis("the first of them", default=0)
    end_dim: int = axis("the last of them", default=-1)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        start, end = check.axis(x, self.start_dim, "start_dim"), check.axis(x, self.end_dim, "end_dim")
        if start > end:
            check.argument("start_dim", f"start_dim {self.start_dim} comes after end_dim {self.end_dim}")
        return x.with_shape(*x.shape[:start], product(x.shape[start : end + 1]), *x.shape[end + 1 :])


class Unflatten(_View):
    """One dimension made several; one size may be -1."""

    example = "x: float[B, 12] -> unflatten(1, (3, -1))"
    torch = ".unflatten"
    dim: int = axis("the dimension")
    sizes: tuple[Dim, ...] = dims("the sizes it becomes; one may be -1")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        sizes = listed(check, self.sizes, "sizes")
        if not sizes:
            check.argument("sizes", "at least one size must be given")
        return replaced(x, i, *reshaped(check, (x.shape[i],), sizes, "sizes", f"dimension {self.dim}"))


class Squeeze(_View):
    """Removes dimensions of size 1: those named, or all. Named ones of another size stay."""

    example = "x: float[B, 1, D] -> squeeze(1)"
    torch = ".squeeze"
    dim: int | tuple[int, ...] | None = axes("the dimensions; all when not given")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        named = range(x.rank) if self.dim is None else axis_list(check, x, self.dim)
        gone = []
        for i in named:
            if i >= x.rank:
                continue
            is_one = check.is_equal(x.shape[i], 1)
            if is_one is None:
                check.fail(
                    f"whether dimension {i}, which is {x.shape[i]}, is 1 is not known, so neither is the rank of the result; "
                    "name the dimensions that are 1",
                    tensor=x,
                )
            if is_one:
                gone.append(i)
        return x.with_shape(*(n for i, n in enumerate(x.shape) if i not in gone))


class Unsqueeze(_View):
    """A new dimension of size 1."""

    example = "x: float[B, D] -> unsqueeze(1)"
    torch = ".unsqueeze"
    dim: int = axis("where it stands in the result")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        i = check.axis(x, self.dim, extra=1)
        return x.with_shape(*x.shape[:i], 1, *x.shape[i:])


class Expand(_View):
    """Dimensions of size 1 repeated to a size, without copying; -1 keeps a size, new dimensions stand in front."""

    example = "x: float[1, 1, D] -> expand(4, -1, -1)"
    torch = ".expand"
    size: tuple[Dim, ...] = dims("the sizes; -1 keeps one", variadic=True)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        size = listed(check, self.size, "size")
        new = len(size) - x.rank
        if new < 0:
            check.argument("size", f"a tensor of rank {x.rank} needs at least {x.rank} sizes, got {len(size)}")
        out: list[Dim] = []
        for i, n in enumerate(size):
            if isinstance(n, int) and n == -1:
                if i < new:
                    check.argument("size", "a new dimension cannot be -1")
                out.append(x.shape[i - new])
                continue
            check.at_least(n, 0, "a size")
            if i >= new and not check.same(x.shape[i - new], 1):
                check.equal(x.shape[i - new], n, f"dimension {i - new}", "the size asked for")
            out.append(n)
        return x.with_shape(*out)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return method(args["x"], "expand", *spread(args["size"]))


class ExpandAs(_View):
    """Expanded to the shape of another tensor."""

    example = "(x: float[1, D], other: float[B, D]) -> expand_as"
    torch = ".expand_as"

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        check.rank(other, at_least=x.rank)
        new = other.rank - x.rank
        for i, n in enumerate(x.shape):
            if not check.same(n, 1):
                check.equal(n, other.shape[new + i], f"dimension {i}", f"dimension {new + i} of the other tensor")
        return x.with_shape(*other.shape)


class Unfold(_View):
    """Windows along a dimension, in a new last dimension."""

    example = "x: float[B, T] -> unfold(1, 4, 2)"
    torch = ".unfold"
    dimension: int = axis("the dimension")
    size: Dim = size("size of a window", lower=0)
    step: Dim = Param("int", "from one window to the next", lower=1)  # type: ignore[assignment]  # `size` is a field here

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        i = check.axis(x, self.dimension, "dimension")
        n = x.shape[i] if x.rank else 1
        check.at_least(self.size, 0, "the size of a window")
        check.at_least(self.step, 1, "the step")
        check.at_least(n, self.size, f"dimension {self.dimension}, over which a window of {self.size} moves,")
        if not x.rank:
            return x.with_shape(self.size)
        return x.with_shape(*replaced(x, i, (n - self.size) // self.step + 1).shape, self.size)


class Narrow(_View):
    """A part of a dimension: `length` elements from `start`."""

    example = "x: float[B, 8] -> narrow(1, 2, 4)"
    torch = ".narrow"
    dim: int = axis("the dimension")
    start: Dim = axis("the first element, negative from the end")
    length: Dim = size("how many", lower=0)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        n = x.shape[i]
        start = self.start
        if check.solver.decide(start, "<", 0):
            start = start + n
        check.at_least(start, 0, "start, counted from the front,")
        check.at_least(self.length, 0, "length")
        check.at_least(n, start + self.length, f"dimension {self.dim}, which must reach to start + length,")
        return replaced(x, i, self.length)


class Select(_View):
    """One slice of a dimension, which is removed."""

    example = "x: float[B, T, D] -> select(1, -1)"
    torch = ".select"
    dim: int = axis("the dimension")
    index: Dim = axis("which slice, negative from the end")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        reaches(check, x.shape[i], self.index, f"dimension {self.dim}")
        return replaced(x, i)


class Detach(_View):
    """The same tensor, through which no gradient flows."""

    example = "x: float[B, D] -> detach"
    torch = ".detach"

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return x
