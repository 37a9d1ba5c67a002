"""Initialisers in expressions: `tril(ones)`, `softplus_inverse(exp(uniform(a, b)))`. Each stands for a new tensor of the type
of the one that the expression fills; `fan_in` and `fan_out` are numbers that are read off it."""

from __future__ import annotations

from typing import Any

from specc.elaborate import initial_errors
from specc.elaborate.arguments import bind_function, plain, written
from specc.elaborate.body import Body
from specc.elaborate.trace import Apply, FunctionUse, Static
from specc.elaborate.values import POISON, Poison
from specc.ops import registry
from specc.ops.initialisers.fill import Initialiser
from specc.ops.rules import product
from specc.pycode import Attr, CallCode, Code, Item, Lit, SliceCode, TensorVar
from specc.source import Span
from specc.syntax import ast
from specc.types import DType

FANS = ("fan_in", "fan_out")
"""How many inputs an output of the layer has, and how many outputs an input has, as torch.nn.init counts them."""


def named_initialiser(node: ast.Expr, body: Body) -> type[Initialiser] | None:
    """The initialiser that an expression names, with or without arguments, unless its name is taken."""
    func = node.func if isinstance(node, ast.Call) else node
    if not isinstance(func, ast.Name) or body.scope.find(func.name) is not None:
        return None
    if isinstance(node, ast.Call) and _creates(func.name, node):
        return None
    op = registry.initialiser(func.name)
    if op is None or body.file.find(func.name) is not None:
        return None
    assert issubclass(op, Initialiser)
    return op


def _creates(name: str, node: ast.Call) -> bool:
    """`zeros(3, 4)` names its own shape: the function, not the initialiser."""
    return bool(node.args) and all(arg.name is None for arg in node.args) and name in ("zeros", "ones", "eye")


def bind_initialiser(op: type[Initialiser], node: ast.Expr, body: Body) -> tuple[Initialiser, dict[str, Static]] | None:
    """An initialiser with its arguments, held against what it fills. None after a message."""
    filling = body.filling
    if filling is None or filling.target is None:
        body.report(initial_errors.shape_needed(node.span))
        return None
    args = written(node.args, body) if isinstance(node, ast.Call) else []
    bound = None if isinstance(args, Poison) else bind_function(op, args, node.span, body, own=())
    if bound is None:
        return None
    instance = op({name: plain(value) for name, value in bound[1].items()})
    filling.least = max(filling.least, op.least_rank)
    type = filling.target.type
    if filling.exact:
        if type.rank < op.least_rank or (op.most_rank is not None and type.rank > op.most_rank):
            body.report(initial_errors.wrong_dimensions(op.name, op.least_rank, op.most_rank, type, filling.key, node.span))
            return None
        if op.random and type.dtype is not DType.FLOAT:
            body.report(initial_errors.floats_only(op.name, type, node.span))
            return None
    return instance, bound[1]


def nested(op: type[Initialiser], node: ast.Expr, body: Body) -> Any:
    """An initialiser inside an expression: a tensor of the type of what is filled."""
    bound = bind_initialiser(op, node, body)
    target = body.filling.target if body.filling is not None else None
    if bound is None or target is None:
        return POISON
    output = body.tensor(target.type, node.span)
    body.add(Apply(FunctionUse(bound[0], {op.operands[0]: target}, bound[1]), {}, [output], node.span))
    return output


def fan(name: str, span: Span, body: Body) -> Any:
    """`fan_in`, `fan_out`: elements of a row and of a column of what is filled."""
    filling = body.filling
    if filling is None or filling.target is None:
        return body.report(initial_errors.shape_needed(span))
    filling.least = max(filling.least, 2)
    target, type = filling.target, filling.target.type
    if filling.exact and type.rank < 2:
        return body.report(initial_errors.wrong_dimensions(name, 2, None, type, filling.key, span))
    row: tuple[Code, ...] = (Lit(0),) if name == "fan_in" else (SliceCode(None, None, None), Lit(0))
    code = CallCode(Attr(Item(TensorVar(target.id), row), "numel"))
    if body.generic:
        return Static(body.solver.fresh(name, flexible=False, payload=code), code, span)
    across = 0 if name == "fan_in" else 1
    count = product([dim for k, dim in enumerate(type.shape) if k != across])
    return Static(body.solver.resolve(count), code, span)
