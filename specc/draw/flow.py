"""What stands in one panel, while it is put together: steps and frames, and where each tensor comes from."""

from __future__ import annotations

from specc.draw.picture import Hint, Shape
from specc.record import Record


class Source(Record):
    """Where a tensor comes from: a step or frame's head, the sizes that are printed, and whether others read it too."""

    step: str
    dims: tuple[str, ...]
    full: str
    name: str = ""
    shared: bool = False
    dashed: bool = False


Sources = tuple[Source, ...]
"""A tensor has several where the run decides."""


class Step:
    """A box in the making."""

    __slots__ = (
        "badges",
        "cluster",
        "condition",
        "dashed",
        "definition",
        "hint",
        "id",
        "joins",
        "kind",
        "label",
        "notes",
        "place",
        "shape",
        "size",
        "title",
    )

    def __init__(self, id: str, shape: Shape, kind: str, title: str, cluster: str) -> None:
        self.id = id
        self.shape: Shape = shape
        self.kind = kind
        self.title = title
        self.cluster = cluster
        self.notes: list[str] = []
        self.badges: list[str] = []
        self.dashed = False
        self.condition = ""
        self.definition = ""
        self.label = ""  # the spec's own name for a layer
        self.joins = False  # may norm, activation and dropout become its subtitle?
        self.hint: list[str] = []
        self.place = ""
        self.size = 0.0

    def hints(self) -> Hint:
        return Hint(tuple(self.hint), self.place)


class Frame:
    """A cluster in the making."""

    __slots__ = ("badges", "dashed", "definition", "hint", "id", "notes", "parent", "place", "role", "title")

    def __init__(self, id: str, role: str, title: str, parent: str) -> None:
        self.id = id
        self.role = role
        self.title = title
        self.parent = parent
        self.notes: list[str] = []
        self.badges: list[str] = []
        self.dashed = False
        self.definition = ""
        self.hint: list[str] = []
        self.place = ""

    def hints(self) -> Hint:
        return Hint(tuple(self.hint), self.place)


class Edge:
    """A wire in the making. `main` is the one of a step's wires that its straight line is followed through."""

    __slots__ = ("backward", "dashed", "dims", "full", "main", "name", "source", "target")

    def __init__(self, source: Source, target: str, main: bool, *, backward: bool = False) -> None:
        self.source = source.step
        self.target = target
        self.dims = source.dims
        self.full = source.full
        self.name = source.name
        self.dashed = source.dashed
        self.main = main
        self.backward = backward


class Flow:
    """Steps and frames by id, in the order of the source, and the edges between them."""

    def __init__(self) -> None:
        self.items: dict[str, Step | Frame] = {}
        self.edges: list[Edge] = []
        self._names: dict[str, int] = {}
        self._wired: set[tuple[str, str]] = set()

    def name(self, stem: str) -> str:
        """A fresh id; the same flow gives the same ids on every run."""
        count = self._names.get(stem, 0)
        self._names[stem] = count + 1
        return stem if not count else f"{stem}~{count + 1}"

    def step(self, stem: str, shape: Shape, kind: str, title: str, cluster: str) -> Step:
        step = Step(self.name(stem), shape, kind, title, cluster)
        self.items[step.id] = step
        return step

    def frame(self, stem: str, role: str, title: str, parent: str) -> Frame:
        frame = Frame(self.name(stem), role, title, parent)
        self.items[frame.id] = frame
        return frame

    def wire(self, sources: Sources, target: str, main: bool = True) -> None:
        """Wires into a step; of two between the same ends the first stays."""
        for source in sources:
            if source.step != target and (source.step, target) not in self._wired:
                self._wired.add((source.step, target))
                edge = Edge(source, target, main)
                item = self.items.get(target)
                edge.dashed = edge.dashed or (item is not None and item.dashed)
                self.edges.append(edge)

    def cluster_of(self, name: str) -> str:
        """The frame that a step, or a frame's head, stands in."""
        item = self.items[name]
        return item.cluster if isinstance(item, Step) else item.id

    def around(self, name: str) -> str:
        """The frame around a step or around a frame."""
        item = self.items[name]
        return item.cluster if isinstance(item, Step) else item.parent
