"""Tensor functions as expressions: operators, `torch.cat([a, b])`, `x.reshape(...)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specc.elaborate.tensors import operand_type
from specc.elaborate.trace import FunctionUse, Static
from specc.emit.layers import static_code
from specc.ops.declare import REQUIRED, Function
from specc.pycode import Attr, BinaryCode, CallCode, Code, ListCode, Path, UnaryCode

Resolve = Callable[[Any], Code]
"""The code of an operand: of a tensor, or of a compile-time value as forward sees it."""

AtHand = Callable[[bool], Code | None]
"""A tensor whose device (and, where floats are asked for, dtype) a new tensor takes."""

_UNARY = ("-", "~", "+")


def function_code(use: FunctionUse, resolve: Resolve, at_hand: AtHand) -> Code:
    """The expression."""
    op = use.op
    args: dict[str, Code] = {}
    for name, value in use.operands.items():
        if value is None:
            continue
        args[name] = ListCode(tuple(map(resolve, value))) if isinstance(value, list | tuple) else resolve(value)
    for name, value in use.given.items():
        args[name] = resolve(Static(value.value, static_code(value), value.span))
    types = {name: operand_type(value) for name, value in use.operands.items() if value is not None}
    code = op.lower(args, types)
    if code is None:
        code = _operator(op, args) or _call(op, args)
    if op.creates and isinstance(code, CallCode):
        code = _placed(op, code, at_hand)
    return code


def _operator(op: Function, args: dict[str, Code]) -> Code | None:
    if not op.operator:
        return None
    values = list(args.values())
    if len(values) == 1 and op.operator in _UNARY:
        return UnaryCode(op.operator, values[0])
    return BinaryCode(op.operator, values[0], values[1]) if len(values) == 2 else None


def _call(op: Function, args: dict[str, Code]) -> Code:
    """torch's own signature: operands and required arguments by position, the others by keyword where given."""
    order = list(op.order) or [*op.operands, *op.params]
    order += [name for name in (*op.operands, *op.params) if name not in order]
    positional: list[Code] = []
    keywords: list[tuple[str, Code]] = []
    by_position = True
    for name in order:
        if name not in args:
            by_position = False
            continue
        optional = name in op.params and op.params[name].default is not REQUIRED
        if by_position and not optional:
            positional.append(args[name])
        else:
            keywords.append((name, args[name]))
            by_position = by_position and name in op.order
    path = op.torch or f"torch.{op.name}"
    if path.startswith("."):
        return CallCode(Attr(positional[0], path[1:]), tuple(positional[1:]), tuple(keywords))
    return CallCode(Path(path), tuple(positional), tuple(keywords))


def _placed(op: Function, code: CallCode, at_hand: AtHand) -> Code:
    kwargs = list(code.kwargs)
    dtype = dict(kwargs).get("dtype")
    floating = op.name not in ("arange", "randint", "randperm", "tril_indices", "triu_indices", "tensor", "full")
    if isinstance(dtype, Path):
        floating = dtype.name in ("torch.float", "torch.float32")
    elif dtype is None and op.name in ("tensor", "full"):
        floating = False
    if floating:
        source = at_hand(True)
        if source is not None:
            kwargs = [(name, value) for name, value in kwargs if name != "dtype"]
            kwargs += [("dtype", Attr(source, "dtype")), ("device", Attr(source, "device"))]
            return CallCode(code.func, code.args, tuple(kwargs))
    source = at_hand(False)
    if source is not None:
        kwargs.append(("device", Attr(source, "device")))
    return CallCode(code.func, code.args, tuple(kwargs))
