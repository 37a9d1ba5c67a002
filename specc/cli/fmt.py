"""Format specs: one canonical form, comments kept. Rewrites the files in place; - reads standard input and prints.

With --check, lists the files that would change and writes nothing; with --diff, shows how they would.
"""

from __future__ import annotations

import argparse
import sys

from specc.cli import FINDINGS, FINE, MISUSE
from specc.cli.arguments import Parser
from specc.cli.console import tell
from specc.cli.files import write
from specc.cli.sources import read_all, report
from specc.diagnostics import Diagnostics
from specc.source import SourceFile


def declare(parser: Parser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .nn file, a folder, or - for standard input")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a file would change")
    how.add_argument("--diff", action="store_true", help="write nothing; show what would change")


def run(arguments: argparse.Namespace) -> int:
    sources, unreadable = read_all(arguments.files)
    changed, broken = 0, False
    for source in sources:
        text = formatted(source)
        if text is None:
            broken = True
            continue
        differs = text != source.text
        changed += differs
        if arguments.diff:
            if differs:
                sys.stdout.write(_difference(source, text))
        elif arguments.check:
            if differs:
                print(source.name)
        elif source.path is None:
            sys.stdout.write(text)
        elif differs:
            write(source.path, text.encode("utf-8"))
            tell(f"formatted {source.name}")
    if unreadable:
        return MISUSE
    only_looked = arguments.check or arguments.diff
    return FINDINGS if broken or (only_looked and changed) else FINE


def formatted(source: SourceFile) -> str | None:
    """The canonical form, or None, with the reasons told, for what cannot be parsed.

    A user's file is replaced by it, so it is parsed again first: it must say the same, comments included.
    """
    from specc.syntax.format import format as format_file
    from specc.syntax.parse import parse

    diagnostics = Diagnostics()
    file = parse(source, diagnostics)
    if report(diagnostics):
        return None
    text = format_file(file)
    again = parse(SourceFile(source.name, text), diagnostics)
    kept = (again.doc, again.items) == (file.doc, file.items) and len(again.comments) == len(file.comments)
    if diagnostics.has_errors or not kept:
        raise AssertionError(f"formatting {source.name} would change what it says; the file is left as it is")
    return text


def _difference(source: SourceFile, text: str) -> str:
    from difflib import unified_diff

    lines = unified_diff(source.text.splitlines(), text.splitlines(), source.name, f"{source.name} (formatted)", lineterm="")
    return "".join(f"{line}\n" for line in lines)
