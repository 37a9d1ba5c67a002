"""How the sizes of a stretch of iterations are written that do the same at different sizes: from the first to the last,
`512 … 16 × 8 … 1024 × 8 … 1024`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from specc.draw import words
from specc.draw.fold import flat
from specc.draw.naming import Naming
from specc.graph import model

_NUMBER = re.compile(r"\d+")


class Stretch(Naming):
    """The words of the first of some iterations of a body, said of all of them."""

    def __init__(self, body: Naming, iterations: Sequence[Sequence[model.AnyNode]]) -> None:
        super().__init__(body.program, body.instance)
        first, last = flat(iterations[0]), flat(iterations[-1])
        self.ends: dict[str, str] = {}
        self.last: dict[str, model.Use] = {}
        for one, other in zip(first, last, strict=True):
            self.last[one.id] = other
            self.ends.update(zip(one.outputs, other.outputs, strict=False))
            self.ends.update((a.tensor, b.tensor) for a, b in zip(one.inputs, other.inputs, strict=False))

    def dims(self, tensor: str) -> tuple[str, ...]:
        here = super().dims(tensor)
        there = super().dims(self.ends.get(tensor, tensor))
        return tuple(map(_between, here, there)) if len(here) == len(there) else here

    def subtitle(self, op: model.Op) -> str:
        last = self.last.get(op.id)
        parts = op.subtitle.split(", ")
        others = last.subtitle.split(", ") if isinstance(last, model.Op) else parts
        twins = {_NUMBER.sub("#", other): other for other in others}
        pairs = [(part, twins.get(_NUMBER.sub("#", part))) for part in parts]
        return ", ".join(_each_number(part, twin) for part, twin in pairs if twin is not None)

    def parameters(self, node: model.Call | model.Scan, varying: Sequence[str], usual: Mapping[str, object]) -> str:
        last = self.last.get(node.id)
        if not isinstance(last, model.Call | model.Scan) or last.instance == node.instance:
            return super().parameters(node, varying, usual)
        here, there = (self.program.instances[one.instance].parameters for one in (node, last))
        first = next(iter(here), "")
        if first not in varying or not isinstance(here[first], int) or isinstance(here[first], bool):
            return ""
        return _between(words.value(here[first]), words.value(there.get(first)))

    def number(self, op: model.Op, argument: str) -> str:
        last = self.last.get(op.id)
        same = not isinstance(last, model.Op) or last.arguments.get(argument) == op.arguments[argument]
        return super().number(op, argument) if same else ""


def _each_number(first: str, last: str) -> str:
    """A text with numbers, from what it is at first to what it is at last."""
    ends = iter(_NUMBER.findall(last))
    return _NUMBER.sub(lambda number: _between(number[0], next(ends)), first)


def _between(first: str, last: str) -> str:
    return first if first == last else f"{first}{words.UNSAID}{last}"
