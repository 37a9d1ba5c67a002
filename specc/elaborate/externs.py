"""`extern layer`: the way out to Python. A spec names the code and declares its shape rule; checking and drawing go by the
rule and never import anything. Building asks for the user's explicit word.

An extern becomes a declared layer like any other: its parameters are the layer's, its class is called by name.
"""

from __future__ import annotations

from typing import Any, ClassVar

from specc.dims.expr import Dim
from specc.elaborate.body import Body
from specc.elaborate.patterns import declared_dtype, match, size
from specc.elaborate.scope import FileScope, Scope
from specc.elaborate.trace import Instance, Static, Tensor
from specc.elaborate.values import literal
from specc.ops.declare import REQUIRED, Layer, Param
from specc.pycode import Lit
from specc.syntax import ast
from specc.types import DType, TensorType

KINDS = {"int": "int", "float": "float", "bool": "bool", "str": "str"}


class External(Layer):
    """A layer whose code is the user's own. Made by `declare`, one class an `extern`."""

    source: ClassVar[ast.Extern]
    scope: ClassVar[FileScope]


def declare(item: ast.Extern, scope: FileScope) -> type[External]:
    """The layer that an `extern` stands for."""
    fields: dict[str, Any] = {
        "source": item,
        "scope": scope,
        "torch": item.name,
        "__doc__": f"{item.target}, code of the user.",
    }
    for param in item.params:
        kind = KINDS.get(param.type.base if param.type is not None and param.type.base is not None else "", "any")
        default = (
            REQUIRED
            if param.default is None
            else param.default.value
            if isinstance(param.default, ast.Number | ast.String | ast.Constant)
            else None
        )
        fields[param.name] = Param(kind, "", default, optional=default is None)
    made: type[External] = type(item.name, (External,), fields)
    made.operands = tuple(declared.name for declared in _inputs(item))
    made.results = tuple(output.name or "output" for output in _outputs(item))
    return made


def _inputs(item: ast.Extern) -> list[ast.Declared]:
    return [declared for statement in item.body if isinstance(statement, ast.Input) for declared in statement.items]


def _outputs(item: ast.Extern) -> list[ast.OutputItem]:
    return [output for statement in item.body if isinstance(statement, ast.Output) for output in statement.items]


def types_of(op: External, bound: dict[str, Any], body: Body) -> list[TensorType] | None:
    """The types of its results by its declared rule; None after a message."""
    inner = Body(body.program, body.definition, Instance(body.definition, None, {}, -1), Scope())
    inner.file = op.scope
    for name in op.params:
        value = getattr(op, name)
        inner.scope.bind(name, Static(value, literal(value) if isinstance(value, int | float | str | bool) else Lit(None)))
    good = True
    dtype = DType.FLOAT
    for k, item in enumerate(_inputs(op.source)):
        tensor = bound[item.name]
        if isinstance(tensor, Tensor):
            dtype = tensor.type.dtype if k == 0 else dtype
            good = match(item.name, item.type, tensor, tensor.span, inner) and good
    found = [_declared(output.type, dtype, inner) for output in _outputs(op.source)] if good else []
    return None if not found or any(type is None for type in found) else [type for type in found if type is not None]


def _declared(declared: ast.TypeExpr | None, dtype: DType, inner: Body) -> TensorType | None:
    if declared is None or declared.dims is None:
        return None
    shape: list[Dim] = []
    for dim in declared.dims:
        if isinstance(dim, ast.DimRow):
            row = inner.scope.find(f"...{dim.name}")
            if row is None or not isinstance(row.value, Static):
                return None
            shape += row.value.value
        elif isinstance(dim, ast.DimExists):
            shape.append(inner.solver.fresh(dim.name, flexible=False, lower=0))
        else:
            value = size(dim, inner)
            if value is None:
                return None
            shape.append(value)
    kind = declared_dtype(declared, inner)
    return TensorType(tuple(shape), dtype if kind is None else kind)
