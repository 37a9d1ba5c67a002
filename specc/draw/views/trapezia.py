"""Autoencoders and adversarial pairs as two trapezia: what narrows, what widens, and what happens between them.

Found from sizes alone. An autoencoder gives back as many elements as it gets, through fewer. An adversarial pair is two
blocks or entries one after the other, of which the first widens and the second narrows to less than the first began with."""

from __future__ import annotations

import math
from itertools import groupby, pairwise

from specc.draw import words
from specc.draw.picture import Box, Hint, Panel, Point, Wire
from specc.draw.views.body import Body, Part, Value
from specc.draw.views.place import card, line, side, straight, wire
from specc.graph import model
from specc.record import Record

LAYERS = ("linear", "conv", "pool")
_ALLOWED = (*LAYERS, "norm", "activation", "dropout", "view", "arithmetic", "merge", "create", "embedding")
_HIGH, _GAP, _LONGEST = 104.0, 44.0, 44
_MOST_SIZES = 5


class Half(Record):
    """One of the two: the layers in order, from `start` to `end`, and whether it narrows."""

    parts: tuple[Part, ...]
    start: Value
    narrows: bool

    @property
    def end(self) -> Value:
        return self.parts[-1].outputs[0]


class Pair(Record):
    """The two halves. `heads` are layers beside each other that both read what the first half gives; `between` is what the
    second reads."""

    first: Half
    second: Half
    heads: tuple[Part, ...]
    between: Value


def find(body: Body) -> Pair | None:
    """The two halves of a model; None for one that has them not."""
    if not all(_allowed(body, part) for part in body.parts) or not body.outputs or not body.inputs:
        return None
    trunk = body.trunk()
    layers = [part for part in trunk if part.kind in LAYERS]
    if len(layers) < 2 or not trunk or not trunk[0].inputs:
        return None
    sizes = [_elements(body, body.inputs[0]), *(_elements(body, part.outputs[0]) for part in layers)]
    return _autoencoder(body, layers, sizes) or _adversaries(body, layers, sizes)


def _allowed(body: Body, part: Part) -> bool:
    if part.kind == "other" and part.inputs:  # an Identity
        return body.dims(part.inputs[0]) == body.dims(part.outputs[0])
    return part.kind in _ALLOWED


def _elements(body: Body, value: Value) -> int:
    return math.prod(body.sizes(value)[1:])


def _autoencoder(body: Body, layers: list[Part], sizes: list[int]) -> Pair | None:
    low = sizes.index(min(sizes))
    falls, rises = sizes[: low + 1], sizes[low:]
    if sizes[0] != sizes[-1] or low in (0, len(sizes) - 1):
        return None
    if falls != sorted(falls, reverse=True) or rises != sorted(rises):
        return None
    return _pair(body, layers[:low], layers[low:], narrows=True)


def _adversaries(body: Body, layers: list[Part], sizes: list[int]) -> Pair | None:
    modules = [(name, list(parts)) for name, parts in groupby(layers, key=lambda part: part.chain[:1])]
    if len(modules) != 2 or not all(name for name, _ in modules):
        return None
    first, second = (parts for _, parts in modules)
    rises, falls = sizes[: len(first) + 1], sizes[len(first) :]
    if rises != sorted(rises) or falls != sorted(falls, reverse=True) or len(first) < 2 or len(second) < 2:
        return None
    return _pair(body, first, second, narrows=False) if rises[0] < rises[-1] and sizes[-1] < sizes[0] else None


def _pair(body: Body, first: list[Part], second: list[Part], *, narrows: bool) -> Pair:
    between = _into(body, second[0])
    heads: list[Part] = []
    siblings = [part for part in body.parts if part.kind in LAYERS and part.inputs and part.inputs[0] == first[-1].inputs[0]]
    if len(siblings) > 1 and len(first) > 1:
        heads, first = siblings, first[:-1]
    halves = Half(tuple(first), _into(body, first[0]), narrows), Half(tuple(second), between, not narrows)
    return Pair(*halves, tuple(heads), between)


_PASSED = ("view", "norm", "activation", "dropout", "other")


def _into(body: Body, part: Part) -> Value:
    """What a part reads, without views, and without embeddings that are put beside it."""
    value = part.inputs[0]
    while (maker := body.maker(value)) is not None:
        others = [each for each in maker.inputs if (made := body.maker(each)) is None or made.kind != "embedding"]
        if maker.kind not in _PASSED and not (maker.kind == "merge" and len(others) == 1):
            break
        value = others[0]
    return value


# --- words ----------------------------------------------------------------------------------------------------------


