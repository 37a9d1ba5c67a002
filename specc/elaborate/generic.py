"""From instances to definitions that hold for all of them: each definition is elaborated once more with symbols for its
parameters and for the static sizes of its inputs. What cannot be decided so is fixed to its value, that parameter alone;
instances that differ in what is fixed get classes of their own.

Only what the instances agree on without symbols is told apart beforehand: ranks, dtypes, optional inputs left out, sizes of 1
(which broadcast), layers as values. The trace is data for `emit`, which holds it against the instances.
"""

from __future__ import annotations

from typing import Any

from specc.diagnostics import Diagnostics
from specc.dims.expr import Apply, Dim, Expr, FloorDiv, Symbol, atoms, substitute, symbols
from specc.dims.opaque import NotGeneric, Opaque
from specc.dims.printing import with_origins
from specc.dims.solver import Verdict
from specc.elaborate.body import Body
from specc.elaborate.entries import entries_of, open_input
from specc.elaborate.instantiate import InputType, call_instance, enter, run_body
from specc.elaborate.program import Program
from specc.elaborate.scope import Scope
from specc.elaborate.trace import BlockLayer, Branch, DefinitionRef, Instance, Item, Loop, SizeSymbol, Static, Tensor
from specc.elaborate.values import Poison, Recipe, SymbolicList, holds_layers, literal, names_in, value_key
from specc.elaborate.walk import applications
from specc.pycode import Code, Var
from specc.record import Record
from specc.source import Span
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
        (value.type.dtype, tuple(dim == 1 if isinstance(dim, int) else False for dim in value.type.shape))
        if isinstance(value, Tensor)
        else None
        for _, value in instance.forward.inputs
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
    return Generic(definition, trace, held, tuple(instances), generic.solver, generic.weight_codes, generic.optional)


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
    shape: list[Dim] = []
    for axis, dim in enumerate(value.type.shape):
        name = names[axis]
        known = isinstance(dim, int) and (dim == 1 or f"#{name}" in fixed)
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
    if len(dims) == rank:
        for axis, dim in enumerate(dims):
            if isinstance(dim, ast.Name) and dim.name != "_":
                names[axis] = dim.name
    elif not dims:
        conventional = {2: ["N", "features"], 3: ["N", "T", "features"], 4: ["N", "channels", "H", "W"]}.get(rank)
        if conventional is not None:
            names = [
                name if name in ("channels", "features") else f"{item.name}_{axis}" for axis, name in enumerate(conventional)
            ]
    return names


