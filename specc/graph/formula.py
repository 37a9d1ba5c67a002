"""Sizes as text, read back: `(H + 1)//2` with H = 7 is 4. The only arithmetic there is; nothing else is evaluated."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Any

from specc.dims.expr import Dim, max_, min_
from specc.graph.model import Requirement, Size


class UnboundSymbol(Exception):
    """A formula mentions a symbol that has no value. `name` is the symbol."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Div: lambda a, b: a // b,  # `D/h` is printed where `h` is known to divide `D`
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
}

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


@lru_cache(maxsize=4096)
def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def evaluate(size: Size, values: Mapping[str, Dim]) -> Dim:
    """The value of a size under `values`, which may themselves be ints or symbolic. Raises UnboundSymbol."""
    return size if isinstance(size, int) else _value(_parse(size), values)


def number(size: Size, values: Mapping[str, int]) -> int:
    """The value of a size where every symbol has a number. Raises UnboundSymbol."""
    value = evaluate(size, values)
    assert isinstance(value, int)
    return value


def symbols(size: Size) -> list[str]:
    """The symbols that a size mentions, in the order of its text."""
    if isinstance(size, int):
        return []
    calls = {id(node.func) for node in ast.walk(_parse(size)) if isinstance(node, ast.Call)}
    names = [n for n in ast.walk(_parse(size)) if isinstance(n, ast.Name) and id(n) not in calls]
    names.sort(key=lambda name: name.col_offset)
    return list(dict.fromkeys(name.id for name in names))


def holds(requirement: Requirement, values: Mapping[str, int]) -> bool:
    """Is it true of these values? Raises UnboundSymbol."""
    return _COMPARE[requirement.op](number(requirement.left, values), number(requirement.right, values))


def _value(node: ast.expr, values: Mapping[str, Dim]) -> Any:
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.Name(id=name):
            if name not in values:
                raise UnboundSymbol(name)
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, values)
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=args):
            return reduce(min_ if name == "min" else max_, (_value(arg, values) for arg in args))
    raise AssertionError(f"not a size: {ast.unparse(node)}")
