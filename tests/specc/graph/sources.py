"""From a spec's text to its graph."""

from __future__ import annotations

from specc import pipeline
from specc.diagnostics import Diagnostics
from specc.graph.model import Program
from specc.report.text import render
from specc.source import SourceFile


def graph(text: str, model: str | None = None, **settings: str) -> Program:
    """The graph of the model `model` (the last) of a spec with these settings."""
    diagnostics = Diagnostics()
    options = pipeline.Options(model=model, settings=tuple(settings.items()))
    checked = pipeline.check(SourceFile("test.nn", text), options, diagnostics)
    found = None if diagnostics.has_errors else pipeline.program(checked, options, diagnostics)
    assert found is not None, render(diagnostics.sorted())
    return found
