"""What inference found out, place by place, for a person who reads the spec beside it (`specc check --types`).

A model is listed with the numbers of its default (or selected) parameters, a block in its own symbols, as the class is that
is made of it. Where a definition does not elaborate with symbols, its instances are listed one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from specc.dims.expr import Expr, Symbol, symbols
from specc.dims.opaque import Opaque
from specc.dims.solver import Solver
from specc.elaborate.generic import CannotGeneralise, Generic, generalise
from specc.elaborate.labels import key_text
from specc.elaborate.open_types import is_open
from specc.elaborate.program import Program
from specc.elaborate.requirements import requirements
from specc.elaborate.static_sizes import static_sizes
from specc.elaborate.trace import (
    Apply,
    Branch,
    DefinitionRef,
    FunctionUse,
    Instance,
    Introduce,
    Item,
    Loop,
    Member,
    OpLayer,
    Require,
    Static,
    Tensor,
    TensorMember,
)
from specc.elaborate.values import Recipe, SymbolicList
from specc.elaborate.walk import applications
from specc.record import Record
from specc.source import SourceFile, Span
from specc.types import TensorType


class Typed(Record):
    """The tensors that one step makes, by name. `open` says that the spec leaves the type of this input to inference."""

    span: Span
    made: tuple[tuple[str, TensorType], ...]
    named: bool
    open: bool = False


class Inferred(Record):
    """An argument of a layer that nobody wrote: `conv1`'s `in_channels` is 3."""

    span: Span
    layer: str
    argument: str
    value: str


class Need(Record):
    """What must hold of sizes, in words, and the place that demands it."""

    text: str
    span: Span | None


class Use(Record):
    """One way in which a block is used: its arguments, its inputs and results by name."""

    arguments: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]


class Listing(Record):
    """A definition with all that was found. `notes` come in the order of the computation: a place that stands in a loop, or
    that several instances pass, has several. `static` symbols must be known when the model is built; `dynamic` ones
    may differ in every call. `uses` are those of a block."""

    keyword: str
    name: str
    span: Span
    parameters: tuple[tuple[str, str], ...]
    notes: tuple[Typed | Inferred, ...]
    static: tuple[str, ...]
    dynamic: tuple[str, ...]
    needs: tuple[Need, ...]
    uses: tuple[Use, ...]


def listings(programs: Sequence[Program], alone: Sequence[Program], source: SourceFile, failed: bool) -> list[Listing]:
    """The definitions of one file in the order of the source. `programs` are its models, each with one set of parameters;
    `alone` the blocks that none of them uses; `failed` says that there were mistakes."""
    found: dict[int, Listing] = {}
    uses: dict[int, list[tuple[Instance, Solver]]] = {}
    blocks: dict[int, list[tuple[Instance, Solver]]] = {}
    for program in programs:
        root = program.root
        if root is None or not root.entries:
            continue
        if root.definition.node.span.source is source:
            found[id(root.definition)] = _listing(root.definition, [(root, program.solver)], program, ())
        for instance in program.instances.values():
            if instance.definition.node.span.source is source:
                uses.setdefault(id(instance.definition), []).append((instance, program.solver))
        for generic in [] if failed else _generics(program):
            if generic.definition is not root.definition:
                blocks.setdefault(id(generic.definition), []).append((generic.trace, generic.solver))
    for key, instances in uses.items():
        if key not in found:
            definition = instances[0][0].definition
            found[key] = _listing(definition, blocks.get(key, instances), None, _uses(instances))
    for program in alone:
        if program.root is not None and program.root.entries and id(program.root.definition) not in found:
            found[id(program.root.definition)] = _listing(program.root.definition, [(program.root, program.solver)], None, ())
    return sorted(found.values(), key=lambda listing: listing.span.start)


def _generics(program: Program) -> list[Generic]:
    try:
        return generalise(program)
    except CannotGeneralise:
        return []


def _listing(
    definition: DefinitionRef, traces: Sequence[tuple[Instance, Solver]], program: Program | None, uses: tuple[Use, ...]
) -> Listing:
    notes: list[Typed | Inferred] = []
    needs: list[Need] = []
    static: dict[str, None] = {}
    free: dict[str, None] = {}
    for trace, solver in traces:
        reader = _Reader(solver)
        # a layer that was given as a value stands elsewhere, perhaps in another file
        notes += [note for note in reader.instance(trace) if definition.node.span.contains(note.span)]
        if program is None:  # a model is told what its blocks need as well
            needs += [Need(str(fact), _place(fact.reason)) for fact in solver.simplified()]
            needs += [
                Need(_condition(item.span), item.span) for entry in trace.entries.values() for item in _required(entry.items)
            ]
        fixed = static_sizes(trace, solver)
        for symbol in _symbols_of(trace, solver):
            (static if symbol in fixed else free)[symbol.name] = None
    if program is not None:
        needs += [Need(str(need), need.span) for need in requirements(program)]
    return Listing(
        keyword=definition.node.keyword,
        name=definition.name,
        span=definition.node.span,
        parameters=tuple((name, _value(value, traces[0][1])) for name, value in traces[0][0].params.items()),
        notes=tuple(notes),
        static=tuple(static),
        dynamic=tuple(name for name in free if name not in static),
        needs=tuple({need.text: need for need in reversed(needs)}.values())[::-1],
        uses=uses,
    )


