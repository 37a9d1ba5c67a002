"""Polynomials over atoms and their normal form under `+ - * // % ** max min`.

Floor-division by a positive constant c pulls out every multiple of c, divides by what all have in common, and flattens nested
floors: ((e//n) + k)//c = (e + k*n)//(n*c). Any chain x -> (x + k)//s + m so has one form, M + (H + K)//S with
0 <= K < S. A symbolic divisor divides exactly or becomes an atom. There is no remainder atom: a % b = a - b*(a//b).
"""

from __future__ import annotations

from math import gcd
from typing import NoReturn, Union

from specc.dims import printing
from specc.dims.atoms import (
    Atom,
    Extremum,
    FloorDiv,
    Monomial,
    Symbol,
    apply_atom,
    dim_order,
    extremum_atom,
    floor_div_atom,
    is_nonnegative,
    monomial_order,
)
from specc.dims.limits import MAX_DEGREE, MAX_TERMS, TooComplex, capped, int_power
from specc.dims.monomials import monomial_product, monomial_quotient
from specc.dims.opaque import NotGeneric


class Expr:
    """A polynomial over atoms, in normal form: equal forms are equal objects to `==` and `hash`. Never constant: constants
    are plain ints. `terms` maps monomials to coefficients other than 0 and must not be changed."""

    __slots__ = ("cached_hash", "cached_symbols", "const", "terms")

    def __init__(self, terms: dict[Monomial, int], const: int = 0) -> None:
        self.terms = terms
        self.const = const
        self.cached_hash: int | None = None
        self.cached_symbols: frozenset[Symbol] | None = None

    # --- identity ---------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Expr) and self.const == other.const and self.terms == other.terms

    def __hash__(self) -> int:
        found = self.cached_hash
        if found is None:
            found = self.cached_hash = hash((self.const, frozenset(self.terms.items())))
        return found

    def __str__(self) -> str:
        return printing.text(self)

    def __repr__(self) -> str:
        return f"<{printing.text(self)}>"

    @property
    def names(self) -> frozenset[str]:
        """The names of the symbols and parameters it depends on."""
        return frozenset(printing.names(self))

    # --- arithmetic -------------------------------------------------------------------------------------------

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return Expr(self.terms, capped(self.const + other)) if other else self
        if isinstance(other, Expr):
            return _sum(self, other, 1)
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return Expr(self.terms, capped(self.const - other)) if other else self
        if isinstance(other, Expr):
            return _sum(self, other, -1)
        return NotImplemented

    def __rsub__(self, other: int) -> Dim:
        return Expr({m: -k for m, k in self.terms.items()}, capped(other - self.const))

    def __neg__(self) -> Expr:
        return Expr({m: -k for m, k in self.terms.items()}, -self.const)

    def __pos__(self) -> Expr:
        return self

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            if other == 1:
                return self
            if other == 0:
                return 0
            return Expr({m: capped(k * other) for m, k in self.terms.items()}, capped(self.const * other))
        if isinstance(other, Expr):
            return _product(self, other)
        return NotImplemented

    __rmul__ = __mul__

    def __pow__(self, exponent: Dim) -> Dim:
        if isinstance(exponent, Expr):
            return power(self, exponent)
        if exponent < 0:
            raise ZeroDivisionError(f"{self} to the negative power {exponent} is no integer")
        if exponent > MAX_DEGREE:
            raise TooComplex(f"an exponent of {exponent}; at most {MAX_DEGREE} is supported")
        out: Dim = 1
        for _ in range(exponent):
            out = out * self
        return out

    def __rpow__(self, base: int) -> Dim:
        return power(base, self)

    def __floordiv__(self, other: Dim) -> Dim:
        return floor_divide(self, other)

    def __rfloordiv__(self, other: int) -> Dim:
        return floor_divide(other, self)

    def __mod__(self, other: Dim) -> Dim:
        return self - other * floor_divide(self, other)

    def __rmod__(self, other: int) -> Dim:
        return other - self * floor_divide(other, self)

    # --- what a symbolic integer cannot answer ----------------------------------------------------------------

    def __index__(self) -> int:
        raise NotGeneric(self.names, f"the value of {self} is needed")

    __int__ = __index__

    def __bool__(self) -> bool:
        raise TypeError(f"the truth of {self} is not known: ask the solver (decide)")

    def _ordering(self, other: object) -> NoReturn:
        raise TypeError(f"{self} cannot be ordered by value: ask the solver (decide)")

    __lt__ = __le__ = __gt__ = __ge__ = _ordering


Dim = Union[int, Expr]


