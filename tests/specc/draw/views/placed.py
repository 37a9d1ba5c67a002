"""What every placed panel must keep: boxes off each other, words in their boxes, wires off boxes that they do not join."""

from __future__ import annotations

import re
from itertools import combinations

from specc.draw import theme
from specc.draw.dot import dot
from specc.draw.measure import width
from specc.draw.picture import Box, Panel, Picture, Point, Wire

Rect = tuple[float, float, float, float]


def placeless(made: Picture) -> str:
    """The DOT without the lines of the spec: a line more in a spec changes no picture."""
    return re.sub(r"(\.nn):\d+:\d+", r"\1", dot(made))


def rect(box: Box, inset: float = 0.0) -> Rect:
    assert box.at is not None
    (x, y), (w, h) = box.at, box.extent
    return x - w / 2 + inset, y - h / 2 + inset, x + w / 2 - inset, y + h / 2 - inset


def overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def overlaps(panel: Panel) -> list[tuple[str, str]]:
    return [(a.id, b.id) for a, b in combinations(panel.boxes, 2) if overlap(rect(a, 0.1), rect(b, 0.1))]


def spills(panel: Panel) -> list[str]:
    """Boxes whose words are wider than they are."""
    return [box.id for box in panel.boxes if _wide(box) > box.extent[0]]


def _wide(box: Box) -> float:
    mono = box.kind == "tag"
    size = theme.TAG if mono else theme.TITLE
    pill = width(box.badge, theme.BADGE, bold=True) + 16 if box.badge else 0.0
    return max(width(box.title, size, bold=not mono, mono=mono), width(box.subtitle, theme.SUBTITLE)) + pill


def points(wire: Wire) -> list[Point]:
    """Along its Bezier curves."""
    found = []
    for k in range(0, len(wire.route) - 3, 3):
        a, b, c, d = wire.route[k : k + 4]
        for n in range(25):
            t = n / 24
            p, q, r, s = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            found.append((p * a[0] + q * b[0] + r * c[0] + s * d[0], p * a[1] + q * b[1] + r * c[1] + s * d[1]))
    return found


def crossings(panel: Panel) -> list[tuple[str, str, str]]:
    """Wires through boxes that they do not join."""
    found = []
    for wire in panel.wires:
        assert wire.route, "a view leads its wires"
        for box in panel.boxes:
            left, top, right, bottom = rect(box, 2.0)
            if box.id not in (wire.source, wire.target) and any(left < x < right and top < y < bottom for x, y in points(wire)):
                found.append((wire.source, wire.target, box.id))
    return found
