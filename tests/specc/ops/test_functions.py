"""What every function declares, and that its example is what it says."""

from __future__ import annotations

import pytest
import torch

from specc.diagnostics import Diagnostics
from specc.ops.declare import Function
from specc.ops.registry import find, names
from specc.pipeline import Options, build, check
from specc.source import SourceFile
from tests.specc.ops.functions_differential import functions

OPERATORS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floor_divide", "%": "remainder", "**": "pow", "@": "matmul",
    "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "&": "bitwise_and", "|": "bitwise_or",
    "^": "bitwise_xor", "~": "bitwise_not",
}  # fmt: skip


def function(name: str) -> type[Function]:
    op = find(name)
    assert op is not None
    assert issubclass(op, Function)
    return op


def named_in_torch(path: str) -> bool:
    """`torch.cat`, `F.pad`, `.reshape`."""
    value: object = torch.Tensor
    for i, part in enumerate(path.split(".")):
        if i == 0 and part in ("torch", "F"):
            value = torch if part == "torch" else torch.nn.functional
        elif part:
            value = getattr(value, part, None)
    return callable(value)


@pytest.mark.parametrize("name", functions())
def test_is_documented(name: str) -> None:
    op = function(name)
    doc = op.__dict__.get("__doc__")
    assert doc
    assert doc.split("\n")[0].endswith(".")
    assert op.example
    assert all(param.doc for param in op.params.values())
    assert named_in_torch(op.torch), op.torch


def test_names_follow_the_language() -> None:
    for name in names():
        assert name[0].isupper() or name == name.lower()
    lowered = [name.lower() for name in names() if name[0].isupper()]
    assert len(lowered) == len(set(lowered))


def test_every_operator_has_its_function() -> None:
    assert {function(name).operator for name in functions()} - {""} == set(OPERATORS)
    for operator, name in OPERATORS.items():
        assert function(name).operator == operator
    assert function("neg").operator == "-"


def spec_of(example: str) -> str:
    """A model that does what an example shows."""
    head, _, call = example.partition("-> ") if " -> " in example else ("", "", example)
    if '"' in head:
        head, _, call = "", "", example
    head = head.strip()
    opening, closing = (head[0], head[-1]) if head and head[0] in "([" else ("", "")
    declared = head[1:-1] if opening else head
    inputs = [part.split(":")[0] for part in _parts(declared)] if declared else []
    feed = f"{opening}{', '.join(inputs)}{closing} -> " if inputs else ""
    given = declared or "unused: float[B]"
    return f"model Example {{\n    input {given}\n    result = {feed}{call}\n    output result\n}}\n"


def _parts(text: str) -> list[str]:
    out, depth = [""], 0
    for ch in text:
        depth += (ch == "[") - (ch == "]")
        if ch == "," and depth == 0:
            out.append("")
        else:
            out[-1] += ch
    return [part.strip() for part in out]


GIVES_A_LIST = {"split": 3, "chunk": 3, "unbind": 3, "meshgrid": 2}


@pytest.mark.parametrize("name", [name for name in functions() if name != "getitem"])
def test_example_checks_and_builds(name: str) -> None:
    text = spec_of(function(name).example)
    if name in GIVES_A_LIST:
        text = text.replace("output result\n", "first = result[0]\n    output first\n")
    diagnostics = Diagnostics()
    code = build(check(SourceFile("m.nn", text), Options(), diagnostics), Options(), diagnostics)
    assert not diagnostics.has_errors, f"{text}\n{[(d.code, d.headline) for d in diagnostics.sorted()]}"
    assert code is not None
    compile(code, "m.py", "exec")
