"""Names for the constructor's variables. Elaboration gives every value a variable of its own (`channels#3`); those of one name
become one Python variable where no value is overwritten while it is still needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specc.emit.members import python_name
from specc.emit.plan import For, If, Let, NoGrad, Put, Stmt
from specc.emit.walk import bound_names, expressions, free_vars, map_statement, replace_vars, target_names
from specc.pycode import Code, Var, base_name


def name_locals(statements: Sequence[Stmt], params: Iterable[str]) -> tuple[Stmt, ...]:
    """The statements with Python's names; copies of a variable to itself are gone."""
    conflicts = _Conflicts(params)
    conflicts.block(statements, set())
    names = dict.fromkeys([*params, *_in_order(statements)])
    chosen: dict[str, str] = {name: name for name in names if "#" not in name}
    for name in names:
        if "#" in name:
            rivals = {chosen[other] for other in conflicts.of.get(name, ()) if other in chosen}
            chosen[name] = _free(base_name(name), rivals)
    return _renamed(statements, {name: new for name, new in chosen.items() if name != new})


def _free(base: str, rivals: set[str]) -> str:
    base = python_name(base)
    name, count = base, 1
    while name in rivals:
        count += 1
        name = f"{base}_{count}"
    return name


def _in_order(statements: Iterable[Stmt]) -> list[str]:
    """Variables in the order in which they are assigned."""
    out: dict[str, None] = {}
    for statement in statements:
        match statement:
            case Let():
                out.update((name, None) for name in target_names(statement.target) if "." not in name)
            case If():
                out.update(dict.fromkeys([*_in_order(statement.then), *_in_order(statement.orelse)]))
            case For():
                out.update((name, None) for target in statement.targets for name in target_names(target))
                out.update(dict.fromkeys(_in_order(statement.body)))
    return list(out)


class _Conflicts:
    """Which variables hold different values at the same time: walks backwards with the variables that are read later."""

    def __init__(self, params: Iterable[str]) -> None:
        self.of: dict[str, set[str]] = {}

    def block(self, statements: Sequence[Stmt], live: set[str]) -> set[str]:
        """What is read before it is assigned; `live` is what is read afterwards."""
        for statement in reversed(statements):
            live = self._statement(statement, live)
        return live

    def _statement(self, statement: Stmt, live: set[str]) -> set[str]:
        match statement:
            case Let():
                targets = {name for name in target_names(statement.target) if "." not in name}
                copied = {statement.value.name} if isinstance(statement.value, Var) else set()
                self._assign(targets, live - copied)
                return (live - targets) | _read(statement.value)
            case If():
                then, orelse = self.block(statement.then, live), self.block(statement.orelse, live)
                return then | orelse | _read(statement.condition)
            case For():
                targets = {name for target in statement.targets for name in target_names(target)} - {"_"}
                around = live
                while True:
                    entered = self.block(statement.body, around)
                    if entered - targets <= around:
                        break
                    around = around | (entered - targets)
                self._assign(targets, entered)
                return (around - targets) | (entered - targets) | _read(statement.iterable)
            case NoGrad():
                return self.block(statement.body, live)
            case Put():
                return live | _read(statement.container) | _read(statement.key) | _read(statement.value)
        return live.union(*(_read(code) for code in expressions([statement])))

    def _assign(self, targets: set[str], live: set[str]) -> None:
        for name in targets:
            for other in (live | targets) - {name}:
                self.of.setdefault(name, set()).add(other)
                self.of.setdefault(other, set()).add(name)


def _read(code: Code) -> set[str]:
    return set(free_vars(code))


def _renamed(statements: Iterable[Stmt], names: dict[str, str]) -> tuple[Stmt, ...]:
    codes: dict[str, Code] = {name: Var(new) for name, new in names.items()}

    def target(text: str) -> str:
        for name in target_names(text):
            if name in names:
                text = text.replace(name, names[name])
        return text

    out: list[Stmt] = []
    for statement in statements:
        match statement:
            case Let():
                made = Let(target(statement.target), replace_vars(statement.value, codes), statement.span, statement.annotation)
                if made.value != Var(made.target):
                    out.append(made)
            case If():
                then, orelse = _renamed(statement.then, names), _renamed(statement.orelse, names)
                if then or orelse:
                    out.append(If(replace_vars(statement.condition, codes), then, orelse, statement.span))
            case For():
                targets = tuple(map(target, statement.targets))
                body = _renamed(statement.body, names)
                if body:
                    out.append(For(targets, replace_vars(statement.iterable, codes), body, statement.span))
            case NoGrad():
                out.append(NoGrad(_renamed(statement.body, names)))
            case _:
                out.append(map_statement(statement, lambda code: replace_vars(code, codes)))
    return tuple(out)


__all__ = ["bound_names", "name_locals"]
