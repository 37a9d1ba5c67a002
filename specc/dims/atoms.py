"""The indivisible parts of a dimension: symbols, floor-divisions, maxima and minima, uninterpreted terms.

Composite atoms are interned, so that equality is identity and monomials hash at C speed. The table holds them weakly.
Their order is structural over the symbols' creation order: the same on every run, whatever was computed before.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Union
from weakref import WeakValueDictionary

from specc.dims.limits import MAX_SIZE, TooComplex

if TYPE_CHECKING:
    from specc.dims.polynomial import Dim

Order = tuple[Any, ...]
"""A sort key: tuples whose first item decides what follows, so that two keys always compare."""

_serials = count()


class Symbol:
    """An unknown integer. Rigid: the user's (>= `lower`). Flexible: the solver may bind it. Existential: depends on data.

    Ordered by creation (`serial`), never by hash. `name` is for people. `payload` belongs to whoever made it. `origin` is
    (value, by) for a quotient that a divisibility fact introduced: the symbol is value / by, exactly, and is printed so.
    """

    __slots__ = ("kind", "lower", "name", "order", "origin", "payload", "serial", "size")

    def __init__(
        self, name: str, kind: str = "rigid", lower: int | None = 1, payload: object = None,
        origin: tuple[Dim, Dim] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.kind = kind
        self.lower = lower
        self.payload = payload
        self.origin = origin
        self.serial = next(_serials)
        self.order: Order = (0, self.serial)
        self.size = 1

    def __repr__(self) -> str:
        return f"Symbol({self.name})"


class FloorDiv:
    """`num // den`, rounded towards minus infinity. Made by `polynomial.floor_divide` only, which brings it to normal form."""

    __slots__ = ("__weakref__", "den", "num", "order", "size")

    num: Dim
    den: Dim
    order: Order
    size: int

    def __repr__(self) -> str:
        return f"FloorDiv({self.num}, {self.den})"


class Extremum:
    """`max` or `min` of two or more dimensions, none of which is known to dominate."""

    __slots__ = ("__weakref__", "args", "op", "order", "size")

    op: str
    args: tuple[Dim, ...]
    order: Order
    size: int

    def __repr__(self) -> str:
        return f"Extremum({self.op}, {', '.join(map(str, self.args))})"


class Apply:
    """An uninterpreted integer term such as `depths[i]`: equal when `key` is equal. A key ("**", base, exponent) is a power,
    the one term that is evaluated. `names`: the parameters that it depends on."""

    __slots__ = ("__weakref__", "key", "lower", "names", "order", "payload", "size", "text")

    key: tuple[object, ...]
    lower: int | None
    text: str  # how people read it
    payload: object
    names: frozenset[str]
    order: Order
    size: int

    def __repr__(self) -> str:
        return f"Apply({self.text})"


Atom = Union[Symbol, FloorDiv, Extremum, Apply]
Monomial = tuple[Atom, ...]
"""A product of atoms in order, each as often as its power."""

_floor_divs: WeakValueDictionary[tuple[Dim, Dim], FloorDiv] = WeakValueDictionary()
_extrema: WeakValueDictionary[tuple[str, tuple[Dim, ...]], Extremum] = WeakValueDictionary()
_applies: WeakValueDictionary[tuple[object, ...], Apply] = WeakValueDictionary()


def floor_div_atom(num: Dim, den: Dim) -> FloorDiv:
    key = (num, den)
    atom = _floor_divs.get(key)
    if atom is None:
        atom = FloorDiv()
        atom.size = _size((num, den))
        atom.num = num
        atom.den = den
        atom.order = (1, dim_order(num), dim_order(den))
        _floor_divs[key] = atom
    return atom


def extremum_atom(op: str, args: tuple[Dim, ...]) -> Extremum:
    key = (op, args)
    atom = _extrema.get(key)
    if atom is None:
        atom = Extremum()
        atom.size = _size(args)
        atom.op = op
        atom.args = args
        atom.order = (2, op, tuple(dim_order(arg) for arg in args))
        _extrema[key] = atom
    return atom


def apply_atom(key: tuple[object, ...], text: str, lower: int | None, payload: object, names: frozenset[str]) -> Apply:
    typed = (key, tuple(type(part) for part in key))  # 1 == True == 1.0 must not make two terms one
    atom = _applies.get(typed)
    if atom is None:
        atom = Apply()
        atom.key = key
        atom.size = _size(atom_dims(atom))
        atom.text = text
        atom.lower = lower
        atom.payload = payload
        atom.names = names
        atom.order = (3, _value_order(key))
        _applies[typed] = atom
    return atom


def _size(dims: tuple[Dim, ...]) -> int:
    """Of an atom made of these. Raises TooComplex beyond the cap."""
    size = 1 + sum(atom.size for dim in dims if not isinstance(dim, int) for monomial in dim.terms for atom in monomial)
    if size > MAX_SIZE:
        raise TooComplex(f"a term made of more than {MAX_SIZE} parts")
    return size


def order_of(atom: Atom) -> Order:
    return atom.order


def monomial_order(monomial: Monomial) -> Order:
    return tuple(atom.order for atom in monomial)


def dim_order(dim: Dim) -> Order:
    """A total order of dimensions that agrees with their equality."""
    if isinstance(dim, int):
        return ((), dim)
    return (tuple(sorted((monomial_order(m), k) for m, k in dim.terms.items())), dim.const)


def _value_order(value: object) -> Order:
    """A total order of the plain values that keys are made of."""
    if isinstance(value, tuple):
        return (4, tuple(_value_order(part) for part in value))
    if isinstance(value, (bool, int)):
        return (1, int(value), type(value).__name__)
    if isinstance(value, str):
        return (2, value)
    if isinstance(value, Symbol):
        return (5, value.serial)
    if hasattr(value, "terms"):
        return (6, dim_order(value))  # type: ignore[arg-type]
    return (7, type(value).__name__, repr(value))


def atom_dims(atom: Atom) -> tuple[Dim, ...]:
    """The dimensions that an atom is made of."""
    if isinstance(atom, FloorDiv):
        return (atom.num, atom.den)
    if isinstance(atom, Extremum):
        return atom.args
    if isinstance(atom, Apply) and atom.key[0] == "**":
        return (atom.key[1], atom.key[2])  # type: ignore[return-value]
    return ()


def symbols_inside(dim: Dim) -> frozenset[Symbol]:
    """The symbols a dimension is built from, at any depth, quotients as they stand. Cached; never iterate it into output."""
    if isinstance(dim, int):
        return frozenset()
    found = dim.cached_symbols
    if found is None:
        out: set[Symbol] = set()
        for monomial in dim.terms:
            for atom in monomial:
                if isinstance(atom, Symbol):
                    out.add(atom)
                else:
                    for part in atom_dims(atom):
                        out |= symbols_inside(part)
        found = dim.cached_symbols = frozenset(out)
    return found


def is_nonnegative(dim: Dim) -> bool:
    """Cheap and one-sided: at least 0 by what is known of every symbol from its creation on."""
    least = _least(dim)
    return least is not None and least >= 0


def _least(dim: Dim) -> int | None:
    """A lower bound of sums without negative coefficients."""
    if isinstance(dim, int):
        return dim
    total = dim.const
    for monomial, k in dim.terms.items():
        if k < 0:
            return None
        for atom in monomial:
            least = _least_of_atom(atom)
            if least is None or least < 0:
                return None
            k *= least
        total += k
    return total


def _least_of_atom(atom: Atom) -> int | None:
    if isinstance(atom, (Symbol, Apply)):
        return atom.lower
    if isinstance(atom, FloorDiv):
        num = _least(atom.num)
        if isinstance(atom.den, int):
            return None if num is None else num // atom.den
        return 0 if num is not None and num >= 0 and is_nonnegative(atom.den) else None
    known = [least for least in map(_least, atom.args) if least is not None]
    if atom.op == "max":
        return max(known, default=None)
    return min(known) if len(known) == len(atom.args) else None
