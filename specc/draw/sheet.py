"""The panels on one sheet. Each is laid out alone, so that no panel's rows stretch another's; then they are placed side by
side and drawn together."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from specc.draw.dot import frame_of, panel_dot
from specc.draw.engine import Engine, LayoutFailed
from specc.draw.picture import Picture
from specc.draw.placed import bounds, is_placed
from specc.record import Record

WIDER = 1.5
"""How much wider than high a sheet of many panels is about to be."""
GAP = 34.0
"""Points between panels."""

_PLACE = re.compile(r'(?<=[\s\[])(pos|bb|lp|xlp)="([^"]*)"')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_CONTINUED = re.compile(r"\\\r?\n")


class Placed(Record):
    """A panel that is laid out: the inside of its DOT, with positions, and its size in points."""

    body: str
    width: float
    height: float


def sheet(picture: Picture, engine: Engine) -> str:
    """The DOT of the whole picture with every position in it, for `nop2`. Raises LayoutFailed."""
    placed = [_laid_out(picture, k, engine) for k in range(len(picture.panels))]
    parts = []
    for panel, (x, y) in zip(placed, places([(p.width, p.height) for p in placed], picture.direction), strict=True):
        parts.append(f"subgraph {{{_moved(panel.body, x, y)}}}")
    opening, closing = frame_of(picture)
    return opening + "\n".join(parts) + closing


def places(sizes: Sequence[tuple[float, float]], direction: str) -> list[tuple[float, float]]:
    """The lower left corner of each panel: the first on the left, the others in columns beside it, no column longer than
    the first needs, or than makes the sheet about as wide as a page; for pictures that run from left to right, below each
    other. Points, upwards from the top edge at 0."""
    if direction == "lr":
        found, y = [], 0.0
        for _, height in sizes:
            found.append((0.0, y - height))
            y -= height + GAP
        return found
    found = [(0.0, -sizes[0][1])] if sizes else []
    limit = max(max((height for _, height in sizes), default=0.0) * 1.1, math.sqrt(sum(w * h for w, h in sizes) / WIDER))
    x, y, column = (sizes[0][0] + GAP if sizes else 0.0), 0.0, 0.0
    for width, height in sizes[1:]:
        if y and -y + height > limit:
            x, y, column = x + column + GAP, 0.0, 0.0
        found.append((x, y - height))
        y -= height + GAP
        column = max(column, width)
    return found


def _laid_out(picture: Picture, number: int, engine: Engine) -> Placed:
    source, panel = panel_dot(picture, number), picture.panels[number]
    if is_placed(panel):
        left, low, right, high = bounds(panel)
        return Placed(_moved(_inside(source), -left, -low), right - left, high - low)
    text = _CONTINUED.sub("", engine(source, "dot", "dot").decode("utf-8"))
    box = re.search(r'bb="([^"]*)"', text)
    if box is None:
        raise LayoutFailed("graphviz gave no size for a panel")
    left, low, right, high = (float(number) for number in box[1].split(","))
    return Placed(_moved(_inside(text), -left, -low), right - left, high - low)


def _inside(source: str) -> str:
    return source[source.index("{") + 1 : source.rindex("}")]


def _moved(body: str, x: float, y: float) -> str:
    """The same with every position moved. Quotes in labels are `&quot;` and in strings `\\"`, so that nothing else matches."""

    def move(match: re.Match[str]) -> str:
        turn = 0

        def number(found: re.Match[str]) -> str:
            nonlocal turn
            turn += 1
            return f"{float(found[0]) + (x if turn % 2 else y):.2f}"

        return f'{match[1]}="{_NUMBER.sub(number, match[2])}"'

    return _PLACE.sub(move, body)
