"""Names from elsewhere lead to names that exist, and hide none."""

from __future__ import annotations

from specc.diagnostics import Diagnostics
from specc.ops.elsewhere import NAMES
from specc.ops.registry import names
from specc.pipeline import Options, check
from specc.source import SourceFile


def test_they_lead_somewhere() -> None:
    assert [here for here in NAMES.values() if " " not in here and here not in names()] == []
    assert [name for name in NAMES if name in names()] == []


def helped(call: str) -> list[str]:
    diagnostics = Diagnostics()
    source = SourceFile("m.nn", f"model Example {{\n    input x: float[B, 8]\n    output x -> {call}\n}}\n")
    check(source, Options(), diagnostics)
    assert [item.code for item in diagnostics.sorted()] == ["E0202"]
    return [hint.text for item in diagnostics.sorted() for hint in item.help]


def test_they_are_told() -> None:
    assert helped("view(B, 2, 4)") == ["here it is called `reshape`"]
    assert helped("Dense(10)") == ["here it is called `Linear`"]
    assert helped("long") == ["write `to(int)`"]
