"""Layers through the language: what the harness accepts is written as a spec, built, and run."""

from __future__ import annotations

import re
import zlib
from typing import Any

import pytest
import torch

from specc.diagnostics import Diagnostics
from specc.ops.registry import names
from specc.pipeline import Options, build, check
from specc.source import SourceFile
from specc.types import TensorType
from tests.specc.ops.differential import KIND_OF, Case, Unknowable, by_rule, by_torch, draw_case, layer_of, tensor_of
from tests.specc.ops.draw import Draw, ints

pytestmark = pytest.mark.filterwarnings("ignore")  # torch warns of much that it takes; an error would pass for a refusal

CASES = 4
LAYERS = [name for name in names() if name[0].isupper()]


def literal(value: Any) -> str:
    """A value as `.nn` writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, str):
        return f'"{value}"'
    return {True: "true", False: "false", None: "none"}[value] if value is None or isinstance(value, bool) else repr(value)


def spec_of(case: Case) -> str:
    """A model of this layer alone, every operand an input, every result an output."""
    given = {name: x for name, x in case.operands.items() if x is not None}
    inputs = ", ".join(f"in_{name}: {x.dtype.word}[{', '.join(map(str, ints(x)))}]" for name, x in given.items())
    feed = ", ".join(f"{name}=in_{name}" for name in given)
    values = ", ".join(f"{name}={literal(value)}" for name, value in case.values.items() if name not in case.hidden)
    results = by_rule(case).results
    assert results is not None
    outputs = [f"out_{i}" for i in range(len(results))]
    return (
        f"model M {{\n    input {inputs}\n    {', '.join(outputs)} = ({feed}) -> layer: {case.name}({values})\n"
        f"    output {', '.join(outputs)}\n}}\n"
    )


def expressible(case: Case) -> bool:
    """Sizes of 0 stand in no input's type, and there is no word for infinity."""
    empty = any(x is not None and 0 in x.shape for x in case.operands.values())
    return not empty and float("inf") not in case.values.values()


def run_spec(text: str) -> Any:
    """The built module, or the messages."""
    diagnostics = Diagnostics()
    checked = check(SourceFile("m.nn", text), Options(), diagnostics)
    code = build(checked, Options(), diagnostics)
    assert code is not None, f"{text}\n{[(d.code, d.headline) for d in diagnostics.sorted()]}"
    scope: dict[str, Any] = {"__name__": "built"}
    exec(compile(code, "built.py", "exec"), scope)
    return scope["M"]()


@pytest.mark.parametrize("name", LAYERS)
def test_built_layers_do_as_declared(name: str) -> None:
    draw = Draw(zlib.crc32(name.encode()) + 17)
    built = 0
    for _ in range(300):
        case = draw_case(name, draw)
        declared = by_rule(case)
        if declared.results is None or not expressible(case):
            continue
        try:
            if by_torch(case).results is None:
                continue
        except Unknowable:
            continue
        text = spec_of(case)
        module = run_spec(text).eval()
        tensors = [tensor_of(operand, x) for operand, x in case.operands.items() if x is not None]
        with torch.no_grad():
            results = module(*tensors)
        found = tuple(
            TensorType(tuple(t.shape), KIND_OF[t.dtype]) for t in (results if isinstance(results, tuple) else (results,))
        )
        assert found == declared.results, text
        keys = {key.removeprefix("layer.") for key in module.state_dict()}
        assert keys == {weight for weight, _, _ in declared.weights}, text
        built += 1
        if built == CASES:
            return
    assert built >= CASES // 2, f"only {built} cases for {name}"


@pytest.mark.parametrize("name", LAYERS)
def test_example_checks_and_builds(name: str) -> None:
    head, _, stage = layer_of(name).example.partition(" -> ")
    inputs = head.strip("()") if head.startswith("(") else head
    feed = ", ".join(re.findall(r"(\w+):", inputs))
    text = f"model M {{\n    input {inputs}\n    ({feed}) -> layer: {stage} -> output result\n}}\n"
    with torch.device("meta"):
        module = run_spec(text)
    assert isinstance(module.layer, getattr(torch.nn, name))