def dim_of(atom: Atom) -> Expr:
    """An atom as a dimension."""
    return Expr({(atom,): 1})


# --- sums and products ----------------------------------------------------------------------------------------


def make(terms: dict[Monomial, int], const: int) -> Dim:
    """The dimension of a table of terms, none of them 0, that the caller gives away."""
    if not terms:
        return const
    if len(terms) > MAX_TERMS:
        raise TooComplex(f"more than {MAX_TERMS} terms")
    return Expr(terms, const)


def _sum(a: Expr, b: Expr, sign: int) -> Dim:
    terms = a.terms.copy()
    for m, k in b.terms.items():
        total = terms.get(m, 0) + sign * k
        if total:
            terms[m] = capped(total)
        else:
            del terms[m]
    return make(terms, capped(a.const + sign * b.const))


def _product(a: Expr, b: Expr) -> Dim:
    left = list(a.terms.items())
    right = list(b.terms.items())
    if a.const:
        left.append(((), a.const))
    if b.const:
        right.append(((), b.const))
    if len(left) * len(right) > 16 * MAX_TERMS:
        raise TooComplex(f"more than {MAX_TERMS} terms")
    terms: dict[Monomial, int] = {}
    for m, k in left:
        for n, j in right:
            product = monomial_product(m, n)
            terms[product] = terms.get(product, 0) + k * j
    const = terms.pop((), 0)
    return make({m: capped(k) for m, k in terms.items() if k}, capped(const))


# --- division -------------------------------------------------------------------------------------------------


def floor_divide(num: Dim, den: Dim) -> Dim:
    """`num // den` in normal form. Where `den` is symbolic the result means what it says wherever `den` is not 0.

    Raises ZeroDivisionError for the divisor 0, TooComplex beyond the caps.
    """
    if isinstance(den, int):
        if isinstance(num, int):
            return num // den
        if den == 0:
            raise ZeroDivisionError(f"{num} divided by zero")
        return _floor_by_int(num, den)
    return _floor_by_expr(num, den)


