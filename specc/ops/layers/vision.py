"""Layers that rearrange or resize images: https://docs.pytorch.org/docs/stable/nn.html#vision-layers"""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Kind, Layer, Param, choice, size, sizes
from specc.ops.layers._spatial import at_least_one, by, count, scaled, words
from specc.ops.rules import Checks
from specc.types import DType, Shape, TensorType


class PixelShuffle(Layer):
    """Turns r² channels into r × r pixels.

    Shape: [..., C r², H, W] -> [..., C, H r, W r].
    Shi et al. 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html
    """

    kind = Kind.VIEW
    aliases = True
    keeps_input = False
    example = "x: float[B, 12, 16, 16] -> PixelShuffle(2)"
    upscale_factor: Dim = size("the r by which height and width grow")

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, at_least=3)
        r = self.upscale_factor
        *batch, channels, height, width = input.shape
        fewer = check.divides(r * r, channels, "upscale_factor²", "the number of channels")
        return input.with_shape(*batch, fewer, height * r, width * r)

    def subtitle(self) -> str:
        return f"× {self.upscale_factor}"


class PixelUnshuffle(Layer):
    """Turns r × r pixels into r² channels.

    Shape: [..., C, H r, W r] -> [..., C r², H, W].
    Shi et al. 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html
    """

    kind = Kind.VIEW
    aliases = True
    keeps_input = False
    example = "x: float[B, 3, 16, 16] -> PixelUnshuffle(2)"
    downscale_factor: Dim = size("the r by which height and width shrink")

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, at_least=3)
        r = self.downscale_factor
        *batch, channels, height, width = input.shape
        lower = check.divides(r, height, "downscale_factor", "the height")
        narrower = check.divides(r, width, "downscale_factor", "the width")
        return input.with_shape(*batch, channels * r * r, lower, narrower)

    def subtitle(self) -> str:
        return f"÷ {self.downscale_factor}"


class ChannelShuffle(Layer):
    """Mixes the channels of g groups: first of each group, second of each group, ...

    Shape: [N, C, ...], unchanged.
    Zhang et al. 2017; https://docs.pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html
    """

    kind = Kind.VIEW
    aliases = True
    keeps_input = False
    example = "x: float[B, 12, 16, 16] -> ChannelShuffle(3)"
    groups: Dim = size("number of groups; divides the channels")

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, at_least=3)
        check.divides(self.groups, input.shape[1], "groups", "the number of channels")
        return input

    def subtitle(self) -> str:
        return f"{self.groups} groups"


_MODES = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area")
_NEAREST = ("nearest", "nearest-exact", "area")
_PIXELS = (DType.UINT8, DType.FLOAT)
_RANKS = {"linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,)}


class _Resize(Layer):
    kind = Kind.VIEW
    keeps_input = False
    size: Any
    scale_factor: Any

    def _resized(self, check: Checks, input: TensorType) -> TensorType:
        image = input.shape[2:]
        n = len(image)
        if (self.size is None) == (self.scale_factor is None):
            check.argument("size", "expected either size or scale_factor")
        wanted: Shape
        if self.size is not None:
            wanted = count(check, "size", self.size, n)
        else:
            factors = count(check, "scale_factor", self.scale_factor, n)
            wanted = tuple(scaled(check, h, factor, "scale_factor") for h, factor in zip(image, factors, strict=True))
        at_least_one(check, wanted, words(n))
        return input.with_shape(*input.shape[:2], *wanted)

    def subtitle(self) -> str:
        if self.size is not None:
            return f"to {by(self.size, 1)}"
        return f"× {by(self.scale_factor, 1)}"


def _size() -> Any:
    return sizes("size of the output", default=None, optional=True)


def _factor() -> Any:
    return Param("any", "how much larger the output is: a number, or one per spatial dimension", None, optional=True)


class Upsample(_Resize):
    """Resizes images, sequences or volumes, to a size or by a factor.

    Shape: [N, C, L], [N, C, H, W] or [N, C, D, H, W] -> the same rank; each size is given, or floor(size × scale_factor).
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html
    """

    example = "x: float[B, 64, 16, 16] -> Upsample(scale_factor=2)"
    size: Any = _size()
    scale_factor: Any = _factor()
    mode: str = choice("how values in between are found", *_MODES, default="nearest")
    align_corners: Any = Param("bool", "the corner pixels keep their values (linear modes)", None, optional=True)
    recompute_scale_factor: Any = Param("bool", "interpolate by the rounded sizes' ratio", None, optional=True)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, *_RANKS.get(self.mode, (3, 4, 5)))
        check.dtype(input, *((DType.FLOAT,) if self.mode in ("area", "linear", "trilinear") else _PIXELS))
        if self.mode in _NEAREST and self.align_corners is not None:
            check.argument("align_corners", f"goes with the linear modes only, not with {self.mode!r}")
        if self.recompute_scale_factor and self.size is not None:
            check.argument("recompute_scale_factor", "says nothing when size is given")
        at_least_one(check, input.shape[1:], ("channels", *words(input.rank - 2)))
        return self._resized(check, input)


class UpsamplingNearest2d(_Resize):
    """Resizes images by the nearest neighbour.

    Shape: [N, C, H, W] -> [N, C, H_out, W_out].
    https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingNearest2d.html
    """

    example = "x: float[B, 3, 16, 16] -> UpsamplingNearest2d(scale_factor=2)"
    size: Any = _size()
    scale_factor: Any = _factor()

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, 3, 4, 5)
        check.dtype(input, *_PIXELS)
        at_least_one(check, input.shape[1:], ("channels", *words(input.rank - 2)))
        return self._resized(check, input)


class UpsamplingBilinear2d(_Resize):
    """Resizes images bilinearly, with aligned corners.

    Shape: [N, C, H, W] -> [N, C, H_out, W_out].
    https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingBilinear2d.html
    """

    example = "x: float[B, 3, 16, 16] -> UpsamplingBilinear2d(scale_factor=2)"
    size: Any = _size()
    scale_factor: Any = _factor()

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, 4)
        check.dtype(input, *_PIXELS)
        at_least_one(check, input.shape[1:], ("channels", *words(2)))
        return self._resized(check, input)
