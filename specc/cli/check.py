"""Find every mistake in specs: syntax, names, arguments, and every dimension of every tensor.

Checks every model and variant of a file, unless --model or --variant pick one. Folders stand for the .nn files in them.
--types prints each definition with the type of every tensor beside its line, arguments that were inferred, what is demanded
of sizes, and which of them must be known when the model is built.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from specc.cli import FINDINGS, FINE, MISUSE
from specc.cli.arguments import Parser, add_format, add_selection, options
from specc.cli.sources import read_all
from specc.diagnostics import Diagnostic, Diagnostics

if TYPE_CHECKING:
    from specc.elaborate.listing import Listing


def declare(parser: Parser) -> None:
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a .nn file, a folder, a bundled spec's name, or - for standard input"
    )
    parser.add_argument("--types", action="store_true", help="print the type of every tensor beside its line")
    add_selection(parser)
    add_format(parser, ("text", "json", "sarif"))


def run(arguments: argparse.Namespace) -> int:
    from specc.pipeline import check

    sources, unreadable = read_all(arguments.files)
    chosen = options(arguments)
    found: list[Diagnostic] = []
    listed: list[Listing] = []
    for source in sources:
        diagnostics = Diagnostics()
        checked = check(source, chosen, diagnostics)
        found += diagnostics.sorted()
        if arguments.types:
            from specc.pipeline import listings

            listed += listings(checked, chosen, diagnostics.has_errors)
    names = [source.name for source in sources]
    if arguments.format == "json":
        from specc.report.json import render as render_json

        sys.stdout.write(render_json(found, names, listed if arguments.types else None))
    elif arguments.format == "sarif":
        from specc.catalogue import entry
        from specc.report.sarif import render as render_sarif
        from specc.version import __version__

        sys.stdout.write(render_sarif(found, __version__, lambda code: entry(code).summary))
    else:
        _print(found, listed, names)
    if unreadable:
        return MISUSE
    return FINDINGS if any(diagnostic.is_error for diagnostic in found) else FINE


def _print(found: list[Diagnostic], listed: list[Listing], names: list[str]) -> None:
    """Types first: what is wrong stands last, where one looks."""
    from specc.report.style import style_for

    if listed:
        from specc.report.listing import render as render_types

        print(render_types(listed, style_for(sys.stdout)))
    if found:
        from specc.report.text import render

        sys.stdout.write(render(found, style_for(sys.stdout)))
    elif names:
        print(f"{names[0] if len(names) == 1 else f'{len(names)} files'}: no problems")
