"""Rows below each other, with the arrows between them: straight ones from a row to the next, others in lanes on the right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from specc.draw import theme
from specc.draw.measure import width
from specc.draw.picture import COLUMNS, Box, Panel, Point, Row, Wire

HEIGHT, BETWEEN = 24.0, 18.0
"""Of a row, and between two: room for an arrow."""
STRIP, PADDING, INDENT = 5.0, 8.0, 12.0
"""Points: the colour before a row, the room on both sides of a text, how far a row stands in for each block around it."""
LANE = 8.0
"""Between the lines on the right."""
_OFF = 5.0
"""From a row's middle to where a line leaves it, below, and reaches it, above."""


def placed(name: str, rows: Sequence[Row], wires: Sequence[Wire]) -> Panel:
    """A table: the rows with their places, the words above them, the wires with their routes."""
    least = [width(word, theme.SUBTITLE) + 2 * PADDING + STRIP for word in COLUMNS]
    widths = tuple(map(max, zip(least, *map(_widths, rows), strict=True)))
    wide = sum(widths, 0.0)
    step = HEIGHT + BETWEEN
    shown = [row.replace(at=(wide / 2, k * step), widths=widths, height=HEIGHT) for k, row in enumerate(rows)]
    number = {row.id: k for k, row in enumerate(rows)}
    spans: dict[str, tuple[int, int]] = {}
    for wire in wires:
        start, end = number[wire.source], number[wire.target]
        if end != start + 1:
            low, high = spans.get(wire.source, (start, start))
            spans[wire.source] = min(low, end), max(high, end)
    lanes = _lanes(spans)
    led = []
    for wire in wires:
        start, end = number[wire.source], number[wire.target]
        if end == start + 1:
            corners = [(wide / 2, start * step + HEIGHT / 2), (wide / 2, end * step - HEIGHT / 2)]
            led.append(wire.replace(skip=False, route=_through(corners)))
        else:
            x = wide + LANE * (lanes[wire.source] + 2)
            leaves, enters = start * step + _OFF, end * step - _OFF
            led.append(wire.replace(route=_through([(wide, leaves), (x, leaves), (x, enters), (wide, enters)])))
    return Panel(name, "table", tuple(_head(widths)), wires=tuple(led), rows=tuple(shown))


def _widths(row: Row) -> tuple[float, float, float, float]:
    """Of the four cells, with their padding."""
    name = width(row.name, theme.TITLE) + (width("  " + row.badge, theme.TITLE, bold=True) if row.badge else 0.0)
    said = width(row.title, theme.TITLE, bold=True)
    said += width("   " + row.subtitle, theme.SUBTITLE) if row.subtitle else 0.0
    types = [width(text, theme.TAG, mono=True) for text in (row.input, row.output)]
    indent = STRIP + INDENT * row.depth
    return name + 2 * PADDING + indent, said + 2 * PADDING, types[0] + 2 * PADDING, types[1] + 2 * PADDING


def _lanes(spans: dict[str, tuple[int, int]]) -> dict[str, int]:
    """The lane of each source's line, short lines inside: the first lane whose lines end before or begin after it."""
    taken: list[list[tuple[int, int]]] = []
    found = {}
    for source, (low, high) in sorted(spans.items(), key=lambda item: (item[1][1] - item[1][0], item[1])):
        lane = next((k for k, lines in enumerate(taken) if all(high < a or b < low for a, b in lines)), len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        found[source] = lane
    return found


def _through(corners: Sequence[Point]) -> tuple[Point, ...]:
    """A line through corners, as Bezier curves."""
    points = [corners[0]]
    for (ax, ay), (bx, by) in pairwise(corners):
        points += [(ax + (bx - ax) * share, ay + (by - ay) * share) for share in (1 / 3, 2 / 3, 1.0)]
    return tuple(points)


def _head(widths: Sequence[float]) -> list[Box]:
    """The words above the columns."""
    boxes, left = [], 0.0
    for k, (word, cell) in enumerate(zip(COLUMNS, widths, strict=True)):
        size = width(word, theme.SUBTITLE) + 4.0
        x = left + PADDING + (STRIP if k == 0 else 0.0) + size / 2
        boxes.append(Box(f"column {word}", "label", "other", "", word, at=(x, -HEIGHT / 2 - 10.0), extent=(size, 14.0)))
        left += cell
    return boxes
