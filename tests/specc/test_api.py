"""`import specc`: check, build and load take a path, a bundled spec's name or a text."""

from __future__ import annotations

from pathlib import Path

import pytest

import specc
from specc.api import expression, source_of
from specc.reading import CannotRead

GOOD = "model M(classes: int = 3) {\n    input x: float[B, 4]\n    x -> fc: Linear(classes) -> output y\n}\n"
BAD = GOOD.replace("Linear", "Lineer")


def test_the_public_names() -> None:
    assert set(dir(specc)) == {"Drawn", "Report", "SpecError", "__version__", "build", "check", "compare", "draw", "load"}
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        specc.chekc  # noqa: B018


def test_check_a_text() -> None:
    report = specc.check(GOOD)
    assert report
    assert report.text() == ""


def test_check_finds_mistakes() -> None:
    report = specc.check(BAD)
    assert not report
    assert "Linear" in str(report)
    assert [diagnostic.code[:3] for diagnostic in report.diagnostics] == ["E02"]


def test_check_a_path(tmp_path: Path) -> None:
    (tmp_path / "m.nn").write_text(GOOD)
    assert specc.check(tmp_path / "m.nn")
    assert specc.check(str(tmp_path / "m.nn"))
    with pytest.raises(CannotRead, match="does not exist"):
        specc.check(tmp_path / "other.nn")


def test_build() -> None:
    text = specc.build(GOOD, classes=7)
    assert "class M(" in text
    compile(text, "generated", "exec")
    assert specc.build(GOOD, classes=7) == text


def test_build_refuses_a_spec_with_errors() -> None:
    with pytest.raises(specc.SpecError) as caught:
        specc.build(BAD)
    assert not caught.value.report.ok
    assert "Lineer" in str(caught.value)


def test_load() -> None:
    import torch

    module = specc.load(GOOD)
    assert module.M(classes=5)(torch.zeros(2, 4)).shape == (2, 5)
    assert module.M()(torch.zeros(2, 4)).shape == (2, 3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (0.5, "0.5"),
        (True, "true"),
        (None, "none"),
        ('a"b', '"a\\"b"'),
        ([1, [2, False]], "[1, [2, false]]"),
        ((1, 2), "[1, 2]"),
        (-2, "-2"),
    ],
)
def test_values_become_expressions(value: object, text: str) -> None:
    assert expression(value) == text  # type: ignore[arg-type]


def test_values_without_an_expression_are_refused() -> None:
    with pytest.raises(TypeError, match="cannot be a parameter"):
        expression(object())  # type: ignore[arg-type]


def test_what_is_a_text_and_what_a_path() -> None:
    assert source_of(GOOD).name == "<text>"
    assert source_of("resnet").name.endswith("resnet.nn")
