"""Source lines with marks below them: where a diagnostic points.

14 |     output main + shortcut
   |            ---- ^ -------- `shortcut` is float[B, 64, H, W]
   |            |
   |            `main` is float[B, 64, (H + 1)//2, (W + 1)//2]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from specc.record import Record
from specc.report.style import TAB, Style, char_width, clean, text_width, visible
from specc.source import SourceFile, Span

_CONTEXT = 12  # columns kept to the left of the first mark when a long line is trimmed
_TEXT_ROOM = 40  # columns that a label's words are given before a long line is trimmed further left


class Mark(Record):
    """A place to be marked and its words."""

    span: Span
    text: str
    role: str  # `error` or `warning` for the primary mark, `secondary` for the others


class _Placed(Record):
    """A mark in columns of its displayed line; `end` is exclusive."""

    start: int
    end: int
    text: str
    role: str

    @property
    def primary(self) -> bool:
        return self.role != "secondary"


class _Line(Record):
    """A line as displayed, and the display column of each of its characters (with one more for its end)."""

    text: str
    columns: tuple[int, ...]


@lru_cache(maxsize=8)
def display(source: SourceFile, number: int) -> _Line:
    """A line with its tabs expanded and its control characters made visible."""
    pieces: list[str] = []
    columns = []
    at = 0
    for char in source.line(number):
        columns.append(at)
        piece = " " * (TAB - at % TAB) if char == "\t" else visible(char)
        pieces.append(piece)
        at += len(piece) if char == "\t" else char_width(piece)
    columns.append(at)
    return _Line("".join(pieces), tuple(columns))


def frame(marks: Sequence[Mark], gutter: int, style: Style) -> list[str]:
    """The lines of one source file that the marks concern, with the marks. `gutter` is the width of line numbers."""
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(mark.span.line, []).append(mark)
    source = marks[0].span.source
    blank = style.paint(" " * gutter + " |", "gutter")
    out = [blank]
    previous = 0
    for number in sorted(by_line):
        if previous and number - previous == 2:
            out.append(_source_line(number - 1, display(source, number - 1).text, gutter, style))
        elif previous and number - previous > 2:
            out.append(style.paint("...", "gutter"))
        previous = number
        room = style.width - gutter - 3
        text, placed = _window(display(source, number), [_place(mark, number) for mark in by_line[number]], room)
        out.append(_source_line(number, text, gutter, style))
        out.extend(f"{blank} {row}".rstrip() for row in _mark_rows(placed, style))
    return out


def excerpt(span: Span, width: int) -> str:
    """The line that a span starts on, without its indentation, cut to a width around the span."""
    number = span.line
    line = display(span.source, number)
    placed = _place(Mark(span, "", "secondary"), number)
    stripped = line.text.lstrip(" ")
    indent = len(line.text) - len(stripped)
    shifted = _Line(stripped, tuple(column - indent for column in line.columns))
    moved = placed.replace(start=max(0, placed.start - indent), end=max(1, placed.end - indent))
    return _window(shifted, [moved], width)[0]


def _source_line(number: int, text: str, gutter: int, style: Style) -> str:
    return f"{style.paint(f'{number:>{gutter}} |', 'gutter')} {text}".rstrip()


def _place(mark: Mark, number: int) -> _Placed:
    """The mark's columns; what runs on over the end of its line is marked to that end."""
    line = display(mark.span.source, number)
    start = mark.span.start - mark.span.source.line_starts[number - 1]
    last = len(line.columns) - 1
    first_column = line.columns[min(start, last)]
    end_column = line.columns[min(start + mark.span.end - mark.span.start, last)]
    return _Placed(first_column, max(end_column, first_column + 1), mark.text, mark.role)


def _window(line: _Line, marks: Sequence[_Placed], room: int) -> tuple[str, list[_Placed]]:
    """The part of a line that fits into `room` columns and shows its marks, with the marks moved accordingly."""
    width = line.columns[-1]
    if width <= room:
        return line.text, list(marks)
    last = max(min(mark.end, mark.start + room // 2) + min(text_width(mark.text), _TEXT_ROOM) for mark in marks)
    first = min(mark.start for mark in marks)
    left = 0 if last <= room - 1 else max(0, min(first - _CONTEXT, width - room))
    right = left + room
    text = _cut(line.text, left, right)
    moved = []
    for mark in marks:
        start = max(0, min(mark.start - left, room - 1))
        moved.append(mark.replace(start=start, end=max(start + 1, min(mark.end - left, room))))
    return text, moved


def _cut(text: str, left: int, right: int) -> str:
    """Columns `left` up to `right` of a displayed text, with `…` in place of the first and last where something is missing."""
    if text.isascii():
        start = left + (left > 0)
        more = len(text) > right - 1
        return ("…" if left > 0 else "") + text[start : right - 1 if more else right] + ("…" if more else "")
    kept: list[str] = []
    at = 0
    for char in text:
        wide = char_width(char)
        if at >= left + (left > 0) and at + wide <= right - 1:
            kept.append(char)
        elif left <= at < left + 1 and left > 0:
            kept.append("…" + " " * (wide - 1))
        at += wide
    return "".join(kept) + ("…" if at > right - 1 else "")


def _mark_rows(marks: Iterable[_Placed], style: Style) -> list[str]:
    """The row of `^^^` and `---`, with the last label beside it, and the other labels on rows below."""
    ordered = sorted(marks, key=lambda mark: (mark.start, mark.end, mark.primary))
    # Longer marks are drawn first, so that a mark within another stays visible; the primary comes on top.
    drawn = _Canvas()
    for mark in sorted(ordered, key=lambda mark: (mark.primary, mark.start - mark.end)):
        drawn.write(mark.start, ("^" if mark.primary else "-") * (mark.end - mark.start), mark.role)
    labelled = [mark for mark in ordered if mark.text]
    rows = [drawn]
    if labelled and labelled[-1].end >= max(mark.end for mark in ordered):
        beside = labelled.pop()
        drawn.write(beside.end + 1, clean(beside.text), beside.role)
    if labelled:
        connectors = _Canvas()
        for mark in labelled:
            connectors.write(mark.start, "|", mark.role)
        rows.append(connectors)
    while labelled:
        mark = labelled.pop()
        row = _Canvas()
        for other in labelled:
            if other.start < mark.start:
                row.write(other.start, "|", other.role)
        row.write(mark.start, clean(mark.text), mark.role)
        rows.append(row)
    return [row.render(style) for row in rows]


class _Canvas:
    """A row of characters, each with the role that colours it."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, str]] = []

    def write(self, at: int, text: str, role: str) -> None:
        cells = self._cells
        cells.extend([(" ", "")] * (at + len(text) - len(cells)))
        for offset, char in enumerate(text.replace("\n", " ")):
            cells[at + offset] = (char, role)

    def render(self, style: Style) -> str:
        if not style.colour:
            return "".join(char for char, _ in self._cells)
        out: list[str] = []
        run, role = "", ""
        for char, its_role in [*self._cells, ("", "end")]:
            if its_role != role:
                out.append(style.paint(run, role) if role else run)
                run, role = "", its_role
            run += char
        return "".join(out)
