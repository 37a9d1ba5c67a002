"""Functions called with anything: what does not fit is answered with a message, never with a failure of specc's own."""

from __future__ import annotations

import random
import zlib

import pytest

from specc.diagnostics import Diagnostics
from specc.ops.declare import Param
from specc.ops.registry import find
from specc.pipeline import Options, build, check
from specc.source import SourceFile
from tests.specc.ops.functions_differential import functions

VALUES = [
    "none", "0", "-1", "1", "7", "[]", "[1, none]", "true", "0.5", "x", "[x, x]", "[1, 2]", "(2, 3)", "[[1], [2, 3]]", "-0.5",
    "n", "k", "[n, k]", "int", "float", "B", "T", "[B, -1]", "10 ** 12", "[0.5]", "p", "flag", "word", "items",
    "ReLU", '"a"', '""',
]  # fmt: skip
PATTERNS = [
    '"b t d -> b (t d)"', '"b (t a) d -> a b t d"', '"i j k -> k"', '"... d -> d ..."', '"(b"', '"b -> ->"', '"ij,jk->ik"',
]  # fmt: skip


def value_of(param: Param, draw: random.Random) -> str:
    if param.choices and draw.random() < 0.6:
        return f'"{draw.choice(param.choices)}"'
    if param.type == "str" and not param.choices and draw.random() < 0.7:
        return draw.choice(PATTERNS)
    return draw.choice(VALUES)


def call_of(name: str, draw: random.Random) -> str:
    op = find(name)
    assert op is not None
    args: list[str] = []
    for operand in op.operands:
        if draw.random() < 0.85:
            value = draw.choice("xyimxs") if draw.random() < 0.8 else draw.choice(VALUES)
            value = f"[{value}, x]" if operand in op.list_operands else value
            args.append(f"{operand}={value}" if draw.random() < 0.4 or any("=" in arg for arg in args) else value)
    args += [f"{param.name}={value_of(param, draw)}" for param in op.params.values() if draw.random() < 0.6]
    return f"{name}({', '.join(args)})"


@pytest.mark.parametrize("name", [name for name in functions() if name != "getitem"])
def test_anything_is_answered(name: str) -> None:
    draw = random.Random(zlib.crc32(name.encode()))
    for _ in range(5):
        text = f"""
model Example(n: int = 3, k: int = 1, p: float = 0.5, flag: bool = true, word: str = "sum", items: list = [1, 2]) {{
    input x: float[B, T, 8], y: float[4, 6], i: int[B, T], m: bool[B, T, 8], s: float[]
    result = {call_of(name, draw)}
    output result
}}
"""
        diagnostics = Diagnostics()
        checked = check(SourceFile("m.nn", text), Options(), diagnostics)
        if not diagnostics.has_errors:
            assert build(checked, Options(), diagnostics) is not None
