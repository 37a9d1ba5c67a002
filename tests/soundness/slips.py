"""Slips: one thing of a configuration changed, as people do by mistake. Samplers draw what fits, or nearly; a slip takes any of
their configurations to where a demand of the rule, or of torch, ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.ops.declare import Op, Param
from specc.types import DType, TensorType
from tests.specc.ops.draw import Draw

LEFT_ALONE = {"LSTMCell": ("h_0", "c_0")}
"""Operands of a wrong rank bring torch 2.13 down."""
_EXTREMES = (0.0, 1.0, -1.0, float("inf"))


def slip(
    op: type[Op], operands: Mapping[str, Any], values: Mapping[str, Any], draw: Draw
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Operands and arguments with one change; the same ones where the draw finds nothing to change."""
    new, given = dict(operands), dict(values)
    spared = LEFT_ALONE.get(op.name, ())
    tensors = [name for name, x in new.items() if isinstance(x, TensorType) and not x.weak and name not in spared]
    lists = [name for name, x in new.items() if isinstance(x, list)]
    numbers = [name for name, value in given.items() if name in op.params and _changeable(op.params[name], value)]
    if numbers and (not tensors or draw.random() < 0.4):
        name = draw.choice(numbers)
        given[name] = _number(given[name], draw)
    elif lists and (not tensors or draw.yes()):
        name = draw.choice(lists)
        new[name] = _list(list(new[name]), draw)
    elif tensors:
        name = draw.choice(tensors)
        new[name] = None if name in op.optional_operands and draw.random() < 0.2 else _tensor(new[name], draw)
    return new, given


def _changeable(param: Param, value: Any) -> bool:
    single = value[0] if isinstance(value, tuple) and value else value
    return param.type not in ("bool", "str", "dtype") and isinstance(single, int | float) and not isinstance(single, bool)


def _list(tensors: list[Any], draw: Draw) -> list[Any]:
    at = draw.randrange(len(tensors)) if tensors else 0
    if draw.random() < 0.2 or not tensors:
        return tensors[:at] + tensors[at + 1 :]
    if isinstance(tensors[at], TensorType) and not tensors[at].weak:
        tensors[at] = _tensor(tensors[at], draw)
    return tensors


def _number(value: Any, draw: Draw) -> Any:
    if isinstance(value, tuple) and value:
        at = draw.randrange(len(value))
        roll = draw.random()
        if roll < 0.15:
            return value[:at] + value[at + 1 :]
        if roll < 0.3:
            return (*value, value[at])
        return (*value[:at], _number(value[at], draw), *value[at + 1 :])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, float):
        return draw.choice((*_EXTREMES, -value))
    return draw.choice((value + 1, value - 1, 0, -value, 1))


def _tensor(x: TensorType, draw: Draw) -> TensorType:
    shape = list(x.shape)
    at = draw.randrange(len(shape)) if shape else 0
    roll = draw.random()
    if roll < 0.25 or not shape:
        shape.insert(at, draw.randint(1, 3))
    elif roll < 0.5:
        del shape[at]
    elif roll < 0.55:
        shape = []
    elif roll < 0.8:
        shape[at] = draw.choice((1, int(shape[at]) + 1, max(0, int(shape[at]) - 1), 0))
    else:
        return TensorType(x.shape, draw.choice(list(DType)))
    return TensorType(tuple(shape), x.dtype)
