"""Learned and fixed tensors of a body, and what they begin as."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim, Expr, symbols
from specc.dims.opaque import Opaque
from specc.elaborate import errors, initial_errors
from specc.elaborate.body import Body, Filling, Results
from specc.elaborate.initialisers import FANS, bind_initialiser, named_initialiser
from specc.elaborate.labels import key_text, label_path
from specc.elaborate.layers import introduce
from specc.elaborate.patterns import declared_dtype, match, size
from specc.elaborate.trace import Apply, FunctionUse, Initial, Static, Tensor, TensorMember
from specc.elaborate.values import POISON, Poison, kind_of
from specc.infer import declared_errors
from specc.ops import registry
from specc.pycode import Attr, Item, Lit, Path
from specc.syntax import ast
from specc.types import DType, TensorType


def tensor_declaration(node: ast.TensorDecl, body: Body) -> None:
    """`param cls: float[1, 1, d] = normal(std=0.02)`: a tensor of the body with a key of its own."""
    path = label_path(node.label, body)
    name = ".".join(piece for part in node.label.parts for piece in part.pieces if isinstance(piece, str))
    type = declared_type(node.type, body)
    filling = Filling(body.tensor(type, node.span) if type is not None else None)
    value = initial_value(node.value, filling, body) if node.value is not None else None
    if isinstance(path, Poison) or isinstance(value, Poison) or (value is not None and reads_inputs(value, body)):
        body.bind(name, POISON, node.span)
        return
    if type is None:
        type = _type_of(value, node.value, body)
    if type is None or (value is not None and not _agrees(value, type, node, body)):
        body.bind(name, POISON, node.span)
        return
    if not body.generic and _is_open(type, node, body):
        body.bind(name, POISON, node.span)
        return
    if node.keyword != "param" and len(path) > 1:
        body.report(initial_errors.buffer_inside(node.keyword, key_text(path), node.label.span))
        body.bind(name, POISON, node.span)
        return
    if node.keyword == "param" and type.dtype < DType.FLOAT:
        body.report(initial_errors.no_gradient(name, type, node.span))
        body.bind(name, POISON, node.span)
        return
    member = introduce(path, TensorMember(node.keyword, type, value, node.span), node, body, labelled=True, name=name)
    if isinstance(member, Poison):
        return
    outer, body.hint = body.hint, name
    tensor = body.tensor(type, node.span)
    body.hint = outer
    body.program.weight_codes[tensor.id] = path_code(path)
    body.bind(name, tensor, node.span)


def _is_open(type: TensorType, node: ast.TensorDecl, body: Body) -> bool:
    """Weights need numbers: a size that only inputs have must be a parameter. True after a message."""
    for size_ in type.shape:
        free = (
            [symbol for symbol in symbols(body.solver.resolve(size_)) if symbol.kind == "rigid"]
            if isinstance(size_, Expr)
            else []
        )
        if free:
            root = (body.program.root or body.instance).definition.node
            declared = body.program.declared.get(free[0])
            place = node.type.span if node.type is not None else node.span
            model = (root.name_span, bool(root.params))
            body.report(declared_errors.open_weight(node.keyword, size_, free[0].name, place, declared, model))
            return True
    return False


def path_code(path: tuple[Any, ...]) -> Any:
    """`self.cls`, `self.tables[i]`: where forward finds a tensor of its own."""
    code: Any = Path("self")
    for part in path:
        if isinstance(part, str) and part.isidentifier():
            code = Attr(code, part)
        else:
            code = Item(
                code,
                (
                    Lit(int(part))
                    if isinstance(part, str) and part.isdigit()
                    else part
                    if not isinstance(part, str)
                    else Lit(part),
                ),
            )
    return code


def declared_type(declared: ast.TypeExpr | None, body: Body) -> TensorType | None:
    """The complete type that a tensor is declared with; None where there is none, or after a message."""
    if declared is None or declared.dims is None:
        return None
    dtype = declared_dtype(declared, body)
    shape: list[Dim] = []
    for dim in declared.dims:
        if isinstance(dim, ast.DimRow | ast.DimExists):
            body.report(initial_errors.open_size(dim.span))
            return None
        if isinstance(dim, ast.Name) and body.find(dim.name) is None:
            body.report(errors.unknown_symbol(dim.name, body.scope.all_names(), dim.span))
            return None
        found = size(dim, body)
        if found is None:
            return None
        shape.append(found)
    return TensorType(tuple(shape), DType.FLOAT if dtype is None else dtype)


def initial_value(node: ast.Expr, filling: Filling, body: Body) -> Initial | Poison:
    """What a tensor begins as: an initialiser, numbers, or an expression, in which initialisers have the tensor's shape."""
    found = Initial(node.span)
    found.target = filling.target
    outer, body.filling = body.filling, filling
    try:
        return _initial_value(node, found, body)
    finally:
        body.filling = outer


