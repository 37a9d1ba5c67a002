"""A check in a process that has checked before says what a check in a new process says, and does less."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.diagnostics import Diagnostics
from specc.elaborate.unchanged import Unchanged
from specc.pipeline import Options, check
from specc.reading import read_path, specs_below
from specc.report.text import render
from specc.source import SourceFile

TESTS = Path(__file__).parents[2]
PAGE = """let width = 8

block Unit(out: int) {
    input x: [N, C]
    output x -> fc: Linear(out) -> ReLU
}

model One {
    input x: [N, 4]
    output x -> unit: Unit(width)
}

model Two {
    input x: [N, 4]
    output x -> fc: Linear(3)
}
"""


def told(source: SourceFile, unchanged: Unchanged | None) -> tuple[str, int]:
    """What is printed, and how many models were elaborated for it."""
    diagnostics = Diagnostics()
    checked = check(source, Options(), diagnostics, unchanged)
    return render(diagnostics.sorted()), len(checked.models)


@pytest.mark.parametrize("folder", [TESTS / "cases" / "errors", TESTS.parent / "specs"], ids=["wrong", "zoo"])
def test_the_same_is_said(folder: Path) -> None:
    unchanged = Unchanged()
    for path in specs_below(str(folder))[::3]:
        source = read_path(path)
        wanted, _ = told(source, None)
        for _ in range(2):
            assert told(source, unchanged)[0] == wanted, path


EDITS = [
    ("Linear(3)", "Linear(4)"),
    ("Linear(3)", "Lineer(3)"),
    ("width = 8", "width = -8"),
    ("Linear(out)", "Linear(out, in_features=5)"),
    ("[N, 4]", "[N, 4, 5, 6, 7, 8]"),
    ("input x: [N, C]", "input x: [N, C], y: [N]"),
    ("unit: Unit", "unit: Two"),
    ("let width = 8\n", ""),
    ("let width = 8\n", "let width = 8\nlet width = 9\n"),
    ("model Two {", "model Two {{"),
    ("block Unit(out: int)", "block Unit(out: int, more: int = 3)"),
    ("model Two {", "model One {"),
    ("let width", "# a comment moves everything\n\nlet width"),
]


def test_edits() -> None:
    """Each edit of a page that was right, and back, one after the other in one process."""
    unchanged = Unchanged()
    for old, new in EDITS:
        for text in (PAGE, PAGE.replace(old, new), PAGE):
            source = SourceFile("page.nn", text)
            assert told(source, unchanged)[0] == told(source, None)[0], new


def test_only_what_changed_is_checked() -> None:
    unchanged = Unchanged()
    assert told(SourceFile("page.nn", PAGE), unchanged)[1] == 2
    assert told(SourceFile("page.nn", PAGE), unchanged)[1] == 0
    assert told(SourceFile("page.nn", PAGE.replace("Linear(3)", "Linear(4)")), unchanged)[1] == 1
    assert told(SourceFile("page.nn", PAGE.replace("= 8", "= 9")), unchanged)[1] == 1


def test_options_and_imports_count(tmp_path: Path) -> None:
    unchanged = Unchanged()
    (tmp_path / "parts.nn").write_text("block Unit { input x: [N, C]; output x -> fc: Linear(2) }\n")
    (tmp_path / "net.nn").write_text("from .parts import Unit\nmodel Net { input x: [N, 4]; output x -> unit: Unit }\n")

    def models(options: Options) -> int:
        return len(check(read_path(str(tmp_path / "net.nn")), options, Diagnostics(), unchanged).models)

    assert [models(Options()), models(Options())] == [1, 0]
    assert models(Options(inputs=(("x", (2, 4)),))) == 1
    (tmp_path / "parts.nn").write_text("block Unit { input x: [N, C]; output x -> fc: Linear(3) }\n")
    assert models(Options()) == 1
