"""Parameters and buffers of layers as tensors of the body: `wte.weight`, `transformer.wte.weight`."""

from __future__ import annotations

from typing import Any

from specc.dims.opaque import NotGeneric
from specc.elaborate import errors
from specc.elaborate.body import Body
from specc.elaborate.labels import key_text, written_path
from specc.elaborate.trace import BlockLayer, Member, OpLayer, ScanLayer, SeqLayer, TensorMember
from specc.elaborate.values import POISON, Poison, kind_of
from specc.pycode import Attr, Item, Lit, Path
from specc.syntax import ast
from specc.types import Shape, TensorType


def dotted(node: ast.Expr, body: Body) -> tuple[str, ...] | None:
    """`a.0.b` or `blocks.{i}.weight` as its parts; None for what is no path."""
    if isinstance(node, ast.Name):
        return (node.name,)
    if isinstance(node, ast.Attribute):
        head = dotted(node.value, body)
        return (*head, node.name) if head is not None else None
    if isinstance(node, ast.LabelRef):
        path = written_path(node.label, body)
        return None if isinstance(path, Poison) else tuple(key_text((part,)) for part in path)
    return None


def weight_tensor(node: ast.Attribute | ast.LabelRef, body: Body) -> Any:
    """A parameter or buffer by its path. Poison after a message."""
    parts = dotted(node, body)
    if isinstance(node, ast.LabelRef):
        if parts is None:
            return POISON
    elif parts is None or body.scope.find(parts[0]) is not None:
        shown = node.value.span.text
        value = body.find(parts[0]) if parts else None
        if parts and node.name in ("shape", "size"):
            return body.report(errors.size_attribute(shown, node.name, node.span))
        return body.report(errors.wrong_kind(shown, kind_of(value), "a layer", node.span))
    assert parts is not None
    if body.generic and any("{" in part for part in parts):
        raise NotGeneric(frozenset(), "a weight is read by a computed path")
    found = lookup(parts, body.layers.members)
    if found is None:
        return body.report(errors.unknown_name(".".join(parts), body.layers.members, node.span))
    for cut in range(len(parts), 0, -1):
        member = body.layers.members.get(".".join(parts[:cut]))
        if member is not None:
            body.program.used(member.span)
    if isinstance(found, Member):
        return body.report(errors.wrong_kind(".".join(parts), "a layer", "a tensor", node.span))
    whole = body.layers.members.get(".".join(parts))
    own = whole.layer.type if whole is not None and isinstance(whole.layer, TensorMember) else TensorType(found)
    result = body.tensor(own, node.span)
    code: Any = Path("self")
    for part in parts:
        code = Attr(code, part) if part.isidentifier() else Item(code, (Lit(int(part) if part.isdigit() else part),))
    body.program.weight_codes[result.id] = code
    return result


def lookup(parts: tuple[str, ...], members: dict[str, Member]) -> Member | Shape | None:
    """The layer at a path, or the shape of a weight of it."""
    for cut in range(len(parts), 0, -1):
        member = members.get(".".join(parts[:cut]))
        if member is None:
            continue
        rest = parts[cut:]
        if not rest and not isinstance(member.layer, TensorMember):
            return member
        return _inside(member, rest)
    return None


def _inside(member: Member, rest: tuple[str, ...]) -> Member | Shape | None:
    layer = member.layer
    if isinstance(layer, OpLayer):
        weights = {**layer.op.weights(), **layer.state()}  # as it is used, and what a wrapper computes it from
        found = weights.get(".".join(rest))
        return found.shape if found is not None and found.present else None
    if isinstance(layer, SeqLayer) and layer.layers is not None:
        return lookup(rest, layer.layers.members)
    if isinstance(layer, ScanLayer):
        layer = layer.cell
    if isinstance(layer, BlockLayer) and layer.instance is not None:
        return lookup(rest, layer.instance.members)
    if isinstance(layer, TensorMember) and not rest:
        return layer.type.shape
    return None
