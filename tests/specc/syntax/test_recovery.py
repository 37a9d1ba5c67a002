"""Mistakes are told once each, in words, and what is right around them is read."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specc.diagnostics import Diagnostics
from specc.report.text import render
from specc.source import SourceFile
from specc.syntax import ast
from specc.syntax.parse import parse
from tests.golden import Golden

CASES = sorted(Path("tests/cases/syntax_errors").glob("*.nn"))
TOUR = [path.read_text(encoding="utf-8") for path in sorted(Path("tests/cases/parse").glob("*.nn"))]
_JUNK = [*"()[]{}\"'#;:=,.+*/\\%$@!&|~^?<> \n\tabc01é", "->", "=>", '"""', "if", "else", "for", "input", "output", "..", "\0"]


def read(text: str) -> tuple[ast.File, Diagnostics]:
    diagnostics = Diagnostics()
    return parse(SourceFile("case.nn", text), diagnostics), diagnostics


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path, golden: Golden) -> None:
    _, diagnostics = read(path.read_text(encoding="utf-8"))
    assert diagnostics.has_errors
    text = render(diagnostics.sorted())
    for terminal in ("LPAR", "RBRACE", "NAME", "__ANON", "_SEP", "$END", "Token("):
        assert terminal not in text
    golden(path.with_suffix(".txt"), text)


def test_what_is_right_is_read() -> None:
    file, diagnostics = read("model A {\n x = = 3\n y = 4\n}\nblock = 3\nlet z = 5\nmodel B { output w }\n")
    assert len(diagnostics) == 2
    first, broken, last, model = file.items
    assert isinstance(first, ast.Definition)
    assert [type(s) for s in first.body] == [ast.Broken, ast.Assign]
    assert isinstance(broken, ast.Broken)
    assert isinstance(last, ast.Let)
    assert isinstance(model, ast.Definition)
    assert model.name == "B"


@pytest.mark.parametrize("fault", ["=", "->", "@", "* *", "..", "input input", "=>", "let", ")"])
def test_seven_faults_give_seven_reports(fault: str) -> None:
    """One in each of seven statements, in a file of a thousand lines."""
    lines = ["model A {"]
    lines += [f"    x{n} = {fault} x" if n % 150 == 20 else f"    x{n} = x -> Linear({n}, bias=false)" for n in range(1000)]
    _, diagnostics = read("\n".join([*lines, "}"]))
    assert len(diagnostics) == 7
    assert [d.primary.span.line - 2 for d in diagnostics.sorted() if d.primary] == [n for n in range(1000) if n % 150 == 20]


def mutated(random: Random) -> str:
    text = random.choice(TOUR)
    for _ in range(random.choice([1, 1, 2, 5])):
        at = random.randrange(len(text) + 1)
        if random.random() < 0.5:
            text = text[:at] + text[at + random.choice([1, 3, 10]) :]
        else:
            text = text[:at] + random.choice(_JUNK) + text[at:]
    return text


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_nothing_breaks_the_parser(random: Random) -> None:
    text = mutated(random)
    file, diagnostics = read(text)
    assert len(diagnostics) <= 60
    for diagnostic in diagnostics.sorted():
        assert diagnostic.code.startswith("E01")
        if diagnostic.primary:
            assert 0 <= diagnostic.primary.span.start <= diagnostic.primary.span.end <= len(text)
    if any(isinstance(item, ast.Broken) for item in file.items):
        assert diagnostics.has_errors


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_a_missing_sign_does_not_cascade(random: Random) -> None:
    """Without one bracket, comma or quotation mark there are few reports, not one for each line that follows."""
    text = random.choice(TOUR)
    signs = [n for n, c in enumerate(text) if c in "()[]{},"]
    at = random.choice(signs)
    _, diagnostics = read(text[:at] + text[at + 1 :])
    assert len(diagnostics) <= 4
