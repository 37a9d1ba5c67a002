"""The caps beyond which a dimension is refused, so that every question ends soon."""

from __future__ import annotations

LIMIT = 2**63
MAX_TERMS = 1024
MAX_DEGREE = 32
MAX_SIZE = 2000
"""Atoms in an atom, counted wherever they stand: what a walk over it takes."""


class TooComplex(Exception):
    """A dimension beyond the caps: an integer of 2**63 or more, over 1024 terms, a degree over 32,
    or an atom made of more than 2000."""


def capped(value: int) -> int:
    """The value itself. Raises TooComplex from 2**63 on."""
    if not -LIMIT < value < LIMIT:
        raise TooComplex("an integer of 2**63 or more")
    return value


def int_power(base: int, exponent: int) -> int:
    """Raises ZeroDivisionError for a negative exponent, TooComplex for a result of 2**63 or more, before it is computed."""
    if exponent < 0:
        raise ZeroDivisionError(f"{base} to the negative power {exponent} is no integer")
    if exponent > 63 and abs(base) > 1:
        raise TooComplex("an integer of 2**63 or more")
    return capped(int(base**exponent))
