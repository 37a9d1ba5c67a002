"""Boxes of their own size at places, and the wires between them."""

from __future__ import annotations

from specc.draw import theme
from specc.draw.measure import width
from specc.draw.picture import Box, Hint, Point, Shape, Wire

_MARGIN, _LINE, _SECOND = 22.0, 22.0, 13.0


def card(
    id: str,
    kind: str,
    title: str,
    subtitle: str = "",
    *,
    at: Point = (0.0, 0.0),
    shape: Shape = "box",
    badge: str = "",
    hint: Hint | None = None,
    definition: str = "",
    dashed: bool = False,
    least: float = 0.0,
) -> Box:
    """A rounded box as large as its text, at least `least` wide."""
    texts = max(width(title, theme.TITLE, bold=True), width(subtitle, theme.SUBTITLE))
    pill = width(badge, theme.BADGE, bold=True) + 20 if badge else 0.0
    high = _LINE + (_SECOND if subtitle else 0.0) + 4
    extent = (max(texts + pill + _MARGIN, least), high)
    found = Box(id, shape, kind, title, subtitle, badge, definition=definition, dashed=dashed, hint=hint or Hint())
    return found.replace(at=at, extent=extent)


def words_at(id: str, at: Point, title: str, subtitle: str = "", kind: str = "words") -> Box:
    """Text without a border; of kind `tag`, as sizes are written."""
    bold, mono = kind == "words", kind == "tag"
    size = theme.TITLE if bold else theme.TAG if mono else theme.SUBTITLE
    wide = max(width(title, size, bold=bold, mono=mono), width(subtitle, theme.SUBTITLE)) + 4
    high = (18.0 if title else 0.0) + (_SECOND if subtitle else 0.0)
    return Box(id, "label", kind, title, subtitle, at=at, extent=(wide, high))


def line(source: Box, target: Box, **options: object) -> Wire:
    """A straight wire between the borders of two boxes."""
    assert source.at is not None, "the box is placed"
    assert target.at is not None, "the box is placed"
    a, b = border(source, target.at), border(target, source.at)
    return wire(source, target, straight(a, b), **options)


def wire(source: Box, target: Box, route: tuple[Point, ...], **options: object) -> Wire:
    return Wire(source.id, target.id, route=route, **options)  # type: ignore[arg-type]


def straight(a: Point, b: Point) -> tuple[Point, ...]:
    """A line as a Bezier curve."""
    third = ((b[0] - a[0]) / 3, (b[1] - a[1]) / 3)
    return a, (a[0] + third[0], a[1] + third[1]), (b[0] - third[0], b[1] - third[1]), b


def border(box: Box, towards: Point) -> Point:
    """Where a line from the middle of a box to a point leaves the box."""
    assert box.at is not None, "the box is placed"
    (x, y), (w, h) = box.at, box.extent
    dx, dy = towards[0] - x, towards[1] - y
    if box.shape in ("neuron", "merge"):
        length = max(1e-6, (dx * dx + dy * dy) ** 0.5)
        return x + dx / length * w / 2, y + dy / length * h / 2
    share = min(w / 2 / abs(dx) if dx else 1e9, h / 2 / abs(dy) if dy else 1e9)
    return x + dx * share, y + dy * share


def side(box: Box, where: str) -> Point:
    """The middle of one side: `l`, `r`, `t` or `b`."""
    assert box.at is not None, "the box is placed"
    (x, y), (w, h) = box.at, box.extent
    return {"l": (x - w / 2, y), "r": (x + w / 2, y), "t": (x, y - h / 2), "b": (x, y + h / 2)}[where]
