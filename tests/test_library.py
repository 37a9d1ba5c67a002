"""The library of blocks, specs/lib: each block says what it does, and at the end of its file stands a use of it, which is
checked, built and held against torch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from specc.diagnostics import Diagnostics
from specc.pipeline import Options, check, emit, program
from specc.report.text import render
from specc.source import SourceFile
from tests.documents import ROOT

LIBRARY = sorted((ROOT / "specs" / "lib").glob("*.nn"))
_EXAMPLE = re.compile(r"^#   (.*?) -> (.*)$", re.MULTILINE)


def names(path: Path) -> list[str]:
    """The blocks and recipes of a file."""
    return re.findall(r"^(?:block|let) ([A-Z]\w*)", path.read_text(encoding="utf-8"), re.MULTILINE)


def uses(path: Path) -> list[tuple[str, str]]:
    """The examples of a file: what is fed, and to what."""
    _, _, after = path.read_text(encoding="utf-8").partition("\n# Examples:\n")
    return _EXAMPLE.findall(after)


def spec(path: Path, inputs: str, stage: str) -> str:
    """The example as a model."""
    used = [name for name in names(path) if re.search(rf"\b{name}\b", stage)]
    fed = ", ".join(re.findall(r"(\w+):", inputs))
    return f"""from specc.lib.{path.stem} import {", ".join(used)}

model Example {{
    input {inputs}
    output y = {f"({fed})" if "," in fed else fed} -> layer: {stage}
}}
"""


@pytest.mark.parametrize("path", LIBRARY, ids=[path.stem for path in LIBRARY])
def test_every_block_has_an_example(path: Path) -> None:
    shown = " ".join(stage for _, stage in uses(path))
    assert [name for name in names(path) if not re.search(rf"\b{name}\b", shown)] == []
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""'), "a library file says what it holds"
    for body in re.split(r"^block ", text, flags=re.MULTILINE)[1:]:
        assert '"""' in body.split("input")[0], f"{body.split('(')[0]} has no docstring"


@pytest.mark.parametrize(
    ("path", "inputs", "stage"),
    [pytest.param(path, *use, id=f"{path.stem}-{use[1]}") for path in LIBRARY for use in uses(path)],
)
def test_example(path: Path, inputs: str, stage: str) -> None:
    from specc.runtime.load import load
    from specc.runtime.verify import verify

    source = SourceFile("example.nn", spec(path, inputs, stage), str(ROOT / "example.nn"))
    diagnostics, options = Diagnostics(), Options()
    checked = check(source, options, diagnostics)
    assert not diagnostics.sorted(), render(diagnostics.sorted())
    graph, built = program(checked, options, diagnostics), emit(checked, options, diagnostics)
    assert graph is not None
    assert built is not None
    assert not verify(graph, load(built.text, source.name, built.lines), runs=2).findings
