"""U-Nets as they are known: down on the left, up on the right, a row a resolution, and the skips straight across.

A U is found from the sizes alone: on the way from the first input to the first output the maps become smaller and then larger
again, and what was made on the way down is read on the way up at the same size, the last first."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from specc.draw import words
from specc.draw.picture import Box, Hint, Panel, Point, Wire
from specc.draw.views.body import Body, Part, Value
from specc.draw.views.place import card, line, side, straight, wire, words_at
from specc.graph import model
from specc.record import Record

_DOWN, _INDENT, _ACROSS = 104.0, 46.0, 96.0
_QUIET = ("norm", "activation", "dropout", "view", "merge", "arithmetic", "create")


class Stage(Record):
    """What is done at one resolution; `change` is the part that came to it."""

    parts: tuple[Part, ...]
    change: Part | None = None


class U(Record):
    """The stages on the way down and, from the lowest, on the way up, the bottom between them; skips by level from the top."""

    down: tuple[Stage, ...]
    bottom: Stage
    up: tuple[Stage, ...]
    skips: tuple[int, ...]
    merged: str


def find(body: Body) -> U | None:
    """The U of a model; None where there is none."""
    convs = [part for part in body.trunk() if part.kind in ("conv", "block") and len(body.dims(part.outputs[0])) > 2]
    rank = len(body.dims(convs[0].outputs[0])) if convs else 0
    trunk = [part for part in body.trunk() if len(body.dims(part.outputs[0])) == rank]
    if len(trunk) < 5:
        return None
    place = {value: k for k, part in enumerate(trunk) for value in part.outputs}
    sizes = [_area(body, _made(body, part)) for part in trunk]
    low = min(sizes)
    first, last = sizes.index(low), len(sizes) - 1 - sizes[::-1].index(low)
    if sizes[:first] != sorted(sizes[:first], reverse=True) or sizes[last:] != sorted(sizes[last:]):
        return None
    pairs = [
        (place[value], k)
        for k, part in enumerate(trunk)
        for value in dict.fromkeys(part.inputs)
        if value in place and value != body.main_input(part) and _area(body, value) == sizes[k]
    ]
    across = [(a, b) for a, b in pairs if a < first and b > last and sizes[a] > low]
    ends = [b for _, b in sorted(across)]
    if len({sizes[a] for a, _ in across}) < 2 or ends != sorted(ends, reverse=True):
        return None
    merged = trunk[across[0][1]].node
    kind = merged.name if isinstance(merged, model.Op) else ""
    inside = [(a, b) for a, b in pairs if first <= a < b <= last and _named(trunk[b]) == kind and kind == "cat"]
    split, join = (max(a for a, _ in inside) + 1, min(b for _, b in inside)) if inside else (first, last + 1)
    if split > join:
        split, join, inside = first, last + 1, []
    down = _stages(trunk[:split], sizes, 0)
    up = _stages(trunk[join:], sizes, join)
    bottom = Stage(tuple(trunk[split:join]))
    if not inside:
        bottom = _settled(Stage(bottom.parts[1:], bottom.parts[0]))
    if [_area(body, _end(body, s)) for s in down] != [_area(body, _end(body, s)) for s in up][::-1]:
        return None
    counts = Counter(sizes[a] for a, _ in (*across, *inside))
    skips = tuple(counts[_area(body, _end(body, stage))] for stage in down)
    return U(
        tuple(down),
        bottom,
        tuple(up),
        skips,
        "concat" if kind == "cat" else words.operator(merged) if isinstance(merged, model.Op) else "",
    )


def _made(body: Body, part: Part) -> Value:
    """What a part gives, of several the largest: a block may give its map and a smaller one."""
    return max(part.outputs, key=lambda value: (_area(body, value), -part.outputs.index(value)))


def _end(body: Body, stage: Stage) -> Value:
    last = stage.parts[-1] if stage.parts else stage.change
    assert last is not None, "a stage does something"
    return _made(body, last)


def _named(part: Part) -> str:
    return part.node.name if isinstance(part.node, model.Op) else ""


def _area(body: Body, value: Value) -> int:
    found = 1
    for size in body.sizes(value)[2:]:
        found *= size
    return found


def _settled(stage: Stage) -> Stage:
    """A change of resolution that is all that a stage does, or a block's, is what the stage does."""
    change = stage.change
    if change is None or (change.kind != "block" and any(part.kind not in _QUIET for part in stage.parts)):
        return stage
    return Stage((change, *stage.parts))


