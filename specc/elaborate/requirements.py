"""What must hold of the sizes of a model's inputs: what its layers demand, and what it and its blocks `require`, said in the
model's own symbols and without what follows from the rest."""

from __future__ import annotations

from specc.dims.expr import Dim, Expr, Symbol, dim_of, substitute, symbols
from specc.dims.printing import factor, whole, with_origins
from specc.elaborate.program import Program
from specc.record import Record
from specc.source import Span


class Requirement(Record):
    """`left op right`; `%` says that right divides left. `text` is what stands for it where it is no comparison of sizes."""

    left: Dim
    op: str
    right: Dim
    span: Span | None
    text: str = ""

    _ignored = frozenset({"span"})

    @property
    def sides(self) -> tuple[Dim | str, str, Dim | str]:
        """As a comparison: a remainder is 0."""
        if self.op == "%":
            return f"{factor(self.left)} % {factor(self.right)}", "==", 0
        return self.left, self.op, self.right

    def __str__(self) -> str:
        return self.text or " ".join(str(part) for part in self.sides)


def requirements(program: Program) -> list[Requirement]:
    """All of them, each once: what layers demand, then what is required, in the order of the computation."""
    solver = program.solver
    found = [
        Requirement(fact.left, fact.op, fact.right, fact.reason if isinstance(fact.reason, Span) else None)
        for fact in solver.simplified()
    ]
    for condition, text, span in program.obligations:
        stated = [_as_given(fact, program, span) for fact in condition.facts]
        found += stated or [Requirement(0, "", 0, span, text)]
    kept = [need for need in found if need.text or _says_something(need)]
    return [need for need in dict.fromkeys(kept) if not any(_follows(need, other) for other in kept)]


def _as_given(fact: tuple[Dim, str, Dim], program: Program, span: Span) -> Requirement:
    """A fact that the spec requires, as it was before it was assumed: resolved, it would say nothing any more. Only what
    is a number by now, or another symbol, is put in."""
    left, op, right = fact
    while op == "%" and isinstance(right, int) and (part := whole(left)) is not None:  # T/2 is even: 4 divides T
        left, right = part[0], right * part[1]
    return Requirement(_known(left, program), op, _known(right, program), span)


def _known(dim: Dim, program: Program) -> Dim:
    if isinstance(dim, int):
        return dim
    values: dict[Symbol, Dim] = {}
    for symbol in symbols(dim):
        value = program.solver.resolve(dim_of(symbol))
        value = with_origins(value) if isinstance(value, Expr) else value
        if isinstance(value, int) or (len(symbols(value)) == 1 and value == dim_of(symbols(value)[0])):
            values[symbol] = value
    return substitute(dim, values)


def _says_something(need: Requirement) -> bool:
    return (isinstance(need.left, Expr) or isinstance(need.right, Expr)) and need.left != need.right


def _follows(need: Requirement, other: Requirement) -> bool:
    """Is 2 | T said by 4 | T?"""
    if need.op != "%" or other.op != "%" or need == other or need.left != other.left:
        return False
    return isinstance(need.right, int) and isinstance(other.right, int) and other.right % need.right == 0


__all__ = ["Requirement", "requirements"]
