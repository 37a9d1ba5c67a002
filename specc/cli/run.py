"""Build a model and run it once, in eval mode, on random input: what comes out, and how long it takes.

Sizes that the inputs leave open are 2, or what the model's preconditions want; --input gives others.
"""

from __future__ import annotations

import argparse
import sys

from specc.cli import FINDINGS, FINE
from specc.cli.arguments import Parser, add_device, add_format, add_selection, number
from specc.cli.console import tell
from specc.cli.sources import one_model


def declare(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .nn file, or a bundled spec's name")
    parser.add_argument("--seed", type=number(0), default=0, metavar="N", help="of the random weights and inputs (default: 0)")
    add_device(parser)
    add_selection(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    made = one_model(arguments)
    if made is None:
        return FINDINGS
    program, built = made
    if arguments.format == "text":
        tell("loading torch")

    from specc.runtime.load import load
    from specc.runtime.run import run as run_once

    if arguments.format == "text":
        tell(f"building and running {program.model}")
    result = run_once(program, load(built.text, built.name, built.lines), device=arguments.device, seed=arguments.seed)
    if arguments.format == "json":
        import json

        print(json.dumps(result.as_json(), ensure_ascii=False, indent=2))
        return FINE
    from specc.report.style import style_for
    from specc.report.table import duration, grouped, table

    flows = [("in", flow.name, flow.declared, flow.actual) for flow in result.inputs]
    flows += [("out", flow.name, flow.declared, flow.actual) for flow in result.outputs]
    sys.stdout.write(table(("", "name", "in the spec", "in this run"), flows, style_for(sys.stdout)))
    buffers = f", {grouped(result.buffers)} elements in buffers" if result.buffers else ""
    print(f"\n{result.model} on {result.device}: {grouped(result.parameters)} parameters{buffers}")
    print(f"built in {duration(result.build_seconds)}, run in {duration(result.forward_seconds)}")
    return FINE
