"""What of a model runs over time: its recurrent layers, what each hears and what is made of what it says."""

from __future__ import annotations

from specc.draw import words
from specc.draw.picture import Hint
from specc.draw.views.body import Body, Part, Value
from specc.graph import model
from specc.graph.model import Size
from specc.record import Record

SHOWN = ("linear", "embedding", "conv", "attention", "block", "pool", "other")
JOINED = ("norm", "activation", "dropout")


class Row(Record):
    """One thing at every step: a cell that hands its state on (`states` names it), or a layer that has none."""

    kind: str
    title: str
    subtitle: str = ""
    states: str = ""
    backward: bool = False
    hint: Hint = Hint()
    definition: str = ""


class Strip(Record):
    """Rows over the steps of one sequence, the lowest first, `heard` below them. `then` is what is made of the last step, or,
    where it `gathers`, of all; without it the `output` is given at every step. `kept` names the outputs that are last states.
    `after` is the strip whose last state this one begins with, else `begins` says with what."""

    heard: str
    length: Size
    rows: tuple[Row, ...]
    then: tuple[Row, ...] = ()
    output: str = ""
    last: bool = False
    gathers: bool = False
    kept: str = ""
    after: int | None = None
    begins: str = ""


class _Layer(Record):
    part: Part
    sequence: Value
    states: tuple[Value, ...]
    said: tuple[Value, ...]
    ends: tuple[Value, ...]
    length: Size
    rows: tuple[Row, ...]


def strips(body: Body) -> list[Strip]:
    """The strips of a model in order; empty for one without recurrent layers."""
    layers = [layer for part in body.parts if (layer := _layer(body, part)) is not None]
    found: list[Strip] = []
    where: dict[int, int] = {}  # layer -> its strip
    tops: list[_Layer] = []
    for k, layer in enumerate(layers):
        below, cards, name = _behind(body, layer.sequence, layers, layer.length)
        if below is not None and where[below] == len(found) - 1 and layer.sequence not in layers[below].ends:
            found[-1] = found[-1].replace(rows=(*found[-1].rows, *cards, *layer.rows))
            tops[-1] = layer
        else:
            after, begins = _begins(body, layer, layers, where)
            found.append(Strip(name, layer.length, (*cards, *layer.rows), after=after, begins=begins))
            tops.append(layer)
        where[k] = len(found) - 1
    return [_said(body, strip, top, layers) for strip, top in zip(found, tops, strict=True)]


def _layer(body: Body, part: Part) -> _Layer | None:
    node = part.node
    if isinstance(node, model.Scan):
        cell = body.instance(part)
        names = [result for output in cell.forward.outputs for result in output.tensors]
        stepped = {a.name for a in cell.forward.inputs} - set(node.given)
        flows = dict(zip([wire.operand for wire in node.inputs], part.inputs, strict=False))
        sequence = next(value for name, value in flows.items() if name in stepped)
        held = [state.name for state in cell.forward.states]
        states = tuple(flows[name] for name in held if name in flows)
        given = f"with {', '.join(node.given)}" if node.given else ""
        hint = Hint((f"{part.path}{node.member}: {cell.definition}", str(body.types[part.outputs[0]])), str(node.place))
        title = words.clean(cell.definition)
        row = Row("block", title, words.clean(given), ", ".join(held), node.reverse, hint, cell.definition)
        split = len(names)
        return _Layer(part, sequence, states, part.outputs[:split], part.outputs[split:], node.length, (row,))
    if (
        not isinstance(node, model.Op)
        or node.kind != "recurrent"
        or len(part.outputs) < 2
        or "num_layers" not in node.arguments
    ):
        return None
    dims = body.dims(part.inputs[0])
    length = dims[1] if len(dims) > 2 and node.arguments.get("batch_first") else dims[0]
    held = ["h", "c"][: len(part.outputs) - 1]
    hint = Hint((f"{part.path}{node.member}: {node.name} {node.subtitle}", str(body.types[part.outputs[0]])), str(node.place))
    both = node.arguments.get("bidirectional") is True
    title = f"{node.name} {node.arguments['hidden_size']}"
    forwards = Row("recurrent", title, "forwards" if both else "", ", ".join(held), hint=hint)
    one = (forwards, forwards.replace(subtitle="backwards", backward=True)) if both else (forwards,)
    count = node.arguments["num_layers"]
    rows = one * (count if isinstance(count, int) else 1)
    return _Layer(part, part.inputs[0], part.inputs[1:], part.outputs[:1], part.outputs[1:], length, rows)


