"""What of a body is alike and stands next to each other: by definition and arguments, never by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from specc.graph import model

Definitions = Mapping[str, str]
"""Instance -> its definition."""


def stretches(nodes: Sequence[model.AnyNode], reads: Mapping[str, int]) -> Iterator[tuple[model.AnyNode, ...]]:
    """The nodes in order; calls of one instance that feed each other, and nothing else, come together."""
    run: list[model.AnyNode] = []
    for node in nodes:
        if run and not _continues(run[-1], node, reads):
            yield tuple(run)
            run = []
        run.append(node)
    if run:
        yield tuple(run)


def _continues(last: model.AnyNode, node: model.AnyNode, reads: Mapping[str, int]) -> bool:
    if not (isinstance(last, model.Call) and isinstance(node, model.Call)):
        return False
    if (last.instance, last.entry) != (node.instance, node.entry) or not node.inputs or node.member is None:
        return False
    if last.reused or node.reused or not last.outputs or node.inputs[0].tensor != last.outputs[0]:
        return False
    if any(reads.get(tensor, 0) > 1 for tensor in last.outputs):
        return False
    return [wire.tensor for wire in last.inputs[1:]] == [wire.tensor for wire in node.inputs[1:]]


def runs(node: model.Repeat, instance: model.Instance, definitions: Definitions | None = None) -> tuple[int, ...]:
    """The lengths of stretches of iterations that look alike: equal ones, and those that differ in nothing but which part
    of a tensor they take, which is not drawn; with `definitions` also those that do the same at different sizes."""
    lengths: list[int] = []
    last: object = None
    start = 0
    for length in node.runs:
        look = _Look(instance, definitions).nodes(node.iterations[start])
        if lengths and look == last:
            lengths[-1] += length
        else:
            lengths.append(length)
        last = look
        start += length
    return tuple(lengths)


class _Look:
    """What an iteration looks like. Tensors and members are numbered as they are met."""

    def __init__(self, instance: model.Instance, definitions: Definitions | None) -> None:
        self.instance = instance
        self.sizes = definitions is None
        self.definitions = definitions or {}
        self.numbers: dict[tuple[str, str | None], int] = {}

    def nodes(self, nodes: Sequence[model.AnyNode]) -> tuple[object, ...]:
        return tuple(self.node(node) for node in nodes)

    def number(self, kind: str, name: str | None) -> int:
        return self.numbers.setdefault((kind, name), len(self.numbers))

    def tensor(self, name: str) -> tuple[int, str]:
        found = self.instance.tensors[name].type
        return self.number("tensor", name), str(found) if self.sizes else f"{found.dtype} {len(found.dims)}"

    def callee(self, name: str) -> str:
        return self.definitions.get(name, name)

    def node(self, node: model.AnyNode) -> tuple[object, ...]:
        if isinstance(node, model.Repeat):
            return node.node, tuple(self.nodes(iteration) for iteration in node.iterations)
        if isinstance(node, model.Choice):
            return node.node, node.condition, node.taken, self.nodes(node.nodes), self.nodes(node.orelse)
        if isinstance(node, model.Op) and node.kind == "view" and node.member is None:
            wires = [wire.tensor for wire in node.inputs], node.outputs
            return node.node, *(tuple(self.number("tensor", name) for name in names) for names in wires)
        member = self.instance.members.get(node.member or "")
        weights = tuple(str(weight.shape) for weight in member.weights.values()) if member is not None and self.sizes else ()
        wired = tuple((wire.operand, self.tensor(wire.tensor)) for wire in node.inputs), tuple(map(self.tensor, node.outputs))
        what = (node.node, node.reused, self.number("member", node.member), weights, wired)
        if isinstance(node, model.Op):
            return *what, node.name, repr(sorted(node.arguments.items())) if self.sizes else ""
        if isinstance(node, model.Call):
            return *what, self.callee(node.instance), node.entry
        if isinstance(node, model.Scan):
            return *what, self.callee(node.instance), node.dim, node.reverse, node.length, node.given
        return *what, self.nodes(node.nodes)


def uses(nodes: Sequence[model.AnyNode], outputs: Sequence[str]) -> dict[str, int]:
    """How many nodes of a body read each tensor; an output counts as one."""
    found: dict[str, int] = {}
    for node in model.walk(nodes):
        read: list[str] = []
        if isinstance(node, model.Op | model.Call | model.Scan):
            read = [wire.tensor for wire in node.inputs]
        elif isinstance(node, model.Repeat):
            read = [name for carried in node.carried for name in (carried.before, carried.after)]
        elif isinstance(node, model.Choice):
            read = [name for join in node.joins for name in (join.then, join.orelse)]
        for name in dict.fromkeys(read):
            found[name] = found.get(name, 0) + 1
    for name in outputs:
        found[name] = found.get(name, 0) + 1
    return found


def flat(nodes: Sequence[model.AnyNode]) -> list[model.Use]:
    """The nodes with wires, in order, chains and loops entered."""
    return [node for node in model.walk(nodes) if isinstance(node, model.Use)]


def folded(instance: model.Instance, entry: model.Entry) -> Iterator[model.Use]:
    """The nodes of a body that are drawn: of iterations that look alike and of equal calls in a row, one."""
    yield from _folded(entry.nodes, instance, reads(entry))


def reads(entry: model.Entry) -> dict[str, int]:
    """How many nodes of an entry read each tensor; an output counts as one."""
    outputs = [tensor for result in entry.outputs for tensor in result.tensors] + [state.next for state in entry.states]
    return uses(entry.nodes, outputs)


def _folded(nodes: Sequence[model.AnyNode], instance: model.Instance, reads: Mapping[str, int]) -> Iterator[model.Use]:
    for run in stretches(nodes, reads):
        node = run[0]
        if isinstance(node, model.Sequential):
            yield from _folded(node.nodes, instance, reads)
        elif isinstance(node, model.Choice):
            yield from _folded(node.nodes, instance, reads)
            yield from _folded(node.orelse, instance, reads)
        elif isinstance(node, model.Repeat):
            start = 0
            for length in runs(node, instance) if not node.carried else (1,):
                yield from _folded(node.iterations[start], instance, reads)
                start += length
        else:
            yield node


def used(program: model.Program) -> Counter[str]:
    """How often each definition is applied when the model's forward runs once: repeats count, and uses inside uses."""
    known: dict[tuple[str, str], Counter[str]] = {}

    def count(instance: model.Instance, entry: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for node in model.walk(instance.entries[entry].nodes):
            if isinstance(node, model.Call | model.Scan):
                callee = program.instances[node.instance]
                name = node.entry if isinstance(node, model.Call) else callee.main
                key = (node.instance, name)
                if key not in known:
                    known[key] = count(callee, name)
                found.update(known[key])
                if node.member is not None:
                    found[callee.definition] += 1
        return found

    return count(program.main, program.main.main)
