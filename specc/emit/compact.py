"""Statements that make containers one by one, written as one expression where that reads better."""

from __future__ import annotations

from collections.abc import Sequence

from specc.emit.members import Places
from specc.emit.plan import DictCode, Do, For, If, Let, Put, Stmt
from specc.emit.walk import free_vars, target_names
from specc.pycode import Attr, CallCode, Code, CompCode, ListCode, Path, Var


def compact(statements: Sequence[Stmt], places: Places) -> tuple[Stmt, ...]:
    """`self.h = nn.ModuleList()` and a loop that appends become `self.h = nn.ModuleList([... for ...])`."""
    out: list[Stmt] = []
    rest = list(statements)
    while rest:
        statement = rest.pop(0)
        if isinstance(statement, If):
            statement = statement.replace(then=compact(statement.then, places), orelse=compact(statement.orelse, places))
        elif isinstance(statement, For):
            statement = statement.replace(body=compact(statement.body, places))
        elif isinstance(statement, Let) and statement.target.startswith("self."):
            statement = _container(statement, rest)
        out.append(statement)
    return tuple(out)


def _container(made: Let, rest: list[Stmt]) -> Let:
    """The container with what the statements right after put into it; those are taken from `rest`."""
    container = Attr(Var("self"), made.target[len("self.") :])
    if made.value == CallCode(Path("nn.ModuleList")):
        items: list[Code] = []
        while rest and _appended(rest[0], container) is not None:
            statement = rest.pop(0)
            item = _appended(statement, container)
            assert item is not None
            items.append(item)
        if items:
            return Let(made.target, CallCode(Path("nn.ModuleList"), (ListCode(tuple(items)),)), made.span)
        if rest and isinstance(rest[0], For) and len(rest[0].body) == 1 and not _filled_later(rest[1:], container):
            loop = rest[0]
            item = _appended(loop.body[0], container)
            if item is not None:
                rest.pop(0)
                used = free_vars(item)
                targets = tuple(t if set(target_names(t)) & used.keys() else "_" for t in loop.targets)
                return Let(made.target, CallCode(Path("nn.ModuleList"), (CompCode(item, targets, loop.iterable),)), loop.span)
    if made.value == CallCode(Path("nn.ModuleDict")):
        pairs: list[tuple[Code, Code]] = []
        while rest and isinstance(rest[0], Put) and rest[0].container == container:
            put = rest.pop(0)
            assert isinstance(put, Put)
            pairs.append((put.key, put.value))
        if pairs:
            return Let(made.target, CallCode(Path("nn.ModuleDict"), (DictCode(tuple(pairs)),)), made.span)
    return made


def _appended(statement: Stmt, container: Code) -> Code | None:
    if isinstance(statement, Do) and isinstance(statement.value, CallCode) and statement.value.func == Attr(container, "append"):
        return statement.value.args[0]
    return None


def _filled_later(statements: Sequence[Stmt], container: Code) -> bool:
    return any(_appended(statement, container) is not None for statement in statements)
