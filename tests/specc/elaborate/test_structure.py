"""What is told of a body's structure, and what is not: specs that mean what they say get no warning."""

from __future__ import annotations

import pytest

from specc.diagnostics import Diagnostics
from specc.pipeline import Options, check
from specc.report.text import render
from specc.source import SourceFile

FINE = {
    "a value that a run-time branch replaces": """
        model Net { input x: [B, 8]; y = x -> a: Linear(8); if training { y = y -> Dropout }; output y }""",
    "a value of both sides of a run-time branch": """
        model Net { input x: [B, 8]; if training { y = x * 2 } else { y = x * 3 }; output y }""",
    "an entry that makes something of a number": """
        model Net {
            layer decoder: Linear(8, in_features=4)
            entry forward { input z: [B, 4]; output y = z -> decoder }
            entry sample { input n: dim; output y = randn(n, 4) -> decoder }
        }""",
    "tied weights": """
        model Net {
            input x: int[B, T]
            h = x -> words: Embedding(100, 16)
            output h -> head: Linear(100, bias=false)
            tie head.weight = words.weight
        }""",
    "a weight as a tensor": """
        model Net { input x: [B, 8]; y = x -> a: Linear(8); output linear(y, a.weight) }""",
    "a condition on a parameter without variants": """
        model Net(norm: bool = true) { input x: [B, 8]; if norm { x = x -> ln: LayerNorm }; output x }""",
    "a condition on a loop's variable": """
        model Net { input x: [B, 8]; for i in 0..3 { if i > 0 { x = x -> ReLU }; x = x -> fc: Linear(8) }; output x }""",
    "a loop that a parameter may lengthen": """
        model Net(depth: int = 0) { input x: [B, 8]; for i in 0..depth { x = x -> fc: Linear(8) }; output x }""",
    "a block's condition on a size that only this model fixes": """
        block B { input x: [N, C]; if C == 8 { x = x -> ReLU }; output x }
        model Net { input x: [B, 8]; output x -> B }""",
    "weights that one of two entries uses": """
        model Net {
            layer a: Linear(3, in_features=8)
            entry forward { input x: [B, 8]; output x * 2 }
            entry other { input x: [B, 8]; output x -> a }
        }""",
    "a state that is its own next": """
        block Cell { input x: [B, d]; state h: [B, d] = ones; y = x * h; next h = h; output y }
        model Net { input x: [B, T, 8]; output y = x -> Scan(Cell, dim=1) }""",
    "an output of positions": """
        model Net { input x: [B, T, 8]; output p = arange(T) -> table: Embedding(9, 4); output x }""",
    "a buffer that is only kept": """
        model Net { input x: [B, 8]; buffer seen: int[1] = zeros; output x }""",
    "constants of a library": "let width = 8\nblock B { input x: [N, C]; output x }",
}


@pytest.mark.parametrize("name", FINE)
def test_fine(name: str) -> None:
    diagnostics = Diagnostics()
    check(SourceFile("net.nn", FINE[name].strip() + "\n"), Options(), diagnostics)
    told = [item for item in diagnostics.sorted() if item.code != "W0604"]
    assert not told, render(told)
