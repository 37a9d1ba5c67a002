"""Explain a diagnostic code, a layer or a tensor function: `specc explain E0310`, `specc explain Conv2d`.

Without an argument, lists all codes.
"""

from __future__ import annotations

import argparse
import sys

from specc.cli import FINE
from specc.cli.arguments import Misuse, Parser, add_format, suggestion


def declare(parser: Parser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="a code as diagnostics show it (E0310), a layer or a function")
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    from specc.catalogue import codes

    as_json = arguments.format == "json"
    if arguments.code is None:
        return _list(as_json)
    code = arguments.code.upper().removeprefix("[").removesuffix("]")
    if code in codes():
        return _code(code, as_json)
    from specc.ops.registry import find, names

    op = find(arguments.code)
    if op is None:
        near = suggestion(code, codes()) if code[1:].isdigit() else suggestion(arguments.code, names())
        near = near or "; `specc explain` lists the codes"
        raise Misuse(f"{arguments.code} is neither a diagnostic code nor a layer or function{near}")
    from specc.report.reference import page, text

    found = page(op)
    if as_json:
        _print_json({**vars(found), "rows": [vars(row) for row in found.rows]})
    else:
        sys.stdout.write(text(found))
    return FINE


def _code(code: str, as_json: bool) -> int:
    from specc.catalogue import entry

    found = entry(code)
    if as_json:
        _print_json({"code": code, "name": found.name, "summary": found.summary, "page": found.page})
    else:
        print(f"{code}: {found.summary}\n\n{found.page.strip()}")
    return FINE


def _list(as_json: bool) -> int:
    from specc.catalogue import codes, entry

    rows = [(code, entry(code).name, entry(code).summary) for code in codes()]
    if as_json:
        _print_json([{"code": code, "name": name, "summary": summary} for code, name, summary in rows])
    else:
        from specc.report.style import style_for
        from specc.report.table import table

        sys.stdout.write(table(("code", "name", "meaning"), rows, style_for(sys.stdout)))
    return FINE


def _print_json(value: object) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False, indent=2))
