"""Statements that make containers one by one, written as one expression where that reads better."""

from __future__ import annotations

from collections.abc import Sequence

from specc.emit.plan import DictCode, Do, For, If, Let, Put, Stmt
from specc.emit.walk import expressions, free_vars, parts, target_names
from specc.pycode import Attr, CallCode, Code, CompCode, Item, ListCode, Lit, Path, Var

LISTS = tuple(CallCode(Path(name)) for name in ("nn.ModuleList", "nn.ParameterList"))
DICTS = tuple(CallCode(Path(name)) for name in ("nn.ModuleDict", "nn.ParameterDict"))


def compact(statements: Sequence[Stmt]) -> tuple[Stmt, ...]:
    """`self.h = nn.ModuleList()` and a loop that appends become `self.h = nn.ModuleList([... for ...])`."""
    done: list[Stmt] = []
    numbers = _numbers(statements)
    for statement in reversed(statements):
        if isinstance(statement, If):
            statement = statement.replace(then=compact(statement.then), orelse=compact(statement.orelse))
        elif isinstance(statement, For):
            statement = statement.replace(body=compact(statement.body))
        elif isinstance(statement, Let) and statement.target.startswith("self."):
            value = _filled(statement.value, Attr(Var("self"), statement.target[len("self.") :]), done)
            statement = statement.replace(value=value)
        elif isinstance(statement, Put):
            statement = statement.replace(value=_filled(statement.value, Item(statement.container, (statement.key,)), done))
        elif isinstance(statement, Do) and isinstance(statement.value, CallCode) and isinstance(statement.value.func, Attr):
            method = statement.value.func
            place = _place(method.value, numbers.get(id(statement)), done)
            if method.name == "append" and place is not None:
                value = _filled(statement.value.args[0], place, done)
                statement = statement.replace(value=CallCode(method, (value,)))
        done.insert(0, statement)
    return tuple(done)


def _place(container: Code, number: int | None, rest: list[Stmt]) -> Code | None:
    """How the next statements reach what was just appended: by its number, or by the loop's counter."""
    if number is not None:
        return Item(container, (Lit(number),))
    if rest and isinstance(rest[0], Put) and isinstance(rest[0].container, Item) and rest[0].container.value == container:
        return rest[0].container
    return None


def _numbers(statements: Sequence[Stmt]) -> dict[int, int]:
    """Which place in its list each `append` of these statements fills; only for lists that nothing else fills meanwhile."""
    counts: dict[Code, int] = {}
    out: dict[int, int] = {}
    for statement in statements:
        if isinstance(statement, Let | Put) and statement.value in LISTS:
            container: Code = (
                Attr(Var("self"), statement.target[5:])
                if isinstance(statement, Let)
                else Item(statement.container, (statement.key,))
            )
            counts[container] = 0
        elif isinstance(statement, Do) and isinstance(statement.value, CallCode) and isinstance(statement.value.func, Attr):
            owner = statement.value.func.value
            if statement.value.func.name == "append" and owner in counts:
                out[id(statement)] = counts[owner]
                counts[owner] += 1
        else:
            for owner in list(counts):
                if _mentioned([statement], owner, "append"):
                    del counts[owner]
    return out


def _filled(made: Code, container: Code, rest: list[Stmt]) -> Code:
    """A new container with what the statements right after put into it; those are taken from `rest`."""
    if isinstance(made, CallCode) and made in LISTS:
        items: list[Code] = []
        while (found := _next(rest, container)) is not None and (item := _appended(rest[found], container)) is not None:
            rest.pop(found)
            items.append(item)
        if items:
            return CallCode(made.func, (ListCode(tuple(items)),))
        if rest and isinstance(rest[0], For) and len(rest[0].body) == 1 and not _mentioned(rest[1:], container, "append"):
            loop = rest[0]
            item = _appended(loop.body[0], container)
            if item is not None:
                rest.pop(0)
                used = free_vars(item)
                targets = tuple(t if set(target_names(t)) & used.keys() else "_" for t in loop.targets)
                return CallCode(made.func, (CompCode(item, targets, loop.iterable),))
    if isinstance(made, CallCode) and made in DICTS:
        pairs: list[tuple[Code, Code]] = []
        while (found := _next(rest, container)) is not None and isinstance(put := rest[found], Put):
            rest.pop(found)
            pairs.append((put.key, put.value))
        if pairs:
            return CallCode(made.func, (DictCode(tuple(pairs)),))
    return made


def _next(rest: Sequence[Stmt], container: Code) -> int | None:
    """Where the next statement that puts something into a container stands, past other members that are made meanwhile."""
    for at, statement in enumerate(rest):
        if (isinstance(statement, Put) and statement.container == container) or _appended(statement, container) is not None:
            return at
        if not (isinstance(statement, Let) and statement.target.startswith("self.")) or any(
            part == container for code in expressions([statement]) for part in parts(code)
        ):
            return None
    return None


def _appended(statement: Stmt, container: Code) -> Code | None:
    if (
        isinstance(statement, Do)
        and isinstance(statement.value, CallCode)
        and statement.value.func == Attr(container, "append")
    ):
        return statement.value.args[0]
    return None


def _mentioned(statements: Sequence[Stmt], container: Code, method: str) -> bool:
    return any(part == Attr(container, method) for code in expressions(statements) for part in parts(code))
