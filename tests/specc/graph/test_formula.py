from __future__ import annotations

import pytest

from specc.dims.solver import Solver
from specc.graph.formula import UnboundSymbol, evaluate, holds, number, symbols
from specc.graph.model import Requirement


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(H + 1)//2", 4),
        ("2*H*B", 42),
        ("H//2 - B", 0),
        ("-H + 9", 2),
        ("min(H, B)", 3),
        ("max(H, 2*B)", 7),
        ("H**2", 49),
        (5, 5),
    ],
)
def test_numbers(text: int | str, expected: int) -> None:
    assert number(text, {"H": 7, "B": 3}) == expected


def test_an_exact_quotient() -> None:
    assert number("D/h*2", {"D": 12, "h": 3}) == 8


def test_the_text_of_a_dimension_reads_back_as_the_same_dimension() -> None:
    solver = Solver()
    h, b = solver.fresh("H", flexible=False), solver.fresh("B", flexible=False)
    for dim in ((h + 3) // 2 * b - 1, h * h + 4 * b, (h + 1) // 2 // 3, b * (h % 4)):
        assert evaluate(str(dim), {"H": h, "B": b}) == dim


def test_symbols_in_order() -> None:
    assert symbols("(H+1)//2 + B*max(H,2)") == ["H", "B"]
    assert symbols(3) == []


def test_an_unbound_symbol_is_named() -> None:
    with pytest.raises(UnboundSymbol) as caught:
        number("H + K", {"H": 1})
    assert caught.value.name == "K"


def test_nothing_else_is_evaluated() -> None:
    with pytest.raises(AssertionError, match="not a size"):
        evaluate("__import__('os')", {})


@pytest.mark.parametrize(
    ("op", "right", "expected"), [(">=", 7, True), (">", 7, False), ("==", "B + 4", True), ("!=", 7, False)]
)
def test_requirements(op: str, right: int | str, expected: bool) -> None:
    assert holds(Requirement(left="H", op=op, right=right), {"H": 7, "B": 3}) is expected
