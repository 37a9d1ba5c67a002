"""Explain a diagnostic code: what it means, with an example that is wrong and one that is right.

Without a code, lists all codes.
"""

from __future__ import annotations

import argparse
import sys

from specc.cli import FINE
from specc.cli.arguments import Misuse, Parser, add_format, suggestion


def declare(parser: Parser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="a code as diagnostics show it, such as E0310")
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    from specc.catalogue import codes, entry

    known = codes()
    if arguments.code is None:
        rows = [(code, entry(code).name, entry(code).summary) for code in known]
        if arguments.format == "json":
            _print_json([{"code": code, "name": name, "summary": summary} for code, name, summary in rows])
        else:
            from specc.report.style import style_for
            from specc.report.table import table

            sys.stdout.write(table(("code", "name", "meaning"), rows, style_for(sys.stdout)))
        return FINE
    code = arguments.code.upper().removeprefix("[").removesuffix("]")
    if code not in known:
        raise Misuse(f"there is no diagnostic {arguments.code}{suggestion(code, known) or '; `specc explain` lists them all'}")
    found = entry(code)
    if arguments.format == "json":
        _print_json({"code": code, "name": found.name, "summary": found.summary, "page": found.page})
    else:
        print(f"{code}: {found.summary}\n\n{found.page.strip()}")
    return FINE


def _print_json(value: object) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False, indent=2))
