"""`require` as statements that raise: the condition is printed negated, as a person would write it."""

from __future__ import annotations

from specc.emit.code import text
from specc.emit.plan import Check
from specc.pycode import BinaryCode, Code, UnaryCode
from specc.source import Span

_NEGATED = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}


def negation(code: Code) -> Code:
    """`a != b` for `a == b`; `not (...)` where that would not be simpler."""
    if isinstance(code, UnaryCode) and code.op == "not":
        return code.value
    if isinstance(code, BinaryCode) and code.op in _NEGATED:
        return BinaryCode(_NEGATED[code.op], code.left, code.right)
    if isinstance(code, BinaryCode) and code.op in ("and", "or"):
        return BinaryCode("or" if code.op == "and" else "and", negation(code.left), negation(code.right))
    return UnaryCode("not", code)


def check(code: Code, message: str, span: Span | None) -> Check:
    """Raises ValueError with the spec's message, or with the condition where it has none."""
    return Check(negation(code), message or f"expected {text(code)}", span)
