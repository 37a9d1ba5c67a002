"""Every page of the syntax family shows a mistake that earns its code, and a spec without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import specc.syntax.errors
from specc.catalogue import codes, entry
from specc.catalogue.syntax import ENTRIES
from specc.diagnostics import Diagnostics
from specc.source import SourceFile
from specc.syntax.parse import parse

_BLOCK = re.compile(r"```nn\n(.*?)\n```", re.DOTALL)


def found(text: str) -> list[str]:
    diagnostics = Diagnostics()
    parse(SourceFile("page.nn", text), diagnostics)
    return [diagnostic.code for diagnostic in diagnostics.sorted()]


@pytest.mark.parametrize("code", sorted(ENTRIES))
def test_the_examples(code: str) -> None:
    examples = _BLOCK.findall(entry(code).page)
    if len(examples) == 2:
        assert found(examples[0]) == [code]
    assert found(examples[-1]) == []


def test_every_code_has_its_page() -> None:
    text = Path(specc.syntax.errors.__file__).read_text(encoding="utf-8")
    assert sorted(set(re.findall(r'"(E01\d\d)"', text))) == sorted(ENTRIES)
    assert set(ENTRIES) <= set(codes())
    names = [entry(code).name for code in ENTRIES]
    assert len(set(names)) == len(names)
