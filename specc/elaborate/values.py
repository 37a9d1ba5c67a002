"""What an expression of a body can be, beside the Tensor and Static of the trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

from specc.dims.expr import Dim, Expr
from specc.dims.opaque import NotGeneric, Opaque
from specc.elaborate.trace import DefinitionRef, Stack, Static, Tensor
from specc.ops.declare import Layer
from specc.ops.wrappers.norm import Wrapper
from specc.pycode import Code, Item, ListCode, Lit, TupleCode, Var
from specc.source import Span
from specc.syntax import ast
from specc.types import DType


class Poison:
    """The value of what failed: everything that depends on it stays silent, so that one mistake gives one message."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<poison>"


POISON = Poison()


class Scan:
    """The target of the recipe `Scan`, which is a layer of the language itself."""

    __slots__ = ()


SCAN = Scan()


class Recipe:
    """A layer as a value: each use makes a new layer. `target` is a declared layer, a definition, or stages with the scope that
    they were written in. `args` were given so far, in order."""

    __slots__ = ("args", "name", "scope", "span", "target")

    def __init__(
        self, name: str, target: type[Layer] | type[Wrapper] | DefinitionRef | Scan | tuple[ast.Stage, ...], span: Span,
        args: tuple[tuple[str | None, Value, Span], ...] = (), scope: Any = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.target = target
        self.span = span
        self.args = args
        self.scope = scope

    def partial(self, args: tuple[tuple[str | None, Value, Span], ...], span: Span) -> Recipe:
        """`norm(eps=1e-6)`: a later keyword wins over an earlier one."""
        named = {name for name, _, _ in args if name}
        kept = tuple(arg for arg in self.args if arg[0] is None or arg[0] not in named)
        return Recipe(self.name, self.target, span, kept + args, self.scope)

    def key(self) -> tuple[object, ...]:
        inner = tuple((name, value_key(value)) for name, value, _ in self.args)
        scope = self.scope.key() if self.scope is not None else None
        target: object = self.target.node if isinstance(self.target, DefinitionRef) else self.target
        return ("recipe", id(target) if not isinstance(target, tuple) else tuple(id(stage) for stage in target), inner, scope)


class LetFunction:
    """`let f(v, by=8) = ...` with the scope of its file."""

    __slots__ = ("let", "scope")

    def __init__(self, let: ast.Let, scope: Any) -> None:
        self.let = let
        self.scope = scope


class SymbolicList:
    """A list parameter whose items are not known yet. `prototypes` are lists that it may be; they tell the kinds of its
    items."""

    __slots__ = ("code", "name", "names", "prototypes")

    def __init__(self, name: str, code: Code, prototypes: Sequence[Sequence[Static]], names: frozenset[str]) -> None:
        self.name = name
        self.code = code
        self.prototypes = prototypes
        self.names = names

    def needed(self) -> NotGeneric:
        return NotGeneric(self.names, f"the items of {self.name} are needed")


class Undecided(Opaque):
    """A compile-time condition that depends on symbols. `facts` hold when it is true, `negated` when it is false:
    conjunctions of comparisons (left, operator, right)."""

    facts: tuple[tuple[Dim, str, Dim], ...] = ()
    negated: tuple[tuple[Dim, str, Dim], ...] = ()


Value = Union[Static, Tensor, Recipe, LetFunction, Poison]


def value_key(value: Any) -> object:
    """A hashable that is equal exactly for equal compile-time values."""
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list):
        return ("list", *(value_key(item) for item in value))
    if isinstance(value, Recipe):
        return value.key()
    if isinstance(value, SymbolicList):
        return ("symbolic list", value.name)
    if isinstance(value, Tensor):
        return ("tensor", value.id)
    if isinstance(value, LetFunction):
        return ("function", id(value.let))
    return (type(value).__name__, value)


def kind_of(value: Any) -> str:
    """What a person calls it: for messages."""
    if isinstance(value, Static):
        value = value.value
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "a bool"
    if isinstance(value, int | Expr):
        return "an int"
    if isinstance(value, float):
        return "a float"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list | SymbolicList | Stack):
        return "a list"
    if isinstance(value, DType):
        return "a dtype"
    if isinstance(value, Recipe):
        return "a layer"
    if isinstance(value, Tensor):
        return "a tensor"
    if isinstance(value, LetFunction):
        return "a function"
    if isinstance(value, Opaque):
        return f"a {value.type}"
    return "a value"


def literal(value: Any, *, as_tuple: bool = False) -> Code:
    """The Code of a concrete compile-time value."""
    if isinstance(value, Static):
        return value.code if not isinstance(value.code, Var) else literal(value.value)
    if isinstance(value, list):
        items = tuple(literal(item) for item in value)
        return TupleCode(items) if as_tuple else ListCode(items)
    if isinstance(value, int | float | bool | str) or value is None:
        return Lit(value)
    if isinstance(value, DType):
        return Var(value.word)
    return Lit(None)


def names_in(*values: Any) -> frozenset[str]:
    """The parameters that values depend on."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, Static):
            value = value.value
        if isinstance(value, Opaque | SymbolicList | Expr):
            found |= value.names
        elif isinstance(value, list | tuple):
            found |= names_in(*value)
        elif isinstance(value, Recipe):
            found |= names_in(*(arg[1] for arg in value.args))
    return frozenset(found)


def has_tensor(value: Any) -> bool:
    """Is it a tensor, or a list with one inside?"""
    if isinstance(value, Tensor):
        return True
    if not isinstance(value, Static):
        return False
    return isinstance(value.value, Stack) or (isinstance(value.value, list) and any(has_tensor(item) for item in value.value))


def holds_layers(value: Any) -> bool:
    """A list with layers or functions in it, which have no Code."""
    if isinstance(value, Static):
        value = value.value
    return isinstance(value, Recipe | LetFunction) or (isinstance(value, list) and any(holds_layers(item) for item in value))


def item_code(code: Code, index: Code) -> Code:
    listed = isinstance(code, ListCode | TupleCode) and isinstance(index, Lit) and isinstance(index.value, int)
    if listed and -len(code.items) <= index.value < len(code.items):  # type: ignore[attr-defined]
        return code.items[index.value]  # type: ignore[attr-defined, no-any-return]
    return Item(code, (index,))
