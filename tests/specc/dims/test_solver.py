"""What the solver answers, binds, records and takes back."""

from __future__ import annotations

from itertools import permutations

import pytest

from specc.dims.expr import Dim, Expr, apply, evaluate, symbols, without_quotients
from specc.dims.solver import Solver, Verdict


@pytest.fixture
def solver() -> Solver:
    return Solver()


def _rigid(solver: Solver, *names: str) -> list[Expr]:
    return [solver.fresh(name, flexible=False) for name in names]


def _shown(solver: Solver) -> list[str]:
    return [str(condition) for condition in solver.simplified()]


# --- unify ----------------------------------------------------------------------------------------------------


def test_a_linear_occurrence_is_solved(solver: Solver) -> None:
    free = solver.fresh("f")
    assert solver.unify(2 * free + 1, 7, "seven") is Verdict.EQUAL
    assert solver.resolve(free) == 3
    assert solver.resolve(free * free + 1) == 10
    assert solver.reasons(free) == ["seven"]


def test_no_integer_fits(solver: Solver) -> None:
    assert solver.unify(2 * solver.fresh("f"), 7, "") is Verdict.DIFFERENT
    assert solver.unify(solver.fresh("f"), 0, "") is Verdict.DIFFERENT  # f is at least 1
    assert solver.unify(solver.fresh("f", lower=0), 0, "") is Verdict.EQUAL
    (t,) = _rigid(solver, "T")
    assert solver.unify(3 * solver.fresh("f"), t, "") is Verdict.DIFFERENT  # T = 1


def test_flexible_symbols_are_bound_never_rigid_ones(solver: Solver) -> None:
    free, other = solver.fresh("f"), solver.fresh("g")
    (t,) = _rigid(solver, "T")
    assert solver.unify(free, other, "first") is Verdict.EQUAL
    assert solver.unify(other, t + 2, "second") is Verdict.EQUAL
    assert solver.resolve(free) == solver.resolve(other) == t + 2
    assert set(solver.reasons(other)) == {"first", "second"}
    assert solver.unify(t, 5, "") is Verdict.DIFFERENT
    assert solver.resolve(t) == t


def test_reasons_come_nearest_first(solver: Solver) -> None:
    a, b, c, apart = (solver.fresh(name) for name in ("a", "b", "c", "apart"))
    solver.unify(a, b + 1, "a follows b")
    solver.unify(b, c, "b is c")
    solver.unify(apart, 9, "elsewhere")
    solver.unify(c, 4, "c is 4")
    assert solver.resolve(a) == 5
    for dim in (a, b, c):
        assert sorted(solver.reasons(dim)) == ["a follows b", "b is c", "c is 4"]
    assert solver.reasons(a)[0] == "c is 4"  # a stands for all three: b and c were bound to it
    assert solver.reasons(c)[0] == "b is c"
    assert solver.reasons(apart) == ["elsewhere"]


def test_a_state_that_grows(solver: Solver) -> None:
    state = solver.fresh("s")
    assert solver.unify(state, state + 1, "") is Verdict.DIFFERENT
    assert solver.last_occurs == symbols(state)[0]
    (t,) = _rigid(solver, "T")
    assert solver.unify(t + 1, t, "") is Verdict.DIFFERENT
    assert solver.last_occurs == symbols(t)[0]
    assert solver.unify(t, 3, "") is Verdict.DIFFERENT
    assert solver.last_occurs is None


