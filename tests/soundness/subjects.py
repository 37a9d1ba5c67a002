"""Layers and functions under one face: a random configuration, what the rule says of it, what torch says of it.

The two harnesses of tests/specc/ops hold one rule each against torch; the families of this package ask the same questions of
both, with numbers and with symbols.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, Protocol

import torch

from specc.dims.atoms import Atom
from specc.dims.expr import Expr, atoms, evaluate
from specc.dims.solver import Solver
from specc.ops.registry import names
from specc.ops.rules import Checks
from specc.types import TensorType
from tests.soundness.slips import slip
from tests.specc.ops import differential as layers
from tests.specc.ops import function_cases, functions_differential
from tests.specc.ops.draw import Draw

Values = Mapping[Atom, int]
SLIPS = 0.15
"""Share of the configurations that have a slip."""
LARGEST = 40_000
"""Elements of an operand, above which an assignment is too dear to try."""


class Untried(Exception):
    """A case that costs too much, or would bring torch down."""


def numbers(value: Any, values: Values) -> Any:
    """Types, sizes and tuples of them with every symbol replaced by its number."""
    if isinstance(value, TensorType):
        shape = tuple(evaluate(d, values) for d in value.shape)
        if prod(shape) > LARGEST or min(shape, default=0) < 0:
            raise Untried
        return TensorType(shape, value.dtype, value.weak)
    if isinstance(value, list | tuple):
        return type(value)(numbers(item, values) for item in value)
    return evaluate(value, values) if isinstance(value, Expr) else value


class Symbols:
    """Symbols for sizes, equal ones mostly alike. `meaning`: what each stands for."""

    def __init__(self, solver: Solver, draw: Draw) -> None:
        self.solver = solver
        self.draw = draw
        self.share = draw.choice((0.3, 0.6, 1.0))
        self.meaning: dict[Atom, int] = {}
        self._made: dict[int, Expr] = {}

    def symbol(self, size: Any) -> Any:
        if not isinstance(size, int) or isinstance(size, bool) or size < 1 or self.draw.random() > self.share:
            return size
        if size not in self._made or self.draw.random() < 0.15:
            made = self.solver.fresh(f"s{len(self.meaning)}", flexible=False)
            self._made[size] = made
            self.meaning[atoms(made)[0]] = size
        return self._made[size]

    def of(self, value: Any) -> Any:
        """The value with symbols in the place of its sizes."""
        if isinstance(value, TensorType):
            return value if value.weak else TensorType(tuple(map(self.symbol, value.shape)), value.dtype)
        if isinstance(value, list | tuple):
            return type(value)(self.of(item) for item in value)
        return self.symbol(value)


def harms(case: layers.Case) -> bool:
    """Without a bag, EmbeddingBag of torch 2.13 writes to memory that is not its own; LSTMCell, fed one example and states of a
    batch, reads such memory, and the process ends."""
    offsets, states, one = (case.operands.get(name) for name in ("offsets", "h_0", "input"))
    if case.name == "LSTMCell" and states is not None and one is not None:
        return (one.rank, states.rank) == (1, 2)
    return offsets is not None and (
        not offsets.shape or int(offsets.shape[0]) - bool(case.values.get("include_last_offset")) < 1
    )


class LayerSubject:
    """A layer. Its cases are those of `differential`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def draw(self, draw: Draw) -> layers.Case:
        case = layers.draw_case(self.name, draw)
        if draw.random() > SLIPS:
            return case
        operands, values = slip(layers.layer_of(self.name), case.operands, case.values, draw)
        slipped = layers.Case(self.name, values, operands, ())
        return case if harms(slipped) else slipped

    def checks(self, generic: bool) -> Checks:
        return Checks(Solver(), generic=generic)

    def rule(self, case: layers.Case, checks: Checks | None = None) -> layers.Outcome:
        """The rule's answer; with `checks` the operands may be symbolic, and what is inferred is not compared."""
        return layers.by_rule(case, checks, None if checks is None else case.operands)

    def torch(self, case: layers.Case) -> layers.Outcome:
        """Raises Unknowable."""
        return layers.by_torch(case)

    def inferable(self, case: layers.Case) -> tuple[str, ...]:
        return case.hidden

    def with_symbols(self, case: layers.Case, draw: Draw, checks: Checks) -> tuple[layers.Case, dict[Atom, int]]:
        """Operands with symbols; under `generic` arguments too, as in a block whose parameters they are."""
        made = Symbols(checks.solver, draw)
        operands = {name: made.of(x) for name, x in case.operands.items()}
        values = case.values
        if checks.generic:
            params = layers.layer_of(self.name).params
            values = {
                name: made.of(value) if params[name].type in ("int", "ints") and params[name].lower is not None else value
                for name, value in values.items()
            }
        return layers.Case(case.name, values, operands, case.hidden), made.meaning

    def at(self, case: layers.Case, outcome: layers.Outcome, values: Values, harmless: bool = True) -> layers.Case:
        """The case for some numbers, with what was inferred for it. Raises Untried where that costs too much, or does harm."""
        arguments = {**case.values, **dict(outcome.inferred)}
        operands = {name: numbers(x, values) for name, x in case.operands.items()}
        hidden = case.hidden if outcome.results is None else ()
        kept = {name: numbers(value, values) for name, value in arguments.items()}
        there = layers.Case(case.name, kept, operands, hidden)
        if harmless and harms(there):
            raise Untried
        return there

    def empty(self, case: layers.Case, theirs: layers.Outcome | None = None) -> bool:
        return layers.is_empty(case, theirs or layers.Outcome(None))

    def by_choice(self, case: layers.Case, why: str) -> bool:
        return any(holds(case, why) for holds in layers.STRICTER)

    def same(self, ours: layers.Outcome, theirs: layers.Outcome) -> bool:
        return ours == theirs


