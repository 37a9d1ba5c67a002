"""What is known of symbols: bindings with reasons, bounds, divisibility, scoped facts. INTERFACE: bodies are to be written."""

from __future__ import annotations

from enum import Enum
from typing import Any

from specc.dims.expr import Dim, Symbol


class Verdict(Enum):
    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


class Solver:
    def fresh(self, name: str, *, flexible: bool = True, lower: int = 1, reason: Any = None, payload: object = None) -> Dim:
        """A new symbol as a dimension."""

    def resolve(self, dim: Dim) -> Dim:
        """The canonical form under all bindings and divisibility substitutions. Constants come back as int."""

    def compare(self, a: Dim, b: Dim) -> Verdict:
        """Are they equal for every / no / some admissible assignment? Binds nothing."""

    def unify(self, a: Dim, b: Dim, reason: Any) -> Verdict:
        """Make them equal by binding flexible symbols if need be. EQUAL when they are equal afterwards; DIFFERENT when for
        some admissible assignment of rigid symbols they differ and no binding helps (see `witness`); UNKNOWN when
        neither a proof nor a witness is found. Linear occurrences are solved (2*f + 1 == 7 binds f = 3)."""

    def decide(self, a: Dim, op: str, b: Dim) -> bool | None:
        """`==`, `!=`, `<`, `<=`, `>`, `>=`: True or False when it holds for all / no admissible assignments, else None."""

    def assume(self, a: Dim, op: str, b: Dim, reason: Any = None) -> bool:
        """Add a fact (an equality may bind rigid symbols too: `require H == W`). False when it contradicts what is known."""

    def assume_divisible(self, value: Dim, by: Dim, reason: Any = None) -> bool:
        """Add the fact that `by` divides `value`: D := by*q, with q printed as D/by. False when impossible."""

    def divisible(self, value: Dim, by: Dim) -> bool | None:
        """Is `value` a multiple of `by`: always True, never False, else None."""

    def demand(self, a: Dim, op: str, b: Dim, reason: Any) -> bool | None:
        """Like decide; when undecided and the op is an inequality over rigid symbols, records a precondition and returns
        None. The caller turns False into an error."""

    preconditions: list[Any]  # of Precondition(left, op, right, reason), simplified and without duplicates by `simplified()`

    def bounds(self, dim: Dim) -> tuple[int | None, int | None]:
        """The smallest and largest value over admissible assignments, None where unbounded."""

    def witness(self, a: Dim, b: Dim) -> dict[Symbol, int] | None:
        """A small admissible assignment for which the two differ, for messages."""

    def reason(self, symbol: Symbol) -> Any:
        """Why the symbol was bound, or why it exists."""

    def reasons(self, dim: Dim) -> list[Any]:
        """The reasons of all the bindings that led from `dim` to its resolved form, nearest first."""

    def mark(self) -> int:
        """A point to `undo` to: bindings, facts and preconditions made since are taken back (trail)."""

    def undo(self, mark: int) -> None: ...
