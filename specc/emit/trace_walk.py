"""Reading traces: the tensors and members that items mention, and which parenthesised chains nn.Sequential can run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specc.dims.opaque import NotGeneric
from specc.elaborate.trace import (
    Apply,
    Branch,
    FunctionUse,
    Instance,
    Introduce,
    Item,
    Local,
    Loop,
    Member,
    OpLayer,
    Require,
    ScanLayer,
    SeqLayer,
    Stack,
    Static,
    Tensor,
    TensorMember,
)
from specc.emit.walk import parts
from specc.ops.declare import Layer, Weight
from specc.pycode import Code, SizeOf, TensorVar, Var


class CannotEmit(Exception):
    """This definition cannot be written once for all its instances. The text says why, to people who work on specc."""


def tensors_in(value: Any) -> Iterator[int]:
    """The ids of the tensors in an operand: a tensor, a list of them, a compile-time value with some inside."""
    if isinstance(value, Tensor | Stack):
        yield value.id
    elif isinstance(value, Static):
        yield from tensors_in(value.value if isinstance(value.value, list | Stack) else None)
        yield from tensors_in(value.code)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, Code):
        for part in parts(value):
            if isinstance(part, TensorVar | SizeOf):
                yield part.tensor


def vars_in(value: Any) -> Iterator[str]:
    """The names that an operand's code reads."""
    if isinstance(value, Static):
        yield from vars_in(value.code)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from vars_in(item)
    elif isinstance(value, Code):
        for part in parts(value):
            if isinstance(part, Var):
                yield part.name


def operands(apply: Apply) -> list[Any]:
    """Everything that an application reads, operands first."""
    if isinstance(apply.target, FunctionUse):
        return [*apply.target.operands.values(), *apply.target.given.values()]
    return list(apply.inputs.values())


def sides(branch: Branch) -> list[list[Item]]:
    """The bodies of a branch that can run."""
    if branch.taken is None:
        return [branch.then, branch.orelse]
    return [branch.then if branch.taken else branch.orelse]


def introductions(items: list[Item]) -> Iterator[Member]:
    """Every member that items introduce, at any depth but not inside other layers."""
    for item in items:
        match item:
            case Introduce():
                yield item.member
            case Branch():
                for side in sides(item):
                    yield from introductions(side)
            case Loop():
                for body in item.bodies:
                    yield from introductions(body)


def all_items(items: list[Item]) -> Iterator[Item]:
    """Every item at any depth, parenthesised chains included."""
    for item in items:
        yield item
        match item:
            case Introduce():
                if isinstance(item.member.layer, SeqLayer):
                    yield from all_items(item.member.layer.items)
            case Branch():
                for side in sides(item):
                    yield from all_items(side)
            case Loop():
                for body in item.bodies:
                    yield from all_items(body)


def instance_items(instance: Instance) -> Iterator[Item]:
    for entry in instance.entries.values():
        yield from all_items(entry.items)


def weights_of(op: Layer) -> dict[str, Weight] | None:
    """A layer's weights; None where they depend on parameters (an LSTM of any number of layers)."""
    try:
        return op.weights()
    except NotGeneric:
        return None


def weightless(member: Member) -> bool:
    """A built-in layer without parameters and buffers."""
    layer = member.layer
    if not isinstance(layer, OpLayer):
        return False
    weights = weights_of(layer.op)
    return weights is not None and not any(weight.present is not False for weight in weights.values())


def is_sequential(layer: SeqLayer) -> bool:
    """Can nn.Sequential run it: every stage a module of its own that takes the tensor before it and gives the next?"""
    if layer.input is None or layer.output is None:
        return False
    own = {id(member) for member in introductions(layer.items)}
    last = _follow(layer.items, layer.input.id, own, set())
    return last == layer.output.id


def _follow(items: list[Item], current: int, own: set[int], used: set[int]) -> int | None:
    """The tensor that comes out when `current` goes in, None where it is no plain chain."""
    now: int | None = current
    for item in items:
        if now is None:
            return None
        match item:
            case Introduce():
                if isinstance(item.member.layer, SeqLayer) and not is_sequential(item.member.layer):
                    return None
                if len(item.member.path) != 1 or isinstance(item.member.layer, ScanLayer | TensorMember):
                    return None
            case Apply():
                now = _through(item, now, own, used)
            case Branch():
                now = _through_branch(item, now, own, used)
            case Loop():
                now = _through_loop(item, now, own, used)
            case Require():
                return None  # nn.Sequential checks nothing on the way
            case Local():
                continue
    return now


def _through(apply: Apply, current: int, own: set[int], used: set[int]) -> int | None:
    if not isinstance(apply.target, Member) or id(apply.target) not in own or id(apply.target) in used:
        return None
    inputs = list(apply.inputs.values())
    if (
        len(inputs) != 1
        or not isinstance(inputs[0], Tensor)
        or inputs[0].id != current
        or len(apply.outputs) != 1
        or apply.entry != "forward"
    ):
        return None
    used.add(id(apply.target))
    result: Tensor = apply.outputs[0]
    return result.id


def _through_branch(branch: Branch, current: int, own: set[int], used: set[int]) -> int | None:
    if branch.runtime:
        return None
    if branch.taken is not None:
        return _follow(branch.then if branch.taken else branch.orelse, current, own, used)
    then = _follow(branch.then, current, own, used)
    orelse = _follow(branch.orelse, current, own, used)
    if then is None or orelse is None:
        return None
    if not branch.joins:
        return current if then == orelse == current else None
    join = branch.joins[0]
    return join.result.id if len(branch.joins) == 1 and join.then.id == then and join.orelse.id == orelse else None


def _through_loop(loop: Loop, current: int, own: set[int], used: set[int]) -> int | None:
    now: int | None = current
    if not loop.rolled:
        for body in loop.bodies:
            now = _follow(body, now, own, used) if now is not None else None
        return now
    if len(loop.carried) != 1:
        return current if not loop.carried and not any(isinstance(i, Apply) for i in all_items(loop.bodies[0])) else None
    carried = loop.carried[0]
    if not isinstance(carried.before, Tensor) or carried.before.id != current:
        return None
    after = _follow(loop.bodies[0], carried.inside.id, own, used)
    return carried.result.id if after is not None and after == carried.after.id else None
