"""From instances to definitions that hold for all of them: each definition is elaborated once more with symbols for its
parameters and for the static sizes of its inputs. What cannot be decided so is fixed to its value, that parameter alone;
instances that differ in what is fixed get classes of their own.

Only what the instances agree on without symbols is told apart beforehand: ranks, dtypes, optional inputs left out, sizes of 1
(which broadcast), layers as values. The trace is data for `emit`, which holds it against the instances.
"""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim, Expr, Symbol, substitute, symbols
from specc.dims.opaque import NotGeneric, Opaque
from specc.elaborate.body import Body
from specc.elaborate.entries import entries_of, open_input
from specc.elaborate.generic_calls import GenericProgram, ones
from specc.elaborate.instantiate import enter, run_body
from specc.elaborate.program import Program
from specc.elaborate.scope import Scope
from specc.elaborate.trace import Branch, DefinitionRef, Instance, Item, Loop, SizeSymbol, Static, Tensor
from specc.elaborate.values import Recipe, SymbolicList, holds_layers, literal, value_key
from specc.elaborate.walk import applications
from specc.pycode import Code, Var
from specc.record import Record
from specc.syntax import ast
from specc.types import MaybeType, TensorType


class Generic(Record):
    """A definition as one class. `trace` has symbols whose payload is the Code that yields them; `fixed` are parameters
    that could not stay symbolic, with their values; `instances` are what the class must reproduce."""

    definition: DefinitionRef
    trace: Instance
    fixed: dict[str, Static]
    instances: tuple[Instance, ...]
    solver: Any
    weight_codes: dict[int, Code]
    """Tensors of the trace that are weights: how forward reaches them."""
    optional: set[int]
    """Inputs of the trace that may be left out."""
    typed: Generic | None = None
    """The same with loops over lists of tensors written out, where `trace` has them once: it knows the types of all tensors."""

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class CannotGeneralise(Exception):
    """Some definition does not elaborate with symbols as its instances did with numbers: each must be a class of its own."""


def generalise(program: Program, *, stacks: bool = True) -> list[Generic]:
    """A Generic for every class that the model needs, callees before callers, the model last. Raises CannotGeneralise.
    `stacks`: loops that carry lists of tensors are written once where they can be."""
    assert program.root is not None
    order = [*program.instances.values(), program.root]
    groups: dict[Any, list[Instance]] = {}
    for instance in order:
        groups.setdefault(_group(instance), []).append(instance)
    found: list[Generic] = []
    for members in _callees_first(groups):
        first = len(found)
        _generalise(members, frozenset(), program, found)
        if stacks:
            found[first:] = [_with_stacks(generic, program, found[:first]) for generic in found[first:]]
    return found


def _with_stacks(generic: Generic, program: Program, callees: list[Generic]) -> Generic:
    """The same class with loops written once that carry lists of tensors, where it has any."""
    if not any(_written_out(entry.items) for entry in generic.trace.entries.values()):
        return generic
    sizes = {f"#{size.name}" for size in generic.trace.forward.sizes if isinstance(size.dim, int)}
    fixed = frozenset({*generic.fixed, *sizes})
    try:
        made = _elaborate(list(generic.instances), fixed, program, callees, stacks=True)
    except NotGeneric:
        return generic
    return made.replace(typed=generic)


def _written_out(items: list[Item]) -> bool:
    """Is there a loop of several iterations that stand one after the other?"""
    for item in items:
        if isinstance(item, Loop):
            if len(item.bodies) > 1 or any(map(_written_out, item.bodies)):
                return True
        elif isinstance(item, Branch) and (_written_out(item.then) or _written_out(item.orelse)):
            return True
    return False


def _callees_first(groups: dict[Any, list[Instance]]) -> list[list[Instance]]:
    """A definition's first instance may call less than its later ones, so the order of instances is not that of calls."""
    group_of = {id(instance): key for key, members in groups.items() for instance in members}
    ordered: dict[Any, list[Instance]] = {}
    entered: set[Any] = set()

    def enter(key: Any) -> None:
        if key in entered:
            return
        entered.add(key)
        for instance in groups[key]:
            for use in applications(instance.forward.items):
                if use.instance is not None:
                    enter(group_of[id(use.instance)])
        ordered[key] = groups[key]

    for key in groups:
        enter(key)
    return list(ordered.values())


