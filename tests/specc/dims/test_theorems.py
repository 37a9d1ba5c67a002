"""The equalities that a shape checker must see, and what may follow from none of them."""

from __future__ import annotations

import time

import pytest

from specc.dims.expr import Dim, Expr, evaluate, min_, substitute, symbols, without_quotients
from specc.dims.solver import Solver, Verdict


@pytest.fixture
def solver() -> Solver:
    return Solver()


def _rigid(solver: Solver, *names: str) -> list[Expr]:
    return [solver.fresh(name, flexible=False) for name in names]


def test_forms_that_are_equal_as_they_stand(solver: Solver) -> None:
    (h,) = _rigid(solver, "H")
    assert (h - 2) // 2 + 1 == h // 2
    assert (h // 2) // 2 == h // 4
    assert ((h + 1) // 2 + 1) // 2 == (h + 3) // 4
    assert (h + 2 * 3 - 7) // 2 + 1 == (h + 1) // 2
    assert (4 * h + 2) // 2 == 2 * h + 1
    assert (6 * h + 4) // 4 == h + h // 2 + 1


def test_with_32_dividing_a(solver: Solver) -> None:
    (a,) = _rigid(solver, "a")
    assert solver.compare(a // 2 * 2, a) is Verdict.DIFFERENT
    assert solver.assume_divisible(a, 32)
    assert solver.resolve(a // 2 * 2) == solver.resolve(a)
    assert solver.compare(a // 2 * 2, a) is Verdict.EQUAL
    assert solver.compare(a // 64 * 64, a) is Verdict.DIFFERENT
    assert solver.divisible(a, 8) is True
    assert solver.divisible(a + 4, 8) is False
    assert solver.divisible(a, 64) is None


def test_heads_that_divide_the_width(solver: Solver) -> None:
    d, h, t = _rigid(solver, "D", "h", "T")
    assert solver.compare(h * (d // h), d) is Verdict.DIFFERENT
    assert solver.assume_divisible(d, h)
    assert solver.resolve(h * (d // h)) == solver.resolve(d)
    assert solver.resolve(d % h) == 0
    assert str(solver.resolve(d // h)) == "D/h"
    assert solver.compare(3 * d // (3 * h), d // h) is Verdict.EQUAL
    assert solver.compare(t * d // h, t * (d // h)) is Verdict.EQUAL
    assert solver.compare(d, h) is Verdict.DIFFERENT


def test_a_u_net_meets_its_skips_where_16_divides_the_height(solver: Solver) -> None:
    (height,) = _rigid(solver, "H")

    def skips() -> list[tuple[Dim, Dim]]:
        down: Dim = height
        kept = []
        for _ in range(4):
            down = solver.resolve((down + 2 - 3) + 1)
            kept.append(down)
            down = solver.resolve((down - 2) // 2 + 1)
        out = []
        for skip in reversed(kept):
            down = solver.resolve((down - 1) * 2 + 2)
            out.append((down, skip))
        return out

    assert all(solver.compare(up, skip) is Verdict.DIFFERENT for up, skip in skips())
    assert solver.assume(height % 16, "==", 0)
    assert all(up == skip for up, skip in skips())
    assert [str(skip) for _, skip in skips()] == ["H/8", "H/4", "H/2", "H"]


def test_floors_that_only_cases_decide(solver: Solver) -> None:
    h, w = _rigid(solver, "H", "W")
    assert solver.compare(h // 2 + (h + 1) // 2, h) is Verdict.EQUAL
    assert solver.compare(-(-h // 4), (h + 3) // 4) is Verdict.EQUAL
    assert solver.compare(h // 3 + (h + 1) // 3 + (h + 2) // 3, h) is Verdict.EQUAL
    assert solver.divisible(h * (h + 1), 2) is True
    assert solver.divisible(h * (h + 1) * (h + 2), 6) is True
    assert solver.decide(h // 2, "==", h) is False  # H is at least 1
    assert solver.decide((h + w) // 2 * 2, "<=", h + w) is True
    assert solver.decide(h // 2 + w // 2, "<=", (h + w) // 2) is True


def test_a_ceil_mode_pool(solver: Solver) -> None:
    (h,) = _rigid(solver, "H")
    ceil = min_((h + 2) // 2, (h - 1) // 2 + 1)
    assert solver.compare(ceil, (h + 1) // 2) is Verdict.EQUAL


def test_facts_carry_over(solver: Solver) -> None:
    t, context, b = _rigid(solver, "T", "context", "B")
    assert solver.decide(t, "<=", context) is None
    assert solver.assume(t, "<=", context)
    assert solver.decide(t, "<", context + 1) is True
    assert solver.decide(b * t, "<=", b * context) is True
    assert solver.decide(t, ">", context) is False
    assert solver.assume(context, "<=", 1024)
    assert solver.bounds(t) == (1, 1024)
    assert not solver.assume(t, ">", 1024)
    assert solver.bounds(t) == (1, 1024)


def test_a_quotient_follows_what_it_was_made_of(solver: Solver) -> None:
    d, h, height = _rigid(solver, "D", "h", "H")
    (width,), (heads,), (rows,) = symbols(d), symbols(h), symbols(height)
    assert solver.assume_divisible(d, h)
    assert solver.assume(height % 16, "==", 4)
    head, quarter = solver.resolve(d // h), solver.resolve((height - 4) // 8)
    assert evaluate(head, {width: 12, heads: 3}) == 4
    assert substitute(head, {width: 12, heads: 3}) == 4
    assert substitute(head + h, {heads: 1}) == d + 1
    assert evaluate(quarter, {rows: 20}) == 2
    assert symbols(head) == [width, heads]
    assert without_quotients(head) == d // h
    assert without_quotients(3 * solver.resolve(d) + 1) == 3 * d + 1
    assert without_quotients(solver.resolve(height)) == height


def test_every_question_ends_soon(solver: Solver) -> None:
    a, b, c = _rigid(solver, "a", "b", "c")
    for i in range(40):
        solver.demand(a * (i + 1) + b * c // (i + 2), ">=", c * (i % 7) + 5 - b, i)
    left = (a * b // 7 + (a + c) // 11) * (b // 5 + c // 13)
    started = time.monotonic()
    verdict = solver.compare(left, b * c // 3)
    solver.decide(left, "<=", a * b * c)
    solver.simplified()
    assert verdict is Verdict.DIFFERENT
    assert time.monotonic() - started < 30
