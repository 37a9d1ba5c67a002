"""A loop in a generic trace: one body for all iterations, in terms of the loop's variables. What it carries has one rank and
dtype; sizes that change are widened to a variable that the constructor threads. NotGeneric where that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specc.dims.expr import Expr
from specc.dims.opaque import NotGeneric
from specc.elaborate.body import Body, Position, size_word
from specc.elaborate.iterables import Iterable
from specc.elaborate.scope import Scope
from specc.elaborate.stacks import Entering, is_listed
from specc.elaborate.trace import Carried, Item, Loop, Static, Tensor
from specc.elaborate.values import Poison, has_tensor, value_key
from specc.pycode import Lit, Var, base_name
from specc.source import Span
from specc.types import TensorType

Widened = dict[tuple[str, int], str]
"""The sizes that a loop changes, by the name of the tensor and the axis: the variable that holds them in the constructor."""


def snapshot(body: Body) -> tuple[Any, ...]:
    layers = body.frame.layers
    return (
        body.solver.mark(), len(body.frame.items), list(layers.members), dict(layers.counts), body.frame.counter,
        dict(body.scope.names), len(body.positions),
    )  # fmt: skip


def restore(saved: tuple[Any, ...], body: Body) -> None:
    """Forgets an attempt to roll a loop."""
    mark, items, members, counts, counter, names, positions = saved
    body.solver.undo(mark)
    del body.frame.items[items:]
    layers = body.frame.layers
    layers.members = {key: layers.members[key] for key in members}
    layers.counts = counts
    body.frame.counter = counter
    body.scope.names = names
    del body.positions[positions:]


def rolled(
    targets: tuple[str, ...],
    source: Iterable,
    span: Span,
    once: Callable[[], bool],
    carried: list[str],
    spread: bool,
    body: Body,
) -> bool:
    outer = body.scope
    before = {name: _carried_value(name, body) for name in carried}
    lists = {name: Entering(name, value, body) for name, value in before.items() if _is_stack(value, body)}
    widened: Widened = {}
    statics: dict[str, str] = {}
    named = targets
    targets = tuple(body.variable(name) if name != "_" and outer.find(name) is not None else name for name in named)
    for _ in range(8):
        saved = snapshot(body)
        loop = Loop(targets, source.code, source.count, True, spread, span)
        contents: list[Item] = []
        scope = Scope(outer)
        inside = _enter(before, widened, statics, scope, span, body)
        for name, entering in lists.items():
            inside[name] = entering.enter(body, span)
            scope.bind(name, inside[name])
        position = _position(loop, targets, source, body)
        state = body.nested(scope, contents)
        if not spread:
            body.positions.append(Position(loop, position))
        body.rolled += targets
        try:
            spec_name = dict(zip(targets, named, strict=True))
            for name, value in source.element(targets, body, loop.position):
                scope.bind(spec_name[name], value)
            inner = Scope(scope)
            body.scope = inner
            once()
        finally:
            body.rolled = body.rolled[: len(body.rolled) - len(targets)]
            if not spread:
                body.positions.pop()
            body.leave(state)
        after: dict[str, Any] = {name: inner.names[name].value if name in inner.names else inside[name] for name in before}
        changed = _widen(before, {n: v for n, v in inside.items() if n not in lists}, after, widened, statics, body)
        for name, entering in lists.items():
            changed = entering.widen(after[name], body) or changed
        same = [name for name, start in inside.items() if after[name] is start and isinstance(start, Tensor)]
        if not changed and same:  # no branch that stands assigns it: what was there before is meant
            before = {name: value for name, value in before.items() if name not in same}
        elif not changed:
            loop.bodies.append(contents)
            for name, entering in lists.items():
                left = entering.carried(inside.pop(name), after[name], span, body)
                loop.carried.append(left)
                body.scope.bind(name, Static(left.result, Lit(None)))
            _exit(loop, before, inside, after, widened, statics, span, body)
            body.add(loop)
            return True
        restore(saved, body)
    raise NotGeneric(frozenset(targets), "the loop's sizes do not settle")


def _carried_value(name: str, body: Body) -> Any:
    binding = body.scope.find(name)
    assert binding is not None
    listed = has_tensor(binding.value) and not isinstance(binding.value, Tensor)
    if listed and not (body.program.stacks and is_listed(binding.value)):
        raise NotGeneric(frozenset(), "the loop carries a list of tensors")
    return binding.value


def _is_stack(value: Any, body: Body) -> bool:
    if not body.program.stacks or not isinstance(value, Static):
        return False
    return has_tensor(value) or (isinstance(value.value, list) and not value.value)


def _enter(
    before: dict[str, Any], widened: Widened, statics: dict[str, str], scope: Scope, span: Span, body: Body
) -> dict[str, Any]:
    """The carried values at an iteration's start: widened sizes are fresh symbols, one for all that are equal."""
    inside: dict[str, Any] = {}
    sizes = {local: body.solver.fresh(base_name(local), flexible=False, payload=Var(local)) for local in widened.values()}
    for name, value in before.items():
        if isinstance(value, Tensor):
            shape = [sizes[widened[name, n]] if (name, n) in widened else dim for n, dim in enumerate(value.type.shape)]
            type = TensorType(tuple(shape), value.type.dtype)
            inside[name] = Tensor(body.program.fresh_id(), type, span, value.hint or name, value)
        elif name in statics:
            assert isinstance(value, Static)
            local = Var(statics[name])
            inside[name] = Static(body.solver.fresh(name, flexible=False, lower=0, payload=local), local)
        else:
            inside[name] = value
        scope.bind(name, inside[name])
    return inside


