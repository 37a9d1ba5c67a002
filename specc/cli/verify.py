"""Hold what the checker infers against what torch computes: every type, weight name and count, gradients, copies.

The model is run at its smallest sizes and at random larger ones. Exit code 1 if anything differs, which is a bug of specc.
"""

from __future__ import annotations

import argparse

from specc.cli import FINDINGS, FINE
from specc.cli.arguments import Parser, add_device, add_format, add_selection, number
from specc.cli.console import tell
from specc.cli.sources import one_model


def declare(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .nn file, or a bundled spec's name")
    parser.add_argument("--runs", type=number(1), default=3, metavar="N", help="how many sizes to try (default: 3)")
    parser.add_argument("--seed", type=number(0), default=0, metavar="N", help="of the sizes, weights and inputs (default: 0)")
    add_device(parser, "cpu")
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
    from specc.runtime.verify import show, verify

    if arguments.format == "text":
        tell(f"running {program.model} at {arguments.runs} size{'' if arguments.runs == 1 else 's'}")
    module = load(built.text, built.name, built.lines)
    result = verify(program, module, runs=arguments.runs, device=arguments.device, seed=arguments.seed)
    if arguments.format == "json":
        import json

        print(json.dumps(result.as_json(), ensure_ascii=False, indent=2))
        return FINDINGS if result.findings else FINE
    from specc.report.table import grouped

    for sizes in result.runs:
        print(f"  {show(sizes) or 'all sizes are fixed'}")
    for finding in result.findings:
        place = f"{finding.place}: " if finding.place else ""
        sizes_text = f" (at {finding.sizes})" if finding.sizes else ""
        print(f"  {place}{finding.what}{sizes_text}")
    if result.findings:
        print(
            f"{result.model} on {result.device}: {len(result.findings)} differences, which is a bug in specc; please report it"
        )
        return FINDINGS
    gradients = "; ".join(result.notes) or "gradients reach all that is used"
    print(
        f"{result.model} on {result.device}: {result.tensors} tensors and {grouped(result.parameters)} parameters as inferred; "
        f"{gradients}; state_dict, copy and pickle keep the outputs"
    )
    return FINE
