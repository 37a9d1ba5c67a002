"""The families of questions that are put to a rule and to torch, and the figures they give.

A false accept is a configuration that the rule takes and torch refuses, or for which torch gives other types, weights or
inferred arguments. A false reject is one that the rule refuses and torch takes; with symbols, a refusal for which no sizes are
found that torch refuses, or a precondition that torch does without.
"""

from __future__ import annotations

import itertools
import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import torch

from specc.dims.atoms import Atom
from specc.dims.expr import TooComplex, evaluate
from specc.dims.facts import COMPARE
from specc.dims.opaque import NotGeneric
from specc.dims.polynomial import dim_of
from specc.ops.rules import Checks
from specc.record import Record
from tests.soundness.subjects import Subject, Untried, Values, on_meta, seeded, subject
from tests.specc.ops.differential import Unknowable
from tests.specc.ops.draw import Draw

FAMILIES = ("numbers", "inference", "symbols", "assignments", "demands", "refusals", "meta", "programs", "sizes", "order")
EXAMPLES = 40
_META = 0.02
"""Share of accepted cases that the meta device is asked about as well; it is slow, and slack."""
_MET, _BROKEN = 4, 2
"""Assignments tried that meet what was demanded, and that break it."""


class Figures:
    """What came of the questions put to one layer, one function, or the programs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cases: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.examples: list[str] = []

    def __getattr__(self, name: str) -> int:
        """`accepted` and `refused` (by torch), `false_accepts`, `false_rejects`, `undecided`, `by_choice`, `empty`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self.counts[name]

    @property
    def total(self) -> int:
        return sum(self.cases.values())

    def case(self, family: str) -> None:
        self.cases[family] += 1

    def count(self, what: str) -> None:
        self.counts[what] += 1

    def false_accept(self, family: str, text: str) -> None:
        self._wrong("false_accepts", family, text)

    def false_reject(self, family: str, text: str) -> None:
        self._wrong("false_rejects", family, text)

    def _wrong(self, what: str, family: str, text: str) -> None:
        self.counts[what] += 1
        self.wrong[family] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{what[:-1].replace('_', ' ')} ({family}): {text}")

    def add(self, other: Figures) -> None:
        self.cases += other.cases
        self.counts += other.counts
        self.wrong += other.wrong
        self.examples += other.examples

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def examine(name: str, cases: int, seed: int) -> Figures:
    """About `cases` questions about one layer or function: the same ones for the same seed on every machine."""
    figures = Figures(name)
    question(subject(name), cases, seed, figures)
    return figures


def question(what: Subject, cases: int, seed: int, figures: Figures) -> None:
    """Asks until there are so many cases."""
    draw = seeded(what.name, seed)
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while figures.total < cases:
            case = what.draw(draw)
            try:
                concrete(what, case, figures, draw)
            except Unknowable:
                figures.case("numbers")
                figures.count("unknowable")
                continue
            if figures.total < cases:
                symbolic(what, case, figures, draw)


# --- numbers ---------------------------------------------------------------------------------------------------------


def concrete(what: Subject, case: Any, figures: Figures, draw: Draw) -> None:
    """Accepted if and only if torch accepts, with equal types and weights; inferred is what was left out."""
    ours = what.rule(case)
    theirs = what.torch(case)
    figures.case("inference" if what.inferable(case) else "numbers")
    judge(what, case, ours, theirs, figures, "inference" if what.inferable(case) else "numbers")
    if ours.results is not None and theirs.results is not None and draw.random() < _META and not what.empty(case, theirs):
        with on_meta():
            unreal = what.torch(case)
        if unreal.results is not None:  # where meta cannot follow (sizes that depend on data) it refuses
            figures.case("meta")
            if not what.same(ours, unreal) and what.same(ours, theirs):
                figures.count("meta_apart")
            elif not what.same(ours, unreal):
                figures.false_accept("meta", f"{_types(ours)}, but on meta {_types(unreal)}\n      {case}")


def judge(what: Subject, case: Any, ours: Any, theirs: Any, figures: Figures, family: str) -> None:
    figures.count("refused" if theirs.results is None else "accepted")
    if ours.results is None and theirs.results is None:
        return
    if theirs.results is None:
        figures.false_accept(family, f"torch: {theirs.why}\n      {case}")
    elif ours.results is None and what.empty(case, theirs):
        figures.count("empty")
    elif ours.results is None and what.by_choice(case, ours.why):
        figures.count("by_choice")
    elif ours.results is None:
        figures.false_reject(family, f"{ours.why}, but torch gives {_types(theirs)}\n      {case}")
    elif not what.same(ours, theirs):
        if what.empty(case):
            figures.count("empty")
        else:
            figures.false_accept(family, f"{_types(ours)} {ours.why}, but torch gives {_types(theirs)}\n      {case}")