class _Reader:
    """Reads the notes of a trace."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver

    def instance(self, trace: Instance) -> Iterator[Typed | Inferred]:
        shared = trace.forward is trace.entries.get("forward")
        for entry in trace.entries.values():
            declared = {item.name: item for item in trace.definition.inputs} if shared else {}
            for name, value in entry.inputs:
                if isinstance(value, Tensor):
                    open_ = name in declared and is_open(declared[name])
                    if not (open_ and trace.poisoned):  # nothing that was tried fits
                        yield Typed(value.span, ((name, self.type(value)),), True, open_)
            for state in entry.states:
                yield Typed(state.span, ((state.name, self.type(state.tensor)),), True)
            yield from self.items(entry.items)

    def items(self, items: Sequence[Item]) -> Iterator[Typed | Inferred]:
        for item in items:
            if isinstance(item, Introduce):
                yield from self.member(item.member)
            elif isinstance(item, Apply):
                yield from self.items(item.inner)
                if not item.inner or not _within(item.inner, item.span):  # a chain declared elsewhere
                    yield self.step(item)
            elif isinstance(item, Branch):
                yield from self.items(item.then)
                yield from self.items(item.orelse)
            elif isinstance(item, Loop):
                for body in item.bodies:
                    yield from self.items(body)

    def step(self, item: Apply) -> Typed:
        results = item.target.op.results if isinstance(item.target, FunctionUse) else ()
        if not results and isinstance(item.target, Member) and isinstance(item.target.layer, OpLayer):
            results = item.target.layer.op.results
        if not results and item.instance is not None:
            results = tuple(name for name, _ in item.instance.forward.results())
        made = []
        for at, tensor in enumerate(item.outputs):
            name = tensor.hint if tensor.named else results[at] if len(results) == len(item.outputs) else tensor.hint
            made.append((name, self.type(tensor)))
        return Typed(item.span, tuple(made), len(made) > 1 and len({name for name, _ in made}) == len(made))

    def member(self, member: Member) -> Iterator[Typed | Inferred]:
        layer = member.layer
        if isinstance(layer, TensorMember):
            yield Typed(member.span, ((key_text(member.path), self.resolved(layer.type)),), True)
        elif isinstance(layer, OpLayer):
            label = key_text(member.path) if member.labelled else layer.op.name
            for name, param in layer.op.params.items():
                value = getattr(layer.op, name)
                if param.inferred and name not in layer.given and value is not None:
                    yield Inferred(member.span, label, name, _value(value, self.solver))

    def type(self, tensor: Tensor) -> TensorType:
        return self.resolved(tensor.type)

    def resolved(self, type: TensorType) -> TensorType:
        return type.resolved(self.solver.resolve)


def _required(items: Sequence[Item]) -> Iterator[Require]:
    for item in items:
        if isinstance(item, Require):
            yield item
        elif isinstance(item, Branch):
            yield from _required([*item.then, *item.orelse])
        elif isinstance(item, Loop):
            for body in item.bodies:
                yield from _required(body)


def _condition(span: Span) -> str:
    """`d % heads == 0` of `require d % heads == 0, "a message"`."""
    return span.text.removeprefix("require").split(', "')[0].strip()


def _within(items: Sequence[Item], span: Span) -> bool:
    return any(span.contains(item.span) for item in applications(list(items)))


def _symbols_of(trace: Instance, solver: Solver) -> list[Symbol]:
    """The free symbols of a definition: those of its parameters and of the sizes of its inputs, in order."""
    dims: list[Any] = [value.value for value in trace.params.values()]
    for entry in trace.entries.values():
        for _, value in entry.inputs:
            if isinstance(value, Tensor):
                dims += value.type.shape
            elif isinstance(value, Static):
                dims.append(value.value)
    found = [symbol for dim in dims if isinstance(dim, Expr) for symbol in symbols(solver.resolve(dim))]
    return list(dict.fromkeys(found))


def _uses(instances: Sequence[tuple[Instance, Solver]]) -> tuple[Use, ...]:
    found: dict[Use, None] = {}
    for instance, solver in instances:
        reader = _Reader(solver)
        results = [(name, value) for name, value in instance.forward.results() if isinstance(value, Tensor)]
        found[
            Use(
                tuple((name, _value(value, solver)) for name, value in instance.params.items()),
                tuple((n, str(reader.type(v))) for n, v in instance.forward.inputs if isinstance(v, Tensor)),
                tuple((n, str(reader.type(v))) for n, v in results),
            )
        ] = None
    return tuple(found)


def _place(reason: object) -> Span | None:
    return reason if isinstance(reason, Span) else None


def _value(value: Any, solver: Solver) -> str:
    """A compile-time value as a person would write it."""
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list | tuple):
        shown = ", ".join(_value(item, solver) for item in value)
        return f"[{shown}]" if isinstance(value, list) else f"({shown})"
    if isinstance(value, Expr):
        return str(solver.resolve(value))
    if isinstance(value, Recipe | DefinitionRef | SymbolicList):
        return value.name
    if isinstance(value, Opaque):
        return str(value.key[0]) if len(value.key) == 1 else f"({value.type})"
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return repr(value) if isinstance(value, str) else str(value)
