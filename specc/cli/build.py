"""Write a model as a PyTorch file: standalone, typed, and readable."""

from __future__ import annotations

import argparse
import os

from specc.cli import FINDINGS, FINE
from specc.cli.arguments import Parser, add_selection, options
from specc.cli.console import tell
from specc.cli.files import write_generated, write_output
from specc.cli.sources import report
from specc.diagnostics import Diagnostics
from specc.reading import SUFFIX, read


def declare(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .nn file, or a bundled spec's name")
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="where to write; - is standard output (default: the spec's name with .py, here)"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that specc did not write")
    add_selection(parser)


def run(arguments: argparse.Namespace) -> int:
    source = read(arguments.file)

    from specc.pipeline import build, check

    chosen = options(arguments)
    diagnostics = Diagnostics()
    checked = check(source, chosen, diagnostics)
    text = None if diagnostics.has_errors else build(checked, chosen, diagnostics)
    if report(diagnostics) or text is None:
        return FINDINGS
    data = text.encode("utf-8")
    if arguments.output == "-":
        write_output(data)
        return FINE
    path = arguments.output or python_name(source.name)
    write_generated(path, data, force=arguments.force)
    tell(f"wrote {path}")
    return FINE


def python_name(name: str) -> str:
    """`resnet.py` for `specs/vision/resnet.nn`: the stem, in the working directory."""
    stem = os.path.basename(name).removesuffix(SUFFIX).strip("<>")
    return f"{stem}.py"
