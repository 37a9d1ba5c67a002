"""Expressions as text: Python must read back the tree that was written, with as few parentheses as it allows."""

from __future__ import annotations

import ast
import random
import shutil
import subprocess
import sys

import pytest

from specc.emit.code import lines, literal, text
from specc.emit.evaluate import Evaluator, _Frame
from specc.emit.plan import DictCode, Star, Verbatim
from specc.pycode import (
    Attr,
    BinaryCode,
    CallCode,
    Code,
    CompCode,
    EllipsisCode,
    FString,
    IfCode,
    Item,
    ListCode,
    Lit,
    Path,
    SliceCode,
    TupleCode,
    UnaryCode,
    Var,
)

NAMES = {"a": 7, "b": 3, "c": 2, "flag": True}
ARITHMETIC = ("+", "-", "*", "//", "%")
COMPARISON = ("==", "!=", "<", "<=", ">", ">=")


def number(rng: random.Random, depth: int) -> Code:
    kind = rng.randrange(7 if depth else 2)
    match kind:
        case 0:
            return Lit(rng.randint(-3, 9))
        case 1:
            return Var(rng.choice("abc"))
        case 2:
            return UnaryCode("-", number(rng, depth - 1))
        case 3:
            return IfCode(condition(rng, depth - 1), number(rng, depth - 1), number(rng, depth - 1))
        case 4:
            return BinaryCode("**", number(rng, depth - 1), Lit(rng.choice((0, 1, 2))))
        case 5:
            return CallCode(Path("max"), (number(rng, depth - 1), number(rng, depth - 1)))
        case _:
            return BinaryCode(rng.choice(ARITHMETIC), number(rng, depth - 1), number(rng, depth - 1))


def condition(rng: random.Random, depth: int) -> Code:
    kind = rng.randrange(4 if depth else 1)
    match kind:
        case 0:
            return BinaryCode(rng.choice(COMPARISON), number(rng, max(depth - 1, 0)), number(rng, max(depth - 1, 0)))
        case 1:
            return UnaryCode("not", condition(rng, depth - 1))
        case _:
            return BinaryCode(rng.choice(("and", "or")), condition(rng, depth - 1), condition(rng, depth - 1))


def evaluated(code: Code) -> object:
    """What the tree means, without its text."""
    return _Frame(Evaluator({}, {}, {}), dict(NAMES)).value(code)


@pytest.mark.parametrize("seed", range(400))
def test_python_reads_back_what_was_meant(seed: int) -> None:
    rng = random.Random(seed)
    code = number(rng, 4) if seed % 2 else condition(rng, 4)
    try:
        wanted = evaluated(code)
    except ZeroDivisionError:
        pytest.skip("divides by zero")
    printed = text(code)
    assert eval(printed, {}, dict(NAMES)) == wanted, printed
    broken = "(\n" + "\n".join(lines(code, 0, bracketed=True, width=30)) + "\n)"
    assert eval(broken, {}, dict(NAMES)) == wanted, broken


@pytest.mark.parametrize("seed", range(200))
def test_no_parentheses_that_python_can_do_without(seed: int) -> None:
    """Taking any one pair away changes what Python reads."""
    printed = text(number(random.Random(seed + 1000), 3))
    tree = ast.dump(ast.parse(printed, mode="eval"))
    for at, character in enumerate(printed):
        if character != "(" or (at and (printed[at - 1].isalnum() or printed[at - 1] == "_")):
            continue
        depth, end = 0, at
        for end in range(at, len(printed)):
            depth += {"(": 1, ")": -1}.get(printed[end], 0)
            if depth == 0:
                break
        bare = printed[:at] + printed[at + 1 : end] + printed[end + 1 :]
        try:
            assert ast.dump(ast.parse(bare, mode="eval")) != tree, f"{printed}: the pair at {at} is not needed"
        except SyntaxError:
            continue


X = Var("x")


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (BinaryCode("**", Var("stage"), Lit(2)), "stage**2"),
        (BinaryCode("**", UnaryCode("-", X), Lit(2)), "(-x) ** 2"),
        (UnaryCode("-", BinaryCode("**", X, Lit(2))), "-x**2"),
        (BinaryCode("**", Lit(-2), Lit(2)), "(-2) ** 2"),
        (BinaryCode("-", Var("a"), BinaryCode("-", Var("b"), Var("c"))), "a - (b - c)"),
        (BinaryCode("-", BinaryCode("-", Var("a"), Var("b")), Var("c")), "a - b - c"),
        (BinaryCode("<", BinaryCode("<", Var("a"), Var("b")), Var("c")), "(a < b) < c"),
        (UnaryCode("not", BinaryCode("==", Var("a"), Var("b"))), "not a == b"),
        (Attr(Lit(3), "real"), "(3).real"),
        (Item(X, (SliceCode(None, None, None), Lit(0))), "x[:, 0]"),
        (Item(X, (SliceCode(Lit(1), Lit(-1), Lit(2)),)), "x[1:-1:2]"),
        (Item(X, (SliceCode(BinaryCode("+", Var("a"), Lit(1)), None, None),)), "x[a + 1 :]"),
        (Item(X, (EllipsisCode(), Lit(None))), "x[..., None]"),
        (TupleCode((Lit(1),)), "(1,)"),
        (TupleCode(()), "()"),
        (DictCode(((Lit("a"), Lit(1)),)), '{"a": 1}'),
        (FString(("layer", BinaryCode("+", Var("stage"), Lit(1)))), 'f"layer{stage + 1}"'),
        (FString(("{", Var("a"), '"}')), 'f"{{{a}\\"}}"'),
        (CallCode(Path("f"), (Star(CompCode(X, ("x",), Var("xs"), Var("x"))),)), "f(*[x for x in xs if x])"),
        (Verbatim("({0}, {1})", (Var("h"), Var("c"))), "(h, c)"),
        (ListCode((Lit(True), Lit(None))), "[True, None]"),
    ],
)
def test_spelling(code: Code, wanted: str) -> None:
    assert text(code) == wanted
    ast.parse(wanted, mode="eval")


@pytest.mark.parametrize("value", [0, -1, 1.5, 1e-06, "a", "it's", 'a "word"', "back\\slash", True, None, "both ' and \""])
def test_literals_mean_their_value(value: object) -> None:
    assert eval(literal(value)) == value  # type: ignore[arg-type]


def test_numbers_that_have_no_literal() -> None:
    assert literal(float("inf")) == 'float("inf")'
    assert literal(float("-inf")) == 'float("-inf")'


def test_long_calls_break_as_ruff_breaks_them() -> None:
    arguments = tuple(CallCode(Path("nn.Linear"), (Var(f"features_{n}"), Lit(n))) for n in range(6))
    call = CallCode(Path("nn.Sequential"), arguments, (("name", Lit("x")),))
    source = "\n".join(lines(call, 0, "layers = ", width=100)) + "\n"
    ruff = shutil.which("ruff") or f"{sys.prefix}/bin/ruff"
    formatted = subprocess.run(
        [ruff, "format", "--isolated", "--line-length", "100", "-"], input=source, capture_output=True, text=True, check=True
    )
    assert formatted.stdout == source
