"""Types that are left out: what the body admits is found backwards through it, ranks, sizes and kinds of number alike."""

from __future__ import annotations

import pytest

from specc.diagnostics import Diagnostics
from specc.elaborate.listing import Typed
from specc.pipeline import Options, check, listings
from specc.report.text import render
from specc.source import SourceFile

FOUND = {
    "a linear layer": ("input x; output x -> Linear(3, in_features=7)", "x: float[N, 7]"),
    "elementwise": ("input x; output (x * 2 + 1) -> Tanh -> Linear(3, in_features=7)", "x: float[N, 7]"),
    "a learned tensor": ("input x; param w: float[4, 5] = ones; output x + w", "x: float[4, 5]"),
    "two inputs": ("input x, y; output (x + y) -> Linear(3, in_features=9)", "x: float[N, 9], y: float[N, 9]"),
    "a reshape": ("input x; output x -> Unflatten(1, (3, 4, 5)) -> Conv2d(2, 1)", "x: float[N, 60]"),
    "a permutation": ("input x; output x -> permute(0, 2, 1) -> Linear(2, in_features=5)", "x: float[N, 5, T]"),
    "a product": ("input x; param w: float[5, 6] = ones; output x @ w", "x: float[N, 5]"),
    "a convolution": (
        "input x: [N, 3, ...]; output z: float[N, 4, 6, 6] = x -> Conv2d(4, 3)", "x: float[N, 3, 8, 8]",
    ),
    "a series": ("input x; output x -> Conv1d(16, 9, in_channels=2)", "x: float[N, 2, T]"),
    "a norm": ("input x; output x -> BatchNorm2d(num_features=8)", "x: float[N, 8, H, W]"),
    "a row": ("input x: [..., 12]; output x -> Linear(3)", "x: float[N, 12]"),
    "cat": ("input x: float[B, 3], y; output cat([x, y], dim=1) -> Linear(2, in_features=8)", "x: float[B, 3], y: float[B, 5]"),
    "whole numbers": ("input x; output x -> Embedding(100, 8)", "x: int[N, features]"),
    "a mask": ("input x, m; output masked_fill(x, m, 0.0) -> Linear(2, in_features=4)", "x: float[N, 4], m: bool[N, 4]"),
    "a condition": ("input c, x: float[B, 4]; output where(c, x, 0.0)", "c: bool[B, 4], x: float[B, 4]"),
}  # fmt: skip
WRONG = {
    "the rank that comes furthest": (
        "input x; y = x -> Conv2d(4, 3, in_channels=3) -> ReLU; output y -> Linear(2, in_features=4) -> Conv1d(5, 3)",
        "`Conv1d` needs a 2-D or 3-D input, got 4-D float[N, 4, H - 2, 2]",
    ),
    "no one size": (
        "input x: [N, 3, ...]; output z: float[N, 4, 6, 6] = x -> Conv2d(4, 3, stride=2)",
        "the height and width of `z` are declared as 6 and 6",
    ),
}


def checked(body: str) -> tuple[str, Diagnostics]:
    """The types of the inputs, and the messages."""
    diagnostics = Diagnostics()
    found = check(SourceFile("net.nn", f"model Net {{ {body} }}\n"), Options(), diagnostics)
    (model,) = listings(found, Options(), diagnostics.has_errors)
    notes = [
        note for note in model.notes if isinstance(note, Typed) and note.named and note.span.text.split(":")[0].isidentifier()
    ]
    return ", ".join(f"{name}: {type_}" for note in notes for name, type_ in note.made if name in "xymc"), diagnostics


@pytest.mark.parametrize("name", FOUND)
def test_found(name: str) -> None:
    body, wanted = FOUND[name]
    types, diagnostics = checked(body)
    assert not diagnostics.has_errors, render(diagnostics.sorted())
    assert types == wanted


@pytest.mark.parametrize("name", WRONG)
def test_told(name: str) -> None:
    body, wanted = WRONG[name]
    _, diagnostics = checked(body)
    assert wanted in diagnostics.sorted()[0].headline
