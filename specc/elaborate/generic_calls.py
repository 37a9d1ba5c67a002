"""Calls within generic traces: which class a use of a block is made from, and what types that class gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostics
from specc.dims.expr import Apply, Dim, Expr, FloorDiv, Symbol, atoms, substitute, symbols
from specc.dims.opaque import NotGeneric
from specc.dims.printing import with_origins
from specc.dims.solver import Verdict
from specc.elaborate.body import Body
from specc.elaborate.instantiate import InputType, call_instance
from specc.elaborate.program import Program
from specc.elaborate.trace import BlockLayer, Instance, Static, Tensor
from specc.elaborate.values import Poison, names_in, value_key
from specc.source import Span
from specc.types import TensorType

if TYPE_CHECKING:
    from specc.elaborate.generic import Generic


def ones(instance: Instance) -> tuple[tuple[bool, ...], ...]:
    """Which sizes of its inputs are 1: these broadcast, so a body can mean something else for them."""
    inputs = (value.type.shape if isinstance(value, Tensor) else () for _, value in instance.forward.inputs)
    return tuple(tuple(isinstance(dim, int) and dim == 1 for dim in shape) for shape in inputs)


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
    for at, ((_, declared), type) in enumerate(zip(generic.trace.forward.inputs, types, strict=True)):
        if isinstance(declared, Tensor) != isinstance(type, TensorType):
            return False
        if isinstance(type, TensorType) and isinstance(declared, Tensor):
            if declared.type.rank != type.rank or declared.type.dtype != type.dtype:
                return False
            for axis, (mine, theirs) in enumerate(zip(declared.type.shape, type.shape, strict=True)):
                if isinstance(mine, int) and isinstance(theirs, int) and theirs != mine:
                    return False
                if isinstance(mine, int) and isinstance(theirs, Expr):
                    depends |= theirs.names
                broadcasts = isinstance(theirs, int) and theirs == 1 and not isinstance(mine, int)
                if broadcasts and not any(ones(instance)[at][axis] for instance in generic.instances):
                    return False
    return depends or True
