"""Sizes as expressions of the generated program. A symbol's payload is the code that yields it."""

from __future__ import annotations

from specc.dims.atoms import Apply, Atom, Extremum, FloorDiv, Monomial, Symbol, monomial_order
from specc.dims.expr import Dim, Expr
from specc.dims.printing import with_origins
from specc.pycode import BinaryCode, CallCode, Code, Lit, Path, UnaryCode, Var


def dim_code(dim: Dim) -> Code:
    """`4 * width`, `(size + 1) // 2`: a sum of products over the code of symbols and terms."""
    if isinstance(dim, Expr):
        dim = with_origins(dim)
    if isinstance(dim, int):
        return Lit(dim)
    terms = sorted(dim.terms.items(), key=lambda term: (-len(term[0]), monomial_order(term[0])))
    if dim.const:
        terms.append(((), dim.const))
    first = next((at for at, (_, factor) in enumerate(terms) if factor > 0), 0)
    terms.insert(0, terms.pop(first))
    out = _term(*terms[0])
    for monomial, factor in terms[1:]:
        out = BinaryCode("+" if factor > 0 else "-", out, _term(monomial, abs(factor)))
    return out


def _term(monomial: Monomial, factor: int) -> Code:
    if factor < 0:
        return UnaryCode("-", _term(monomial, -factor))
    if not monomial:
        return Lit(factor)
    out: Code | None = Lit(factor) if factor != 1 else None
    for atom in dict.fromkeys(monomial):
        count = monomial.count(atom)
        piece = _atom(atom)
        if count > 1:
            piece = BinaryCode("**", piece, Lit(count))
        out = piece if out is None else BinaryCode("*", out, piece)
    assert out is not None
    return out


def _atom(atom: Atom) -> Code:
    if isinstance(atom, Symbol):
        if atom.origin is not None and not isinstance(atom.payload, Code):
            return BinaryCode("//", dim_code(atom.origin[0]), dim_code(atom.origin[1]))
        return atom.payload if isinstance(atom.payload, Code) else Var(atom.name)
    if isinstance(atom, FloorDiv):
        return BinaryCode("//", dim_code(atom.num), dim_code(atom.den))
    if isinstance(atom, Extremum):
        return CallCode(Path(atom.op), tuple(map(dim_code, atom.args)))
    assert isinstance(atom, Apply)
    if isinstance(atom.payload, Code):
        return atom.payload
    base, exponent = atom.key[1], atom.key[2]
    return BinaryCode("**", dim_code(base), dim_code(exponent))  # type: ignore[arg-type]
