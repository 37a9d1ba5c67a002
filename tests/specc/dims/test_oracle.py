"""The solver against brute force: whatever it says must hold for every small assignment that the facts allow."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator
from itertools import chain

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from specc.dims.expr import Dim, Expr, Symbol, TooComplex, dim_of, evaluate
from specc.dims.facts import Precondition
from specc.dims.solver import Solver, Verdict
from tests.specc.dims.generated import Term, fresh, python_value, terms

Values = dict[str, int]
Fact = tuple[Term, str, Term]


def _divides(value: int, by: int) -> bool:
    return by != 0 and value % by == 0


HOLDS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "|": _divides,
}
NAMES = ("H", "W")
LARGEST = 9

RELATIONS = [op for op in HOLDS if op != "|"]
FACTS = st.tuples(terms(NAMES), st.sampled_from(list(HOLDS)), terms(NAMES))
RIGID_FACTS = st.lists(FACTS, max_size=2)
_LINEAR = st.tuples(st.sampled_from([1, 2, 3, -1, 4]), terms((*NAMES, "F"))).map(
    lambda t: Term("+", Term("*", Term("int", t[0]), Term("name", "F")), t[1])
)
SIDES = st.one_of(terms((*NAMES, "F")), _LINEAR)
ORACLE = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.target),  # shrinking these takes minutes
)


class _Meaningless(Exception):
    """A divisor is 0 somewhere: Python has no answer to compare with."""


def _true(fact: Fact, values: Values) -> bool:
    try:
        return HOLDS[fact[1]](python_value(fact[0], values), python_value(fact[2], values))
    except ZeroDivisionError:
        raise _Meaningless from None


def _admissible(facts: list[Fact]) -> list[Values]:
    grid = (dict(zip(NAMES, combo, strict=True)) for combo in itertools.product(range(1, LARGEST + 1), repeat=len(NAMES)))
    return [values for values in grid if min([_true(fact, values) for fact in facts], default=True)]  # every one is tried


def _far(facts: list[Fact]) -> Iterator[Values]:
    sizes = (*range(1, 34), 64, 81, 128, 256, 880, 1000, 1024)
    for combo in itertools.product(sizes, repeat=len(NAMES)):
        values = dict(zip(NAMES, combo, strict=True))
        if all(_true(fact, values) for fact in facts):
            yield values


def _tell(solver: Solver, fact: Fact, dims: dict[str, Expr], demanded: bool) -> bool | None:
    left, op, right = fact[0].build(dims), fact[1], fact[2].build(dims)
    if op == "|":
        return solver.assume_divisible(left, right)
    return solver.demand(left, op, right, None) if demanded else solver.assume(left, op, right)


def _demanded(fact: Fact, wish: bool) -> bool:
    return wish and fact[1] not in ("|", "==")


def _met(conditions: list[Precondition], values: dict[Symbol, int]) -> bool:
    return all(HOLDS[c.op](evaluate(c.left, values), evaluate(c.right, values)) for c in conditions)


@ORACLE
@given(st.lists(st.tuples(FACTS, st.booleans()), max_size=3), terms(NAMES), terms(NAMES), st.sampled_from(RELATIONS))
def test_answers_hold_for_every_assignment(told: list[tuple[Fact, bool]], a: Term, b: Term, op: str) -> None:
    try:
        _check_answers(told, a, b, op)
    except (_Meaningless, ZeroDivisionError, TooComplex):
        return


def _check_answers(told: list[tuple[Fact, bool]], a: Term, b: Term, op: str) -> None:
    symbol, dims = fresh(NAMES)
    solver = Solver()
    left, right = a.build(dims), b.build(dims)
    known: list[Fact] = []
    for fact, wish in told:
        before, after = _admissible(known), _admissible([*known, fact])
        answer = _tell(solver, fact, dims, _demanded(fact, wish))
        if answer is False:
            assert not after
            return
        if answer is True and _demanded(fact, wish):
            assert len(after) == len(before)
        known.append(fact)
    admissible = _admissible(known)

    decided = solver.decide(left, op, right)
    verdict = solver.compare(left, right)
    low, high = solver.bounds(left)
    divisible = solver.divisible(left, right)
    resolved = solver.resolve(left)
    witness = solver.witness(left, right)
    given_only = _admissible([fact for fact, wish in told if not _demanded(fact, wish)])
    short, full = solver.simplified(), solver.preconditions

    for values in admissible:
        x, y = python_value(a, values), python_value(b, values)
        assignment = {symbol[name]: value for name, value in values.items()}
        assert decided in (None, HOLDS[op](x, y))
        assert x == y or verdict is not Verdict.EQUAL
        assert low is None or low <= x
        assert high is None or x <= high
        assert divisible in (None, _divides(x, y))
        assert evaluate(resolved, assignment) == x
    if verdict is Verdict.DIFFERENT:
        assert witness is not None or solver.decide(left, "==", right) is False
    if witness is not None:
        assert evaluate(left, witness) != evaluate(right, witness)
        values = {s.name: value for s, value in witness.items()}
        if values.keys() == symbol.keys():
            assert all(_true(fact, values) for fact in known)
    for values in given_only:
        assignment = {symbol[name]: value for name, value in values.items()}
        assert _met(short, assignment) == _met(full, assignment) == (values in admissible)


@ORACLE
@given(RIGID_FACTS, SIDES, SIDES, st.sampled_from([None, 0, 1, 4]))
def test_unify_is_sound_and_can_be_undone(told: list[Fact], a: Term, b: Term, lower: int | None) -> None:
    try:
        _check_unify(told, a, b, lower)
    except (_Meaningless, ZeroDivisionError, TooComplex):
        return


def _check_unify(told: list[Fact], a: Term, b: Term, lower: int | None) -> None:
    symbol, dims = fresh(NAMES)
    flexible = Symbol("F", "flexible", lower)
    dims["F"] = dim_of(flexible)
    solver = Solver()
    if not all(_tell(solver, fact, dims, False) for fact in told):
        return
    admissible = _admissible(told)
    left, right = a.build(dims), b.build(dims)
    before = _state(solver, dims)
    mark = solver.mark()
    verdict = solver.unify(left, right, "test")
    if verdict is Verdict.EQUAL:
        _check_equal(solver, admissible, symbol, flexible, (a, b))
    elif verdict is Verdict.DIFFERENT and admissible:
        # some assignment has no value for F; it may lie far from the grid
        assert any(not _some_value_fits(a, b, values, lower) for values in chain(admissible, _far(told)))
    solver.undo(mark)
    assert _state(solver, dims) == before


def _state(solver: Solver, dims: dict[str, Expr]) -> tuple[list[Dim], list[str]]:
    return [solver.resolve(dim) for dim in dims.values()], [str(condition) for condition in solver.preconditions]


def _check_equal(
    solver: Solver, admissible: list[Values], symbol: dict[str, Symbol], flexible: Symbol, sides: tuple[Term, Term]
) -> None:
    bound = solver.resolve(dim_of(flexible))
    free = bound == dim_of(flexible)
    least = -5 if flexible.lower is None else flexible.lower
    for values in admissible:
        for choice in range(least, 12) if free else (None,):
            assignment = {symbol[name]: value for name, value in values.items()}
            if choice is not None:
                assignment[flexible] = choice
            if not _met(solver.preconditions, assignment):
                continue
            worth = evaluate(bound, assignment)
            x, y = (python_value(side, {**values, "F": worth}) for side in sides)
            assert x == y
            assert flexible.lower is None or worth >= flexible.lower


def _some_value_fits(a: Term, b: Term, values: Values, lower: int | None) -> bool:
    for worth in range(-60 if lower is None else lower, 80):
        try:
            if python_value(a, {**values, "F": worth}) == python_value(b, {**values, "F": worth}):
                return True
        except ZeroDivisionError:
            continue
    return False


@settings(max_examples=120, deadline=None)
@given(terms(("H",), constants=True, extrema=False), terms(("H",), constants=True, extrema=False))
def test_one_symbol_under_constant_divisors_is_decided(a: Term, b: Term) -> None:
    """Every pair is either proved equal or has an example: never UNKNOWN."""
    _, dims = fresh(("H",))
    left, right = a.build(dims), b.build(dims)
    verdict = Solver().compare(left, right)
    alike = all(python_value(a, {"H": h}) == python_value(b, {"H": h}) for h in range(1, 400))
    assert verdict is (Verdict.EQUAL if alike else Verdict.DIFFERENT)
