"""Symbolic, then substituted: what a rule says for symbols, with numbers put in, is what it says for the numbers."""

from __future__ import annotations

import operator
import zlib
from collections.abc import Mapping

from specc.dims.expr import Dim, Symbol, evaluate, symbols
from specc.dims.solver import Solver
from specc.ops.rules import Checks
from specc.types import Shape, TensorType
from tests.specc.ops.differential import Case, Outcome, by_rule, draw_case
from tests.specc.ops.draw import Draw, ints


class SymbolicTally:
    """`tried`: accepted concrete cases. `agreed`: those accepted with symbols too, with equal results. The others were refused
    because some sizes that the symbols stand for do not fit (the rule may not accept what fails for some)."""

    def __init__(self) -> None:
        self.tried = self.agreed = self.assignments = 0
        self.differences: list[str] = []


def run_symbolic(name: str, cases: int, seed: int) -> SymbolicTally:
    tally = SymbolicTally()
    draw = Draw(zlib.crc32(name.encode()) + seed)
    for _ in range(cases):
        case = draw_case(name, draw)
        concrete = by_rule(case)
        if concrete.results is None:
            continue
        tally.tried += 1
        check = Checks(Solver())
        operands, values = with_symbols(case, check.solver, draw)
        symbolic = by_rule(case, check, operands)
        if symbolic.results is None:
            continue
        tally.agreed += 1
        compare(tally, case, operands, symbolic, values)
        if not check.doubts:
            for sizes in ((1, 2, 3, 5), (2, 7, 11), (4, 6, 8, 12)):
                other = {symbol: draw.choice(sizes) for symbol in values}
                if all(holds(p.left, p.op, p.right, other) for p in check.solver.preconditions):
                    tally.assignments += 1
                    compare(tally, case, operands, symbolic, other)
    return tally


def compare(
    tally: SymbolicTally, case: Case, operands: Mapping[str, TensorType | None], symbolic: Outcome, values: Mapping[Symbol, int]
) -> None:
    """The symbolic outcome at some numbers against the concrete one for these numbers."""
    assert symbolic.results is not None
    given = {name: None if x is None else TensorType(numbers(x.shape, values), x.dtype) for name, x in operands.items()}
    wanted = by_rule(case, None, given)
    found = Outcome(
        tuple(TensorType(numbers(x.shape, values), x.dtype) for x in symbolic.results),
        tuple((weight, numbers(shape, values), buffer) for weight, shape, buffer in symbolic.weights),
    )
    if found != wanted:
        tally.differences.append(f"{symbolic} becomes {found}, but is {wanted}\n      {case} as {operands} at {values}")


def holds(left: Dim, op: str, right: Dim, values: Mapping[Symbol, int]) -> bool:
    """A precondition, at some numbers."""
    return bool(_COMPARE[op](evaluate(left, values), evaluate(right, values)))


_COMPARE = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def with_symbols(case: Case, solver: Solver, draw: Draw) -> tuple[dict[str, TensorType | None], dict[Symbol, int]]:
    """Operands in which some sizes, equal ones alike, are rigid symbols, and what each stands for."""
    names: dict[int, Dim] = {0: 0}
    values: dict[Symbol, int] = {}

    def symbol(size: int) -> Dim:
        if size not in names:
            names[size] = solver.fresh(f"s{size}", flexible=False) if draw.random() < 0.7 else size
            if not isinstance(names[size], int):
                values[symbols(names[size])[0]] = size
        return names[size]

    operands = {
        name: None if x is None else TensorType(tuple(map(symbol, ints(x))), x.dtype) for name, x in case.operands.items()
    }
    return operands, values


def numbers(shape: Shape, values: Mapping[Symbol, int]) -> Shape:
    return tuple(evaluate(d, values) for d in shape)
