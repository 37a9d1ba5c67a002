"""A drawing whose every point is computed here: painted shapes and texts as plain data, written as SVG without graphviz and
as the background of a DOT graph where graphviz writes other formats. Points; y grows downwards."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Literal

from specc.draw import theme
from specc.draw.measure import width
from specc.record import Record

Point = tuple[float, float]
Tone = Literal["front", "side", "top", "plain"]
PAD = 14.0

_BACKSLASH, _TWIN = "\\", "\u2216"
_SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_SHADE: dict[Tone, float] = {"front": 0.0, "side": 0.30, "top": 0.12, "plain": 0.0}
"""How much of the border's colour is in the fill of a face."""


class Polygon(Record):
    """A face of a kind of thing, closed."""

    points: tuple[Point, ...]
    kind: str
    tone: Tone = "plain"


class Line(Record):
    """A stroke; with an arrow at its end where it says so."""

    points: tuple[Point, ...]
    dashed: bool = False
    arrow: bool = False
    thin: bool = False


class Text(Record):
    """A line of text, `at` being the middle or (`left`) the start of its base line."""

    at: Point
    text: str
    size: float
    bold: bool = False
    mono: bool = False
    grey: bool = False
    light: bool = False
    left: bool = False

    @property
    def span(self) -> tuple[float, float]:
        """From where to where it reaches."""
        wide = width(self.text, self.size, bold=self.bold, mono=self.mono)
        start = self.at[0] if self.left else self.at[0] - wide / 2
        return start, start + wide


Mark = Polygon | Line | Text


class Group(Record):
    """Marks that are one thing: they share what is told on hover, and where a click leads."""

    kind: str
    marks: tuple[Mark, ...]
    hint: str = ""
    definition: str = ""


class Scene(Record):
    """The groups in the order of painting, on a sheet of this size."""

    width: float
    height: float
    groups: tuple[Group, ...]


# --- SVG ------------------------------------------------------------------------------------------------------------


def svg(scene: Scene, links: tuple[str, ...] = ()) -> str:
    """The elements of an SVG in the form that graphviz writes, so that what is done to its SVG fits this too. `links` are
    the definitions that a click may lead to."""
    w, h = scene.width, scene.height
    parts = [
        f'<svg width="{w:.0f}pt" height="{h:.0f}pt" viewBox="0.00 0.00 {w:.2f} {h:.2f}" {_SPACES}>',
        f'<g id="graph0" class="graph"><polygon fill="{theme.PAPER}" stroke="none" points="{_points(_sheet(scene))}"/>',
    ]
    for k, group in enumerate(scene.groups):
        inside = "".join(map(_element, group.marks))
        if group.hint:
            link = f' xlink:href="#{_escaped(group.definition)}"' if group.definition in links else ""
            inside = f'<a{link} xlink:title="{_escaped(group.hint)}">{inside}</a>'
        parts.append(f'<g id="group{k}" class="node k-{group.kind}">{inside}</g>')
    return "\n".join(parts) + "\n</g>\n</svg>\n"


def _element(mark: Mark) -> str:
    if isinstance(mark, Polygon):
        fill, stroke = _colours(mark, night=False)
        return (
            f'<polygon class="f-{mark.kind}-{mark.tone}" fill="{fill}" stroke="{stroke}" stroke-width="1" '
            f'stroke-linejoin="round" points="{_points(mark.points)}"/>'
        )
    if isinstance(mark, Line):
        dash = ' stroke-dasharray="3,2"' if mark.dashed else ""
        thick = 0.7 if mark.thin else 1.2
        line = (
            f'<polyline class="f-line" fill="none" stroke="{theme.LINE}" stroke-width="{thick}"{dash} '
            f'points="{_points(mark.points)}"/>'
        )
        head = f'<polygon class="f-arrow" fill="{theme.LINE}" stroke="{theme.LINE}" points="{_points(_arrow(mark))}"/>'
        return line + head if mark.arrow else line
    family = theme.MONO if mark.mono else theme.SANS
    bold = ' font-weight="bold"' if mark.bold else ""
    anchor = "start" if mark.left else "middle"
    colour = theme.PAPER if mark.light else theme.GREY if mark.grey else theme.INK
    return (
        f'<text xml:space="preserve" text-anchor="{anchor}" x="{mark.at[0]:.2f}" y="{mark.at[1]:.2f}" '
        f'font-family="{family}"{bold} font-size="{mark.size:.2f}" fill="{colour}">{_escaped(mark.text)}</text>'
    )


