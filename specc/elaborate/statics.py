"""Arithmetic on compile-time values: Python's, with integers that may be symbols. Pure functions from values to a value;
each result carries the Code that yields it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from specc.dims.expr import Dim, Expr, apply, max_, min_
from specc.dims.opaque import NotGeneric, Opaque
from specc.dims.solver import Solver
from specc.elaborate.trace import Static
from specc.elaborate.values import SymbolicList, Undecided, names_in, value_key
from specc.pycode import BinaryCode, Code, IfCode, Lit, UnaryCode

LIMIT = 2**63
NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class Unfit(Exception):
    """An operation that its operands do not allow; the text says why, to a person."""


def binary(op: str, left: Static, right: Static, solver: Solver) -> Static:
    """`left op right` for compile-time values. Raises Unfit."""
    a, b = left.value, right.value
    code = BinaryCode(op, left.code, right.code)
    if op in NEGATED:
        return Static(compare(op, a, b, solver), code)
    if op in ("in", "not in"):
        found = _contains(b, a, solver)
        return Static(found if op == "in" else negate(found), code)
    if isinstance(a, Opaque | SymbolicList) or isinstance(b, Opaque | SymbolicList):
        return Static(_opaque_arithmetic(op, a, b), code)
    if isinstance(a, list) and isinstance(b, list) and op == "+":
        _bounded(len(a) + len(b), 1 << 17, "a list")
        return Static([*a, *b], code)
    if op == "*" and isinstance(a, list) and isinstance(b, int):
        _bounded(len(a) * b, 1 << 17, "a list")
        return Static(a * b, code)
    if isinstance(a, str) and isinstance(b, str) and op == "+":
        return Static(a + b, code)
    for side in (a, b):
        if isinstance(side, bool) or not isinstance(side, int | float | Expr):
            raise Unfit("operands")
    value = _number(op, a, b, solver)
    if isinstance(left.code, Lit) and isinstance(right.code, Lit) and isinstance(value, int | float):
        return Static(value, Lit(value))
    return Static(value, code)


def _number(op: str, a: Any, b: Any, solver: Solver) -> Any:
    if isinstance(a, Expr):
        a = solver.resolve(a)
    if isinstance(b, Expr):
        b = solver.resolve(b)
    symbolic = isinstance(a, Expr) or isinstance(b, Expr)
    if symbolic and (isinstance(a, float) or isinstance(b, float) or op == "/"):
        return Opaque("float", (op, value_key(a), value_key(b)), names_in(a, b))
    if op in ("/", "//", "%") and b == 0:
        raise Unfit("division by zero")
    if op == "+":
        return _sized(a + b)
    if op == "-":
        return _sized(a - b)
    if op == "*":
        return _sized(a * b)
    if op == "/":
        return a / b
    if op == "//":
        return a // b
    if op == "%":
        return a % b
    if op == "**":
        return _power(a, b)
    raise Unfit("operands")


def _power(a: Any, b: Any) -> Any:
    if isinstance(b, Expr):
        return a**b
    if isinstance(a, Expr):
        if b < 0:
            return Opaque("float", ("**", value_key(a), b), names_in(a))
        return a**b
    if isinstance(a, int) and isinstance(b, int) and abs(a) > 1 and b > 0 and b * abs(a).bit_length() > 130:
        raise Unfit("an integer of 2**63 or more")
    try:
        result = a**b
    except (OverflowError, ZeroDivisionError) as problem:
        raise Unfit("a number too large" if isinstance(problem, OverflowError) else "division by zero") from None
    if isinstance(result, complex):
        raise Unfit("a complex number")
    return _sized(result)


def _sized(value: Any) -> Any:
    if isinstance(value, int) and not -LIMIT < value < LIMIT:
        raise Unfit("an integer of 2**63 or more")
    return value


def _bounded(count: int, most: int, what: str) -> None:
    if count > most:
        raise Unfit(f"{what} of {count:,} items")


def _opaque_arithmetic(op: str, a: Any, b: Any) -> Any:
    types = {side.type if isinstance(side, Opaque) else type(side).__name__ for side in (a, b)}
    if types <= {"float", "int", "Expr"} and op in ("+", "-", "*", "/", "//", "%", "**"):
        return Opaque("float", (op, value_key(a), value_key(b)), names_in(a, b))
    raise NotGeneric(names_in(a, b))


def compare(op: str, a: Any, b: Any, solver: Solver) -> bool | Undecided:
    """A comparison: decided, or with the facts that each outcome brings."""
    number = (int, float, Expr)
    if isinstance(a, SymbolicList) or isinstance(b, SymbolicList):
        raise NotGeneric(names_in(a, b))
    if isinstance(a, Opaque) or isinstance(b, Opaque):
        return Undecided("bool", (op, value_key(a), value_key(b)), names_in(a, b))
    if isinstance(a, Expr) or isinstance(b, Expr):
        if isinstance(a, bool) or isinstance(b, bool) or not (isinstance(a, number) and isinstance(b, number)):
            if op in ("==", "!="):
                return op == "!="
            raise Unfit("operands")
        if isinstance(a, float) or isinstance(b, float):
            return Undecided("bool", (op, value_key(a), value_key(b)), names_in(a, b))
        known = solver.decide(a, op, b)
        if known is not None:
            return known
        return undecided((op, a, b), ((a, op, b),), ((a, NEGATED[op], b),), names_in(solver.resolve(a), solver.resolve(b)))
    if op in ("==", "!="):
        equal = value_key(a) == value_key(b) or (
            isinstance(a, int | float)
            and isinstance(b, int | float)
            and not isinstance(a, bool)
            and not isinstance(b, bool)
            and a == b
        )
        return equal if op == "==" else not equal
    both = (isinstance(a, int | float) and isinstance(b, int | float)) or (isinstance(a, str) and isinstance(b, str))
    if not both:
        raise Unfit("operands")
    outcome: bool = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]
    return outcome


def undecided(
    key: tuple[object, ...],
    facts: tuple[tuple[Dim, str, Dim], ...],
    negated: tuple[tuple[Dim, str, Dim], ...],
    names: frozenset[str],
) -> Undecided:
    condition = Undecided("bool", key, names)
    condition.__dict__["facts"] = facts
    condition.__dict__["negated"] = negated
    return condition


def negate(value: Any) -> Any:
    if isinstance(value, Undecided):
        return undecided(("not", value.key), value.negated, value.facts, value.names)
    if isinstance(value, Opaque):
        return Undecided("bool", ("not", value.key), value.names)
    return not truth(value)


def conjunction(op: str, a: Any, b: Any) -> Any:
    """`a and b`, `a or b` where `a` did not decide alone."""
    first, second = _condition(a), _condition(b)
    key = (op, first.key, second.key)
    names = first.names | second.names
    if op == "and":
        return undecided(key, first.facts + second.facts, (), names)
    return undecided(key, (), first.negated + second.negated, names)


def _condition(value: Any) -> Undecided:
    if isinstance(value, Undecided):
        return value
    if isinstance(value, Opaque):
        return Undecided("bool", value.key, value.names)
    return Undecided("bool", (value,), frozenset())


def truth(value: Any) -> bool | Undecided:
    """A condition's value. Only bools are conditions."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Undecided):
        return value
    if isinstance(value, Opaque) and value.type == "bool":
        return Undecided("bool", value.key, value.names)
    raise Unfit("condition")


