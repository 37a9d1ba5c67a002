"""Compile-time functions of the spec (`let make_divisible(v, by=8) = ...`) as Python functions."""

from __future__ import annotations

from specc.elaborate.trace import Static
from specc.elaborate.values import LetFunction, Recipe
from specc.emit.members import python_name
from specc.emit.parameters import literal_code
from specc.emit.plan import FunctionPlan, Parameter, Return
from specc.emit.trace_walk import CannotEmit
from specc.pycode import (
    BinaryCode,
    CallCode,
    Code,
    CompCode,
    IfCode,
    Item,
    ListCode,
    Lit,
    Path,
    SliceCode,
    TupleCode,
    UnaryCode,
    Var,
)
from specc.syntax import ast

MATH = ("ceil", "floor", "sqrt", "log", "log2", "exp", "sin", "cos")


def let_function(function: LetFunction) -> FunctionPlan:
    """`def make_divisible(v, by=8): return max(by, ...)`."""
    let = function.let
    params = let.params or ()
    names = {param.name for param in params}
    translate = _Translation(function, frozenset(names))
    made = tuple(Parameter(python_name(p.name), "", None if p.default is None else translate.code(p.default)) for p in params)
    return FunctionPlan(let.name, made, "", (Return(translate.code(let.value), let.span),))


class _Translation:
    """Compile-time expressions as Python; names of the file's constants become their values."""

    def __init__(self, function: LetFunction, names: frozenset[str]) -> None:
        self.scope = function.scope
        self.names = names

    def code(self, node: ast.Expr) -> Code:
        match node:
            case ast.Number() | ast.String() | ast.Constant():
                return Lit(node.value)
            case ast.Name():
                return self._name(node.name)
            case ast.Paren():
                return self.code(node.value)
            case ast.Unary():
                return UnaryCode(node.op, self.code(node.value))
            case ast.Binary():
                return BinaryCode(node.op, self.code(node.left), self.code(node.right))
            case ast.IfExpr():
                return IfCode(self.code(node.condition), self.code(node.then), self.code(node.orelse))
            case ast.ListExpr():
                return ListCode(tuple(map(self.code, node.items)))
            case ast.TupleExpr():
                return TupleCode(tuple(self.code(item.value) for item in node.items))
            case ast.Range():
                return CallCode(Path("range"), (self.code(node.start), self.code(node.stop)))
            case ast.Index():
                return Item(self.code(node.value), tuple(map(self._index, node.items)))
            case ast.Call(func=ast.Name() as func):
                args = tuple(self.code(arg.value) for arg in node.args if arg.name is None)
                kwargs = tuple((arg.name, self.code(arg.value)) for arg in node.args if arg.name is not None)
                return CallCode(Path(f"math.{func.name}" if func.name in MATH else func.name), args, kwargs)
            case ast.Comprehension():
                inner = _Translation.__new__(_Translation)
                inner.scope, inner.names = self.scope, self.names | set(node.targets)
                condition = None if node.condition is None else inner.code(node.condition)
                return CompCode(inner.code(node.element), node.targets, self.code(node.iterable), condition)
        raise CannotEmit(f"a {type(node).__name__} in a compile-time function")

    def _index(self, node: ast.Expr) -> Code:
        if isinstance(node, ast.Slice):
            return SliceCode(*(None if part is None else self.code(part) for part in (node.start, node.stop, node.step)))
        return self.code(node)

    def _name(self, name: str) -> Code:
        if name in self.names:
            return Var(python_name(name))
        constant = self.scope.constants.get(name)
        if isinstance(constant, Static) and not isinstance(constant.value, Recipe):
            return literal_code(constant)
        raise CannotEmit(f"{name} in a compile-time function")