def _initial_value(node: ast.Expr, found: Initial, body: Body) -> Initial | Poison:
    from specc.elaborate.expressions import single

    op = named_initialiser(node, body)
    if op is not None:
        bound = bind_initialiser(op, node, body)
        if bound is None:
            return POISON
        found.call = FunctionUse(bound[0], {}, bound[1])
        return found
    plain = isinstance(node, ast.Name) and node.name not in FANS and not node.name[:1].isupper()
    if plain and isinstance(node, ast.Name) and body.find(node.name) is None and registry.find(node.name) is None:
        return body.report(initial_errors.unknown_initialiser(node.name, registry.initialisers(), node.span))
    saved = body.nested(body.scope, found.items)
    try:
        value = single(node, body)
    finally:
        body.leave(saved)
    if isinstance(value, Poison):
        return value
    if isinstance(value, Results):
        value = value.values[0]
    if isinstance(value, Tensor):
        found.result = value
        return found
    if isinstance(value, Static):
        number = isinstance(value.value, Expr) or (isinstance(value.value, Opaque) and value.value.type == "float")
        shape = () if number else shape_of(value.value)
        if shape is not None:
            found.literal = value.code
            found.result = Tensor(0, TensorType(shape, DType.FLOAT if number else dtype_of(value.value)), node.span)
            return found
    return body.report(errors.not_a_value(kind_of(value), "an initialiser, numbers or a tensor", node.span))


def reads_inputs(value: Initial, body: Body) -> bool:
    """Does a value for the constructor depend on what only a run has? True after a message."""
    made: set[int] = {value.target.id} if value.target is not None else set()
    for item in value.items:
        if not isinstance(item, Apply):
            continue
        read = list(item.target.operands.values()) if isinstance(item.target, FunctionUse) else list(item.inputs.values())
        for tensor in [part for one in read for part in (one if isinstance(one, list) else [one])]:
            if isinstance(tensor, Tensor) and tensor.id not in made and tensor.id not in body.program.weight_codes:
                body.report(initial_errors.depends_on_run(tensor.hint or "a tensor", item.span))
                return True
        made.update(output.id for output in item.outputs)
    result = value.result
    if result is not None and value.literal is None and result.id not in made and result.id not in body.program.weight_codes:
        body.report(initial_errors.depends_on_run(result.hint or "a tensor", value.span))
        return True
    return False


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of numbers in nested lists; None where rows differ or something else stands there."""
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list):
        shapes = {shape_of(item) for item in value}
        if len(shapes) != 1:
            return None if value else (0,)
        inner = shapes.pop()
        return None if inner is None else (len(value), *inner)
    return () if isinstance(value, int | float) else None


def dtype_of(value: Any) -> DType:
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list):
        return max((dtype_of(item) for item in value), default=DType.FLOAT)
    return DType.BOOL if isinstance(value, bool) else DType.INT if isinstance(value, int) else DType.FLOAT


def _type_of(value: Initial | None, node: ast.Expr | None, body: Body) -> TensorType | None:
    if value is not None and value.result is not None:
        return value.result.type
    if node is not None:
        body.report(initial_errors.shape_needed(node.span))
    return None


def _agrees(value: Initial, type: TensorType, node: ast.TensorDecl, body: Body) -> bool:
    """An initial value of its own shape must have the declared one; a plain number fills the tensor."""
    if value.result is None or (value.literal is not None and not value.result.type.shape):
        return True
    if value.literal is not None and value.result.type.dtype <= type.dtype:
        value.result.type = value.result.type.with_dtype(type.dtype)
    name = key_text(tuple(piece for part in node.label.parts for piece in part.pieces if isinstance(piece, str)))
    return match(name, node.type, value.result, value.span, body)
