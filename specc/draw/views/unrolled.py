"""Recurrent networks unrolled: the cell folded, with its state as a wire that returns, and beside it one copy for each step,
the state handed on from left to right (or back)."""

from __future__ import annotations

from itertools import pairwise

from specc.draw.picture import Box, Panel, Point, Wire
from specc.draw.views.place import card, line, side, straight, wire, words_at
from specc.draw.views.recurrent import Row, Strip

FEW_STEPS = 4
"""Sequences up to this length are drawn whole; of others the first three steps and the last."""
MOST_ROWS = 10
_UP, _GAP, _ASIDE = 66.0, 40.0, 16.0


def too_much(found: list[Strip]) -> str:
    """Why strips would show nothing; "" where they do."""
    rows = max(len(strip.rows) for strip in found)
    return f"{rows} layers on each other are more than the {MOST_ROWS} that strips show" if rows > MOST_ROWS else ""


def steps(strip: Strip, shown: int) -> list[str]:
    """What the columns are called, `shown` from the start; "" for the dots."""
    if isinstance(strip.length, int) and strip.length <= FEW_STEPS:
        return [str(k + 1) for k in range(strip.length)]
    return [*map(str, range(1, shown + 1)), "", str(strip.length)]


def panel(found: list[Strip]) -> Panel:
    """All strips in one row; one strip alone has its folded form on the left."""
    boxes: list[Box] = []
    wires: list[Wire] = []
    x = 0.0
    ends: list[list[Box]] = []  # of each strip, its last cells, the lowest first
    if len(found) == 1:
        folded = _Drawn(found[0], "f", ["t"], x, boxes, wires)
        folded.loops()
        x = folded.right + _GAP
        boxes.append(words_at("equals", (x, -_UP * (len(found[0].rows) + 1) / 2), "="))
        x += _GAP
    for k, strip in enumerate(found):
        drawn = _Drawn(strip, f"s{k}", steps(strip, 3 if len(found) == 1 else 2), x, boxes, wires)
        drawn.states(ends[strip.after] if strip.after is not None else [])
        ends.append(drawn.cells[-1])
        x = drawn.right + _GAP
    return Panel("unrolled", "overview", tuple(boxes), (), tuple(wires))


