"""Counting what a body learns: every weight by its key, with `tie` and `freeze` taken into account."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from specc.dims.expr import Dim
from specc.record import Record


class Slot:
    """A weight: its elements, whether it is a buffer, whether it gets no gradient, the key of the weight that it is one
    Parameter with."""

    __slots__ = ("buffer", "elements", "frozen", "tied")

    def __init__(self, elements: Dim, buffer: bool, frozen: bool = False, tied: str | None = None) -> None:
        self.elements = elements
        self.buffer = buffer
        self.frozen = frozen
        self.tied = tied


class Counts(Record):
    """Elements. Frozen ones are learned ones too: they are parameters."""

    learned: Dim
    frozen: Dim
    buffers: Dim


def inside(key: str, weights: Mapping[str, Slot]) -> dict[str, Slot]:
    """The weights of a block as those of the body that introduces it under `key`."""
    found = {}
    for name, slot in weights.items():
        tied = None if slot.tied is None else f"{key}.{slot.tied}"
        found[f"{key}.{name}"] = Slot(slot.elements, slot.buffer, slot.frozen, tied)
    return found


def settle(weights: dict[str, Slot], ties: Sequence[tuple[str, str]], frozen: Collection[str]) -> Counts:
    """Marks what the body ties (target, source) and freezes, and counts. Tied weights are frozen together."""
    for target, source in ties:
        weights[target].tied = source
    for key, slot in weights.items():
        if not slot.buffer and key in frozen:
            slot.frozen = True
            if slot.tied is not None:
                weights[slot.tied].frozen = True
    learned: Dim = 0
    unmoved: Dim = 0
    buffers: Dim = 0
    for slot in weights.values():
        if slot.tied is not None:
            slot.frozen = weights[slot.tied].frozen
        elif slot.buffer:
            buffers = buffers + slot.elements
        else:
            learned = learned + slot.elements
            if slot.frozen:
                unmoved = unmoved + slot.elements
    return Counts(learned, unmoved, buffers)
