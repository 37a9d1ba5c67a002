"""Which weights a pattern of `init` and `freeze` names: `head.weight`, `h.*.weight`, `Linear.weight`, `*.bias`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from specc.elaborate.trace import BlockLayer, Instance, OpLayer, ScanLayer, TensorMember
from specc.types import DType, Shape, TensorType


class Held:
    """A parameter or buffer of an instance. `types` are the types of layer that hold it, innermost first. `within` are the
    keys that stand for it in the state_dict where a wrapper computes it (`conv.weight` of a SpectralNorm'd layer); `wrapped`
    says that a wrapper stands around its layer."""

    __slots__ = ("buffer", "key", "type", "types", "within", "wrapped")

    def __init__(
        self,
        key: str,
        type: TensorType,
        types: tuple[str, ...],
        buffer: bool = False,
        within: tuple[str, ...] = (),
        wrapped: bool = False,
    ) -> None:
        self.key = key
        self.type = type
        self.types = types
        self.buffer = buffer
        self.within = within
        self.wrapped = wrapped

    def inside(self, key: str, *types: str) -> Held:
        """The same as the body sees it that introduces its owner under `key`."""
        within = tuple(f"{key}.{name}" for name in self.within)
        return Held(f"{key}.{self.key}", self.type, (*self.types, *types), self.buffer, within, self.wrapped)


def weights_of(instance: Instance) -> dict[str, Held]:
    """Every parameter and buffer of an instance by key. A wrapped layer's weight stands there under its own name too."""
    found: dict[str, Held] = {}
    for key, member in instance.members.items():
        layer = member.layer
        if isinstance(layer, ScanLayer):
            layer = layer.cell
        if isinstance(layer, OpLayer):
            found.update({f"{key}.{held.key}": held.inside(key) for held in _of_layer(layer)})
        elif isinstance(layer, BlockLayer) and layer.instance is not None:
            inner = [held.inside(key, layer.definition.name) for held in weights_of(layer.instance).values()]
            found.update({held.key: held for held in inner})
        elif isinstance(layer, TensorMember):
            found[key] = Held(key, layer.type, (), layer.keyword != "param")
    return found


def _of_layer(layer: OpLayer) -> list[Held]:
    name = layer.op.name
    shapes: Mapping[str, Shape] = {w: weight.shape for w, weight in layer.op.weights().items() if weight.present}
    state = {w: weight for w, weight in layer.state().items() if weight.present}
    wrapped = bool(layer.wrappings)
    found = [
        Held(w, TensorType(weight.shape, DType.FLOAT), (name,), weight.buffer, wrapped=wrapped) for w, weight in state.items()
    ]
    for w, shape in shapes.items():
        if w not in state:
            within = tuple(key for key in state if key.startswith(f"parametrizations.{w}.original"))
            found.append(Held(w, TensorType(shape, DType.FLOAT), (name,), False, within, wrapped))
    return found


def regular_expression(pattern: tuple[str, ...]) -> str:
    """The keys that a pattern of names and `*` fits. A leading `*` stands for any number of parts, another for one or, at
    the end, for the rest."""
    last = len(pattern) - 1
    pieces = [
        ".+"
        if part == "*" and at == last
        else r"(?:.+\.)?"
        if part == "*" and at == 0
        else r"[^.]+"
        if part == "*"
        else re.escape(part)
        for at, part in enumerate(pattern)
    ]
    return r"\.".join(pieces).replace(r"(?:.+\.)?\.", r"(?:.+\.)?")


def names(pattern: tuple[str, ...], layer: bool, held: Held) -> bool:
    """Does a pattern name a weight? With `layer` its first part is a type of layer, and the others name a weight of that.
    `*` is for what is learned: buffers are named by full paths and by types of layer."""
    if held.buffer and "*" in pattern:
        return False
    if layer and pattern[0] not in held.types:
        return False
    pattern = ("*", *pattern[1:]) if layer else pattern
    return re.fullmatch(regular_expression(pattern), held.key) is not None


def selected(pattern: tuple[str, ...], layer: bool, weights: Mapping[str, Held]) -> list[Held]:
    """The weights that a pattern names. A computed one is left out where the pattern names what it is computed from."""
    found = {key: held for key, held in weights.items() if names(pattern, layer, held)}
    return [held for held in found.values() if not any(key in found for key in held.within)]


def freezes(pattern: tuple[str, ...], layer: bool, held: Held) -> bool:
    """As `names`; a pattern that ends in a layer is for all in it."""
    return names(pattern, layer, held) or names((*pattern, "*"), layer, held)
