"""Find every mistake in specs: syntax, names, arguments, and every dimension of every tensor.

Checks every model and variant of a file, unless --model or --variant pick one. Folders stand for the .nn files in them.
"""

from __future__ import annotations

import argparse
import sys

from specc.cli import FINDINGS, FINE, MISUSE
from specc.cli.arguments import Parser, add_format, add_selection, options
from specc.cli.sources import read_all
from specc.diagnostics import Diagnostic, Diagnostics


def declare(parser: Parser) -> None:
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a .nn file, a folder, a bundled spec's name, or - for standard input"
    )
    add_selection(parser)
    add_format(parser, ("text", "json", "sarif"))


def run(arguments: argparse.Namespace) -> int:
    from specc.pipeline import check

    sources, unreadable = read_all(arguments.files)
    chosen = options(arguments)
    found: list[Diagnostic] = []
    for source in sources:
        diagnostics = Diagnostics()
        check(source, chosen, diagnostics)
        found += diagnostics.sorted()
    names = [source.name for source in sources]
    if arguments.format == "json":
        from specc.report.json import render as render_json

        sys.stdout.write(render_json(found, names))
    elif arguments.format == "sarif":
        from specc.catalogue import entry
        from specc.report.sarif import render as render_sarif
        from specc.version import __version__

        sys.stdout.write(render_sarif(found, __version__, lambda code: entry(code).summary))
    elif found:
        from specc.report.style import style_for
        from specc.report.text import render

        sys.stdout.write(render(found, style_for(sys.stdout)))
    elif names:
        print(f"{names[0] if len(names) == 1 else f'{len(names)} files'}: no problems")
    if unreadable:
        return MISUSE
    return FINDINGS if any(diagnostic.is_error for diagnostic in found) else FINE
