"""Solving equations and divisibilities for a symbol, and tidying preconditions."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, inf
from typing import TYPE_CHECKING, Any

from specc.dims.atoms import Atom, FloorDiv, Symbol, order_of, symbols_inside
from specc.dims.facts import Fact, Precondition, Verdict, presented, simpler, single_bound
from specc.dims.monomials import monomial_quotient
from specc.dims.polynomial import Dim, Expr, cancel, dim_of, divide, floor_divide, leading, make
from specc.dims.printing import text
from specc.dims.traverse import without_quotients

if TYPE_CHECKING:
    from specc.dims.prover import Prover
    from specc.dims.solver import Solver

_ANY = ("flexible", "existential", "rigid")
_ELIMINATED_FIRST = {"flexible": 0, "existential": 1, "rigid": 2}


def linear_in(dim: Expr, symbol: Symbol) -> tuple[Dim, Dim] | None:
    """(c, r) with dim = c*symbol + r and neither holding the symbol, None where there is no such form."""
    factor: Dim = 0
    rest: Dim = dim.const
    for m, k in dim.terms.items():
        if symbol in m:
            others = tuple(atom for atom in m if atom is not symbol)
            if len(others) != len(m) - 1:
                return None
            factor = factor + (Expr({others: k}) if others else k)
        else:
            rest = rest + Expr({m: k})
    if factor == 0 or symbol in symbols_inside(factor) or symbol in symbols_inside(rest):
        return None
    return factor, rest


def quotient(num: Dim, den: Dim) -> Dim | None:
    """num / den where that is a polynomial with integer coefficients."""
    if isinstance(den, int):
        if isinstance(num, int):
            return None if num % den else num // den
        if num.const % den or any(k % den for k in num.terms.values()):
            return None
        return floor_divide(num, den)
    if leading(den)[1] < 0:
        num, den = -num, -den
    whole, rest = divide(num, den)
    return whole if rest == 0 else None


def solutions(dim: Expr, kinds: tuple[str, ...]) -> list[tuple[Symbol, Dim, Dim]]:
    """(symbol, c, r) for the symbols in which `dim` is linear, those with the simplest factors first, then the youngest."""
    found = []
    for symbol in sorted(symbols_inside(dim), key=order_of, reverse=True):
        if symbol.kind in kinds:
            parts = linear_in(dim, symbol)
            if parts is not None:
                found.append((symbol, *parts))
    found.sort(key=lambda s: (_ELIMINATED_FIRST[s[0].kind], 0 if s[1] in (1, -1) else 1 if isinstance(s[1], int) else 2))
    return found


def solve_flexible(solver: Solver, dim: Expr, reason: Any) -> Verdict | None:
    """Make dim == 0 by binding a flexible symbol; None where there is nothing to bind. Binding is refused, with DIFFERENT, when
    the one value that fits contradicts what is known or is no integer for some admissible assignment."""
    flexible = [symbol for symbol in symbols_inside(dim) if symbol.kind == "flexible"]
    if not flexible:
        return None
    candidates = solutions(dim, ("flexible",))
    for symbol, factor, rest in candidates:
        value = quotient(-rest, factor)
        if value is not None:
            bound = _bind_if_consistent(solver, symbol, value, reason)
            if bound or isinstance(factor, int):
                return Verdict.EQUAL if bound else Verdict.DIFFERENT
    if len(flexible) > 1:
        return None
    for symbol, factor, rest in candidates:  # k*f == r, where whether k divides r is a question about the others
        divides = solver.divisible(rest, factor)
        if divides is True:
            return Verdict.EQUAL if _bind_if_consistent(solver, symbol, floor_divide(-rest, factor), reason) else None
        if divides is False or solver.example(rest - factor * floor_divide(rest, factor), "!=", 0) is not None:
            return Verdict.DIFFERENT
    within = solver.prover_with([Fact(dim, ">=", True, "==", reason), Fact(-dim, ">=", True, "==", reason)])
    if not within.consistent():
        return Verdict.DIFFERENT
    low, high = within.symbol_range(flexible[0])
    if low == high and _bind_if_consistent(solver, flexible[0], int(low), reason):
        return solver.compare(dim, 0)  # the only value that can fit: now it fits or nothing does
    return None


def _bind_if_consistent(solver: Solver, symbol: Symbol, value: Dim, reason: Any) -> bool:
    mark = solver.mark()
    before = solver.prover
    solver.bind(symbol, value, reason, given=False)
    if solver.prover is before or solver.prover.consistent(value):  # no fact speaks of the symbol
        return True
    solver.undo(mark)
    return False


def eliminate(solver: Solver, dim: Expr, reason: Any) -> bool:
    """Make dim == 0 hold by binding a symbol of any kind. False where no symbol can be solved for."""
    dim = _without_positive_factors(solver, dim)
    for dividend, by in _divided(dim):
        mark = solver.mark()
        if solver.assume_divisible(dividend, by, reason):
            left = solver.resolve(dim)
            if left == 0:
                return True
            if isinstance(left, Expr) and left != dim and eliminate(solver, left, reason):
                return True
        solver.undo(mark)
    candidates = solutions(dim, _ANY)
    for symbol, factor, rest in candidates:
        value = quotient(-rest, factor)
        if value is not None and (isinstance(factor, int) or solver.decide(factor, "!=", 0)):
            solver.bind(symbol, value, reason, given=True)
            return True
    for symbol, factor, rest in candidates:
        if isinstance(factor, int):  # 2*W == 3*H: 2 divides 3*H, so H is even
            mark = solver.mark()
            if solver.assume_divisible(rest, factor, reason):
                value = quotient(-solver.resolve(rest), factor)
                if value is not None and symbol not in symbols_inside(value):
                    solver.bind(symbol, value, reason, given=True)
                    return True
            solver.undo(mark)
    return False


def _divided(dim: Expr) -> list[tuple[Expr, Dim]]:
    """(r, b) where dim == 0 says that b divides r: a - b*(a//b) == r says that b divides a - r."""
    found: list[tuple[Expr, Dim]] = []
    for m, k in dim.terms.items():
        for atom in m:
            if isinstance(atom, FloorDiv):
                others = monomial_quotient(m, (atom,)) or ()
                rest = dim - Expr({m: k})
                if quotient(Expr({others: k}) if others else k, atom.den) is not None and isinstance(rest, Expr):
                    found.append((rest, atom.den))
    return found


def _without_positive_factors(solver: Solver, dim: Expr) -> Expr:
    """The atoms >= 1 that all terms share, and a common integer, taken out: h*q == 4*h says q == 4."""
    common = gcd(dim.const, *dim.terms.values())
    shared: list[Atom] = []
    if not dim.const:
        first, *others = dim.terms
        left = [list(m) for m in others]
        for atom in first:
            if solver.prover.bounds.atom(atom)[0] >= 1 and all(atom in m for m in left):
                shared.append(atom)
                for m in left:
                    m.remove(atom)
    if common == 1 and not shared:
        return dim
    terms = {monomial_quotient(m, tuple(shared)) or (): k // common for m, k in dim.terms.items()}
    const = terms.pop((), 0) + dim.const // common
    reduced = make(terms, const)
    return reduced if isinstance(reduced, Expr) else dim


def divide_out(solver: Solver, value: Dim, by: Dim, reason: Any) -> bool:
    """Make `by` divide `value`, which is undecided: substitute a symbol of `value`, or else record the equation. False when it
    is impossible."""
    if isinstance(by, int):
        return isinstance(value, Expr) and _divide_out_int(solver, value, abs(by), reason)
    if leading(by)[1] < 0:
        by = -by
    num, den = cancel(divide(value, by)[1], by)
    if isinstance(den, int):
        return divide_out(solver, num, den, reason)
    if isinstance(num, Expr):
        candidates = [s for s in solutions(num, _ANY) if s[1] in (1, -1) and s[0] not in symbols_inside(den)]
        for symbol, factor, rest in sorted(candidates, key=lambda s: 0 if isinstance(s[2], int) else 1):
            part = _quotient_symbol(solver, symbol, num * factor, den, reason)
            solver.bind(symbol, den * part - rest * factor, reason, given=True)
            return True
    solver.equation(den * floor_divide(num, den) - num, reason)
    return True


def _divide_out_int(solver: Solver, value: Expr, c: int, reason: Any) -> bool:
    reduced = make({m: k % c for m, k in value.terms.items() if k % c}, value.const % c)
    if isinstance(reduced, int):
        return reduced == 0
    common = gcd(c, *reduced.terms.values())
    if reduced.const % common:
        return False
    c //= common
    reduced = Expr({m: k // common for m, k in reduced.terms.items()}, reduced.const // common)
    candidates = [(s, a, r) for s, a, r in solutions(reduced, _ANY) if isinstance(a, int) and gcd(a, c) == 1]
    for symbol, factor, rest in sorted(candidates, key=lambda s: 0 if isinstance(s[2], int) else 1):
        inverse = pow(factor, -1, c)
        remainder = _modulo(-rest * inverse, c)
        part = _quotient_symbol(solver, symbol, dim_of(symbol) - remainder, c, reason)
        solver.bind(symbol, c * part + remainder, reason, given=True)
        return True
    solver.equation(c * floor_divide(reduced, c) - reduced, reason)
    return True


def _modulo(dim: Dim, c: int) -> Dim:
    """Congruent to `dim`, with coefficients between 0 and c - 1."""
    return dim % c if isinstance(dim, int) else make({m: k % c for m, k in dim.terms.items() if k % c}, dim.const % c)


def _quotient_symbol(solver: Solver, like: Symbol, value: Dim, by: Dim, reason: Any) -> Expr:
    """The symbol that stands for value / by, as rigid or flexible as the one it replaces."""
    # by facts alone: a precondition must not vanish in the bounds of a symbol
    low, _ = solver.given_prover().bounds.range(floor_divide(value, by))
    part = Symbol("", like.kind, None if low == -inf else int(low), None, (value, by))
    whole = dim_of(part)
    part.name = text(whole)
    solver.introduce(part, reason)
    return whole


# --- preconditions --------------------------------------------------------------------------------------------


def simplified_preconditions(
    solver: Solver, facts: list[Fact], prover_of: Callable[[list[Fact]], Prover]
) -> list[Precondition]:
    given = [fact for fact in facts if fact.given]
    kept: list[Fact] = []
    for fact in facts:
        if fact.given:
            continue
        dim = solver.resolve(fact.dim)
        for part in simpler(dim) if fact.kind == ">=" else [dim]:
            if isinstance(part, Expr) and not any(other.dim == part and other.kind == fact.kind for other in kept):
                kept.append(Fact(part, fact.kind, False, fact.op, fact.reason))
    for fact in list(kept):
        others = [other for other in kept if other is not fact]
        if prover_of(given + others).holds(fact.dim, fact.kind) is True:
            kept = others
    out = []
    for fact in kept:
        shown = without_quotients(_in_whole(fact.dim) if fact.kind == ">=" else fact.dim)
        if isinstance(shown, Expr):
            out.append(presented(shown, fact.kind, fact.op, fact.reason))
    return out


def _in_whole(dim: Dim) -> Dim:
    """H/16 >= 2 as H >= 32."""
    found = single_bound(dim)
    if found is not None and isinstance(dim, Expr) and found[0].origin is not None:
        value, by = found[0].origin
        if isinstance(by, int):
            ((_, k),) = dim.terms.items()
            return _in_whole(simpler(k * value + dim.const * by)[0])
    return dim
