"""List the bundled specs: what they are called, their models, and the variants of those."""

from __future__ import annotations

import argparse
import sys

from specc.cli import FINE
from specc.cli.arguments import Parser, add_format
from specc.diagnostics import Diagnostics
from specc.reading import bundled_name, bundled_specs, read_path
from specc.record import Record


class Listed(Record):
    """A bundled spec; `models` gives each model's variants."""

    name: str
    title: str
    path: str
    models: tuple[tuple[str, tuple[str, ...]], ...]


def declare(parser: Parser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORD", help="only specs in whose name, title or models each word occurs")
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    specs = [listed(path) for path in bundled_specs()]
    specs = [spec for spec in specs if all(word.lower() in _searched(spec) for word in arguments.words)]
    if arguments.format == "json":
        import json

        document = [{"name": spec.name, "title": spec.title, "path": spec.path, "models": _models(spec)} for spec in specs]
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return FINE
    if not specs:
        print(f"no bundled spec matches {' '.join(arguments.words)}", file=sys.stderr)
        return FINE
    from specc.report.style import style_for
    from specc.report.table import table

    rows: list[tuple[str, str, str, str]] = []
    for spec in specs:
        for number, (model, variants) in enumerate(spec.models or (("", ()),)):
            name, title = (spec.name, spec.title) if number == 0 else ("", "")
            rows.append((name, model, " ".join(variants), title))
    sys.stdout.write(table(("spec", "model", "variants", "what it is"), rows, style_for(sys.stdout)))
    return FINE


def listed(path: str) -> Listed:
    """What a spec says about itself; what cannot be parsed is left out, for `specc check` tells it better."""
    from specc.syntax import ast
    from specc.syntax.parse import parse

    file = parse(read_path(path), Diagnostics())
    definitions = [item for item in file.items if isinstance(item, ast.Definition) and item.keyword == "model"]
    models = []
    for definition in definitions:
        groups = [statement.items for statement in definition.body if isinstance(statement, ast.Variants)]
        models.append((definition.name, tuple(variant.name for group in groups for variant in group)))
    documentation = file.doc or next((definition.doc for definition in definitions if definition.doc), "") or ""
    first, _, _ = documentation.strip().partition("\n")
    return Listed(bundled_name(path), first.rstrip("."), path, tuple(models))


def _models(spec: Listed) -> list[dict[str, object]]:
    return [{"name": name, "variants": list(variants)} for name, variants in spec.models]


def _searched(spec: Listed) -> str:
    return " ".join([spec.name, spec.title, *(" ".join([name, *variants]) for name, variants in spec.models)]).lower()
