"""The files that a verb is given: several of them, or one whose diagnostics go to standard error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from specc.cli.arguments import options
from specc.cli.console import complain
from specc.diagnostics import Diagnostics
from specc.reading import CannotRead, read, read_path, specs_below
from specc.record import Record
from specc.source import SourceFile

if TYPE_CHECKING:
    from specc.graph.model import Program


def read_all(names: Iterable[str]) -> tuple[list[SourceFile], bool]:
    """The sources that the names stand for, folders spread out, and whether one could not be read.

    What cannot be read is told at once and does not keep the others from being read.
    """
    sources = []
    failed = False
    for name in names:
        try:
            if os.path.isdir(name):
                paths = specs_below(name)
                if not paths:
                    raise CannotRead(f"{name} holds no .nn file")
                sources += [read_path(path) for path in paths]
            else:
                sources.append(read(name))
        except CannotRead as error:
            complain(str(error))
            failed = True
    return sources, failed


def report(diagnostics: Diagnostics) -> bool:
    """Prints diagnostics on standard error; True if there is an error among them."""
    if len(diagnostics):
        from specc.report.style import style_for
        from specc.report.text import render

        sys.stdout.flush()
        sys.stderr.write(render(diagnostics.sorted(), style_for(sys.stderr)))
    return diagnostics.has_errors


class Built(Record):
    """One model, checked: its graph, and the Python file with the place in the spec for lines of it."""

    name: str
    program: Program
    text: str
    lines: dict[int, str]


def one_program(arguments: argparse.Namespace) -> Built | None:
    """The model that the arguments select; None, with the reasons told, where the spec has errors."""
    source = read(arguments.file)

    from specc.pipeline import check, emit, program

    chosen = options(arguments)
    diagnostics = Diagnostics()
    checked = check(source, chosen, diagnostics)
    graph, emitted = None, None
    if not diagnostics.has_errors:
        graph = program(checked, chosen, diagnostics)
        emitted = emit(checked, chosen, diagnostics)
    if report(diagnostics) or graph is None or emitted is None:
        return None
    return Built(source.name, graph, emitted.text, emitted.lines)
