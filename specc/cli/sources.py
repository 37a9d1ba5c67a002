"""The files that a verb is given: several of them, or one whose diagnostics go to standard error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from specc.cli.arguments import options
from specc.cli.console import complain
from specc.diagnostics import Diagnostics
from specc.reading import CannotRead, read, read_path, specs_below
from specc.record import Record
from specc.source import SourceFile

if TYPE_CHECKING:
    from specc.draw.compose import Drawing
    from specc.graph.model import Program
    from specc.pipeline import Checked, Options

Made = TypeVar("Made")


def read_all(names: Iterable[str]) -> tuple[list[SourceFile], bool]:
    """The sources that the names stand for, folders spread out, and whether one could not be read.

    What cannot be read is told at once and does not keep the others from being read.
    """
    sources: list[SourceFile] = []
    failed = False
    for name in names:
        if not os.path.isdir(name):
            failed = not _added(sources, read, name) or failed
            continue
        paths = specs_below(name)
        if not paths:
            complain(f"{name} holds no .nn file")
            failed = True
        for path in paths:
            failed = not _added(sources, read_path, path) or failed
    return sources, failed


def _added(sources: list[SourceFile], read_one: Callable[[str], SourceFile], name: str) -> bool:
    """Adds a source; False where it cannot be read, which is told."""
    try:
        sources.append(read_one(name))
    except CannotRead as error:
        complain(str(error))
        return False
    return True


def report(diagnostics: Diagnostics) -> bool:
    """Prints diagnostics on standard error; True if there is an error among them."""
    if len(diagnostics):
        from specc.report.style import style_for
        from specc.report.text import render

        sys.stdout.flush()
        sys.stderr.write(render(diagnostics.sorted(), style_for(sys.stderr)))
    return diagnostics.has_errors


class Built(Record):
    """One model, built: the Python file with the place in the spec for lines of it. `name` is the spec's."""

    name: str
    text: str
    lines: dict[int, str]


def one_program(arguments: argparse.Namespace) -> Program | None:
    """The graph of the model that the arguments select; None, with the reasons told, where the spec has errors."""
    from specc.pipeline import program

    return _made(read(arguments.file), options(arguments), program)


def one_drawing(arguments: argparse.Namespace) -> Drawing | None:
    """The model that the arguments select, ready to be drawn; None as in one_program."""
    from specc.pipeline import drawing

    return _made(read(arguments.file), options(arguments), drawing)


def one_file(arguments: argparse.Namespace) -> Built | None:
    """The Python file of the model that the arguments select; None as in one_program."""
    source = read(arguments.file)
    return _made(source, options(arguments), partial(_built, source))


def one_model(arguments: argparse.Namespace) -> tuple[Program, Built] | None:
    """The graph and the Python file of the model that the arguments select; None as in one_program."""
    source = read(arguments.file)

    def both(checked: Checked, chosen: Options, diagnostics: Diagnostics) -> tuple[Program, Built] | None:
        from specc.pipeline import program

        graph, built = program(checked, chosen, diagnostics), _built(source, checked, chosen, diagnostics)
        return None if graph is None or built is None else (graph, built)

    return _made(source, options(arguments), both)


def _built(source: SourceFile, checked: Checked, chosen: Options, diagnostics: Diagnostics) -> Built | None:
    from specc.pipeline import emit

    emitted = emit(checked, chosen, diagnostics)
    return None if emitted is None else Built(source.name, emitted.text, emitted.lines)


def _made(source: SourceFile, chosen: Options, make: Callable[[Checked, Options, Diagnostics], Made | None]) -> Made | None:
    """What is made of a source without errors."""
    from specc.pipeline import check

    diagnostics = Diagnostics()
    checked = check(source, chosen, diagnostics)
    made = None if diagnostics.has_errors else make(checked, chosen, diagnostics)
    return None if report(diagnostics) else made
