"""Write the weights of a safetensors file anew, under a spec's names: renamed by the rules of --map, held against the names and
shapes of the spec before anything is written, every number kept as it is. torch is not needed.

Several files that belong together are named by their index, model.safetensors.index.json; what is written is one file.
Without -o nothing is written: the file is held against the spec.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from specc.cli import FINDINGS, FINE
from specc.cli.arguments import Misuse, Parser, add_format, add_selection
from specc.cli.console import tell
from specc.cli.files import write_generated
from specc.cli.sources import one_model, one_program
from specc.version import __version__

if TYPE_CHECKING:
    from specc.weights.convert import Given
    from specc.weights.fit import Fit
    from specc.weights.rules import Rules


def declare(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .nn file, or a bundled spec's name")
    parser.add_argument(
        "--from", dest="source", metavar="PATH", required=True, help="a safetensors file, or the index of several"
    )
    parser.add_argument("--map", metavar="FILE", help="rules that rename what is in it")
    parser.add_argument("-o", "--output", metavar="PATH", help="where to write (default: only check)")
    parser.add_argument("--force", action="store_true", help="replace a file that specc did not write")
    add_selection(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    from specc.weights import convert, header
    from specc.weights import rules as renaming
    from specc.weights.fit import fit
    from specc.weights.wanted import wanted

    if arguments.output == "-":
        raise Misuse("weights are not printed: name a file with -o")
    rules = None if arguments.map is None else renaming.read(arguments.map)
    found = header.read(arguments.source)
    program = one_program(arguments)
    if program is None:
        return FINDINGS
    names = wanted(program)
    fitted = convert.checked(found, fit({name: stored.shape for name, stored in found.items()}, names, rules))
    if not fitted.problems and arguments.output is not None:
        data = convert.converted(found, fitted, names, _own(arguments, fitted), __version__)
        write_generated(arguments.output, data, force=arguments.force, marker=convert.MARKER)
    _tell(arguments, program.model, fitted, rules)
    return FINDINGS if fitted.problems else FINE


def _tell(arguments: argparse.Namespace, model: str, fitted: Fit, rules: Rules | None) -> None:
    written = None if fitted.problems else arguments.output
    if arguments.format == "json":
        import json

        print(json.dumps({"model": model, "written": written, **fitted.as_json()}, ensure_ascii=False, indent=2))
        return
    from specc.report.style import clean
    from specc.weights import coverage

    lines = [*coverage.lines(fitted, rules)]
    if fitted.problems:
        count = len(fitted.problems)
        lines += ["", *coverage.problems(fitted, rules), ""]
        lines.append(
            f"{arguments.source} does not fit {model}: {count} problem{'' if count == 1 else 's'}; nothing was written"
        )
    elif written is None:
        lines.append(f"{arguments.source} fits {model}")
    sys.stdout.write("".join(f"{clean(line)}\n" for line in lines))
    if written is not None:
        tell(f"wrote {written}")


def _own(arguments: argparse.Namespace, fitted: Fit) -> dict[str, Given]:
    """What the spec keeps for itself stands in no file: the model is built for it, which needs torch."""
    if not fitted.own:
        return {}
    made = one_model(arguments)
    assert made is not None, "the program was made of the same arguments"
    _, built = made

    from specc.runtime.load import load
    from specc.runtime.weights import given

    return given(load(built.text, built.name, built.lines), fitted.own)