class GenericProgram(Program):
    """Elaborates one definition with symbols. Calls of other definitions go through the classes that were made of them."""

    def __init__(self, base: Program, classes: list[Generic]) -> None:
        super().__init__(base.files, Diagnostics(), max_nodes=base.max_nodes, generic=True, inputs=base.inputs)
        self.classes = classes
        self.base = base
        self.let_functions = base.let_functions
        self.optional_inputs = frozenset(base.optional)
        self.assumed = base.assumed
        self.doubted = base.doubted
        self.ruled = base.ruled

    def call(
        self, layer: BlockLayer, types: tuple[InputType, ...], fed: dict[str, Any], span: Span, body: Body
    ) -> list[TensorType | None] | Poison:
        """The types that a class gives, from its own trace: what it found out in its symbols, with the caller's sizes
        for them."""
        chosen = self._choose(layer, types)
        generic = chosen.typed or chosen
        trace = generic.trace
        values: dict[Symbol, Dim] = {}
        for name, value in trace.params.items():
            given = layer.args[name].value
            if isinstance(value.value, Expr):
                if not isinstance(given, int | Expr):
                    raise NotGeneric(names_in(given))
                values[symbols(value.value)[0]] = given
        for (_, tensor), type in zip(trace.forward.inputs, types, strict=True):
            if isinstance(tensor, Static) and isinstance(tensor.value, Expr) and isinstance(type, int | Expr):
                values[symbols(tensor.value)[0]] = type
            if isinstance(tensor, Tensor) and isinstance(type, TensorType):
                for mine, theirs in zip(tensor.type.shape, type.shape, strict=True):
                    if isinstance(mine, Expr):
                        values.setdefault(symbols(mine)[0], theirs)
        for (_, tensor), type in zip(trace.forward.inputs, types, strict=True):
            if isinstance(tensor, Tensor) and isinstance(type, TensorType):
                for mine, theirs in zip(tensor.type.shape, type.shape, strict=True):
                    relied = _substituted(generic.solver.resolve(mine), values)
                    if self.solver.unify(relied, theirs, span) is Verdict.DIFFERENT:
                        if any(isinstance(atom, FloorDiv) for atom in atoms(relied)):
                            self.solver.assume(relied, "==", theirs)  # a multiple of k is what the callee requires
                            continue
                        raise NotGeneric(names_in(relied, theirs), f"{layer.definition.name} needs {relied}, but gets {theirs}")
        if layer.instance is None:
            layer.inputs, layer.instance, layer.generic = types, chosen.trace, chosen
        outputs: list[TensorType | None] = []
        try:
            for _, tensor in trace.forward.results():
                resolved = (generic.solver.resolve(dim) for dim in tensor.type.shape)
                shape = tuple(_substituted(dim if isinstance(dim, int) else with_origins(dim), values) for dim in resolved)
                outputs.append(TensorType(shape, tensor.type.dtype))
        except NotGeneric:
            return self._by_instance(layer, types, fed, span, body)
        return outputs

    def _by_instance(
        self, layer: BlockLayer, types: tuple[InputType, ...], fed: dict[str, Any], span: Span, body: Body
    ) -> list[TensorType | None] | Poison:
        """The types that a block gives for arguments without symbols, where its class cannot say it in ours."""
        used = names_in(*(arg.value for arg in layer.args.values()))
        if used:
            raise NotGeneric(used, f"what {layer.definition.name} gives is known inside it only")
        chosen = layer.instance, layer.inputs
        self.generic = False
        try:
            found = call_instance(layer, types, fed, span, body)
        finally:
            self.generic = True
            layer.instance, layer.inputs = chosen
        if isinstance(found, Poison) or any(type is None for type in found) or self.diagnostics.has_errors:
            raise NotGeneric(names_in(*(dim for type in types if isinstance(type, TensorType) for dim in type.shape)))
        return found

    def _choose(self, layer: BlockLayer, types: tuple[InputType, ...]) -> Generic:
        """The class that a call uses. A parameter that the class has fixed must have that value here, for all values of
        ours."""
        candidates = [generic for generic in self.classes if generic.definition is layer.definition]
        fitting: list[Generic] = []
        needed: set[str] = set()
        for generic in candidates:
            verdict = _fits(generic, layer, types)
            if verdict is True:
                fitting.append(generic)
            elif verdict is not False:
                needed |= verdict
        if needed or not fitting:
            raise NotGeneric(frozenset(needed), f"which class of {layer.definition.name} is meant depends on parameters")
        return fitting[0]


def _substituted(dim: Dim, values: dict[Symbol, Dim]) -> Dim:
    """A callee's size in the caller's terms. Terms that only the callee can read (an item of its list) cannot be."""
    for atom in atoms(dim):
        if isinstance(atom, Apply) and atom.key[0] != "**":
            raise NotGeneric(atom.names, f"{dim} is known inside the block only")
        if isinstance(atom, Symbol) and atom not in values and atom.origin is None:
            raise NotGeneric(frozenset({atom.name}), f"{dim} is known inside the block only")
    return substitute(dim, values)


def _fits(generic: Generic, layer: BlockLayer, types: tuple[InputType, ...]) -> bool | set[str]:
    """True, False, or the names that it depends on."""
    depends: set[str] = set()
    for name, value in generic.fixed.items():
        given = layer.args[name]
        names = names_in(given)
        if names:
            depends |= names
        elif value_key(given) != value_key(value):
            return False
    for (_, declared), type in zip(generic.trace.forward.inputs, types, strict=True):
        if isinstance(declared, Tensor) != isinstance(type, TensorType):
            return False
        if isinstance(type, TensorType) and isinstance(declared, Tensor):
            if declared.type.rank != type.rank or declared.type.dtype != type.dtype:
                return False
            for mine, theirs in zip(declared.type.shape, type.shape, strict=True):
                if isinstance(mine, int) and isinstance(theirs, int) and theirs != mine:
                    return False
                if isinstance(mine, int) and mine != 1 and isinstance(theirs, Expr):
                    depends |= theirs.names
                if isinstance(theirs, int) and theirs == 1 and not isinstance(mine, int):
                    return False
    return depends or True


__all__ = ["CannotGeneralise", "Generic", "generalise"]
