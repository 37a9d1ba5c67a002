"""From facts to a prover: each fact resolved, solved for a symbol where it speaks of one, and sorted by kind."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from specc.dims.atoms import Symbol
from specc.dims.bounds import Range
from specc.dims.facts import Fact, simpler, single_bound
from specc.dims.polynomial import Dim, Expr
from specc.dims.prover import Prover


def assembled(facts: list[Fact], resolve: Callable[[Dim], Dim], base: Prover | None = None) -> Prover:
    """What the facts say once they are resolved, and what `base`, which excludes no values, says already."""
    ranges: dict[Symbol, Range] = dict(base.ranges) if base else {}
    kinds: dict[str, list[Expr]] = {">=": [], "==": [], "!=": []}
    if base is not None:
        kinds[">="] += base.at_least_zero
        kinds["=="] += base.zero
    holds = base is None or not base.contradictory
    for fact in facts:
        try:
            dim = resolve(fact.dim)
        except ZeroDivisionError:  # a fact that means nothing holds nowhere
            holds = False
            continue
        if isinstance(dim, int):
            holds = holds and (dim >= 0 if fact.kind == ">=" else (dim == 0) == (fact.kind == "=="))
        elif fact.kind == ">=":
            for part in simpler(dim):
                holds = _narrow(ranges, kinds[">="], part) and holds
        else:
            kinds[fact.kind].append(dim)
            if fact.kind == "==":
                kinds[">="] += [dim, -dim]
    for dim in kinds["!="]:  # a bound that is excluded moves by one
        for edge in (single_bound(dim), single_bound(-dim)):
            if edge is not None:
                symbol, (low, high) = edge
                old = ranges.get(symbol, (-inf if symbol.lower is None else symbol.lower, inf))
                if dim.const % next(iter(dim.terms.values())) == 0 and old[0] in (low, high):
                    ranges[symbol] = (old[0] + 1, old[1])
    return Prover(ranges, kinds[">="], kinds["=="], kinds["!="], not holds)


def _narrow(ranges: dict[Symbol, Range], others: list[Expr], dim: Dim) -> bool:
    """Adds dim >= 0 to the ranges, or to what is not about one symbol. False where it is wrong outright."""
    found = single_bound(dim)
    if found is not None:
        symbol, (low, high) = found
        old = ranges.get(symbol, (-inf if symbol.lower is None else symbol.lower, inf))
        ranges[symbol] = (max(old[0], low), min(old[1], high))
    elif isinstance(dim, Expr):
        if dim not in others:
            others.append(dim)
    else:
        return dim >= 0
    return True
