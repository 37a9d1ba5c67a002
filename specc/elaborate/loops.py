"""Loops. Where the items are known and the trace is concrete, a body per iteration. In a generic trace one body for all,
in terms of the loop's variables: what the loop carries has one rank and dtype, and sizes that change are widened to a
symbol that the constructor threads. Where that fails, that loop alone is unrolled."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from specc.dims.expr import Expr, symbols
from specc.dims.opaque import NotGeneric
from specc.elaborate import errors
from specc.elaborate.arguments import Written
from specc.elaborate.body import Body, Position, Results
from specc.elaborate.copies import copy, copyable, mentions
from specc.elaborate.iterables import Iterable, iterable_of
from specc.elaborate.run_loops import run_loop
from specc.elaborate.scope import Scope
from specc.elaborate.trace import Carried, Item, Loop, Static, Tensor
from specc.elaborate.values import POISON, Poison, has_tensor, value_key
from specc.pycode import Lit, Var, base_name
from specc.source import Span
from specc.syntax import ast
from specc.types import TensorType

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")

Widened = dict[tuple[str, int], str]
"""The sizes that a loop changes, by the name of the tensor and the axis: the variable that holds them in the constructor."""

CHAIN = "->"
"""The name under which a chain's tensor is carried through a loop of stages."""


def loop_stages(stage: ast.ForStage, feed: list[Written], body: Body) -> Any:
    """`for i in xs { stages }` in a chain: spreads its stages in place."""
    from specc.elaborate.stages import run

    source = feed[0][1]
    if not isinstance(source, Tensor):
        return body.report(errors.not_a_value("a value", "a tensor before the loop", stage.span))
    scope = body.scope
    body.scope = Scope(scope)
    body.scope.bind(CHAIN, source)
    spread = body.frame.counter is not None

    def once() -> bool:
        binding = body.scope.find(CHAIN)
        assert binding is not None
        value = run(stage.stages, [(None, binding.value, stage.span), *feed[1:]], body)
        value = value.values[0] if isinstance(value, Results) else value
        body.scope.bind(CHAIN, value)
        return not isinstance(value, Poison)

    alike = spread and not body.generic and len(feed) == 1 and not mentions(stage.stages, frozenset(stage.targets))
    try:
        good = _loop(stage.targets, stage.iterable, stage.span, once, [CHAIN], spread, body, alike)
        binding = body.scope.find(CHAIN)
        assert binding is not None
        return binding.value if good else POISON
    finally:
        body.scope = scope


def loop_statement(node: ast.For, body: Body) -> None:
    from specc.elaborate.statements import assigned, execute

    def once() -> bool:
        execute(node.body, body)
        return True

    carried = [name for name in assigned(node.body) if body.scope.find(name) is not None]
    _loop(node.targets, node.iterable, node.span, once, carried, False, body)


def _loop(
    targets: tuple[str, ...],
    iterable: ast.Expr,
    span: Span,
    once: Callable[[], bool],
    carried: list[str],
    spread: bool,
    body: Body,
    alike: bool = False,
) -> bool:
    """`alike`: no iteration depends on the loop's names, only on the tensor that it carries."""
    source = iterable_of(iterable, body)
    if isinstance(source, Poison):
        return False
    if _at_run_time(source, body):
        return run_loop(targets, source, span, once, carried, body)
    if body.generic and not _certain(source) and (source.symbolic or not body.program.write_out):
        saved = _snapshot(body)
        try:
            return _rolled(targets, source, span, once, carried, spread, body)
        except NotGeneric as problem:
            _restore(saved, body)
            if source.symbolic:
                outside = problem.names - set(targets) - set(carried)
                raise NotGeneric(outside | source.names | _names(source), problem.why) from None
    return _unrolled(targets, source, iterable, span, once, carried, spread, body, alike)


def _at_run_time(source: Iterable, body: Body) -> bool:
    """Does the number of iterations depend on a `dim` input?"""
    if source.start is None:
        return False
    return any(
        symbol in body.program.run_sizes
        for dim in (source.count, source.start)
        if isinstance(dim, Expr)
        for symbol in symbols(dim)
    )


def _certain(source: Iterable) -> bool:
    """One iteration or none is no loop."""
    return not source.symbolic and isinstance(source.count, int) and source.count < 2


def _names(source: Iterable) -> frozenset[str]:
    found: set[str] = set()
    for dim in (source.count, source.start):
        if isinstance(dim, Expr):
            found |= dim.names
    return frozenset(found)


def _snapshot(body: Body) -> tuple[Any, ...]:
    layers = body.frame.layers
    return (
        body.solver.mark(), len(body.frame.items), list(layers.members), dict(layers.counts), body.frame.counter,
        dict(body.scope.names), len(body.positions),
    )  # fmt: skip


