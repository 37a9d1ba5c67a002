"""How wide the floats are that an entry makes of whole numbers.

`float` is a kind, not a width: what is computed from weights and inputs has theirs. What is made of whole numbers alone (the
sines of positions, a step over the number of steps) would be float32 in torch, whatever the model is. It is computed as wide
as the model, at least in float32, since bfloat16 does not tell 999 from 1000, and rounded to the model's width where the two
meet: as an operand beside a tensor of the model's, as what a layer takes, as a result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specc.elaborate.trace import Apply, Branch, EntryTrace, FunctionUse, Loop, Static, Tensor
from specc.emit.functions import AtHand, Resolve, function_code
from specc.emit.trace_walk import all_items
from specc.ops.declare import Kind
from specc.pycode import Attr, CallCode, Code
from specc.types import DType

_FLOATS = (DType.FLOAT, DType.COMPLEX)
_ELEMENTWISE = (Kind.ARITHMETIC, Kind.ACTIVATION)


class Widths:
    """The floats of one entry that are made of whole numbers alone."""

    def __init__(self, entry: EntryTrace) -> None:
        self.own: set[int] = set()
        """Their tensors, by id."""
        items = [*all_items(entry.items), *(item for state in entry.states for item in all_items(state.initial.items))]
        applies = [item for item in items if isinstance(item, Apply)]
        count = -1
        while count != len(self.own):  # loops hand tensors back to their start
            count = len(self.own)
            for item in items:
                if isinstance(item, Apply):
                    self._apply(item)
                elif isinstance(item, Branch):
                    for join in item.joins:
                        self._same(join.result, (join.then, join.orelse))
                elif isinstance(item, Loop):
                    for carried in item.carried:
                        self._same(carried.inside, (carried.before, carried.after))
                        self._same(carried.result, (carried.before, carried.after))
        kept = {tensor.id for apply in applies if self._makes_own(apply) for tensor in operands(apply)}
        for apply in applies:
            if _is_conversion(apply):  # used nowhere but beside the model's tensors: it can be as wide as they are
                self.own -= {output.id for output in apply.outputs} - kept

    def _same(self, tensor: Any, sources: tuple[Any, ...]) -> None:
        if isinstance(tensor, Tensor) and any(isinstance(source, Tensor) and source.id in self.own for source in sources):
            self.own.add(tensor.id)

    def _apply(self, apply: Apply) -> None:
        use = apply.target
        if not isinstance(use, FunctionUse) or use.op.creates or use.op.name == "type_as" or self.meets(apply):
            return
        if floats(apply) or _is_conversion(apply) or is_wide(apply):
            self.own.update(output.id for output in apply.outputs if output.type.dtype in _FLOATS)

    def _makes_own(self, apply: Apply) -> bool:
        return any(output.id in self.own for output in apply.outputs)

    def meets(self, apply: Apply) -> bool:
        """Is there a float of the model's among the operands of a function?"""
        return any(tensor.id not in self.own for tensor in floats(apply))


def operands(apply: Apply) -> list[Tensor]:
    """The tensors that a function takes, those in lists included."""
    if not isinstance(apply.target, FunctionUse):
        return []
    values = apply.target.operands.values()
    return [part for value in values for part in (value if isinstance(value, list) else [value]) if isinstance(part, Tensor)]


def floats(apply: Apply) -> list[Tensor]:
    return [tensor for tensor in operands(apply) if tensor.type.dtype in _FLOATS]


def _is_conversion(apply: Apply) -> bool:
    """`to(float)` of whole numbers, which not every width holds exactly."""
    return _named(apply, "to") and _makes_floats(apply) and operands(apply)[0].type.dtype is DType.INT


def _named(apply: Apply, name: str) -> bool:
    return isinstance(apply.target, FunctionUse) and apply.target.op.name == name


def _makes_floats(apply: Apply) -> bool:
    return not floats(apply) and any(output.type.dtype is DType.FLOAT for output in apply.outputs)


def widened(apply: Apply) -> Tensor | None:
    """The whole numbers that an elementwise function turns into floats."""
    found = operands(apply)
    use = apply.target
    if (
        isinstance(use, FunctionUse)
        and use.op.kind in _ELEMENTWISE
        and use.op.name != "where"
        and found
        and _makes_floats(apply)
    ):
        return found[0]
    return None


def is_wide(apply: Apply) -> bool:
    """Are they computed in float32 at least? What is below 257 is exact in every width."""
    wide = widened(apply)
    return wide is not None and wide.type.dtype is DType.INT


def narrowed(code: Code, source: Code) -> Code:
    """`code` as wide as `source`."""
    return CallCode(Attr(code, "to"), (Attr(source, "dtype"),))


def in_width(apply: Apply, widths: Widths, resolve: Resolve, at_hand: AtHand, wide_like: Callable[[Code], Code]) -> Code:
    """A function's expression in which floats have the model's width. `at_hand(True)` is a float tensor of the model's,
    `wide_like` the width of numbers made of whole ones beside it."""
    use = apply.target
    assert isinstance(use, FunctionUse)
    given = [tensor.id for tensor in floats(apply)]
    if any(tensor in widths.own for tensor in given) and widths.meets(apply) and use.op.name != "type_as":
        source = at_hand(True)
        if source is not None:
            model = source
            return function_code(use, lambda value: _beside(value, resolve, widths, model), at_hand)
    if not _makes_floats(apply) or use.op.creates:
        return function_code(use, resolve, at_hand)
    source = at_hand(True)
    if source is None:
        return function_code(use, resolve, at_hand)
    model = source

    def convert(code: Code, wide: bool) -> Code:
        return CallCode(Attr(code, "to"), (wide_like(model),)) if wide else narrowed(code, model)

    first = _first(apply)
    if use.op.name == "to":
        return convert(resolve(first), apply.outputs[0].id in widths.own)
    if first is None:
        return convert(function_code(use, resolve, at_hand), wide=False)

    def typed(value: Any) -> Code:
        if value is not first:
            return resolve(value)
        if isinstance(first, Static):  # a number beside a condition
            return CallCode(Attr(model, "new_tensor"), (resolve(first),))
        return convert(resolve(first), is_wide(apply))

    return function_code(use, typed, at_hand)


def _first(apply: Apply) -> Tensor | Static | None:
    """The operand that makes all of the result a float of some width when it is converted; None where the result must be."""
    use = apply.target
    assert isinstance(use, FunctionUse)
    if use.op.name == "where":
        return next((value for value in use.operands.values() if isinstance(value, Static)), None)
    return operands(apply)[0] if use.op.name == "to" else widened(apply)


def _beside(value: Any, resolve: Resolve, widths: Widths, source: Code) -> Code:
    if isinstance(value, Tensor) and value.id in widths.own:
        return narrowed(resolve(value), source)
    return resolve(value)
