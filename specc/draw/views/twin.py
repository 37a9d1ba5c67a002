"""Graph networks with twin wires: what the nodes hold goes from layer to layer, and the edges run alongside, thin, to every
layer that asks along them.

Edges are found from their types: an input of whole numbers [2, E], and with it every input of E rows."""

from __future__ import annotations

from itertools import pairwise

from specc.draw import words
from specc.draw.measure import width
from specc.draw.picture import Box, Hint, Panel, Point, Wire
from specc.draw.views.body import Body, Part, Value
from specc.draw.views.place import card, side, straight, wire, words_at
from specc.graph import model
from specc.record import Record

_DOWN, _LANE, _APART = 84.0, 22.0, 18.0
_JOINED = ("norm", "activation", "dropout")
_HIDDEN = ("view", "create")


class Layer(Record):
    """A card: the part, what joins it, and what it reads beside the nodes."""

    part: Part
    joined: tuple[str, ...]
    reads: tuple[Value, ...]

    @property
    def end(self) -> Value:
        return self.part.outputs[0]


class Twin(Record):
    """The layers in order, and the inputs that run alongside."""

    layers: tuple[Layer, ...]
    edges: tuple[Value, ...]


def find(body: Body) -> Twin | None:
    """The layers and edges of a graph network; None for other networks."""
    lists = [value for value in body.inputs if _is_list(body.types[value])]
    edges = [value for value in body.inputs if any(value == e or body.dims(value)[:1] == body.dims(e)[1:] for e in lists)]
    layers: list[Layer] = []
    for part in body.trunk():
        if part.kind in _JOINED and layers and isinstance(part.node, model.Op):
            detail = f" {part.node.subtitle}" if part.kind == "dropout" else ""
            layers[-1] = layers[-1].replace(joined=(*layers[-1].joined, words.clean(part.node.name + detail)))
        elif part.kind not in _HIDDEN:
            main = body.main_input(part)
            reads = tuple(value for value in dict.fromkeys(part.inputs) if value in body.inputs and value != main)
            layers.append(Layer(part, (), reads))
    read = [value for value in edges if any(value in layer.reads for layer in layers)]
    return Twin(tuple(layers), tuple(read)) if any(value in lists for value in read) else None


def _is_list(found: model.Type) -> bool:
    return found.dtype == "int" and len(found.dims) == 2 and found.dims[0] == 2


def panel(twin: Twin, body: Body) -> Panel:
    cards = [_card(body, layer, f"layer{k}") for k, layer in enumerate(twin.layers)]
    wide = max([150.0 + _LANE * len(twin.edges), *(box.extent[0] for box in cards)])
    cards = [b.replace(at=(0.0, (k + 1) * _DOWN), extent=(wide, b.extent[1])) for k, b in enumerate(cards)]
    drawn = _Drawn(twin, body, cards, wide)
    drawn.nodes()
    for k, value in enumerate(twin.edges):
        drawn.edge(value, k)
    drawn.others()
    return Panel("graph", "overview", tuple(drawn.boxes), (), tuple(drawn.wires))


def _card(body: Body, layer: Layer, key: str) -> Box:
    node = layer.part.node
    title = node.name if isinstance(node, model.Op) else body.instance(layer.part).definition
    notes = [node.subtitle] if isinstance(node, model.Op) and node.kind in ("linear", "dropout", "conv") else []
    hint = Hint((f"{layer.part.path}{node.member or ''}: {title}", str(body.types[layer.end])), str(node.place))
    definition = "" if isinstance(node, model.Op) else title
    return card(
        key,
        layer.part.kind,
        words.clean(title),
        words.grouped(" · ".join([*notes, *layer.joined])),
        hint=hint,
        definition=definition,
    )


class _Drawn:
    def __init__(self, twin: Twin, body: Body, cards: list[Box], wide: float) -> None:
        self.twin, self.body, self.cards, self.wide = twin, body, cards, wide
        self.boxes: list[Box] = list(cards)
        self.wires: list[Wire] = []
        self.main = -wide / 2 + 36

    def nodes(self) -> None:
        """The inputs above, the wire of the nodes from card to card, the output below."""
        body = self.body
        start = body.trunk()[0].inputs[0]
        source = self.io(start, (0.0, 0.0))
        source = source.replace(at=(self.main - max(0.0, source.extent[0] / 2 - 30), 0.0))
        last = len(self.cards) + 1
        result = body.entry.outputs[0].name or "output"
        end = card(
            "out",
            "io",
            words.clean(result),
            at=(self.main, last * _DOWN),
            shape="io",
            hint=Hint((str(body.types[body.outputs[0]]),)),
        )
        self.boxes += [source, end]
        column = [source, *self.cards, end]
        for k, (one, other) in enumerate(pairwise(column)):
            value = start if not k else self.twin.layers[k - 1].end
            a, b = (self.main, side(one, "b")[1]), (self.main, side(other, "t")[1])
            self.wires.append(wire(one, other, straight(a, b), full=str(body.types[value])))
            text = words.grouped(words.shape([str(dim) for dim in body.dims(value)]))
            self.boxes.append(
                words_at(f"tag{k}", (self.main - width(text, 10, mono=True) / 2 - 8, (a[1] + b[1]) / 2), text, kind="tag")
            )

    def io(self, value: Value, at: Point) -> Box:
        name = words.clean(self.body.names[value]) or "input"
        sizes = words.grouped(words.shape([str(dim) for dim in self.body.dims(value)]))
        return card(f"in.{name}", "io", name, sizes, at=at, shape="io", hint=Hint((str(self.body.types[value]),)))

    def edge(self, value: Value, k: int) -> None:
        """A thin wire beside the nodes', handed from reader to reader; past a card that does not read it, around."""
        source = self.io(value, (0.0, 0.0))
        lanes = len(self.twin.edges)
        x = self.wide / 2 - 24 - (lanes - 1 - k) * _LANE
        placed = [box for box in self.boxes if box.id.startswith("in.")]
        left = max((box.at or (0.0, 0.0))[0] + box.extent[0] / 2 for box in placed) + _APART
        source = source.replace(at=(max(left + source.extent[0] / 2, x), 0.0))
        self.boxes.append(source)
        before, start = source, (min(max(x, left + 8), left + source.extent[0] - 8), side(source, "b")[1])
        at = 0
        for n, (layer, box) in enumerate(zip(self.twin.layers, self.cards, strict=True), 1):
            if value not in layer.reads:
                continue
            end = (x, side(box, "t")[1])
            route = straight(start, end)
            if n - at > 1:
                out = self.wide / 2 + 12 + 8 * k
                turns = [start, (out, start[1] + 14), (out, end[1] - 14), end]
                route = (start, *(point for a, b in pairwise(turns) for point in straight(a, b)[1:]))
            self.wires.append(wire(before, box, route, thin=True, full=str(self.body.types[value])))
            before, start, at = box, (x, side(box, "b")[1]), n

    def others(self) -> None:
        """Inputs that are neither nodes nor edges, beside the layer that reads them."""
        for layer, box in zip(self.twin.layers, self.cards, strict=True):
            y = (box.at or (0.0, 0.0))[1]
            for value in layer.reads:
                if value not in self.twin.edges:
                    source = self.io(value, (0.0, 0.0))
                    source = source.replace(at=(self.wide / 2 + 50 + source.extent[0] / 2, y))
                    self.boxes.append(source)
                    self.wires.append(wire(source, box, straight(side(source, "l"), side(box, "r"))))
