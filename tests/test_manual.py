"""The manual, the tutorial and the page on the architecture say what is so: every spec in them is checked, built and held
against torch, or is answered with the very code that stands beside it; every command prints what is shown."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from specc.diagnostics import Diagnostics
from specc.pipeline import Options, check, emit, program
from specc.source import SourceFile
from tests.documents import ROOT, Example, examples, run_examples, specs, write_files

DOCUMENTS = ["docs/LANGUAGE.md", "docs/TUTORIAL.md", "docs/WEIGHTS.md", "docs/DRAWING.md", "docs/ARCHITECTURE.md"]


@pytest.mark.parametrize(("document", "example"), [spec for document in DOCUMENTS for spec in specs(document)])
def test_spec(document: Path, example: Example, tmp_path: Path) -> None:
    from specc.runtime.load import load
    from specc.runtime.verify import verify

    write_files(document, tmp_path)
    path = tmp_path / (example.file or "example.nn")
    path.write_text(example.text, encoding="utf-8")
    source = SourceFile(path.name, example.text, str(path))
    diagnostics = Diagnostics()
    options = Options(root=str(tmp_path))
    checked = check(source, options, diagnostics)
    found = [diagnostic.code for diagnostic in diagnostics.sorted()]
    assert found == list(example.codes), "\n".join(f"{d.code} {d.headline}" for d in diagnostics.sorted())
    if found or not checked.models or example.text.startswith("extern "):
        return
    for name in dict.fromkeys(model.definition.name for model in checked.models):
        chosen = Options(root=str(tmp_path), model=name)
        again = check(source, chosen, diagnostics)
        graph = program(again, chosen, diagnostics)
        built = emit(again, chosen, diagnostics)
        assert graph is not None
        assert built is not None
        result = verify(graph, load(built.text, source.name, built.lines), runs=2, seed=random.Random(0).randrange(1000))
        assert not result.findings, name


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], accept: bool
) -> None:
    assert run_examples(ROOT / name, tmp_path, monkeypatch, capsys, accept=accept) >= 1


@pytest.mark.parametrize("name", ["docs/LANGUAGE.md", "docs/TUTORIAL.md"])
def test_a_false_code_would_be_noticed(name: str) -> None:
    assert any(example.codes for example in examples(ROOT / name)), "the manual shows no mistake at all"
