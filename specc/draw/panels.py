"""From the steps of a panel to boxes and wires: straight lines, shapes on the wires, skips with the dot where they leave."""

from __future__ import annotations

from specc.draw import words
from specc.draw.flow import Edge, Flow, Frame, Source, Step
from specc.draw.picture import Box, Cluster, Panel, Wire
from specc.graph.topology import Topology

MANY = 4
"""Wires from one place beside the main one, from which on they are named instead of drawn."""

SKIPPED_TO = ("+", "‖")
"""What a skip ends in: a sum or a concatenation. A product is a gate."""

_SEPARATOR = "  ·  "


def panel(flow: Flow, name: str, role: str, *, shapes: bool) -> Panel:
    """The panel of a flow; without shapes on the wires where they are not wanted."""
    return _Panel(flow, shapes).panel(name, role)


class _Panel:
    def __init__(self, flow: Flow, shapes: bool) -> None:
        self.flow = flow
        self.shapes = shapes
        _name_broadcasts(flow)
        _tell_apart(flow)
        self.forward = [edge for edge in flow.edges if not edge.backward]
        names = list(flow.items)
        self.topology = Topology(names, [(edge.source, edge.target) for edge in self.forward])
        end = next((name for name in names if name.startswith("out.")), names[-1] if names else "")
        leading: dict[str, list[str]] = {}
        for edge in self.forward:
            if edge.main and not self.merges(edge.target):
                leading.setdefault(edge.target, []).append(edge.source)
        main = {target: sources[0] for target, sources in leading.items() if len(sources) == 1}
        self.tracks = self.topology.tracks(end, main)
        merges = [name for name in names if self.merges(name) and flow.items[name].title in SKIPPED_TO]
        heads = {name for name in names if isinstance(flow.items[name], Frame)}
        self.skips = set(self.topology.skips(merges, self.tracks, heads))
        self.dots: dict[str, Box] = {}
        self.wires: list[Wire] = []

    def merges(self, name: str) -> bool:
        item = self.flow.items[name]
        return isinstance(item, Step) and item.shape == "merge"

    def panel(self, name: str, role: str) -> Panel:
        tags = self.tags()
        for edge in self.forward:
            self.wire(edge, tags.get((edge.source, edge.target), ""))
        for edge in self.flow.edges:
            if edge.backward:
                self.wires.append(Wire(edge.source, edge.target, dashed=edge.dashed, backward=True, full=edge.full))
        boxes: list[Box] = []
        clusters: list[Cluster] = []
        for key, item in self.flow.items.items():
            track = str(self.tracks[key])
            if isinstance(item, Frame):
                clusters.append(
                    Cluster(
                        item.id, item.role, item.title, joined(item.notes), " ".join(item.badges), item.parent,
                        track, item.dashed, item.definition, item.hints(),
                    )
                )  # fmt: skip
            else:
                boxes.append(
                    Box(
                        item.id, item.shape, item.kind, item.title, subtitle(item), " ".join(item.badges), item.cluster,
                        track, item.dashed, item.definition, item.size, item.hints(),
                    )
                )  # fmt: skip
            if key in self.dots:
                boxes.append(self.dots[key])
        return Panel(name, role, tuple(boxes), tuple(clusters), tuple(self.wires))

    def straight(self, edge: Edge) -> bool:
        """Are the two ends neighbours on one line?"""
        if self.tracks[edge.source] != self.tracks[edge.target] or (edge.source, edge.target) in self.skips:
            return False
        between = self.topology.depth[edge.target] - self.topology.depth[edge.source]
        return between == 1 or not any(
            self.tracks[other] == self.tracks[edge.source] and other != edge.target
            for other in self.topology.after(edge.source)
            if self.topology.depth[other] < self.topology.depth[edge.target]
        )

    def tags(self) -> dict[tuple[str, str], str]:
        """The shape where it changes along a line, at the inputs, and at the outputs."""
        found: dict[tuple[str, str], str] = {}
        if not self.shapes:
            return found
        printed: dict[int, tuple[str, ...]] = {}
        place = {name: k for k, name in enumerate(self.topology.order)}
        told: set[str] = set()
        for edge in sorted(self.forward, key=lambda e: (place[e.source], place[e.target])):
            track = self.tracks[edge.source]
            begins = edge.source.startswith("in.") and edge.source not in told
            ends = edge.target.startswith("out.")
            if not words.told(edge.dims) or not (self.straight(edge) or ends):
                continue
            if begins or ends or printed.get(track) != edge.dims:
                found[edge.source, edge.target] = words.shape(edge.dims)
                printed[track] = edge.dims
                told.add(edge.source)
        return found

    def wire(self, edge: Edge, tag: str) -> None:
        skip = (edge.source, edge.target) in self.skips
        straight = self.straight(edge)
        source = edge.source
        leaves = not self.merges(source) and any(start == source for start, _ in self.skips)
        if leaves:
            dot = self.dots.get(source) or self.dot(source)
            if dot is not None and straight:
                self.wires.append(Wire(source, dot.id, tag, straight=True, dashed=edge.dashed, full=edge.full))
                self.wires.append(Wire(dot.id, edge.target, straight=True, dashed=edge.dashed, full=edge.full))
                return
            source = dot.id if dot is not None else source
        self.wires.append(Wire(source, edge.target, tag, straight, skip, edge.dashed, full=edge.full))

    def dot(self, source: str) -> Box | None:
        """The dot where a skip leaves, on the line that goes on."""
        onward = next((e for e in self.forward if e.source == source and self.straight(e)), None)
        if onward is None:
            return None
        cluster = _around(self.flow, self.flow.cluster_of(source), self.flow.around(onward.target))
        box = Box(f"{source}.dot", "dot", "merge", "", cluster=cluster, track=str(self.tracks[source]))
        self.dots[source] = box
        return box


