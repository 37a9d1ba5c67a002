"""A plan that would not build what an instance has is told, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from specc.emit.library import Library
from specc.emit.module import build, let_functions
from specc.emit.plan import Do, For, If, Let, Stmt
from specc.emit.validate import InternalError, validate
from specc.emit.walk import map_statement, rebuild
from specc.pycode import BinaryCode, Code, Lit
from specc.reading import read_path
from tests.specc.emit.programs import generics

CASE = Path("tests/cases/emit/residual_blocks.nn")
Change = Callable[[Stmt], Stmt | None]


def made() -> tuple[Library, Callable[[], None]]:
    found, program, _ = generics(read_path(str(CASE), CASE.name))
    library = build(found, program)
    return library, lambda: validate(library, let_functions(library, program), program.solver)


def corrupt(library: Library, name: str, change: Change) -> int:
    """Changes statements of a class's constructor at any depth; returns how many."""
    changed = 0

    def run(statements: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
        nonlocal changed
        out: list[Stmt] = []
        for statement in statements:
            new = change(statement)
            if new is None or new is not statement:
                changed += 1
                if new is not None:
                    out.append(new)
            elif isinstance(statement, If):
                out.append(statement.replace(then=run(statement.then), orelse=run(statement.orelse)))
            elif isinstance(statement, For):
                out.append(statement.replace(body=run(statement.body)))
            else:
                out.append(statement)
        return tuple(out)

    target = next(c for c in library.classes if c.name == name)
    target.plan = target.plan.replace(init=run(target.plan.init))
    return changed


def assigns(statement: Stmt, target: str) -> bool:
    return isinstance(statement, Let) and statement.target == target


def registers(statement: Do) -> bool:
    return "add_module" in repr(statement)


def threads(statement: Stmt) -> bool:
    """`channels = 16 * 2**stage` at an iteration's end."""
    return isinstance(statement, Let) and statement.target == "channels" and statement.value != Lit(16)


def other_number(code: Code) -> Code:
    return Lit(code.value + 1) if isinstance(code, Lit) and type(code.value) is int else rebuild(code, other_number)


def other_condition(code: Code) -> Code:
    if isinstance(code, BinaryCode) and code.op == "!=":
        return BinaryCode("==", code.left, code.right)
    return rebuild(code, other_condition)


CORRUPTIONS: dict[str, tuple[str, Change, str]] = {
    "a layer is missing": ("Residual", lambda s: None if assigns(s, "self.bn1") else s, "does not make bn1"),
    "a layer under another name": (
        "Net",
        lambda s: s.replace(target="self.more") if assigns(s, "self.stem") else s,
        "does not make stem",
    ),
    "another size": ("Net", lambda s: map_statement(s, other_number) if assigns(s, "self.stem") else s, "stem is nn.Conv2d"),
    "another branch": (
        "Residual",
        lambda s: s.replace(condition=other_condition(s.condition)) if isinstance(s, If) else s,
        "downsample",
    ),
    "a thread is cut": (
        "Net",
        lambda s: None if isinstance(s, Let) and s.target == "channels" and s.value != Lit(16) else s,
        "fc is",
    ),
    "another key": (
        "Net",
        lambda s: map_statement(s, other_number) if isinstance(s, Do) and "add_module" in repr(s) else s,
        "layer1",
    ),
    "a loop that does not run": ("Net", lambda s: s.replace(body=()) if isinstance(s, For) else s, "layer1"),
}


def test_what_was_planned_builds_the_instances() -> None:
    _, check = made()
    check()


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_a_corrupted_plan_is_told(what: str) -> None:
    name, change, told = CORRUPTIONS[what]
    library, check = made()
    assert corrupt(library, name, change), "nothing was changed"
    with pytest.raises(InternalError, match=told):
        check()
