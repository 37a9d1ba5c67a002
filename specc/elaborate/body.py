"""The evaluator's state for one body: where names, layers and the record of what happens are kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostic
from specc.dims.opaque import NotGeneric
from specc.elaborate.cell_errors import used_after_next
from specc.elaborate.scope import FileScope, Layers, Scope
from specc.elaborate.trace import DefinitionRef, EntryTrace, Instance, Item, Loop, Member, PathPart, Static, Tensor
from specc.elaborate.values import POISON, Poison, Value
from specc.source import Span
from specc.types import TensorType

if TYPE_CHECKING:
    from specc.elaborate.program import Program


_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


class Frame:
    """Where layers are introduced and items recorded: the body itself, or a parenthesised chain in it."""

    __slots__ = ("counter", "items", "layers", "path", "reuse")

    def __init__(
        self, layers: Layers, items: list[Item], path: tuple[PathPart, ...] = (), *, sequence: bool = False, reuse: bool = False
    ) -> None:
        self.layers = layers
        self.items = items
        self.path = path
        self.counter: int | None = 0 if sequence else None
        """In a sequence: the position of the next stage."""
        self.reuse = reuse
        """The layers were introduced before (a shared sequence, applied again)."""


class Position:
    """A loop around the current statement: its index as a Static, for labels without `{}`."""

    __slots__ = ("index", "loop")

    def __init__(self, loop: Loop, index: Static) -> None:
        self.loop = loop
        self.index = index


class Filling:
    """The tensor that an initialiser fills where one stands in an expression; None while its type is to be found from the
    expression. `key` names it where it is a weight of a layer.
    Unless it is `exact`, its type stands for any (an init rule that names nothing). `least` collects how many dimensions the
    initialisers need."""

    __slots__ = ("exact", "key", "least", "target")

    def __init__(self, target: Tensor | None, key: str = "", *, exact: bool = True) -> None:
        self.target = target
        self.key = key
        self.exact = exact
        self.least = 0


class Results:
    """All results of a stage; the first is the primary one, which passes along a chain."""

    __slots__ = ("name", "span", "values")

    def __init__(self, name: str, values: Sequence[Any], span: Span) -> None:
        self.name = name
        self.values = list(values)
        self.span = span


class Body:
    """Evaluates one body of an instance. `generic`: parameters are symbols; what cannot be decided raises NotGeneric instead of
    being reported."""

    def __init__(self, program: Program, definition: DefinitionRef, instance: Instance, scope: Scope) -> None:
        self.program = program
        self.solver = program.solver
        self.generic = program.generic
        self.definition = definition
        self.file: FileScope = definition.scope
        self.instance = instance
        self.scope = scope
        self.layers = Layers()
        self.entry = EntryTrace("forward")
        self.frame = Frame(self.layers, self.entry.items)
        self.positions: list[Position] = []
        self.hint = ""
        """The name that the current chain's result will have."""
        self.outer = scope
        """What every entry sees: parameters and what stands outside of entries."""
        self.advanced: dict[str, Tensor] = {}
        """States whose next value has been given, with their old value."""
        self.entering = False
        """Inputs are being bound: what is declared of them is what the body relies on."""
        self.numbered: list[tuple[Member, str, str]] = []
        """Unlabelled stages whose names had to be numbered: told if they turn out to have weights."""
        self.functions: dict[str, Span] = {}
        """Tensor functions that the body uses."""
        self.variables: dict[str, int] = {}
        """How many variables of the constructor have been made of each name."""
        self.filling: Filling | None = None
        """What the expression being evaluated fills, where initialisers are understood."""
        self.rolled: tuple[str, ...] = ()
        """What the loops around bind whose bodies are written once."""
        self.open_entries: list[str] = []
        """Entries under elaboration, to find circles."""

    # --- recording ----------------------------------------------------------------------------------------------

    def report(self, diagnostic: Diagnostic, names: frozenset[str] = frozenset()) -> Poison:
        """Tells the user. While a definition is checked for all parameter values at once, a mistake only means that some
        parameter must be fixed: the instances have been checked before."""
        if self.generic and not self.program.tells(diagnostic):
            raise NotGeneric(names, diagnostic.headline)
        if diagnostic.is_error:
            self.instance.poisoned = True
        self.program.diagnostics.add(diagnostic)
        return POISON

    def add(self, item: Item) -> None:
        self.frame.items.append(item)
        self.program.count_node(self)

    def tensor(self, type: TensorType, span: Span, reason: Any = None) -> Tensor:
        self.program.next_tensor += 1
        type = type.resolved(self.solver.resolve)
        return Tensor(self.program.next_tensor, type, span, self.hint, reason)

    # --- names --------------------------------------------------------------------------------------------------

    def variable(self, base: str, *, plain: bool = False) -> str:
        """A local variable of the constructor that is assigned once (before the loop and at the end of an iteration, if a loop
        carries it), so that a value's code says the same wherever it is read. Emission makes `channels` of `channels#2`
        where it may. `plain`: the first of that name is called by it."""
        self.variables[base] = count = self.variables.get(base, 0) + 1
        return base if plain and count == 1 else f"{base}#{count}"

    def bind(self, name: str, value: Value, span: Span) -> None:
        if name == "_":
            return
        self.scope.bind(name, value, span)
        if isinstance(value, Tensor):
            value.named = value.named or value.hint == name
        if not isinstance(value, Poison):
            self.program.bound(span)

    def find(self, name: str, place: Span | None = None) -> Value | None:
        """The tensor or compile-time value of this name, in the body or in its file."""
        binding = self.scope.find(name)
        if binding is not None:
            if binding.span is not None:
                self.program.used(binding.span)
            if name in self.advanced and self.advanced[name] is binding.value and place is not None:
                return self.report(used_after_next(name, place))
            return binding.value
        found: Value | None = self.program.files.value(self.file, name, self)
        return found

    def written(self) -> set[str]:
        """Every name that the definition mentions."""
        return set(_IDENTIFIER.findall(self.definition.node.span.text))

    def nested(self, scope: Scope, items: list[Item]) -> tuple[Scope, Frame, list[Item]]:
        """Enters a branch or loop body: names bound there stay there; its items go to `items`. Returns what `leave`
        restores."""
        saved = (self.scope, self.frame, self.frame.items)
        self.scope = scope
        self.frame.items = items
        return saved

    def leave(self, saved: tuple[Scope, Frame, list[Item]]) -> None:
        self.scope, self.frame, self.frame.items = saved

    def member(self, path: str) -> Member | None:
        """A layer of this body by its written path."""
        return self.layers.members.get(path) or self.frame.layers.members.get(path)


def size_word(rank: int, axis: int, body: Body) -> str:
    """A name for a size that a loop threads, after its axis, that the spec does not use otherwise."""
    words: tuple[str, ...] = ()
    if axis == 1 and rank >= 3:
        words = ("channels", "in_channels")
    elif axis == rank - 1 and rank <= 3:
        words = ("features", "in_features")
    written = body.written()
    return next((word for word in words if word not in written), f"size{axis}")
