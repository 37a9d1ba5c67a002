"""The rules of the bounds, of facts and of the solver, proved by z3 on bounded ranges; and a list of what is proved where, to
which every new function of specc/dims must be added."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from math import gcd, inf
from pathlib import Path
from typing import Any

import pytest
import z3

from specc.dims.atoms import Symbol
from specc.dims.bounds import floor_range, power_range, product_range
from specc.dims.expr import dim_of
from specc.dims.facts import difference, single_bound
from tests.specc.dims.test_rules_z3 import SMALL, E, F, G, _floor, _max, _refutes, _rules, _symbolic_rules

DIMS = Path("specc/dims")


def _divides(b: Any, a: Any) -> Any:
    return z3.And(b != 0, a == b * _floor(a, b))


def _within(value: Any, bounds: tuple[float, float]) -> Any:
    low, high = bounds
    return z3.And(*([value >= int(low)] if low != -inf else []), *([value <= int(high)] if high != inf else []))


def _in_normal_form() -> Iterator[tuple[str, Any]]:
    for b in (-5, -2, -1, 1, 2, 3, 7):
        yield f"sign of a divisor: b={b}", _floor(-E, -b) == _floor(E, b)
        yield f"a remainder: b={b}", _floor(E - b * _floor(E, b), b) == 0
    yield "nested extrema", _max(_max(E, F) + 3, G) == _max(_max(E + 3, F + 3), G)


def _of_facts() -> Iterator[tuple[str, Any]]:
    """What `a op b` becomes, a common factor taken out, the bound that a fact about one symbol says."""
    compare = {"==": E == F, "!=": E != F, "<": E < F, "<=": E <= F, ">": E > F, ">=": E >= F}
    left, right = Symbol("e", "rigid", None), Symbol("f", "rigid", None)
    for op, claim in compare.items():
        dim, kind = difference(dim_of(left), op, dim_of(right))
        assert not isinstance(dim, int)
        value = dim.const + dim.terms[(left,)] * E + dim.terms[(right,)] * F
        yield f"difference: {op}", {">=": value >= 0, "==": value == 0, "!=": value != 0}[kind] == claim
    for k, c in itertools.product((-3, -1, 1, 2, 5), (-7, 0, 4)):
        found = single_bound(k * dim_of(left) + c)
        assert found is not None
        yield f"one symbol: k={k} c={c}", _within(E, found[1]) == (k * E + c >= 0)
    for k, c in itertools.product((2, 3), range(-4, 5)):
        yield f"common factor of a bound: k={k} c={c}", (k * E + k * F + c >= 0) == (E + F + c // k >= 0)
    yield "an excluded bound", z3.Implies(z3.And(E >= 3, E != 3), E >= 4)
    for b in (1, 2, 16):
        yield f"a bound of a quotient: b={b}", z3.Implies(b * F == E, (3 * F - 5 >= 0) == (3 * E - 5 * b >= 0))


def _of_bounds() -> Iterator[tuple[str, Any]]:
    """The intervals that the code computes hold all values; a floor lies between its relaxations."""
    ranges: list[tuple[float, float]] = [(-3, 2), (1, inf), (-inf, 4), (0, 0), (2, 5), (-inf, inf), (-4, -1)]
    for a, b in itertools.product(ranges, repeat=2):
        holds = z3.And(_within(E, a), _within(F, b), SMALL)
        yield f"product: {a} {b}", z3.Implies(holds, _within(E * F, product_range(a, b)))
        yield f"floor: {a} {b}", z3.Implies(z3.And(holds, F != 0), _within(_floor(E, F), floor_range(a, b)))
    for a, n in itertools.product(ranges, (2, 3, 4)):
        power = E * E * E * E if n == 4 else E * E * E if n == 3 else E * E
        yield f"power: {a} {n}", z3.Implies(z3.And(_within(E, a), SMALL), _within(power, power_range(a, n)))
    for n in (1, 2, 3, 7):
        yield f"relaxation by a symbol: {n}", z3.And(n * _floor(E, n) <= E, n * _floor(E, n) >= E - (n - 1))
        yield f"relaxation beside a factor: {n}", z3.Implies(z3.And(F >= 0, SMALL), n * _floor(E, n) * F <= E * F)
    yield "an atom as its bound and more", z3.Implies(G == E - 2, E * F == (2 + G) * F)


def _of_the_prover() -> Iterator[tuple[str, Any]]:
    for i, j in itertools.product((1, 2, 3), repeat=2):
        below = j * E - i * F  # a lower bound of it gives one of e, where f >= 0
        yield f"a fact taken away: i={i} j={j}", z3.Implies(z3.And(F >= 0, below >= G), j * E >= G)
    for m, low in itertools.product((2, 3, 5), (-4, 0, 1, 7)):
        for r in range(m):
            least = -((r - low) // m)
            yield f"the range of a residue: {m}*f + {r} >= {low}", (m * F + r >= low) == (least <= F)
            most = (low - r) // m
            yield f"the range of a residue: {m}*f + {r} <= {low}", (m * F + r <= low) == (most >= F)
    yield "either argument is the maximum", z3.Or(z3.And(_max(E, F) == E, E - F >= 0), z3.And(_max(E, F) == F, F - E >= 0))
    for k, c in itertools.product((2, 3, 4), range(1, 4)):
        if c % k:
            yield f"no whole number: k={k} c={c}", k * E + k * F + c != 0
    yield "not 0 if a multiple is not", z3.Implies(6 * E - 3 * F != 0, 2 * E - F != 0)
    yield "an equation taken away", z3.Implies(E - F == 0, (3 * E + G == 0) == (3 * E + G - 3 * (E - F) == 0))


def _of_solving() -> Iterator[tuple[str, Any]]:
    for k in (-3, -1, 1, 2, 5):
        yield f"solved for a symbol: k={k}", z3.Implies(_divides(k, F), (k * E + F == 0) == (_floor(-F, k) == E))
        yield f"no solution: k={k}", z3.Implies(z3.Not(_divides(k, F)), k * E + F != 0)
    for b in (1, 2, 3, 4):
        yield f"a floor in an equation: b={b}", (E - b * _floor(F, b) == G) == z3.And(b * _floor(F, b) == E - G)
        yield f"what a floor says of divisors: b={b}", z3.Implies(b * _floor(F, b) == G, _divides(b, G))
        yield f"a positive factor: b={b}", z3.Implies(E >= 1, (b * E == E * F) == (b == F))
        yield f"divided out: b={b}", z3.Implies(b * F - G == E, _divides(b, E + G))
        yield f"and the other way round: b={b}", z3.Implies(_divides(b, E + G), b * _floor(E + G, b) - G == E)
        for c in (2, 3):
            yield f"common parts of a divisibility: b={b} c={c}", _divides(c * b, c * E) == _divides(b, E)
            yield f"multiples of the divisor: b={b} c={c}", _divides(b, E + c * b * F) == _divides(b, E)
    for c, a in itertools.product((2, 3, 5, 8), (1, 3, 5, 7)):
        if gcd(a, c) == 1:
            inverse = pow(a, -1, c)
            remainder = (-F * inverse) - c * _floor(-F * inverse, c)
            yield (
                f"the residue of a symbol: c={c} a={a}",
                _divides(c, a * E + F) == _divides(c, E - remainder),
            )
    for c, shared in itertools.product((2, 3), repeat=2):
        for k in range(1, 7):
            if k % shared:
                claim = z3.Not(_divides(c * shared, shared * E + shared * F + k))
                yield f"no sum is a multiple: c={c * shared} k={k}", claim
    for c, k in itertools.product((2, 3, 6), (2, 3, 7)):
        yield f"coefficients of a divisibility: c={c} k={k}", _divides(c, k * E) == _divides(c, (k % c) * E)


RULES = [*_in_normal_form(), *_of_facts(), *_of_bounds(), *_of_the_prover(), *_of_solving()]


@pytest.mark.parametrize(("name", "claim"), [pytest.param(name, claim, id=name) for name, claim in RULES])
def test_rule(name: str, claim: Any) -> None:
    assert _refutes(claim) == z3.unsat, name


def test_wrong_rules_are_refuted() -> None:
    assert _refutes(z3.Implies(z3.And(_within(E, (-3, 2)), SMALL), _within(E * E, (4, 9)))) == z3.sat
    assert _refutes((E * F == 2 * E) == (F == 2), SMALL) == z3.sat
    assert _refutes(_divides(4, 2 * E) == _divides(4, E), SMALL) == z3.sat


PROVED: dict[str, dict[str, str]] = {
    "polynomial": {
        "_floor_by_int": "multiples come out, coefficients modulo c, common divisor, a negative divisor",
        "_floor_reduced": "nested floors, nested floors beside others, a symbolic floor in a floor, max through floor, "
        "min through floor",
        "_floor_by_expr": "sign of a divisor, exact, common factor",
        "divide": "exact",
        "cancel": "common factor",
        "_shrunk": "common factor",
        "__mod__": "remainder, a remainder",
        "__rmod__": "remainder, a remainder",
        "extremum": "nested extrema, shifted extrema, a dominated argument",
        "_dominates": "a dominated argument",
    },
    "facts": {
        "difference": "difference",
        "simpler": "at least, at most, min at least, max at most, common factor of a bound",
        "single_bound": "one symbol",
    },
    "knowledge": {
        "assembled": "an excluded bound, one symbol",
        "_narrow": "one symbol",
    },
    "bounds": {
        "_lower": "relaxation",
        "_relaxed": "relaxation, relaxation by a symbol, relaxation beside a factor",
        "_may_relax": "relaxation beside a factor",
        "_shifted_lower": "an atom as its bound and more, product, power",
        "_monomial": "product, power",
        "product_range": "product",
        "power_range": "power",
        "floor_range": "floor, bounded by the numerator",
    },
    "prover": {
        "_lower": "a fact taken away",
        "_zero_at_once": "no whole number, not 0 if a multiple is not",
        "_multiple": "not 0 if a multiple is not",
        "_by_equations": "an equation taken away",
        "_residue_cases": "residues cover, the range of a residue",
        "_extremum_cases": "either argument is the maximum, a dominated argument",
    },
    "solving": {
        "linear_in": "solved for a symbol",
        "quotient": "exact",
        "solve_flexible": "solved for a symbol, no solution",
        "eliminate": "solved for a symbol, what a floor says of divisors, divided out, and the other way round",
        "_divided": "a floor in an equation, what a floor says of divisors",
        "_without_positive_factors": "a positive factor",
        "divide_out": "common parts of a divisibility, multiples of the divisor, divided out, and the other way round",
        "_divide_out_int": "coefficients of a divisibility, common parts of a divisibility, no sum is a multiple, "
        "the residue of a symbol",
        "_modulo": "coefficients of a divisibility",
        "_in_whole": "a bound of a quotient",
    },
}
"""By module: the functions that rewrite, and the rules that they apply."""

NOT_RULES = """
polynomial: __init__ __eq__ __hash__ __str__ __repr__ names __index__ __bool__ _ordering dim_of make leading max_ min_ apply
    __add__ __sub__ __rsub__ __neg__ __pos__ __mul__ __pow__ __rpow__ __floordiv__ __rfloordiv__ _sum _product floor_divide
    power
facts: __init__ __str__ _has_floor presented
knowledge:
bounds: __init__ lower upper range atom _composite _opaque_lower times _power _floor
prover: __init__ symbol_range range lower upper _worthwhile consistent holds _at_once _by_cases _cases samples _replaced
    _holds_floor
solving: solutions _bind_if_consistent _quotient_symbol simplified_preconditions
"""
"""By module: what rewrites nothing itself: identity, questions, bookkeeping, limits; the operations of the ring and arithmetic
with infinities, which test_algebra and test_oracle hold against Python's own."""


def _plain(module: str) -> set[str]:
    lines = NOT_RULES.replace("\n    ", " ").splitlines()
    return next((set(line.split()[1:]) for line in lines if line.startswith(f"{module}:")), set())


@pytest.mark.parametrize("module", sorted(PROVED))
def test_every_function_is_a_rule_that_is_proved_or_none(module: str) -> None:
    tree = ast.parse((DIMS / f"{module}.py").read_text(encoding="utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert there == PROVED[module].keys() | _plain(module)
    proved = {name.split(":")[0] for name, _ in [*RULES, *_rules(), *_symbolic_rules()]}
    assert {name for names in PROVED[module].values() for name in names.split(", ")} <= proved
