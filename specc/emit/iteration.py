"""`for block in self.blocks:` instead of `for i in range(depth): ... self.blocks[i]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specc.emit.members import Places, python_name
from specc.emit.plan import For, If, Stmt
from specc.emit.walk import bound_names, children, expressions, map_statement, parts, rebuild
from specc.pycode import Attr, CallCode, Code, IfCode, Item, Lit, Path, Var


def iterate_modules(loop: For, places: Places, held: set[str]) -> Stmt:
    """The loop over the module lists themselves, where the index serves for nothing else."""
    if len(loop.targets) != 1 or not _counts_from_zero(loop.iterable):
        return loop
    index = Var(loop.targets[0])
    found: dict[Code, None] = {}
    total = covered = 0
    for code in _unconditional(loop.body):  # what only some iterations reach may hold less
        if isinstance(code, Item) and code.items == (index,) and _is_list(code.value, places):
            found[code.value] = None
    for expression in expressions(loop.body):
        for part in parts(expression):
            total += part == index
            covered += isinstance(part, Item) and part.items == (index,) and part.value in found
    if not found or total == 0:
        return loop
    taken = held | bound_names(loop.body) | {index.name}
    names: dict[Code, str] = {}
    for container in found:
        names[container] = _fresh(_singular(_label(container)), taken)
        taken.add(names[container])
    lists = tuple(found)
    targets = tuple(names[container] for container in lists)
    iterable = lists[0] if len(lists) == 1 else CallCode(Path("zip"), lists)
    if total > covered:
        if len(lists) > 1:
            return loop
        targets, iterable = (index.name, *targets), CallCode(Path("enumerate"), (iterable,))

    def change(code: Code) -> Code:
        if isinstance(code, Item) and code.items == (index,) and code.value in names:
            return Var(names[code.value])
        return rebuild(code, change)

    body = tuple(map_statement(statement, change) for statement in loop.body)
    return For(targets, iterable, body, loop.span)


def _unconditional(statements: Iterable[Stmt]) -> Iterator[Code]:
    """The expressions, with their parts, that run whenever the statements do."""
    for statement in statements:
        if isinstance(statement, If):
            yield from _evaluated(statement.condition)
        elif isinstance(statement, For):
            yield from _evaluated(statement.iterable)
        else:
            for code in expressions([statement]):
                yield from _evaluated(code)


def _evaluated(code: Code) -> Iterator[Code]:
    yield code
    for part in (code.condition,) if isinstance(code, IfCode) else children(code):
        yield from _evaluated(part)


def _counts_from_zero(iterable: Code) -> bool:
    return isinstance(iterable, CallCode) and iterable.func == Path("range") and len(iterable.args) == 1


def _is_list(code: Code, places: Places) -> bool:
    return any(code == places.reach(path) for path in places.lists)


def _label(container: Code) -> str:
    if isinstance(container, Attr):
        return container.name
    if isinstance(container, Item) and isinstance(container.items[0], Lit) and isinstance(container.items[0].value, str):
        return container.items[0].value
    return "layer"


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and len(name) > 2 and not name.endswith(("ss", "is", "us")) else name


def _fresh(name: str, taken: set[str]) -> str:
    base = python_name(name)
    base = base if base.isidentifier() else "layer"
    for candidate in (base, "layer", "module"):
        if candidate not in taken:
            return candidate
    count = 2
    while f"{base}_{count}" in taken:
        count += 1
    return f"{base}_{count}"
