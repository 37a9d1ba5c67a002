"""Symbolic integers in one canonical form: the door of this room for whoever computes with dimensions.

    H = solver.fresh("H", flexible=False)
    (H - 2)//2 + 1 == H//2          # canonical: equal meanings of this kind are equal forms
    str((H + 1)//2)                 # "(H + 1)//2"

`Dim` is an int or an Expr. `+ - * // % **` and negation work between them, `//` and `%` round as Python's do; what is
constant comes back as an int. `==` and `hash` are structural and say nothing about values: whether two dimensions are
equal, ordered or divisible is the solver's to say (specc/dims/solver.py), so `<` and `bool()` raise TypeError, and `int()`
raises NotGeneric.
"""

from __future__ import annotations

from specc.dims.atoms import Apply, Atom, Extremum, FloorDiv, Symbol
from specc.dims.limits import TooComplex
from specc.dims.polynomial import Dim, Expr, apply, dim_of, max_, min_
from specc.dims.traverse import atoms, evaluate, substitute, symbols, without_quotients

__all__ = [
    "Apply",
    "Atom",
    "Dim",
    "Expr",
    "Extremum",
    "FloorDiv",
    "Symbol",
    "TooComplex",
    "apply",
    "atoms",
    "dim_of",
    "evaluate",
    "max_",
    "min_",
    "substitute",
    "symbols",
    "without_quotients",
]
