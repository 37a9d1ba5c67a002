"""When two iterations of a loop are equal: the same operations on the same types in the same wiring, with layers of their
own. Never by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specc.graph.model import AnyNode, Call, Choice, Member, Op, Repeat, Scan, Sequential, Tensor, Use, walk

Iteration = Sequence[AnyNode]


def runs(iterations: Sequence[Iteration], tensors: Mapping[str, Tensor], members: Mapping[str, Member]) -> tuple[int, ...]:
    """The lengths of stretches of adjacent equal iterations."""
    lengths: list[int] = []
    last: object = None
    for iteration in iterations:
        signature = _Signature(iteration, tensors, members).all()
        if lengths and signature == last:
            lengths[-1] += 1
        else:
            lengths.append(1)
        last = signature
    return tuple(lengths)


class _Signature:
    """A hashable that says what an iteration does. Tensors and members are numbered as they are met; a member that an
    earlier iteration or the surroundings applied before is shared with them, so it counts as itself."""

    def __init__(self, nodes: Iteration, tensors: Mapping[str, Tensor], members: Mapping[str, Member]) -> None:
        self.nodes = nodes
        self.tensors = tensors
        self.members = members
        applied = [node for node in walk(nodes) if isinstance(node, Use)]
        self.own = {node.member for node in applied if not node.reused and node.member is not None}
        self.numbers: dict[str, int] = {}

    def all(self) -> tuple[object, ...]:
        return tuple(self.node(node) for node in self.nodes)

    def tensor(self, name: str) -> object:
        number = self.numbers.setdefault("tensor " + name, len(self.numbers))
        return number, str(self.tensors[name].type)

    def member(self, key: str | None) -> object:
        if key is None:
            return None
        if key not in self.own:
            return key
        weights = tuple((name, str(weight.shape)) for name, weight in self.members[key].weights.items())
        return self.numbers.setdefault("member " + key, len(self.numbers)), weights

    def wired(self, node: Use) -> tuple[object, ...]:
        inputs = tuple((wire.operand, self.tensor(wire.tensor)) for wire in node.inputs)
        return node.node, self.member(node.member), inputs, tuple(self.tensor(name) for name in node.outputs)

    def node(self, node: Any) -> tuple[object, ...]:
        if isinstance(node, Op):
            return *self.wired(node), node.name, repr(sorted(node.arguments.items()))
        if isinstance(node, Call):
            return *self.wired(node), node.instance, node.entry, repr(sorted(node.sizes.items()))
        if isinstance(node, Scan):
            return *self.wired(node), node.instance, node.dim, node.reverse, node.length, node.given
        if isinstance(node, Sequential):
            return *self.wired(node), tuple(self.node(inner) for inner in node.nodes)
        if isinstance(node, Repeat):
            return node.node, tuple(tuple(self.node(inner) for inner in iteration) for iteration in node.iterations)
        assert isinstance(node, Choice)
        sides = tuple(tuple(self.node(inner) for inner in side) for side in (node.nodes, node.orelse))
        return node.node, node.condition, node.taken, *sides
