"""What the layers of a class demand of the sizes of its inputs: asserted where it can be said in terms of the constructor's
arguments, documented otherwise. A block asserts what the sizes that the model feeds it leave open."""

from __future__ import annotations

from collections.abc import Callable

from specc.dims.expr import Dim, Expr, substitute, symbols
from specc.dims.solver import Precondition, Solver
from specc.elaborate.generic import Generic, sizes_of
from specc.elaborate.program import Program
from specc.elaborate.requirements import requirements
from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import EntryTrace
from specc.emit.code import text
from specc.emit.trace_walk import vars_in
from specc.pycode import BinaryCode, Code, Lit, Var


def demands(
    solver: Solver, entry: EntryTrace, params: frozenset[str], wanted: Callable[[Precondition], bool] = lambda _: True
) -> list[Code]:
    """Conditions over the sizes of an entry's inputs (and the constructor's parameters) that forward can check first."""
    sizes = {size.name for size in entry.sizes}
    out: list[Code] = []
    for fact in filter(wanted, solver.simplified()):
        code = BinaryCode(fact.op, dim_code(fact.left), dim_code(fact.right))
        names = set(vars_in(code))
        if names & sizes and names <= sizes | params and all(_named(dim) for dim in (fact.left, fact.right)):
            out.append(code)
    return out


def left_open(fact: Precondition, generic: Generic, entry: str, model_solver: Solver) -> bool:
    """Is there a use of the class for which the demand is not certain?"""
    for instance in generic.instances:
        values = sizes_of(generic, instance, entry)
        if not model_solver.certain(substitute(fact.left, values), fact.op, substitute(fact.right, values)):
            return True
    return False


def _named(dim: Dim) -> bool:
    """Is it made of the sizes themselves, not of what a loop threads under the same name?"""
    return not isinstance(dim, Expr) or all(isinstance(symbol.payload, Var) for symbol in symbols(dim))


def conjunction(conditions: list[Code]) -> Code:
    out = conditions[0]
    for condition in conditions[1:]:
        out = BinaryCode("and", out, condition)
    return out


def undocumented(program: Program, asserted: list[Code]) -> str:
    """What the model as it is built needs and does not check itself: `H >= 32 and T % 4 == 0`."""
    assert program.root is not None
    own = program.root.definition.node.span
    conditions: list[Code] = []
    for need in requirements(program):
        if need.text or (program.obliged(need.span) and need.span is not None and own.contains(need.span)):
            continue  # its own `require` stands in its forward
        left, right = dim_code(need.left), dim_code(need.right)
        remainder = need.op == "%"
        code = BinaryCode("==", BinaryCode("%", left, right), Lit(0)) if remainder else BinaryCode(need.op, left, right)
        if code not in asserted:
            conditions.append(code)
    return text(conjunction(conditions)) if conditions else ""
