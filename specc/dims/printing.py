"""Dimensions as text: `(H + 1)//2`, `2*H`, `B*T`, `4*d + 1`, and exact quotients as `D/h`.

The text is Python whose value is the dimension's. A divisibility fact D = h*q leaves q in the normal form; people never see
it: h*q is printed as D again, and what remains of q as D/h.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from specc.dims.atoms import Apply, Atom, Extremum, Monomial, Symbol, atom_dims, monomial_order, symbols_inside

if TYPE_CHECKING:
    from specc.dims.polynomial import Dim, Expr

_SUM, _QUOTIENT, _PRODUCT, _ATOM = range(4)
"""How tightly a text binds: `a + b`; `a//b`; `a*b` and `a**2`; `a` and `f(a)`."""


def text(dim: Dim) -> str:
    return _sum(dim)[0]


def factor(dim: Dim) -> str:
    """The text as the operand of a product or power: in brackets unless it is a name or a number."""
    found, binding = _sum(dim)
    return found if binding == _ATOM else f"({found})"


def names(dim: Dim) -> list[str]:
    """Names of the symbols and parameters that the text shows or depends on, sorted."""
    found: set[str] = set()
    _collect_names(dim, found)
    return sorted(found)


def _collect_names(dim: Dim, found: set[str]) -> None:
    if isinstance(dim, int):
        return
    for monomial in dim.terms:
        for atom in monomial:
            if isinstance(atom, Symbol):
                if atom.origin is None:
                    found.add(atom.name)
                else:
                    for part in atom.origin:
                        _collect_names(part, found)
            else:
                if isinstance(atom, Apply):
                    found |= atom.names
                for part in atom_dims(atom):
                    _collect_names(part, found)


def _sum(dim: Dim) -> tuple[str, int]:
    if isinstance(dim, int):
        return str(dim), _ATOM if dim >= 0 else _SUM
    dim = with_origins(dim)
    if isinstance(dim, int):
        return _sum(dim)
    terms = sorted(dim.terms.items(), key=lambda term: (-len(term[0]), monomial_order(term[0])))
    if dim.const:
        terms.append(((), dim.const))
    if len(terms) == 1:
        return _term(*terms[0])
    if terms[0][1] < 0:  # `W - H` reads better than `-H + W`
        first = next((i for i, (_, k) in enumerate(terms) if k > 0), 0)
        terms.insert(0, terms.pop(first))
    out = _term(*terms[0])[0]
    for m, k in terms[1:]:
        out += f" - {_term(m, -k)[0]}" if k < 0 else f" + {_term(m, k)[0]}"
    return out, _SUM


def _term(monomial: Monomial, k: int) -> tuple[str, int]:
    if k < 0:
        found, binding = _term(monomial, -k)
        plain = binding >= _PRODUCT  # -(H//2): without brackets it would be (-H)//2
        return (f"-{found}" if plain else f"-({found})"), _SUM
    if not monomial:
        return str(k), _ATOM
    pieces: list[tuple[str, int]] = []
    atoms = list(monomial)
    for atom in dict.fromkeys(atoms):
        count = atoms.count(atom)
        if isinstance(atom, Symbol) and atom.origin is not None:
            by = atom.origin[1]
            if count == 1 and k > 1 and isinstance(by, int):  # 8 of H/16 are H/2
                shared = gcd(k, by)
                k //= shared
                piece = _quotient(atom.origin[0], by // shared)
            else:
                piece = _quotient(*atom.origin)
        else:
            piece = _atom(atom)
        if count > 1:
            piece = (f"{piece[0] if piece[1] == _ATOM else f'({piece[0]})'}**{count}", _PRODUCT)
        pieces.append(piece)
    if len(pieces) == 1 and k == 1:
        return pieces[0]
    bracketed = [found if binding >= _PRODUCT else f"({found})" for found, binding in pieces]
    return "*".join([str(k)] * (k != 1) + bracketed), _PRODUCT


def _atom(atom: Atom) -> tuple[str, int]:
    if isinstance(atom, Symbol):
        return atom.name, _ATOM
    if isinstance(atom, Apply):
        return atom.text, _ATOM if atom.text.replace("_", "").isalnum() or atom.text.endswith((")", "]")) else _SUM
    if isinstance(atom, Extremum):
        return f"{atom.op}({', '.join(text(arg) for arg in atom.args)})", _ATOM
    return f"{factor(atom.num)}//{factor(atom.den)}", _QUOTIENT


def _quotient(value: Dim, by: Dim) -> tuple[str, int]:
    return (f"{factor(value)}/{factor(by)}", _QUOTIENT) if by != 1 else _sum(value)


def with_origins(expr: Expr) -> Dim:
    """h*q for D = h*q written as D again, wherever the whole of h is there to be used."""
    quotients = sorted((s for s in symbols_inside(expr) if s.origin is not None), key=lambda s: -s.serial)
    out: Dim = expr
    for q in quotients:
        assert q.origin is not None
        value, by = q.origin
        if isinstance(out, int):
            break
        for m, k in list(out.terms.items()):
            if q not in m:
                continue
            needed: list[Atom] = [q]
            c = by if isinstance(by, int) else 0
            if not isinstance(by, int) and len(by.terms) == 1 and not by.const:
                ((atoms, c),) = by.terms.items()
                needed += atoms
            rest = list(m)
            if c == 0 or k % c or any(needed.count(atom) > rest.count(atom) for atom in needed):
                continue
            for atom in needed:
                rest.remove(atom)
            make = type(expr)
            out = out - make({m: k}) + value * (make({tuple(rest): k // c}) if rest else k // c)
            if isinstance(out, int):
                break
    return out
