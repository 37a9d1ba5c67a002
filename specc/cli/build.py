"""Write a model as a PyTorch file: standalone, typed, and readable."""

from __future__ import annotations

import argparse
import os

from specc.cli import FINDINGS, FINE
from specc.cli.arguments import Parser, add_selection
from specc.cli.console import tell
from specc.cli.files import write_generated, write_output
from specc.cli.sources import Built, one_file
from specc.reading import SUFFIX


def declare(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .nn file, or a bundled spec's name")
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="where to write; - is standard output (default: the spec's name with .py, here)"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that specc did not write")
    parser.add_argument(
        "--weights", metavar="FILE", help="a safetensors file that must fit the model: every name and shape; needs torch"
    )
    add_selection(parser)


def run(arguments: argparse.Namespace) -> int:
    built = one_file(arguments)
    if built is None:
        return FINDINGS
    if arguments.weights is not None:
        _hold_against(built, arguments.weights)
    data = built.text.encode("utf-8")
    if arguments.output == "-":
        write_output(data)
        return FINE
    path = arguments.output or python_name(built.name)
    write_generated(path, data, force=arguments.force)
    tell(f"wrote {path}")
    return FINE


def _hold_against(built: Built, weights: str) -> None:
    """Raises CannotRun where the weights do not fit."""
    from specc.runtime.load import load
    from specc.runtime.weights import filled

    filled(load(built.text, built.name, built.lines), weights=weights)
    tell(f"{weights} fits the model")


def python_name(name: str) -> str:
    """`resnet.py` for `specs/vision/resnet.nn`: the stem, in the working directory."""
    stem = os.path.basename(name).removesuffix(SUFFIX).strip("<>")
    return f"{stem}.py"
