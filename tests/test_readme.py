"""Every example in README.md runs, and prints what README.md says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from specc.cli.main import guarded
from tests.documents import ROOT, examples, matches, run_examples


def test_matching() -> None:
    assert matches("a\n...\nc\n", "a\nb\nb\nc\n")
    assert matches("a\n", "a\n")
    assert not matches("a\n", "a\nb\n")


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], accept: bool) -> None:
    assert run_examples(ROOT / "README.md", tmp_path, monkeypatch, capsys, accept=accept) >= 5


def labels(picture: Path) -> list[str]:
    """What is written in a picture; where it stands depends on the version of Graphviz."""
    return sorted(re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8")))


def test_picture(tmp_path: Path, accept: bool) -> None:
    (spec,) = [example for example in examples(ROOT / "README.md") if example.file == "resnet.nn"]
    (tmp_path / spec.file).write_text(spec.text, encoding="utf-8")
    drawn, shown = tmp_path / "resnet.svg", ROOT / "docs" / "pictures" / "resnet.svg"
    assert guarded(["draw", str(tmp_path / spec.file), "-o", str(drawn)]) == 0
    assert labels(drawn)
    if accept and labels(drawn) != labels(shown):
        shown.write_bytes(drawn.read_bytes())
    assert labels(drawn) == labels(shown)
