"""Random configurations for each layer: arguments and operand types, about half of which torch should refuse."""

from __future__ import annotations

from typing import Any

from specc.types import DType
from tests.specc.ops.draw import Draw, Sample, Sampler, ints, pair, required, simple
from tests.specc.ops.samplers_sequence import attention, cell, recurrent, transformer
from tests.specc.ops.samplers_spatial import (
    adaptive,
    channels_of,
    conv,
    conv_transpose,
    fold,
    fractional,
    pad,
    pool,
    shuffle,
    unfold,
    unpool,
    upsample,
)


def linear(draw: Draw) -> Sample:
    x = draw.any_tensor()
    size, natural = draw.off(ints(x)[-1] if x.rank else 3)
    return (
        {"in_features": size, "out_features": draw.dim(), **draw.some(bias=[True, False])},
        {"input": x},
        ("in_features",) * natural,
    )


def bilinear(draw: Draw) -> Sample:
    x = draw.any_tensor(1, 4)
    y = draw.tensor(*ints(x)[:-1], draw.dim())
    if draw.rarely():
        y = draw.any_tensor(0, 4)
    a, first = draw.off(ints(x)[-1])
    b, second = draw.off(ints(y)[-1] if y.rank else 2)
    values = {"in1_features": a, "in2_features": b, "out_features": draw.dim(), **draw.some(bias=[True, False])}
    return values, {"input1": x, "input2": y}, ("in1_features",) * first + ("in2_features",) * second


def batch_norm(*ranks: int) -> Sampler:
    def sample(draw: Draw) -> Sample:
        shape = draw.dims(draw.choice(ranks) if draw.often() else draw.randint(0, 6), 1, 4)
        size, natural = draw.off(shape[1] if len(shape) > 1 else 3)
        values = {
            "num_features": size,
            **draw.some(
                eps=[1e-3], momentum=[0.2, None], affine=[True, False], track_running_stats=[True, False], bias=[True, False]
            ),
        }
        return values, {"input": draw.tensor(*shape)}, ("num_features",) * natural

    return sample


def instance_norm(n: int) -> Sampler:
    def sample(draw: Draw) -> Sample:
        channels = draw.dim(1, 4)
        x = draw.image(n, channels, high=4)
        size, natural = draw.off(channels)
        values = {
            "num_features": size,
            **draw.some(
                eps=[1e-3], momentum=[0.2], affine=[True, False], track_running_stats=[True, False], bias=[True, False]
            ),
        }
        return values, {"input": x}, ("num_features",) * (natural and channels_of(x, n) == channels)

    return sample


def group_norm(draw: Draw) -> Sample:
    groups = draw.randint(1, 4)
    channels = groups * draw.randint(1, 3) if draw.often() else draw.dim()
    x = draw.tensor(draw.dim(1, 3), channels, *draw.dims(draw.randint(0, 3), 1, 4))
    if draw.rarely():
        x = draw.any_tensor()
    size, natural = draw.off(ints(x)[1] if x.rank > 1 else channels)
    return (
        {"num_groups": groups, "num_channels": size, **draw.some(affine=[True, False], bias=[True, False])},
        {"input": x},
        ("num_channels",) * natural,
    )


def trailing_norm(bias: bool) -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = draw.any_tensor()
        n = draw.randint(0 if draw.rarely() else 1, 3)
        shape: Any = tuple(draw.off(d)[0] for d in ints(x)[max(0, x.rank - n) :])
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
    return draw.some(num_parameters=[draw.off(ints(x)[1] if x.rank > 1 else 1)[0]]), {"input": x}, ()


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
        weights = draw.tensor(*(ints(x) if draw.often() else draw.dims(x.rank)))
    return values, {"input": x, "offsets": offsets, "per_sample_weights": weights}, ()


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


_DIMS = [None, 0, 1, -1, -2, 2, 5]


_P = [0.0, 0.1, 0.5, 1.0, 1.5, -0.1]


SAMPLERS: dict[str, Sampler] = {
    "Identity": simple(),
    "Linear": linear,
    "Bilinear": bilinear,
    "CELU": simple(alpha=[1.0, 0.5, -1.0, 0.0]),
    "ELU": simple(alpha=[1.0, 0.5, -1.0]),
    "GELU": simple(approximate=["none", "tanh", "no"]),
    "GLU": glu,
    "Hardshrink": simple(lambd=[0.5, -1.0]),
    "Hardsigmoid": simple(),
    "Hardswish": simple(),
    "Hardtanh": simple(min_val=[-1.0, 0.0, 2, -3], max_val=[1.0, 2.0, 6]),
    "LeakyReLU": simple(negative_slope=[0.1, -1.0]),
    "LogSigmoid": simple(),
    "Mish": simple(),
    "PReLU": prelu,
    "RReLU": simple(lower=[0.1, 0.2, 0.4], upper=[0.3, 0.2]),
    "ReLU": simple(),
    "ReLU6": simple(),
    "SELU": simple(),
    "SiLU": simple(),
    "Sigmoid": simple(),
    "Softplus": simple(beta=[2.0, 0.5], threshold=[10.0]),
    "Softshrink": simple(lambd=[0.5, 0.0, -0.5]),
    "Softsign": simple(),
    "Tanh": simple(),
    "Tanhshrink": simple(),
    "Threshold": required(0, 5, threshold=[0.1, 1, -2.0, 255], value=[0, 20.0, 1, 256]),
    "Softmax": simple(dim=_DIMS),
    "LogSoftmax": simple(dim=_DIMS),
    "Softmin": simple(dim=_DIMS),
    "Softmax2d": simple(2, 5),
    "Dropout": simple(p=_P),
    "Dropout1d": simple(1, 4, p=_P),
    "Dropout2d": simple(p=_P),
    "Dropout3d": simple(p=_P),
    "AlphaDropout": simple(p=_P),
    "FeatureAlphaDropout": simple(p=_P),
    "Flatten": flatten,
    "Unflatten": unflatten,
    "Unfold": unfold,
    "Fold": fold,
    "GroupNorm": group_norm,
    "LayerNorm": trailing_norm(True),
    "RMSNorm": trailing_norm(False),
    "LocalResponseNorm": response_norm,
    "CrossMapLRN2d": response_norm,
    "BatchNorm1d": batch_norm(2, 3),
    "BatchNorm2d": batch_norm(4),
    "BatchNorm3d": batch_norm(5),
    "SyncBatchNorm": batch_norm(2, 3, 4, 5),
    "Embedding": embedding,
    "EmbeddingBag": embedding_bag,
    "PixelShuffle": shuffle("upscale_factor"),
    "PixelUnshuffle": shuffle("downscale_factor"),
    "ChannelShuffle": shuffle("groups"),
    "Upsample": upsample(3, 4, 5, full=True),
    "UpsamplingNearest2d": upsample(4, full=False),
    "UpsamplingBilinear2d": upsample(4, full=False),
    "CosineSimilarity": pair(dim=[0, 1, -1, 2, -3]),
    "PairwiseDistance": pair(p=[1.0, 2.0, 3.0], keepdim=[True, False]),
    **{kind: recurrent(kind) for kind in ("RNN", "GRU", "LSTM")},
    **{kind: cell(kind) for kind in ("RNNCell", "GRUCell", "LSTMCell")},
    "MultiheadAttention": attention,
    "TransformerEncoderLayer": transformer("encoder"),
    "TransformerDecoderLayer": transformer("decoder"),
    "Transformer": transformer("both"),
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
}