class _Drawn:
    """One strip with these columns, from `left` on."""

    def __init__(self, strip: Strip, key: str, columns: list[str], left: float, boxes: list[Box], wires: list[Wire]) -> None:
        self.strip, self.key, self.boxes, self.wires = strip, key, boxes, wires
        self.folded = columns == ["t"]
        rows = (*strip.rows, *strip.then)
        sizes = [card("", row.kind, row.title, row.subtitle).extent[0] for row in rows]
        self.wide = max([60.0, *sizes])
        self.aside = self.wide / 2 + _ASIDE if any(row.backward and row.subtitle for row in strip.rows) else 0.0
        begin = card("", "state", strip.begins or "0").extent[0]
        begins = 0.0 if self.folded or strip.after is not None else _GAP + begin
        first = left + begins + self.wide / 2 + (_GAP + 8 if self.folded and self.aside else 0.0)
        self.step = self.wide + self.aside + _GAP
        self.cells: list[list[Box]] = []
        self.tops: list[Box] = []  # what stands highest in each column
        for n, name in enumerate(columns):
            self.column(first + n * self.step, n, name, last=n == len(columns) - 1)
        self.right = first + (len(columns) - 1) * self.step + self.wide / 2 + self.aside + (_GAP if self.folded else 0)

    def column(self, x: float, n: int, name: str, *, last: bool) -> None:
        strip = self.strip
        if not name:
            self.cells.append([])
            for k, row in enumerate(strip.rows):
                if row.states:
                    dots = words_at(
                        f"{self.key}.{n}.{k}", (x + (self.aside if row.backward and self.aside else 0.0), -(k + 1) * _UP), "…"
                    )
                    self.boxes.append(dots)
                    self.cells[-1].append(dots)
            self.boxes.append(words_at(f"{self.key}.{n}.x", (x, 0.0), "…"))
            return
        below = card(
            f"{self.key}.{n}.x", "io", strip.heard, f"t = {name}" if not self.folded else "t", at=(x, 0.0), shape="io", least=44
        )
        below = below.replace(dashed=strip.heard == "0")
        self.boxes.append(below)
        cells: list[Box] = []
        under = [below]
        fed = below
        for k, row in enumerate(strip.rows):
            cell = self.card(
                row, f"{self.key}.{n}.{k}", x + (self.aside if row.backward and self.aside else 0.0), -(k + 1) * _UP
            )
            if row.backward and self.aside:
                self.around(fed, cells[-1], cell)
                under = [cells[-1], cell]
            else:
                self.rise(under, cell)
                fed, under = under[0], [cell]
            if row.states:
                cells.append(cell)
        self.cells.append(cells)
        self.tops += under
        if last or not strip.last:
            self.above(x, name, under)

    def above(self, x: float, name: str, under: list[Box]) -> None:
        """What is made of a step, or in the end of all of them."""
        strip = self.strip
        top = -(len(strip.rows) + 1) * _UP
        if not strip.output:
            return
        if strip.gathers:
            x, top, under = (self.tops[0].at or (0, 0))[0] / 2 + x / 2, top - 0.4 * _UP, self.tops
        for k, row in enumerate(strip.then):
            made = self.card(row, f"{self.key}.then{k}", x, top - k * _UP)
            self.rise(under, made, slant=k == 0 and strip.gathers)
            under = [made]
        when = "" if strip.last else "t" if self.folded else f"t = {name}"
        y = top - len(strip.then) * _UP
        said = card(f"{self.key}.{name}.y", "io", strip.output, when, at=(x, y), shape="io", least=44)
        self.boxes.append(said)
        self.rise(under, said)

    def card(self, row: Row, key: str, x: float, y: float) -> Box:
        made = card(
            key, row.kind, row.title, row.subtitle, at=(x, y), hint=row.hint, definition=row.definition, least=self.wide
        )
        self.boxes.append(made)
        return made

    def rise(self, below: list[Box], above: Box, *, slant: bool = False) -> None:
        """Wires upwards; of two cells side by side the right one's comes in aslant."""
        for k, box in enumerate(below):
            start, (x, y) = side(box, "t"), side(above, "b")
            aside = above.extent[0] * ((k + 0.5) / len(below) - 0.5) if slant else above.extent[0] / 4 * min(k, 1)
            self.wires.append(wire(box, above, straight(start, (x + aside, y))))

    def around(self, below: Box, passed: Box, above: Box) -> None:
        """A wire upwards past the cell between."""
        x, y = side(below, "t")
        to = side(above, "b")
        bend = (to[0], side(passed, "b")[1] + 3)
        start = (x + below.extent[0] / 4, y)
        first = straight(start, bend)
        self.wires.append(wire(below, above, (*first, *straight(bend, to)[1:])))

    # --- states -------------------------------------------------------------------------------------------------

    def loops(self) -> None:
        for cell, row in zip(self.cells[0], [row for row in self.strip.rows if row.states], strict=True):
            left = bool(self.aside) and not row.backward
            (x, y), out = side(cell, "l" if left else "r"), -34 if left else 34
            route: tuple[Point, ...] = ((x, y + 8), (x + out, y + 16), (x + out, y - 16), (x, y - 8))
            self.wires.append(wire(cell, cell, route, dashed=True, backward=True))
            self.boxes.append(words_at(f"{cell.id}.state", (x + 0.74 * out, y - 22), row.states, kind="tag"))

    def states(self, before: list[Box]) -> None:
        """The wires from step to step, what comes in at the start and what goes out at the end."""
        rows = [row for row in self.strip.rows if row.states]
        for k, row in enumerate(rows):
            chain = [cells[k] for cells in self.cells]
            if row.backward:
                chain.reverse()
            self.wires += [line(a, b, backward=True) for a, b in pairwise(chain)]
            self.start(chain, row, before, k)
        if self.strip.kept and not self.strip.after:
            cell = self.cells[-1][-1]
            x, y = side(cell, "r")
            kept = card(f"{self.key}.kept", "io", self.strip.kept, shape="io")
            kept = kept.replace(at=(x + _GAP + kept.extent[0] / 2, y))
            self.boxes.append(kept)
            self.wires.append(line(cell, kept, backward=True))
            self.right += _GAP + kept.extent[0]

    def start(self, chain: list[Box], row: Row, before: list[Box], k: int) -> None:
        """What the first cell of a row begins with."""
        x, y = side(chain[0], "r" if row.backward else "l")
        towards = 1 if row.backward else -1
        named = words_at(f"{self.key}.state{k}", (x + towards * _GAP / 2, y - 12), row.states, kind="tag")
        if before and not row.backward:
            self.wires.append(line(before[min(k, len(before) - 1)], chain[0], backward=True))
            self.boxes.append(named)
            return
        begins = card(f"{self.key}.begins{k}", "state", self.strip.begins or "0", shape="state", dashed=True)
        begins = begins.replace(at=(x + towards * (_GAP + begins.extent[0] / 2), y))
        self.boxes += [begins, named]
        self.wires.append(line(begins, chain[0], backward=True))
        if row.backward:
            self.right = max(self.right, x + _GAP + begins.extent[0])
