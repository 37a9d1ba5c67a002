"""Every code that specc gives has a page; a page's wrong example earns its code, and the corrected one has no error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import specc
from specc.catalogue import codes, entry
from specc.diagnostics import Diagnostic, Diagnostics
from specc.pipeline import Options, check
from specc.source import SourceFile

_BLOCK = re.compile(r"```nn\n(.*?)\n```", re.DOTALL)
_SAYS = re.compile(r"specc says: \*(.*)\*")

ELSEWHERE = {
    "E0222": "chosen on the command line",
    "E0223": "chosen on the command line",
    "E0226": "needs a folder",
    "E0236": "needs files",
    "E0237": "imports beside itself",
    "E0238": "told when the file is built",
    "E0240": "told when the file is built",
    "E0401": "told when the file is built",
    "E0402": "needs files",
}
"""Codes that a text alone does not earn; tests/cases/errors and tests/test_bad_input.py show them."""


def raised() -> list[str]:
    """The codes that stand in the source of specc."""
    root = Path(specc.__file__).parent
    texts = [path.read_text(encoding="utf-8") for path in root.rglob("*.py") if path.parent.name != "catalogue"]
    return sorted({code for text in texts for code in re.findall(r'"([EW]\d{4})"', text)})


def found(text: str) -> list[Diagnostic]:
    diagnostics = Diagnostics()
    check(SourceFile("page.nn", text), Options(), diagnostics)
    return diagnostics.sorted()


def test_every_code_has_its_page() -> None:
    assert raised() == codes()


def test_names_are_unique() -> None:
    names = [entry(code).name for code in codes()]
    assert sorted(set(names)) == sorted(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


@pytest.mark.parametrize("code", codes())
def test_the_examples(code: str) -> None:
    page = entry(code).page
    examples = _BLOCK.findall(page)
    if code in ELSEWHERE or "from ." in examples[-1]:
        return
    wrong = [item for item in found(examples[0]) if item.is_error or code.startswith("W")] if len(examples) == 2 else []
    if len(examples) == 2:
        assert [item.code for item in wrong] == [code]
    says = _SAYS.search(page)
    if says is not None:
        assert says[1] in wrong[0].headline
    assert [item.headline for item in found(examples[-1]) if item.is_error or code.startswith("W")] == []
