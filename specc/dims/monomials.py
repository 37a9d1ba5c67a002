"""Products of atoms."""

from __future__ import annotations

from specc.dims.atoms import Monomial, order_of
from specc.dims.limits import MAX_DEGREE, TooComplex


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