def _group(instance: Instance) -> Any:
    """What instances must have in common to be one class."""
    layers = tuple(
        (name, value_key(v))
        for name, v in instance.params.items()
        if isinstance(v.value, Recipe | DefinitionRef) or v.value is None
    )
    inputs = tuple(
        (value.type.dtype, value.type.rank) if isinstance(value, Tensor) else None for _, value in instance.forward.inputs
    )
    return (id(instance.definition), layers, inputs)


def _generalise(instances: list[Instance], fixed: frozenset[str], program: Program, found: list[Generic]) -> None:
    """Fixes parameters one failure at a time until the definition can be elaborated."""
    while True:
        parts = _split(instances, fixed)
        if len(parts) > 1:
            for part in parts:
                _generalise(part, fixed, program, found)
            return
        try:
            found.append(_elaborate(instances, fixed, program, found))
            return
        except NotGeneric as problem:
            alike: dict[Any, list[Instance]] = {}
            for instance in instances:
                alike.setdefault(ones(instance), []).append(instance)
            if len(alike) > 1:
                for part in alike.values():
                    _generalise(part, fixed, program, found)
                return
            names = list(instances[0].params)
            sizes = [f"#{name}" for name in _size_names(instances[0])]
            wanted = {name for name in names if name in problem.names} | {
                f"#{name}" for name in _size_names(instances[0]) if name in problem.names
            }
            new = wanted - fixed
            if not new:
                new = {name for name in names if name not in fixed}
            if not new:
                new = {name for name in sizes if name not in fixed}
            if not new:
                try:
                    found.append(_elaborate(instances, fixed, program, found, write_out=True))
                    return
                except NotGeneric:
                    raise CannotGeneralise(
                        f"{instances[0].definition.name} does not elaborate as its instances did: {problem.why}"
                    ) from problem
            fixed |= new


def _split(instances: list[Instance], fixed: frozenset[str]) -> list[list[Instance]]:
    parts: dict[Any, list[Instance]] = {}
    for instance in instances:
        key = tuple((name, value_key(instance.params[name])) for name in instance.params if name in fixed)
        sizes = tuple(size.dim for size in instance.forward.sizes if f"#{size.name}" in fixed)
        parts.setdefault((key, sizes), []).append(instance)
    return list(parts.values())


def _size_names(instance: Instance) -> list[str]:
    return [size.name for size in instance.forward.sizes]


def _elaborate(
    instances: list[Instance], fixed: frozenset[str], program: Program, found: list[Generic], *, write_out: bool = False,
    stacks: bool = False,
) -> Generic:  # fmt: skip
    first = instances[0]
    definition = first.definition
    is_root = first is program.root
    generic = GenericProgram(program, found)
    generic.write_out = write_out
    generic.stacks = stacks
    args: dict[str, Static] = {}
    held: dict[str, Static] = {}
    for name, value in first.params.items():
        if name in fixed or isinstance(value.value, Recipe) or value.value is None or isinstance(value.value, DefinitionRef):
            held[name] = value
            named = stacks and isinstance(value.value, list) and not holds_layers(value)
            args[name] = Static(value.value, Var(name) if named else literal(value.value), value.span)
        else:
            args[name] = _symbol(name, [instance.params[name].value for instance in instances], generic)
    trace = Instance(definition, None, args, first.serial)
    body = Body(generic, definition, trace, Scope())
    generic.root = trace
    generic.root_name = definition.name
    generic.active.append(definition)
    for name, value in args.items():
        body.scope.bind(name, value.value if isinstance(value.value, Recipe) else value)
    for item, (_, value) in zip(definition.inputs, () if entries_of(definition.node) else first.forward.inputs, strict=True):
        _input(item, value, instances, fixed, is_root, body)
    run_body(body)
    made = Generic(definition, trace, held, tuple(instances), generic.solver, generic.weight_codes, generic.optional)
    _meets_its_demands(made, program)
    return made


def _meets_its_demands(generic: Generic, program: Program) -> None:
    """What the class demands of its sizes must hold for every instance. Where one is decided otherwise by its numbers (of one
    channel `x[:, 0:2]` is that channel), those numbers are fixed. Raises NotGeneric."""
    for fact in generic.solver.simplified():
        for instance in generic.instances:
            for entry in generic.trace.entries:
                values = sizes_of(generic, instance, entry)
                known = program.solver.decide(substitute(fact.left, values), fact.op, substitute(fact.right, values))
                if known is False:
                    names = frozenset(symbol.name for side in (fact.left, fact.right) for symbol in symbols(side))
                    raise NotGeneric(names, f"an instance breaks {fact}")


