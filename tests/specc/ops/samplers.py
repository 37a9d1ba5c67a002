"""Random configurations for each layer: arguments and operand types, about half of which torch should refuse.

A sampler gets a Draw and returns (values, operands, natural): all arguments by name, a TensorType (or None) per operand, and
the names of inferable arguments whose value follows from the operands, so that they may be left to inference.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from specc.types import DType, TensorType

Sample = tuple[dict[str, Any], dict[str, TensorType | None], tuple[str, ...]]
Sampler = Callable[["Draw"], Sample]


class Draw(random.Random):
    """Random sizes and tensors, mostly sensible."""

    def often(self) -> bool:
        return self.random() < 0.9

    def rarely(self) -> bool:
        return self.random() < 0.06

    def yes(self) -> bool:
        return self.random() < 0.5

    def dim(self, low: int = 1, high: int = 7) -> int:
        return 0 if self.random() < 0.02 else self.randint(low, high)

    def dims(self, n: int, low: int = 1, high: int = 7) -> tuple[int, ...]:
        return tuple(self.dim(low, high) for _ in range(n))

    def kind(self, *usual: DType) -> DType:
        """Mostly one of the usual kinds of numbers (float)."""
        return self.choice(usual or (DType.FLOAT,)) if self.often() else self.choice(list(DType))

    def tensor(self, *shape: int, usual: tuple[DType, ...] = ()) -> TensorType:
        return TensorType(tuple(shape), self.kind(*usual))

    def any_tensor(self, low: int = 0, high: int = 5, usual: tuple[DType, ...] = ()) -> TensorType:
        return self.tensor(*self.dims(self.randint(low, high), 1, 5), usual=usual)

    def image(self, n: int, channels: int, low: int = 1, high: int = 9, usual: tuple[DType, ...] = ()) -> TensorType:
        """[N, C, *sizes] or [C, *sizes]; now and then of another rank."""
        shape = (*((self.dim(1, 3),) if self.random() < 0.7 else ()), channels, *self.dims(n, low, high))
        if self.rarely():
            shape = (*shape, self.dim()) if self.yes() else shape[1:]
        return self.tensor(*shape, usual=usual)

    def per(self, n: int, low: int, high: int) -> Any:
        """One number for all, or one each; now and then one too many."""
        if self.yes():
            return self.randint(low, high)
        return tuple(self.randint(low, high) for _ in range(n + (1 if self.random() < 0.03 else 0)))

    def off(self, value: int) -> tuple[int, bool]:
        """The value, or now and then another one; whether it is the value."""
        if self.often():
            return value, True
        other = max(0, value + self.choice((-1, 1, 2)))
        return other, other == value

    def some(self, **choices: Any) -> dict[str, Any]:
        """Each of the arguments with probability one half; lists are drawn from."""
        return {name: self.choice(options) for name, options in choices.items() if self.yes()}


def simple(low: int = 0, high: int = 5, **choices: list[Any]) -> Sampler:
    """A pointwise layer: any tensor, optional arguments."""

    def sample(draw: Draw) -> Sample:
        kinds = (DType.FLOAT, DType.FLOAT, DType.FLOAT, *DType)
        return draw.some(**choices), {"input": draw.any_tensor(low, high, usual=kinds)}, ()

    return sample


def required(low: int, high: int, **choices: list[Any]) -> Sampler:
    """A pointwise layer with required arguments."""

    def sample(draw: Draw) -> Sample:
        kinds = (DType.FLOAT, DType.FLOAT, *DType)
        return (
            {name: draw.choice(options) for name, options in choices.items()},
            {"input": draw.any_tensor(low, high, usual=kinds)},
            (),
        )

    return sample


def linear(draw: Draw) -> Sample:
    x = draw.any_tensor()
    size, natural = draw.off(x.shape[-1] if x.rank else 3)
    return (
        {"in_features": size, "out_features": draw.dim(), **draw.some(bias=[True, False])},
        {"input": x},
        ("in_features",) * natural,
    )


def bilinear(draw: Draw) -> Sample:
    x = draw.any_tensor(1, 4)
    y = draw.tensor(*x.shape[:-1], draw.dim())
    if draw.rarely():
        y = draw.any_tensor(0, 4)
    a, first = draw.off(x.last)
    b, second = draw.off(y.last if y.rank else 2)
    values = {"in1_features": a, "in2_features": b, "out_features": draw.dim(), **draw.some(bias=[True, False])}
    return values, {"input1": x, "input2": y}, ("in1_features",) * first + ("in2_features",) * second


def channels_of(x: TensorType, n: int) -> Any:
    return x.shape[-n - 1] if x.rank in (n + 1, n + 2) else None


def conv(n: int) -> Sampler:
    def sample(draw: Draw) -> Sample:
        groups = draw.choice((1, 1, 1, 2, 3))
        channels = groups * draw.randint(1, 2) if draw.often() else draw.dim()
        out = groups * draw.randint(1, 3) if draw.often() else draw.dim()
        inside, natural = draw.off(channels)
        values = {
            "in_channels": inside, "out_channels": out, "kernel_size": draw.per(n, 1, 3), "groups": groups,
            **draw.some(bias=[True, False], stride=[draw.per(n, 1, 3)], dilation=[draw.per(n, 1, 2)],
                        padding=[draw.per(n, 0, 3), draw.per(n, 0, 3), "same", "valid"],
                        padding_mode=["zeros", "reflect", "replicate", "circular"]),
        }  # fmt: skip
        if values.get("padding") == "same" and draw.often():
            values.pop("stride", None)
        x = draw.image(n, channels, high=7 if n < 3 else 5)
        return values, {"input": x}, ("in_channels",) * (natural and channels_of(x, n) == channels)

    return sample


def conv_transpose(n: int) -> Sampler:
    def sample(draw: Draw) -> Sample:
        groups = draw.choice((1, 1, 1, 2, 3))
        channels = groups * draw.randint(1, 2) if draw.often() else draw.dim()
        out = groups * draw.randint(1, 3) if draw.often() else draw.dim()
        inside, natural = draw.off(channels)
        values = {
            "in_channels": inside, "out_channels": out, "kernel_size": draw.per(n, 1, 3), "groups": groups,
            **draw.some(bias=[True, False], stride=[draw.per(n, 1, 3)], dilation=[draw.per(n, 1, 2)], padding=[draw.per(n, 0, 2)],
                        output_padding=[draw.per(n, 0, 1), draw.per(n, 0, 2)]),
        }  # fmt: skip
        x = draw.image(n, channels, high=4)
        return values, {"input": x}, ("in_channels",) * (natural and channels_of(x, n) == channels)

    return sample


def unfold(draw: Draw) -> Sample:
    values = {
        "kernel_size": draw.per(2, 1, 3),
        **draw.some(dilation=[draw.per(2, 1, 2)], padding=[draw.per(2, 0, 2)], stride=[draw.per(2, 1, 3)]),
    }
    return values, {"input": draw.image(2, draw.dim(1, 3), high=6, usual=(DType.FLOAT, DType.FLOAT, *DType))}, ()


def fold(draw: Draw) -> Sample:
    values, _, _ = unfold(draw)
    size = draw.per(2, 3, 7)

    def pair(value: Any) -> tuple[int, int]:
        return value[:2] if isinstance(value, tuple) else (value, value)

    (k, l), (p, q), (d, e), (s, t), (h, w) = (pair(values.get(name, plain)) for name, plain in
                                             (("kernel_size", 1), ("padding", 0), ("dilation", 1), ("stride", 1), ("", size)))  # fmt: skip
    columns = max(0, (h + 2 * p - d * (k - 1) - 1) // s + 1) * max(0, (w + 2 * q - e * (l - 1) - 1) // t + 1)
    shape = (*draw.dims(draw.choice((0, 1, 1)), 1, 3), draw.dim(1, 3) * k * l + draw.rarely(), columns + draw.rarely())
    if draw.rarely():
        shape = draw.dims(draw.randint(0, 5))
    return {"output_size": size, **values}, {"input": draw.tensor(*shape, usual=(DType.FLOAT, DType.FLOAT, *DType))}, ()


_POOLED = (DType.FLOAT, DType.FLOAT, DType.FLOAT, *DType)


def pool(
    n: int, *, dilation: bool = False, places: bool = False, padding: bool = True, power: bool = False, divisor: bool = False
) -> Sampler:
    def sample(draw: Draw) -> Sample:
        values: dict[str, Any] = (
            {"norm_type": draw.choice((1, 2, 3.0, float("inf"), 0 if draw.rarely() else 2))} if power else {}
        )
        values |= {"kernel_size": draw.per(n, 1, 4), **draw.some(stride=[draw.per(n, 1, 4)], ceil_mode=[True, False])}
        if padding:
            values |= draw.some(padding=[draw.per(n, 0, 1), draw.per(n, 0, 2)])
        if dilation:
            values |= draw.some(dilation=[draw.per(n, 1, 2)])
        if places:
            values |= draw.some(return_indices=[True, False])
        if divisor:
            values |= draw.some(divisor_override=[1, 3, -2, 0])
        return values, {"input": draw.image(n, draw.dim(1, 3), high=9 if n < 3 else 6, usual=_POOLED)}, ()

    return sample


def adaptive(n: int, *, places: bool) -> Sampler:
    def sample(draw: Draw) -> Sample:
        size = draw.choice((draw.per(n, 1, 5), draw.per(n, 0, 3), tuple(draw.choice((None, 1, 3)) for _ in range(n)), 1, None))
        values = {"output_size": size, **(draw.some(return_indices=[True, False]) if places else {})}
        return values, {"input": draw.image(n, draw.dim(1, 3), high=6, usual=_POOLED)}, ()

    return sample


def fractional(n: int) -> Sampler:
    def sample(draw: Draw) -> Sample:
        values: dict[str, Any] = {"kernel_size": draw.per(n, 1, 3), **draw.some(return_indices=[True, False])}
        if draw.yes() or draw.rarely():
            values["output_size"] = draw.per(n, 1, 5)
        if "output_size" not in values or draw.rarely():
            values["output_ratio"] = draw.choice(
                (0.5, 0.29, 0.7, 0.1, 1.0, tuple(draw.choice((0.5, 0.6, 0.9)) for _ in range(n)))
            )
        return values, {"input": draw.image(n, draw.dim(1, 3), low=2, high=10 if n < 3 else 7)}, ()

    return sample


def unpool(n: int) -> Sampler:
    def sample(draw: Draw) -> Sample:
        values = {"kernel_size": draw.per(n, 1, 3), **draw.some(stride=[draw.per(n, 1, 3)], padding=[draw.per(n, 0, 1)])}
        x = draw.image(n, draw.dim(1, 3), high=4, usual=_POOLED)
        places = TensorType(x.shape if draw.often() else draw.dims(x.rank), draw.kind(DType.INT))
        return values, {"input": x, "indices": places}, ()

    return sample


def batch_norm(*ranks: int) -> Sampler:
    def sample(draw: Draw) -> Sample:
        shape = draw.dims(draw.choice(ranks) if draw.often() else draw.randint(0, 6), 1, 4)
        size, natural = draw.off(shape[1] if len(shape) > 1 else 3)
        values = {"num_features": size, **draw.some(eps=[1e-3], momentum=[0.2, None], affine=[True, False],
                                                    track_running_stats=[True, False], bias=[True, False])}  # fmt: skip
        return values, {"input": draw.tensor(*shape)}, ("num_features",) * natural

    return sample


def instance_norm(n: int) -> Sampler:
    def sample(draw: Draw) -> Sample:
        channels = draw.dim(1, 4)
        x = draw.image(n, channels, high=4)
        size, natural = draw.off(channels)
        values = {"num_features": size, **draw.some(eps=[1e-3], momentum=[0.2], affine=[True, False],
                                                    track_running_stats=[True, False], bias=[True, False])}  # fmt: skip
        return values, {"input": x}, ("num_features",) * (natural and channels_of(x, n) == channels)

    return sample


def group_norm(draw: Draw) -> Sample:
    groups = draw.randint(1, 4)
    channels = groups * draw.randint(1, 3) if draw.often() else draw.dim()
    x = draw.tensor(draw.dim(1, 3), channels, *draw.dims(draw.randint(0, 3), 1, 4))
    if draw.rarely():
        x = draw.any_tensor()
    size, natural = draw.off(x.shape[1] if x.rank > 1 else channels)
    return (
        {"num_groups": groups, "num_channels": size, **draw.some(affine=[True, False], bias=[True, False])},
        {"input": x},
        ("num_channels",) * natural,
    )


def trailing_norm(bias: bool) -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = draw.any_tensor()
        n = draw.randint(0 if draw.rarely() else 1, 3)
        shape: Any = tuple(draw.off(d)[0] for d in x.shape[max(0, x.rank - n) :])
        natural = x.shape[-1:] == shape
        if natural and shape and draw.yes():
            shape = shape[0]
        values = {
            "normalized_shape": shape,
            **draw.some(elementwise_affine=[True, False], **({"bias": [True, False]} if bias else {})),
        }
        return values, {"input": x}, ("normalized_shape",) * (natural and shape != ())

    return sample


def response_norm(draw: Draw) -> Sample:
    return {"size": draw.randint(1, 6), **draw.some(k=[2.0])}, {"input": draw.any_tensor(2, 6)}, ()


def glu(draw: Draw) -> Sample:
    shape = tuple(d * 2 if draw.yes() else d for d in draw.dims(draw.randint(0, 4), 1, 4))
    return draw.some(dim=[-1, 0, 1, -2, 3]), {"input": draw.tensor(*shape)}, ()


def prelu(draw: Draw) -> Sample:
    x = draw.any_tensor()
    return draw.some(num_parameters=[draw.off(x.shape[1] if x.rank > 1 else 1)[0]]), {"input": x}, ()


def embedding(draw: Draw) -> Sample:
    rows = draw.randint(1, 6)
    values = {
        "num_embeddings": rows,
        "embedding_dim": draw.dim(),
        **draw.some(padding_idx=[0, rows - 1, -1, -rows, rows, -rows - 1]),
    }
    values |= draw.some(max_norm=[1.0], scale_grad_by_freq=[True, False], sparse=[True, False])
    return values, {"input": draw.any_tensor(0, 4, usual=(DType.INT,))}, ()


def embedding_bag(draw: Draw) -> Sample:
    rows = draw.randint(1, 6)
    values = {"num_embeddings": rows, "embedding_dim": draw.randint(1, 5), "mode": draw.choice(("sum", "mean", "max", "sum"))}
    values |= draw.some(
        padding_idx=[0, rows - 1, -1, rows],
        include_last_offset=[True, False],
        sparse=[True, False],
        scale_grad_by_freq=[False, True],
    )
    if values["mode"] == "max" and draw.often():
        values |= {"sparse": False, "scale_grad_by_freq": False}
    x = draw.tensor(*draw.dims(draw.choice((1, 2)) if draw.often() else draw.randint(0, 4), 1, 5), usual=(DType.INT,))
    offsets = None
    if (x.rank == 1) == draw.often():  # at least one bag: without, torch 2.13 crashes
        fewest = 2 if values.get("include_last_offset") else 1
        offsets = draw.tensor(*(draw.randint(fewest, 3) for _ in range(1 if draw.often() else 2)), usual=(DType.INT,))
    weights = None
    if draw.yes() and (values["mode"] == "sum" or draw.rarely()):
        weights = draw.tensor(*(x.shape if draw.often() else draw.dims(x.rank)))
    return values, {"input": x, "offsets": offsets, "per_sample_weights": weights}, ()


def pad(n: int, *, value: bool, low: int) -> Sampler:
    def sample(draw: Draw) -> Sample:
        amount: Any = draw.randint(low, 3)
        if draw.yes():
            amount = tuple(draw.randint(low, 3) for _ in range(2 * n + draw.choice((-1, 1)) * draw.rarely()))
        values = {"padding": amount, **({"value": draw.choice((0, 1, 0.5))} if value else {})}
        kinds = (DType.FLOAT, DType.FLOAT, *DType)
        if draw.often():
            return values, {"input": draw.image(n, draw.dim(1, 3), high=6, usual=kinds)}, ()
        return values, {"input": draw.any_tensor(0, 6, usual=kinds)}, ()

    return sample


def shuffle(name: str) -> Sampler:
    def sample(draw: Draw) -> Sample:
        r = draw.randint(1, 3)
        channels, height, width = draw.dim(1, 3), draw.dim(1, 4), draw.dim(1, 4)
        if name == "upscale_factor":
            channels = channels * r * r if draw.often() else draw.dim(1, 9)
        elif name == "downscale_factor":
            height, width = (d * r if draw.often() else d for d in (height, width))
        else:
            channels = channels * r if draw.often() else draw.dim(1, 9)
        lead = draw.dims(1 if name == "groups" else draw.randint(0, 3), 1, 3)
        shape = (*lead, channels, height, width) if draw.often() else draw.dims(draw.randint(0, 4))
        return {name: r}, {"input": draw.tensor(*shape, usual=(DType.FLOAT, DType.FLOAT, *DType))}, ()

    return sample


def upsample(*ranks: int, full: bool) -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = draw.tensor(
            *draw.dims(draw.choice(ranks) if draw.often() else draw.randint(1, 6), 1, 6),
            usual=(DType.FLOAT, DType.FLOAT, DType.UINT8),
        )
        n = max(x.rank - 2, 1)
        values: dict[str, Any] = {}
        if full:
            values = draw.some(recompute_scale_factor=[True, False, None])
            fitting = {3: "linear", 4: "bilinear", 5: "trilinear"}.get(x.rank, "linear")
            values |= draw.some(
                mode=["nearest", "nearest-exact", "area", fitting, fitting, "bicubic" if x.rank == 4 else "bilinear"]
            )
            linear_mode = values.get("mode", "nearest") not in ("nearest", "nearest-exact", "area")
            if linear_mode or draw.rarely():
                values |= draw.some(align_corners=[True, False, None])
        if draw.yes():
            values["size"] = draw.per(n, 1, 8)
        if "size" not in values or draw.rarely():
            values["scale_factor"] = draw.choice(
                (2, 0.5, 1.5, 0.29, 0.7, tuple(draw.choice((1, 2, 0.5, 0.6)) for _ in range(n)))
            )
        return values, {"input": x}, ()

    return sample


def flatten(draw: Draw) -> Sample:
    return draw.some(start_dim=[0, 1, 2, -2], end_dim=[-1, 1, 2, 3, -2]), {"input": draw.any_tensor(usual=tuple(DType))}, ()


def unflatten(draw: Draw) -> Sample:
    parts = list(draw.dims(draw.randint(1, 3), 1, 4))
    whole = 1
    for part in parts:
        whole *= part
    if draw.rarely():
        whole += 1
    for i in range(len(parts)):
        if draw.random() < 0.25:
            parts[i] = -1
    shape = [*draw.dims(draw.randint(0, 3), 1, 3)]
    at = draw.randint(0, len(shape))
    shape.insert(at, whole)
    dim = draw.choice((at, at, at, at - len(shape), draw.randint(-4, 4)))
    return {"dim": dim, "unflattened_size": tuple(parts)}, {"input": draw.tensor(*shape, usual=tuple(DType))}, ()


def pair(**choices: list[Any]) -> Sampler:
    """Two tensors that mostly broadcast."""

    def sample(draw: Draw) -> Sample:
        x = draw.any_tensor(0, 4)
        shape = tuple(d if draw.random() < 0.8 else (1 if draw.yes() else draw.dim()) for d in x.shape)
        if draw.random() < 0.15:
            shape = shape[1:]
        return draw.some(**choices), {"x1": x, "x2": draw.tensor(*shape)}, ()

    return sample


def recurrent(kind: str) -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = draw.tensor(*draw.dims(draw.choice((2, 3, 3)) if draw.often() else draw.randint(0, 4), 1, 4))
        inside, natural = draw.off(x.shape[-1] if x.rank else 2)
        hidden, layers = draw.randint(1, 4), draw.randint(0 if draw.rarely() else 1, 3)
        values: dict[str, Any] = {"input_size": inside, "hidden_size": hidden, "num_layers": layers}
        values |= draw.some(
            bias=[True, False], batch_first=[True, False], dropout=[0.0, 0.5, 1.0, 1.5], bidirectional=[True, False]
        )
        if kind == "LSTM":
            values |= draw.some(proj_size=[0, 1, hidden - 1, hidden])
        if kind == "RNN":
            values |= draw.some(nonlinearity=["tanh", "relu", "gelu"] if draw.rarely() else ["tanh", "relu"])
        rows = layers * (2 if values.get("bidirectional") else 1)
        batch = () if x.rank != 3 else (x.shape[0 if values.get("batch_first") else 1],)
        state = (
            draw.tensor(*(draw.off(d)[0] for d in (rows, *batch, values.get("proj_size") or hidden))) if draw.yes() else None
        )
        if kind != "LSTM":
            return values, {"input": x, "hx": state}, ("input_size",) * natural
        cell = None if state is None else draw.tensor(*(draw.off(d)[0] for d in (rows, *batch, hidden)))
        return values, {"input": x, "h_0": state, "c_0": cell}, ("input_size",) * natural

    return sample


def cell(kind: str) -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = draw.tensor(*draw.dims(draw.choice((1, 2, 2)) if draw.often() else draw.randint(0, 3), 1, 4))
        inside, natural = draw.off(x.shape[-1] if x.rank else 2)
        hidden = draw.randint(1, 4)
        values: dict[str, Any] = {"input_size": inside, "hidden_size": hidden, **draw.some(bias=[True, False])}
        if kind == "RNNCell":
            values |= draw.some(nonlinearity=["tanh", "relu", "relu", "gelu"])
        given = draw.yes()
        states = [draw.tensor(*(draw.off(d)[0] for d in (*x.shape[:-1], hidden))) if given else None for _ in range(2)]
        if kind == "LSTMCell":
            return values, {"input": x, "h_0": states[0], "c_0": states[1]}, ("input_size",) * natural
        return values, {"input": x, "hx": states[0]}, ("input_size",) * natural

    return sample


def sequence(draw: Draw, batch: int | None, length: int, width: int, batch_first: bool) -> TensorType:
    """[T, N, E], [N, T, E] or [T, E]; now and then something is off."""
    shape = [length, width] if batch is None else [batch, length, width] if batch_first else [length, batch, width]
    if draw.rarely():
        at = draw.randrange(len(shape))
        shape[at] += 1
    return draw.tensor(*shape) if not draw.rarely() else draw.any_tensor(1, 4)


_MASKS = (DType.BOOL, DType.FLOAT)


def mask(draw: Draw, batch: int | None, heads: int, rows: int, columns: int) -> TensorType | None:
    if draw.yes():
        return None
    shape = (rows, columns) if draw.yes() else (heads * (1 if batch is None else batch), rows, columns)
    return TensorType(tuple(draw.off(d)[0] for d in shape) if draw.yes() else shape, draw.kind(*_MASKS))


def padding_mask(draw: Draw, batch: int | None, length: int) -> TensorType | None:
    if draw.random() < 0.6:
        return None
    return TensorType(tuple(draw.off(d)[0] for d in ((length,) if batch is None else (batch, length))), draw.kind(*_MASKS))


def attention(draw: Draw) -> Sample:
    heads = draw.randint(1, 3)
    width = heads * draw.randint(1, 3) if draw.often() else draw.dim()
    batch = draw.dim(1, 3) if draw.often() else None
    rows, columns = draw.dim(1, 4), draw.dim(1, 4)
    values: dict[str, Any] = {"num_heads": heads, "embed_dim": width}
    values |= draw.some(
        bias=[True, False],
        add_bias_kv=[True, False],
        add_zero_attn=[True, False],
        batch_first=[True, False],
        dropout=[0.0, 0.3],
    )
    first = values.get("batch_first", False)
    query = sequence(draw, batch, rows, width, first)
    key = value = None
    if draw.random() < 0.7:
        if draw.yes():
            values |= draw.some(kdim=[width, draw.dim()], vdim=[width, draw.dim()])
        key = sequence(draw, batch, columns, values.get("kdim", width), first)
        value = sequence(draw, batch, columns, values.get("vdim", width), first) if draw.often() else None
    else:
        columns = rows
    masks = {"key_padding_mask": padding_mask(draw, batch, columns), "attn_mask": mask(draw, batch, heads, rows, columns)}
    natural = query.shape[-1:] == (width,)
    return values, {"query": query, "key": key, "value": value, **masks}, ("embed_dim",) * natural


def transformer(kind: str) -> Sampler:
    def sample(draw: Draw) -> Sample:
        heads = draw.randint(1, 3)
        width = heads * draw.randint(1, 3) if draw.often() else draw.dim()
        batch = draw.dim(1, 3) if draw.often() else None
        s, t = draw.randint(1, 4), draw.randint(1, 4)
        values: dict[str, Any] = {"d_model": width, "nhead": heads, "dim_feedforward": draw.dim(1, 5)}
        values |= draw.some(bias=[True, False], activation=["relu", "gelu", "relu", "gelu", "tanh"], batch_first=[True, False],
                            norm_first=[True, False], dropout=[0.0, 0.3])  # fmt: skip
        first = values.get("batch_first", False)
        src, tgt = sequence(draw, batch, s, width, first), sequence(draw, batch, t, width, first)
        own = {"src_mask": mask(draw, batch, heads, s, s), "src_key_padding_mask": padding_mask(draw, batch, s)}
        target = {"tgt_mask": mask(draw, batch, heads, t, t), "memory_mask": mask(draw, batch, heads, t, s)}
        target |= {
            "tgt_key_padding_mask": padding_mask(draw, batch, t),
            "memory_key_padding_mask": padding_mask(draw, batch, s),
        }
        lead = tgt if kind == "decoder" else src
        natural = ("d_model",) * (lead.shape[-1:] == (width,))
        if kind == "encoder":
            return values, {"src": src, **own}, natural
        if kind == "decoder":
            return values, {"tgt": tgt, "memory": src, **target}, natural
        values |= {"num_encoder_layers": draw.randint(0 if draw.rarely() else 1, 2), "num_decoder_layers": draw.randint(1, 2)}
        return values, {"src": src, "tgt": tgt, **own, **target}, natural

    return sample


_DIMS = [None, 0, 1, -1, -2, 2, 5]
_P = [0.0, 0.1, 0.5, 1.0, 1.5, -0.1]

SAMPLERS: dict[str, Sampler] = {
    "Identity": simple(), "Linear": linear, "Bilinear": bilinear,
    "CELU": simple(alpha=[1.0, 0.5, -1.0, 0.0]), "ELU": simple(alpha=[1.0, 0.5, -1.0]), "GELU": simple(approximate=["none", "tanh", "no"]),
    "GLU": glu, "Hardshrink": simple(lambd=[0.5, -1.0]), "Hardsigmoid": simple(), "Hardswish": simple(),
    "Hardtanh": simple(min_val=[-1.0, 0.0, 2, -3], max_val=[1.0, 2.0, 6]), "LeakyReLU": simple(negative_slope=[0.1, -1.0]),
    "LogSigmoid": simple(), "Mish": simple(), "PReLU": prelu, "RReLU": simple(lower=[0.1, 0.4], upper=[0.3, 0.2]),
    "ReLU": simple(), "ReLU6": simple(), "SELU": simple(), "SiLU": simple(), "Sigmoid": simple(),
    "Softplus": simple(beta=[2.0, 0.5], threshold=[10.0]), "Softshrink": simple(lambd=[0.5, 0.0, -0.5]), "Softsign": simple(), "Tanh": simple(),
    "Tanhshrink": simple(), "Threshold": required(0, 5, threshold=[0.1, 1, -2.0], value=[0, 20.0, 1]),
    "Softmax": simple(dim=_DIMS), "LogSoftmax": simple(dim=_DIMS), "Softmin": simple(dim=_DIMS), "Softmax2d": simple(2, 5),
    "Dropout": simple(p=_P), "Dropout1d": simple(1, 4, p=_P), "Dropout2d": simple(p=_P), "Dropout3d": simple(p=_P),
    "AlphaDropout": simple(p=_P), "FeatureAlphaDropout": simple(p=_P),
    "Flatten": flatten, "Unflatten": unflatten, "Unfold": unfold, "Fold": fold,
    "GroupNorm": group_norm, "LayerNorm": trailing_norm(True), "RMSNorm": trailing_norm(False),
    "LocalResponseNorm": response_norm, "CrossMapLRN2d": response_norm,
    "BatchNorm1d": batch_norm(2, 3), "BatchNorm2d": batch_norm(4), "BatchNorm3d": batch_norm(5), "SyncBatchNorm": batch_norm(2, 3, 4, 5),
    "Embedding": embedding, "EmbeddingBag": embedding_bag,
    "PixelShuffle": shuffle("upscale_factor"), "PixelUnshuffle": shuffle("downscale_factor"), "ChannelShuffle": shuffle("groups"),
    "Upsample": upsample(3, 4, 5, full=True), "UpsamplingNearest2d": upsample(4, full=False), "UpsamplingBilinear2d": upsample(4, full=False),
    "CosineSimilarity": pair(dim=[0, 1, -1, 2, -3]), "PairwiseDistance": pair(p=[1.0, 2.0, 3.0], keepdim=[True, False]),
    **{kind: recurrent(kind) for kind in ("RNN", "GRU", "LSTM")},
    **{kind: cell(kind) for kind in ("RNNCell", "GRUCell", "LSTMCell")},
    "MultiheadAttention": attention, "TransformerEncoderLayer": transformer("encoder"),
    "TransformerDecoderLayer": transformer("decoder"), "Transformer": transformer("both"),
    **{f"Conv{n}d": conv(n) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": conv_transpose(n) for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": instance_norm(n) for n in (1, 2, 3)},
    **{f"MaxPool{n}d": pool(n, dilation=True, places=True) for n in (1, 2, 3)},
    **{f"AvgPool{n}d": pool(n, divisor=n > 1) for n in (1, 2, 3)},
    **{f"LPPool{n}d": pool(n, padding=False, power=True) for n in (1, 2, 3)},
    **{f"AdaptiveAvgPool{n}d": adaptive(n, places=False) for n in (1, 2, 3)},
    **{f"AdaptiveMaxPool{n}d": adaptive(n, places=True) for n in (1, 2, 3)},
    **{f"FractionalMaxPool{n}d": fractional(n) for n in (2, 3)},
    **{f"MaxUnpool{n}d": unpool(n) for n in (1, 2, 3)},
    **{f"ConstantPad{n}d": pad(n, value=True, low=-2) for n in (1, 2, 3)},
    **{f"ZeroPad{n}d": pad(n, value=False, low=-2) for n in (1, 2, 3)},
    **{f"ReflectionPad{n}d": pad(n, value=False, low=-1) for n in (1, 2, 3)},
    **{f"ReplicationPad{n}d": pad(n, value=False, low=-1) for n in (1, 2, 3)},
    **{f"CircularPad{n}d": pad(n, value=False, low=-1) for n in (1, 2, 3)},
}  # fmt: skip
