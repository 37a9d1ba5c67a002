"""The classes of the file as their callers see them: what a class is made from, how it is called."""

from __future__ import annotations

from specc.dims.expr import Expr
from specc.elaborate.generic import Generic
from specc.elaborate.scope import FileScope
from specc.elaborate.trace import BlockLayer, EntryTrace, SizeSymbol, Static
from specc.elaborate.values import value_key
from specc.emit.construct import Named
from specc.emit.layers import static_code
from specc.emit.members import Places, python_name
from specc.emit.parameters import literal_code
from specc.emit.plan import ClassPlan
from specc.pycode import CallCode, Code, Lit, Path, Var
from specc.syntax import ast
from specc.types import TensorType


class SizeParameter:
    """A size of an input that the constructor needs: the caller fills it in."""

    __slots__ = ("index", "name", "symbol")

    def __init__(self, symbol: SizeSymbol, name: str, index: int) -> None:
        self.symbol = symbol
        self.name = name
        self.index = index
        """The position of the input among the definition's inputs."""


class EmittedClass:
    """A class and what its callers need to know."""

    def __init__(self, generic: Generic, name: str, plan: ClassPlan, sizes: list[SizeParameter], places: Places) -> None:
        self.generic = generic
        self.name = name
        self.plan = plan
        self.sizes = sizes
        self.places = places

    def inputs(self, entry: str) -> tuple[str, ...]:
        return taken_inputs(self.generic.trace.entries[entry])


class Library:
    """The classes made so far: callees before callers."""

    def __init__(self) -> None:
        self.classes: list[EmittedClass] = []
        self.constants: dict[str, Code] = {}
        """`let` constants of the files that the code mentions, by the name they get: in capitals."""

    def constant(self, name: str, scope: FileScope) -> Code | None:
        """A file's `let` constant; where another file's has the same name, its value."""
        found = scope.find(name)
        value = found[0].constants.get(found[1].name) if found is not None and isinstance(found[1], ast.Let) else None
        if not isinstance(value, Static):
            return None
        code = literal_code(value)
        shown = name.upper()
        if self.constants.setdefault(shown, code) != code:
            return code
        return Var(shown)

    def of(self, layer: BlockLayer) -> EmittedClass:
        """The class that a use of a block is made from: the one chosen, that of its instance, or the one whose fixed
        parameters agree."""
        if layer.generic is not None:
            return next(c for c in self.classes if c.generic is layer.generic)
        for made in self.classes:
            if made.generic.trace is layer.instance:
                return made
        candidates = [c for c in self.classes if c.generic.definition.node is layer.definition.node]
        for candidate in candidates:
            fixed = candidate.generic.fixed
            if all(name in layer.args and value_key(layer.args[name]) == value_key(value) for name, value in fixed.items()):
                return candidate
        assert candidates, f"{layer.definition.name} is emitted before what uses it"
        return candidates[-1]

    def call(self, layer: BlockLayer, named: Named) -> CallCode:
        """`Bottleneck(channels, 64 * 2**stage, stride=2)`."""
        found = self.of(layer)
        args: list[Code] = []
        for size in found.sizes:
            fed = layer.inputs[size.index]
            assert isinstance(fed, TensorType)
            args.append(named(fed.shape[size.symbol.axis]))
        kwargs: list[tuple[str, Code]] = []
        for param in found.plan.params[len(found.sizes) :]:
            spec = next(name for name in layer.args if python_name(name) == param.name)
            value = layer.args[spec]
            code = _argument(value, named)
            if param.default is None:
                args.append(code)
            elif spec in layer.given:
                kwargs.append((param.name, code))
        return CallCode(Path(found.name), tuple(args), tuple(kwargs))


def _argument(value: Static, named: Named) -> Code:
    code = static_code(value)
    if isinstance(code, Lit) and code.value is None and value.value is not None:
        return named(value.value) if isinstance(value.value, int | Expr) else literal_code(value.value)
    return code


def taken_inputs(entry: EntryTrace) -> tuple[str, ...]:
    """The inputs that a method takes: not those that every use leaves out."""
    return tuple(name for name, value in entry.inputs if not (isinstance(value, Static) and value.value is None))
