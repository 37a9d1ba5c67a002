"""Products of atoms, and the caps beyond which a dimension is refused."""

from __future__ import annotations

from specc.dims.atoms import Monomial, order_of

LIMIT = 2**63
MAX_TERMS = 1024
MAX_DEGREE = 32


class TooComplex(Exception):
    """A dimension beyond the caps: an integer of 2**63 or more, over 1024 terms, or a degree over 32."""


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


def monomial_product(m: Monomial, n: Monomial) -> Monomial:
    """Raises TooComplex beyond the cap on degrees."""
    if not m or not n:
        return m or n
    if len(m) + len(n) > MAX_DEGREE:
        raise TooComplex(f"a degree over {MAX_DEGREE}")
    return tuple(sorted(m + n, key=order_of))


def monomial_quotient(m: Monomial, by: Monomial) -> Monomial | None:
    """m / by, None where it is no monomial."""
    rest = list(m)
    for atom in by:
        if atom not in rest:
            return None
        rest.remove(atom)
    return tuple(rest)
