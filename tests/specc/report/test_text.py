"""How diagnostics look, held against golden files under golden/."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.report.style import Style, clean, text_width
from specc.report.text import render, render_one, summary_line
from tests.golden import Golden
from tests.specc.report.examples import ADD, BLOCK, EXAMPLES, HOSTILE, RES, TWO_FILES

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", EXAMPLES)
def test_rendering(name: str, golden: Golden) -> None:
    golden(GOLDEN / f"{name}.txt", render_one(EXAMPLES[name], Style(width=100)) + "\n")


def test_colours(golden: Golden) -> None:
    golden(GOLDEN / "colours.txt", render([ADD, BLOCK], Style(colour=True)))


def test_colours_only_colour() -> None:
    import re

    for diagnostic in EXAMPLES.values():
        coloured = render_one(diagnostic, Style(colour=True))
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render_one(diagnostic, Style())


def test_marks_stand_below_what_they_mark() -> None:
    lines = render_one(ADD).splitlines()
    source, marks = lines[3], lines[4]
    assert marks.index("^") == source.index("+")
    assert marks.index("----") == source.index("main")
    assert marks.index("--------") == source.index("shortcut")


def test_lines_fit_the_width() -> None:
    for width in (40, 60, 80):
        for line in render_one(EXAMPLES["trimmed"], Style(width=width)).splitlines():
            if "│" not in line and line[:1].isdigit():
                assert text_width(line) <= width


def test_nothing_that_a_terminal_obeys_is_printed() -> None:
    text = render_one(HOSTILE)
    assert not set(text) & set("\x1b\x07\x9b\r\u202e")


def test_clean_keeps_ordinary_text() -> None:
    assert clean("größe 図 a\nb") == "größe 図 a\nb"


def test_summary_line() -> None:
    assert summary_line([ADD, TWO_FILES, BLOCK]) == "2 errors, 1 warning"
    assert summary_line([BLOCK]) == "1 warning"
    assert summary_line([]) == "no problems"
    assert render([]) == ""


def test_the_edit_preview_is_the_edited_line() -> None:
    edit = ADD.help[0].edits[0]
    edited = RES.text[: edit.span.start] + edit.text + RES.text[edit.span.end :]
    line = edited.splitlines()[edit.span.line - 1]
    assert line in render_one(ADD)
