"""Dimensions as text: `(H + 1)//2`, `2*H`, `B*T`, `4*d + 1`, and exact quotients as `D/h`.

The text is Python whose value is the dimension's. A divisibility fact D = h*q leaves q in the normal form; people never see
it: h*q is printed as D again, and what remains of q as D/h.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from specc.dims.atoms import Apply, Atom, Extremum, FloorDiv, Monomial, Symbol, atom_dims, monomial_order, symbols_inside

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
    remainders, rest = _remainders(dim)
    pieces: list[tuple[int, tuple[str, int]]] = []  # a sign and what it stands before
    if not isinstance(rest, int):
        for m, k in sorted(rest.terms.items(), key=lambda term: (-len(term[0]), monomial_order(term[0]))):
            pieces.append((k, _term(m, abs(k))))
    pieces += [(k, _remainder(a, b, k)) for a, b, k in remainders]
    const = rest if isinstance(rest, int) else rest.const
    if const:
        pieces.append((const, (str(abs(const)), _ATOM)))
    if pieces[0][0] < 0:  # `W - H` reads better than `-H + W`
        pieces.insert(0, pieces.pop(next((i for i, (sign, _) in enumerate(pieces) if sign > 0), 0)))
    sign, (out, binding) = pieces[0]
    if sign < 0:
        out = f"-{out}" if binding >= _PRODUCT else f"-({out})"  # -H//2 would be (-H)//2
        binding = _SUM
    for sign, (found, _) in pieces[1:]:
        out = f"{out} {'-' if sign < 0 else '+'} {found}"
        binding = _SUM
    return out, binding


def _remainder(value: Dim, by: Dim, k: int) -> tuple[str, int]:
    found = f"{factor(value)} % {factor(by)}"
    return (found, _QUOTIENT) if k == 1 else (f"{k}*({found})", _PRODUCT)


def _remainders(dim: Expr) -> tuple[list[tuple[Dim, Dim, int]], Dim]:
    """k*(a % b) for every k*a - k*b*(a//b) in the sum, as (a, b, k), and what is left of it."""
    found: list[tuple[Dim, Dim, int]] = []
    left: Dim = dim
    for m in sorted(dim.terms, key=monomial_order):
        for atom in m:
            if isinstance(left, int) or m not in left.terms or not isinstance(atom, FloorDiv):
                continue
            if len(m) > 1 and isinstance(atom.den, int):
                continue
            whole = atom.num - atom.den * type(dim)({(atom,): 1})
            if isinstance(whole, int) or whole.terms.get(m, 0) >= 0 or left.terms[m] % whole.terms[m]:
                continue
            k = left.terms[m] // whole.terms[m]
            if k > 0 and all(left.terms.get(n, 0) == k * i for n, i in whole.terms.items()):
                found.append((atom.num, atom.den, k))
                left = left - k * whole
    return found, left


def _term(monomial: Monomial, k: int) -> tuple[str, int]:
    """A monomial times k > 0."""
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
        if atom.key[0] == "**":
            return atom.text, _PRODUCT
        return atom.text, _ATOM if atom.text.replace("_", "").isalnum() or atom.text.endswith((")", "]")) else _SUM
    if isinstance(atom, Extremum):
        return f"{atom.op}({', '.join(text(arg) for arg in atom.args)})", _ATOM
    num, den = atom.num, atom.den
    if not isinstance(num, int) and len(num.terms) == 1:
        ((m, k),) = num.terms.items()
        if k == 1 and len(m) == 1 and isinstance(m[0], Symbol) and m[0].origin is not None:  # (H/16)//2 is H//32
            value, by = m[0].origin
            num, den = value + num.const * by, by * den
    return f"{factor(num)}//{factor(den)}", _QUOTIENT


def _quotient(value: Dim, by: Dim) -> tuple[str, int]:
    while isinstance(by, int) and (inner := whole(value)) is not None:  # (T/2)/2 is T/4
        value, by = inner[0], by * inner[1]
    return (f"{factor(value)}/{factor(by)}", _QUOTIENT) if by != 1 else _sum(value)


def whole(dim: Dim) -> tuple[Dim, int] | None:
    """(T, 2) of the symbol that stands for T/2."""
    if isinstance(dim, int) or dim.const or len(dim.terms) != 1:
        return None
    ((m, k),) = dim.terms.items()
    if k != 1 or len(m) != 1 or not isinstance(m[0], Symbol) or m[0].origin is None:
        return None
    value, by = m[0].origin
    return (value, by) if isinstance(by, int) else None


def with_origins(expr: Expr) -> Dim:
    """h*q for D = h*q written as D again, wherever the whole of h is there to be used."""
    out: Dim = expr
    done: set[Symbol] = set()
    while not isinstance(out, int):
        quotients = [s for s in symbols_inside(out) if s.origin is not None and s not in done]
        if not quotients:
            break
        q = max(quotients, key=lambda s: s.serial)  # what it is a quotient of is older, and may be a quotient itself
        done.add(q)
        assert q.origin is not None
        value, by = q.origin
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
    return out if isinstance(out, int) or out == expr else with_origins(out)  # T = 2*q, q = 2*r: 4*r is 2*q is T
