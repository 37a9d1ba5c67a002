"""Every rewrite rule of the normal form and of the bounds, proved by z3, and normal forms proved equal to what was written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import z3
from hypothesis import given, settings

from specc.dims.atoms import Extremum, FloorDiv, Symbol
from specc.dims.expr import Dim
from specc.dims.facts import simpler
from tests.specc.dims.generated import Term, fresh, terms

E, F, G = z3.Ints("e f g")
BOUND = 40
SMALL = z3.And(*(z3.And(v >= -BOUND, v <= BOUND) for v in (E, F, G)))


def _floor(a: Any, b: Any) -> Any:
    """Python's floor-division: z3 rounds so only for positive divisors."""
    if isinstance(b, int):
        return a / b if b > 0 else (-a) / -b
    return z3.If(b > 0, a / b, (-a) / (-b))


def _max(a: Any, b: Any) -> Any:
    return z3.If(a >= b, a, b)


def _min(a: Any, b: Any) -> Any:
    return z3.If(a <= b, a, b)


def _refutes(claim: Any, *given: Any) -> Any:
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    solver.add(*given, z3.Not(claim))
    return solver.check()


def _rules() -> Iterator[tuple[str, Any]]:
    """(name, claim): each for all e, f, g, with the constants of the rule enumerated."""
    for c in (2, 3, 4, 6):
        for k in (-3, 1, 5):
            yield f"multiples come out: c={c} k={k}", _floor(c * E + k * F, c) == E + _floor(k * F, c)
            yield f"coefficients modulo c: c={c} k={k}", _floor(k * E, c) == (k // c) * E + _floor((k % c) * E, c)
        yield f"relaxation: c={c}", z3.And(c * _floor(E, c) <= E, c * _floor(E, c) >= E - (c - 1))
        yield f"at least: c={c}", (_floor(E, c) >= F) == (c * F <= E)
        yield f"at most: c={c}", (_floor(E, c) <= F) == (c * F + c - 1 >= E)
        yield f"a negative divisor: c={c}", _floor(E, -c) == _floor(-E, c)
        yield f"max through floor: c={c}", _floor(_max(E, F) + G, c) == _max(_floor(E + G, c), _floor(F + G, c))
        yield f"min through floor: c={c}", _floor(_min(E, F) + G, c) == _min(_floor(E + G, c), _floor(F + G, c))
        yield f"residues cover: c={c}", z3.Or(*(c * _floor(E, c) + r == E for r in range(c)))
        yield f"remainder: c={c}", z3.And(E - c * _floor(E, c) >= 0, E - c * _floor(E, c) < c, E % c == E - c * _floor(E, c))
    for n, c, k in product((2, 3, 4), (2, 3, 5), (-2, 0, 3)):
        yield f"nested floors: n={n} c={c} k={k}", _floor(_floor(E, n) + k, c) == _floor(E + k * n, n * c)
        yield f"nested floors beside others: n={n} c={c}", _floor(_floor(E, n) + F, c) == _floor(E + n * F, n * c)
    for g, c, k in product((2, 3), (2, 5), range(7)):
        yield f"common divisor: g={g} c={c} k={k}", _floor(g * E + k, g * c) == _floor(E + k // g, c)
    yield "shifted extrema", _max(E + G, F + G) == _max(E, F) + G
    yield "a dominated argument", z3.Implies(E >= F, z3.And(_max(E, F) == E, _min(E, F) == F))
    yield "min at least", (_min(E, F) >= G) == z3.And(E >= G, F >= G)
    yield "max at most", (_max(E, F) <= G) == z3.And(E <= G, F <= G)


def _symbolic_rules() -> Iterator[tuple[str, Any]]:
    """Rules for symbolic divisors: one of them enumerated, the other free."""
    for b in (-7, -2, -1, 1, 2, 3, 6):
        for c in (1, 2, 5):
            yield f"common factor: b={b} c={c}", _floor(c * E, c * b) == _floor(E, b)
            yield f"a symbolic floor in a floor: b={b} c={c}", _floor(_floor(E, b) + F, c) == _floor(E + F * b, b * c)
        yield f"exact: b={b}", _floor(b * E + F, b) == E + _floor(F, b)
        far = _max(E, -E)
        yield f"bounded by the numerator: b={b}", z3.And(_floor(E, b) <= far, _floor(E, b) >= -far)


RULES = [pytest.param(name, claim, id=name) for name, claim in [*_rules(), *_symbolic_rules()]]


@pytest.mark.parametrize(("name", "claim"), RULES)
def test_rule(name: str, claim: Any) -> None:
    assert _refutes(claim) == z3.unsat, name


def test_a_wrong_rule_is_refuted() -> None:
    assert _refutes(_floor(_floor(E, 2) + 1, 2) == _floor(E + 1, 4), SMALL) == z3.sat
    assert _refutes(_floor(E, -2) == -_floor(E, 2), SMALL) == z3.sat


def _as_z3(dim: Dim, names: dict[Symbol, Any]) -> Any:
    if isinstance(dim, int):
        return z3.IntVal(dim)
    total: Any = z3.IntVal(dim.const)
    for monomial, k in dim.terms.items():
        piece: Any = z3.IntVal(k)
        for atom in monomial:
            if isinstance(atom, Symbol):
                piece = piece * names[atom]
            elif isinstance(atom, FloorDiv):
                piece = piece * _floor(_as_z3(atom.num, names), atom.den)
            else:
                assert isinstance(atom, Extremum)
                first, *others = (_as_z3(arg, names) for arg in atom.args)
                for other in others:
                    first = (_max if atom.op == "max" else _min)(first, other)
                piece = piece * first
        total = total + piece
    return total


def _meaning(term: Term, names: dict[str, Any]) -> Any:
    if term.op == "name":
        return names[term.args[0]]
    if term.op == "int":
        return z3.IntVal(term.args[0])
    left = _meaning(term.args[0], names)
    if term.op in ("//", "%"):
        by = term.args[1].args[0]
        return _floor(left, by) if term.op == "//" else left - by * _floor(left, by)
    right = _meaning(term.args[1], names)
    if term.op in ("max", "min"):
        return (_max if term.op == "max" else _min)(left, right)
    return {"+": left + right, "-": left - right, "*": left * right}[term.op]


@settings(max_examples=60, deadline=None)
@given(terms(("H", "W"), constants=True))
def test_a_normal_form_means_what_was_written(term: Term) -> None:
    symbol, dims = fresh(("H", "W"))
    named = {"H": E, "W": F}
    form = _as_z3(term.build(dims), {symbol[name]: value for name, value in named.items()})
    # products of unknowns are beyond z3 now and then: a timeout refutes nothing
    assert _refutes(form == _meaning(term, named), E >= 1, F >= 1, E <= BOUND, F <= BOUND) != z3.sat


@settings(max_examples=60, deadline=None)
@given(terms(("H", "W"), constants=True))
def test_a_simpler_condition_is_the_same_condition(term: Term) -> None:
    symbol, dims = fresh(("H", "W"))
    named = {symbol["H"]: E, symbol["W"]: F}
    dim: Dim = term.build(dims)
    parts = z3.And(*(_as_z3(part, named) >= 0 for part in simpler(dim)))
    assert _refutes(parts == (_as_z3(dim, named) >= 0), E >= 1, F >= 1, E <= BOUND, F <= BOUND) != z3.sat
