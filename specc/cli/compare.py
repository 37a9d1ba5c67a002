"""Hold a model against another implementation of it: the same weights, the same inputs, and how far the outputs are apart.

--with names what makes the other model: `torchvision.models:resnet50`, or a function in a Python file of this folder,
`theirs:model`. Its module is imported, so name only what you trust. Its weights are loaded into the spec's model, by its own
names or by the rules of --map. Inputs go to it by position, or by --keyword; its outputs are taken by the names of the spec's
where it has them, else in order, or as --take says.

Exit code 0 where the largest relative difference is within the tolerance, 1 where it is not or weights do not fit.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from specc.cli import FINDINGS, FINE
from specc.cli.arguments import Parser, add_device, add_format, add_selection, number, one_of, positive
from specc.cli.console import tell
from specc.cli.sources import one_model

WIDTHS = ("float32", "float64", "bfloat16", "float16")


def declare(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .nn file, or a bundled spec's name")
    parser.add_argument("--with", dest="reference", metavar="MODULE:NAME", required=True, help="what makes the other model")
    parser.add_argument(
        "--kwargs", metavar="JSON", type=_object, default={}, help="its arguments, as in '{\"num_classes\": 10}'"
    )
    parser.add_argument("--map", metavar="FILE", help="rules that rename its weights")
    parser.add_argument(
        "--keyword",
        metavar="OURS=THEIRS",
        type=_keyword,
        action="append",
        default=[],
        help="pass an input by keyword, as in tokens=input_ids; may be given several times",
    )
    parser.add_argument(
        "--take",
        metavar="NAMES",
        type=_names,
        default=(),
        help="its outputs to compare, in the order of the spec's, as in logits or 0,2",
    )
    parser.add_argument(
        "--inputs", metavar="FILE", help="a safetensors file with the inputs, by the spec's names (default: random)"
    )
    parser.add_argument(
        "--dtype",
        type=one_of(WIDTHS),
        default="float32",
        metavar="|".join(WIDTHS),
        help="the width of all numbers (default: float32)",
    )
    parser.add_argument(
        "--tolerance",
        type=positive,
        metavar="X",
        help="the relative difference that is allowed (default: 1e-5; in float64 1e-10, float16 2e-3, bfloat16 2e-2)",
    )
    parser.add_argument("--train", action="store_true", help="compare in training mode, with gradients and running statistics")
    parser.add_argument(
        "--as-built",
        action="store_true",
        help="leave its weights as they are (default: fresh zeros and ones get noise, since they hide mistakes)",
    )
    parser.add_argument("--repeat", type=number(1), default=5, metavar="N", help="how many passes to time (default: 5)")
    parser.add_argument("--seed", type=number(0), default=0, metavar="N", help="of weights and inputs (default: 0)")
    add_device(parser, "cpu")
    add_selection(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    from specc.weights import rules as renaming

    rules = None if arguments.map is None else renaming.read(arguments.map)
    made = one_model(arguments)
    if made is None:
        return FINDINGS
    program, built = made
    if arguments.format == "text":
        tell("loading torch")

    from specc.runtime.compare import Terms, compare
    from specc.runtime.compared import text
    from specc.runtime.load import load
    from specc.runtime.reference import imported
    from specc.runtime.weights import read_inputs

    terms = Terms(
        width=arguments.dtype,
        device=arguments.device,
        seed=arguments.seed,
        train=arguments.train,
        rules=rules,
        keywords=dict(arguments.keyword),
        take=arguments.take,
        fed=None if arguments.inputs is None else read_inputs(program, arguments.inputs),
        as_built=arguments.as_built,
        tolerance=arguments.tolerance,
        repeat=arguments.repeat,
    )
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as `python -m` has it: the user's own files may be named
    reference = imported(arguments.reference)
    if arguments.format == "text":
        tell(f"building and running {program.model} and {arguments.reference}")
    module = load(built.text, built.name, built.lines)
    found = compare(program, module, reference, arguments.reference, arguments.kwargs, terms)
    if arguments.format == "json":
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
    else:
        from specc.report.style import style_for

        sys.stdout.write(text(found, style_for(sys.stdout)))
    return FINE if found.equal else FINDINGS


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is not a JSON object, as in '{{\"num_classes\": 10}}'")
    return found


def _keyword(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not equals or not ours.strip() or not theirs.strip().isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not OURS=THEIRS, as in --keyword tokens=input_ids")
    return ours.strip(), theirs.strip()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAMES, as in --take logits or --take 0,2")
    return names
