"""From what a tensor begins as to the statements that fill it."""

from __future__ import annotations

from typing import Protocol

from specc.elaborate.trace import EntryTrace, Initial, Tensor
from specc.emit.code import text
from specc.emit.layers import static_code
from specc.emit.members import Places
from specc.emit.plan import Do, Let, Return, Stmt
from specc.ops.initialisers.fill import Initialiser
from specc.pycode import Attr, CallCode, Code, ListCode, Path
from specc.record import Record
from specc.types import DType


class Filled(Record):
    """The tensor that is filled: its id in the trace, the code of it, whether it holds floats."""

    id: int
    code: Code
    floating: bool


class Context(Protocol):
    """What the statements of initialisation ask of their class."""

    places: Places

    def value_statements(self, entry: EntryTrace, filled: Filled | None) -> list[Stmt]:
        """What computes a value, ending in a Return."""

    def init_code(self, code: Code, filled: Filled | None) -> Code:
        """Compile-time code as methods see it."""

    def class_path(self, name: str) -> str | None:
        """The generated class of a block's name."""


def _filled(tensor: Tensor, code: Code) -> Filled:
    return Filled(tensor.id, code, tensor.type.dtype is DType.FLOAT)


def fill(target: Code, initial: Initial, context: Context, *, computed: bool = False) -> list[Stmt]:
    """The statements that give a tensor its initial value. `computed`: a wrapper computes it, so that it is assigned to
    (`conv.weight = ...`), which torch hands on to what it is computed from."""
    filled = _filled(initial.target, target) if initial.target is not None else None
    place = CallCode(Path("torch.empty_like"), (target,)) if computed else target

    def set_to(value: CallCode) -> Stmt:
        return Let(text(target), value, initial.span) if computed else Do(value, initial.span)

    if initial.call is not None:
        op = initial.call.op
        assert isinstance(op, Initialiser)
        given = {name: context.init_code(static_code(value), filled) for name, value in initial.call.given.items()}
        return [set_to(op.fill(place, {name: given[name] for name in op.params if name in given}))]
    if initial.literal is not None:
        literal = context.init_code(initial.literal, filled)
        if not isinstance(initial.literal, ListCode):
            return [set_to(CallCode(Path("nn.init.constant_"), (place, literal)))]
        return [set_to(CallCode(Attr(place, "copy_"), (CallCode(Path("torch.tensor"), (literal,)),)))]
    assert initial.result is not None
    entry = EntryTrace("initial")
    entry.items = initial.items
    entry.outputs = [("value", initial.result)]
    *before, last = context.value_statements(entry, filled)
    assert isinstance(last, Return)
    if computed:
        return [*before, Let(text(target), last.value, initial.span)]
    return [*before, Do(CallCode(Attr(target, "copy_"), (last.value,)), initial.span)]
