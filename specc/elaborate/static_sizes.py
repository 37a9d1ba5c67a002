"""Which symbols of a definition must be known when it is built: those that a weight's shape, an argument of a layer, the
bound of a loop or a condition depends on. The others may differ in every call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from specc.dims.expr import Expr, Symbol, symbols
from specc.dims.solver import Solver
from specc.elaborate.trace import (
    BlockLayer,
    Branch,
    Instance,
    Introduce,
    Item,
    LayerLike,
    Loop,
    OpLayer,
    ScanLayer,
    SeqLayer,
    Static,
    Tensor,
    TensorMember,
)
from specc.pycode import Code, Var


def static_sizes(trace: Instance, solver: Solver) -> set[Symbol]:
    """The static ones among the symbols of a trace, its parameters' included."""
    reader = _Static(solver)
    for value in trace.params.values():
        reader.value(value)
    for entry in trace.entries.values():
        reader.items(entry.items)
    named = {symbol for _, symbol in _inputs(trace, solver) if symbol.name in reader.names}
    return reader.found | named


def _inputs(trace: Instance, solver: Solver) -> Iterator[tuple[tuple[str, int], Symbol]]:
    """The symbols in the sizes of the inputs, each with the input and the axis."""
    for entry in trace.entries.values():
        for name, value in entry.inputs:
            for axis, dim in enumerate(value.type.shape if isinstance(value, Tensor) else ()):
                for symbol in symbols(solver.resolve(dim)) if isinstance(dim, Expr) else ():
                    yield (name, axis), symbol


class _Static:
    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.found: set[Symbol] = set()
        self.names: set[str] = set()
        """Names that conditions read."""
        self.passed: set[int] = set()

    def value(self, value: Any) -> None:
        if isinstance(value, Static):
            value = value.value
        if isinstance(value, list | tuple):
            for item in value:
                self.value(item)
        elif isinstance(value, Expr):
            self.found.update(symbols(self.solver.resolve(value)))

    def items(self, items: Iterable[Item]) -> None:
        for item in items:
            if isinstance(item, Introduce):
                self.layer(item.member.layer)
            elif isinstance(item, Branch):
                if not item.runtime:
                    self.names.update(_names(item.condition))
                self.items(item.then)
                self.items(item.orelse)
            elif isinstance(item, Loop):
                if not item.runtime:
                    self.value(item.count)
                for body in item.bodies:
                    self.items(body)

    def layer(self, layer: LayerLike) -> None:
        if isinstance(layer, OpLayer):
            for name in layer.op.params:
                self.value(getattr(layer.op, name))
        elif isinstance(layer, TensorMember):
            self.value(layer.type.shape)
        elif isinstance(layer, SeqLayer):
            self.items(layer.items)
        elif isinstance(layer, ScanLayer):
            self.layer(layer.cell)
        elif isinstance(layer, BlockLayer):
            for argument in layer.args.values():
                self.value(argument)
            self.called(layer)

    def called(self, layer: BlockLayer) -> None:
        """What the block that is called needs of the sizes that it is fed."""
        inner = layer.instance
        if inner is None or not inner.entries:
            return
        generic = layer.generic
        if generic is None:  # its symbols are ours
            if id(inner) not in self.passed:
                self.passed.add(id(inner))
                for entry in inner.entries.values():
                    self.items(entry.items)
            return
        needed = static_sizes(inner, generic.solver)
        places = [name for name, _ in inner.forward.inputs]
        for (name, axis), symbol in _inputs(inner, generic.solver):
            fed = layer.inputs[places.index(name)] if places.index(name) < len(layer.inputs) else None
            if symbol in needed and fed is not None and not isinstance(fed, int | Expr):
                self.value(fed.shape[axis])


def _names(code: Any) -> Iterator[str]:
    """The names that a condition reads."""
    if isinstance(code, Var):
        yield code.name
    elif isinstance(code, Code):
        for field in code._fields:
            yield from _names(getattr(code, field))
    elif isinstance(code, tuple | list):
        for part in code:
            yield from _names(part)


__all__ = ["static_sizes"]
