"""The range of a dimension by interval arithmetic over monomials.

Three readings of a polynomial are tried and the tightest wins: its monomials' intervals; the same after writing each atom
as its lower bound plus something that is at least 0 (H*H - H is h + h*h for H = 1 + h); and with c*(a//c) replaced by a or
a - (c-1). 0 times infinity is 0: the factor is a number that is really 0, and infinity stands for arbitrarily large ones.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, lcm

from specc.dims.atoms import Apply, Atom, Extremum, FloorDiv, Monomial, Symbol
from specc.dims.limits import TooComplex
from specc.dims.monomials import monomial_product, monomial_quotient
from specc.dims.polynomial import Dim, Expr, make

Bound = int | float
"""An integer, or plus or minus infinity."""
Range = tuple[Bound, Bound]

_SHIFT_DEGREE = 6
_SHIFT_TERMS = 64


class Bounds:
    """Ranges of dimensions, given the ranges of symbols. Remembers what it computed: make a new one when those change."""

    def __init__(self, symbol_range: Callable[[Symbol], Range]) -> None:
        self._symbol_range = symbol_range
        self._atoms: dict[Atom, Range] = {}
        self._lowers: dict[Expr, Bound] = {}

    def lower(self, dim: Dim) -> Bound:
        """A number that no admissible value falls short of; the largest such for polynomials of degree 1 without floors."""
        if isinstance(dim, int):
            return dim
        found = self._lowers.get(dim)
        if found is None:
            try:
                found = self._lower(dim)
            except OverflowError:  # a bound beyond what the infinities, which are floats, compare with
                found = -inf
            self._lowers[dim] = found
        return found

    def upper(self, dim: Dim) -> Bound:
        return -self.lower(-dim)

    def range(self, dim: Dim) -> Range:
        return self.lower(dim), self.upper(dim)

    def atom(self, atom: Atom) -> Range:
        if isinstance(atom, Symbol):
            return self._symbol_range(atom)
        found = self._atoms.get(atom)
        if found is None:
            found = self._atoms[atom] = self._composite(atom)
        return found

    def _composite(self, atom: FloorDiv | Extremum | Apply) -> Range:
        if isinstance(atom, FloorDiv):
            return floor_range(self.range(atom.num), self.range(atom.den))
        if isinstance(atom, Extremum):
            ranges = [self.range(arg) for arg in atom.args]
            best = max if atom.op == "max" else min
            return best(r[0] for r in ranges), best(r[1] for r in ranges)
        return (-inf if atom.lower is None else atom.lower), inf

    # --- lower bounds of polynomials --------------------------------------------------------------------------

    def _lower(self, expr: Expr) -> Bound:
        best = self._opaque_lower(expr)
        scale, relaxed = self._relaxed(expr)
        if relaxed is not None:
            below = self.lower(relaxed)
            best = max(best, below if below in (inf, -inf) else -(-int(below) // scale))
        return best

    def _opaque_lower(self, expr: Expr) -> Bound:
        """Floors and extrema as atoms of their own."""
        total: Bound = expr.const
        nonlinear = False
        for m, k in expr.terms.items():
            low, high = self._monomial(m)
            total += times(k, low if k > 0 else high)
            nonlinear = nonlinear or len(m) > 1
        if nonlinear and len(expr.terms) > 1:
            total = max(total, self._shifted_lower(expr))
        return total

    def _monomial(self, monomial: Monomial) -> Range:
        low: Bound = 1
        high: Bound = 1
        for atom in dict.fromkeys(monomial):
            a, b = self.atom(atom)
            count = monomial.count(atom)
            if count > 1:
                a, b = power_range((a, b), count)
            low, high = product_range((low, high), (a, b))
        return low, high

    def _shifted_lower(self, expr: Expr) -> Bound:
        terms: dict[Monomial, int] = {}
        for m, k in expr.terms.items():
            if len(m) > _SHIFT_DEGREE:
                return -inf
            parts: dict[Monomial, int] = {(): k}
            for atom in m:
                low = self.atom(atom)[0]
                grown = {monomial_product(n, (atom,)): j for n, j in parts.items()}
                if low != -inf and low != 0:
                    for n, j in parts.items():
                        grown[n] = grown.get(n, 0) + j * int(low)
                parts = grown
            for n, j in parts.items():
                terms[n] = terms.get(n, 0) + j
            if len(terms) > _SHIFT_TERMS:
                return -inf
        total: Bound = expr.const
        for m, k in terms.items():
            if k == 0:
                continue
            low, high = 1, 1
            for atom in dict.fromkeys(m):
                a, b = self.atom(atom)
                if a != -inf:
                    a, b = 0, b - a
                low, high = product_range((low, high), power_range((a, b), m.count(atom)))  # type: ignore[assignment]
            total += times(k, low if k > 0 else high)
        return total

    def _relaxed(self, expr: Expr) -> tuple[int, Dim | None]:
        """(scale, p) with scale*expr >= p, where p has fewer floors: a - (c-1) <= c*(a//c) <= a. None if there are none."""
        chosen: dict[Monomial, FloorDiv] = {}
        scale = 1
        for m in expr.terms:
            for atom in m:
                if isinstance(atom, FloorDiv) and self._may_relax(m, atom):
                    chosen[m] = atom
                    if isinstance(atom.den, int):
                        scale = lcm(scale, atom.den)
                    break
        if not chosen:
            return 1, None
        try:
            kept = {m: k * scale for m, k in expr.terms.items() if m not in chosen}
            out = make(kept, expr.const * scale)
            for m, floor in chosen.items():
                k = expr.terms[m] * scale
                rest = monomial_quotient(m, (floor,)) or ()
                if isinstance(floor.den, int):
                    k //= floor.den
                    slack: Dim = floor.den - 1
                else:
                    ((den, c),) = floor.den.terms.items()
                    rest = monomial_quotient(rest, den) or ()
                    k //= c
                    slack = floor.den - 1
                bound = floor.num if k < 0 else floor.num - slack
                out = out + bound * (Expr({rest: k}) if rest else k)
        except TooComplex:
            return 1, None
        return scale, out

    def _may_relax(self, monomial: Monomial, floor: FloorDiv) -> bool:
        """Whether the factors beside the floor are at least 0 and, for a symbolic divisor, hold that divisor."""
        rest: Monomial | None = monomial_quotient(monomial, (floor,))
        if isinstance(floor.den, Expr):
            if len(floor.den.terms) != 1 or floor.den.const or self.lower(floor.den) < 0:
                return False
            ((den, c),) = floor.den.terms.items()
            rest = monomial_quotient(rest or (), den)
            if rest is None or c != 1:
                return False
        return all(self.atom(atom)[0] >= 0 for atom in rest or ())


# --- interval arithmetic --------------------------------------------------------------------------------------


def times(a: Bound, b: Bound) -> Bound:
    if a == 0 or b == 0:
        return 0
    if a in (inf, -inf) or b in (inf, -inf):
        return inf if (a > 0) == (b > 0) else -inf
    return a * b


def product_range(a: Range, b: Range) -> Range:
    if a == (1, 1):
        return b
    ends = (times(a[0], b[0]), times(a[0], b[1]), times(a[1], b[0]), times(a[1], b[1]))
    return min(ends), max(ends)


def power_range(a: Range, n: int) -> Range:
    """x**n for x in `a`: an even power of a range that crosses 0 begins at 0."""
    low, high = (_power(a[0], n), _power(a[1], n))
    if n % 2:
        return low, high
    if a[0] <= 0 <= a[1]:
        return 0, max(low, high)
    return min(low, high), max(low, high)


def _power(base: Bound, n: int) -> Bound:
    out: Bound = 1
    for _ in range(n):
        out = times(out, base)
    return out


def floor_range(num: Range, den: Range) -> Range:
    """num // den wherever den is not 0."""
    low, high = den
    if low < 0 < high or high < 0 or (low < 0 and high == 0):
        far = max(abs(num[0]), abs(num[1]))
        return -far, far  # |floor(n / d)| <= |n| for whole d other than 0
    least = max(low, 1)  # 0 is no divisor
    most = max(high, 1)
    return (
        _floor(num[0], most) if num[0] >= 0 else _floor(num[0], least),
        _floor(num[1], least) if num[1] >= 0 else _floor(num[1], most),
    )


def _floor(n: Bound, d: Bound) -> Bound:
    if n in (inf, -inf):
        return n if d != inf else (0 if n > 0 else -inf)
    if d == inf:
        return 0 if n >= 0 else -1
    return int(n) // int(d)
