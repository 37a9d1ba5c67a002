"""One pass over a source before it is parsed: its comments, its brackets and which belong together, and what no rule of
the grammar should have to meet (nesting without end, control characters, a string without its end)."""

from __future__ import annotations

import re

from specc.diagnostics import Diagnostics
from specc.source import SourceFile, Span
from specc.syntax import ast, errors

MAX_BYTES = 256 * 1024
MAX_NESTING = 64

_MARK = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""|"""|"(?:[^"\\\n]|\\[^\n])*"|"|#[^\n]*|[()\[\]{}]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]', re.DOTALL)
_CLOSER = {"(": ")", "[": "]", "{": "}"}


class Scan:
    """`comments` in order. `partner` maps the offset of an opening bracket to its closing one's and back. `brackets` holds
    (offset, bracket) in order. `readable` is False when the source must not be parsed at all."""

    __slots__ = ("brackets", "comments", "partner", "readable")

    def __init__(self) -> None:
        self.comments: list[ast.Comment] = []
        self.partner: dict[int, int] = {}
        self.brackets: list[tuple[int, str]] = []
        self.readable = True


def scan(source: SourceFile, diagnostics: Diagnostics) -> Scan:
    result = Scan()
    text = source.text
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        diagnostics.add(errors.file_too_large(Span(source, 0, 0), MAX_BYTES))
        result.readable = False
        return result
    open_: list[tuple[int, str]] = []
    for found in _MARK.finditer(text):
        at, mark = found.start(), found[0]
        first = mark[0]
        if first == "#":
            own_line = not text[text.rfind("\n", 0, at) + 1 : at].strip()
            result.comments.append(ast.Comment(Span(source, at, found.end()), mark.rstrip(), own_line))
        elif first in "([{":
            open_.append((at, mark))
            result.brackets.append((at, mark))
            if len(open_) > MAX_NESTING:
                diagnostics.add(errors.nested_too_deep(Span(source, at, at + 1), MAX_NESTING))
                result.readable = False
                return result
        elif first in ")]}":
            result.brackets.append((at, mark))
            if open_ and _CLOSER[open_[-1][1]] == mark:
                start, _ = open_.pop()
                result.partner[start] = at
                result.partner[at] = start
        elif first == '"':
            if len(mark) in (1, 3) and set(mark) == {'"'}:
                diagnostics.add(errors.unterminated_string(Span(source, at, found.end()), len(mark) == 3))
                if len(mark) == 3:
                    result.readable = False
                    return result
        else:
            diagnostics.add(errors.control_character(Span(source, at, at + 1), mark))
            result.readable = False
            return result
    return result
