"""Questions about where rules end: sizes that fall to 0 and below, scalars, index lists of every kind.

    python -m tests.soundness --cases 20000 --seed 1 edges

The samplers draw what people write; these questions take any of their configurations to its edge. They have random numbers of
their own, so what a seed asks of layers, functions and programs is not moved by them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch

from specc.dims.atoms import Atom
from specc.dims.expr import Dim, Expr, atoms
from specc.dims.polynomial import dim_of
from specc.dims.solver import Solver
from specc.ops.declare import Op
from specc.ops.registry import find
from specc.ops.rules import Checks
from specc.types import DType, TensorType
from tests.soundness.families import Figures, concrete, symbolic
from tests.soundness.slips import LEFT_ALONE
from tests.soundness.subjects import Subject, Values, harms, seeded, subject
from tests.specc.ops import differential as layers
from tests.specc.ops import function_cases
from tests.specc.ops.differential import Unknowable
from tests.specc.ops.draw import Draw
from tests.specc.ops.functions_differential import SIZES

_SCALAR, _NUMBER, _BAG, _NONE = 0.15, 0.3, 0.5, 0.05
_SHIFTED = 0.6
"""Share of the arguments that become a symbol less a number."""
_INDICES = (("ellipsis",), ("none",), ("tensor", TensorType((), DType.INT)), ("tensor", TensorType((), DType.BOOL)))

_WITHOUT_ELEMENTS = ("narrow", "select", "unfold", "getitem", "repeat_interleave", "eye", "linspace", "randperm", "zeros")
_WORDS = ("narrow", "select", "one_hot")
_LEAST = ("hidden_size", "dilation", "stride", "padding", "num_embeddings")
"""Arguments whose least value some paths of torch do not look at."""

_INDEX_REFUSED: tuple[Callable[[tuple[Any, ...], str], bool], ...] = (
    # torch gives the second `...` what the first has left: nothing.
    lambda items, why: "only one `...`" in why and items.count(("ellipsis",)) > 1,
    # A mask without dimensions adds one, of a size that depends on data.
    lambda items, why: "a mask must have" in why and ("tensor", TensorType((), DType.BOOL)) in items,
)


class Edge:
    """A layer or function whose configurations are taken to their edges."""

    def __init__(self, inner: Subject) -> None:
        self.inner: Any = inner
        self.name = inner.name
        op = find(inner.name)
        assert op is not None
        self.op: type[Op] = op

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def draw(self, draw: Draw) -> Any:
        case = self.inner.draw(draw)
        operands, values = edged(self.op, case.operands, case.values, draw)
        if operands == case.operands and values == case.values:
            return case
        return case.replace(operands=operands, values=values, **({"hidden": ()} if hasattr(case, "hidden") else {}))

    def checks(self, generic: bool) -> Checks:
        """Kept, since what the rule doubts is looked at in the end."""
        made: Checks = self.inner.checks(generic)
        self.asked = made
        return made

    def rule(self, case: Any, checks: Checks | None = None) -> Any:
        """As elaboration does, symbols are held against the bounds of their argument before the rule runs."""
        why = "" if checks is None or checks.generic else self._out_of_bounds(case.values, checks)
        if why:
            return (layers.Outcome if isinstance(case, layers.Case) else function_cases.Outcome)(None, why=why)
        return self.inner.rule(case, checks)

    def _out_of_bounds(self, values: Mapping[str, Any], checks: Checks) -> str:
        for name, value in values.items():
            param = self.op.params.get(name)
            for item in value if isinstance(value, tuple) else (value,):
                if param is None or not isinstance(item, Expr):
                    continue
                for bound, op, word in ((param.lower, ">=", "<"), (param.upper, "<=", ">")):
                    if bound is not None and checks.solver.demand(item, op, int(bound), None) is False:
                        return f"{name} {word} {bound}"
        return ""

    def torch(self, case: Any) -> Any:
        """What torch does with memory that is not its own is no answer but a refusal. Raises Unknowable and Untried."""
        if isinstance(case, layers.Case) and harms(case):
            return layers.Outcome(None, why="torch would read or write memory that is not its own")
        return self.inner.torch(case)

    def at(self, case: Any, outcome: Any, values: Values) -> Any:
        """Also what must not be put to torch. Raises Untried."""
        if isinstance(case, layers.Case):
            return self.inner.at(case, outcome, values, harmless=False)
        return self.inner.at(case, outcome, values)

    def with_symbols(self, case: Any, draw: Draw, checks: Checks) -> tuple[Any, dict[Atom, int]]:
        """Beside the sizes, arguments: each a symbol of its own or that of a size, less a number."""
        made, meaning = self.inner.with_symbols(case, draw, checks)
        if isinstance(case, layers.Case) and not checks.generic:
            return made, meaning
        shifts = _Shifts(checks.solver, draw, meaning)
        values = {
            name: shifts.of(case.values[name]) if self._may_be_symbol(name) and draw.random() < _SHIFTED else value
            for name, value in made.values.items()
        }
        return made.replace(values=values), meaning

    def _may_be_symbol(self, name: str) -> bool:
        param = self.op.params.get(name)
        if param is None:
            return False
        return name == "items" or (param.type in ("int", "ints") and (param.lower is not None or name in SIZES))

    def empty(self, case: Any, theirs: Any = None) -> bool:
        """Tensors are made, and parts of them taken, with all checks, be they without elements."""
        checked = self.name in _WITHOUT_ELEMENTS
        return not checked and bool(self.inner.empty(case, theirs))

    def by_choice(self, case: Any, why: str) -> bool:
        """Also where -1 is another thing than a size: the last index, or as many classes as the data have. A symbol is none of
        these: it counts from the front."""
        if self.name in _WORDS and not why and any(_whole(value) and value < 0 for value in case.values.values()):
            return True
        if self.name == "getitem" and any(refused(case.values["items"], why) for refused in _INDEX_REFUSED):
            return True
        return why.split(" < ")[0] in _LEAST or bool(self.inner.by_choice(case, why))

    def settled_doubts(self) -> str:
        """Demands that would be asserted in generated code though they are preconditions already."""
        solver = self.asked.solver
        doubts = [] if self.asked.generic else [d for d in self.asked.doubts if d[0] != "%"]
        return ", ".join(f"{left} {op} {right}" for op, left, right in doubts if solver.decide(left, op, right))


class _Shifts:
    """Arguments as symbols less a number. `meaning`: what the symbols stand for; new ones are added."""

    def __init__(self, solver: Solver, draw: Draw, meaning: dict[Any, int]) -> None:
        self.solver = solver
        self.draw = draw
        self.meaning = meaning

    def of(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self.of(item) for item in value)
        if not _whole(value) or self.draw.random() > _SHIFTED:
            return value
        return self._less(value)

    def _less(self, value: int) -> Dim:
        known = list(self.meaning)
        if known and self.draw.yes():
            symbol = self.draw.choice(known)
            return dim_of(symbol) + (value - self.meaning[symbol])
        stands_for = max(1, value + self.draw.randint(1, 3))
        made = self.solver.fresh(f"t{len(self.meaning)}", flexible=False, lower=1)
        assert isinstance(made, Expr)
        self.meaning[atoms(made)[0]] = stands_for
        return made + (value - stands_for)


def edged(
    op: type[Op], operands: Mapping[str, Any], values: Mapping[str, Any], draw: Draw
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Operands and arguments taken to an edge; the same ones mostly."""
    new, given = dict(operands), dict(values)
    tensors = [
        name for name, x in new.items() if isinstance(x, TensorType) and not x.weak and name not in LEFT_ALONE.get(op.name, ())
    ]
    if tensors and draw.random() < _SCALAR:
        name = draw.choice(tensors)
        new[name] = TensorType((), new[name].dtype)
        if draw.yes():
            given = {name: draw.choice((0, -1)) if _whole(value) else value for name, value in given.items()}
    numbers = [name for name, value in given.items() if _whole(value)]
    if numbers and draw.random() < _NUMBER:
        given[draw.choice(numbers)] = draw.choice((0, 0, -1, 1))
    lists = [name for name, value in given.items() if isinstance(value, tuple) and _may_hold_none(op, name)]
    if lists and draw.random() < _NONE:
        name = draw.choice(lists)
        at = draw.randint(0, len(given[name]))
        given[name] = (*given[name][:at], None, *given[name][at + 1 :])
    if "items" in given and draw.random() < _NUMBER:
        items = list(given["items"])
        for _ in range(draw.randint(1, 2)):
            items.insert(draw.randint(0, len(items)), draw.choice(_INDICES))
        given["items"] = tuple(items)
    if isinstance(new.get("offsets"), TensorType) and draw.random() < _BAG:
        new["offsets"] = TensorType((draw.randint(0, 1),), DType.INT)
    return new, given


def _may_hold_none(op: type[Op], name: str) -> bool:
    """Elaboration leaves it to the rule whether a size can be left to torch."""
    return name in op.params and op.params[name].type in ("dims", "shape")


def _whole(value: Any) -> bool:
    return type(value) is int  # not a bool, nor a DType


def examine_edges(name: str, cases: int, seed: int) -> Figures:
    """About `cases` questions about the edges of one layer or function: the same ones for the same seed on every machine."""
    figures = Figures(name)
    question_edges(subject(name), cases, seed, figures)
    return figures


def question_edges(inner: Subject, cases: int, seed: int, figures: Figures) -> None:
    """Asks until there are so many cases."""
    what = Edge(inner)
    draw = seeded(what.name, seed, "edges")
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while figures.total < cases:
            case = what.draw(draw)
            try:
                concrete(what, case, figures, draw)
            except Unknowable:
                figures.case("numbers")
                figures.count("unknowable")
                continue
            if figures.total < cases:
                symbolic(what, case, figures, draw)
                settled = what.settled_doubts()
                if settled:
                    figures.false_reject("demands", f"doubted, though it is a precondition: {settled}\n      {case}")
