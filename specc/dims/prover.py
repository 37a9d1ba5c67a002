"""What follows from ranges and facts: bounds sharpened by facts, and case distinctions where those do not decide.

Cases are the residues of a symbol that stands under floor-divisions by constants, H = 2*h and H = 2*h + 1, and the arguments of
a maximum or minimum. For one symbol and constant divisors the residues decide equality completely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import gcd, inf, lcm

from specc.dims.atoms import Apply, Extremum, FloorDiv, Monomial, Symbol, atom_dims, order_of, symbols_inside
from specc.dims.bounds import Bound, Bounds, Range
from specc.dims.limits import TooComplex
from specc.dims.monomials import monomial_quotient
from specc.dims.polynomial import Dim, Expr, dim_of
from specc.dims.traverse import atoms, replace, replace_atom
from specc.dims.witness import Assignment, search

_CASES = 256
_EFFORT = 600
"""Combinations of facts that one question may try, counted double, threefold, ... where dimensions have many terms."""
_FACTS_AT_ONCE = 2
_MANY_FACTS = 8
_MOST_FACTS = 64
"""Two facts at once are combined while few speak of the same symbols; of more than the latter the rest is left out."""


class _Exhausted(Exception):
    """More cases than are worth looking at."""


class Prover:
    """Facts at one moment: ranges of symbols and dimensions known to be >= 0, == 0 and != 0. Never changes."""

    def __init__(
        self, ranges: Mapping[Symbol, Range], at_least_zero: Sequence[Expr], zero: Sequence[Expr], nonzero: Sequence[Expr],
        contradictory: bool = False, effort: list[int] | None = None,
    ) -> None:  # fmt: skip
        self.ranges = ranges
        self.at_least_zero = at_least_zero
        self.zero = zero
        self.nonzero = nonzero
        self.contradictory = contradictory
        """A fact came out as false."""
        self.symbols = frozenset(ranges).union(*map(symbols_inside, (*at_least_zero, *zero, *nonzero)))
        self.bounds = Bounds(self.symbol_range)
        self._lowers: dict[Expr, Bound] = {}
        self._effort = [0] if effort is None else effort

    def symbol_range(self, symbol: Symbol) -> Range:
        found = self.ranges.get(symbol)
        return found if found is not None else (-inf if symbol.lower is None else symbol.lower, inf)

    # --- bounds -----------------------------------------------------------------------------------------------

    def range(self, dim: Dim) -> Range:
        """Bounds of the value over admissible assignments."""
        self._effort[0] = _EFFORT
        return self.lower(dim), self.upper(dim)

    def lower(self, dim: Dim) -> Bound:
        if isinstance(dim, int):
            return dim
        found = self._lowers.get(dim)
        if found is None:
            found = self._lowers[dim] = self._lower(dim, _FACTS_AT_ONCE)
        return found

    def upper(self, dim: Dim) -> Bound:
        return -self.lower(-dim)

    def _lower(self, dim: Dim, depth: int) -> Bound:
        """e >= (j*e - i*f)/j for a fact f >= 0, with i and j such that a term of e goes."""
        best = self.bounds.lower(dim)
        if depth == 0 or isinstance(dim, int):
            return best
        inside = symbols_inside(dim)
        facts = [fact for fact in self.at_least_zero if not inside.isdisjoint(symbols_inside(fact))]
        if len(facts) > _MANY_FACTS:
            facts, depth = facts[:_MOST_FACTS], 1
        for fact in facts:
            for m, k in fact.terms.items():
                for n, e in dim.terms.items():
                    if (e > 0) != (k > 0):
                        continue
                    cofactor = monomial_quotient(n, m)
                    if cofactor is None or any(self.bounds.atom(atom)[0] < 0 for atom in cofactor):
                        continue
                    if not self._worthwhile(dim, fact):
                        return best
                    common = gcd(e, k)
                    scale = abs(k) // common
                    try:
                        rest = dim * scale - fact * (Expr({cofactor: 1}) if cofactor else 1) * (abs(e) // common)
                    except TooComplex:
                        continue
                    below = self._lower(rest, depth - 1)
                    best = max(best, below if below in (inf, -inf) else -(-int(below) // scale))
        return best

    def _worthwhile(self, *dims: Expr) -> bool:
        """Takes what a combination of these costs out of the effort that a question may cost; False when that is spent."""
        self._effort[0] -= 1 + sum(len(dim.terms) for dim in dims) // 3
        return self._effort[0] >= 0

    def consistent(self, about: Dim | None = None) -> bool:
        """False when the facts, or those that share a symbol with `about`, contradict each other in a way that bounds show."""
        if self.contradictory:
            return False
        self._effort[0] = _EFFORT
        chosen = self.symbols if about is None else symbols_inside(about)
        if any(low > high for symbol, (low, high) in self.ranges.items() if symbol in chosen):
            return False
        for fact in self.at_least_zero:
            if not chosen.isdisjoint(symbols_inside(fact)) and self.upper(fact) < 0:
                return False
        return all(self._zero_at_once(f) is not False for f in self.zero if not chosen.isdisjoint(symbols_inside(f)))

    # --- decisions --------------------------------------------------------------------------------------------

    def holds(self, dim: Dim, kind: str) -> bool | None:
        """`dim kind 0` for kind in >=, ==, !=: True for all, False for no admissible assignment, else None."""
        if kind == "!=":
            equal = self.holds(dim, "==")
            return None if equal is None else not equal
        self._effort[0] = _EFFORT
        found = self._at_once(dim, kind)
        if found is not None:
            return found
        assert isinstance(dim, Expr)
        seen = {values.fulfils(dim, kind) for values in self.samples(dim)}
        if len(seen) > 1:
            return None
        try:
            return self._by_cases(dim, kind, [_CASES])
        except (_Exhausted, TooComplex):
            return None

    def _at_once(self, dim: Dim, kind: str) -> bool | None:
        if isinstance(dim, int):
            return dim == 0 if kind == "==" else dim >= 0
        if kind == "==":
            return self._zero_at_once(dim)
        if self.lower(dim) >= 0:
            return True
        return False if self.upper(dim) < 0 else None

    def _zero_at_once(self, dim: Expr) -> bool | None:
        if dim.const % gcd(*dim.terms.values()):
            return False
        low, high = self.lower(dim), self.upper(dim)
        if low > 0 or high < 0:
            return False
        if low == high == 0:
            return True
        if any(_multiple(dim, fact) for fact in self.nonzero):
            return False
        return self._by_equations(dim, 2)

    def _by_equations(self, dim: Dim, depth: int) -> bool | None:
        if isinstance(dim, int):
            return dim == 0
        if depth == 0:
            return None
        for fact in self.zero:
            if fact == dim:
                continue
            for m, k in fact.terms.items():
                for n, e in dim.terms.items():
                    cofactor = monomial_quotient(n, m)
                    if cofactor is None or e % k:
                        continue
                    if not self._worthwhile(dim, fact):
                        return None
                    found = self._by_equations(dim - fact * (Expr({cofactor: 1}) if cofactor else 1) * (e // k), depth - 1)
                    if found is not None:
                        return found
        return True if dim in self.zero or -dim in self.zero else None

    def _by_cases(self, dim: Dim, kind: str, budget: list[int]) -> bool | None:
        found = self._at_once(dim, kind)
        if found is not None:
            return found
        assert isinstance(dim, Expr)
        answers: set[bool | None] = set()
        for case, prover in self._cases(dim):
            budget[0] -= 1
            if budget[0] < 0 or (isinstance(case, Expr) and not self._worthwhile(case)):
                raise _Exhausted
            answers.add(prover._by_cases(case, kind, budget))
            if len(answers) > 1 or None in answers:
                return None
        return answers.pop() if answers else None

    # --- cases ------------------------------------------------------------------------------------------------

    def _cases(self, dim: Expr) -> Iterator[tuple[Dim, Prover]]:
        """The dimension and the facts in each of cases that cover all assignments; nothing where none suggest themselves."""
        inside = atoms(dim)
        for atom in inside:
            if isinstance(atom, Extremum):
                yield from self._extremum_cases(dim, atom)
                return
        moduli: dict[Symbol, int] = {}
        for atom in inside:
            if isinstance(atom, FloorDiv) and isinstance(atom.den, int) and not _holds_floor(atom.num):
                for symbol in sorted(symbols_inside(atom.num), key=order_of):
                    shared = gcd(atom.den, *(k for m, k in atom.num.terms.items() if symbol in m))  # type: ignore[union-attr]
                    moduli[symbol] = lcm(moduli.get(symbol, 1), atom.den // shared)
        if moduli:
            symbol = min(moduli, key=lambda s: (moduli[s], s.serial))
            yield from self._residue_cases(dim, symbol, moduli[symbol])

    def _extremum_cases(self, dim: Expr, atom: Extremum) -> Iterator[tuple[Dim, Prover]]:
        for arg in atom.args:
            over = [arg - other if atom.op == "max" else other - arg for other in atom.args if other is not arg]
            if any(self.upper(part) < 0 for part in over):
                continue
            extra = [part for part in over if isinstance(part, Expr)]
            try:
                case = replace_atom(dim, atom, arg)
            except ZeroDivisionError:  # the dimension means nothing in this case
                continue
            facts = [*self.at_least_zero, *extra]
            yield case, Prover(self.ranges, facts, self.zero, self.nonzero, effort=self._effort)

    def _residue_cases(self, dim: Expr, symbol: Symbol, modulus: int) -> Iterator[tuple[Dim, Prover]]:
        low, high = self.symbol_range(symbol)
        for residue in range(modulus):
            least: Bound = low if low == -inf else -((residue - int(low)) // modulus)
            most: Bound = high if high == inf else (int(high) - residue) // modulus
            if least > most:
                continue
            part = Symbol(symbol.name, symbol.kind, None if least == -inf else int(least))
            value = {symbol: dim_of(part) * modulus + residue}
            try:
                case = replace(dim, value)
                facts = [_replaced(facts, value) for facts in (self.at_least_zero, self.zero, self.nonzero)]
            except ZeroDivisionError:  # the dimension or a fact means nothing in this case
                continue
            yield case, Prover({**self.ranges, part: (least, most)}, facts[0], facts[1], facts[2], effort=self._effort)

    # --- assignments ------------------------------------------------------------------------------------------

    def samples(self, dim: Expr) -> list[Assignment]:
        """A few small admissible assignments of the symbols of `dim`; none where it holds uninterpreted terms."""
        if any(isinstance(atom, Apply) and not atom_dims(atom) for atom in atoms(dim)):
            return []
        return search(self, [dim], lambda values: values.gives_meaning(dim), most=6)


def _replaced(facts: Sequence[Expr], values: Mapping[Symbol, Dim]) -> list[Expr]:
    return [new for new in (replace(fact, values) for fact in facts) if isinstance(new, Expr)]


def _holds_floor(dim: Dim) -> bool:
    return any(isinstance(atom, (FloorDiv, Extremum)) for atom in atoms(dim))


def _multiple(dim: Expr, of: Expr) -> bool:
    """Whether `dim` divides `of` rationally, so that it is 0 only where `of` is."""
    if len(dim.terms) != len(of.terms):
        return False
    m: Monomial = next(iter(of.terms))
    k, j = dim.terms.get(m, 0), of.terms[m]
    return k != 0 and all(dim.terms.get(n, 0) * j == i * k for n, i in of.terms.items()) and dim.const * j == of.const * k
