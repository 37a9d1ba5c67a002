"""Loops whose number of iterations is known at run time only: `for t in 0..n` with an input `n: dim`. What they carry
keeps its rank and dtype; each of its sizes stays, or grows by the same amount every time (generation grows `tokens` by one)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specc.dims.expr import Dim, Expr, symbols
from specc.dims.solver import Verdict
from specc.elaborate import errors
from specc.elaborate.body import Body
from specc.elaborate.iterables import Iterable
from specc.elaborate.scope import Scope
from specc.elaborate.trace import Carried, Introduce, Item, Loop, Static, Tensor
from specc.elaborate.values import Poison
from specc.pycode import Var
from specc.source import Span
from specc.types import TensorType


def run_loop(
    targets: tuple[str, ...], source: Iterable, span: Span, once: Callable[[], bool], carried: list[str], body: Body
) -> bool:
    """Elaborates the body once for an iteration in the middle: first to see how sizes grow, then with that growth."""
    assert source.start is not None
    if len(targets) != 1:
        body.report(errors.item_count(len(targets), 1, span))
        return False
    before: dict[str, Any] = {}
    for name in carried:
        binding = body.scope.find(name)
        assert binding is not None
        if isinstance(binding.value, Poison):
            return False
        if not isinstance(binding.value, Tensor):
            body.report(
                errors.not_at_run_time(f"a run-time loop cannot carry `{name}`, which is no tensor", span, "carry tensors")
            )
            return False
        before[name] = binding.value
    growth: dict[str, tuple[Dim, ...]] = {name: (0,) * tensor.type.rank for name, tensor in before.items()}
    mark = body.solver.mark()
    seen = _iterate(targets[0], source, span, once, before, growth, body, trial=True)
    if seen is None:
        return False
    body.solver.undo(mark)
    index = symbols(seen.index)[0] if isinstance(seen.index, Expr) else None
    for name, (inside, after) in seen.carried.items():
        if not isinstance(after, Tensor) or after.type.rank != inside.type.rank or after.type.dtype != inside.type.dtype:
            body.report(errors.carried_type(name, str(inside.type), str(getattr(after, "type", "no tensor")), span))
            return False
        steps = tuple(b - a for a, b in zip(inside.type.shape, after.type.shape, strict=True))
        if any(isinstance(step, Expr) and index in symbols(step) for step in steps):
            body.report(errors.carried_type(name, str(inside.type), str(after.type), span))
            return False
        growth[name] = steps
    final = _iterate(targets[0], source, span, once, before, growth, body, trial=False)
    if final is None:
        return False
    for name, (inside, after) in final.carried.items():
        wanted = tuple(a + step for a, step in zip(inside.type.shape, growth[name], strict=True))
        if any(body.solver.compare(a, b) is not Verdict.EQUAL for a, b in zip(wanted, after.type.shape, strict=True)):
            body.report(errors.carried_type(name, str(inside.type), str(after.type), span))
            return False
        shape = tuple(a + step * source.count for a, step in zip(before[name].type.shape, growth[name], strict=True))
        outer, body.hint = body.hint, name
        result = body.tensor(TensorType(shape, before[name].type.dtype), span, after)
        body.hint = outer
        final.loop.carried.append(Carried(name, before[name], inside, after, result))
        body.scope.bind(name, result)
    body.add(final.loop)
    return True


class _Iteration:
    __slots__ = ("carried", "index", "loop")

    def __init__(self, loop: Loop, index: Dim, carried: dict[str, tuple[Tensor, Any]]) -> None:
        self.loop = loop
        self.index = index
        self.carried = carried


def _iterate(
    target: str,
    source: Iterable,
    span: Span,
    once: Callable[[], bool],
    before: dict[str, Any],
    growth: dict[str, tuple[Dim, ...]],
    body: Body,
    *,
    trial: bool,
) -> _Iteration | None:
    """The body for an iteration: the first one on trial, any one else."""
    assert source.start is not None
    loop = Loop((target,), source.code, source.count, True, False, span)
    loop.runtime = True
    contents: list[Item] = []
    scope = Scope(body.scope)
    index = body.solver.fresh(target, flexible=False, lower=0, payload=Var(target))
    body.solver.assume(index, "<", source.start + source.count)
    rounds: Dim = 0 if trial else index - source.start
    entered: dict[str, Tensor] = {}
    for name, tensor in before.items():
        shape = tuple(dim + step * rounds for dim, step in zip(tensor.type.shape, growth[name], strict=True))
        entered[name] = Tensor(body.program.fresh_id(), TensorType(shape, tensor.type.dtype), span, name, tensor)
        outside = body.scope.find(name)
        scope.bind(name, entered[name], outside.span if outside is not None else None)
    scope.bind(target, Static(index, Var(target)))
    inner = Scope(scope)
    saved = body.nested(inner, contents)
    try:
        good = once()
    finally:
        body.leave(saved)
    introduced = next((item.member for item in contents if isinstance(item, Introduce)), None)
    if introduced is not None:
        fix = "declare it before the loop, `layer name: ...`, and use it by name"
        body.report(
            errors.not_at_run_time(
                "a run-time loop introduces no layers: it would make a new one every time", introduced.span, fix
            )
        )
        return None
    for name in before:  # what one round leaves behind, the next one has
        left = inner.names.get(name)
        if left is not None and left.span is not None:
            body.program.used(left.span)
    after = {name: inner.names[name].value if name in inner.names else entered[name] for name in before}
    if not good or any(isinstance(value, Poison) for value in after.values()):
        return None
    loop.bodies.append(contents)
    return _Iteration(loop, index, {name: (entered[name], after[name]) for name in before})
