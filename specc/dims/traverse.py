"""Walking over dimensions: symbols, atoms, substitution, evaluation."""

from __future__ import annotations

from collections.abc import Mapping

from specc.dims import printing
from specc.dims.atoms import Apply, Atom, Extremum, FloorDiv, Symbol, atom_dims, order_of, symbols_inside
from specc.dims.limits import int_power
from specc.dims.polynomial import Dim, Expr, dim_of, extremum, floor_divide, power


def symbols(dim: Dim) -> list[Symbol]:
    """The user-visible symbols in order of creation: of a quotient D/h those are D's and h's."""
    found: set[Symbol] = set()
    _visible(dim, found)
    return sorted(found, key=order_of)


def _visible(dim: Dim, found: set[Symbol]) -> None:
    for symbol in symbols_inside(dim):
        if symbol.origin is None:
            found.add(symbol)
        else:
            for part in symbol.origin:
                _visible(part, found)


def atoms(dim: Dim) -> list[Atom]:
    """All atoms at any depth, in order."""
    found: set[Atom] = set()

    def walk(part: Dim) -> None:
        if isinstance(part, Expr):
            for monomial in part.terms:
                for atom in monomial:
                    if atom not in found:
                        found.add(atom)
                        for inner in atom_dims(atom):
                            walk(inner)

    walk(dim)
    return sorted(found, key=order_of)


def replace(dim: Dim, values: Mapping[Symbol, Dim]) -> Dim:
    """Symbols replaced at once, in normal form; quotients count as symbols of their own."""
    if isinstance(dim, int) or values.keys().isdisjoint(symbols_inside(dim)):
        return dim
    kept: dict[tuple[Atom, ...], int] = {}
    out: Dim = dim.const
    for m, k in dim.terms.items():
        term: Dim = k
        changed = False
        for atom in m:
            value = _replace_atom(atom, values)
            if value is None:
                term = term * dim_of(atom)
            else:
                changed = True
                term = term * value
        if changed:
            out = out + term
        else:
            kept[m] = k
    return out + Expr(kept) if kept else out


def _replace_atom(atom: Atom, values: Mapping[Symbol, Dim]) -> Dim | None:
    if isinstance(atom, Symbol):
        return values.get(atom)
    parts = atom_dims(atom)
    if all(isinstance(part, int) or values.keys().isdisjoint(symbols_inside(part)) for part in parts):
        return None
    new = [replace(part, values) for part in parts]
    if isinstance(atom, FloorDiv):
        return floor_divide(*new)
    if isinstance(atom, Apply):
        return power(*new)
    return extremum(atom.op, *new)


def substitute(dim: Dim, values: Mapping[Symbol, Dim]) -> Dim:
    """Symbols replaced at once. A quotient D/h follows when D or h is replaced."""
    full: dict[Symbol, Dim] = dict(values)
    for symbol in symbols_inside(dim):
        if symbol not in full and symbol.origin is not None and not set(symbols(dim_of(symbol))).isdisjoint(values):
            full[symbol] = floor_divide(*(substitute(part, values) for part in symbol.origin))
    return replace(dim, full)


def without_quotients(dim: Dim) -> Dim:
    """Over the user's symbols alone: h times the quotient D/h as D, what is left of it as the floor-division D//h."""
    if isinstance(dim, int) or all(s.origin is None for s in symbols_inside(dim)):
        return dim
    dim = printing.with_origins(dim)
    parts = {s: s.origin for s in symbols_inside(dim) if s.origin is not None}
    quotients = {s: floor_divide(*(without_quotients(part) for part in origin)) for s, origin in parts.items()}
    return replace(dim, quotients)


def evaluate(dim: Dim, values: Mapping[Symbol, int] | Mapping[Atom, int]) -> int:
    """The integer for given symbols (and uninterpreted terms).

    Raises KeyError where one is missing, ZeroDivisionError where it means nothing, TooComplex for a power of 2**63 or more.
    """
    if isinstance(dim, int):
        return dim
    total = dim.const
    for m, k in dim.terms.items():
        for atom in m:
            k *= _atom_value(atom, values)
        total += k
    return total


def _atom_value(atom: Atom, values: Mapping[Symbol, int] | Mapping[Atom, int]) -> int:
    found = values.get(atom)  # type: ignore[arg-type]
    if found is not None:
        return found
    if isinstance(atom, Symbol):
        if atom.origin is None:
            raise KeyError(atom)
        value, by = atom.origin
        return evaluate(value, values) // evaluate(by, values)
    parts = [evaluate(part, values) for part in atom_dims(atom)]
    if isinstance(atom, FloorDiv):
        return parts[0] // parts[1]
    if isinstance(atom, Apply):
        if not parts:
            raise KeyError(atom)
        return int_power(*parts)
    return max(parts) if atom.op == "max" else min(parts)


def replace_atom(dim: Dim, old: Atom, new: Dim) -> Dim:
    """One atom replaced wherever it stands, at any depth, in normal form."""
    if isinstance(dim, int):
        return dim
    out: Dim = dim.const
    for m, k in dim.terms.items():
        term: Dim = k
        for atom in m:
            if atom is old:
                term = term * new
                continue
            parts = atom_dims(atom)
            changed = [replace_atom(part, old, new) for part in parts]
            if all(a is b or a == b for a, b in zip(parts, changed, strict=True)):
                term = term * dim_of(atom)
            elif isinstance(atom, FloorDiv):
                term = term * floor_divide(*changed)
            elif isinstance(atom, Extremum):
                term = term * extremum(atom.op, *changed)
            else:
                term = term * power(*changed)
        out = out + term
    return out
