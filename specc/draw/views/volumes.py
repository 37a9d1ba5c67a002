"""A convolutional network as it is always drawn: each map a slab, as high and deep as the map, as thick as it has channels;
vectors as bars. Heights go with the square root of the size, thickness with that of the channels, bars with the logarithm."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from specc.draw import words
from specc.draw.measure import width
from specc.draw.scene import PAD, Group, Line, Mark, Polygon, Scene, Text
from specc.draw.views.body import Body, Part, used
from specc.graph import model
from specc.graph.model import Size
from specc.record import Record

TALLEST, THICKEST, BAR = 150.0, 38.0, 9.0
MOST_SLABS = 4
"""Of a row of equal maps, how many are drawn; the badge tells the rest."""
FEW_CHANNELS = 16
"""Up to which each map of a slab is told by a line."""
WIDEST = 1400.0
"""Points; what is longer goes on in the next row."""
LONGEST_LABEL = 22
_DEPTH, _ANGLE = 0.42, math.radians(36)
_ROOM = TALLEST * (1 + _DEPTH * math.sin(_ANGLE))
_APART, _TOGETHER, _GAP = 22.0, 4.0, 8.0
_TITLE, _SIZES = 9.5, 8.5
_MAKERS = ("conv", "pool", "linear", "block", "embedding", "attention", "recurrent")
_LEGEND = {"io": "input", "conv": "convolution", "pool": "pooling", "linear": "fully connected", "block": "block"}


class Volume(Record):
    """Equal tensors in a row, as one thing under one label. `sizes` are channels, height, width; or the one of a vector."""

    kind: str
    title: str
    detail: str
    label: tuple[Size, ...]
    sizes: tuple[int, ...]
    kernel: tuple[int, int] | None = None
    count: int = 1
    hint: str = ""
    definition: str = ""

    @property
    def flat(self) -> bool:
        return len(self.sizes) == 1


def volumes(body: Body) -> list[Volume]:
    """What the trunk makes, in order; the first is the input. Empty where it makes no maps."""
    trunk = body.trunk()
    if not trunk or not trunk[0].inputs:
        return []
    start = trunk[0].inputs[0]
    name = words.clean(body.names[start]) or "input"
    found = [Volume("io", name, "", body.dims(start)[1:], _shown(body.sizes(start)), hint=str(body.types[start]))]
    for part in trunk:
        made = _volume(body, part)
        if made is None:
            continue
        last = found[-1]
        if (made.kind, made.title, made.detail, made.label) == (last.kind, last.title, last.detail, last.label):
            found[-1] = last.replace(count=last.count + 1, hint=f"{last.hint}\n{made.hint}")
        else:
            found.append(made)
    maps = [v for v in found if not v.flat and v.kind in ("conv", "pool")]
    return found if maps else []


def _volume(body: Body, part: Part) -> Volume | None:
    if part.kind not in _MAKERS and not _resizes(body, part):
        return None
    out = part.outputs[0]
    sizes = _shown(body.sizes(out))
    node = part.node
    name = f"{part.path}{node.member or ''}"
    if isinstance(node, model.Op):
        title, detail, definition = node.name, words.clean(_kernel_words(node)) if len(sizes) > 1 else "", ""
    else:
        title = definition = words.clean(body.instance(part).definition)
        detail = ""
    hint = f"{name}: {title} {detail}".rstrip() + f"\n{body.types[out]}"
    return Volume(part.kind, title, detail, body.dims(out)[1:], sizes, _kernel(node, len(sizes) - 1), 1, hint, definition)


def _resizes(body: Body, part: Part) -> bool:
    """An upsampling layer, which is a view of its input, makes a map too."""
    if part.node.member is None or not part.inputs or len(body.dims(part.outputs[0])) < 4:
        return False
    return body.sizes(part.inputs[0])[2:] != body.sizes(part.outputs[0])[2:] and part.kind in ("view", "other")


def _shown(sizes: Sequence[int]) -> tuple[int, ...]:
    """Channels, height and width of a map without the batch; the features of a vector."""
    if len(sizes) < 3:
        return (sizes[-1] if sizes else 1,)
    return (sizes[1], sizes[2], 1) if len(sizes) == 3 else (sizes[1], sizes[-2], sizes[-1])


def _kernel(node: model.Op | model.Call | model.Scan, rank: int) -> tuple[int, int] | None:
    found = node.arguments.get("kernel_size") if isinstance(node, model.Op) else None
    if isinstance(found, int) and rank:
        return found, found
    if isinstance(found, list) and rank and all(isinstance(k, int) for k in found):
        return int(str(found[0])), int(str(found[-1]))
    return None


def _kernel_words(node: model.Op) -> str:
    return node.subtitle.partition(",")[0] if node.kind in ("conv", "pool") else ""


# --- placing --------------------------------------------------------------------------------------------------------


class _Scale(Record):
    """Points for sizes: the largest map, thickness and bar of a picture have the full length."""

    side: float
    thickness: float
    vector: float

    def height(self, size: int) -> float:
        return max(5.0, self.side * math.sqrt(size))

    def thick(self, channels: int) -> float:
        return max(3.0, self.thickness * math.sqrt(channels))

    def bar(self, features: int) -> float:
        return 16.0 + self.vector * math.log(max(features, 1))


def scene(found: Sequence[Volume], body: Body, activations: dict[str, str]) -> Scene:
    """The slabs of volumes from left to right on one axis, each with its label under it, and the legend."""
    maps = [v for v in found if not v.flat]
    tallest = max(max(v.sizes[1:]) for v in maps)
    features = max([v.sizes[0] for v in found if v.flat] + [4096])
    scale = _Scale(
        TALLEST / math.sqrt(tallest),
        THICKEST / math.sqrt(max(v.sizes[0] for v in maps)),
        (0.8 * TALLEST - 16) / math.log(features),
    )
    numbers = any(len(sizes(v)) > LONGEST_LABEL for v in found)
    axis = PAD + _ROOM / 2
    groups: list[Group] = []
    before: _Shape | None = None
    right, reach, widest, bottom = PAD - _GAP, PAD - _APART, 0.0, 0.0
    for volume in found:
        shape = _Shape(volume, scale)
        label = _Label(volume, sizes(volume, body if numbers else None))
        beside = max(0.0, label.width / 2 - shape.front / 2)
        x = max(reach + _APART, right + _GAP + beside)
        if before is not None and max(x + shape.reach, x + shape.front + beside) > WIDEST:
            groups.append(Group("wire", (Line(((reach + 3, axis), (reach + _APART, axis)), arrow=True),)))
            axis = bottom + 2 * PAD + _ROOM / 2
            x = PAD + _APART + beside
            groups.append(Group("wire", (Line(((PAD, axis), (x - 3, axis)), arrow=True),)))
        elif before is not None:
            groups.append(Group("wire", tuple(_between(before, reach, volume, x, axis))))
        marks, base = shape.marks(x, axis)
        groups.append(
            Group(volume.kind, (*marks, *label.marks(x + shape.front / 2, base + 13)), volume.hint, volume.definition)
        )
        before, reach = shape, x + shape.reach
        right = max(reach, x + shape.front + beside)
        widest, bottom = max(widest, right), max(bottom, base + 37)
    note = _note(found, body) if numbers else ""
    legend, wide = _legend(found, activations, note, bottom + 22)
    total = max(widest + _APART, wide) + PAD
    return Scene(total, bottom + 22 + PAD, (*groups, Group("legend", tuple(legend))))


class _Shape:
    """The outline of a volume's slabs, the first at the origin."""

    def __init__(self, volume: Volume, scale: _Scale) -> None:
        self.volume = volume
        self.scale = scale
        self.drawn = min(volume.count, MOST_SLABS)
        if volume.flat:
            self.thick, self.high, deep = BAR, scale.bar(volume.sizes[0]), 7.0
        else:
            channels, high, deep_size = volume.sizes
            self.thick, self.high = scale.thick(channels), scale.height(high)
            deep = _DEPTH * (scale.height(deep_size) if deep_size > 1 else 5.0)
        self.across, self.up = deep * math.cos(_ANGLE), deep * math.sin(_ANGLE)
        self.step = self.thick + _TOGETHER
        self.front = self.step * (self.drawn - 1) + self.thick
        self.reach = self.front + self.across

    def marks(self, x: float, axis: float) -> tuple[list[Mark], float]:
        """The faces with the left edge at `x`, the whole centred on `axis`; and where they end below."""
        top = axis - self.high / 2 + self.up / 2
        base = top + self.high
        found: list[Mark] = []
        for k in range(self.drawn):
            left, right = x + k * self.step, x + k * self.step + self.thick
            a, u = self.across, self.up
            kind = self.volume.kind
            found.append(Polygon(((left, top), (left + a, top - u), (right + a, top - u), (right, top)), kind, "top"))
            found.append(Polygon(((right, top), (right + a, top - u), (right + a, base - u), (right, base)), kind, "side"))
            found.append(Polygon(((left, top), (right, top), (right, base), (left, base)), kind, "front"))
            found += self.maps(left, top, base)
        return found, base

    def maps(self, left: float, top: float, base: float) -> Iterator[Line]:
        """Where few channels make up a slab, the lines between them."""
        channels = self.volume.sizes[0]
        if not self.volume.flat and 1 < channels <= FEW_CHANNELS and self.thick / channels >= 2.2:
            for k in range(1, channels):
                x = left + self.thick * k / channels
                yield Line(((x, top), (x, base)), thin=True)