def _name_broadcasts(flow: Flow) -> None:
    """A tensor that goes to many places beside the main one is told by name there, and its wires are left out."""
    fans: dict[tuple[str, str], list[Edge]] = {}
    for edge in flow.edges:
        target = flow.items[edge.target]
        if edge.name and not edge.main and not edge.backward and isinstance(target, Step) and target.shape == "box":
            fans.setdefault((edge.source, edge.name), []).append(edge)
    for (source, name), edges in fans.items():
        if len(edges) < MANY:
            continue
        for edge in edges:
            target = flow.items[edge.target]
            target.notes.append(f"with {name}")
            flow.edges.remove(edge)
        item = flow.items[source]
        if isinstance(item, Step) and item.shape == "io":
            continue
        step = flow.step(f"{source}.{name}", "state", "io", name, flow.cluster_of(source))
        flow.edges.append(Edge(Source(source, edges[0].dims, edges[0].full, name), step.id, True))


def _tell_apart(flow: Flow) -> None:
    """Layers that look the same and go to the same place are told by the spec's own names: q, k, v."""
    into: dict[str, list[Step]] = {}  # by what they feed
    for edge in flow.edges:
        source = flow.items[edge.source]
        if isinstance(source, Step) and source.label and source.cluster == flow.around(edge.target):
            into.setdefault(edge.target, []).append(source)
    for steps in into.values():
        looks = [(step.title, *step.notes) for step in steps]
        alike = [step for step, look in zip(steps, looks, strict=True) if looks.count(look) > 1]
        for step in alike:
            step.notes.insert(0, step.label)
            step.label = ""


def _around(flow: Flow, one: str, other: str) -> str:
    """The smallest frame that holds both."""
    above = []
    while one:
        above.append(one)
        frame = flow.items[one]
        one = frame.parent if isinstance(frame, Frame) else ""
    while other and other not in above:
        frame = flow.items[other]
        other = frame.parent if isinstance(frame, Frame) else ""
    return other


def joined(notes: list[str]) -> str:
    return _SEPARATOR.join(note for note in notes if note)


def subtitle(step: Step) -> str:
    return " · ".join(note for note in (*step.notes, step.condition) if note)
