"""Facts in any order say the same: bindings, verdicts, printed preconditions, contradictions.

Which symbol stands for others may differ (W - 1 for D, or D + 1 for W), so bindings are compared by what they are worth.
Bounds, and all answers where a divisor is a symbol, may be sharper in one order than in another, but never different ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from specc.dims.expr import Dim, Expr, Symbol, evaluate, symbols
from specc.dims.facts import COMPARE
from specc.dims.solver import Solver, Verdict
from specc.record import Record

RIGID = ("H", "W", "D")
FLEXIBLE = ("F", "G")
GRID = 12

Side = tuple[int, str, int]
"""(k, name, c) is k*name + c; without a name it is c."""


class Constraint(Record):
    """`do` is one of assume, divides, demand, unify; the operator of `divides` is |."""

    do: str
    left: Side
    op: str
    right: Side

    def holds(self, values: dict[str, int]) -> bool:
        a, b = (k * values.get(name, 0) + c for k, name, c in (self.left, self.right))
        return (b != 0 and a % b == 0) if self.op == "|" else COMPARE[self.op](a, b)


NUMBER = st.sampled_from((2, 3, 4, 5, 8, 9, 16)).map(lambda n: (0, "", n))
AFFINE = st.tuples(st.sampled_from((1, 1, 1, 2, 3)), st.sampled_from(RIGID), st.sampled_from((0, 0, 0, 1, 2, -1)))
ALONE = st.sampled_from(RIGID).map(lambda name: (1, name, 0))
PLAIN = st.one_of(
    st.builds(Constraint, st.just("assume"), AFFINE, st.just("=="), AFFINE),
    st.builds(Constraint, st.just("assume"), ALONE, st.sampled_from(("<=", ">=")), st.one_of(NUMBER, AFFINE)),
    st.builds(Constraint, st.just("divides"), ALONE, st.just("|"), NUMBER),
    st.builds(Constraint, st.just("demand"), ALONE, st.just(">="), st.one_of(NUMBER, AFFINE)),
)
BY_SYMBOLS = st.builds(Constraint, st.just("divides"), ALONE, st.just("|"), ALONE)
BINDINGS = st.lists(
    st.builds(Constraint, st.just("unify"), st.sampled_from(FLEXIBLE).map(lambda name: (1, name, 1)), st.just("=="), AFFINE),
    max_size=2,
)
CONFLUENCE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking these takes minutes
)


class Told:
    """A solver that was told constraints in this order."""

    def __init__(self, constraints: Sequence[Constraint]) -> None:
        self.solver = Solver()
        self.dims: dict[str, Expr] = {
            **{name: self.solver.fresh(name, flexible=False) for name in RIGID},
            **{name: self.solver.fresh(name) for name in FLEXIBLE},
        }
        self.symbol: dict[str, Symbol] = {name: symbols(dim)[0] for name, dim in self.dims.items()}
        self.contradiction = not all(self._tell(constraint) for constraint in constraints)

    def _tell(self, constraint: Constraint) -> bool:
        left, right = self._side(constraint.left), self._side(constraint.right)
        match constraint.do:
            case "assume":
                return self.solver.assume(left, constraint.op, right)
            case "divides":
                return self.solver.assume_divisible(left, right)
            case "demand":
                return self.solver.demand(left, constraint.op, right, None) is not False
        return self.solver.unify(left, right, None) is not Verdict.DIFFERENT

    def _side(self, side: Side) -> Dim:
        k, name, c = side
        return k * self.dims[name] + c if name else c

    def answers(self) -> list[object]:
        """Which symbols are equal, and what divides them."""
        solver, dims = self.solver, self.dims
        return [
            *(solver.compare(dims[a], dims[b]) for a, b in combinations(dims, 2)),
            *(solver.divisible(dims[a], n) for a in RIGID for n in (2, 3, 4, 8)),
        ]

    def order(self) -> list[bool | None]:
        """Which symbols are at most which: by bounds, which one order of facts may make tighter than another."""
        return [self.solver.decide(self.dims[a], "<=", self.dims[b]) for a, b in permutations(self.dims, 2)]

    def preconditions_hold(self, values: dict[str, int]) -> bool:
        meaning = {self.symbol[name]: n for name, n in values.items()}
        return all(COMPARE[c.op](evaluate(c.left, meaning), evaluate(c.right, meaning)) for c in self.solver.simplified())

    def worth(self, name: str, values: dict[str, int]) -> int | None:
        """What a symbol is worth where the user's symbols have these values; None for what nothing is known of."""
        found = self.solver.resolve(self.dims[name])
        try:
            return evaluate(found, {self.symbol[rigid]: n for rigid, n in values.items()})
        except KeyError:
            return None


