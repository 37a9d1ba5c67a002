"""The state of a method that is being written: which expression stands for which tensor, which local names are free, and which
results still wait to be written inside the expression that uses them."""

from __future__ import annotations

from typing import Any, Protocol

from specc.dims.solver import Solver
from specc.elaborate.trace import BlockLayer, EntryTrace, Instance, Item, Loop, Stack, Static, Tensor
from specc.emit.construct import Constructor
from specc.emit.fill import Filled
from specc.emit.liveness import Liveness, threaded_axes
from specc.emit.members import RESERVED, SELF, Places, python_name
from specc.emit.plan import Let, Stmt
from specc.emit.trace_walk import CannotEmit, all_items, tensors_in
from specc.emit.walk import parts, rebuild
from specc.emit.width import Widths, narrowed
from specc.pycode import Attr, CallCode, Code, ListCode, Lit, Path, SizeOf, TensorVar, Var
from specc.pycode import Item as Index
from specc.source import Span
from specc.types import DType

FOLD_DEPTH = 4

_KEPT = -1
"""Stands for a tensor whose name is never free again."""


class Context(Protocol):
    """What forward asks of its class: values that the constructor keeps, names of other classes."""

    instance: Instance
    places: Places
    constructor: Constructor
    solver: Solver

    def attribute(self, name: str) -> Code | None:
        """`self.heads` for a parameter or top-level local of the constructor; None for what is none."""

    def has_attribute(self, name: str) -> bool:
        """Would `attribute` find it?"""

    def state_names(self, layer: BlockLayer) -> tuple[str, ...]:
        """The names of a cell's states."""

    def own_inputs(self, entry: str) -> tuple[str, ...]:
        """The names of the inputs of another entry of the same class, in order."""

    def entry_inputs(self, layer: BlockLayer, entry: str) -> tuple[str, ...]:
        """The names of the inputs of another class's entry, in order."""

    def weight_code(self, tensor: int) -> Code | None:
        """`self.wte.weight`, for the tensors that are weights."""

    def weight_at_hand(self) -> Code | None:
        """Some parameter of the class."""

    def is_optional(self, tensor: int) -> bool:
        """May an input be None?"""


class Pending:
    """A result used once, by what comes next: it is written where it is used, unless that line grows too long."""

    __slots__ = ("code", "depth", "position", "span", "tensor")

    def __init__(self, tensor: Tensor, code: Code, position: int, depth: int, span: Span) -> None:
        self.tensor = tensor
        self.code = code
        self.position = position
        self.depth = depth
        self.span = span