def _contains(container: Any, item: Any, solver: Solver) -> Any:
    if isinstance(container, SymbolicList):
        raise container.needed()
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    if not isinstance(container, list):
        raise Unfit("operands")
    result: Any = False
    for member in container:
        equal = compare("==", item, member.value if isinstance(member, Static) else member, solver)
        if equal is True:
            return True
        if equal is not False:
            result = equal if result is False else conjunction("or", result, equal)
    return result


def unary(op: str, operand: Static) -> Static:
    value = operand.value
    code = UnaryCode(op, operand.code)
    if op == "not":
        return Static(negate(truth(value)), code)
    if isinstance(value, Opaque) and value.type == "float":
        return Static(value if op == "+" else Opaque("float", (op, value.key), value.names), code)
    if isinstance(value, bool) or not isinstance(value, int | float | Expr) or op not in "+-":
        raise Unfit("operands")
    if isinstance(operand.code, Lit) and not isinstance(value, Expr):
        code_: Code = Lit(-value if op == "-" else value)
        return Static(-value if op == "-" else value, code_)
    return Static(-value if op == "-" else value, code)


def choose(condition: Static, then: Static, orelse: Static, local: Code | None = None) -> Static:
    """`then if condition else orelse` with an undecided condition; `local` is the variable that holds it."""
    code = local if local is not None else IfCode(condition.code, then.code, orelse.code)
    a, b = then.value, orelse.value
    if value_key(a) == value_key(b):
        return Static(a, then.code)
    key = ("if", condition.value.key, value_key(a), value_key(b))
    names = names_in(condition, a, b)
    integral = (int, Expr)
    if isinstance(a, bool) and isinstance(b, bool):
        return Static(Undecided("bool", key, names), code)
    if isinstance(a, integral) and isinstance(b, integral) and not isinstance(a, bool) and not isinstance(b, bool):
        lower = min(a, b) if isinstance(a, int) and isinstance(b, int) else 0
        return Static(apply(key, text=f"({a} if ... else {b})", lower=lower, payload=code, names=names), code)
    for kind in ("bool", "float", "str"):
        if all(type(x).__name__ == kind or (isinstance(x, Opaque) and x.type == kind) for x in (a, b)):
            return Static(Opaque(kind, key, names), code)
    raise NotGeneric(names_in(condition))


