"""What is laid out by specc itself and drawn by graphviz: boxes with places, wires with routes. Points; y grows downwards in
pictures and upwards in DOT."""

from __future__ import annotations

from specc.draw.picture import Box, Panel, Point, Wire

HEAD = 7.0
"""Length of an arrow's head."""


def is_placed(panel: Panel) -> bool:
    return any(box.at is not None for box in panel.boxes)


def place(box: Box) -> dict[str, str]:
    """The attributes of a box that say where it is and how large; none for one that graphviz places."""
    if box.at is None:
        return {}
    size = {"width": f"{box.extent[0] / 72:.4f}", "height": f"{box.extent[1] / 72:.4f}", "fixedsize": "true"}
    return {"pos": _point(box.at), **size, "margin": "0"}


def route(wire: Wire, *, arrow: bool) -> dict[str, str]:
    """The attribute that says how a wire runs, none for one that graphviz leads."""
    if not wire.route:
        return {}
    points = list(wire.route)
    start = ""
    if arrow:
        (x, y), (bx, by) = points[-1], points[-2]
        length = max(1e-6, ((x - bx) ** 2 + (y - by) ** 2) ** 0.5)
        start = f"e,{_point((x, y))} "
        points[-1] = (x - HEAD * (x - bx) / length, y - HEAD * (y - by) / length)
    return {"pos": start + " ".join(map(_point, points))}


def bounds(panel: Panel) -> tuple[float, float, float, float]:
    """Left, low, right and high of a placed panel, as DOT counts."""
    xs = [x for wire in panel.wires for x, _ in wire.route]
    ys = [y for wire in panel.wires for _, y in wire.route]
    for box in panel.boxes:
        if box.at is not None:
            (x, y), (w, h) = box.at, box.extent
            xs += [x - w / 2, x + w / 2]
            ys += [y - h / 2, y + h / 2]
    for row in panel.rows:
        (x, y), w = row.at, sum(row.widths)
        xs += [x - w / 2, x + w / 2]
        ys += [y - row.height / 2, y + row.height / 2]
    return min(xs), -max(ys), max(xs), -min(ys)


def _point(point: Point) -> str:
    return f"{point[0]:.2f},{0.0 - point[1]:.2f}"
