"""Warnings for what nothing uses, once every model and variant of a file has been elaborated: a name that one variant
uses is used."""

from __future__ import annotations

import re

from specc.diagnostics import Diagnostics
from specc.elaborate import warnings
from specc.elaborate.program import Program
from specc.source import SourceFile, Span
from specc.syntax import ast


def warn_unused(programs: list[Program], source: SourceFile, diagnostics: Diagnostics) -> None:
    """Only the file itself is told about; what an imported file does not use is not this file's business."""
    used: set[tuple[int, int]] = set()
    unused: dict[tuple[int, int], Span] = {}
    definitions: dict[int, ast.Definition] = {}
    for program in programs:
        for span in program.unused():
            if span.source is source:
                unused[(span.start, span.end)] = span
        used |= {(span.start, span.end) for span in program.used_spans() if span.source is source}
        for instance in [*program.instances.values(), *([program.root] if program.root else [])]:
            definitions[id(instance.definition.node)] = instance.definition.node
    own = [node for node in definitions.values() if node.span.source is source]
    named = _named(own)
    for node in own:
        used |= _read_for_sizes(node)
    for key, span in sorted(unused.items()):
        if key not in used and key in named:
            name, kind = named[key]
            diagnostics.add(_WARNINGS[kind](name, span))
    for node in definitions.values():
        if node.span.source is source:
            for param in node.params:
                if (param.span.start, param.span.end) not in used:
                    diagnostics.add(warnings.unused_parameter(param.name, param.span))


_WARNINGS = {"input": warnings.unused_input, "value": warnings.unused_value, "layer": warnings.unused_layer}


def _read_for_sizes(node: ast.Definition) -> set[tuple[int, int]]:
    """Inputs of which only a size is used: `zeros(T)` reads T from the tensor whose type names it."""
    declared = [item for statement in node.body if isinstance(statement, ast.Input) for item in statement.items]
    rest = " ".join(statement.span.text for statement in node.body if not isinstance(statement, ast.Input))
    words = set(re.findall(r"[A-Za-z_]\w*", rest))
    found: set[tuple[int, int]] = set()
    named: set[str] = set()
    for item in declared:
        names = {dim.name for dim in (item.type.dims if item.type else None) or () if isinstance(dim, ast.Name)}
        if names & words - named:
            found.add((item.span.start, item.span.end))
        named |= names
    return found


def _named(nodes: list[ast.Definition]) -> dict[tuple[int, int], tuple[str, str]]:
    """Names by the place that binds them."""
    found: dict[tuple[int, int], tuple[str, str]] = {}

    def walk(statements: tuple[ast.Statement, ...]) -> None:
        for statement in statements:
            if isinstance(statement, ast.Input):
                for item in statement.items:
                    found[(item.span.start, item.span.end)] = (item.name, "input")
            elif isinstance(statement, ast.Assign) and len(statement.targets) == 1 and statement.targets[0] != "_":
                found[(statement.span.start, statement.span.end)] = (statement.targets[0], "value")
            elif isinstance(statement, ast.LayerDecl):
                found[(statement.span.start, statement.span.end)] = (statement.label.span.text, "layer")
            elif isinstance(statement, ast.For):
                walk(statement.body)
            elif isinstance(statement, ast.If):
                walk(statement.body)
                walk(statement.orelse)

    for node in nodes:
        walk(node.body)
    return found
