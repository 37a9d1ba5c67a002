"""What is known of symbols: bindings with reasons, bounds, divisibility, scoped facts.

An assignment gives every symbol an integer. It is admissible if each symbol is at least its `lower` and every fact
(`assume`) and precondition (`demand`) holds. All answers are about admissible assignments: the order in which
preconditions come in can sharpen an answer, never turn it round.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from math import inf
from typing import Any

from specc.dims import facts as fact_forms
from specc.dims import solving
from specc.dims.atoms import Apply, Symbol, atom_dims, order_of, symbols_inside
from specc.dims.facts import Fact, Precondition, Verdict
from specc.dims.knowledge import assembled
from specc.dims.limits import TooComplex
from specc.dims.polynomial import Dim, Expr, dim_of, floor_divide
from specc.dims.prover import Prover
from specc.dims.traverse import atoms, replace, symbols, without_quotients
from specc.dims.witness import search


class Solver:
    """Bindings, facts and preconditions, which `undo` takes back."""

    last_occurs: Symbol | None
    """After `unify` returned DIFFERENT: the symbol that one side is and the other one contains (T against T + 1), else None."""

    def __init__(self) -> None:
        self.last_occurs = None
        self._bindings: dict[Symbol, Dim] = {}
        self._reasons: dict[Symbol, Any] = {}
        self._supports: dict[Symbol, tuple[Symbol, ...]] = {}
        self._facts: list[Fact] = []
        self._trail: list[Callable[[], object]] = []
        self._resolved: dict[Expr, Dim] = {}
        self._prover: Prover | None = None

    # --- symbols and bindings ---------------------------------------------------------------------------------

    def fresh(
        self, name: str, *, flexible: bool = True, lower: int | None = 1, reason: Any = None, payload: object = None,
        existential: bool = False,
    ) -> Expr:  # fmt: skip
        """A new symbol as a dimension. `lower` None: it may be negative."""
        kind = "existential" if existential else "flexible" if flexible else "rigid"
        symbol = Symbol(name, kind, lower, payload)
        if reason is not None:
            self._reasons[symbol] = reason
        return dim_of(symbol)

    def resolve(self, dim: Dim) -> Dim:
        """The canonical form under all bindings and divisibility substitutions. Constants come back as int."""
        if isinstance(dim, int) or not self._bindings or self._bindings.keys().isdisjoint(symbols_inside(dim)):
            return dim
        found = self._resolved.get(dim)
        if found is None:
            found = dim
            while isinstance(found, Expr) and not self._bindings.keys().isdisjoint(symbols_inside(found)):
                found = replace(found, self._bindings)
            self._resolved[dim] = found
        return found

    def bind(self, symbol: Symbol, value: Dim, reason: Any, *, given: bool) -> None:
        """symbol := value, resolved and without the symbol in it; the symbol's lower bound becomes a fact about the value."""
        shadowed = self._reasons.get(symbol)
        self._bindings[symbol] = value
        self._supports[symbol] = ()
        if reason is not None:
            self._reasons[symbol] = reason

        def unbind() -> None:
            del self._bindings[symbol]
            if reason is not None:
                if shadowed is None:
                    del self._reasons[symbol]
                else:
                    self._reasons[symbol] = shadowed

        self._trail.append(unbind)
        self._resolved.clear()
        if self._prover is not None and symbol in self._prover.symbols:
            self._prover = None
        if symbol.lower is not None and not (isinstance(value, int) and value >= symbol.lower):
            self._add(Fact(value - symbol.lower, ">=", given, ">=", reason))

    def _supported(self, first: int, *sides: Dim) -> None:
        """The bindings from the `first`-th on were made because of what the sides resolved to: reasons leads there as well."""
        if len(self._bindings) > first:
            made = list(islice(reversed(self._bindings), len(self._bindings) - first))
            inside = frozenset[Symbol]().union(*map(symbols_inside, sides))
            support = tuple(sorted((s for s in inside if s in self._bindings and s not in made), key=order_of))
            for symbol in made:
                self._supports[symbol] = support

    def introduce(self, symbol: Symbol, reason: Any) -> None:
        """Why a symbol exists that a fact brought with it."""
        if reason is not None:
            self._reasons[symbol] = reason

    def _add(self, fact: Fact) -> None:
        """Records a fact unless it follows already."""
        dim = self.resolve(fact.dim)
        if (
            isinstance(dim, int)
            or self.prover.holds(dim, fact.kind) is not True
            or (fact.given and not self._follows(dim, fact.kind))
        ):
            self._record(fact)

    def _changed(self) -> None:
        self._resolved.clear()
        self._prover = None

    def mark(self) -> int:
        """A point to `undo` to: bindings, facts and preconditions made since are taken back (trail). A dimension that was
        resolved since may hold quotients D/h of facts that are gone: `without_quotients` turns them into D//h."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        if len(self._trail) > mark:
            while len(self._trail) > mark:
                self._trail.pop()()
            self._changed()

    def reason(self, symbol: Symbol) -> Any:
        """Why the symbol was bound, or why it exists."""
        return self._reasons.get(symbol)

    def reasons(self, dim: Dim) -> list[Any]:
        """The reasons of all the bindings that led from `dim` to its resolved form, nearest first: those of its symbols, then
        those of what these were made equal to, and so on."""
        found: list[Any] = []
        level = sorted(symbols_inside(dim), key=order_of)
        seen: set[Symbol] = set(level)
        while level:
            below: list[Symbol] = []
            for symbol in level:
                if symbol in self._bindings:
                    why = self._reasons.get(symbol)
                    if why is not None and not any(why is other for other in found):
                        found.append(why)
                    for new in (*self._supports[symbol], *sorted(symbols_inside(self._bindings[symbol]), key=order_of)):
                        if new not in seen:
                            seen.add(new)
                            below.append(new)
            level = below
        return found

    # --- the facts of the moment ------------------------------------------------------------------------------

    @property
    def prover(self) -> Prover:
        """What all facts and preconditions together say, under the present bindings."""
        if self._prover is None:
            self._prover = self._prover_of(self._facts)
        return self._prover

    def given_prover(self) -> Prover:
        """What facts alone say, without preconditions."""
        return self._prover_of([fact for fact in self._facts if fact.given])

    def prover_with(self, extra: list[Fact]) -> Prover:
        """The same and some facts more, for a question."""
        return self._prover_of(extra, self.prover)

    def _prover_of(self, facts: list[Fact], base: Prover | None = None) -> Prover:
        if base is not None and base.nonzero:  # an excluded value works on all ranges
            return assembled(self._facts + facts, self.resolve)
        return assembled(facts, self.resolve, base)

    def _record(self, fact: Fact) -> None:
        self._facts.append(fact)
        self._trail.append(self._facts.pop)
        if self._prover is not None:
            self._prover = None if self._prover.nonzero else self._prover_of([fact], self._prover)

    # --- questions --------------------------------------------------------------------------------------------

    def compare(self, a: Dim, b: Dim) -> Verdict:
        """Are they equal? Binds nothing. With flexible symbols in the difference, DIFFERENT means: for no binding equal."""
        if isinstance(a, int) and isinstance(b, int):
            return Verdict.EQUAL if a == b else Verdict.DIFFERENT
        dim = self._difference(a, b)
        if dim is None:
            return Verdict.UNKNOWN
        holds = self.prover.holds(dim, "==")
        if holds is not None:
            return Verdict.EQUAL if holds else Verdict.DIFFERENT
        if any(symbol.kind == "flexible" for symbol in symbols_inside(dim)) or _uninterpreted(dim):
            return Verdict.UNKNOWN
        return Verdict.DIFFERENT if search(self.prover, [dim], lambda values: values.value(dim) != 0) else Verdict.UNKNOWN

    def decide(self, a: Dim, op: str, b: Dim) -> bool | None:
        """`==`, `!=`, `<`, `<=`, `>`, `>=`: True if it holds for all, False if for no admissible assignment, else None. An
        answer None is no promise that assignments of both kinds exist."""
        a, b = self.resolve(a), self.resolve(b)
        if isinstance(a, int) and isinstance(b, int):
            return fact_forms.COMPARE[op](a, b)
        try:
            dim, kind = fact_forms.difference(a, op, b)
        except TooComplex:
            return None
        return self.prover.holds(dim, kind)

    def certain(self, a: Dim, op: str, b: Dim) -> bool:
        """Does it hold by facts alone, whatever the preconditions say?"""
        a, b = self.resolve(a), self.resolve(b)
        if isinstance(a, int) and isinstance(b, int):
            return fact_forms.COMPARE[op](a, b)
        try:
            dim, kind = fact_forms.difference(a, op, b)
        except TooComplex:
            return False
        return self._prover_of([fact for fact in self._facts if fact.given]).holds(dim, kind) is True

    def divisible(self, value: Dim, by: Dim) -> bool | None:
        """Is `value` a multiple of `by`: always True, never False, else None. 0 divides nothing."""
        value, by = self.resolve(value), self.resolve(by)
        if isinstance(by, int) and (by == 0 or isinstance(value, int)):
            return by != 0 and value % by == 0
        try:
            known = self.prover.holds(value - by * floor_divide(value, by), "==")
        except TooComplex:
            return None
        return None if known and not isinstance(by, int) and not self.prover.holds(by, "!=") else known

    def bounds(self, dim: Dim) -> tuple[int | None, int | None]:
        """Bounds of the value over admissible assignments, None where unbounded: never too tight, not always the tightest."""
        dim = self.resolve(dim)
        low, high = self.prover.range(dim)
        return (None if low == -inf else int(low)), (None if high == inf else int(high))

    def witness(self, a: Dim, b: Dim) -> dict[Symbol, int] | None:
        """A small admissible assignment for which the two differ, for messages: of the symbols of `a` and `b` as they were
        given and as they are resolved, in order of creation, quotients left out. None where none is found."""
        return self.example(a, "!=", b)

    def example(self, a: Dim, op: str, b: Dim) -> dict[Symbol, int] | None:
        """A small admissible assignment for which `a op b` holds, as `witness`."""
        left, right = self.resolve(a), self.resolve(b)
        try:
            dim, kind = fact_forms.difference(left, op, right)
        except TooComplex:
            return None
        if _uninterpreted(dim):
            return None
        shown = {symbol for part in (a, b, left, right) for symbol in symbols(part)}
        # what a symbol on show is worth depends on what it is bound to
        base = [left, right, *(self.resolve(dim_of(symbol)) for symbol in sorted(shown, key=order_of))]
        found = search(self.prover, base, lambda values: values.fulfils(dim, kind))
        if not found:
            return None
        return {s: found[0].value(self.resolve(dim_of(s))) for s in sorted(shown, key=order_of)}

    def _difference(self, a: Dim, b: Dim) -> Dim | None:
        try:
            return self.resolve(a) - self.resolve(b)
        except TooComplex:
            return None

    # --- facts ------------------------------------------------------------------------------------------------

    def unify(self, a: Dim, b: Dim, reason: Any) -> Verdict:
        """Make them equal by binding flexible symbols if need be. EQUAL when they are equal afterwards; DIFFERENT when for
        some admissible assignment of rigid symbols they differ and no binding helps (see `witness`); UNKNOWN when
        neither a proof nor a witness is found. Linear occurrences are solved (2*f + 1 == 7 binds f = 3)."""
        if isinstance(a, int) and isinstance(b, int):
            return Verdict.EQUAL if a == b else Verdict.DIFFERENT
        self.last_occurs = None
        left, right = self.resolve(a), self.resolve(b)
        if left == right:
            return Verdict.EQUAL
        dim = self._difference(left, right)
        if dim is None:
            return Verdict.UNKNOWN
        first = len(self._bindings)
        verdict = solving.solve_flexible(self, dim, reason) if isinstance(dim, Expr) else None
        self._supported(first, a, b)
        if verdict is None:
            verdict = self.compare(left, right)
        if verdict is Verdict.DIFFERENT:
            self.last_occurs = _occurs(left, right) or _occurs(right, left)
        return verdict

    def assume(self, a: Dim, op: str, b: Dim, reason: Any = None) -> bool:
        """Add a fact (an equality may bind rigid symbols too: `require H == W`). False when it contradicts what is known, and
        then nothing is added."""
        mark = self.mark()
        first = len(self._bindings)
        dim, kind = fact_forms.difference(self.resolve(a), op, self.resolve(b))
        known = self.prover.holds(dim, kind)
        if known is False or isinstance(dim, int) or (known and self._follows(dim, kind)):
            return bool(known)
        if kind == "==" and solving.eliminate(self, dim, reason):
            pass
        else:
            self._add(Fact(dim, kind, True, op, reason))
        if not self.prover.consistent():
            self.undo(mark)
            return False
        self._pin(dim, reason)
        self._supported(first, a, b)
        return True

    def _follows(self, dim: Expr, kind: str) -> bool:
        """Whether `dim kind 0` holds by facts alone: what only preconditions say so far becomes a fact when it is assumed."""
        return all(fact.given for fact in self._facts) or self.given_prover().holds(dim, kind) is True

    def _pin(self, dim: Expr, reason: Any) -> None:
        """Binds the symbols that facts leave one value: T >= 4 and T <= 4."""
        for symbol in sorted(symbols_inside(dim), key=order_of):
            low, high = self.prover.symbol_range(symbol)
            if low == high and symbol not in self._bindings:
                low, high = self.given_prover().symbol_range(symbol)
                if low == high:  # by facts alone: a precondition must not vanish in a binding
                    self.bind(symbol, int(low), reason, given=True)

    def assume_divisible(self, value: Dim, by: Dim, reason: Any = None) -> bool:
        """Add the fact that `by` divides `value`, so is not 0: D := by*q, with q printed as D/by. False when impossible, and
        then nothing is added."""
        mark = self.mark()
        value, by = self.resolve(value), self.resolve(by)
        known = self.divisible(value, by)
        if known is None and self.assume(by, "!=", 0, reason):
            value, by = self.resolve(value), self.resolve(by)
            known = self.divisible(value, by)
            if known is None and solving.divide_out(self, value, by, reason) and self.prover.consistent():
                left = self.resolve(value)
                if isinstance(left, Expr):
                    self._pin(left, reason)
                return True
        if not known:
            self.undo(mark)
        return bool(known)

    def equation(self, dim: Dim, reason: Any) -> None:
        """Records dim == 0, for what no binding can express."""
        self._add(Fact(dim, "==", True, "==", reason))

    def demand(self, a: Dim, op: str, b: Dim, reason: Any) -> bool | None:
        """Like decide; when undecided and the op is an inequality (not `==`), records a precondition and returns None. With
        flexible symbols it waits for their binding, and a binding that breaks it is refused by `unify`. The caller turns
        False into an error."""
        a, b = self.resolve(a), self.resolve(b)
        if isinstance(a, int) and isinstance(b, int):
            return fact_forms.COMPARE[op](a, b)
        try:
            dim, kind = fact_forms.difference(a, op, b)
        except TooComplex:
            return None
        known = self.prover.holds(dim, kind)
        if known is None and kind != "==":
            self._record(Fact(dim, kind, False, op, reason))
            if not self.prover.consistent(dim):
                self.undo(len(self._trail) - 1)
                return False
        return known

    @property
    def preconditions(self) -> list[Precondition]:
        """All that was demanded and undecided then, as it stands under the present bindings, unsimplified."""
        out = []
        for fact in self._facts:
            if not fact.given:
                dim = without_quotients(self.resolve(fact.dim))
                if isinstance(dim, Expr):
                    out.append(fact_forms.presented(dim, fact.kind, fact.op, fact.reason))
        return out

    def simplified(self) -> list[Precondition]:
        """The preconditions solved for their symbols where possible ((H + 1)//2 >= 4 is H >= 7), without those that follow from
        the facts or from others of them, in the order of their first demand."""
        return solving.simplified_preconditions(self, self._facts, self._prover_of)


# --- helpers --------------------------------------------------------------------------------------------------


def _occurs(side: Dim, other: Dim) -> Symbol | None:
    if isinstance(side, int) or side.const or len(side.terms) != 1:
        return None
    ((m, k),) = side.terms.items()
    if k == 1 and len(m) == 1 and isinstance(m[0], Symbol) and m[0] in symbols_inside(other):
        return m[0]
    return None


def _uninterpreted(dim: Dim) -> bool:
    return any(isinstance(atom, Apply) and not atom_dims(atom) for atom in atoms(dim))


__all__ = ["Precondition", "Solver", "Verdict"]
