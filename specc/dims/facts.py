"""Facts as data: `e >= 0`, `e == 0` or `e != 0`, brought to a simple form and shown to people."""

from __future__ import annotations

import operator
from collections.abc import Callable
from enum import Enum
from math import gcd, inf
from typing import Any

from specc.dims.atoms import Extremum, FloorDiv, Monomial, Symbol, is_nonnegative
from specc.dims.bounds import Bound, Range
from specc.dims.polynomial import Dim, Expr, dim_of, make
from specc.record import Record

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Verdict(Enum):
    """EQUAL: for every admissible assignment. DIFFERENT: some admissible assignment of rigid and existential symbols breaks it
    (so that a spec that needs it is wrong), whatever the flexible ones are. UNKNOWN: neither a proof nor such an assignment."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


class Precondition(Record):
    """What a model's free symbols must fulfil: `left op right`, with the reason of the first layer that demanded it."""

    left: Dim
    op: str  # ">=", "<=" or "!="
    right: Dim
    reason: Any = None

    _ignored = frozenset({"reason"})

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


class Fact:
    """`dim kind 0`. `given`: assumed to hold; else demanded, that is, a precondition. `op` is how it was put."""

    __slots__ = ("dim", "given", "kind", "op", "reason")

    def __init__(self, dim: Dim, kind: str, given: bool, op: str, reason: Any) -> None:
        self.dim = dim
        self.kind = kind  # ">=", "==" or "!="
        self.given = given
        self.op = op
        self.reason = reason


def difference(a: Dim, op: str, b: Dim) -> tuple[Dim, str]:
    """`a op b` as (d, kind) meaning `d kind 0`, where kind is one of >=, ==, !=. Raises ValueError for another operator."""
    if op in ("==", "!="):
        return a - b, op
    if op == ">=":
        return a - b, ">="
    if op == ">":
        return a - b - 1, ">="
    if op == "<=":
        return b - a, ">="
    if op == "<":
        return b - a - 1, ">="
    raise ValueError(f"{op!r} compares nothing: one of ==, !=, <, <=, >, >= is needed")


def simpler(dim: Dim) -> list[Dim]:
    """Dimensions that are all >= 0 exactly if `dim` is: (H + 1)//2 - 4 becomes H - 7."""
    if isinstance(dim, int):
        return [dim]
    common = gcd(*dim.terms.values())
    if common > 1:
        dim = Expr({m: k // common for m, k in dim.terms.items()}, dim.const // common)
    for m, k in dim.terms.items():
        if len(m) != 1 or k not in (1, -1):
            continue
        atom = m[0]
        if isinstance(atom, FloorDiv) and (atom.den if isinstance(atom.den, int) else is_nonnegative(atom.den)):
            rest = dim - k * dim_of(atom)
            if _has_floor(rest):
                continue
            if k == 1:  # n//d >= -rest
                return simpler(atom.num + atom.den * rest)
            return simpler(atom.den * rest + atom.den - 1 - atom.num)  # n//d <= rest
        if isinstance(atom, Extremum) and (atom.op == "min") == (k == 1):
            rest = dim - k * dim_of(atom)
            return [part for arg in atom.args for part in simpler(k * arg + rest)]
    return [dim]


def _has_floor(dim: Dim) -> bool:
    return isinstance(dim, Expr) and any(isinstance(atom, FloorDiv) for m in dim.terms for atom in m)


def single_bound(dim: Dim) -> tuple[Symbol, Range] | None:
    """The symbol and range that `dim >= 0` says, if it speaks of one symbol linearly."""
    if isinstance(dim, int) or len(dim.terms) != 1:
        return None
    ((m, k),) = dim.terms.items()
    if len(m) != 1 or not isinstance(m[0], Symbol):
        return None
    low: Bound = -(dim.const // k) if k > 0 else -inf
    high: Bound = dim.const // -k if k < 0 else inf
    return m[0], (low, high)


def presented(dim: Expr, kind: str, op: str, reason: Any) -> Precondition:
    """`dim kind 0` with what is positive on one side and what is negative on the other, the way round it was put."""
    more: dict[Monomial, int] = {m: k for m, k in dim.terms.items() if k > 0}
    less: dict[Monomial, int] = {m: -k for m, k in dim.terms.items() if k < 0}
    flip = not more or (op in ("<", "<=") and bool(less))
    first, second, const = (less, more, -dim.const) if flip else (more, less, dim.const)
    # the constant goes to the side that has no symbols, else to where it is positive
    left_const, right_const = (0, -const) if not second or const < 0 else (const, 0)
    shown = kind if kind == "!=" else ("<=" if flip else ">=")
    return Precondition(make(first, left_const), shown, make(second, right_const), reason)
