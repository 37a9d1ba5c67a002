"""Sizes at a few numbers for their symbols: two formulas that agree at all of these say the same, whatever their form."""

from __future__ import annotations

from functools import lru_cache

from specc.graph.formula import UnboundSymbol, number, symbols

SAMPLES = 3
_PRIMES = (1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049, 1051, 1061, 1063, 1069, 1087, 1091, 1093, 1097)


def sampled(size: object) -> tuple[float, ...] | None:
    """The values of a size; None for what is none, or has none at these numbers."""
    if isinstance(size, bool) or not isinstance(size, int | float | str):
        return None
    return _sampled(size) if isinstance(size, str) else (size,) * SAMPLES


@lru_cache(maxsize=4096)
def _sampled(formula: str) -> tuple[int, ...] | None:
    try:
        names = symbols(formula)
        return tuple(number(formula, {name: _value(name, k) for name in names}) for k in range(SAMPLES))
    except (UnboundSymbol, SyntaxError, ZeroDivisionError, AssertionError):
        return None


def _value(name: str, sample: int) -> int:
    """The same on every run, unlike `hash`; the first number is one that much divides."""
    letters = sum(ord(letter) * (k + 1) for k, letter in enumerate(name))
    return _PRIMES[letters % len(_PRIMES)] * (5040, 1, 2)[sample]
