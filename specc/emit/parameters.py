"""Parameters of generated constructors: their types and defaults."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Expr
from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import DefinitionRef, Static
from specc.elaborate.values import Recipe
from specc.emit.layers import TORCH_DTYPES
from specc.pycode import Code, ListCode, Lit, Path, TupleCode, UnaryCode
from specc.syntax import ast
from specc.types import DType

_TYPES = {"int": "int", "dim": "int", "float": "float", "bool": "bool", "str": "str"}


def literal_code(value: Any, *, as_tuple: bool = False) -> Code:
    """A concrete compile-time value. Lists are tuples where they are defaults."""
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list | tuple):
        items = tuple(literal_code(item, as_tuple=as_tuple) for item in value)
        return TupleCode(items) if as_tuple or isinstance(value, tuple) else ListCode(items)
    if isinstance(value, DType):
        return Path(TORCH_DTYPES[value])
    if isinstance(value, Expr):
        return dim_code(value)
    assert value is None or isinstance(value, bool | int | float | str), value
    return Lit(value)


def default_code(param: ast.Parameter, value: Static | None, definition: DefinitionRef) -> Code | None:
    """The default: of the model that is built, the value it is built with; else what the spec states. None where there is
    none, or where it depends on other parameters, which a caller then passes."""
    if value is not None and not _has_layer(value) and (param.default is not None or value.value is not None):
        return literal_code(value, as_tuple=True)
    if param.default is None:
        return None
    return _default(param.default, definition)


def _has_layer(value: Any) -> bool:
    value = value.value if isinstance(value, Static) else value
    return isinstance(value, Recipe) or (isinstance(value, list) and any(_has_layer(item) for item in value))


def _default(node: ast.Expr, definition: DefinitionRef) -> Code | None:
    match node:
        case ast.Number() | ast.String() | ast.Constant():
            return Lit(node.value)
        case ast.Unary(op="-", value=ast.Number() as number):
            return UnaryCode("-", Lit(number.value))
        case ast.Paren():
            return _default(node.value, definition)
        case ast.ListExpr():
            items = [_default(item, definition) for item in node.items]
            return TupleCode(tuple(i for i in items if i is not None)) if all(i is not None for i in items) else None
        case ast.TupleExpr():
            values = [_default(item.value, definition) for item in node.items]
            return TupleCode(tuple(v for v in values if v is not None)) if all(v is not None for v in values) else None
        case ast.Name():
            constant = definition.scope.constants.get(node.name)
            if isinstance(constant, Static) and not _has_layer(constant):
                return literal_code(constant, as_tuple=True)
    return None


def annotation(param: ast.Parameter, samples: list[Static], default: Code | None) -> str:
    """`int`, `Sequence[int]`, `float | None`: from the declared type and the values that the program gives."""
    base = param.type.base if param.type is not None else None
    values = [sample.value for sample in samples]
    optional = (isinstance(default, Lit) and default.value is None) or any(value is None for value in values)
    if base in _TYPES:
        word = _TYPES[base]
    else:
        known = [value for value in values if value is not None]
        word = _type_of(known[0]) if known else "object"
        if any(_type_of(value) != word for value in known):
            word = "Sequence" if all(isinstance(value, list) for value in known) else "object"
    return f"{word} | None" if optional and word != "object" else word


def _type_of(value: Any) -> str:
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, list | tuple):
        inner = [_type_of(item) for item in value]
        if inner and all(word == inner[0] for word in inner):
            return f"Sequence[{inner[0]}]"
        return "Sequence[float]" if inner and set(inner) <= {"int", "float"} else "Sequence"
    if isinstance(value, int | Expr):
        return "int"
    return {float: "float", str: "str"}.get(type(value), "object")
