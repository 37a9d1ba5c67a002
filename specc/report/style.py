"""Text for a terminal: colours, the width of characters, and what must not reach a terminal."""

from __future__ import annotations

import os
from typing import TextIO

from specc.record import Record

TAB = 4
MAX_WIDTH = 140  # wider frames are harder to read than trimmed ones
_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "strong": "1",
    "gutter": "1;34",
    "secondary": "1;34",
    "help": "1;32",
    "faint": "2",
    "type": "36",
}
# What turns the reading direction round would let a source file show other code than it holds (CVE-2021-42574).
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Style(Record):
    """How to write: with colours or not, and how many columns there are."""

    colour: bool = False
    width: int = 120

    def paint(self, text: str, role: str) -> str:
        """The text in the colour of a role (`error`, `gutter`, ...), or as it is when there are no colours."""
        return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if self.colour and text else text


def style_for(stream: TextIO) -> Style:
    """Colours and width for a stream: NO_COLOR and FORCE_COLOR win over what the stream is (no-color.org)."""
    environment = os.environ
    if environment.get("NO_COLOR"):
        colour = False
    elif environment.get("FORCE_COLOR"):
        colour = environment["FORCE_COLOR"] != "0"
    else:
        colour = stream.isatty() and environment.get("TERM") != "dumb"
    return Style(colour, max(40, min(_columns(stream), MAX_WIDTH)))


def _columns(stream: TextIO) -> int:
    if os.environ.get("COLUMNS", "").isdigit():
        return int(os.environ["COLUMNS"])
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else Style.width
    except (ValueError, OSError):  # a stream without a file behind it
        return Style.width


def char_width(char: str) -> int:
    """The columns that one character takes: 0 for combining marks, 2 for wide ones."""
    if char < "\u0300":
        return 1
    import unicodedata  # a megabyte of tables that ASCII needs nothing of

    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def text_width(text: str) -> int:
    """The columns that a text takes."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def visible(char: str) -> str:
    """A character as it may be shown: tabs as blanks, control characters as their picture (`␛`), never themselves."""
    if char == "\t":
        return " " * TAB
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return "�" if 0x80 <= code < 0xA0 or char in _BIDIRECTIONAL else char


def clean(text: str) -> str:
    """A text without anything that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\n" if char == "\n" else visible(char) for char in text)


def fit(text: str, width: int) -> str:
    """The text cut to so many columns, with `…` where something is left out."""
    if text_width(text) <= width:
        return text
    kept, used = [], 1
    for char in text:
        used += char_width(char)
        if used > width:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"
