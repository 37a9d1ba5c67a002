"""Names for the constructor's variables. Elaboration gives every value a variable of its own (`channels#3`); those of one name
become one Python variable where no value is overwritten while it is still needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from specc.emit.members import python_name
from specc.emit.plan import Do, For, If, Let, NoGrad, Put, Stmt
from specc.emit.walk import bound_names, expressions, free_vars, map_statement, replace_vars, target_names
from specc.pycode import Attr, BinaryCode, CallCode, Code, Item, ListCode, Lit, Path, SliceCode, Var, base_name


def name_locals(statements: Sequence[Stmt], params: Iterable[str]) -> tuple[Stmt, ...]:
    """The statements with Python's names; copies of a variable to itself are gone."""
    conflicts = _Conflicts(params)
    conflicts.block(statements, set())
    names = dict.fromkeys([*params, *_in_order(statements)])
    fixed = set(params)
    chosen: dict[str, str] = {name: name if name in fixed else python_name(name) for name in names if "#" not in name}
    for name in names:
        if "#" in name:
            rivals = {chosen[other] for other in conflicts.of.get(name, ()) if other in chosen}
            chosen[name] = _free(base_name(name), rivals)
    made = _renamed(statements, {name: new for name, new in chosen.items() if name != new})
    return _changed_in_place(made, _lists(made))


def python_names(statements: Sequence[Stmt]) -> tuple[Stmt, ...]:
    """The statements of a method, whose loops and sizes may have names that Python has for itself."""
    names = {name: python_name(name) for name in _in_order(statements)}
    taken = {name: new for name, new in names.items() if name != new}
    return _renamed(statements, taken) if taken else tuple(statements)


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
        return re.sub(r"[A-Za-z_][\w#]*", lambda word: names.get(word[0], word[0]), text)

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


# --- lists of sizes --------------------------------------------------------------------------------------------


_DROPPED = (SliceCode(None, Lit(-1), None),)


def _lists(statements: Iterable[Stmt]) -> set[str]:
    """The names that are made longer or shorter."""
    found: set[str] = set()
    for statement in statements:
        if isinstance(statement, Let) and (_added(statement) is not None or _is_drop(statement)):
            found.add(statement.target)
        elif isinstance(statement, If):
            found |= _lists(statement.then) | _lists(statement.orelse)
        elif isinstance(statement, For):
            found |= _lists(statement.body)
    return found


def _added(statement: Let) -> Code | None:
    """The item of `xs = xs + [item]`."""
    value = statement.value
    if isinstance(value, BinaryCode) and value.left == Var(statement.target) and isinstance(value.right, ListCode):
        return value.right.items[0] if len(value.right.items) == 1 else None
    return None


def _is_drop(statement: Let) -> bool:
    return statement.value == Item(Var(statement.target), _DROPPED)


def _changed_in_place(statements: Iterable[Stmt], lists: set[str]) -> tuple[Stmt, ...]:
    """`xs.append(item)` for `xs = xs + [item]`, `x = xs.pop()` for `x = xs[-1]` and `xs = xs[:-1]`."""
    out: list[Stmt] = []
    for statement in statements:
        match statement:
            case If():
                then, orelse = _changed_in_place(statement.then, lists), _changed_in_place(statement.orelse, lists)
                out.append(statement.replace(then=then, orelse=orelse))
            case For():
                out.append(statement.replace(body=_changed_in_place(statement.body, lists)))
            case Let(value=Var() as source) if source.name in lists or statement.target in lists:
                out.append(statement.replace(value=CallCode(Path("list"), (source,))))
            case Let() if (item := _added(statement)) is not None:
                out.append(Do(CallCode(Attr(Var(statement.target), "append"), (item,)), statement.span))
            case Let() if _is_drop(statement):
                _pop(Var(statement.target), out)
            case _:
                out.append(statement)
    return tuple(out)


def _pop(owner: Var, out: list[Stmt]) -> None:
    """Where the last item was read just before, and nothing else of the list since, that takes it off."""
    popped = CallCode(Attr(owner, "pop"), ())
    for at in range(len(out) - 1, -1, -1):
        statement = out[at]
        if isinstance(statement, Let) and statement.value == Item(owner, (Lit(-1),)):
            out[at] = statement.replace(value=popped)
            return
        if owner.name in {name for code in expressions([statement]) for name in free_vars(code)}:
            break
    out.append(Do(popped))


__all__ = ["bound_names", "name_locals"]
