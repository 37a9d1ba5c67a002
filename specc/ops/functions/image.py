"""Padding, resizing and resampling."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, choice, dims, flag, number
from specc.ops.functions._shared import FLOAT, UINT8, known, listed
from specc.ops.layers import padding, vision
from specc.ops.rules import Checks
from specc.types import TensorType

_MIRRORS = {
    "reflect": (padding.ReflectionPad1d, padding.ReflectionPad2d, padding.ReflectionPad3d),
    "replicate": (padding.ReplicationPad1d, padding.ReplicationPad2d, padding.ReplicationPad3d),
    "circular": (padding.CircularPad1d, padding.CircularPad2d, padding.CircularPad3d),
}


class Pad(Function):
    """Adds elements at the ends of dimensions, the last first: (left, right, top, bottom, ...); a negative number cuts off."""

    example = "x: float[B, T, D] -> pad((0, 0, 1, 0))"
    kind = Kind.VIEW
    torch = "F.pad"
    pad: tuple[Dim, ...] = dims("how many before and after, for the last dimension, the one before it, ...")
    mode: str = choice("what stands there", "constant", "reflect", "replicate", "circular", default="constant")
    value: Any = number("the constant; 0 when not given", default=None, optional=True)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        if len(listed(check, self.pad, "pad")) % 2:
            check.argument("pad", f"two numbers are needed for each dimension, got {len(self.pad)} in all")
        count = len(self.pad) // 2
        if known(self.mode) != "constant":
            if known(self.value):
                check.argument("value", f"padding by {self.mode!r} takes no value")
            if self.mode == "circular":
                for amount in self.pad:
                    check.at_least(amount, 0, "circular padding")
            if not 1 <= count <= 3:
                check.argument("pad", f"padding by {self.mode!r} takes 2, 4 or 6 numbers, got {len(self.pad)}")
            result: TensorType = _MIRRORS[self.mode][count - 1]({"padding": tuple(self.pad)}).shape(check, x)
            return result
        check.rank(x, at_least=max(count, 1))
        sizes = list(x.shape)
        for i in range(count):
            before, after = self.pad[2 * i], self.pad[2 * i + 1]
            axis = x.rank - 1 - i
            cut: Dim = 0
            for amount in (before, after):
                if check.solver.decide(amount, ">=", 0) is not True:
                    cut = cut + amount
            check.at_least(sizes[axis] + cut, 0, f"what is left of dimension {axis}")
            sizes[axis] = sizes[axis] + before + after
        return x.with_shape(*sizes)


class Interpolate(Function):
    """Resizes sequences, images or volumes [N, C, ...], to a size or by a factor: floor(size * scale_factor)."""

    example = "x: float[B, C, H, W] -> interpolate(scale_factor=2)"
    kind = Kind.VIEW
    torch = "F.interpolate"
    params = vision.Upsample.params
    antialias: bool = flag("smooth before making smaller (bilinear and bicubic)", default=False)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        mode = known(getattr(self, "mode"))  # noqa: B009  # a parameter of Upsample
        if self.antialias and mode not in ("bilinear", "bicubic"):
            check.argument("antialias", f"goes with bilinear and bicubic, not with {mode!r}")
        seen = x.with_dtype(FLOAT) if x.dtype is UINT8 and mode in ("bilinear", "bicubic") else x
        result: TensorType = vision.Upsample({name: getattr(self, name) for name in vision.Upsample.params}).shape(check, seen)
        return result.with_dtype(x.dtype)


class _AsLayer(Function):
    kind = Kind.VIEW
    keeps_input = False


class PixelShuffle(_AsLayer):
    """Turns r * r channels into r by r pixels."""

    example = "x: float[B, 12, H, W] -> pixel_shuffle(2)"
    torch = "F.pixel_shuffle"
    params = vision.PixelShuffle.params

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return vision.PixelShuffle(vars(self)).shape(check, x)


class PixelUnshuffle(_AsLayer):
    """Turns r by r pixels into r * r channels."""

    example = "x: float[B, 3, 32, 32] -> pixel_unshuffle(2)"
    torch = "F.pixel_unshuffle"
    params = vision.PixelUnshuffle.params

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return vision.PixelUnshuffle(vars(self)).shape(check, x)


class ChannelShuffle(_AsLayer):
    """Mixes the channels of g groups: first of each group, second of each group, ..."""

    example = "x: float[B, 12, H, W] -> channel_shuffle(3)"
    torch = "F.channel_shuffle"
    params = vision.ChannelShuffle.params

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return vision.ChannelShuffle(vars(self)).shape(check, x)


class GridSample(Function):
    """Reads an image at the places of a grid: coordinates (x, y) from -1 to 1."""

    example = "(x: float[B, C, H, W], grid: float[B, P, Q, 2]) -> grid_sample(align_corners=false)"
    kind = Kind.VIEW
    torch = "F.grid_sample"
    mode: str = choice("how values in between are found", "bilinear", "nearest", "bicubic", default="bilinear")
    padding_mode: str = choice("what lies outside", "zeros", "border", "reflection", default="zeros")
    align_corners: bool = flag("-1 and 1 are the centres of the corner pixels, not their edges", default=False)

    def shape(self, check: Checks, x: TensorType, grid: TensorType) -> TensorType:
        n = check.rank(x, 4, 5) - 2
        check.rank(grid, n + 2)
        check.dtype(x, FLOAT)
        check.dtype(grid, FLOAT)
        if known(self.mode) == "bicubic" and n == 3:
            check.argument("mode", "bicubic reads images only, not volumes")
        check.equal(x.shape[0], grid.shape[0], "the batch of x", "the batch of the grid")
        check.equal(grid.last, n, "the last dimension of the grid", "the number of coordinates")
        for i, size_ in enumerate(x.shape[2:]):
            check.at_least(size_, 1, f"dimension {i + 2}")
        return x.with_shape(*x.shape[:2], *grid.shape[1:-1])


class AffineGrid(Function):
    """The grid for grid_sample that maps an output of a size [N, C, H, W] by matrices [N, 2, 3]."""

    example = "theta: float[B, 2, 3] -> affine_grid((B, 3, 32, 32), align_corners=false)"
    kind = Kind.CREATE
    torch = "F.affine_grid"
    size: tuple[Dim, ...] = dims("the output's size: [N, C, H, W], or [N, C, D, H, W] for matrices [N, 3, 4]")
    align_corners: bool = flag("-1 and 1 are the centres of the corner pixels, not their edges", default=False)

    def shape(self, check: Checks, theta: TensorType) -> TensorType:
        n = len(listed(check, self.size, "size")) - 2
        if n not in (2, 3):
            check.argument("size", f"4 or 5 sizes are needed, got {len(self.size)}")
        check.dtype(theta, FLOAT)
        check.rank(theta, 3)
        for value in self.size:
            check.at_least(value, 1, "a size")
        check.equal(theta.shape[0], self.size[0], "the batch of theta", "the batch of the size")
        check.equal(theta.shape[1], n, "the rows of theta", "the number of coordinates")
        check.equal(theta.shape[2], n + 1, "the columns of theta", "the number of coordinates and 1")
        return theta.with_shape(self.size[0], *self.size[2:], n)
