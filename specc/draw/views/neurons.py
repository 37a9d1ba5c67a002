"""A small dense network as circles: a column a layer, every neuron joined to every neuron of the next."""

from __future__ import annotations

from specc.draw import words
from specc.draw.picture import Box, Hint, Panel, Wire
from specc.draw.views.body import Body, Part
from specc.draw.views.place import border, card, straight, wire, words_at
from specc.graph import model
from specc.record import Record

MOST_DRAWN = 8
WIDE, DEEP = 1024, 10
"""A column of more neurons, or more columns, are cards rather than circles."""
_DIAMETER, _ACROSS, _DOWN = 20.0, 118.0, 30.0
_SMALL = ("norm", "activation", "dropout")


class Column(Record):
    """A layer's neurons; `above` is what happens to what they give."""

    kind: str
    name: str
    layer: str
    size: int
    above: tuple[str, ...] = ()
    hint: Hint = Hint()


def columns(body: Body) -> list[Column]:
    """The layers of a network that is dense layers and nothing else, the input first; empty for other networks."""
    trunk = body.trunk()
    if body.beside("view", "create"):
        return []
    found: list[Column] = []
    for part in trunk:
        if part.kind == "linear" and isinstance(part.node, model.Op) and _is_layer(body, part, part.node):
            if not found:
                found.append(_input(body, part))
            found.append(_layer(body, part, part.node))
        elif found and part.kind in _SMALL and isinstance(part.node, model.Op):
            detail = f" {part.node.subtitle}" if part.kind == "dropout" else ""
            found[-1] = found[-1].replace(above=(*found[-1].above, words.clean(part.node.name + detail)))
        elif part.kind != "view":
            return []
    return found


def _is_layer(body: Body, part: Part, node: model.Op) -> bool:
    """Does it make a vector, with weights of its own?"""
    return node.member is not None and len(body.dims(part.outputs[0])) in (1, 2) and bool(part.inputs)


def _input(body: Body, first: Part) -> Column:
    value = body.inputs[0]
    size = body.sizes(first.inputs[0])[-1]
    return Column("io", words.clean(body.names[value]) or "input", "", size, hint=Hint((str(body.types[value]),)))


def _layer(body: Body, part: Part, node: model.Op) -> Column:
    out = part.outputs[0]
    member = (node.member or "").rpartition(".")[2]
    name = words.clean(member) if member and not member.isdigit() and member != node.name.lower() else ""
    hint = Hint((f"{part.path}{node.member or ''}: {node.name} {node.subtitle}", str(body.types[out])), str(node.place))
    return Column("linear", name, node.name, body.sizes(out)[-1], hint=hint)


def too_much(found: list[Column]) -> str:
    """Why circles would show nothing; "" where they do."""
    widest = max(column.size for column in found)
    if widest > WIDE:
        return f"{words.grouped(str(widest))} neurons side by side are more than the {WIDE} that circles show"
    if len(found) > DEEP:
        return f"{len(found)} layers of neurons are more than the {DEEP} that circles show"
    return ""


def panel(found: list[Column]) -> Panel:
    boxes: list[Box] = []
    wires: list[Wire] = []
    before: list[Box] = []
    captions = [card("", "", " · ".join(c.above)) for c in found] + [words_at("", (0, 0), c.name, _below(c)) for c in found]
    across = max([_ACROSS] + [caption.extent[0] + 12 for caption in captions])
    tallest = max(_rows(column) for column in found) * _DOWN
    for k, column in enumerate(found):
        x = k * across
        neurons = []
        for n, y in _heights(column):
            neurons.append(
                Box(f"n{k}.{n}", "neuron", column.kind, "", at=(x, y), extent=(_DIAMETER, _DIAMETER), hint=column.hint)
            )
        boxes += neurons
        if column.size > MOST_DRAWN:
            boxes.append(words_at(f"more{k}", (x, 0.0), "⋮"))
        if column.above:
            boxes.append(card(f"above{k}", "activation", " · ".join(column.above), at=(x, -tallest / 2 - 26)))
        boxes.append(words_at(f"below{k}", (x, tallest / 2 + 22), column.name or column.layer, _below(column)))
        for one in before:
            for other in neurons:
                assert one.at is not None
                assert other.at is not None
                wires.append(wire(one, other, straight(border(one, other.at), border(other, one.at)), thin=True))
        before = neurons
    return Panel("neurons", "overview", tuple(boxes), (), tuple(wires))


def _below(column: Column) -> str:
    size = words.grouped(str(column.size))
    return f"{column.layer} {size}" if column.name and column.layer else size


def _rows(column: Column) -> int:
    return min(column.size, MOST_DRAWN) + (column.size > MOST_DRAWN)


def _heights(column: Column) -> list[tuple[int, float]]:
    """The number and the height of each neuron that is drawn, around 0; the dots stand in the middle of a long column."""
    rows = _rows(column)
    heights = [(k - (rows - 1) / 2) * _DOWN for k in range(rows)]
    if column.size > MOST_DRAWN:
        del heights[rows // 2]
        numbers = [*range(1, rows // 2 + 1), *range(column.size - rows // 2 + 1, column.size + 1)]
        return list(zip(numbers, heights, strict=True))
    return list(enumerate(heights, 1))
