"""What the layers of a model demand of the sizes of its inputs: asserted where it can be said in terms of the constructor's
arguments, documented otherwise."""

from __future__ import annotations

from specc.dims.expr import Dim, Expr, symbols
from specc.dims.solver import Solver
from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import EntryTrace
from specc.emit.code import text
from specc.emit.trace_walk import vars_in
from specc.pycode import BinaryCode, Code, Var


def demands(solver: Solver, entry: EntryTrace, params: frozenset[str]) -> list[Code]:
    """Conditions over the sizes of an entry's inputs (and the constructor's parameters) that forward can check first."""
    sizes = {size.name for size in entry.sizes}
    out: list[Code] = []
    for fact in solver.simplified():
        code = BinaryCode(fact.op, dim_code(fact.left), dim_code(fact.right))
        names = set(vars_in(code))
        if names & sizes and names <= sizes | params and all(_named(dim) for dim in (fact.left, fact.right)):
            out.append(code)
    return out


def _named(dim: Dim) -> bool:
    """Is it made of the sizes themselves, not of what a loop threads under the same name?"""
    return not isinstance(dim, Expr) or all(isinstance(symbol.payload, Var) for symbol in symbols(dim))


def conjunction(conditions: list[Code]) -> Code:
    out = conditions[0]
    for condition in conditions[1:]:
        out = BinaryCode("and", out, condition)
    return out


def undocumented(solver: Solver, asserted: list[Code]) -> str:
    """The demands that the model as it is built makes and that are not asserted: `H >= 32 and W >= 32`."""
    conditions: list[Code] = []
    for fact in solver.simplified():
        code = BinaryCode(fact.op, dim_code(fact.left), dim_code(fact.right))
        if code not in asserted:
            conditions.append(code)
    return text(conjunction(conditions)) if conditions else ""
