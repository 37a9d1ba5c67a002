"""Specs in tests: from source to plan, text and live classes."""

from __future__ import annotations

import sys
import types
from typing import Any

from specc import pipeline
from specc.diagnostics import Diagnostics
from specc.elaborate.generic import Generic, generalise
from specc.emit import emit
from specc.emit.plan import Emitted
from specc.reading import read_path
from specc.source import SourceFile


def checked(source: SourceFile, **options: Any) -> Any:
    """The selected model, elaborated; a spec with mistakes fails the test."""
    diagnostics = Diagnostics()
    found = pipeline.check(source, pipeline.Options(**options), diagnostics)
    errors = [f"{item.code} {item.headline}" for item in diagnostics.sorted() if item.is_error]
    assert not errors, errors
    chosen = pipeline.selected(found)
    assert chosen is not None
    return chosen.program


def generics(source: str | SourceFile, **options: Any) -> tuple[list[Generic], Any, SourceFile]:
    file = SourceFile("test.nn", source) if isinstance(source, str) else source
    program = checked(file, **options)
    return generalise(program), program, file


def emitted(source: str | SourceFile, **options: Any) -> Emitted:
    return emit(*generics(source, **options))


def from_path(path: str, **options: Any) -> Emitted:
    return emitted(read_path(path, path.rsplit("/", 1)[-1]), **options)


def load(made: Emitted, name: str = "specc_test_module") -> Any:
    """The generated file as a module."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(made.text, f"{name}.py", "exec"), module.__dict__)
    return module