def _restore(saved: tuple[Any, ...], body: Body) -> None:
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


# --- one body per iteration ------------------------------------------------------------------------------------


def _unrolled(
    targets: tuple[str, ...],
    source: Iterable,
    iterable: ast.Expr,
    span: Span,
    once: Callable[[], bool],
    carried: list[str],
    spread: bool,
    body: Body,
    alike: bool,
) -> bool:
    from specc.elaborate.expressions import bind_targets

    items = source.items(body, iterable.span)
    if isinstance(items, Poison):
        return False
    loop = Loop(targets, source.code, len(items), False, spread, span)
    outer = body.scope
    model: tuple[list[Item], Tensor] | None = None
    for k, item in enumerate(items):
        contents: list[Item] = []
        start = outer.names[CHAIN].value if alike else None
        if model is not None and isinstance(start, Tensor) and start.type == model[1].type:
            contents, end = copy(model[0], start, body)
            loop.bodies.append(contents)
            outer.bind(CHAIN, end)
            continue
        scope = Scope(outer)
        saved = body.nested(scope, contents)
        if not spread:
            body.positions.append(Position(loop, Static(k, Lit(k))))
        good = False
        try:
            good = bind_targets(targets, item, iterable.span, body) and once()
        finally:
            if not spread:
                body.positions.pop()
            body.leave(saved)
        loop.bodies.append(contents)
        for name in carried:
            binding = scope.names.get(name)
            if binding is not None:
                outer.bind(name, binding.value, binding.span)
                good = good and not isinstance(binding.value, Poison)
        if not good:
            break
        if isinstance(start, Tensor):
            model = (contents, start) if copyable(contents, start) else None
    body.add(loop)
    return True


# --- one body for all iterations -------------------------------------------------------------------------------


def _rolled(
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
    widened: Widened = {}
    statics: dict[str, str] = {}
    named = targets
    targets = tuple(body.variable(name) if name != "_" and outer.find(name) is not None else name for name in named)
    for _ in range(8):
        saved = _snapshot(body)
        loop = Loop(targets, source.code, source.count, True, spread, span)
        contents: list[Item] = []
        scope = Scope(outer)
        inside = _enter(before, widened, statics, scope, span, body)
        position = _position(loop, targets, source, body)
        state = body.nested(scope, contents)
        if not spread:
            body.positions.append(Position(loop, position))
        try:
            spec_name = dict(zip(targets, named, strict=True))
            for name, value in source.element(targets, body, loop.position):
                scope.bind(spec_name[name], value)
            inner = Scope(scope)
            body.scope = inner
            once()
        finally:
            if not spread:
                body.positions.pop()
            body.leave(state)
        after = {name: inner.names[name].value if name in inner.names else inside[name] for name in before}
        changed = _widen(before, inside, after, widened, statics, body)
        same = [name for name, start in inside.items() if after[name] is start and isinstance(start, Tensor)]
        if not changed and same:  # no branch that stands assigns it: what was there before is meant
            before = {name: value for name, value in before.items() if name not in same}
        elif not changed:
            loop.bodies.append(contents)
            _exit(loop, before, inside, after, widened, statics, span, body)
            body.add(loop)
            return True
        _restore(saved, body)
    raise NotGeneric(frozenset(targets), "the loop's sizes do not settle")


def _carried_value(name: str, body: Body) -> Any:
    binding = body.scope.find(name)
    assert binding is not None
    if has_tensor(binding.value) and not isinstance(binding.value, Tensor):
        raise NotGeneric(frozenset(), "the loop carries a list of tensors")
    return binding.value


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
    while (name := "index" if count == 1 else f"index_{count}") in around or name in _written(body):
        count += 1
    loop.position = name
    return Static(None, Var(name))


def _written(body: Body) -> set[str]:
    """Every name that the definition mentions: one of them may be bound by a loop inside."""
    return set(_IDENTIFIER.findall(body.definition.node.span.text))


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
            group = body.variable(_size_word(before[name], axis, body))
        kept.add(group)
        widened.update(dict.fromkeys(members, group))
    return changed


_WORDS = (("channels", "in_channels"), ("features", "in_features"))


def _size_word(before: Tensor, axis: int, body: Body) -> str:
    """A name for a size that a loop threads, after its axis, that the spec does not use otherwise."""
    rank = before.type.rank
    if (axis == 1 and rank >= 3) or (axis == rank - 1 and rank <= 3):
        written = _written(body)
        return next((word for word in _WORDS[not (axis == 1 and rank >= 3)] if word not in written), f"size{axis}")
    return f"size{axis}"


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


__all__ = ["loop_stages", "loop_statement"]
