"""Count what a model costs: parameters, multiply-adds and memory, layer by layer, without building it.

Where an input's size is open, numbers are formulas of it; --input gives it a value.
"""

from __future__ import annotations

import argparse
import sys

from specc.cli import FINDINGS, FINE
from specc.cli.arguments import Parser, add_format, add_selection, number
from specc.cli.sources import one_program


def declare(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .nn file, or a bundled spec's name")
    parser.add_argument("--depth", type=number(1), metavar="N", help="how many levels of blocks to show (default: all)")
    add_selection(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    program = one_program(arguments)
    if program is None:
        return FINDINGS

    from specc.summary.summary import summarise

    summary = summarise(program, arguments.depth)
    if arguments.format == "json":
        import json

        print(json.dumps(summary.as_json(), ensure_ascii=False, indent=2))
        return FINE
    from specc.report.style import style_for
    from specc.report.table import grouped, table
    from specc.summary.cells import HEADING, rows, totals

    style = style_for(sys.stdout)
    variant = f" ({summary.variant})" if summary.variant else ""
    given = ", ".join(f"{name} = {value}" for name, value in summary.parameters.items())
    print(style.paint(f"{summary.model}{variant}", "strong") + (f": {given}" if given else ""))
    for word, flows in (("in", summary.inputs), ("out", summary.outputs)):
        for name, type_ in flows:
            print(f"  {word:<3}  {name}: {type_}")
    print()
    sys.stdout.write(table(HEADING, rows(summary), style, right=HEADING[3:]))
    facts = totals(summary)
    width = max(len(name) for name, _ in facts)
    print()
    for name, value in facts:
        print(f"{name:<{width}}  {grouped(value) if isinstance(value, int) else value}")
    return FINE