def _orders(facts: list[Constraint], bindings: list[Constraint]) -> Iterator[Told]:
    """Bindings are questions about the facts, so they come after these, in any order among themselves."""
    for order in permutations(facts):
        for last in permutations(bindings):
            yield Told([*order, *last])


def _check_no_contradiction(found: Sequence[Sequence[object]]) -> None:
    for answers in zip(*found, strict=True):
        assert len({answer for answer in answers if isinstance(answer, bool)}) <= 1
        assert not {Verdict.EQUAL, Verdict.DIFFERENT} <= set(answers)


def _check_meaning(told: list[Told], facts: list[Constraint]) -> None:
    """Bindings and preconditions mean the same wherever the facts hold."""
    given = [fact for fact in facts if fact.do != "demand"]
    for sizes in product(range(1, GRID + 1), repeat=len(RIGID)):
        values = dict(zip(RIGID, sizes, strict=True))
        if not all(fact.holds(values) for fact in given):
            continue
        for name in RIGID:
            assert {one.worth(name, values) for one in told} == {values[name]}
        for name in FLEXIBLE:
            assert len({one.worth(name, values) for one in told}) == 1
        assert len({one.preconditions_hold(values) for one in told}) == 1


@CONFLUENCE
@given(st.lists(PLAIN, min_size=2, max_size=3), BINDINGS)
def test_any_order_of_facts_says_the_same(facts: list[Constraint], bindings: list[Constraint]) -> None:
    told = list(_orders(facts, bindings))
    assert len({one.contradiction for one in told}) == 1
    if told[0].contradiction:
        return
    first, *others = (one.answers() for one in told)
    assert all(other == first for other in others)
    by_binding: dict[str, set[str]] = {}
    for one in told:
        bound = str([one.solver.resolve(dim) for dim in one.dims.values()])
        by_binding.setdefault(bound, set()).add(str(sorted(map(str, one.solver.simplified()))))
    assert all(len(printed) == 1 for printed in by_binding.values())
    _check_no_contradiction([one.order() for one in told])
    _check_meaning(told, facts)


@CONFLUENCE
@given(st.lists(st.one_of(PLAIN, BY_SYMBOLS), min_size=1, max_size=3), BY_SYMBOLS)
def test_where_symbols_divide_no_order_contradicts_another(facts: list[Constraint], last: Constraint) -> None:
    told = [one for one in _orders([*facts, last], []) if not one.contradiction]
    if not told:
        return
    _check_no_contradiction([[*one.answers(), *one.order()] for one in told])
    _check_meaning(told, [*facts, last])


def test_a_precondition_outlasts_a_divisibility_that_comes_later() -> None:
    solver = Solver()
    h = solver.fresh("H", flexible=False)
    assert solver.demand(h, ">=", 32, None) is None
    assert solver.assume_divisible(h, 2)
    assert solver.assume(h, ">=", 4)
    assert list(map(str, solver.simplified())) == ["H >= 32"]


def test_what_was_a_precondition_can_become_a_fact() -> None:
    solver = Solver()
    h = solver.fresh("H", flexible=False)
    assert solver.demand(h, ">=", 4, None) is None
    assert solver.assume(h, ">=", 8)
    assert solver.simplified() == []


def test_a_divisibility_can_leave_one_value() -> None:
    solver = Solver()
    h = solver.fresh("H", flexible=False)
    assert solver.assume(h, "<=", 4)
    assert solver.assume_divisible(h, 3)
    assert solver.resolve(h) == 3
