"""What graphviz reports of a finished sheet (its JSON output), and what a picture must never do: questions about rectangles and
curves, nothing of specc."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from specc.draw.engine import engine
from specc.draw.picture import Picture
from specc.draw.sheet import sheet

Point = tuple[float, float]
STEPS = 24
"""Points that are looked at along a piece of a curve."""


class Rect(NamedTuple):
    """In points, upwards."""

    left: float
    low: float
    right: float
    high: float

    def overlaps(self, other: Rect, slack: float = 0.5) -> bool:
        """Do the two share more than a line `slack` wide?"""
        across = self.left + slack < other.right and other.left + slack < self.right
        return across and self.low + slack < other.high and other.low + slack < self.high

    def holds(self, point: Point, inset: float = 1.0) -> bool:
        """Is a point inside, at least `inset` from the border?"""
        x, y = point
        return self.left + inset < x < self.right - inset and self.low + inset < y < self.high - inset


class Sheet:
    """A picture as it is laid out."""

    def __init__(self, picture: Picture) -> None:
        run = engine()
        self.found: dict[str, Any] = json.loads(run(sheet(picture, run), "nop2", "json"))
        self.objects: list[dict[str, Any]] = self.found.get("objects", [])
        self.nodes = [item for item in self.objects if "pos" in item]
        self.edges = [edge for edge in self.found.get("edges", []) if edge.get("style") != "invis"]
        self.rects = {int(node["_gvid"]): _rect(node) for node in self.nodes}
        self.names = {int(item["_gvid"]): str(item["name"]) for item in self.objects}
        self.frames = {int(o["_gvid"]): o for o in self.objects if str(o["name"]).startswith("cluster_")}

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        left, low, right, high = map(float, self.found["bb"].split(","))
        return right - left, high - low

    def overlaps(self) -> list[tuple[str, str]]:
        """Boxes that stand on each other, and frames that cut boxes or frames which are not in them."""
        everything = list(self.rects.items())
        found = [(a, b) for k, (a, one) in enumerate(everything) for b, other in everything[k + 1 :] if one.overlaps(other)]
        frames = [(number, _box(frame)) for number, frame in self.frames.items()]
        for k, (number, rect) in enumerate(frames):
            found += [(number, b) for b, other in everything if b not in self.inside(number) and rect.overlaps(other)]
            found += [
                (number, b)
                for b, other in frames[k + 1 :]
                if not self.within(b, number) and not self.within(number, b) and rect.overlaps(other)
            ]
        return [(self.names[a], self.names[b]) for a, b in found]

    def inside(self, frame: int) -> set[int]:
        """The boxes in a frame, at any depth."""
        return set(map(int, self.frames[frame].get("nodes", ())))

    def within(self, frame: int, other: int) -> bool:
        """Does a frame stand in another?"""
        children = set(map(int, self.frames[other].get("subgraphs", ())))
        return frame in children or any(self.within(frame, child) for child in children if child in self.frames)

    def overflows(self) -> list[tuple[str, str]]:
        """Texts that leave their box."""
        share = {"l": 0.0, "c": 0.5, "r": 1.0}
        found = []
        for node in self.nodes:
            rect = self.rects[int(node["_gvid"])]
            for op in node.get("_ldraw_", ()):
                if op["op"] == "T":
                    start = op["pt"][0] - op["width"] * share[op["align"]]
                    fits = rect.left - 1 <= start and start + op["width"] <= rect.right + 1
                    if not (fits and rect.low <= op["pt"][1] <= rect.high):
                        found.append((str(node["name"]), str(op["text"])))
        return found

    def crossings(self) -> list[tuple[str, str, str]]:
        """Wires that run through a box that is neither of their ends, or through a frame that holds neither of them."""
        found = []
        for edge in self.edges:
            tail, head = int(edge["tail"]), int(edge["head"])
            way = list(_points(edge))
            crossed = [
                number for number, rect in self.rects.items() if number not in (tail, head) and any(map(rect.holds, way))
            ]
            for number, frame in self.frames.items():
                if not {tail, head} & self.inside(number) and any(map(_box(frame).holds, way)):
                    crossed.append(number)
            found += [(self.names[tail], self.names[head], self.names[number]) for number in crossed]
        return found

    def bends(self) -> dict[str, int]:
        """For each straight line of a picture: how often its boxes step aside by more than two points."""
        vertical = self.found.get("rankdir", "TB") == "TB"
        lines: dict[str, list[tuple[float, float]]] = {}
        for node in self.nodes:
            if node.get("group"):
                x, y = map(float, node["pos"].split(","))
                lines.setdefault(node["group"], []).append((-y, x) if vertical else (x, y))
        found = {}
        for name, places in lines.items():
            across = [place for _, place in sorted(places)]
            found[name] = sum(abs(a - b) > 2 for a, b in pairwise(across))
        return found


def _rect(node: dict[str, Any]) -> Rect:
    x, y = map(float, node["pos"].split(","))
    w, h = 36 * float(node["width"]), 36 * float(node["height"])
    return Rect(x - w, y - h, x + w, y + h)


def _box(frame: dict[str, Any]) -> Rect:
    return Rect(*map(float, frame["bb"].split(",")))


def _points(edge: dict[str, Any]) -> Iterator[Point]:
    """Along a wire, from its Bezier curves."""
    raw = [part for part in edge["pos"].split() if not part.startswith(("s,", "e,"))]
    control = [(float(x), float(y)) for x, y in (part.split(",") for part in raw)]
    for k in range(0, len(control) - 3, 3):
        yield from curve(control[k : k + 4])


def curve(control: list[Point]) -> Iterator[Point]:
    """Points on a cubic Bezier curve."""
    for t in (n / STEPS for n in range(STEPS + 1)):
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        yield (
            sum(w * p[0] for w, p in zip(weights, control, strict=True)),
            sum(w * p[1] for w, p in zip(weights, control, strict=True)),
        )