def sizes_of(generic: Generic, instance: Instance, entry: str) -> dict[Symbol, Dim]:
    """What the symbols of a class are worth in one of its instances, as an entry is fed."""
    values: dict[Symbol, Dim] = {}

    def bind(mine: Any, theirs: Any) -> None:
        if isinstance(mine, Expr) and isinstance(theirs, int | Expr) and str(mine) == symbols(mine)[0].name:
            values.setdefault(symbols(mine)[0], theirs)

    for name, value in generic.trace.params.items():
        bind(value.value, instance.params[name].value)
    for (_, mine), (_, theirs) in zip(generic.trace.entries[entry].inputs, instance.entries[entry].inputs, strict=True):
        if isinstance(mine, Tensor) and isinstance(theirs, Tensor):
            for ours, fed in zip(mine.type.shape, theirs.type.shape, strict=True):
                bind(generic.solver.resolve(ours), fed)
    return values


def _symbol(name: str, values: list[Any], generic: Program) -> Static:
    """A parameter as a symbol of the kind of its values."""
    code = Var(name)
    names = frozenset({name})
    sample = values[0]
    if isinstance(sample, bool):
        return Static(Opaque("bool", (name,), names), code)
    if isinstance(sample, int | Expr):
        lower = min((v for v in values if isinstance(v, int)), default=1)
        return Static(generic.solver.fresh(name, flexible=False, lower=min(lower, 1), payload=code), code)
    if isinstance(sample, float):
        return Static(Opaque("float", (name,), names), code)
    if isinstance(sample, str):
        return Static(Opaque("str", (name,), names), code)
    if isinstance(sample, list):
        return Static(SymbolicList(name, code, values, names), code)
    raise NotGeneric(names)


def _input(item: ast.Declared, value: Any, instances: list[Instance], fixed: frozenset[str], is_root: bool, body: Body) -> None:
    """An input with a symbol for every size that may differ. A model's inputs have the types that its user wrote."""
    if is_root:
        open_input(item, body)
        return
    if isinstance(value, Static) and value.value is not None:
        enter(item, body.solver.fresh(item.name, flexible=False, payload=Var(item.name)), None, body)
        return
    if not isinstance(value, Tensor):
        enter(item, None, None, body)
        return
    names = _dim_names(item, value.type.rank)
    at = len(body.entry.inputs)
    always_one = [all(column) for column in zip(*(ones(instance)[at] for instance in instances), strict=True)]
    shape: list[Dim] = []
    for axis, dim in enumerate(value.type.shape):
        name = names[axis]
        known = isinstance(dim, int) and (always_one[axis] or f"#{name}" in fixed)
        if known:
            shape.append(dim)
            continue
        symbol = body.solver.fresh(name, flexible=True, lower=0 if dim == 0 else 1, payload=Var(name))
        shape.append(symbol)
    kind = MaybeType if value.id in body.program.optional_inputs else TensorType
    enter(item, kind(tuple(shape), value.type.dtype), item.span, body)
    entered = body.entry.inputs[-1][1]
    known_names = {size.name for size in body.entry.sizes}
    for axis, dim in enumerate(shape):
        if names[axis] not in known_names and isinstance(dim, Expr) and isinstance(entered, Tensor):
            body.entry.sizes.append(SizeSymbol(names[axis], item.name, axis, dim))


def _dim_names(item: ast.Declared, rank: int) -> list[str]:
    """A name for every dimension of an input: the spec's where it gives one, else after the input and axis."""
    names = [f"{item.name}_{axis}" for axis in range(rank)]
    dims = item.type.dims if item.type is not None and item.type.dims is not None else ()
    row = next((at for at, dim in enumerate(dims) if isinstance(dim, ast.DimRow)), None)
    if len(dims) == rank or row is not None:
        for at, dim in enumerate(dims):
            if isinstance(dim, ast.Name) and dim.name != "_":
                names[at if row is None or at < row else at - len(dims)] = dim.name
    elif not dims:
        conventional = {2: ["N", "features"], 3: ["N", "T", "features"], 4: ["N", "channels", "H", "W"]}.get(rank)
        if conventional is not None:
            names = [
                name if name in ("channels", "features") else f"{item.name}_{axis}" for axis, name in enumerate(conventional)
            ]
    return names


__all__ = ["CannotGeneralise", "Generic", "generalise"]
