"""Warnings for what nothing uses, once every model and variant of a file has been elaborated: a name that one variant
uses is used."""

from __future__ import annotations

import re

from specc.diagnostics import Diagnostics
from specc.elaborate import warnings
from specc.elaborate.program import Program
from specc.elaborate.scope import FileScope
from specc.elaborate.structure import Findings, findings
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
    told: list[Span] = []
    for key, span in sorted(unused.items()):
        if key not in used and key in named:
            name, kind = named[key]
            diagnostics.add(_WARNINGS[kind](name, span))
            told.append(span)
    vain = findings(programs, source)
    idle_inputs = [span for span in told if named[span.start, span.end][1] == "input"]
    silent = [node.span for node in own if any(node.span.contains(span) for span in idle_inputs)]
    vain.apart = {span: name for span, name in vain.apart.items() if not any(node.contains(span) for node in silent)}
    told += [item.primary.span for item in diagnostics.sorted() if item.code == "W0603" and item.primary]
    _warn_vain(vain, told, diagnostics)
    for node in definitions.values():
        if node.span.source is source:
            for param in node.params:
                if (param.span.start, param.span.end) not in used:
                    diagnostics.add(warnings.unused_parameter(param.name, param.span))


def _warn_vain(found: Findings, told: list[Span], diagnostics: Diagnostics) -> None:
    """What is computed for nothing, where no unused name has told it already."""
    for span, name in found.apart.items():
        diagnostics.add(warnings.constant_output(name, span))
    for span, (key, ends) in found.idle.items():
        if not any(place.contains(end) for end in ends for place in told):
            diagnostics.add(warnings.idle_weights(key, span))
    for span, name in found.unread.items():
        diagnostics.add(warnings.unread_state(name, span))
    for span, holds in found.settled.items():
        diagnostics.add(warnings.settled_condition(holds, span))
    for span in found.empty:
        diagnostics.add(warnings.empty_loop(span))


def warn_unmentioned(scope: FileScope, diagnostics: Diagnostics) -> None:
    """Imports, and constants and functions of a file with models, whose names stand nowhere else in it."""
    source = scope.file.source
    words: dict[str, int] = {}
    for word in re.findall(r"[A-Za-z_]\w*", source.text):
        words[word] = words.get(word, 0) + 1
    for item in scope.file.items:
        if isinstance(item, ast.Import):
            for imported in item.names:
                name = imported.alias or imported.name
                if words.get(name) == 1 + (imported.alias == imported.name):
                    diagnostics.add(warnings.unused_import(name, imported.span))
        elif isinstance(item, ast.Let) and words.get(item.name) == 1 and _has_model(scope.file):
            diagnostics.add(warnings.unused_let(item.name, item.span))


def _has_model(file: ast.File) -> bool:
    return any(isinstance(item, ast.Definition) and item.keyword == "model" for item in file.items)


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
            elif isinstance(statement, ast.Assign) and (names := [name for name in statement.targets if name != "_"]):
                found[(statement.span.start, statement.span.end)] = ("`, `".join(names), "value")
            elif isinstance(statement, ast.Let) and statement.params is None:
                found[(statement.span.start, statement.span.end)] = (statement.name, "value")
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
