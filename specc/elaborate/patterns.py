"""Declared types against tensors: `input x: float[B, T, d]` binds names to sizes and checks what is bound already."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim, Expr
from specc.dims.solver import Verdict
from specc.elaborate import errors, selection_errors
from specc.elaborate.body import Body
from specc.elaborate.doubts import unify
from specc.elaborate.history import operand
from specc.elaborate.trace import SizeSymbol, Static, Tensor
from specc.elaborate.values import LetFunction, Poison, Recipe, kind_of
from specc.infer import declared_errors
from specc.infer.history import Operand
from specc.pycode import Var
from specc.source import Span
from specc.syntax import ast
from specc.types import DTYPES, DType, TensorType


def declared_dtype(type: ast.TypeExpr | None, body: Body) -> DType | None:
    """The kind of number of a declared type; None where any is meant."""
    if type is None or type.base is None:
        return None
    dtype = DTYPES.get(type.base)
    if dtype is None:
        body.report(errors.unknown_type(type.base, type.span))
    return dtype


def match(
    name: str, declared: ast.TypeExpr | None, tensor: Tensor, fed: Span | None, body: Body, call: Span | None = None
) -> bool:
    """Holds a tensor against a declared type, binding the names of sizes. False after a message, which points at the `call`
    where a block's input does not fit."""
    if declared is None:
        return True
    found = tensor.type
    dtype = declared_dtype(declared, body)
    if dtype is not None and found.dtype != dtype:
        body.report(declared_errors.declared_dtype(name, declared.base or "", _shown(tensor, fed, call), declared.span, call))
        return False
    if declared.dims is None:
        if dtype is not None and found.rank:
            body.report(declared_errors.declared_rank(name, declared.span.text, _shown(tensor, fed, call), declared.span, call))
            return False
        return True
    rows = [k for k, dim in enumerate(declared.dims) if isinstance(dim, ast.DimRow)]
    fixed = len(declared.dims) - len(rows)
    if (not rows and found.rank != fixed) or found.rank < fixed:
        body.report(declared_errors.declared_rank(name, declared.span.text, _shown(tensor, fed, call), declared.span, call))
        return False
    axis = 0
    good = True
    wrong: list[tuple[int, Dim, ast.Expr]] = []
    for dim in declared.dims:
        if isinstance(dim, ast.DimRow):
            count = found.rank - fixed
            if dim.name is not None:
                good = _row(dim, found.shape[axis : axis + count], body) and good
            axis += count
            continue
        good = _dimension(name, dim, tensor, axis, wrong, body) and good
        axis += 1
    if wrong:
        shown = [(found.rank - at, body.solver.resolve(size_), expr.span) for at, size_, expr in wrong]
        body.report(
            declared_errors.declared_size(name, shown, _shown(tensor, fed, call), body.solver, call),
            frozenset(n for at, size_, _ in wrong for d in (size_, found.shape[at]) if isinstance(d, Expr) for n in d.names),
        )
    return good and not wrong


def _shown(tensor: Tensor, fed: Span | None, call: Span | None) -> Operand:
    """The tensor as a message tells of it: at a call, that of the caller."""
    outer = tensor.reason if call is not None and isinstance(tensor.reason, Tensor) else tensor
    return operand(outer, fed or outer.span)


def _row(dim: ast.DimRow, sizes: tuple[Dim, ...], body: Body) -> bool:
    assert dim.name is not None
    known = body.scope.find("..." + dim.name)
    if known is None:
        body.scope.bind("..." + dim.name, Static(list(sizes), Var(dim.name)))
        return True
    value = known.value
    assert isinstance(value, Static)
    same = len(value.value) == len(sizes) and all(
        unify(a, b, f"`...{dim.name}`", dim.span, body) for a, b in zip(value.value, sizes, strict=True)
    )
    if not same:
        body.report(errors.rows_differ(dim.name, value.value, sizes, dim.span))
    return same


def _dimension(
    name: str,
    dim: ast.Expr | ast.DimExists,
    tensor: Tensor,
    axis: int,
    wrong: list[tuple[int, Dim, ast.Expr]],
    body: Body,
) -> bool:
    """Binds or compares one dimension; one that differs goes to `wrong`. False after a message."""
    found_type = tensor.type
    found = found_type.shape[axis]
    if isinstance(dim, ast.DimExists):
        body.scope.bind(dim.name, Static(found, Var(dim.name)))
        return True
    if isinstance(dim, ast.Name) and dim.name != "_" and size_named(dim.name, body) is None:
        body.scope.bind(dim.name, Static(found, Var(dim.name)))
        body.entry.sizes.append(SizeSymbol(dim.name, name, axis, found))
        return True
    if isinstance(dim, ast.Name) and dim.name == "_":
        return True
    declared = size(dim, body)
    if declared is None:
        return False
    if unify(declared, found, f"the declared size of `{name}`", dim.span, body, [tensor, *_inputs(body)]):
        relied = body.solver.resolve(declared)
        if relied != body.solver.resolve(found):  # a doubt, which is asserted: what follows may rely on what is declared
            tensor.type = found_type.with_shape(*found_type.shape[:axis], relied, *found_type.shape[axis + 1 :])
        return True
    if body.generic and isinstance(found, Expr) and found is not declared and not body.entering:
        return True  # a rolled loop forgot how its sizes go; the instances were held against the declaration
    wrong.append((axis, declared, dim))
    return True


def _inputs(body: Body) -> list[Tensor]:
    return [value for _, value in body.entry.inputs if isinstance(value, Tensor)]