class FunctionSubject:
    """A function. Its cases are those of `functions_differential`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def draw(self, draw: Draw) -> function_cases.Case:
        operands, values = functions_differential.SAMPLERS[self.name](draw)
        if draw.random() < SLIPS:
            operands, values = slip(type(function_cases.op_of(function_cases.Case(self.name, {}, {}))), operands, values, draw)
        return function_cases.Case(self.name, operands, values)

    def checks(self, generic: bool) -> Checks:
        return Checks(Solver())

    def rule(self, case: function_cases.Case, checks: Checks | None = None) -> function_cases.Outcome:
        return function_cases.by_rule(case, checks)

    def torch(self, case: function_cases.Case) -> function_cases.Outcome:
        """Raises Unknowable."""
        if functions_differential._patterned(case):  # what a refused pattern lowers to says nothing
            ours = function_cases.by_rule(case)
            if ours.results is None:
                return ours
        theirs = function_cases.by_torch(case)
        if "INTERNAL ASSERT" in theirs.why:
            raise layers.Unknowable
        return theirs

    def inferable(self, case: function_cases.Case) -> tuple[str, ...]:
        return ()

    def with_symbols(self, case: function_cases.Case, draw: Draw, checks: Checks) -> tuple[Any, dict[Any, int]]:
        return functions_differential.with_symbols(case, draw, checks.solver)

    def at(self, case: function_cases.Case, outcome: function_cases.Outcome, values: Values) -> function_cases.Case:
        """Raises Untried."""
        operands = {name: numbers(x, values) for name, x in case.operands.items()}
        return function_cases.Case(case.name, operands, {name: numbers(value, values) for name, value in case.values.items()})

    def empty(self, case: function_cases.Case, theirs: function_cases.Outcome | None = None) -> bool:
        return functions_differential.is_empty(case, theirs or function_cases.Outcome(()))

    def by_choice(self, case: function_cases.Case, why: str) -> bool:
        return functions_differential.stricter(case, why)

    def same(self, ours: function_cases.Outcome, theirs: function_cases.Outcome) -> bool:
        assert ours.results is not None
        assert theirs.results is not None
        return functions_differential.same(ours.results, theirs.results)


class Subject(Protocol):
    """What the families ask of a layer or function. Cases and outcomes are the harness's own, and stay with it."""

    name: str

    def draw(self, draw: Draw) -> Any: ...
    def checks(self, generic: bool) -> Checks: ...
    def rule(self, case: Any, checks: Checks | None = None) -> Any: ...
    def torch(self, case: Any) -> Any: ...
    def inferable(self, case: Any) -> tuple[str, ...]: ...
    def with_symbols(self, case: Any, draw: Draw, checks: Checks) -> tuple[Any, dict[Any, int]]: ...
    def at(self, case: Any, outcome: Any, values: Values) -> Any: ...
    def empty(self, case: Any, theirs: Any = None) -> bool:
        """Is an operand without elements, or a result?"""
        ...

    def by_choice(self, case: Any, why: str) -> bool: ...
    def same(self, ours: Any, theirs: Any) -> bool: ...


def subject(name: str) -> Subject:
    return LayerSubject(name) if name[0].isupper() else FunctionSubject(name)


def subjects() -> list[str]:
    """Every layer and function of the registry, in a fixed order."""
    return names()


def seeded(name: str, seed: int, family: str = "") -> Draw:
    """The same numbers for the same name, seed and family on every machine."""
    return Draw(zlib.crc32(f"{name} {family}".encode()) + seed * 1_000_003)


@contextlib.contextmanager
def on_meta() -> Iterator[None]:
    """Tensors without numbers, whose shapes torch computes by rules of its own."""
    with torch.device("meta"):
        yield