def _title(body: Body, half: Half) -> str:
    """The name of the block, chain or layer that a half is."""
    owners = dict.fromkeys(part.owner for part in half.parts)
    if len(owners) == 1 and (owner := next(iter(owners))) != body.program.main.definition:
        return words.clean(owner)
    chains = [part.chain for part in half.parts]
    common = [names[0] for names in zip(*chains, strict=False) if len(set(names)) == 1]
    if common:
        return words.clean(common[-1].rpartition(".")[2])
    member = half.parts[0].node.member or ""
    return words.clean(member) if len(half.parts) == 1 and member else "narrowing" if half.narrows else "widening"


def _sizes(body: Body, half: Half) -> str:
    """`784 → 400 → 20`."""
    values = [half.parts[0].inputs[0], *(part.outputs[0] for part in half.parts)]
    found = [words.shape([str(dim) for dim in body.dims(value)[1:]]).replace(" × ", "×") for value in values]
    found = [a for a, b in pairwise([*found, ""]) if a != b]
    if len(found) > _MOST_SIZES or len(" → ".join(found)) > _LONGEST:
        found = [found[0], "…", found[-1]] if len(found) > 2 else found
    return words.grouped(" → ".join(found))


def _expression(body: Body, value: Value, known: dict[Value, str]) -> str:
    """How a value is made of known ones: `m + exp(0.5 × v) × ε`."""
    part = body.maker(value)
    if value in known or part is None:
        return known.get(value, words.clean(body.names[value]))
    node = part.node
    if not isinstance(node, model.Op):
        return "…"
    if node.kind == "create":
        return "ε" if node.name.startswith("rand") else node.name
    inside = [_expression(body, each, known) for each in part.inputs]
    sign = words.operator(node)
    if sign and len(inside) == 2:
        return f" {sign} ".join(inside)
    plain = words.plain_number(node)
    number = words.value(node.arguments[plain]) if plain else ""
    if sign and number and len(inside) == 1:
        turned = node.inputs[0].operand == "other" or sign in ("+", "×")
        return f"{number} {sign} {inside[0]}" if turned else f"{inside[0]} {sign} {number}"
    return f"{node.name}({', '.join(inside)})"


def _random(body: Body, value: Value, until: set[Value]) -> list[Part]:
    """The noise that a value is made with."""
    part = body.maker(value)
    if part is None or value in until:
        return []
    if part.kind == "create":
        return [part] if isinstance(part.node, model.Op) and part.node.name.startswith("rand") else []
    return [found for each in part.inputs for found in _random(body, each, until)]


# --- drawing --------------------------------------------------------------------------------------------------------


def panel(pair: Pair, body: Body) -> Panel:
    drawn = _Drawn(body)
    source = body.inputs[0]
    row = drawn.io(source, words.clean(body.names[source]) or "input")
    if pair.first.start != source:
        row = drawn.made(pair.first.start, {source: words.clean(body.names[source])}, [row])
    at = [drawn.half(pair.first, row)]
    if pair.heads:
        at = drawn.heads(pair, at[0])
    known = {head.outputs[0]: drawn.name(head) for head in pair.heads}
    ends = {*known, pair.first.end}
    if pair.between not in ends:
        at = [drawn.made(pair.between, known or {pair.first.end: "x"}, at)]
    elif not pair.heads:
        at = [drawn.code(pair, at[0])]
    second = drawn.half(pair.second, at[0])
    for other in at[1:]:
        drawn.wires.append(line(other, second))
    drawn.out(second)
    shows = dict.fromkeys(part.owner for half in (pair.first, pair.second) for part in half.parts)
    return Panel("trapezia", "overview", tuple(drawn.boxes), (), tuple(drawn.wires), shows=tuple(shows))


