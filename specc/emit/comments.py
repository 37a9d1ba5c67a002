"""The spec's comments in the generated file: each stands above the first line that came of what it speaks of."""

from __future__ import annotations

from collections.abc import Iterable

from specc.emit.plan import Emitted
from specc.syntax import ast


def with_comments(emitted: Emitted, files: Iterable[ast.File]) -> Emitted:
    """Adds the comments of the files whose definitions the text was made of. One above code that left no trace is dropped."""
    rows = emitted.text.split("\n")
    first: dict[str, dict[int, int]] = {}
    """For each file: the first generated row (0-based) of a source line."""
    for number in sorted(emitted.lines):
        name, _, line = emitted.lines[number].rpartition(":")
        first.setdefault(name, {}).setdefault(int(line), number - 1)
    inserted: dict[int, list[str]] = {}
    for file in files:
        places = first.get(file.source.name, {})
        heads = _heads(file, rows)
        for comment in file.comments:
            row = _row(comment, file, places, heads)
            if row is not None:
                indent = rows[row][: len(rows[row]) - len(rows[row].lstrip())]
                inserted.setdefault(row, []).append(indent + comment.text.rstrip())
    return _inserted(emitted, rows, inserted)


def _heads(file: ast.File, rows: list[str]) -> dict[int, int]:
    """The rows of classes and functions by the source line of their definition."""
    found = {row: k for k, row in reversed(list(enumerate(rows)))}
    heads: dict[int, int] = {}
    for item in file.items:
        if isinstance(item, ast.Definition):
            starts: tuple[str, ...] = (f"class {item.name}(nn.Module):",)
        elif isinstance(item, ast.Let):
            starts = (f"def {item.name}(", f"{item.name} = ")
        else:
            continue
        row = next((k for text, k in found.items() if text.startswith(starts)), None)
        if row is not None:
            heads[item.span.line] = row
    return heads


def _row(comment: ast.Comment, file: ast.File, places: dict[int, int], heads: dict[int, int]) -> int | None:
    """Where a comment goes: above what stands on its line, or on the next line of code."""
    line = comment.span.line
    if comment.own_line:
        own = {other.span.line for other in file.comments if other.own_line}
        last = len(file.source.line_starts)
        line += 1
        while line <= last and (line in own or not file.source.line(line).strip()):
            line += 1
    if line in heads:
        return heads[line]
    return places.get(line)


def _inserted(emitted: Emitted, rows: list[str], inserted: dict[int, list[str]]) -> Emitted:
    if not inserted:
        return emitted
    out: list[str] = []
    lines: dict[int, str] = {}
    for k, row in enumerate(rows):
        out += inserted.get(k, [])
        out.append(row)
        place = emitted.lines.get(k + 1)
        if place is not None:
            lines[len(out)] = place
    return Emitted("\n".join(out), lines)