def _between(before: _Shape, reach: float, volume: Volume, x: float, axis: float) -> Iterator[Line]:
    """From the shape that reaches as far as `reach` to the volume at `x`: the kernel's window on the far face, narrowing to
    the point that it makes; else an arrow."""
    if volume.kernel is None or before.volume.flat:
        yield Line(((reach + 3, axis), (x - 3, axis)), arrow=True)
        return
    middle, slope = reach - before.across / 2, before.up / before.across
    tall = min(before.scale.height(volume.kernel[0]), before.high) / 2
    wide = min(before.scale.height(volume.kernel[1]) * _DEPTH * math.cos(_ANGLE), before.across) / 2
    corners = [(middle + a * wide, axis + b * tall - a * wide * slope) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    yield Line((*corners, corners[0]), thin=True)
    for corner in corners:
        yield Line((corner, (x, axis)), dashed=True, thin=True)


# --- words ----------------------------------------------------------------------------------------------------------


def sizes(volume: Volume, body: Body | None = None) -> str:
    """`64×H×W`; with a body, in numbers."""
    dims = [str(dim if body is None else body.number(dim)) for dim in volume.label]
    return words.shape(dims).replace(" × ", "×")  # in a monospace face a thin space is as wide as any


class _Label:
    """Name, kernel and how often, sizes: three lines under a shape."""

    def __init__(self, volume: Volume, sizes: str) -> None:
        self.title, self.detail, self.sizes = volume.title, volume.detail, sizes
        self.badge = f"× {volume.count}" if volume.count > 1 else ""
        self.pill = width(self.badge, 8.5, bold=True) + 7 if self.badge else 0.0
        self.second = width(self.detail, _SIZES) + (4 if self.detail and self.badge else 0.0) + self.pill
        self.width = max(width(self.title, _TITLE, bold=True), self.second, width(sizes, _SIZES, mono=True))

    def marks(self, middle: float, y: float) -> Iterator[Mark]:
        yield Text((middle, y), self.title, _TITLE, bold=True)
        if self.second:
            start = middle - self.second / 2
            if self.detail:
                yield Text((start, y + 12), self.detail, _SIZES, grey=True, left=True)
            if self.badge:
                right = middle + self.second / 2
                left = right - self.pill
                box = ((left, y + 4), (right, y + 4), (right, y + 15), (left, y + 15))
                yield Polygon(box, "badge")
                yield Text(((left + right) / 2, y + 12.3), self.badge, 8.5, bold=True, light=True)
            y += 12
        yield Text((middle, y + 12), self.sizes, _SIZES, mono=True, grey=True)


def _legend(found: Sequence[Volume], activations: dict[str, str], note: str, y: float) -> tuple[list[Mark], float]:
    """What the colours mean, and how far that reaches."""
    marks: list[Mark] = []
    x = PAD
    for kind in dict.fromkeys(volume.kind for volume in found):
        titles = dict.fromkeys(volume.title for volume in found if volume.kind == kind)
        name = next(iter(titles)) if len(titles) == 1 and kind == "block" else _LEGEND.get(kind, kind)
        if activations.get(kind):
            name = f"{name} + {activations[kind]}"
        text = Text((x + 15, y), name, 9.5, grey=True, left=True)
        marks += [Polygon(((x, y - 8), (x + 10, y - 8), (x + 10, y + 2), (x, y + 2)), kind), text]
        x = text.span[1] + 18
    if note:
        text = Text((x, y), note, 9.5, grey=True, left=True)
        marks.append(text)
        x = text.span[1]
    return marks, x


def _note(found: Sequence[Volume], body: Body) -> str:
    """At what open sizes the numbers hold."""
    names = dict.fromkeys(name for volume in found for size in volume.label for name in used(body.program, size))
    values = {name: body.values[name] for name in names}
    if len(set(values.values())) == 1:
        return f"sizes at {' = '.join(values)} = {next(iter(values.values()))}"
    return "sizes at " + ", ".join(f"{name} = {value}" for name, value in values.items())


def activations(body: Body) -> dict[str, str]:
    """The one activation that follows all layers of a kind on the trunk, but the last; kinds that have several have none."""
    following: dict[str, list[str]] = {}
    last = ""
    trunk = body.trunk()
    makers = [part for part in trunk if part.kind in ("conv", "linear")]
    for part in trunk:
        if part.kind in ("conv", "linear") and part is not makers[-1]:
            following.setdefault(part.kind, []).append("")
            last = part.kind
        elif part.kind == "activation" and last:
            following[last][-1] = following[last][-1] or part.node.name if isinstance(part.node, model.Op) else ""
        elif part.kind not in ("norm", "dropout"):
            last = ""
    return {kind: names[0] for kind, names in following.items() if len(set(names)) == 1}
