"""Heads of loops: targets and iterables without what nothing reads; and what an iteration, or a side of a branch, leaves behind
under names that it may have read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from specc.elaborate.trace import Loop
from specc.emit.plan import For, Let, Stmt
from specc.emit.walk import expressions, free_vars, target_names
from specc.pycode import CallCode, Code, Path, TupleCode, Var
from specc.source import Span


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
            return (targets[0],), CallCode(Path("range"), (CallCode(Path("len"), (_unordered(iterable.args[0]),)),))
    return tuple(target if set(target_names(target)) & used else "_" for target in targets), iterable


def _unordered(iterable: Code) -> Code:
    """What has the same length: `reversed` has none of its own."""
    while isinstance(iterable, CallCode) and iterable.func == Path("reversed"):
        iterable = iterable.args[0]
    return iterable


def for_statement(loop: Loop, iterable: Code, body: tuple[Stmt, ...], names: Mapping[str, str] | None = None) -> For:
    """The loop with the targets that its body reads; `names` are what its variables are called."""
    used = {name for code in expressions(body) for name in free_vars(code)}
    targets, iterable = loop_head(loop, iterable)
    for variable, name in (names or {}).items():
        targets = tuple(target.replace(variable, name) for target in targets) if name != variable else targets
    return For(*simple_head(targets, iterable, used), body, loop.span)


def moves(pairs: Sequence[tuple[str, Code]], span: Span | None = None) -> list[Stmt]:
    """`name = value` for each pair, as if all at once: a name is assigned after every other value that reads it; names that
    read each other in a circle are assigned together, `a, b = b, a`."""
    waiting = [(name, code) for name, code in dict(pairs).items() if code != Var(name)]
    out: list[Stmt] = []
    while waiting:
        free = next((n for n, (name, _) in enumerate(waiting) if not _read_by_others(name, n, waiting)), None)
        if free is None:
            names = ", ".join(name for name, _ in waiting)
            return [*out, Let(names, TupleCode(tuple(code for _, code in waiting)), span)]
        name, code = waiting.pop(free)
        out.append(Let(name, code, span))
    return out


def _read_by_others(name: str, own: int, waiting: list[tuple[str, Code]]) -> bool:
    return any(name in free_vars(code) for n, (_, code) in enumerate(waiting) if n != own)
