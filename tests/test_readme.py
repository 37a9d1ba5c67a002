"""Every example in README.md runs, and prints what README.md says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents import ROOT, matches, run_examples


def test_matching() -> None:
    assert matches("a\n...\nc\n", "a\nb\nb\nc\n")
    assert matches("a\n", "a\n")
    assert not matches("a\n", "a\nb\n")


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], accept: bool) -> None:
    assert run_examples(ROOT / "README.md", tmp_path, monkeypatch, capsys, accept=accept) >= 5
