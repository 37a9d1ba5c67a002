"""The canonical form says the same, keeps every comment, is its own canonical form, and looks as the golden files show."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specc.diagnostics import Diagnostics
from specc.source import SourceFile
from specc.syntax import ast
from specc.syntax.format import WIDTH
from specc.syntax.format import format as formatted
from specc.syntax.parse import parse
from tests.golden import Golden
from tests.specc.syntax.programs import Programs

CASES = sorted(Path("tests/cases/parse").glob("*.nn")) + sorted(Path("tests/cases/format").glob("*.nn"))
SPECS = sorted(Path("specs").rglob("*.nn"))


def read(text: str) -> ast.File:
    diagnostics = Diagnostics()
    file = parse(SourceFile("case.nn", text), diagnostics)
    assert [f"{d.headline} at {d.primary.span}" for d in diagnostics.sorted() if d.primary] == [], text
    return file


def check(text: str) -> str:
    before = read(text)
    shown = formatted(before)
    after = read(shown)
    assert after.doc == before.doc
    assert after.items == before.items
    assert sorted(c.text for c in after.comments) == sorted(c.text for c in before.comments)
    assert formatted(after) == shown
    assert not any(line != line.rstrip() for line in shown.split("\n"))
    return shown


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path, golden: Golden) -> None:
    golden(path.with_suffix(".formatted"), check(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_zoo(path: Path) -> None:
    shown = check(path.read_text(encoding="utf-8"))
    code = [line.partition("  #")[0] for line in shown.split("\n") if not line.lstrip().startswith("#")]
    too_wide = [line for line in code if len(line) > WIDTH and '"' not in line and " -> " in line]
    assert too_wide == []


@settings(max_examples=75, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_random_programs(random: Random) -> None:
    check(Programs(random).text())


def test_the_properties_can_fail() -> None:
    """A formatter that lost a comment or an operand would be caught."""
    file = read("model A {\n    x = a + b  # why\n}\n")
    assert formatted(file.replace(comments=())) != formatted(file)
    assert read("model A { x = a + b }").items != read("model A { x = a - b }").items


def test_mistakes_have_no_canonical_form() -> None:
    file = parse(SourceFile("case.nn", "model A { x = }"), Diagnostics())
    with pytest.raises(ValueError, match="mistakes"):
        formatted(file)


def test_nothing_but_comments() -> None:
    file = parse(SourceFile("case.nn", "# a\n\n\n# b"), Diagnostics())
    assert formatted(file) == "# a\n\n# b\n"