def _floor_by_int(num: Expr, c: int) -> Dim:
    if c < 0:
        num, c = -num, -c
    if c == 1:
        return num
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    common = c
    for m, k in num.terms.items():
        quotient, remainder = divmod(k, c)
        if quotient:
            whole[m] = quotient
        if remainder:
            rest[m] = remainder
            common = gcd(common, remainder)
    whole_const, rest_const = divmod(num.const, c)
    if not rest:
        return make(whole, whole_const)
    if common > 1:
        rest = {m: k // common for m, k in rest.items()}
        rest_const //= common
        c //= common
    floor = _floor_reduced(Expr(rest, rest_const), c)
    return floor + make(whole, whole_const) if whole or whole_const else floor


def _floor_reduced(num: Expr, c: Dim) -> Dim:
    """`num // c` where no multiple of c > 0 can be pulled out any more: flatten what nests, else make an atom."""
    inner: FloorDiv | Extremum | None = None
    for m, k in num.terms.items():
        if k == 1 and len(m) == 1 and isinstance(m[0], (FloorDiv, Extremum)):
            if inner is not None:
                break  # two candidates: neither order of flattening is better, so it stays
            inner = m[0]
    else:
        if inner is not None:
            others = num - dim_of(inner)
            if isinstance(inner, FloorDiv):
                return floor_divide(inner.num + inner.den * others, inner.den * c)
            if isinstance(c, int):
                return extremum(inner.op, *(floor_divide(arg + others, c) for arg in inner.args))
    return dim_of(floor_div_atom(num, c))


def _floor_by_expr(num: Dim, den: Expr) -> Dim:
    if num == 0:
        return 0
    if leading(den)[1] < 0:
        num, den = -num, -den
    whole, rest = divide(num, den)
    if rest == 0:
        return whole
    num, by = cancel(rest, den)
    if isinstance(by, int):
        return whole + floor_divide(num, by)
    if isinstance(num, Expr) and is_nonnegative(by):
        return whole + _floor_reduced(num, by)
    return whole + dim_of(floor_div_atom(num, by))


def leading(expr: Expr) -> tuple[Monomial, int]:
    """The first term in the order of monomials: highest degree, then oldest symbols."""
    if len(expr.terms) == 1:
        return next(iter(expr.terms.items()))
    return min(expr.terms.items(), key=lambda term: (-len(term[0]), monomial_order(term[0])))


def divide(num: Dim, den: Expr) -> tuple[Dim, Dim]:
    """(q, r) with num = q*den + r, pulling out whatever multiples of `den` can be: r is 0 if `den` divides `num` as a
    polynomial with integer coefficients. The leading term of `den` must be positive."""
    if isinstance(num, int):
        return (0, num)
    lead, c = leading(den)
    whole: Dim = 0
    done: Dim = 0
    rest: Dim = num
    for _ in range(MAX_TERMS):
        if isinstance(rest, int) or (len(den.terms) > 1 and len(leading(rest)[0]) < len(lead)):
            return whole, done + rest
        m, k = leading(rest)
        quotient = monomial_quotient(m, lead)
        factor = 0 if quotient is None else k // c
        if quotient is not None and factor:
            part: Dim = Expr({quotient: factor}) if quotient else factor
            whole = whole + part
            rest = rest - part * den
            k -= factor * c
        if k:  # what is left of this term stays; take it away so that the next one leads
            term = Expr({m: k})
            done = done + term
            rest = rest - term
    raise TooComplex("a division that does not end")


def cancel(num: Dim, den: Expr) -> tuple[Dim, Dim]:
    """num / den without the integer and the atoms that all terms of both have in common."""
    shared: list[Atom] = []
    if not den.const and isinstance(num, Expr) and not num.const:
        monomials = [*num.terms, *den.terms]
        candidates = list(monomials[0])
        for m in monomials[1:]:
            left = list(m)
            kept = []
            for atom in candidates:
                if atom in left:
                    left.remove(atom)
                    kept.append(atom)
            candidates = kept
        shared = candidates
    common = gcd(den.const, *den.terms.values(), *((num,) if isinstance(num, int) else (num.const, *num.terms.values())))
    if not shared and common == 1:
        return num, den
    return _shrunk(num, common, tuple(shared)), _shrunk(den, common, tuple(shared))


def _shrunk(dim: Dim, common: int, shared: Monomial) -> Dim:
    if isinstance(dim, int):
        return dim // common
    terms = {monomial_quotient(m, shared) or (): k // common for m, k in dim.terms.items()}
    const = terms.pop((), 0) + dim.const // common
    return make(terms, const)


# --- other operations -----------------------------------------------------------------------------------------


def extremum(op: str, *args: Dim) -> Dim:
    """`max` or `min` of its arguments: nested ones are flattened, dominated ones left out, constants moved outwards."""
    flat: list[Dim] = []
    for arg in args:
        if isinstance(arg, Expr) and len(arg.terms) == 1:
            ((m, k),) = arg.terms.items()
            if k == 1 and len(m) == 1 and isinstance(m[0], Extremum) and m[0].op == op:
                flat.extend(inner + arg.const for inner in m[0].args)
                continue
        flat.append(arg)
    kept: list[Dim] = []
    for arg in flat:
        if not any(_dominates(op, other, arg) for other in kept):
            kept = [other for other in kept if not _dominates(op, arg, other)]
            kept.append(arg)
    if len(kept) == 1:
        return kept[0]
    kept.sort(key=dim_order, reverse=True)
    shift = next(arg.const for arg in kept if isinstance(arg, Expr))
    return dim_of(extremum_atom(op, tuple(arg - shift for arg in kept))) + shift


def _dominates(op: str, a: Dim, b: Dim) -> bool:
    """Whether `a` makes `b` superfluous, seen without a solver."""
    difference = a - b if op == "max" else b - a
    return difference >= 0 if isinstance(difference, int) else is_nonnegative(difference)


def max_(a: Dim, b: Dim) -> Dim:
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else extremum("max", a, b)


def min_(a: Dim, b: Dim) -> Dim:
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else extremum("min", a, b)


def power(base: Dim, exponent: Dim) -> Dim:
    """`base ** exponent`, an uninterpreted term while the exponent is symbolic (and then taken to be at least 0)."""
    if isinstance(exponent, int):
        return int_power(base, exponent) if isinstance(base, int) else base**exponent
    if base == 1:
        return 1
    positive = base >= 1 if isinstance(base, int) else is_nonnegative(base)
    text = f"{printing.factor(base)}**{printing.factor(exponent)}"
    names = frozenset(printing.names(exponent)) | (frozenset() if isinstance(base, int) else frozenset(printing.names(base)))
    lower = (1 if isinstance(base, int) else 0) if positive else None
    return dim_of(apply_atom(("**", base, exponent), text, lower, None, names))


def apply(
    key: tuple[object, ...], *, text: str, lower: int | None = None, payload: object = None, names: frozenset[str] = frozenset()
) -> Expr:
    """An uninterpreted integer. `text` is how people read it and follows from `key`; so do `lower`, `payload` and `names`."""
    return dim_of(apply_atom(key, text, lower, payload, names))
