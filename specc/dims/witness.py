"""Small admissible assignments: for messages, and to see quickly that nothing can be proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import TYPE_CHECKING

from specc.dims.atoms import Symbol, order_of, symbols_inside
from specc.dims.limits import TooComplex
from specc.dims.polynomial import Dim, Expr
from specc.dims.traverse import evaluate

if TYPE_CHECKING:
    from specc.dims.prover import Prover

_SMALL = (1, 2, 3, 4, 5, 7, 8, 6, 11, 13, 16, 9, 10, 12, 17, 31, 32, 64, 128, 256, 1024, 0, -1)
_NODES = 6000


class Assignment(dict[Symbol, int]):
    """Values of symbols."""

    def value(self, dim: Dim) -> int:
        """Raises ZeroDivisionError where the dimension means nothing for these values."""
        return evaluate(dim, self)

    def gives_meaning(self, dim: Dim) -> bool:
        """Whether the dimension is an integer for these values: no divisor is 0, no power out of bounds."""
        try:
            evaluate(dim, self)
        except (ZeroDivisionError, TooComplex):
            return False
        return True

    def fulfils(self, dim: Dim, kind: str) -> bool:
        """`dim kind 0` for kind in >=, ==, !=. Raises as `value`."""
        value = evaluate(dim, self)
        return value >= 0 if kind == ">=" else (value == 0) == (kind == "==")


def search(prover: Prover, dims: Sequence[Dim], wanted: Callable[[Assignment], bool], most: int = 1) -> list[Assignment]:
    """Up to `most` admissible assignments of the symbols of `dims`, and of those that facts tie to them, which are wanted."""
    facts = [(fact, kind) for facts, kind in _kinds(prover) for fact in facts]
    chosen = set().union(*(symbols_inside(dim) for dim in dims))
    tied: list[tuple[Expr, str, frozenset[Symbol]]] = []
    open_facts = [(fact, kind, symbols_inside(fact)) for fact, kind in facts]
    while True:
        reached = [entry for entry in open_facts if not chosen.isdisjoint(entry[2])]
        if not reached:
            break
        open_facts = [entry for entry in open_facts if chosen.isdisjoint(entry[2])]
        tied += reached
        for entry in reached:
            chosen |= entry[2]
    symbols = sorted(chosen, key=order_of)
    last = {symbol: i for i, symbol in enumerate(symbols)}
    checks: list[list[tuple[Expr, str]]] = [[] for _ in symbols]
    for fact, kind, inside in tied:
        checks[max(last[symbol] for symbol in inside)].append((fact, kind))
    candidates = [_candidates(*prover.symbol_range(symbol)) for symbol in symbols]
    found: list[Assignment] = []
    budget = [_NODES if most == 1 else _NODES // 20]
    for width in (2, 4, 8, len(_SMALL) + 5):
        for values in _assignments(symbols, [c[:width] for c in candidates], checks, budget):
            try:
                if values not in found and wanted(values):
                    found.append(Assignment(values))
            except (ZeroDivisionError, TooComplex):
                continue
            if len(found) >= most:
                return found
        if budget[0] <= 0:
            break
    return found


def _kinds(prover: Prover) -> list[tuple[Sequence[Expr], str]]:
    return [(prover.at_least_zero, ">="), (prover.zero, "=="), (prover.nonzero, "!=")]


def _candidates(low: int | float, high: int | float) -> list[int]:
    near = [int(low) + i for i in range(4)] if low != -inf else []
    far = [int(high) - i for i in range(2)] if high != inf else []
    return list(dict.fromkeys(v for v in [*near[:1], *far[:1], *near, *_SMALL, *far] if low <= v <= high))


def _assignments(
    symbols: list[Symbol], candidates: list[list[int]], checks: list[list[tuple[Expr, str]]], budget: list[int]
) -> Iterator[Assignment]:
    """All combinations that fulfil the checks, each of which is made as soon as its last symbol has a value."""
    values = Assignment()

    def extend(i: int) -> Iterator[Assignment]:
        if i == len(symbols):
            yield values
            return
        for value in candidates[i]:
            budget[0] -= 1
            if budget[0] <= 0:
                return
            values[symbols[i]] = value
            if all(_fulfils(fact, kind, values) for fact, kind in checks[i]):
                yield from extend(i + 1)
        values.pop(symbols[i], None)

    return extend(0)


def _fulfils(fact: Expr, kind: str, values: Assignment) -> bool:
    try:
        return values.fulfils(fact, kind)
    except (KeyError, ZeroDivisionError, TooComplex):  # an uninterpreted term in the fact: nothing is known to fulfil it
        return False
