"""What random programs are made of: layers and functions with arguments that mostly fit, and how torch runs them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Sizes = Sequence[int]


def _channels(name: str) -> dict[str, Callable[[Sizes], int]]:
    return {name: lambda shape: shape[1]}


def _spatial(name: str, n: int) -> dict[str, Callable[[Sizes], int]]:
    """The batch may be missing."""
    return {name: lambda shape: shape[-n - 1]}


def _last(name: str) -> dict[str, Callable[[Sizes], int]]:
    return {name: lambda shape: shape[-1]}


INFERRED: dict[str, dict[str, Callable[[Sizes], int]]] = {
    "Linear": _last("in_features"),
    "LayerNorm": _last("normalized_shape"),
    "RMSNorm": _last("normalized_shape"),
    "Conv1d": _spatial("in_channels", 1),
    "Conv2d": _spatial("in_channels", 2),
    "ConvTranspose1d": _spatial("in_channels", 1),
    "ConvTranspose2d": _spatial("in_channels", 2),
    "BatchNorm1d": _channels("num_features"),
    "BatchNorm2d": _channels("num_features"),
    "GroupNorm": _channels("num_channels"),
    "RNN": _last("input_size"),
    "GRU": _last("input_size"),
    "LSTM": _last("input_size"),
    "MultiheadAttention": _last("embed_dim"),
    "TransformerEncoderLayer": _last("d_model"),
}
"""Arguments that a spec leaves out, from the shape of the input."""

RUN: dict[str, Callable[[Any, Tensor], Tensor]] = {
    **dict.fromkeys(("RNN", "GRU", "LSTM"), lambda layer, x: layer(x)[0]),
    "MultiheadAttention": lambda layer, x: layer(x, x, x, need_weights=False)[0],
}
"""Layers whose call is not that of one tensor for one."""

Arguments = Callable[[random.Random], dict[str, Any]]


def _size(chance: random.Random) -> int:
    return chance.choice((1, 2, 3, 4, 6, 8, 12))


def _conv(chance: random.Random) -> dict[str, Any]:
    kernel = chance.choice((1, 2, 3, 3, 5))
    out = {"out_channels": _size(chance), "kernel_size": kernel}
    if chance.random() < 0.6:
        out["padding"] = kernel // 2 if chance.random() < 0.7 else chance.randint(0, 2)
    if chance.random() < 0.3:
        out["stride"] = 2
    if chance.random() < 0.15:
        out["groups"] = 2
    if chance.random() < 0.15:
        out["dilation"] = 2
    return out


def _pool(chance: random.Random) -> dict[str, Any]:
    out: dict[str, Any] = {"kernel_size": chance.choice((2, 2, 3))}
    for name, values in {"stride": (1, 2), "padding": (0, 1), "ceil_mode": (True, False)}.items():
        if chance.random() < 0.3:
            out[name] = chance.choice(values)
    return out


def _transposed(chance: random.Random) -> dict[str, Any]:
    out = {"out_channels": _size(chance), "kernel_size": chance.choice((2, 3, 4)), "stride": chance.choice((1, 2))}
    if chance.random() < 0.4:
        out["padding"] = 1
    if chance.random() < 0.2:
        out["output_padding"] = 1
    return out


def _recurrent(chance: random.Random) -> dict[str, Any]:
    out: dict[str, Any] = {"hidden_size": _size(chance), "batch_first": True}
    if chance.random() < 0.3:
        out["bidirectional"] = True
    return out


def _heads(name: str) -> Arguments:
    return lambda chance: {name: chance.choice((1, 1, 2, 3)), "batch_first": True}


def _none(_: random.Random) -> dict[str, Any]:
    return {}


def _fixed(**args: Any) -> Arguments:
    return lambda _: args


LAYERS: dict[int, dict[str, Arguments]] = {
    1: {
        "Linear": lambda chance: {"out_features": _size(chance), **({"bias": False} if chance.random() < 0.3 else {})},
        "LayerNorm": _none,
        "RMSNorm": _none,
        "ReLU": _none,
        "GELU": _none,
        "Tanh": _none,
        "Sigmoid": _none,
        "SiLU": _none,
        "LeakyReLU": _fixed(negative_slope=0.1),
        "Dropout": _fixed(p=0.1),
        "Softmax": lambda chance: {"dim": chance.choice((-1, -1, 0, 1))},
        "GLU": lambda chance: {"dim": chance.choice((-1, 1))},
        "Flatten": lambda chance: {"start_dim": chance.choice((1, 1, 1, 2))},
        "Unflatten": lambda chance: {
            "dim": chance.choice((-1, 1)),
            "unflattened_size": chance.choice(((2, -1), (2, 2), (1, 4))),
        },
    },
    3: {
        "Conv1d": _conv,
        "ConvTranspose1d": _transposed,
        "BatchNorm1d": _none,
        "MaxPool1d": _pool,
        "AvgPool1d": _pool,
        "AdaptiveAvgPool1d": lambda chance: {"output_size": chance.randint(2, 4)},
        "RNN": _recurrent,
        "GRU": _recurrent,
        "LSTM": _recurrent,
        "MultiheadAttention": _heads("num_heads"),
        "TransformerEncoderLayer": lambda chance: {**_heads("nhead")(chance), "dim_feedforward": _size(chance)},
    },
    4: {
        "Conv2d": _conv,
        "ConvTranspose2d": _transposed,
        "BatchNorm2d": _none,
        "GroupNorm": lambda chance: {"num_groups": chance.choice((1, 2, 3))},
        "MaxPool2d": _pool,
        "AvgPool2d": _pool,
        "AdaptiveAvgPool2d": lambda chance: {"output_size": chance.randint(2, 4)},
        "PixelShuffle": _fixed(upscale_factor=2),
        "PixelUnshuffle": _fixed(downscale_factor=2),
        "Upsample": _fixed(scale_factor=2),
        "ZeroPad2d": lambda chance: {"padding": chance.randint(0, 2)},
        "ReflectionPad2d": lambda chance: {"padding": chance.randint(1, 3)},
    },
}
"""Layers by the rank they are made for; those under 1 take most ranks."""


class Function:
    """`text` is the expression in the language: operands `{0}`, `{1}`, arguments by name. `results`: how many names it
    needs."""

    def __init__(
        self, text: str, run: Callable[..., Any], operands: int = 1, args: Arguments = _none, results: int = 1
    ) -> None:
        self.text = text
        self.run = run
        self.operands = operands
        self.args = args
        self.results = results


def _dim(*dims: int) -> Arguments:
    return lambda chance: {"dim": chance.choice(dims)}


def _permute(x: Tensor) -> Tensor:
    if x.dim() != 3:
        raise ValueError("not of rank 3")
    return x.permute(0, 2, 1)


FUNCTIONS: dict[str, Function] = {
    "add": Function("{0} + {1}", torch.add, 2),
    "sub": Function("{0} - {1}", torch.sub, 2),
    "mul": Function("{0} * {1}", torch.mul, 2),
    "scale": Function("{0} * {by}", lambda x, by: x * by, 1, lambda chance: {"by": chance.choice((0.5, 2.0))}),
    "maximum": Function("maximum({0}, {1})", torch.maximum, 2),
    "matmul": Function("{0} @ {1}", torch.matmul, 2),
    "cat": Function("cat([{0}, {1}], dim={dim})", lambda a, b, dim: torch.cat([a, b], dim=dim), 2, _dim(1, 1, -1, 2)),
    "stack": Function("stack([{0}, {1}], dim={dim})", lambda a, b, dim: torch.stack([a, b], dim=dim), 2, _dim(1, 0, -1)),
    "transpose": Function("transpose({0}, 1, {to})", lambda x, to: x.transpose(1, to), 1, lambda c: {"to": c.choice((2, -1))}),
    "flatten": Function("flatten({0}, {start})", lambda x, start: x.flatten(start), 1, lambda c: {"start": c.choice((1, 2))}),
    "mean": Function(
        "mean({0}, dim={dim}, keepdim={keepdim})",
        lambda x, dim, keepdim: x.mean(dim, keepdim),
        1,
        lambda chance: {"dim": chance.choice((1, -1, 2)), "keepdim": chance.random() < 0.5},
    ),
    "sum": Function("sum({0}, dim={dim})", lambda x, dim: x.sum(dim), 1, _dim(1, -1, 2)),
    "amax": Function("amax({0}, dim={dim})", lambda x, dim: x.amax(dim), 1, _dim(1, -1, 2)),
    "softmax": Function("softmax({0}, dim={dim})", lambda x, dim: x.softmax(dim), 1, _dim(1, -1, 2)),
    "unsqueeze": Function("unsqueeze({0}, {dim})", lambda x, dim: x.unsqueeze(dim), 1, _dim(0, 1, 2, -1)),
    "slice": Function("{0}[:, 0:{end}]", lambda x, end: x[:, 0:end], 1, lambda chance: {"end": chance.randint(1, 2)}),
    "stepped": Function("{0}[..., ::2]", lambda x: x[..., ::2]),
    "pick": Function("{0}[:, {at}]", lambda x, at: x[:, at], 1, lambda chance: {"at": chance.choice((0, -1, 1))}),
    "chunk": Function("chunk({0}, 2, dim={dim})", lambda x, dim: x.chunk(2, dim), 1, _dim(1, -1), 2),
    "reshape": Function("reshape({0}, -1, {size})", lambda x, size: x.reshape(-1, size), 1, lambda c: {"size": _size(c)}),
    "swap": Function('rearrange({0}, "b t c -> b c t")', _permute),
    "pad": Function(
        "pad({0}, [{left}, 1])", lambda x, left: torch.nn.functional.pad(x, [left, 1]), 1, lambda c: {"left": c.randint(0, 2)}
    ),
}
