"""`x[...]`: integers, slices, `...`, `none`, tensors of indices and masks, as torch reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, Param
from specc.ops.functions._shared import BOOL, INT, reaches
from specc.ops.rules import Checks, product
from specc.pycode import Code, Item, TupleCode
from specc.types import Shape, TensorType

IndexItem = tuple[Any, ...]
"""("int", Dim) | ("slice", Dim | None, Dim | None, Dim | None) | ("ellipsis",) | ("none",) | ("tensor", TensorType)"""


class Getitem(Function):
    """Elements by position: `x[0]`, `x[:, 1:-1]`, `x[..., none]`, `x[index]`, `x[mask]`."""

    example = "x[:, -1]"
    kind = Kind.VIEW
    torch = "torch.Tensor.__getitem__"
    keeps_input = False
    aliases = True
    items: Sequence[IndexItem] = Param("any", "what stands between the brackets")  # type: ignore[assignment]

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        items = _without_ellipsis(check, x, list(self.items))
        out: list[Dim] = []
        advanced: list[tuple[int, Shape]] = []
        axis = 0
        for item in items:
            match item:
                case ("none",):
                    out.append(1)
                case ("int", index):
                    _in_range(check, x.shape[axis], index, axis)
                    axis += 1
                case ("slice", start, stop, step):
                    out.append(_slice(check, x.shape[axis], start, stop, step, axis))
                    axis += 1
                case ("tensor", TensorType(dtype=dtype) as index) if dtype is BOOL:
                    for i, n in enumerate(index.shape):
                        check.equal(n, x.shape[axis + i], f"dimension {i} of the mask", f"dimension {axis + i} of the tensor")
                    found = (check.fresh("K"),)
                    advanced += [(len(out) + i, found) for i in range(index.rank)]
                    out += [1] * index.rank
                    axis += index.rank
                case ("tensor", index) if not index.rank:  # like an int: it does not count among the index tensors
                    check.dtype(index, INT, BOOL)
                    check.at_least(x.shape[axis], 1, f"dimension {axis}")
                    axis += 1
                case ("tensor", index):
                    check.dtype(index, INT, BOOL)
                    if not check.same(product(index.shape), 0):
                        check.at_least(x.shape[axis], 1, f"dimension {axis}")
                    advanced.append((len(out), index.shape))
                    out.append(1)
                    axis += 1
        out += x.shape[axis:]
        return x.with_shape(*_placed(check, out, advanced))

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        items = args["items"]
        return Item(args["x"], items.items if isinstance(items, TupleCode) else (items,))


def _without_ellipsis(check: Checks, x: TensorType, items: list[IndexItem]) -> list[IndexItem]:
    """The items with `...` written out as `:`."""
    used = 0
    for item in items:
        if item[0] == "tensor" and item[1].dtype is BOOL:
            used += item[1].rank
        elif item[0] not in ("none", "ellipsis"):
            used += 1
    missing = x.rank - used
    if missing < 0:
        check.fail(f"{used} indices are too many for a tensor of rank {x.rank}", tensor=x)
    places = [i for i, item in enumerate(items) if item[0] == "ellipsis"]
    if len(places) > 1:
        check.fail("an index can hold only one `...`", tensor=x)
    for item in items:
        if item[0] == "tensor" and item[1].dtype is BOOL and not item[1].rank:
            check.fail("a mask must have at least one dimension", tensor=item[1])
    for i in places:
        items[i : i + 1] = [("slice", None, None, None)] * missing
    return items


def _placed(check: Checks, out: list[Dim], advanced: list[tuple[int, Shape]]) -> list[Dim]:
    """The dimensions of index tensors, broadcast together, stand where the tensors do, or in front if these are apart."""
    if not advanced:
        return out
    shape = check.broadcast(*(shape for _, shape in advanced))
    places = [place for place, _ in advanced]
    rest = [n for i, n in enumerate(out) if i not in places]
    first = places[0] if places == list(range(places[0], places[0] + len(places))) else 0
    return [*rest[:first], *shape, *rest[first:]]


def _in_range(check: Checks, n: Dim, index: Dim, axis: int) -> None:
    reaches(check, n, index, f"dimension {axis}")


def _bound(check: Checks, n: Dim, value: Dim, axis: int) -> Dim:
    """A start or stop counted from the front and kept within 0..n. Where symbols leave it open whether it has to be moved,
    that it need not be becomes a demand: a slice that reaches beyond its tensor is a slip more often than a wish."""
    if check.solver.decide(value, "<", 0):
        if check.solver.decide(n, "<", -value):
            return 0
        check.at_least(n, -value, f"dimension {axis}, which is cut at {value},")
        return n + value
    check.at_least(value, 0, "the bound of a slice")
    if check.solver.decide(value, ">", n):
        return n
    check.at_least(n, value, f"dimension {axis}, which is cut at {value},")
    return value


def _slice(check: Checks, n: Dim, start: Dim | None, stop: Dim | None, step: Dim | None, axis: int) -> Dim:
    step = 1 if step is None else step
    check.at_least(step, 1, "the step of a slice")
    begin = 0 if start is None else _bound(check, n, start, axis)
    end = n if stop is None else _bound(check, n, stop, axis)
    if check.solver.decide(end, "<=", begin):
        return 0
    check.at_least(end, begin, "the end of a slice")
    length = check.solver.resolve(end - begin)
    return length if isinstance(step, int) and step == 1 else check.solver.resolve((length + step - 1) // step)
