"""Tensors rearranged by a pattern of named axes: the notation of einops (Rogozhnikov 2022), lowered to torch alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from specc.dims.expr import Dim, Expr
from specc.ops.declare import Function, Kind, choice
from specc.ops.functions._pattern import Pattern, PatternError, parse
from specc.ops.functions._shared import COUNTED, FLOATING, SAME_ORDERED, TO_BOOL, UINT8, Numbers, kind_of, known, lit, method
from specc.ops.rules import Checks, product
from specc.pycode import Code, TupleCode
from specc.types import TensorType


class _Patterned(Function):
    kind = Kind.VIEW
    keeps_input = False
    open_keywords = True
    adds: ClassVar[bool] = False
    """Axes may appear on the right only."""
    drops: ClassVar[bool] = False
    """Axes may appear on the left only."""
    pattern: str = choice("the axes before and after `->`; `(h c)` is one dimension made of two, `...` any number of them")

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.sizes: dict[str, Dim] = {name: value for name, value in values.items() if name not in self.params}
        """The sizes of axes that were given by name."""

    def _parsed(self, check: Checks | None, rank: int) -> Pattern:
        try:
            pattern = parse(known(self.pattern), rank)
            pattern.check_names(self.adds, self.drops, self.sizes)
        except PatternError as error:
            assert check is not None
            check.argument("pattern", str(error))
        return pattern

    def _axis_sizes(self, check: Checks, pattern: Pattern, tensor: TensorType) -> dict[str, Dim]:
        """The size of every axis: given, found in the tensor, or what is left of a dimension."""
        if len(pattern.left) != tensor.rank:
            check.fail(
                f"the pattern has {len(pattern.left)} dimensions on the left, the tensor has rank {tensor.rank}", tensor=tensor
            )
        sizes: dict[str, Dim] = {**self.sizes, **pattern.literal_sizes()}
        for name, n in self.sizes.items():
            if isinstance(n, bool) or not isinstance(n, int | Expr):
                check.argument(name, f"the size of an axis is an int, not {n!r}")
            check.at_least(n, 1, f"axis {name}")
        for i, (group, n) in enumerate(zip(pattern.left, tensor.shape, strict=True)):
            unknown = [axis for axis in group if axis not in sizes]
            known = product([sizes[axis] for axis in group if axis in sizes])
            label = f"({' '.join(group)})" if len(group) != 1 else group[0]
            if not unknown:
                check.equal(known, n, f"the product of the sizes of {label}", f"dimension {i}")
            elif len(group) == 1:
                sizes[unknown[0]] = n
            elif len(unknown) == 1:
                by = " ".join(axis for axis in group if axis != unknown[0])
                sizes[unknown[0]] = check.divides(known, n, by, label)
            else:
                check.argument("sizes", f"in {label}, the sizes of all axes but one must be given: {', '.join(unknown[1:])}")
        return sizes

    def _composed(self, pattern: Pattern, sizes: Mapping[str, Dim]) -> tuple[Dim, ...]:
        return tuple(product([sizes[axis] for axis in group]) for group in pattern.right)

    def _known(self, pattern: Pattern, args: Mapping[str, Code]) -> dict[str, Code]:
        """The code of the sizes that were given or stand as numbers in the pattern."""
        return {**{name: args[name] for name in self.sizes}, **{name: lit(n) for name, n in pattern.literal_sizes().items()}}

    # --- lowering: unflatten, [reduce], permute, [unsqueeze, expand], flatten ---------------------------------------

    def _split(self, value: Code, pattern: Pattern, known: Mapping[str, Code]) -> Code:
        """Every dimension of the left taken apart into its axes."""
        for i in reversed(range(len(pattern.left))):
            group = pattern.left[i]
            if not group:
                value = method(value, "squeeze", lit(i))
            elif len(group) > 1:
                missing = next((axis for axis in group if axis not in known), group[-1])
                parts = tuple(lit(-1) if axis == missing else known[axis] for axis in group)
                value = method(value, "unflatten", lit(i), TupleCode(parts))
        return value

    def _join(self, value: Code, pattern: Pattern) -> Code:
        """The axes, in the order of the right side, put together into its dimensions."""
        end = sum(len(group) for group in pattern.right)
        for group in reversed(pattern.right):
            start = end - len(group)
            if not group:
                value = method(value, "unsqueeze", lit(start))
            elif len(group) > 1:
                value = method(value, "flatten", lit(start), lit(end - 1))
            end = start
        return value

    def _ordered(self, value: Code, axes: list[str], wanted: list[str]) -> Code:
        if axes == wanted:
            return value
        order = [axes.index(axis) for axis in wanted]
        moved = [i for i, place in enumerate(order) if i != place]
        if len(moved) == 2:
            return method(value, "transpose", lit(moved[0]), lit(moved[1]))
        return method(value, "permute", *(lit(place) for place in order))


class Rearrange(_Patterned):
    """Splits, reorders and joins dimensions by a pattern: `"b t (h c) -> b h t c"` with h=8."""

    example = 'x: float[B, T, 64] -> rearrange("b t (h c) -> b h t c", h=8)'
    torch = ".permute"
    aliases = True

    def shape(self, check: Checks, tensor: TensorType) -> TensorType:
        pattern = self._parsed(check, tensor.rank)
        return tensor.with_shape(*self._composed(pattern, self._axis_sizes(check, pattern, tensor)))

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        pattern = self._parsed(None, types["tensor"].rank)
        value = self._split(args["tensor"], pattern, self._known(pattern, args))
        return self._join(self._ordered(value, pattern.left_axes, pattern.right_axes), pattern)


_REDUCTIONS: dict[str, tuple[str, Numbers]] = {
    "sum": ("sum", COUNTED),
    "mean": ("mean", FLOATING),
    "max": ("amax", SAME_ORDERED),
    "min": ("amin", SAME_ORDERED),
    "prod": ("prod", COUNTED),
    "any": ("any", {**TO_BOOL, UINT8: UINT8}),
    "all": ("all", {**TO_BOOL, UINT8: UINT8}),
}


class Reduce(_Patterned):
    """Reduces the axes that the right side lacks, and rearranges the rest: `"b c (h 2) (w 2) -> b c h w"` pools."""

    example = 'x: float[B, C, H, W] -> reduce("b c h w -> b c", "mean")'
    kind = Kind.POOL
    aliases = True
    keeps_output = True
    torch = "torch.mean"
    keeps_input = True
    drops = True
    pattern: str = choice("the axes before and after `->`; those missing on the right are reduced")
    reduction: str = choice("how", *_REDUCTIONS)

    def shape(self, check: Checks, tensor: TensorType) -> TensorType:
        pattern = self._parsed(check, tensor.rank)
        known(self.reduction)
        sizes = self._axis_sizes(check, pattern, tensor)
        gone = [axis for axis in pattern.left_axes if axis not in pattern.right_axes]
        dtype = kind_of(check, tensor, _REDUCTIONS[self.reduction][1]) if gone else tensor.dtype
        if self.reduction in ("max", "min"):
            for axis in gone:
                check.at_least(sizes[axis], 1, f"axis {axis}")
        return TensorType(self._composed(pattern, sizes), dtype)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        pattern = self._parsed(None, types["tensor"].rank)
        value = self._split(args["tensor"], pattern, self._known(pattern, args))
        axes = pattern.left_axes
        gone = [i for i, axis in enumerate(axes) if axis not in pattern.right_axes]
        name = _REDUCTIONS[self.reduction][0]
        if name in ("prod", "any", "all") or len(gone) == 1:
            for i in reversed(gone):
                value = method(value, name, lit(i))
        elif gone:
            value = method(value, name, TupleCode(tuple(lit(i) for i in gone)))
        kept = [axis for axis in axes if axis in pattern.right_axes]
        return self._join(self._ordered(value, kept, pattern.right_axes), pattern)


class Repeat(_Patterned):
    """Repeats along new axes of the right side: `"h w -> h w c"` with c=3, `"h w -> (h 2) (w 2)"`."""

    example = 'x: float[D] -> repeat("d -> b d", b=4)'
    torch = ".expand"
    aliases = True
    adds = True

    def shape(self, check: Checks, tensor: TensorType) -> TensorType:
        pattern = self._parsed(check, tensor.rank)
        sizes = self._axis_sizes(check, pattern, tensor)
        for axis in pattern.right_axes:
            if axis not in sizes:
                check.argument("sizes", f"the size of the new axis {axis} must be given")
        return tensor.with_shape(*self._composed(pattern, sizes))

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        pattern = self._parsed(None, types["tensor"].rank)
        known_sizes = self._known(pattern, args)
        value = self._split(args["tensor"], pattern, known_sizes)
        left, right = pattern.left_axes, pattern.right_axes
        value = self._ordered(value, left, [axis for axis in right if axis in left])
        new = [i for i, axis in enumerate(right) if axis not in left]
        for i in new:
            value = method(value, "unsqueeze", lit(i))
        if new:
            value = method(value, "expand", *(known_sizes[axis] if i in new else lit(-1) for i, axis in enumerate(right)))
        return self._join(value, pattern)
