"""Iterations that repeat the one before: layers of the same kind on a tensor of the same type.

What the first found out holds for the others, so they are copied instead of being elaborated again; each copy has layers
and tensors of its own.
"""

from __future__ import annotations

from typing import Any

from specc.elaborate.body import Body
from specc.elaborate.trace import Apply, BlockLayer, Introduce, Item, LayerLike, Member, OpLayer, Tensor
from specc.syntax import ast


def mentions(node: Any, names: frozenset[str]) -> bool:
    """Does a piece of syntax speak of a name?"""
    if isinstance(node, ast.Name):
        return node.name in names
    if isinstance(node, ast.Node):
        return any(mentions(getattr(node, field), names) for field in node._fields if field != "span")
    return isinstance(node, tuple) and any(mentions(part, names) for part in node)


def copyable(items: list[Item], start: Tensor) -> bool:
    """A chain of unlabelled layers, one after the other, from `start` on."""
    at = start
    introduced: Member | None = None
    for item in items:
        if isinstance(item, Introduce):
            if introduced is not None or item.member.labelled or not isinstance(item.member.layer, OpLayer | BlockLayer):
                return False
            introduced = item.member
        elif (
            isinstance(item, Apply)
            and item.target is introduced
            and len(item.outputs) == 1
            and list(item.inputs.values()) == [at]
        ):
            at, introduced = item.outputs[0], None
        else:
            return False
    return introduced is None


def copy(items: list[Item], start: Tensor, body: Body) -> tuple[list[Item], Tensor]:
    """The same stages once more on `start`, with keys that go on counting. Returns what happened and the tensor at the end."""
    frame = body.frame
    program = body.program
    assert frame.counter is not None
    made: list[Item] = []
    at = start
    for item in items:
        if isinstance(item, Introduce):
            old = item.member
            key = str(frame.counter)
            frame.counter += 1
            member = Member((key,), _fresh(old.layer), False, old.span, old.origin)
            frame.layers.members[key] = member
            made.append(Introduce(member))
        elif isinstance(item, Apply):
            result = item.outputs[0]
            output = Tensor(program.fresh_id(), result.type, result.span, result.hint, at)
            use = Apply(member, dict.fromkeys(item.inputs, at), [output], item.span, item.entry)
            use.instance = item.instance
            if item.instance is not None:
                program.count_instance(item.instance, body)
            made.append(use)
            at = output
        program.count_node(body)
    return made, at


def _fresh(layer: LayerLike) -> LayerLike:
    """A layer of its own with the same arguments."""
    if isinstance(layer, OpLayer):
        made = OpLayer(layer.op, layer.given, layer.span)
        made.wrappings = layer.wrappings
        return made
    assert isinstance(layer, BlockLayer)
    block = BlockLayer(layer.definition, layer.args, layer.given, layer.span)
    block.inputs, block.instance, block.latest = layer.inputs, layer.instance, layer.latest
    return block