def size(dim: ast.Expr, body: Body) -> Dim | None:
    """The value of a size expression; a free name in it is solved for (`[B, 2 * d]`). None after a message."""
    from specc.elaborate.expressions import static

    for free in free_names(dim):
        if size_named(free.name, body) is None:
            symbol = body.solver.fresh(free.name, payload=Var(free.name))
            body.scope.bind(free.name, Static(symbol, Var(free.name)))
    value = static(dim, body, "a size")
    if isinstance(value, Poison):
        return None
    if isinstance(value.value, bool) or not isinstance(value.value, int | Expr):
        body.report(errors.not_a_value(kind_of(value), "an int as a size", dim.span))
        return None
    result: Dim = value.value
    return result


def size_named(name: str, body: Body) -> Any:
    """What a name in a type stands for, None where it introduces a size: blocks and functions of the file are no sizes."""
    value = body.find(name)
    return None if isinstance(value, Recipe | LetFunction) and body.scope.find(name) is None else value


def free_names(node: Any) -> list[ast.Name]:
    """The names in a size expression."""
    if isinstance(node, ast.Name):
        return [node]
    if isinstance(node, ast.Binary):
        return [*free_names(node.left), *free_names(node.right)]
    if isinstance(node, ast.Unary | ast.Paren):
        return free_names(node.value)
    if isinstance(node, ast.IfExpr):
        return [*free_names(node.condition), *free_names(node.then), *free_names(node.orelse)]
    return []


def names_are_known(declared: ast.TypeExpr | None, body: Body) -> bool:
    """Are the sizes in an output's type all bound? Only inputs and states introduce sizes. False after a message."""
    good = True
    for dim in (declared.dims if declared is not None else None) or ():
        if isinstance(dim, ast.DimExists):
            continue
        if isinstance(dim, ast.DimRow):
            if dim.name is not None and body.scope.find("..." + dim.name) is None:
                body.report(errors.unknown_symbol("..." + dim.name, [], dim.span, in_output=True))
                good = False
            continue
        for free in free_names(dim):
            if free.name != "_" and size_named(free.name, body) is None:
                body.report(errors.unknown_symbol(free.name, body.scope.all_names(), free.span, in_output=True))
                good = False
    return good


def open_type(name: str, declared: ast.TypeExpr | None, body: Body) -> TensorType | None:
    """The type of a model's input: every new name is a symbol of the user's. None after a message."""
    if declared is None or declared.dims is None:
        if declared is not None and declared.base is not None and declared.base in DTYPES:
            return TensorType((), DTYPES[declared.base])
        return None
    dtype = declared_dtype(declared, body)
    shape: list[Dim] = []
    for axis, dim in enumerate(declared.dims):
        if isinstance(dim, ast.DimRow):
            return None
        found = _open_dimension(name, dim, axis, body)
        if found is None:
            return None
        shape.append(found)
    return TensorType(tuple(shape), DType.FLOAT if dtype is None else dtype)


def assumed_type(name: str, assumed: Any, body: Body) -> TensorType:
    """The type found for an input that the spec leaves open. On trial its sizes are the solver's to bind."""
    shape: list[Dim] = []
    for axis, dim in enumerate(assumed.dims):
        given = body.program.input_size(name, axis)
        if given is not None or isinstance(dim, int):
            shape.append(given if given is not None else dim)
            continue
        known = size_named(dim, body)
        if isinstance(known, Static) and isinstance(known.value, int | Expr):
            shape.append(known.value)
            continue
        size_ = body.solver.fresh(dim, flexible=body.program.trial, payload=Var(dim))
        body.scope.bind(dim, Static(size_, Var(dim)))
        body.entry.sizes.append(SizeSymbol(dim, name, axis, size_))
        shape.append(size_)
    return TensorType(tuple(shape), assumed.dtype)


def _open_dimension(name: str, dim: ast.Expr | ast.DimExists, axis: int, body: Body) -> Dim | None:
    if isinstance(dim, ast.DimExists):
        symbol = body.solver.fresh(dim.name, flexible=False, lower=0, payload=Var(dim.name))
        body.scope.bind(dim.name, Static(symbol, Var(dim.name)))
        return symbol
    bound = body.program.input_size(name, axis)
    if isinstance(dim, ast.Name):
        if dim.name == "_":
            return (
                bound
                if bound is not None
                else body.solver.fresh(f"{name}_{axis}", flexible=False, payload=Var(f"{name}_{axis}"))
            )
        value = size_named(dim.name, body)
        if value is None:
            known = body.program.bound_sizes.get(dim.name)
            size_: Dim = bound if bound is not None else known if known is not None else _symbol(dim, body)
            body.scope.bind(dim.name, Static(size_, Var(dim.name)))
            body.entry.sizes.append(SizeSymbol(dim.name, name, axis, size_))
            return size_
        if isinstance(value, LetFunction) or not isinstance(value, Static):
            body.report(errors.unknown_symbol(dim.name, body.scope.all_names(), dim.span))
            return None
    declared = size(dim, body)
    if declared is not None and bound is not None and body.solver.unify(declared, bound, dim.span) is Verdict.DIFFERENT:
        body.report(selection_errors.size_given(name, axis, declared, bound, dim.span))
        return None
    return declared


def _symbol(dim: ast.Name, body: Body) -> Dim:
    from specc.dims.expr import symbols

    symbol = body.solver.fresh(dim.name, flexible=False, reason=dim.span, payload=Var(dim.name))
    body.program.declared[symbols(symbol)[0]] = dim.span
    return symbol