def _types(outcome: Any) -> str:
    return ", ".join(map(str, outcome.results)) + "".join(f"; {weight}" for weight in getattr(outcome, "weights", ()))


# --- symbols ---------------------------------------------------------------------------------------------------------


def symbolic(what: Subject, concrete_case: Any, figures: Figures, draw: Draw) -> None:
    """The case with symbols: what is accepted holds for every admissible assignment, what is refused fails for one."""
    checks = what.checks(generic=draw.yes())
    case, meaning = what.with_symbols(concrete_case, draw, checks)
    if not meaning:
        return
    try:
        ours = what.rule(case, checks)
    except NotGeneric:
        figures.count("needs_values")
        return
    except TooComplex:
        figures.count("too_complex")
        return
    if ours.results is None:
        refusal(what, case, ours, checks, meaning, figures, draw)
        return
    figures.count("open")
    if checks.doubts and not checks.generic:  # else it is for each instance to decide
        figures.count("undecided")
    met = broken = 0
    for values in assignments(meaning, draw):
        state = standing(checks, values)
        if not (state and met < _MET) and not (state is False and broken < _BROKEN and not checks.generic):
            continue
        family = "demands" if not state else "symbols" if values == meaning else "assignments"
        try:
            there = what.at(case, ours, values)
            theirs = what.torch(there)
        except (Untried, Unknowable):
            continue
        except KeyError as symbol:
            figures.false_accept(family, f"{symbol} is left open\n      {case}")
            continue
        figures.case(family)
        if state:
            met += 1
            compare(what, Accepted(case, ours, checks.generic), there, theirs, values, figures, family)
        else:
            broken += 1
            without(what, there, theirs, f"{case} {_facts(checks)}", figures)
    if not met:
        figures.count("vacuous")


def without(what: Subject, there: Any, theirs: Any, shown: str, figures: Figures) -> None:
    """Numbers that break a precondition: torch refuses them."""
    if theirs.results is None or what.empty(there, theirs):
        return
    why = what.rule(there).why
    if what.name in _STRICT or what.by_choice(there, why):
        figures.count("by_choice")
    else:
        figures.false_reject("demands", f"torch does without a precondition ({why}): {there}\n      {shown}")


class Accepted(Record):
    """A case with symbols and what the rule inferred for it. `generic`: as in a definition whose arguments are unknown."""

    case: Any
    ours: Any
    generic: bool


def compare(what: Subject, accepted: Accepted, there: Any, theirs: Any, values: Values, figures: Figures, family: str) -> None:
    """What was accepted with symbols, at some numbers. Where torch refuses what a definition with unknown arguments takes, or
    has other weights, every instance of it must be right: the rule is asked again with the numbers."""
    shown = f"at {', '.join(f'{symbol}={n}' for symbol, n in values.items())}"
    found = what.rule(there)
    wrong_type = other_types(accepted, theirs, values)
    why = wrong_type or other_answer(accepted, theirs, values)
    if not why:
        if found.results is None and not what.by_choice(there, found.why):
            figures.false_accept(family, f"accepted with symbols, but not {shown}: {found.why}\n      {accepted.case}")
    elif what.empty(there) and theirs.results is not None:
        figures.count("empty")
    elif not accepted.generic or wrong_type:
        figures.false_accept(family, f"{shown} {why}\n      {accepted.case}")
    elif found.results is None or (theirs.results is not None and what.same(found, theirs)):
        figures.count("left_to_instances")
    else:
        figures.false_accept(family, f"{shown} {why}, and so for the instance\n      {there}\n      {accepted.case}")


def other_answer(accepted: Accepted, theirs: Any, values: Values) -> str:
    """That torch refuses, or has other weights than were inferred with symbols; empty when not."""
    if theirs.results is None:
        return f"torch: {theirs.why}"
    ours = _weights(accepted.ours)
    weights = tuple((name, tuple(evaluate(d, values) for d in shape), buffer) for name, shape, buffer in ours)
    return f"torch has the weights {_weights(theirs)} instead of {ours}" if weights != _weights(theirs) else ""


def other_types(accepted: Accepted, theirs: Any, values: Values) -> str:
    """Other types than were inferred with symbols; empty when they are the same, or torch refuses."""
    ours = accepted.ours
    if theirs.results is None:
        return ""
    if len(ours.results) != len(theirs.results):
        return f"torch gives {_types(theirs)} instead of {_types(ours)}"
    for mine, other in zip(ours.results, theirs.results, strict=True):
        sizes = [evaluate(d, values) if isinstance(d, int) or _known(d, values) else None for d in mine.shape]
        if (
            mine.dtype is not other.dtype
            or len(sizes) != other.rank
            or any(a is not None and a != b for a, b in zip(sizes, other.shape, strict=True))
        ):
            return f"torch gives {other} instead of {mine}"
    return ""


