"""A picture as plain data: panels of boxes and wires. What draws it (dot, mermaid, html) reads this and nothing else."""

from __future__ import annotations

from typing import Literal

from specc.draw.scene import Scene
from specc.record import Record

Shape = Literal["box", "io", "merge", "create", "state", "dot", "neuron", "label", "narrows", "widens"]
Point = tuple[float, float]


class Hint(Record):
    """What is told on hover: the name in the module tree, types, parameters, the place in the spec."""

    lines: tuple[str, ...] = ()
    place: str = ""


class Box(Record):
    """One thing drawn. `title` is bold, `subtitle` smaller below it; `badge` says how often it stands there (`× 12`).
    `cluster` is the frame around it ("" for none); `track` names the straight line it stands on; `definition` is the block
    that it is a use of. `size` widens the box (in inches, 0 for as wide as its text). A box that a view has placed has its
    middle `at` a point, and an `extent`: width and height, in points, y growing downwards."""

    id: str
    shape: Shape
    kind: str
    title: str
    subtitle: str = ""
    badge: str = ""
    cluster: str = ""
    track: str = ""
    dashed: bool = False
    definition: str = ""
    size: float = 0.0
    hint: Hint = Hint()
    at: Point | None = None
    extent: Point = (0.0, 0.0)


class Cluster(Record):
    """A frame: a block drawn open, a repeated stretch, an entry. `parent` is the frame around it ("" for none). Its head is
    a node of its own, with the frame's id, that the wire enters."""

    id: str
    role: str  # panel, block or repeat
    title: str
    subtitle: str = ""
    badge: str = ""
    parent: str = ""
    track: str = ""
    dashed: bool = False
    definition: str = ""
    hint: Hint = Hint()


class Wire(Record):
    """From a box or head to another. `tag` is the shape printed on it ("" for none); `straight` where both ends are
    neighbours on one track; `skip` for what goes around and is merged again; `backward` for state that returns."""

    source: str
    target: str
    tag: str = ""
    straight: bool = False
    skip: bool = False
    dashed: bool = False
    backward: bool = False
    full: str = ""
    """The whole type, for the hover."""
    route: tuple[Point, ...] = ()
    """How it runs, where a view has led it: the control points of Bezier curves, 3 n + 1 of them."""
    thin: bool = False
    dotted: bool = False


COLUMNS = ("layer", "class", "input", "output")


class Row(Record):
    """A layer of a table: its name in the module tree, what it is (`title` bold, `subtitle` behind it), the types before and
    after; `badge` where equal ones follow each other, `depth` for the blocks around it. Its middle is `at` a point; `widths`
    are those of the four cells, `height` its own, in points, y growing downwards."""

    id: str
    depth: int
    kind: str
    name: str
    title: str
    subtitle: str
    input: str
    output: str
    badge: str = ""
    hint: Hint = Hint()
    at: Point = (0.0, 0.0)
    widths: tuple[float, ...] = ()
    height: float = 0.0


class Panel(Record):
    """One drawing of its own: the model, an entry, a definition; or, with `rows`, a table, whose boxes are the words above it;
    or, with `scene`, what is painted instead of the boxes where shapes can be. Boxes are in flow order."""

    name: str
    role: str
    boxes: tuple[Box, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    wires: tuple[Wire, ...] = ()
    rows: tuple[Row, ...] = ()
    scene: Scene | None = None
    uses: tuple[str, ...] = ()
    """Definitions that it mentions and does not show."""
    shows: tuple[str, ...] = ()
    """Definitions that it shows the inside of."""


class Picture(Record):
    """Everything on one sheet: the overview first, then what stands beside it. `title` and `subtitle` describe the picture to
    those who cannot see it."""

    title: str
    subtitle: str
    panels: tuple[Panel, ...]
    direction: Literal["tb", "lr"] = "tb"
    note: str = ""
    """What the user should know of the choice of view."""
    view: str = "overview"
    links: tuple[str, ...] = ()
    """The definitions that a click leads to, as `#Name`."""