def _position(loop: Loop, targets: tuple[str, ...], source: Iterable, body: Body) -> Static:
    """What counts the iterations from 0: a target if one does, else a name of its own."""
    if source.start == 0 and len(targets) == 1:
        return Static(None, Var(targets[0]))
    if source.columns is not None and source.columns[0].start == 0 and targets[0] != "_":
        return Static(None, Var(targets[0]))
    around = {position.loop.position for position in body.positions}
    count = 1
    while (name := "index" if count == 1 else f"index_{count}") in around or name in body.written():
        count += 1
    loop.position = name
    return Static(None, Var(name))


def _widen(
    before: dict[str, Any],
    inside: dict[str, Any],
    after: dict[str, Any],
    widened: Widened,
    statics: dict[str, str],
    body: Body,
) -> bool:
    """Marks the sizes that an iteration changes. True when another round is needed. Sizes that are equal before the loop are
    taken to stay so until an iteration makes them differ."""
    changed = False
    groups: dict[tuple[Any, ...], list[tuple[str, int]]] = {}
    for name, start in inside.items():
        end = after[name]
        if isinstance(end, Poison):
            raise NotGeneric(frozenset())
        if isinstance(start, Tensor):
            if not isinstance(end, Tensor) or end.type.rank != start.type.rank or end.type.dtype != start.type.dtype:
                raise NotGeneric(frozenset(), "what the loop carries changes its rank or dtype")
            for axis, dims in enumerate(zip(start.type.shape, end.type.shape, strict=True)):
                a, b = map(body.solver.resolve, dims)
                if (name, axis) in widened or a != b:
                    changed = changed or (name, axis) not in widened
                    first = body.solver.resolve(before[name].type.shape[axis])
                    groups.setdefault((widened.get((name, axis), first), b), []).append((name, axis))
        elif isinstance(start, Static):
            if not isinstance(end, Static):
                raise NotGeneric(frozenset())
            if name not in statics and value_key(start) != value_key(end):
                if isinstance(end.value, bool) or not isinstance(end.value, int | Expr):
                    raise NotGeneric(frozenset(), "a value that is no int changes from one iteration to the next")
                statics[name] = body.variable(name)
                changed = True
        elif start is not end:
            raise NotGeneric(frozenset())
    kept: set[str] = set()
    for (group, _), members in groups.items():
        if not isinstance(group, str) or group in kept:  # new ones, and those that part with the others of their group
            changed = True
            name, axis = members[0]
            group = body.variable(size_word(before[name].type.rank, axis, body))
        kept.add(group)
        widened.update(dict.fromkeys(members, group))
    return changed


def _exit(
    loop: Loop, before: dict[str, Any], inside: dict[str, Any], after: dict[str, Any], widened: Widened,
    statics: dict[str, str], span: Span, body: Body,
) -> None:  # fmt: skip
    """Binds what the loop leaves behind."""
    sizes = {local: body.solver.fresh(base_name(local), flexible=False, payload=Var(local)) for local in widened.values()}
    for name, start in inside.items():
        end = after[name]
        if isinstance(start, Tensor):
            axes = [axis for axis in range(start.type.rank) if (name, axis) in widened]
            shape = list(start.type.shape)
            for axis in axes:
                shape[axis] = sizes[widened[name, axis]]
            hint = before[name].hint or name
            result = Tensor(body.program.fresh_id(), TensorType(tuple(shape), start.type.dtype), span, hint, end)
            carried = Carried(name, before[name], start, end, result)
            for axis in axes:
                first, last = before[name].type.shape[axis], body.solver.resolve(end.type.shape[axis])
                carried.sizes.append((widened[name, axis], first, last))
            loop.carried.append(carried)
            body.scope.bind(name, result)
        elif name in statics:
            local = Var(statics[name])
            left = Static(body.solver.fresh(name, flexible=False, lower=0, payload=local), local)
            loop.carried.append(Carried(name, before[name], start, end, left))
            body.scope.bind(name, left)
