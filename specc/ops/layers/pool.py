"""Pooling: https://docs.pytorch.org/docs/stable/nn.html#pooling-layers

An image may lack the batch dimension. `return_indices=true` adds a second result, the places of the maxima, which
MaxUnpool takes.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from specc.dims.expr import Dim, min_
from specc.ops.declare import Kind, Layer, Param, flag, number, sizes
from specc.ops.layers._spatial import at_least_one, by, count, numeric, scaled, settings, split, words
from specc.ops.rules import Checks
from specc.types import DType, Shape, TensorType

_PLACES = "also return where the maxima are"
_CEIL = "count a last window that starts inside the input but ends beyond it"


def _window(doc: str = "size of the windows") -> Any:
    return sizes(doc)


def _step() -> Any:
    return sizes("step between two windows; the size of a window if not given", default=None, optional=True)


class _Pool(Layer):
    kind = Kind.POOL
    spatial: ClassVar[int] = 2
    takes: ClassVar[tuple[DType, ...]] = (DType.FLOAT,)
    fits_unpadded: ClassVar[bool] = False
    """Averages want an image that a window fits into without padding."""

    kernel_size: Any
    stride: Any

    def _pooled(
        self, check: Checks, input: TensorType, padding: Any, dilation: Any, ceil_mode: bool, averaging: bool
    ) -> TensorType:
        """The type after windows have passed over the image: torch pads by at most half a window."""
        n = self.spatial
        batch, channels, image = split(check, input, n)
        check.dtype(input, *self._kinds())
        at_least_one(check, (channels, *image), ("channels", *words(n)))
        kernel = count(check, "kernel_size", self.kernel_size, n)
        stride = kernel if self.stride is None else count(check, "stride", self.stride, n)
        pads, taps = count(check, "padding", padding, n), count(check, "dilation", dilation, n)
        out = []
        for h, k, s, p, d, name in zip(image, kernel, stride, pads, taps, words(n), strict=True):
            if check.solver.decide(2 * p, "<=", k) is False:
                check.argument("padding", f"must be at most half of kernel_size, {k}, but is {p}")
            check.at_least(k, 2 * p, "kernel_size, of which padding is at most half,")
            if self.fits_unpadded and averaging:
                check.at_least(h, k, name)
            out.append(self._positions(check, h, k, s, p, d, ceil_mode, name))
        return input.with_shape(*batch, channels, *out)

    def _kinds(self) -> tuple[DType, ...]:
        return self.takes

    def _positions(self, check: Checks, h: Dim, k: Dim, s: Dim, p: Dim, d: Dim, ceil_mode: bool, name: str) -> Dim:
        reach = d * (k - 1) + 1
        if not ceil_mode:
            check.at_least(h + 2 * p, reach, name)
            return (h + 2 * p - reach) // s + 1
        # Windows rounded up, but none may start in the padding on the right: the smaller of two quotients by s, whose
        # numerators differ by `spare`, which does not depend on h.
        spare = s - 1 + p - (reach - 1)
        rounded_up, inside = h + 2 * p - reach + s - 1, h + p - 1
        check.at_least(rounded_up, 0, name)
        if check.solver.decide(spare, "<=", 0):
            return rounded_up // s + 1
        return (inside // s if check.solver.decide(spare, ">=", 0) else min_(rounded_up // s, inside // s)) + 1

    def subtitle(self) -> str:
        stride = None if self.stride == self.kernel_size else self.stride
        words = settings(
            {"stride": None, "padding": 0, "dilation": 1},
            {"stride": stride, **{name: getattr(self, name) for name in ("padding", "dilation") if name in self.params}},
        )
        return ", ".join([by(self.kernel_size, self.spatial), *words])


def _with_places(layer: Any, result: TensorType) -> TensorType | tuple[TensorType, TensorType]:
    return (result, result.with_dtype(DType.INT)) if layer.return_indices else result


class _MaxPool(_Pool):
    results = ("output", "indices")
    takes = (DType.UINT8, DType.INT, DType.FLOAT)

    kernel_size: Any = _window()
    stride: Any = _step()
    padding: Any = sizes("minus infinity added on both sides", default=0, lower=0)
    dilation: Any = sizes("distance between two elements of a window", default=1)
    return_indices: bool = flag(_PLACES, default=False)
    ceil_mode: bool = flag(_CEIL, default=False)

    def shape(self, check: Checks, input: TensorType) -> TensorType | tuple[TensorType, TensorType]:
        return _with_places(self, self._pooled(check, input, self.padding, self.dilation, self.ceil_mode, False))


class MaxPool1d(_MaxPool):
    """The largest element of each window of a sequence.

    Shape: [N, C, L] -> [N, C, (L + 2 padding - dilation (kernel - 1) - 1) // stride + 1], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html
    """

    example = "x: float[B, 16, 50] -> MaxPool1d(3, stride=2)"
    spatial = 1

    def _kinds(self) -> tuple[DType, ...]:
        """torch has a quick way without indices, which knows floats only."""
        return self.takes if self.return_indices else (DType.FLOAT,)


class MaxPool2d(_MaxPool):
    """The largest element of each window of an image.

    Shape: [N, C, H, W] -> [N, C, H_out, W_out], H_out = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1,
    or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
    """

    example = "x: float[B, 64, 112, 112] -> MaxPool2d(3, stride=2, padding=1)"
    spatial = 2


class MaxPool3d(_MaxPool):
    """The largest element of each window of a volume.

    Shape: [N, C, D, H, W] -> [N, C, D_out, H_out, W_out], each size as for MaxPool2d, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html
    """

    example = "x: float[B, 64, 16, 56, 56] -> MaxPool3d(2)"
    spatial = 3


class _AvgPool(_Pool):
    takes = (DType.INT, DType.FLOAT)

    kernel_size: Any = _window()
    stride: Any = _step()
    padding: Any = sizes("zeros added on both sides", default=0, lower=0)
    ceil_mode: bool = flag(_CEIL, default=False)
    count_include_pad: bool = flag("padding counts in the average", default=True)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        return self._pooled(check, input, self.padding, 1, self.ceil_mode, True)


class AvgPool1d(_AvgPool):
    """The average of each window of a sequence.

    Shape: [N, C, L] -> [N, C, (L + 2 padding - kernel) // stride + 1], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html
    """

    example = "x: float[B, 16, 50] -> AvgPool1d(2)"
    spatial = 1


class _AvgPoolNd(_AvgPool):
    divisor_override: Any = Param("int", "what the sum is divided by instead of the window's size", None, optional=True)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        if self.divisor_override == 0:
            check.argument("divisor_override", "a sum cannot be divided by 0")
        return super().shape(check, input)


class AvgPool2d(_AvgPoolNd):
    """The average of each window of an image.

    Shape: [N, C, H, W] -> [N, C, H_out, W_out], H_out = (H + 2 padding - kernel) // stride + 1, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
    """

    example = "x: float[B, 6, 28, 28] -> AvgPool2d(2)"
    spatial = 2


class AvgPool3d(_AvgPoolNd):
    """The average of each window of a volume.

    Shape: [N, C, D, H, W] -> [N, C, D_out, H_out, W_out], each size as for AvgPool2d, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html
    """

    example = "x: float[B, 6, 8, 28, 28] -> AvgPool3d(2)"
    spatial = 3
    fits_unpadded = True


class _LPPool(_Pool):
    takes = (DType.BOOL, DType.UINT8, DType.INT, DType.FLOAT)
    maxima_of: ClassVar[tuple[DType, ...]] = (DType.UINT8, DType.INT, DType.FLOAT, DType.COMPLEX)

    norm_type: float = number("the power p; 1 sums, infinity takes the maximum")
    kernel_size: Any = _window()
    stride: Any = _step()
    ceil_mode: bool = flag(_CEIL, default=False)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        if self.norm_type == 0:
            check.argument("norm_type", "the root of order 0 is undefined")
        if not math.isinf(self.norm_type):
            return self._pooled(check, input, 0, 1, self.ceil_mode, True).with_dtype(DType.FLOAT)
        # The maximum of absolute values, which torch leaves to MaxPool.
        check.dtype(input, *self.maxima_of)
        absolute = input.with_dtype(min(input.dtype, DType.FLOAT))
        return self._pooled(check, absolute, 0, 1, self.ceil_mode, False)


class LPPool1d(_LPPool):
    """The p-norm of each window of a sequence.

    Shape: [N, C, L] -> [N, C, (L - kernel) // stride + 1], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html
    """

    example = "x: float[B, 16, 50] -> LPPool1d(2, 3, stride=2)"
    spatial = 1
    maxima_of = (DType.FLOAT, DType.COMPLEX)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        if isinstance(self.kernel_size, tuple | list) and not math.isinf(self.norm_type):
            check.argument("kernel_size", "expected one number; torch takes no tuple here")
        return super().shape(check, input)


class LPPool2d(_LPPool):
    """The p-norm of each window of an image.

    Shape: [N, C, H, W] -> [N, C, H_out, W_out], H_out = (H - kernel) // stride + 1, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html
    """

    example = "x: float[B, 16, 50, 32] -> LPPool2d(2, 3, stride=2)"
    spatial = 2


class LPPool3d(_LPPool):
    """The p-norm of each window of a volume.

    Shape: [N, C, D, H, W] -> [N, C, D_out, H_out, W_out], each size as for LPPool2d, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html
    """

    example = "x: float[B, 16, 20, 50, 32] -> LPPool3d(2, 3, stride=2)"
    spatial = 3
    fits_unpadded = True


class _FractionalMaxPool(Layer):
    kind = Kind.POOL
    spatial: ClassVar[int] = 2
    results = ("output", "indices")
    random = True
    slack: ClassVar[int] = 0
    """How many more elements than its windows need torch wants in each dimension."""

    kernel_size: Any = _window()
    output_size: Any = sizes("size of the output", default=None, optional=True)
    output_ratio: Any = Param("any", "size of the output as a share of the input's, between 0 and 1", None, optional=True)
    return_indices: bool = flag(_PLACES, default=False)

    def shape(self, check: Checks, input: TensorType) -> TensorType | tuple[TensorType, TensorType]:
        n = self.spatial
        batch, channels, image = split(check, input, n)
        check.dtype(input, DType.FLOAT)
        at_least_one(check, input.shape[1:], ("channels", *words(n))[1 - len(batch) :])
        kernel = count(check, "kernel_size", self.kernel_size, n)
        out = self._size(check, image)
        for h, k, result, name in zip(image, kernel, out, words(n), strict=True):
            check.at_least(result, 1, name)
            check.at_least(h, result + k - 1 + self.slack, name)
        return _with_places(self, input.with_shape(*batch, channels, *out))

    def _size(self, check: Checks, image: Shape) -> Shape:
        if (self.output_size is None) == (self.output_ratio is None):
            check.argument("output_size", "expected either output_size or output_ratio")
        if self.output_size is not None:
            return count(check, "output_size", self.output_size, self.spatial)
        shares = count(check, "output_ratio", self.output_ratio, self.spatial)
        for share in shares:
            if not 0 < numeric(share) < 1:
                check.argument("output_ratio", f"must lie between 0 and 1, but is {share}")
        return tuple(scaled(check, h, share, "output_ratio") for h, share in zip(image, shares, strict=True))

    def subtitle(self) -> str:
        return by(self.kernel_size, self.spatial)


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest element of each of output_size windows whose places are drawn at random.

    Shape: [N, C, H, W] -> [N, C, *output_size], or without N.
    Graham 2014; https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool2d.html
    """

    example = "x: float[B, 16, 50, 32] -> FractionalMaxPool2d(3, output_size=(13, 12))"
    spatial = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest element of each of output_size windows whose places are drawn at random.

    Shape: [N, C, D, H, W] -> [N, C, *output_size], or without N.
    Graham 2014; https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool3d.html
    """

    example = "x: float[B, 16, 20, 50, 32] -> FractionalMaxPool3d(3, output_size=(9, 13, 12))"
    spatial = 3
    slack = 1


class _MaxUnpool(Layer):
    kind = Kind.POOL
    spatial: ClassVar[int] = 2

    kernel_size: Any = _window("size of the windows of the pooling that is undone")
    stride: Any = _step()
    padding: Any = sizes("padding of the pooling that is undone", default=0, lower=0)

    def shape(self, check: Checks, input: TensorType, indices: TensorType) -> TensorType:
        n = self.spatial
        batch, channels, image = split(check, input, n)
        check.dtype(input, DType.FLOAT)
        check.dtype(indices, DType.INT)
        check.rank(indices, input.rank)
        for i in range(input.rank):
            check.equal(indices.shape[i], input.shape[i], f"dimension {i} of the indices", f"dimension {i} of the input")
        at_least_one(check, (channels,), ("channels",))
        kernel = count(check, "kernel_size", self.kernel_size, n)
        stride = kernel if self.stride is None else count(check, "stride", self.stride, n)
        padding = count(check, "padding", self.padding, n)
        out = []
        for h, k, s, p, name in zip(image, kernel, stride, padding, words(n), strict=True):
            check.at_least(h, 1, name)
            result = (h - 1) * s - 2 * p + k
            check.at_least(result, 1, name)
            out.append(result)
        return input.with_shape(*batch, channels, *out)

    def subtitle(self) -> str:
        return by(self.kernel_size, self.spatial)


class MaxUnpool1d(_MaxUnpool):
    """Puts the maxima back where MaxPool1d found them, zeros elsewhere.

    Shape: [N, C, L], int indices alike -> [N, C, (L - 1) stride - 2 padding + kernel], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html
    """

    example = "(x: float[B, 16, 25], places: int[B, 16, 25]) -> MaxUnpool1d(2)"
    spatial = 1


class MaxUnpool2d(_MaxUnpool):
    """Puts the maxima back where MaxPool2d found them, zeros elsewhere.

    Shape: [N, C, H, W], int indices alike -> [N, C, H_out, W_out], H_out = (H - 1) stride - 2 padding + kernel, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html
    """

    example = "(x: float[B, 16, 25, 25], places: int[B, 16, 25, 25]) -> MaxUnpool2d(2)"
    spatial = 2


class MaxUnpool3d(_MaxUnpool):
    """Puts the maxima back where MaxPool3d found them, zeros elsewhere.

    Shape: [N, C, D, H, W], int indices alike -> [N, C, D_out, H_out, W_out], sizes as for MaxUnpool2d, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html
    """

    example = "(x: float[B, 16, 8, 8, 8], places: int[B, 16, 8, 8, 8]) -> MaxUnpool3d(2)"
    spatial = 3
