"""Loops. Where the items are known and the trace is concrete, a body per iteration. In a generic trace one body for all,
in terms of the loop's variables: what the loop carries has one rank and dtype, and sizes that change are widened to a
symbol that the constructor threads. Where that fails, that loop alone is unrolled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specc.dims.expr import Expr, symbols
from specc.dims.opaque import NotGeneric
from specc.elaborate import errors
from specc.elaborate.arguments import Written
from specc.elaborate.body import Body, Position, Results
from specc.elaborate.copies import copy, copyable, mentions
from specc.elaborate.iterables import Iterable, iterable_of
from specc.elaborate.rolled import restore, rolled, snapshot
from specc.elaborate.run_loops import run_loop
from specc.elaborate.scope import Scope
from specc.elaborate.trace import Item, Loop, Static, Tensor
from specc.elaborate.values import POISON, Poison
from specc.pycode import Lit
from specc.source import Span
from specc.syntax import ast

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
        saved = snapshot(body)
        try:
            return rolled(targets, source, span, once, carried, spread, body)
        except NotGeneric as problem:
            restore(saved, body)
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
    from specc.elaborate.lists import bind_targets

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


__all__ = ["loop_stages", "loop_statement"]
