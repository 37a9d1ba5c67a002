"""Samplers of layers over images: convolution, pooling, padding, resizing."""

from __future__ import annotations

from typing import Any

from specc.types import DType, TensorType
from tests.specc.ops.draw import Draw, Sample, Sampler, ints


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
            **draw.some(bias=[True, False], stride=[draw.per(n, 1, 3)], dilation=[draw.per(n, 1, 2)],
                        padding=[draw.per(n, 0, 2)], output_padding=[draw.per(n, 0, 1), draw.per(n, 0, 2)]),
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

    (k, i), (p, q), (d, e), (s, t) = (
        pair(values.get(name, plain)) for name, plain in (("kernel_size", 1), ("padding", 0), ("dilation", 1), ("stride", 1))
    )
    h, w = pair(size)
    columns = max(0, (h + 2 * p - d * (k - 1) - 1) // s + 1) * max(0, (w + 2 * q - e * (i - 1) - 1) // t + 1)
    shape = (*draw.dims(draw.choice((0, 1, 1)), 1, 3), draw.dim(1, 3) * k * i + draw.rarely(), columns + draw.rarely())
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
        places = TensorType(ints(x) if draw.often() else draw.dims(x.rank), draw.kind(DType.INT))
        return values, {"input": x, "indices": places}, ()

    return sample


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