def _stages(parts: list[Part], sizes: list[int], start: int) -> list[Stage]:
    found: list[Stage] = []
    for k, part in enumerate(parts):
        before = sizes[start + k - 1] if start + k else sizes[0]
        if not found:
            found.append(Stage((), part) if sizes[start + k] != before else Stage((part,)))
        elif sizes[start + k] != before:
            found.append(Stage((), part))
        else:
            found[-1] = found[-1].replace(parts=(*found[-1].parts, part))
    return [_settled(stage) for stage in found]


# --- drawing --------------------------------------------------------------------------------------------------------


def panel(u: U, body: Body) -> Panel:
    levels = len(u.down)
    often = Counter(
        title for stage in (*u.down, u.bottom, *u.up) for title, found in _groups(body, stage).items() for _ in found
    )
    left = [_card(body, stage, f"down{k}", often) for k, stage in enumerate(u.down)]
    right = [_card(body, stage, f"up{k}", often) for k, stage in enumerate(reversed(u.up))]
    bottom = _card(body, u.bottom, "bottom", often)
    wide = max(box.extent[0] for box in (*left, *right))
    half = (levels - 1) * _INDENT + wide / 2 + _ACROSS / 2
    half = max(half, (levels - 1) * _INDENT + bottom.extent[0] / 2 - _INDENT)
    boxes: list[Box] = []
    wires: list[Wire] = []
    left = [box.replace(at=(k * _INDENT - half, k * _DOWN)) for k, box in enumerate(left)]
    right = [box.replace(at=(half - k * _INDENT, k * _DOWN)) for k, box in enumerate(right)]
    bottom = bottom.replace(at=(0.0, levels * _DOWN))
    boxes += [*left, bottom, *right]
    for k, (one, other) in enumerate(zip(left, right, strict=True)):
        wires.append(wire(one, other, straight(side(one, "r"), side(other, "l")), skip=True))
        times = f" × {u.skips[k]}" if u.skips[k] > 1 else ""
        if u.merged:
            boxes.append(words_at(f"skip{k}", (0.0, k * _DOWN - 11), f"{u.merged}{times}", kind="tag"))
    below = [*left[1:], bottom]
    for k, (one, other) in enumerate(zip(left, below, strict=True)):
        stage = u.down[k + 1] if k + 1 < levels else u.bottom
        wires.append(_slope(one, other, "b", "t", -1))
        boxes += _beside(stage, f"change{k}", one, other, -1)
    for k, (one, other) in enumerate(zip([*right[1:], bottom], right, strict=True)):
        wires.append(_slope(one, other, "t", "b", 1))
        boxes += _beside(u.up[levels - 1 - k], f"back{k}", one, other, 1)
    _ends(u, body, left[0], right[0], boxes, wires)
    uses = [body.instance(part).definition for part in _all(u) if not isinstance(part.node, model.Op)]
    return Panel(
        "unet",
        "overview",
        tuple(boxes),
        (),
        tuple(wires),
        uses=tuple(dict.fromkeys(uses)),
        shows=tuple(dict.fromkeys(part.owner for part in _all(u))),
    )


def _all(u: U) -> list[Part]:
    return [part for stage in (*u.down, u.bottom, *u.up) for part in stage.parts]


def _slope(one: Box, other: Box, leaves: str, enters: str, turn: int) -> Wire:
    """Between two rows; the wide box of the bottom is joined on its own side."""
    start, end = side(one, leaves), side(other, enters)
    if other.id == "bottom":
        end = (max(end[0] - other.extent[0] / 2 + 18, start[0]), end[1])
    if one.id == "bottom":
        start = (min(start[0] + one.extent[0] / 2 - 18, end[0]), start[1])
    return wire(one, other, straight(start, end))


def _beside(stage: Stage, key: str, one: Box, other: Box, turn: int) -> list[Box]:
    """What changes the resolution, told on the outside of the wire."""
    if stage.change is None:
        return []
    texts = [_title(part) for part in (stage.change, *stage.parts[:1]) if part is stage.change or _led_in(stage)]
    found = words_at(key, (0.0, 0.0), "", words.clean(" · ".join(texts)), kind="quiet")
    (x1, y1), (x2, y2) = one.at or (0.0, 0.0), other.at or (0.0, 0.0)
    outer = min(x1, x2) + _INDENT / 2 - 14 if turn < 0 else max(x1, x2) - _INDENT / 2 + 14
    return [found.replace(at=(outer + turn * found.extent[0] / 2, (y1 + y2) / 2))]


def _title(part: Part) -> str:
    return (
        f"{part.node.name} {_short(part.node.subtitle)}".strip() if isinstance(part.node, model.Op) else part.node.member or ""
    )


def _name(body: Body, part: Part) -> str:
    return _title(part) if isinstance(part.node, model.Op) else body.instance(part).definition


def _short(subtitle: str) -> str:
    return ", ".join(text for text in subtitle.split(", ") if not text.startswith("padding"))