def _known(dim: Any, values: Values) -> bool:
    """Does a size follow from these values? One that depends on data does not."""
    try:
        evaluate(dim, values)
    except KeyError:
        return False
    return True


def _weights(outcome: Any) -> tuple[Any, ...]:
    return tuple(getattr(outcome, "weights", ()))


_OPEN = ("can be counted",)
"""Refusals of what has no formula. So are those where the number of results, or a rank, depends on a size."""


_STRICT = ("getitem",)
"""What demands more than torch: a slice that reaches beyond its tensor is a slip more often than a wish."""


def refusal(what: Subject, case: Any, ours: Any, checks: Checks, meaning: Values, figures: Figures, draw: Draw) -> None:
    """Some assignment must be one that torch refuses, or give results of another structure, so that a value is needed."""
    figures.case("refusals")
    structures: set[tuple[int, ...]] = set()
    for values in assignments(meaning, draw, many=True):
        try:
            there = what.at(case, ours, values)
            found = what.rule(there)
            if found.results is not None:
                structures.add(tuple(x.rank for x in found.results))
                continue
            theirs = what.torch(there)
        except Unknowable:
            return
        except Untried:
            continue
        if theirs.results is None:
            return
        if what.by_choice(there, found.why) or what.empty(there, theirs):
            figures.count("by_choice")
            return
        figures.false_reject("refusals", f"{found.why}, but torch gives {_types(theirs)}\n      {there}")
        return
    if len(structures) > 1 or any(words in ours.why for words in _OPEN):
        figures.count("needs_values")
        return
    figures.false_reject("refusals", f"{ours.why}, but no sizes are found that torch refuses\n      {case}")


def assignments(meaning: Values, draw: Draw, many: bool = False) -> Iterator[dict[Atom, int]]:
    """Numbers for the symbols: what they stand for, the smallest, primes, others. No two alike."""
    names = list(meaning)
    primes = [2, 3, 5, 7, 11, 13, 17, 19][: len(names)] + [2] * (len(names) - 8)
    draw.shuffle(primes)
    wanted: Iterator[Sequence[int]] = iter(
        [
            list(meaning.values()),
            [1] * len(names),
            [2] * len(names),
            primes,
            [7] * len(names),
            [draw.randint(1, 12) for _ in names],
        ]
    )
    if many:
        rest = random.Random(draw.random())
        near = ([value + step for value in meaning.values()] for step in (1, 2))
        low = itertools.islice(itertools.product(range(1, 6), repeat=len(names)), 300)
        wanted = itertools.chain(wanted, near, low, ([rest.randint(1, 40) for _ in names] for _ in range(200)))
    else:
        wanted = itertools.chain(wanted, ([*v, *[1] * (len(names) - 4)] for v in _lowest(min(len(names), 4))))
    seen: set[tuple[int, ...]] = set()
    for values in wanted:
        if tuple(values) not in seen:
            seen.add(tuple(values))
            yield dict(zip(names, values, strict=True))


@cache
def _lowest(count: int) -> list[tuple[int, ...]]:
    return sorted(itertools.islice(itertools.product(range(1, 5), repeat=count), 256), key=sum)[1:]


_HOLDS: dict[str, Callable[[int, int], bool]] = {**COMPARE, "%": lambda a, b: b != 0 and a % b == 0}
"""Also the doubts whether one size divides another."""


def standing(checks: Checks, values: Values) -> bool | None:
    """Are these numbers admissible: do they meet every precondition, doubt and divisibility? None where they mean nothing."""
    demanded = [(fact.left, fact.op, fact.right) for fact in checks.solver.preconditions]
    doubted = [] if checks.generic else [(left, op, right) for op, left, right in checks.doubts]
    try:
        if any(evaluate(checks.solver.resolve(dim_of(symbol)), values) != n for symbol, n in values.items()):
            return False
        return all(_HOLDS[op](evaluate(left, values), evaluate(right, values)) for left, op, right in demanded + doubted)
    except (KeyError, ZeroDivisionError, TooComplex):
        return None


def _facts(checks: Checks) -> str:
    shown = [f"{fact.left} {fact.op} {fact.right}" for fact in checks.solver.simplified()]
    return f"[needs {', '.join(shown + [f'{left} {op} {right}' for op, left, right in checks.doubts])}]"


Examine = Callable[[str, int, int], Figures]