# --- functions of the compile-time language ------------------------------------------------------------------


def _as_int(function: Callable[[Any], int]) -> Callable[[Any, Code], Any]:
    def run(value: Any, code: Code) -> Any:
        if isinstance(value, Expr):
            return value
        if isinstance(value, Opaque) and value.type == "float":
            name = function.__name__
            return apply((name, value.key), text=f"{name}(...)", lower=None, payload=code, names=value.names)
        if isinstance(value, bool | int | float):
            try:
                return _sized(function(value))
            except (OverflowError, ValueError):
                raise Unfit("a number that is not finite") from None
        if isinstance(value, str) and function is int and value.lstrip("-").isdigit():
            return _sized(int(value))
        raise Unfit("a number")

    return run


def _extreme(pick: Callable[..., Any], symbolic: Callable[[Dim, Dim], Dim]) -> Callable[[list[Any], Code], Any]:
    def run(values: list[Any], code: Code) -> Any:
        if not values:
            raise Unfit("an empty list")
        if any(isinstance(v, Opaque) for v in values):
            return Opaque("float", (pick.__name__, *map(value_key, values)), names_in(*values))
        for v in values:
            if isinstance(v, bool) or not isinstance(v, int | float | Expr):
                raise Unfit("numbers")
        if any(isinstance(v, Expr) for v in values):
            result = values[0]
            for v in values[1:]:
                result = symbolic(result, v)
            return result
        return pick(values)

    return run


def _real(function: Callable[[float], float]) -> Callable[[Any, Code], Any]:
    def run(value: Any, code: Code) -> Any:
        if isinstance(value, Opaque | Expr):
            return Opaque("float", (function.__name__, value_key(value)), names_in(value))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unfit("a number")
        try:
            return function(value)
        except (ValueError, OverflowError):
            raise Unfit("a number in the function's domain") from None

    return run


def _absolute(value: Any, code: Code) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotGeneric(names_in(value)) if isinstance(value, Opaque | Expr) else Unfit("a number")
    return abs(value)


def _float(value: Any, code: Code) -> Any:
    if isinstance(value, Opaque | Expr):
        return Opaque("float", ("float", value_key(value)), names_in(value))
    if value in ("inf", "-inf"):  # an infinity has no numeral
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit('a number, "inf" or "-inf"')
    return float(value)


def _str(value: Any, code: Code) -> Any:
    if isinstance(value, Opaque | Expr):
        raise NotGeneric(names_in(value))
    return str(value)


UNARY: dict[str, Callable[[Any, Code], Any]] = {
    "int": _as_int(int), "round": _as_int(round), "ceil": _as_int(math.ceil), "floor": _as_int(math.floor),
    "float": _float, "str": _str, "abs": _absolute,
    "sqrt": _real(math.sqrt), "log": _real(math.log), "log2": _real(math.log2), "exp": _real(math.exp),
    "sin": _real(math.sin), "cos": _real(math.cos),
}  # fmt: skip
"""Functions of one compile-time number."""

EXTREME = {"max": _extreme(max, max_), "min": _extreme(min, min_)}
"""Functions of several numbers or of a list of them."""
