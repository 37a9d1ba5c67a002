"""specc's dimensions beside sympy's floor: the same thousand chains of five convolutions, built side by side.

    python -m tests.benchmarks.bench_algebra

The counts say how many different expressions came out, and how many different functions of H (`meanings`) there are.
"""

from __future__ import annotations

import random

import sympy

from specc.dims.expr import Dim, Symbol, dim_of, evaluate, symbols
from tests.benchmarks.harness import Row, compare, show

CHAINS = 1000
DEPTH = 5
Step = tuple[int, int, int]


def chains(seed: int = 0) -> list[list[Step]]:
    """Steps x -> (x + k)//s + m, as convolutions and pools of random padding, kernel and stride make them."""
    draw = random.Random(seed)
    return [[(draw.randint(-3, 3), draw.randint(1, 4), draw.randint(-1, 2)) for _ in range(DEPTH)] for _ in range(CHAINS)]


def with_specc(work: list[list[Step]]) -> list[Dim]:
    height = dim_of(Symbol("H"))
    out: list[Dim] = []
    for chain in work:
        x: Dim = height
        for k, s, m in chain:
            x = (x + k) // s + m
        out.append(x)
    return out


def with_sympy(work: list[list[Step]]) -> list[object]:
    height = sympy.Symbol("H", integer=True, positive=True)
    out = []
    for chain in work:
        x = height
        for k, s, m in chain:
            x = (x + k) // s + m
        out.append(x)
    return out


def meanings(work: list[list[Step]]) -> list[tuple[int, ...]]:
    """A chain of strides s1..s5 is M + (H + K)//S with S <= 1024, so its values over two periods tell it from all others."""

    def value(chain: list[Step], x: int) -> int:
        for k, s, m in chain:
            x = (x + k) // s + m
        return x

    return [tuple(value(chain, height) for height in range(1, 2050)) for chain in work]


def counts() -> dict[str, int]:
    """Different forms of specc, of sympy, and different meanings, of the first thousand chains."""
    work = chains()
    forms = with_specc(work)
    by_meaning = meanings(work)
    # equal forms for equal meanings, one by one, not in number only
    pairs = set(zip(forms, by_meaning, strict=True))
    assert len(pairs) == len(set(forms)) == len(set(by_meaning))
    height = next(symbol for form in forms for symbol in symbols(form))
    assert all(evaluate(form, {height: 99}) == meaning[98] for form, meaning in zip(forms, by_meaning, strict=True))
    return {"specc": len(set(forms)), "sympy": len(set(with_sympy(work))), "meanings": len(set(by_meaning))}


def run(runs: int = 9) -> list[Row]:
    """Wall times of building the first fifty chains. sympy's cache is cleared before each: specc starts from new symbols."""
    work = chains()[:50]

    def theirs() -> object:
        sympy.core.cache.clear_cache()
        return with_sympy(work)

    return [compare("50 chains of 5 convolutions", lambda: with_specc(work), theirs, runs=runs, warmup=1)]


if __name__ == "__main__":
    show("symbolic integers: specc beside sympy", run())
    print(counts())
