"""Lists of tensors in forward, as a person keeps them: `skips.append(x)`, `skips.pop()`; a new list where the old one is needed
still."""

from __future__ import annotations

from specc.elaborate.trace import Apply, Stack, StackUse, Tensor
from specc.emit.code import WIDTH, text
from specc.emit.plan import Do, Let, Stmt
from specc.emit.values import Pending, Values
from specc.emit.walk import expressions, map_statement, parts, rebuild
from specc.pycode import Attr, BinaryCode, CallCode, Code, Item, ListCode, Lit, SliceCode, Var


def stack_use(forward: Values, apply: Apply, use: StackUse, out: list[Stmt]) -> None:
    """Writes what is done with a list."""
    stack: Stack = apply.inputs["list"]
    result = apply.outputs[0]
    if use.action == "get":
        forward.settle([], "", out)
        code = Item(forward.tensor(stack.id), (Lit(use.index),))
        if forward.may_wait(result):
            forward.pending.append(Pending(result, code, forward.now, 1, apply.span))
        elif forward.live.count[result.id]:
            forward.flush(out)
            out.append(Let(forward.define(result, forward.now), code, apply.span))
        return
    last = _last_pending(forward, apply.inputs.get("item"))
    forward.flush(out)
    held = forward.tensor(stack.id)
    own = isinstance(held, Var) and forward.live.dead_after(stack.id, forward.now, tuple(forward.path))
    if use.action == "append":
        item = forward.value(apply.inputs["item"]) if last is None else last
        changed: Stmt = Do(CallCode(Attr(held, "append"), (item,)), apply.span)
        fresh: Code = BinaryCode("+", held, ListCode((item,)))
    else:
        changed = Do(CallCode(Attr(held, "pop"), ()), apply.span)
        fresh = Item(held, (SliceCode(None, Lit(-1), None),))
        at = next((n for n in range(len(out) - 1, -1, -1) if _mentions(out[n], held)), None)
        if own and at is not None and (popped := _popping(out[at], held)) is not None:
            out[at] = popped
            _keep(forward, held, result)
            return
    if own:
        out.append(changed)
        _keep(forward, held, result)
    else:
        out.append(Let(forward.define(result, forward.now), fresh, apply.span))


def _last_pending(forward: Values, item: object) -> Code | None:
    """The item's expression, if it waits to be written and nothing else needs it; it does so no longer."""
    if not isinstance(item, Tensor) or not forward.pending or forward.pending[-1].tensor.id != item.id:
        return None
    found = forward.pending[-1]
    if len(text(found.code)) > WIDTH - 40:
        return None
    forward.pending.pop()
    return found.code


def _keep(forward: Values, held: Code, result: Stack) -> None:
    """The list under its name is now the changed one."""
    assert isinstance(held, Var)
    forward.env[result.id] = held
    forward.held[held.name] = result.id


def _mentions(statement: Stmt, held: Code) -> bool:
    return any(part == held for code in expressions([statement]) for part in parts(code))


def _popping(statement: Stmt, held: Code) -> Stmt | None:
    """The last statement about the list with `skips.pop()` for its `skips[-1]`, if it reads the list there and nowhere else."""
    last = Item(held, (Lit(-1),))
    found = [part for code in expressions([statement]) for part in parts(code)]
    if not isinstance(statement, Let | Do) or found.count(last) != 1 or found.count(held) != 1:
        return None

    def change(code: Code) -> Code:
        return CallCode(Attr(held, "pop"), ()) if code == last else rebuild(code, change)

    return map_statement(statement, change)
