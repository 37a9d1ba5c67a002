"""A picture to walk through: one HTML file that needs no network. Every view is drawn beforehand; the script in it only
changes between them, zooms, and shows what is known of a box."""

from __future__ import annotations

import html
import os
import re

from specc.draw import theme
from specc.draw.dot import MARK
from specc.draw.picture import COLUMNS, Box, Cluster, Panel, Picture

_PLAIN = "".join(map(chr, range(33, 127))) + "−+×·→…"
"""What the page itself and its hints may show, beside what the pictures do."""
_FOLDER = os.path.dirname(os.path.abspath(__file__))
_ID = re.compile(r'\bid="([^"]*)"')
_CELL = re.compile(r"<td\b[^>]*>(.*?)</td>")
_TEXT = re.compile(r'font-family="([^"]*)"(?: font-weight="(bold)")?[^>]*>([^<]*)<')


def page(views: list[tuple[str, str, Picture]], title: str, scheme: str) -> str:
    """The page of some views: each with an id that links lead to, a name, and its picture. Without graphviz the boxes stand
    in plain lists."""
    from specc.draw.font import faces
    from specc.draw.svg import sheet

    definitions = tuple(key for key, _, _ in views)
    tabs, sections = [], []
    for k, (key, name, picture) in enumerate(views):
        body = _body(picture.replace(links=definitions), f"v{k}")
        chosen = "true" if k == 0 else "false"
        tabs.append(
            f'<button role="tab" id="tab{k}" aria-controls="view{k}" aria-selected="{chosen}" data-key="{html.escape(key)}">'
            f"{html.escape(name)}</button>"
        )
        hidden = "" if k == 0 else " hidden"
        sections.append(f'<section role="tabpanel" id="view{k}" aria-labelledby="tab{k}" tabindex="0"{hidden}>{body}</section>')
    everything = "".join(sections)
    cells = _PLAIN + "".join(_CELL.findall(everything))
    style = _read("page.css").replace("/*NIGHT*/", sheet(scheme)) + faces(
        [*_TEXT.findall(everything), (theme.SANS, "", cells), (theme.SANS, "bold", cells), (theme.MONO, "", cells)]
    )
    colour = {"light": "light", "dark": "dark", "auto": "light dark"}[scheme]
    return (
        f'<!DOCTYPE html>\n<!-- {MARK} -->\n<html lang="en" data-theme="{scheme}"><head><meta charset="utf-8">'
        f'<meta name="color-scheme" content="{colour}"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{style}</style></head>\n<body><header><h1>{html.escape(title)}</h1>"
        f'<div role="tablist" aria-label="Views">{"".join(tabs)}</div>'
        '<div class="zoom"><button id="out" aria-label="zoom out">−</button><button id="fit">fit</button>'
        '<button id="in" aria-label="zoom in">+</button></div></header>\n'
        f'<main>{everything}</main><div id="hint" role="status" aria-live="polite" hidden></div>\n'
        f"<script>{_read('page.js')}</script></body></html>\n"
    )


def _body(picture: Picture, prefix: str) -> str:
    if len(picture.panels) == 1 and picture.panels[0].rows:
        return _table(picture.panels[0])
    from specc.draw.engine import NoEngine
    from specc.draw.render import svg

    try:
        drawn = svg(picture, "light")
    except NoEngine as error:
        note = f"<p>{html.escape(str(error).partition(',')[0])}: the boxes stand in lists.</p>"
        return note + "".join(map(_list, picture.panels))
    drawn = re.sub(r"<style>.*?</style>", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    drawn = drawn.replace('role="img"', 'role="group"', 1)  # what is in it can be reached, one by one
    drawn = _ID.sub(lambda found: f'id="{prefix}-{found[1]}"', drawn)
    return f'<div class="stage">{drawn}</div>'


def _table(panel: Panel) -> str:
    """Rows of four cells, with what comes into each above it: an arrow from the row before, the names of others."""
    head = "".join(f"<th scope=col>{word}</th>" for word in COLUMNS)
    lines = []
    names = {row.id: row.name or row.title for row in panel.rows}
    last = ""
    for row in panel.rows:
        sources = [wire.source for wire in panel.wires if wire.target == row.id]
        others = ", ".join(names[source] for source in sources if source != last)
        arrows = ["↓"] * (last in sources) + [f"<small>← {html.escape(others)}</small>"] * bool(others)
        if last:
            lines.append(f'<tr class="arrow"><td colspan="{len(COLUMNS)}">{" ".join(arrows)}</td></tr>')
        last = row.id
        colour = theme.PAINTS.get(row.kind, theme.PAINTS["other"]).border
        lines.append(
            f'<tr><td style="padding-left:{row.depth * 1.2 + 0.6}em;border-left:4px solid {colour}">'
            f"{html.escape(f'{row.name} {row.badge}'.strip())}</td>"
            f"<td><b>{html.escape(row.title)}</b> <small>{html.escape(row.subtitle)}</small></td>"
            f"<td><code>{html.escape(row.input)}</code></td><td><code>{html.escape(row.output)}</code></td></tr>"
        )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _list(panel: Panel) -> str:
    """The boxes of a panel in the order of the flow, frames as lists in lists; what comes from elsewhere is said."""
    names = {box.id: box.title for box in panel.boxes} | {cluster.id: cluster.title for cluster in panel.clusters}
    incoming: dict[str, list[str]] = {}
    for wire in panel.wires:
        if not wire.straight and names.get(wire.source):
            incoming.setdefault(wire.target, []).append(names[wire.source])

    def items(frame: str) -> str:
        found = []
        inside: list[Box | Cluster] = [
            box for box in panel.boxes if box.cluster == frame and box.shape not in ("dot", "label", "neuron")
        ]
        inside += [cluster for cluster in panel.clusters if cluster.parent == frame]
        for item in inside:
            sources = ", ".join(incoming.get(item.id, ()))
            text = f"{html.escape(item.badge)} <b>{html.escape(item.title)}</b> <small>{html.escape(item.subtitle)}</small>"
            text += f" <small>← {html.escape(sources)}</small>" if sources else ""
            found.append(f"<li>{text}{items(item.id) if isinstance(item, Cluster) else ''}</li>")
        return f"<ol>{''.join(found)}</ol>"

    return f"<h2>{html.escape(panel.name)}</h2>{items('')}"


def _read(name: str) -> str:
    with open(os.path.join(_FOLDER, name), encoding="utf-8") as file:
        return file.read()
