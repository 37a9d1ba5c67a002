"""Walking over expressions and statements of a plan: what they mention, and copies with parts replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from specc.emit.plan import Check, DictCode, Do, For, If, Let, NoGrad, Put, Return, Star, Stmt, Verbatim
from specc.pycode import (
    Attr,
    BinaryCode,
    CallCode,
    Code,
    CompCode,
    FString,
    IfCode,
    Item,
    ListCode,
    SliceCode,
    TupleCode,
    UnaryCode,
    Var,
)


def children(code: Code) -> tuple[Code, ...]:
    """The direct parts, in the order in which Python evaluates them (a conditional's condition first)."""
    match code:
        case Attr() | UnaryCode() | Star():
            return (code.value,)
        case Item():
            return (code.value, *code.items)
        case SliceCode():
            return tuple(part for part in (code.start, code.stop, code.step) if part is not None)
        case BinaryCode():
            return (code.left, code.right)
        case IfCode():
            return (code.condition, code.then, code.orelse)
        case CallCode():
            return (code.func, *code.args, *(value for _, value in code.kwargs))
        case ListCode() | TupleCode():
            return code.items
        case DictCode():
            return tuple(part for pair in code.items for part in pair)
        case CompCode():
            return (code.iterable, code.element, *((code.condition,) if code.condition is not None else ()))
        case FString():
            return tuple(piece for piece in code.pieces if isinstance(piece, Code))
        case Verbatim():
            return code.parts
    return ()


def rebuild(code: Code, change: Callable[[Code], Code]) -> Code:
    """The same expression with `change` applied to its direct parts."""
    match code:
        case Attr() | UnaryCode() | Star():
            return code.replace(value=change(code.value))
        case Item():
            return Item(change(code.value), tuple(map(change, code.items)))
        case SliceCode():
            return SliceCode(*(None if part is None else change(part) for part in (code.start, code.stop, code.step)))
        case BinaryCode():
            return BinaryCode(code.op, change(code.left), change(code.right))
        case IfCode():
            return IfCode(change(code.condition), change(code.then), change(code.orelse))
        case CallCode():
            kwargs = tuple((name, change(value)) for name, value in code.kwargs)
            return CallCode(change(code.func), tuple(map(change, code.args)), kwargs)
        case ListCode():
            return ListCode(tuple(map(change, code.items)))
        case TupleCode():
            return TupleCode(tuple(map(change, code.items)))
        case DictCode():
            return DictCode(tuple((change(key), change(value)) for key, value in code.items))
        case CompCode():
            condition = None if code.condition is None else change(code.condition)
            return CompCode(change(code.element), code.targets, change(code.iterable), condition)
        case FString():
            return FString(tuple(change(piece) if isinstance(piece, Code) else piece for piece in code.pieces))
        case Verbatim():
            return Verbatim(code.pattern, tuple(map(change, code.parts)))
    return code


def replace_vars(code: Code, values: dict[str, Code]) -> Code:
    """Free variables replaced."""
    if not values:
        return code
    if isinstance(code, Var):
        return values.get(code.name, code)
    if isinstance(code, CompCode):
        own = {name for target in code.targets for name in target_names(target)}
        inner = {name: value for name, value in values.items() if name not in own}
        condition = None if code.condition is None else replace_vars(code.condition, inner)
        return CompCode(replace_vars(code.element, inner), code.targets, replace_vars(code.iterable, values), condition)
    return rebuild(code, lambda part: replace_vars(part, values))


def target_names(target: str) -> list[str]:
    """`a`, `(a, b)`, `a, b`: the names."""
    return [name.strip() for name in target.replace("(", "").replace(")", "").split(",")]


def free_vars(code: Code) -> dict[str, None]:
    """Names that the expression reads, in order of appearance."""
    found: dict[str, None] = {}
    if isinstance(code, Var):
        found[code.name] = None
    elif isinstance(code, CompCode):
        own = {name for target in code.targets for name in target_names(target)}
        found.update(free_vars(code.iterable))
        for part in (code.element, *((code.condition,) if code.condition is not None else ())):
            found.update((name, None) for name in free_vars(part) if name not in own)
    else:
        for part in children(code):
            found.update(free_vars(part))
    return found


def parts(code: Code) -> Iterator[Code]:
    """The expression and everything inside it."""
    yield code
    for part in children(code):
        yield from parts(part)


# --- statements --------------------------------------------------------------------------------------------------


def map_statement(statement: Stmt, change: Callable[[Code], Code]) -> Stmt:
    """The statement with each of its expressions changed."""

    def body(statements: Iterable[Stmt]) -> tuple[Stmt, ...]:
        return tuple(map_statement(inner, change) for inner in statements)

    match statement:
        case Let() | Do() | Return():
            return statement.replace(value=change(statement.value))
        case Put():
            return Put(change(statement.container), change(statement.key), change(statement.value), statement.span)
        case Check():
            return statement.replace(violated=change(statement.violated))
        case If():
            return statement.replace(
                condition=change(statement.condition), then=body(statement.then), orelse=body(statement.orelse)
            )
        case For():
            return statement.replace(iterable=change(statement.iterable), body=body(statement.body))
        case NoGrad():
            return statement.replace(body=body(statement.body))
    raise AssertionError(type(statement).__name__)


def rename(statement: Stmt, renames: dict[str, Code]) -> Stmt:
    """The statement with local names replaced, those that it assigns included (where the replacement is a name)."""

    def target(text: str) -> str:
        names = [name.strip() for name in text.split(",")]
        found = [renames.get(name) for name in names]
        return ", ".join(new.name if isinstance(new, Var) else old for old, new in zip(names, found, strict=True))

    def change(code: Code) -> Code:
        return replace_vars(code, renames)

    match statement:
        case Let():
            return statement.replace(target=target(statement.target), value=change(statement.value))
        case If():
            then = tuple(rename(inner, renames) for inner in statement.then)
            orelse = tuple(rename(inner, renames) for inner in statement.orelse)
            return If(change(statement.condition), then, orelse, statement.span)
        case For() | NoGrad():
            body = tuple(rename(inner, renames) for inner in statement.body)
            if isinstance(statement, NoGrad):
                return NoGrad(body)
            return For(statement.targets, change(statement.iterable), body, statement.span)
    return map_statement(statement, change)


def expressions(statements: Iterable[Stmt]) -> Iterator[Code]:
    """Every expression of the statements, outermost ones only, in order."""
    for statement in statements:
        match statement:
            case Let() | Do() | Return():
                yield statement.value
            case Put():
                yield from (statement.container, statement.key, statement.value)
            case Check():
                yield statement.violated
            case If():
                yield statement.condition
                yield from expressions(statement.then)
                yield from expressions(statement.orelse)
            case For():
                yield statement.iterable
                yield from expressions(statement.body)
            case NoGrad():
                yield from expressions(statement.body)


def bound_names(statements: Iterable[Stmt]) -> set[str]:
    """Local names that the statements assign."""
    found: set[str] = set()
    for statement in statements:
        match statement:
            case Let():
                found.update(name for name in target_names(statement.target) if "." not in name)
            case If():
                found |= bound_names(statement.then) | bound_names(statement.orelse)
            case For():
                for target in statement.targets:
                    found.update(target_names(target))
                found |= bound_names(statement.body)
            case NoGrad():
                found |= bound_names(statement.body)
    return found


def prune(statements: tuple[Stmt, ...], keep: frozenset[str] = frozenset()) -> tuple[Stmt, ...]:
    """Without locals that nothing reads (`keep` are read elsewhere) and without branches and loops that have become empty."""
    live = set(keep)
    while True:
        before = len(live)
        _collect_live(statements, live)
        if len(live) == before:
            return _without_dead(statements, live)


def _effect(statement: Stmt, live: set[str]) -> bool:
    match statement:
        case Let():
            return any("." in name or name in live for name in target_names(statement.target))
        case If():
            return any(_effect(inner, live) for inner in (*statement.then, *statement.orelse))
        case For() | NoGrad():
            return any(_effect(inner, live) for inner in statement.body)
    return True


def _collect_live(statements: Iterable[Stmt], live: set[str]) -> None:
    for statement in statements:
        if not _effect(statement, live):
            continue
        match statement:
            case Let() | Do() | Return():
                live.update(free_vars(statement.value))
            case Put():
                for part in (statement.container, statement.key, statement.value):
                    live.update(free_vars(part))
            case Check():
                live.update(free_vars(statement.violated))
            case If():
                live.update(free_vars(statement.condition))
                _collect_live((*statement.then, *statement.orelse), live)
            case For():
                live.update(free_vars(statement.iterable))
                _collect_live(statement.body, live)
            case NoGrad():
                _collect_live(statement.body, live)


def _without_dead(statements: Iterable[Stmt], live: set[str]) -> tuple[Stmt, ...]:
    out: list[Stmt] = []
    for statement in statements:
        if not _effect(statement, live):
            continue
        match statement:
            case If():
                out.append(
                    statement.replace(then=_without_dead(statement.then, live), orelse=_without_dead(statement.orelse, live))
                )
            case For() | NoGrad():
                out.append(statement.replace(body=_without_dead(statement.body, live)))
            case _:
                out.append(statement)
    return tuple(out)
