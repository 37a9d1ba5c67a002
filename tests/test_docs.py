"""The pages under docs/ that are made from the program are what it makes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parent.parent / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["OPS.md", "ERRORS.md", "GRAMMAR.md", "LIBRARY.md"])
def test_generated_pages_are_up_to_date(name: str) -> None:
    assert generator().PAGES[name]() == (DOCS / name).read_text(encoding="utf-8"), "run `make docs` and read the diff"
