"""The last touch on graphviz' SVG: who made it, a title for those who cannot see, colours for dark pages, the fonts."""

from __future__ import annotations

import html
import re

from specc.draw import scene, theme
from specc.draw.dot import MARK
from specc.draw.picture import Picture

_HEAD = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_STATE = theme.PAINTS["state"].night_border
_FAMILY = {theme.SANS: theme.SANS_STACK, theme.MONO: theme.MONO_STACK}


def finish(svg: str, picture: Picture, scheme: str) -> str:
    """A standalone SVG. `scheme` is light, dark or auto (as the reader's page)."""
    from specc.draw.font import faces

    start = _HEAD.search(svg)
    assert start is not None, "graphviz writes an svg element"
    body = _COMMENT.sub("", svg[start.end() :])
    for family, stack in _FAMILY.items():
        body = body.replace(f'font-family="{family}"', f'font-family="{stack}"')
    texts = re.findall(r'font-family="([^"]*)"(?: font-weight="(bold)")?[^>]*>([^<]*)<', body)
    style = f"<style>{faces(texts)}{sheet(scheme)}</style>"
    label = html.escape(f"{picture.title}: {picture.subtitle}" if picture.subtitle else picture.title, quote=True)
    head = start[0][:-1] + f' role="img" aria-label="{label}">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {MARK} -->\n{head}\n{style}\n{body.strip()}\n'


def sheet(scheme: str) -> str:
    """The style sheet for a colour scheme; what graphviz wrote is the light one."""
    if scheme == "light":
        return ""
    night = _night()
    return night if scheme == "dark" else f"@media (prefers-color-scheme: dark){{{night}}}"


def darkened(dot: str) -> str:
    """The DOT of a picture with the colours of dark pages, for formats without style sheets."""
    night = {theme.INK: theme.NIGHT_INK, theme.GREY: theme.NIGHT_GREY, theme.LINE: theme.NIGHT_LINE}
    night |= {theme.ACCENT: theme.NIGHT_ACCENT, theme.PANEL: theme.NIGHT_PANEL, theme.NEST: theme.NIGHT_NEST}
    for paint in theme.PAINTS.values():
        if paint.fill != theme.PAPER:
            night[paint.fill] = paint.night_fill
        night.setdefault(paint.border, paint.night_border)
    pattern = re.compile(r'(\b(?:fill|bg|font|)color=")(#\w{6})(?=")')

    def turn(match: re.Match[str]) -> str:
        name, colour = match[1], match[2]
        if colour == theme.PAPER:
            return match[0] if name == 'color="' else name + theme.NIGHT_PAPER
        badge = colour == theme.BLOCK and name == 'bgcolor="'
        return match[0] if badge else name + night.get(colour, colour)

    return pattern.sub(turn, dot)


def _night() -> str:
    rules = [
        f"svg{{background:{theme.NIGHT_PAPER}}}",
        f'polygon[fill="{theme.PAPER}"]{{fill:{theme.NIGHT_PAPER}}}',
        f"text{{fill:{theme.NIGHT_INK}}}",
        f'text[fill="{theme.GREY}"]{{fill:{theme.NIGHT_GREY}}}',
        f'text[fill="{theme.ACCENT}"]{{fill:{theme.NIGHT_ACCENT}}}',
        f".edge path{{stroke:{theme.NIGHT_LINE}}}.edge polygon{{stroke:{theme.NIGHT_LINE};fill:{theme.NIGHT_LINE}}}",
        f".k-skip path{{stroke:{theme.NIGHT_ACCENT}}}.k-skip polygon{{stroke:{theme.NIGHT_ACCENT};fill:{theme.NIGHT_ACCENT}}}",
        f".k-back path{{stroke:{_STATE}}}.k-back polygon{{stroke:{_STATE};fill:{_STATE}}}",
        f".k-dot ellipse{{fill:{theme.NIGHT_ACCENT};stroke:{theme.NIGHT_ACCENT}}}",
        f".k-merge ellipse,.k-merge path{{fill:{theme.NIGHT_PAPER};stroke:{theme.NIGHT_ACCENT}}}",
        f".k-panel path:first-of-type{{fill:{theme.NIGHT_PANEL};stroke:{theme.NIGHT_BLOCK}}}",
        f".k-nest path:first-of-type{{fill:{theme.NIGHT_PAPER};stroke:{theme.NIGHT_NEST}}}",
        f'text[fill="{theme.PAPER}"]{{fill:{theme.PAPER}}}',
    ]
    for kind, paint in theme.PAINTS.items():
        if kind != "merge":
            shapes = f".k-{kind} path:first-of-type,.k-shape.k-{kind} polygon,.k-shape.k-{kind} ellipse"
            rules.append(f"{shapes}{{fill:{paint.night_fill};stroke:{paint.night_border}}}")
    return "".join((*rules, *scene.night()))