def _behind(
    body: Body, value: Value, layers: list[_Layer], length: Size | None = None
) -> tuple[int | None, tuple[Row, ...], str]:
    """The recurrent layer that a value comes from (None: an input or something made anew), what lies between, and the name
    of where it comes from. With `length`, only what happens at every step of a sequence that long lies between."""
    cards: list[Row] = []
    while (part := body.maker(value)) is not None:
        found = next((k for k, layer in enumerate(layers) if layer.part is part), None)
        if found is not None:
            return found, tuple(cards[::-1]), ""
        following = body.main_input(part)
        if following is None:
            return None, tuple(cards[::-1]), "0"
        if length is not None and length not in body.dims(following):
            return None, tuple(cards[::-1]), words.clean(body.names[value] or body.names[following]) or "input"
        if part.kind in SHOWN:
            cards.append(_card(body, part))
        value = following
    return None, tuple(cards[::-1]), words.clean(body.names[value]) or "input"


def _card(body: Body, part: Part) -> Row:
    node = part.node
    title = node.name if isinstance(node, model.Op) else body.instance(part).definition
    size = str(body.dims(part.outputs[0])[-1]) if part.kind in ("linear", "embedding") else ""
    hint = Hint((f"{part.path}{node.member or ''}: {title}", str(body.types[part.outputs[0]])), str(node.place))
    return Row(part.kind, words.clean(f"{title} {words.grouped(size)}".strip()), hint=hint)


def _begins(body: Body, layer: _Layer, layers: list[_Layer], where: dict[int, int]) -> tuple[int | None, str]:
    """The strip whose last state a layer begins with, or what it begins with instead."""
    for state in layer.states:
        part = body.maker(state)
        while part is not None and part.kind == "view" and part.inputs:
            state = part.inputs[0]
            part = body.maker(state)
        link = next((k for k, other in enumerate(layers) if state in other.ends), None)
        if link is not None and link in where:
            return where[link], ""
        _, cards, name = _behind(body, state, layers)
        return None, cards[-1].title if cards else name
    return None, "0"


def _said(body: Body, strip: Strip, top: _Layer, layers: list[_Layer]) -> Strip:
    """The strip with what the model makes of what its highest layer says."""
    kept = [result.name for value, result in _results(body) if value in top.ends]
    strip = strip.replace(kept=words.clean(", ".join(kept)))
    for end, result in _results(body):
        if end not in top.ends:
            found = _made(body, end, top, layers)
            if found is not None:
                steps, then, last, gathers = found
                output = words.clean(result.name or "output")
                return strip.replace(rows=(*strip.rows, *steps), then=then, output=output, last=last, gathers=gathers)
    read = any(value in part.inputs for part in body.parts if isinstance(part.node, model.Scan) for value in top.said)
    return strip.replace(output=words.clean(body.names[top.said[0]])) if read else strip


def _made(
    body: Body, end: Value, top: _Layer, layers: list[_Layer]
) -> tuple[tuple[Row, ...], tuple[Row, ...], bool, bool] | None:
    """What leads from a layer to a value: at each step, then once; whether of the last step or of all. None if nothing."""
    steps: list[Row] = []
    then: list[Row] = []
    rank = len(body.dims(top.said[0]))
    value, joined, gathers = end, "", False
    while (part := body.maker(value)) is not None:
        if part is top.part:
            last = value in top.ends or len(body.dims(end)) < rank
            return tuple(steps[::-1]), tuple(then[::-1]), last, gathers
        following = body.main_input(part)
        if following is None or any(layer.part is part for layer in layers):
            return None
        once = len(body.dims(part.outputs[0])) < rank
        cut = once and len(body.dims(following)) >= rank and body.maker(following) is not None and part.kind != "view"
        gathers = gathers or cut
        if part.kind in SHOWN or cut:
            (then if once else steps).append(_card(body, part).replace(subtitle=joined))
            joined = ""
        elif part.kind in JOINED and isinstance(part.node, model.Op):
            joined = part.node.name if not joined else f"{part.node.name} · {joined}"
        value = following
    return None


def _results(body: Body) -> list[tuple[Value, model.Result]]:
    pairs = [result for result in body.entry.outputs for _ in result.tensors]
    return list(zip(body.outputs, pairs, strict=True))