def _led_in(stage: Stage) -> bool:
    """Does a convolution follow the upsampling at once?"""
    change = stage.change
    return change is not None and change.kind not in ("conv", "pool") and bool(stage.parts) and stage.parts[0].kind == "conv"


def _groups(body: Body, stage: Stage) -> dict[str, list[Part]]:
    """What is done in a stage, equal things together."""
    found: dict[str, list[Part]] = {}
    for part in stage.parts[1 if _led_in(stage) else 0 :]:
        if part.kind not in _QUIET:
            found.setdefault(_name(body, part), []).append(part)
    if not found:
        last = stage.parts[-1] if stage.parts else stage.change
        assert last is not None, "a stage does something"
        found[_name(body, last)] = [last]
    return found


def _card(body: Body, stage: Stage, key: str, often: Counter[str]) -> Box:
    """A stage as a box: what is done most often in the U, how often here, and the rest below with the sizes."""
    groups = _groups(body, stage)
    main = max(groups, key=lambda title: often[title])
    parts = groups.pop(main)
    sizes = words.shape([str(d) for d in body.dims(_made(body, parts[-1]))[1:]])
    rest = [f"{title} × {len(found)}" if len(found) > 1 else title for title, found in groups.items()]
    hint = Hint(tuple(f"{part.path}{part.node.member}" for part in stage.parts if part.node.member), str(parts[0].node.place))
    return card(
        key, parts[0].kind, words.clean(main), " · ".join([words.grouped(sizes), *map(words.clean, rest)]),
        badge=f"× {len(parts)}" if len(parts) > 1 else "", hint=hint, least=120,
        definition="" if isinstance(parts[0].node, model.Op) else body.instance(parts[0]).definition,
    )  # fmt: skip


def _ends(u: U, body: Body, first: Box, last: Box, boxes: list[Box], wires: list[Wire]) -> None:
    """The first input and output above the two arms, and between them what is told to the blocks."""
    start, end = body.trunk()[0].inputs[0], body.outputs[0]
    (x, y), (x2, _) = first.at or (0.0, 0.0), last.at or (0.0, 0.0)
    image = _io(body, start, "in", (x, y - 0.85 * _DOWN), body.names[start] or "input")
    result = next((r.name for r, v in zip(body.entry.outputs, body.outputs, strict=False) if v == end), "")
    made = _io(body, end, "out", (x2, y - 0.85 * _DOWN), result or "output")
    boxes += [image, made]
    wires += [line(image, first), line(last, made)]
    told: dict[Value, dict[str, None]] = {}
    rank = len(body.dims(_end(body, u.bottom)))
    for part in _all(u):
        for value in part.inputs:
            if len(body.dims(value)) < rank:
                told.setdefault(value, {})[_named(part) or body.instance(part).definition] = None
    across = -sum(_told_width(body, value, list(names)) + 24 for value, names in told.items()) / 2 + 12
    for k, (value, names) in enumerate(told.items()):
        across = _told(body, value, list(names), k, (across, y - 0.85 * _DOWN), boxes, wires)


def _io(body: Body, value: Value, key: str, at: Point, name: str) -> Box:
    sizes = words.shape([str(dim) for dim in body.dims(value)[1:]])
    return card(key, "io", words.clean(name), words.grouped(sizes), at=at, shape="io", hint=Hint((str(body.types[value]),)))


def _told_boxes(body: Body, value: Value, names: list[str]) -> list[Box]:
    """The model's input that a value comes from, the block that makes it of that, and where it goes."""
    through, at = "", value
    while (part := body.maker(at)) is not None:
        through = through or (part.owner if part.owner != body.program.main.definition else "")
        following = body.main_input(part)
        if following is None:
            break
        at = following
    found = [card("", "io", words.clean(body.names[at] or "input"), shape="io")]
    found += [card("", "block", words.clean(through), definition=through)] if through else []
    return [*found, words_at("", (0.0, 0.0), "", f"to each {', '.join(names)}", kind="quiet")]


def _told_width(body: Body, value: Value, names: list[str]) -> float:
    found = _told_boxes(body, value, names)
    return sum(box.extent[0] for box in found) + 20 * (len(found) - 1)


def _told(body: Body, value: Value, names: list[str], k: int, at: Point, boxes: list[Box], wires: list[Wire]) -> float:
    """An input that goes to many blocks, from `at` to the right; the place of the next."""
    x, y = at
    row = []
    for n, box in enumerate(_told_boxes(body, value, names)):
        row.append(box.replace(id=f"told{k}.{n}", at=(x + box.extent[0] / 2, y)))
        x += box.extent[0] + 20
    boxes += row
    wires += [line(a, b) for a, b in pairwise(row)]
    return x + 24