def test_a_convolution_backwards_commits_only_to_one_value(solver: Solver) -> None:
    free = solver.fresh("f")
    assert solver.unify((free + 1) // 2, 16, "") is Verdict.UNKNOWN
    assert solver.resolve(free) == free
    assert solver.assume(free % 2, "==", 0)
    assert solver.unify((free + 1) // 2, 16, "stride") is Verdict.EQUAL
    assert solver.resolve(free) == 32
    narrow = solver.fresh("n", lower=6)
    assert solver.assume(narrow, "<=", 11)
    assert solver.unify((narrow + 1) // 4, 3, "") is Verdict.EQUAL
    assert solver.resolve(narrow) == 11
    assert solver.unify((solver.fresh("m", lower=4) + 1) // 4, 0, "") is Verdict.DIFFERENT


def test_a_symbolic_factor(solver: Solver) -> None:
    d, h = _rigid(solver, "D", "h")
    free = solver.fresh("f")
    assert solver.unify(h * free, d, "") is Verdict.DIFFERENT  # D = 1, h = 2
    assert solver.assume_divisible(d, h)
    assert solver.unify(h * free, d, "width") is Verdict.EQUAL
    assert str(solver.resolve(free)) == "D/h"
    wide = solver.fresh("w")
    assert solver.unify(h * wide, 3 * h * d + h, "") is Verdict.EQUAL
    assert solver.resolve(wide) == solver.resolve(3 * d + 1)


def test_a_binding_must_respect_what_was_demanded(solver: Solver) -> None:
    free = solver.fresh("f")
    assert solver.demand(free, ">=", 8, "kernel") is None
    assert solver.unify(free, 7, "") is Verdict.DIFFERENT
    assert solver.resolve(free) == free
    assert solver.unify(free, 8, "") is Verdict.EQUAL
    assert solver.preconditions == []


def test_a_binding_hands_its_lower_bound_on(solver: Solver) -> None:
    (t,) = _rigid(solver, "T")
    free = solver.fresh("f")
    assert solver.unify(free, t - 3, "cut") is Verdict.EQUAL
    assert _shown(solver) == ["T >= 4"]


def test_unknown_is_neither(solver: Solver) -> None:
    one, two = apply(("a",), text="a"), apply(("b",), text="b")
    assert solver.unify(one, two, "") is Verdict.UNKNOWN
    assert solver.unify(one, one, "") is Verdict.EQUAL
    assert solver.compare(one, one + 1) is Verdict.DIFFERENT
    free, other = solver.fresh("f"), solver.fresh("g")
    assert solver.unify(free * other, 12, "") is Verdict.UNKNOWN


# --- facts ----------------------------------------------------------------------------------------------------


def test_two_symbols_made_one(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    assert solver.compare(h, w) is Verdict.DIFFERENT
    assert solver.assume(h, "==", w, "square")
    assert solver.compare(h // 2, w // 2) is Verdict.EQUAL
    assert str(solver.resolve(w)) == "H"  # the older one stays
    assert solver.reasons(w) == ["square"]
    assert not solver.assume(h, "!=", w)


def test_equalities_that_need_parity(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    assert solver.assume(2 * w, "==", 3 * h)
    assert solver.compare(2 * w, 3 * h) is Verdict.EQUAL
    assert solver.divisible(h, 2) is True
    assert solver.divisible(w, 3) is True
    assert not solver.assume(h, "==", 7)
    assert solver.assume(h, "==", 8)
    assert solver.resolve(w) == 12


def test_equalities_no_symbol_can_be_solved_for(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    assert solver.assume(h * w, "==", 12)
    assert solver.compare(h * w * 2, 24) is Verdict.EQUAL
    assert solver.compare(h * w, 13) is Verdict.DIFFERENT
    assert solver.decide(h * w, ">", 11) is True
    found = solver.witness(h, w)
    assert found is not None
    assert evaluate(h * w, found) == 12


def test_product_facts_cancel_positive_factors(solver: Solver) -> None:
    d, h = _rigid(solver, "D", "h")
    assert solver.assume_divisible(d, h)
    assert solver.assume(d, "==", 4 * h)
    assert solver.resolve(d // h) == 4
    assert solver.resolve(d) == 4 * h


def test_bounds_meet(solver: Solver) -> None:
    (t,) = _rigid(solver, "T")
    assert solver.assume(t, ">=", 4)
    assert solver.assume(t, "<", 5)
    assert solver.resolve(t) == 4


def test_an_excluded_bound(solver: Solver) -> None:
    (c,) = _rigid(solver, "C")
    assert solver.assume(c, "!=", 1)
    assert solver.decide(c, ">=", 2) is True
    assert solver.decide(2 * c, "==", 2) is False
    h, w = _rigid(solver, "H", "W")
    assert solver.assume(h, "!=", w)
    assert solver.decide(2 * h, "==", 2 * w) is False
    assert solver.compare(h, w) is Verdict.DIFFERENT


def test_facts_that_contradict_are_refused_and_leave_nothing(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    mark = solver.mark()
    assert solver.assume(h, "<", w)
    assert not solver.assume(w, "<", h)
    assert solver.decide(h, "<", w) is True
    solver.undo(mark)
    assert solver.assume_divisible(h, 4)
    assert not solver.assume_divisible(h + 2, 4)
    assert not solver.assume(h % 8, "==", 1)
    assert solver.assume(h, "==", 12)
    assert solver.resolve(h // 4) == 3


def test_divisibility_by_steps_and_of_sums(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    assert solver.assume_divisible(h, 4)
    assert solver.assume_divisible(h, 6)
    assert solver.divisible(h, 12) is True
    assert str(solver.resolve(h)) == "H"
    assert solver.bounds(h)[0] == 12
    assert solver.assume_divisible(h + w, 5)
    assert solver.divisible(h + w + 10, 5) is True
    assert str(solver.resolve(w)) == "W"
    assert without_quotients(solver.resolve(w)) == w


def test_divisibility_of_a_product_is_remembered(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    assert solver.assume_divisible(h * w, 4)
    assert solver.divisible(h * w, 4) is True
    assert solver.compare(4 * (h * w // 4), h * w) is Verdict.EQUAL
    assert solver.compare(4 * (h * w // 4) + h, h * w + h) is Verdict.EQUAL
    found = solver.witness(h, w)
    assert found is not None
    assert evaluate(h * w, found) % 4 == 0


# --- demands --------------------------------------------------------------------------------------------------


def test_demands_become_preconditions(solver: Solver) -> None:
    (h,) = _rigid(solver, "H")
    assert solver.demand(h, ">=", 1, "") is True
    assert solver.demand(h, ">=", 2, "pool") is None
    assert solver.demand((h + 1) // 2, ">=", 4, "kernel") is None
    assert solver.demand(h, ">=", 7, "again") is True
    assert solver.demand(h, "<", 7, "") is False
    assert _shown(solver) == ["H >= 7"]
    assert solver.simplified()[0].reason == "kernel"
    assert [str(condition) for condition in solver.preconditions] == ["H >= 2", "(H + 1)//2 >= 4"]


@pytest.mark.parametrize(
    ("left", "op", "right", "expected"),
    [
        ("(H // 2) // 3", ">=", "2", "H >= 12"),
        ("(H - 3) // 2 + 1", ">", "0", "H >= 3"),
        ("H // 2", ">=", "W", "H >= 2*W"),
        ("H", "<=", "W", "H <= W"),
        ("W", ">", "H + 2", "W >= H + 3"),
        ("H + W", "<", "9", "H + W <= 8"),
        ("2 * H", "<=", "9", "H <= 4"),
        ("3 * H + 6 * W", ">=", "10", "H + 2*W >= 4"),
        ("H", "!=", "W", "H != W"),
        ("H * W", ">=", "2", "H*W >= 2"),
        ("D // 16", ">=", "2", "D >= 32"),
    ],
)
def test_preconditions_are_solved_for_their_symbols(solver: Solver, left: str, op: str, right: str, expected: str) -> None:
    dims = dict(zip("HWD", _rigid(solver, "H", "W", "D"), strict=True))
    assert solver.assume_divisible(dims["D"], 16)
    assert solver.demand(eval(left, {}, dims), op, eval(right, {}, dims), "") is None
    assert _shown(solver) == [expected]


def test_preconditions_that_follow_are_left_out(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    solver.demand(h + w, ">=", 4, "sum")
    solver.demand(h, ">=", 3, "h")
    solver.demand(w, ">=", 5, "w")
    assert _shown(solver) == ["H >= 3", "W >= 5"]
    assert solver.assume(w, ">=", 100)
    assert _shown(solver) == ["H >= 3"]


def test_an_equality_is_not_a_precondition(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    assert solver.demand(h, "==", w, "") is None
    assert solver.preconditions == []


# --- witnesses, bounds ----------------------------------------------------------------------------------------


def test_witnesses_are_admissible(solver: Solver) -> None:
    h, w, d = _rigid(solver, "H", "W", "D")
    solver.assume_divisible(d, h)
    solver.assume(w, "<=", h)
    solver.demand(w, ">=", 3, "")
    found = solver.witness(d, w)
    assert found is not None
    assert [symbol.name for symbol in found] == ["H", "W", "D"]
    assert found[symbols(d)[0]] % found[symbols(h)[0]] == 0
    assert found[symbols(h)[0]] >= found[symbols(w)[0]] >= 3
    assert evaluate(d, found) != evaluate(w, found)
    assert solver.witness(d, d) is None
    example = solver.example(d, "==", 4 * w)
    assert example is not None
    assert evaluate(d, example) == 4 * evaluate(w, example)


def test_bounds(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    any_ = solver.fresh("n", flexible=False, lower=None)
    cases: list[tuple[Dim, tuple[int | None, int | None]]] = [
        (h, (1, None)),
        (-h, (None, -1)),
        (h * h - h, (0, None)),
        (h - 2 * (h // 2), (0, 1)),
        (any_ * any_, (0, None)),
        (any_**3, (None, None)),
        (0 * any_ + 4, (4, 4)),
        (h * w - h, (0, None)),
        (h // (h + 1), (0, 0)),
        (h % w, (0, None)),
        (any_ * h, (None, None)),
    ]
    for dim, expected in cases:
        assert solver.bounds(dim) == expected
    assert solver.decide(h % w, "<", w) is True


# --- taking back ----------------------------------------------------------------------------------------------


def test_undo_takes_back_bindings_facts_and_preconditions(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    free = solver.fresh("f", reason="made")
    solver.demand(h, ">=", 2, "")
    mark = solver.mark()
    solver.unify(free, 3 * h, "bound")
    solver.assume(w, "==", h)
    solver.assume_divisible(h, 4)
    solver.demand(h, ">=", 64, "")
    assert solver.resolve(w // 4 * 4) == solver.resolve(h)
    inner = solver.mark()
    solver.assume(h, "==", 128)
    assert solver.resolve(free) == 384
    solver.undo(inner)
    assert solver.bounds(free) == (192, None)
    assert solver.reason(symbols(free)[0]) == "bound"
    solver.undo(mark)
    assert solver.reason(symbols(free)[0]) == "made"
    assert solver.resolve(free) == free
    assert solver.compare(h, w) is Verdict.DIFFERENT
    assert solver.bounds(h) == (2, None)
    assert solver.divisible(h, 4) is None
    assert _shown(solver) == ["H >= 2"]


def test_the_order_of_facts_does_not_matter() -> None:
    answers = set()
    for order in permutations(range(4)):
        solver = Solver()
        h, w, d = _rigid(solver, "H", "W", "D")
        for i in order:
            if i == 0:
                assert solver.assume_divisible(h, 4)
            else:
                assert solver.assume(*((h, "==", w), (d, "==", 3 * w), (h, ">=", 9))[i - 1])
        answers.add((solver.compare(d, 3 * h), solver.divisible(d, 12), solver.bounds(w), str(solver.resolve(d // 4))))
    assert answers == {(Verdict.EQUAL, True, (12, None), "3*(H/4)")}
