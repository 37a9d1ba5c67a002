"""Heads of loops: targets and iterables without what nothing reads."""

from __future__ import annotations

from specc.elaborate.trace import Loop
from specc.emit.plan import For, Stmt
from specc.emit.walk import expressions, free_vars, target_names
from specc.pycode import CallCode, Code, Path


def loop_head(loop: Loop, iterable: Code) -> tuple[tuple[str, ...], Code]:
    """Targets and iterable of a rolled loop, with a counter where a label may need one."""
    if not loop.position or loop.position in loop.targets:
        return loop.targets, iterable
    inner = loop.targets[0] if len(loop.targets) == 1 else f"({', '.join(loop.targets)})"
    return (loop.position, inner), CallCode(Path("enumerate"), (iterable,))


def simple_head(targets: tuple[str, ...], iterable: Code, used: set[str]) -> tuple[tuple[str, ...], Code]:
    """The head without counters and items that nothing reads: `depth in depths` for `stage, depth in enumerate(depths)`."""
    if isinstance(iterable, CallCode) and iterable.func == Path("enumerate") and len(targets) == 2:
        counter, item = (bool(set(target_names(target)) & used) for target in targets)
        if not counter:
            inner = targets[1]
            return simple_head(tuple(target_names(inner)) if "," in inner else (inner,), iterable.args[0], used)
        if not item:
            return (targets[0],), CallCode(Path("range"), (CallCode(Path("len"), iterable.args),))
    return tuple(target if set(target_names(target)) & used else "_" for target in targets), iterable


def for_statement(loop: Loop, iterable: Code, body: tuple[Stmt, ...]) -> For:
    used = {name for code in expressions(body) for name in free_vars(code)}
    return For(*simple_head(*loop_head(loop, iterable), used), body, loop.span)
