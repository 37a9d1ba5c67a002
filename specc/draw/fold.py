"""What of a body is alike and stands next to each other: by definition and arguments, never by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specc.graph import model


def stretches(nodes: Sequence[model.AnyNode]) -> Iterator[tuple[model.AnyNode, ...]]:
    """The nodes in order; calls of one instance that feed each other come together."""
    run: list[model.AnyNode] = []
    for node in nodes:
        if run and not _continues(run[-1], node):
            yield tuple(run)
            run = []
        run.append(node)
    if run:
        yield tuple(run)


def _continues(last: model.AnyNode, node: model.AnyNode) -> bool:
    if not (isinstance(last, model.Call) and isinstance(node, model.Call)):
        return False
    if (last.instance, last.entry) != (node.instance, node.entry) or not node.inputs or node.member is None:
        return False
    if last.reused or node.reused or not last.outputs or node.inputs[0].tensor != last.outputs[0]:
        return False
    return [wire.tensor for wire in last.inputs[1:]] == [wire.tensor for wire in node.inputs[1:]]


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


def folded(nodes: Sequence[model.AnyNode]) -> Iterator[model.Use]:
    """The nodes that are drawn: of equal iterations and of equal calls in a row, one."""
    for run in stretches(nodes):
        node = run[0]
        if isinstance(node, model.Sequential):
            yield from folded(node.nodes)
        elif isinstance(node, model.Choice):
            yield from folded(node.nodes)
            yield from folded(node.orelse)
        elif isinstance(node, model.Repeat):
            start = 0
            for length in node.runs if not node.carried else (1,):
                yield from folded(node.iterations[start])
                start += length
        else:
            yield node
