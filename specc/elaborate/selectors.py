"""Which weights a pattern of `init` and `freeze` names: `head.weight`, `h.*.weight`, `Linear.weight`, `*.bias`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from specc.elaborate.trace import BlockLayer, Instance, OpLayer, ScanLayer, TensorMember
from specc.types import DType, TensorType


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


def weights_of(instance: Instance) -> dict[str, Held]:
    """Every parameter and buffer of an instance by key. A wrapped layer's weight stands there under its own name too."""
    found: dict[str, Held] = {}
    _collect(instance, "", (), found)
    return found


def _collect(instance: Instance, prefix: str, around: tuple[str, ...], found: dict[str, Held]) -> None:
    """Adds what an instance holds; `prefix` stands before its keys, `around` are the blocks that it stands in, innermost
    first."""
    for key, member in instance.members.items():
        layer = member.layer
        if isinstance(layer, ScanLayer):
            layer = layer.cell
        if isinstance(layer, OpLayer):
            _collect_layer(layer, f"{prefix}{key}.", around, found)
        elif isinstance(layer, BlockLayer) and layer.instance is not None:
            _collect(layer.instance, f"{prefix}{key}.", (layer.definition.name, *around), found)
        elif isinstance(layer, TensorMember):
            found[prefix + key] = Held(prefix + key, layer.type, around, layer.keyword != "param")


def _collect_layer(layer: OpLayer, prefix: str, around: tuple[str, ...], found: dict[str, Held]) -> None:
    types, wrapped = (layer.op.name, *around), bool(layer.wrappings)
    own = layer.op.weights()
    state = layer.state() if wrapped else own
    for w, weight in state.items():
        if weight.present:
            found[prefix + w] = Held(
                prefix + w, TensorType(weight.shape, DType.FLOAT), types, weight.buffer, wrapped=wrapped
            )  # fmt: skip
    for w, weight in own.items() if wrapped else ():
        if weight.present and not (w in state and state[w].present):
            parts = (key for key, part in state.items() if part.present and key.startswith(f"parametrizations.{w}.original"))
            within = tuple(prefix + key for key in parts)
            found[prefix + w] = Held(prefix + w, TensorType(weight.shape, DType.FLOAT), types, False, within, wrapped)


@cache
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
    return _compiled(pattern).fullmatch(held.key) is not None


@cache
def _compiled(pattern: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(regular_expression(pattern))


def selected(pattern: tuple[str, ...], layer: bool, weights: Mapping[str, Held]) -> list[Held]:
    """The weights that a pattern names. A computed one is left out where the pattern names what it is computed from."""
    found = {key: held for key, held in weights.items() if names(pattern, layer, held)}
    return [held for held in found.values() if not any(key in found for key in held.within)]


def freezes(pattern: tuple[str, ...], layer: bool, held: Held) -> bool:
    """As `names`; a pattern that ends in a layer is for all in it."""
    return names(pattern, layer, held) or names((*pattern, "*"), layer, held)
