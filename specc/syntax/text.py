"""Texts within the source: what strings, docstrings and paths say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from specc.diagnostics import Diagnostic
from specc.source import Span
from specc.syntax import errors
from specc.syntax.lexer import Token

_ESCAPE = re.compile(r"\\([\s\S])")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "\n": ""}


def unescape(token: Token, quotes: int, report: Callable[[Diagnostic], None]) -> str:
    """The value of a string with `quotes` quotation marks at either end."""
    text = token.text[quotes:-quotes]
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "\\" not in text:
        return text

    def replaced(found: re.Match[str]) -> str:
        value = _ESCAPES.get(found[1])
        if value is None:
            at = token.span.start + quotes + found.start()
            report(errors.unknown_escape(Span(token.span.source, at, at + 2), found[0]))
            return found[1]
        return value

    return _ESCAPE.sub(replaced, text)


def clean_doc(text: str) -> str:
    """A docstring without the indentation that its place in the source gave it, as Python's help shows one."""
    lines = text.expandtabs().split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    kept = [lines[0].strip(), *(line[margin:].rstrip() for line in lines[1:])]
    while kept and not kept[-1]:
        kept.pop()
    while kept and not kept[0]:
        kept.pop(0)
    return "\n".join(kept)


Piece = tuple[int, int, bool]
"""Start and end of literal text, or of the expression between braces (then True)."""


def split_path(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool, list[Piece]]]:
    """The parts of a path `down.{l}."block-{i}"`: start, end, whether quoted, and the pieces of each."""
    at = start
    while at < end:
        quoted = text[at] == '"'
        part = at
        at += quoted
        pieces: list[Piece] = []
        literal = at
        while at < end and text[at] != ('"' if quoted else "."):
            if text[at] == "{" and (close := text.find("}", at, end)) >= 0:
                if at > literal:
                    pieces.append((literal, at, False))
                pieces.append((at + 1, close, True))
                at = literal = close + 1
            else:
                at += 1
        if at > literal:
            pieces.append((literal, at, False))
        at += quoted
        yield part, at, quoted, pieces
        at += 1
