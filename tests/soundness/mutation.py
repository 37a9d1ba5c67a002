"""Corrupted shape rules: every small change that can be made to the functions which run when a rule does.

A mutant is one change of one function: a constant one more or less, a comparison that includes its bound or not, `+` for
`-`, `//` for `*`, `and` for `or`, a condition turned round, a check left out, True for False. What only words a message is
left alone.
"""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specc.record import Record

_WORDS = ("fail", "argument")
"""Calls whose arguments are only words. So is what is assigned to `name`."""
_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mult: ast.Add,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


class Mutant(Record):
    """`place`: module and qualified name. `change`: what was done, as text; `number` counts equal changes of the place."""

    place: str
    change: str
    number: int
    line: int

    _ignored = frozenset({"line"})

    def __str__(self) -> str:
        return f"{self.place}: {self.change}" + (f" ({self.number})" if self.number > 1 else "")


class Source:
    """A module's tree, and the live functions in it by qualified name."""

    def __init__(self, module: str) -> None:
        self.module = importlib.import_module(module)
        self.name = module
        file = self.module.__file__
        assert file is not None
        self.file = file
        self.tree = ast.parse(Path(file).read_text(encoding="utf-8"))

    def function(self, qualname: str) -> types.FunctionType:
        """The live function. Raises KeyError where it cannot be reached."""
        found: Any = self.module
        for part in qualname.split("."):
            found = inspect.getattr_static(found, part)
        found = inspect.unwrap(getattr(found, "__func__", None) or getattr(found, "fget", None) or found)
        if not isinstance(found, types.FunctionType):
            raise KeyError(qualname)
        return found

    def reachable(self, qualname: str) -> bool:
        """Whether the live function can be found and changed."""
        try:
            return self.function(qualname).__code__.co_freevars in ((), ("__class__",))
        except (KeyError, AttributeError):
            return False

    def mutants(self, qualname: str) -> Iterator[tuple[Mutant, tuple[int, str]]]:
        """Every mutant of a function, and where and how it is changed."""
        seen: dict[str, int] = {}
        body = _definition(self.tree, qualname)
        for at, kind in sorted(_places(body)):
            node, change = _apply(copy.deepcopy(body), at, kind)
            seen[change] = seen.get(change, 0) + 1
            yield Mutant(f"{self.name}:{qualname}", change, seen[change], getattr(node, "lineno", 0)), (at, kind)

    def code(self, qualname: str, place: tuple[int, str]) -> types.CodeType:
        """The function with the change that `mutants` gave."""
        tree = copy.deepcopy(self.tree)
        _apply(_definition(tree, qualname), *place)
        ast.fix_missing_locations(tree)
        found = _code(compile(tree, self.file, "exec"), qualname)
        assert found is not None
        return found


def _definition(tree: ast.AST, qualname: str) -> ast.FunctionDef:
    node: Any = tree
    for part in qualname.split("."):
        node = next(n for n in node.body if isinstance(n, ast.ClassDef | ast.FunctionDef) and n.name == part)
    assert isinstance(node, ast.FunctionDef)
    return node


def _code(code: types.CodeType, qualname: str) -> types.CodeType | None:
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            if const.co_qualname == qualname:
                return const
            found = _code(const, qualname)
            if found is not None:
                return found
    return None


def _nodes(body: ast.FunctionDef) -> list[ast.AST]:
    """The nodes that can be changed, in the order of the source; without what words messages, annotations, and zip's `strict`,
    which only says what the code relies on."""
    out: list[ast.AST] = []

    def walk(node: ast.AST) -> None:
        out.append(node)
        if isinstance(node, ast.JoinedStr | ast.Raise):
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _WORDS:
            return
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "name":
            return
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            for child in node.body if isinstance(node.body, list) else [node.body]:
                walk(child)
            return
        for name, value in ast.iter_fields(node):
            if name != "annotation" and not (isinstance(node, ast.keyword) and node.arg == "strict"):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        walk(child)

    walk(body)
    return out


def _places(body: ast.FunctionDef) -> list[tuple[int, str]]:
    """(position, kind of change)."""
    found: list[tuple[int, str]] = []
    for at, node in enumerate(_nodes(body)):
        match node:
            case ast.Constant(value=bool()):
                found.append((at, "other truth"))
            case ast.Constant(value=int()):
                found += [(at, "less"), (at, "more")]
            case ast.Compare() if type(node.ops[0]) in _SWAPPED:
                found.append((at, "comparison"))
            case ast.BinOp() if type(node.op) in _SWAPPED:
                found.append((at, "operator"))
            case ast.BoolOp():
                found.append((at, "operator"))
            case ast.UnaryOp(op=ast.Not()):
                found.append((at, "without not"))
            case ast.If() | ast.IfExp():
                found.append((at, "turned round"))
            case ast.Expr(value=ast.Call()) if "super" not in ast.unparse(node):
                found.append((at, "left out"))
    return found


def _apply(body: ast.FunctionDef, at: int, kind: str) -> tuple[ast.AST, str]:
    """Makes the change in a tree of one's own. Returns the node and the change in words."""
    node: Any = _nodes(body)[at]
    before = ast.unparse(node.test if isinstance(node, ast.If | ast.IfExp) else node)
    if kind in ("less", "more"):
        node.value += 1 if kind == "more" else -1
    elif kind == "other truth":
        node.value = not node.value
    elif kind == "comparison":
        node.ops[0] = _SWAPPED[type(node.ops[0])]()
    elif kind == "operator":
        node.op = _SWAPPED[type(node.op)]()
    elif kind == "without not":
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
    elif kind == "turned round":
        node.test = ast.UnaryOp(ast.Not(), node.test)
    else:
        node.value = ast.Constant(None)
    after = {"left out": "left out", "turned round": "turned round"}.get(kind)
    return node, f"{before} -> {after or ast.unparse(node)}" + _context(body, node, before)


def _context(body: ast.FunctionDef, node: ast.AST, before: str) -> str:
    """The line around a change of a constant, by which people find it."""
    if not isinstance(node, ast.Constant):
        return ""
    lines = [n for n in ast.walk(body) if isinstance(n, ast.stmt) and any(child is node for child in ast.walk(n))]
    last = lines[-1]
    shown = ast.unparse(last.test if isinstance(last, ast.If | ast.While) else last).splitlines()[0]
    return f" in `{shown[:90]}`"