class Values:
    """Names and expressions of an entry's tensors."""

    def __init__(self, entry: EntryTrace, context: Context, filled: Filled | None = None) -> None:
        self.entry = entry
        self.context = context
        self.filled = filled
        """What the entry computes the initial value of, if that is what it does."""
        self.env: dict[int, Code] = {} if filled is None else {filled.id: filled.code}
        self.held: dict[str, int] = {}
        """The tensor that a local name stands for."""
        self.pending: list[Pending] = []
        self.now = 0
        self.path: list[tuple[int, bool]] = []
        """The branches around the statement that is written, with the side."""
        self.loop_names: list[dict[str, str]] = []
        """What the loops around bind, innermost last: variables with their names here."""
        self.locals: dict[str, Code] = {}
        self.sizes_used: dict[str, None] = {}
        self.size_names = {size.name for size in entry.sizes} - set(context.instance.params)
        self.runtime_sizes = {name for name, value in entry.inputs if not isinstance(value, Tensor)}
        self.sizes_read: dict[str, tuple[int, int]] = {}
        self.find_threaded(entry.items)
        self.wide: Let | None = None
        self.widths = Widths(entry) if filled is None else None
        """The floats that are made of whole numbers; an initial value takes the width of what it fills."""
        self.live = Liveness(entry, dict(self.sizes_read), context.solver)
        self.input_names: dict[str, str] = {}

    def find_threaded(self, items: list[Item]) -> None:
        """Sizes that loops change are read off the tensors that carry them."""
        for item in all_items(items):
            if isinstance(item, Loop):
                for carried in item.carried:
                    for name, axis in threaded_axes(carried, self.context.solver):
                        self.sizes_read.setdefault(name, (carried.inside.id, axis))

    # --- values --------------------------------------------------------------------------------------------------

    def value(self, value: Any) -> Code:
        """An operand as an expression of forward."""
        if isinstance(value, Tensor | Stack):
            return self.tensor(value.id)
        if isinstance(value, Static):
            if isinstance(value.value, Stack):
                return self.tensor(value.value.id)
            if isinstance(value.value, list) and any(isinstance(item, Tensor) for item in value.value):
                return ListCode(tuple(self.value(item) for item in value.value))
            return self.code(value.code)
        if isinstance(value, list | tuple):
            return ListCode(tuple(self.value(item) for item in value))
        assert isinstance(value, Code), value
        return self.code(value)

    def tensor(self, id: int) -> Code:
        for item in self.pending:
            if item.tensor.id == id:
                return item.code
        found = self.env.get(id)
        if found is None:
            found = self.context.weight_code(id)
            if found is None:
                raise CannotEmit(f"tensor %{id} has no producer here")
        return found

    def in_width(self, value: Any) -> Code:
        """The same for what the model's layers take, and for results: as wide as the model."""
        code = self.value(value)
        if isinstance(value, Tensor) and self.widths is not None and value.id in self.widths.own:
            source = self.at_hand(True)
            return code if source is None else narrowed(code, source)
        return code

    def wide_like(self, source: Code) -> Code:
        """The width of floats that are made of whole numbers: the model's, at least float32."""
        if self.wide is None:
            taken = {python_name(name) for name, _ in self.entry.inputs} | self.size_names | self.runtime_sizes | set(self.held)
            name = next(name for name in ("wide", "wide_", "wide__") if name not in taken)
            self.held[name] = _KEPT
            self.live.last[_KEPT] = 1 << 62
            self.wide = Let(name, CallCode(Path("torch.promote_types"), (Attr(source, "dtype"), Path("torch.float32"))))
        return Var(self.wide.target)

    def code(self, code: Code) -> Code:
        """Compile-time code as forward sees it: parameters are attributes, sizes are read off tensors."""
        if isinstance(code, TensorVar):
            return self.tensor(code.tensor)
        if isinstance(code, SizeOf):
            return Index(Attr(self.tensor(code.tensor), "shape"), (Lit(code.axis),))
        if isinstance(code, Var):
            return self.name(code.name)
        return rebuild(code, self.code)

    def name(self, name: str) -> Code:
        if name == "training":
            return Attr(SELF, "training")
        for names in reversed(self.loop_names):
            if name in names:
                return Var(names[name])
        if name in self.runtime_sizes:
            return Var(python_name(name))
        if name in self.sizes_read:
            tensor, axis = self.sizes_read[name]
            return Index(Attr(self.tensor(tensor), "shape"), (Lit(axis),))
        if name in self.size_names:
            self.sizes_used[name] = None
            return Var(name)
        if name in self.locals:
            return self.locals[name]
        found = self.context.attribute(name)
        if found is None:
            raise CannotEmit(f"forward needs {name}, which only the constructor knows")
        return found

    # --- folding -------------------------------------------------------------------------------------------------

    def settle(self, values: list[Any], hint: str, out: list[Stmt], span: Span | None = None) -> int:
        """Decides which pending results may be written inside the expression that uses `values` now: those last
        on the list, in the order of their evaluation. The others become statements. Returns how deep the nesting is."""
        order = [tensor for value in values for tensor in tensors_in(value)]
        keep = 0
        at = len(order) - 1
        for item in reversed(self.pending):
            while at >= 0 and order[at] != item.tensor.id:
                at -= 1
            if at < 0 or not self.may_fold(item, hint, span):
                break
            at -= 1
            keep += 1
        waiting = {item.tensor.id for item in self.pending[: len(self.pending) - keep]}
        if waiting & set(order):
            last = max(n for n, item in enumerate(self.pending) if item.tensor.id in waiting & set(order))
            self.flush(out, last + 1)
        return max((item.depth for item in self.pending if item.tensor.id in order), default=0)

    def may_fold(self, item: Pending, hint: str, span: Span | None) -> bool:
        if span is None:  # returned or handed on as it is
            return True
        if item.depth >= FOLD_DEPTH:
            return False
        if item.tensor.hint and hint and item.tensor.hint != hint:
            return False
        return item.span.source is span.source and _line(item.span) == _line(span)

    def flush(self, out: list[Stmt], count: int | None = None) -> None:
        """Pending results become statements."""
        count = len(self.pending) if count is None else count
        for _ in range(count):
            item = self.pending.pop(0)
            out.append(Let(self.define(item.tensor, item.position), item.code, item.span))

    # --- names ---------------------------------------------------------------------------------------------------

    def may_wait(self, tensor: Tensor) -> bool:
        """Is it used once, so that it can be written where it is used?"""
        return self.live.count[tensor.id] == 1

    def free(self, name: str, position: int) -> bool:
        if name in self.size_names or name in self.runtime_sizes or any(name in names.values() for names in self.loop_names):
            return False
        holder = self.held.get(name)
        if any(name in _names(item.code) for item in self.pending):
            return False
        return holder is None or self.live.dead_after(holder, position, tuple(self.path))

    def define(self, tensor: Tensor | Stack, position: int, wanted: str = "") -> str:
        """A local name for a tensor: its hint, if the value that has that name now is not needed any more."""
        base = python_name(wanted or tensor.hint or "x")
        base = base if base.isidentifier() and base not in RESERVED else "x"
        name, count = base, 1
        while not self.free(name, position):
            count += 1
            name = f"{base}_{count}"
        self.held[name] = tensor.id
        self.env[tensor.id] = Var(name)
        return name

    def rename(self, source: Tensor, target: Tensor, out: list[Stmt], span: Span) -> None:
        """`target` is the same tensor as `source`."""
        for item in self.pending:
            if item.tensor.id == source.id:
                if self.may_wait(target):
                    item.tensor = target
                    return
                self.flush(out)
                break
        self.env[target.id] = self.tensor(source.id)
        for name, held in list(self.held.items()):
            if held == source.id:
                self.held[name] = target.id

    def at_hand(self, floating: bool) -> Code | None:
        """A tensor that has a name: preferably an input, or what is filled."""
        if self.filled is not None and (self.filled.floating or not floating):
            return self.filled.code
        for name, value in self.entry.inputs:
            if name in self.entry.defaults:
                continue
            if isinstance(value, Tensor) and (not floating or value.type.dtype is DType.FLOAT):
                code = self.env.get(value.id)
                if isinstance(code, Var) and self.held.get(code.name) == value.id and not self.optional(value):
                    return code
        return self.context.weight_at_hand()

    def optional(self, tensor: Tensor) -> bool:
        return self.context.is_optional(tensor.id)


def _names(code: Code) -> set[str]:
    return {part.name for part in parts(code) if isinstance(part, Var)}


def _line(span: Span) -> int:
    return span.source.position(span.start)[0]