class _Drawn:
    """Boxes from left to right."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.boxes: list[Box] = []
        self.wires: list[Wire] = []
        self.x = 0.0
        self.told: dict[Value, Box] = {}

    def put(self, box: Box, y: float = 0.0) -> Box:
        """A box at the right end."""
        placed = box.replace(at=(self.x + box.extent[0] / 2, y))
        self.boxes.append(placed)
        return placed

    def on(self, *boxes: Box) -> None:
        self.x = max((box.at or (0.0, 0.0))[0] + box.extent[0] / 2 for box in boxes) + _GAP

    def io(self, value: Value, name: str) -> Box:
        sizes = words.grouped(words.shape([str(dim) for dim in self.body.dims(value)[1:]]))
        box = self.put(card(f"in.{name}", "io", name, sizes, shape="io", hint=Hint((str(self.body.types[value]),))))
        self.on(box)
        return box

    def half(self, half: Half, before: Box) -> Box:
        body = self.body
        kind = next((part.kind for part in half.parts if part.kind != "pool"), "linear")
        lines = tuple(
            f"{part.path}{part.node.member}: {part.node.name} {part.node.subtitle}"
            for part in half.parts
            if isinstance(part.node, model.Op)
        )
        title = _title(body, half)
        made = card(f"half.{len(self.boxes)}", kind, title, _sizes(body, half), hint=Hint(lines, str(half.parts[0].node.place)))
        made = made.replace(shape="narrows" if half.narrows else "widens", extent=(max(120.0, made.extent[0] + 26), _HIGH))
        box = self.put(made)
        self.wires.append(wire(before, box, straight(side(before, "r"), side(box, "l"))))
        self.beside(half, box)
        self.on(box)
        return box

    def beside(self, half: Half, box: Box) -> None:
        """Further inputs of the model that a half is told, each with the layer that reads it, below."""
        value = half.parts[0].inputs[0]
        (x, _), drop = box.at or (0.0, 0.0), _HIGH / 2 + 44
        for part in self.into(value, half):
            name = self.body.names[part.inputs[0]]
            source = self.told.get(part.inputs[0])
            title = part.node.name if isinstance(part.node, model.Op) else ""
            size = words.grouped(str(self.body.dims(part.outputs[0])[-1]))
            layer = card(f"{box.id}.told.{part.path}{part.node.member}", part.kind, f"{title} {size}", at=(x, drop))
            self.boxes.append(layer)
            self.wires.append(wire(layer, box, straight(side(layer, "t"), (x, _HIGH * 0.4))))
            if source is None:
                source = card(f"in.{name}", "io", words.clean(name), shape="io", at=(x, drop + 62))
                self.boxes.append(source)
                self.told[part.inputs[0]] = source
                self.wires.append(line(source, layer))
            else:
                start = side(source, "r")
                end = side(layer, "b")
                self.wires.append(wire(source, layer, (start, (end[0], start[1]), (end[0], start[1]), end)))
            drop += 124

    def into(self, value: Value, half: Half) -> list[Part]:
        """The embeddings that are put together with what a half reads."""
        part = self.body.maker(value)
        if part is None or value == half.end:
            return []
        if part.kind == "embedding":
            return [part]
        if part.kind not in ("merge", *_PASSED):
            return []
        return [found for each in part.inputs for found in self.into(each, half)]

    def name(self, part: Part) -> str:
        node = part.node
        return words.clean((node.member or "").rpartition(".")[2] or self.body.names[part.outputs[0]])

    def heads(self, pair: Pair, before: Box) -> list[Box]:
        found = []
        for k, head in enumerate(pair.heads):
            size = words.grouped(words.shape([str(dim) for dim in self.body.dims(head.outputs[0])[1:]]))
            shown = f"{size} · output" if head.outputs[0] in self.body.outputs else size
            hint = Hint((str(self.body.types[head.outputs[0]]),), str(head.node.place))
            y = (k - (len(pair.heads) - 1) / 2) * 62
            box = self.put(card(f"head.{k}", head.kind, self.name(head), shown, hint=hint), y)
            self.wires.append(wire(before, box, straight(side(before, "r"), side(box, "l"))))
            found.append(box)
        self.on(*found)
        return found

    def code(self, pair: Pair, before: Box) -> Box:
        """What stands between the halves, with nothing done to it."""
        size = words.grouped(words.shape([str(dim) for dim in self.body.dims(pair.between)[1:]]))
        name = words.clean(self.body.names[pair.between]) or ("code" if pair.first.narrows else "made")
        box = self.put(card("code", "io", name, size, shape="io", hint=Hint((str(self.body.types[pair.between]),))))
        self.wires.append(line(before, box))
        self.on(box)
        return box

    def made(self, value: Value, known: dict[Value, str], before: list[Box]) -> Box:
        """What is computed of some values, and the noise in it."""
        text = _expression(self.body, value, known)
        box = self.put(card(f"made.{len(self.boxes)}", "activation", text if len(text) <= _LONGEST else "combined"))
        for other in before:
            self.wires.append(wire(other, box, straight(side(other, "r"), side(box, "l"))))
        noise = _random(self.body, value, set(known))
        for part in noise[:1]:
            law = {"randn": "ε ~ N(0, 1)", "randn_like": "ε ~ N(0, 1)"}.get(getattr(part.node, "name", ""), "ε ~ U(0, 1)")
            source = card(f"noise.{len(self.boxes)}", "state", law, shape="state", dashed=True)
            source = source.replace(at=((box.at or (0.0, 0.0))[0], -78.0))
            self.boxes.append(source)
            self.wires.append(line(source, box, dashed=True))
        self.on(box)
        return box

    def out(self, before: Box) -> None:
        value = self.body.outputs[0]
        result = self.body.entry.outputs[0]
        sizes = words.grouped(words.shape([str(dim) for dim in self.body.dims(value)[1:]]))
        name = words.clean(result.name or "output")
        box = self.put(card("out", "io", name, sizes, shape="io", hint=Hint((str(self.body.types[value]),))))
        end: Point = side(box, "l")
        dotted = not self.body.dims(value)
        self.wires.append(wire(before, box, straight(side(before, "r"), end), dotted=dotted))
