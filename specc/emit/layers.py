"""The constructor call that a layer becomes: `nn.Conv2d(in_channels, width, 3, padding=1)`, `Block(heads)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specc.dims.expr import Dim, Expr
from specc.dims.solver import Solver
from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import OpLayer, Static
from specc.elaborate.values import SymbolicList
from specc.ops.declare import REQUIRED, Layer
from specc.pycode import CallCode, Code, ListCode, Lit, Path, TupleCode
from specc.types import DType

Named = Callable[[Dim], Code]
"""A size as code; the caller knows the names that constructor locals give to sizes."""

TORCH_DTYPES = {
    DType.BOOL: "torch.bool",
    DType.UINT8: "torch.uint8",
    DType.INT: "torch.int64",
    DType.FLOAT: "torch.float32",
    DType.COMPLEX: "torch.complex64",
}


def layer_path(op: Layer) -> str:
    return op.torch or f"nn.{op.name}"


def layer_call(layer: OpLayer, solver: Solver, named: Named, *, inplace: bool) -> CallCode:
    """Inferred and required arguments by position as long as nothing was left out, what else the user gave by keyword."""
    op = layer.op
    args: list[Code] = []
    kwargs: list[tuple[str, Code]] = []
    positional = True
    for name, param in op.params.items():
        given = layer.given.get(name)
        if given is not None:
            code = static_code(given)
            if isinstance(code, ListCode):
                code = TupleCode(code.items)  # torch's sizes are tuples; Upsample takes nothing else
            elif isinstance(given.value, list | SymbolicList):
                code = CallCode(Path("tuple"), (code,))
        elif param.inferred or param.default is REQUIRED:
            code = value_code(getattr(op, name), solver, named)
        else:
            positional = False
            continue
        if positional and (param.inferred or param.default is REQUIRED):
            args.append(code)
        else:
            positional = False
            kwargs.append((name, code))
    if inplace and op.inplace:
        kwargs.append(("inplace", Lit(True)))
    call = CallCode(Path(layer_path(op)), tuple(args), tuple(kwargs))
    for wrapping in layer.wrappings:
        renamed = {"weight": "name"}  # torch calls the wrapped parameter so
        options = tuple((renamed.get(name, name), static_code(value)) for name, value in wrapping.given.items())
        call = CallCode(Path(wrapping.op.torch), (call,), options)
    return call


def static_code(static: Static) -> Code:
    """The user's own expression; kinds of numbers are torch's dtypes."""
    if isinstance(static.value, DType):
        return Path(TORCH_DTYPES[static.value])
    return static.code


def value_code(value: Any, solver: Solver, named: Named) -> Code:
    """A solved argument."""
    if isinstance(value, Static):
        return static_code(value)
    if isinstance(value, Expr) or (isinstance(value, int) and not isinstance(value, bool)):
        return named(solver.resolve(value))
    if isinstance(value, tuple | list):
        items = tuple(value_code(item, solver, named) for item in value)
        return TupleCode(items) if isinstance(value, tuple) else ListCode(items)
    if isinstance(value, DType):
        return Path(TORCH_DTYPES[value])
    assert value is None or isinstance(value, bool | float | str), value
    return Lit(value)


def plain_named(dim: Dim) -> Code:
    return dim_code(dim)