def night() -> Iterator[str]:
    """The rules of a style sheet for dark pages."""
    for kind in theme.PAINTS:
        for tone in _SHADE:
            fill, stroke = _colours(Polygon((), kind, tone), night=True)
            yield f"polygon.f-{kind}-{tone}{{fill:{fill};stroke:{stroke}}}"
    yield f"polygon.f-badge-plain{{fill:{theme.BLOCK};stroke:{theme.BLOCK}}}"
    yield f".f-line{{stroke:{theme.NIGHT_LINE}}}.f-arrow{{fill:{theme.NIGHT_LINE};stroke:{theme.NIGHT_LINE}}}"


# --- DOT ------------------------------------------------------------------------------------------------------------


def background(scene: Scene, *, dark: bool = False) -> list[str]:
    """The same as xdot operations, for a graph's `_background`. DOT has no way to write a backslash before a quote, so that
    backslashes are drawn by their twin."""
    ink = (theme.NIGHT_INK, theme.NIGHT_GREY) if dark else (theme.INK, theme.GREY)
    line = theme.NIGHT_LINE if dark else theme.LINE
    parts = []
    for mark in (mark for group in scene.groups for mark in group.marks):
        if isinstance(mark, Polygon):
            fill, stroke = _colours(mark, night=dark)
            parts.append(
                f"{_style('solid')} {_style('setlinewidth(1)')} {_pen(stroke)} {_fill(fill)} P {_row(scene, mark.points)}"
            )
        elif isinstance(mark, Line):
            thick = 0.7 if mark.thin else 1.2
            style = _style("dashed" if mark.dashed else "solid")
            parts.append(f"{style} {_style(f'setlinewidth({thick})')} {_pen(line)} L {_row(scene, mark.points)}")
            if mark.arrow:
                parts.append(f"{_style('solid')} {_fill(line)} P {_row(scene, _arrow(mark))}")
        else:
            colour = theme.PAPER if mark.light else ink[mark.grey]
            family = theme.MONO if mark.mono else theme.SANS
            wide = mark.span[1] - mark.span[0]
            text = _counted(mark.text.replace(_BACKSLASH, _TWIN))
            x, y = mark.at
            parts.append(
                f"F {mark.size:.2f} {_counted(family)} {_pen(colour)} t {int(mark.bold)} "
                f"T {x:.2f} {scene.height - y:.2f} {-1 if mark.left else 0} {wide:.2f} {text}"
            )
    return parts


def _style(text: str) -> str:
    return f"S {_counted(text)}"


def _pen(colour: str) -> str:
    return f"c {_counted(colour)}"


def _fill(colour: str) -> str:
    return f"C {_counted(colour)}"


def _counted(text: str) -> str:
    return f"{len(text.encode())} -{text}"


def _row(scene: Scene, points: tuple[Point, ...]) -> str:
    return f"{len(points)} " + " ".join(f"{x:.2f} {scene.height - y:.2f}" for x, y in points)


# --- both -----------------------------------------------------------------------------------------------------------


def _sheet(scene: Scene) -> tuple[Point, ...]:
    return (0, 0), (scene.width, 0), (scene.width, scene.height), (0, scene.height)


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _arrow(line: Line) -> tuple[Point, ...]:
    """The head at the end of a line."""
    (x0, y0), (x1, y1) = line.points[-2:]
    length = max(1e-6, ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    return (x1, y1), (x1 - 6 * ux + 2.2 * uy, y1 - 6 * uy - 2.2 * ux), (x1 - 6 * ux - 2.2 * uy, y1 - 6 * uy + 2.2 * ux)


def _colours(mark: Polygon, *, night: bool) -> tuple[str, str]:
    if mark.kind == "badge":
        return theme.BLOCK, theme.BLOCK
    paint = theme.PAINTS.get(mark.kind, theme.PAINTS["other"])
    fill, border = (paint.night_fill, paint.night_border) if night else (paint.fill, paint.border)
    shade = theme.GREY if mark.kind == "io" else border
    return _mixed(fill, shade, _SHADE[mark.tone]), border


def _mixed(one: str, other: str, share: float) -> str:
    channels = [(int(one[k : k + 2], 16), int(other[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)


def _escaped(text: str) -> str:
    return html.escape(text, quote=True).replace("\n", "&#10;")
