"""Convolutions with weights that are tensors, and pooling: the functions that the layers of the same name apply."""

from __future__ import annotations

from typing import Any, ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, Layer, size, sizes
from specc.ops.functions._shared import FLOAT
from specc.ops.layers import adaptive_pool, conv, pool
from specc.ops.rules import Checks, product
from specc.types import TensorType


class _Conv(Function):
    """A convolution is shaped as by the layer whose weights these are."""

    kind = Kind.CONV
    layer: ClassVar[type[Layer]] = conv.Conv2d
    spatial: ClassVar[int] = 2
    stride: Any = sizes("step between two positions of a filter", default=1)
    padding: Any = sizes("zeros added on both sides", default=0, lower=0)
    dilation: Any = sizes("distance between two taps of a filter", default=1)
    groups: Dim = size("number of groups of channels that do not see each other", default=1)

    def shape(self, check: Checks, input: TensorType, weight: TensorType, bias: TensorType | None = None) -> TensorType:
        check.dtype(input, FLOAT)
        check.dtype(weight, FLOAT)
        check.rank(weight, self.spatial + 2)
        out, into, *kernel = weight.shape
        if bias is not None:
            check.dtype(bias, FLOAT)
            check.rank(bias, 1)
            check.equal(bias.last, out, "the size of the bias", "the number of filters")
        for n in weight.shape:
            check.at_least(n, 1, "a dimension of the weight")
        values = {name: getattr(self, name) for name in self.params}
        channels = {"in_channels": into * self.groups, "out_channels": out, "kernel_size": tuple(kernel)}
        result: TensorType = self.layer({**values, **channels}).shape(check, input)
        return result

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        weight: TensorType = inputs[1]
        return product(outputs[0].shape) * product(weight.shape[1:])


class Conv1d(_Conv):
    """Filters [out, in / groups, K] slid along a sequence."""

    example = "(x: float[B, 16, L], filters: float[33, 16, 3]) -> conv1d(padding=1)"
    torch = "F.conv1d"
    layer = conv.Conv1d
    spatial = 1


class Conv2d(_Conv):
    """Filters [out, in / groups, K, K] slid over an image."""

    example = "(x: float[B, 1, H, W], filters: float[4, 1, 3, 3]) -> conv2d(padding=1)"
    torch = "F.conv2d"


class Conv3d(_Conv):
    """Filters [out, in / groups, K, K, K] slid over a volume."""

    example = "(x: float[B, 3, D, H, W], filters: float[8, 3, 3, 3, 3]) -> conv3d(padding=1)"
    torch = "F.conv3d"
    layer = conv.Conv3d
    spatial = 3


class _ConvTranspose(_Conv):
    layer: ClassVar[type[Layer]] = conv.ConvTranspose2d
    stride: Any = sizes("how far apart neighbouring inputs land in the output", default=1)
    padding: Any = sizes("rows cut off on both sides of the output", default=0, lower=0)
    output_padding: Any = sizes("rows added on one side of the output; less than stride or dilation", default=0, lower=0)
    groups: Dim = size("number of groups of channels that do not see each other", default=1)
    dilation: Any = sizes("distance between two taps of a filter", default=1)

    def shape(self, check: Checks, input: TensorType, weight: TensorType, bias: TensorType | None = None) -> TensorType:
        check.dtype(input, FLOAT)
        check.dtype(weight, FLOAT)
        check.rank(weight, self.spatial + 2)
        into, out, *kernel = weight.shape
        if bias is not None:
            check.dtype(bias, FLOAT)
            check.rank(bias, 1)
            check.equal(bias.last, out * self.groups, "the size of the bias", "the number of filters")
        for n in weight.shape:
            check.at_least(n, 1, "a dimension of the weight")
        values = {name: getattr(self, name) for name in self.params}
        channels = {"in_channels": into, "out_channels": out * self.groups, "kernel_size": tuple(kernel)}
        result: TensorType = self.layer({**values, **channels}).shape(check, input)
        return result

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        image: TensorType = inputs[0]
        weight: TensorType = inputs[1]
        return product(image.shape) * product(weight.shape[1:])


class ConvTranspose1d(_ConvTranspose):
    """The transpose of conv1d; filters [in, out / groups, K]."""

    example = "(x: float[B, 16, L], filters: float[16, 8, 4]) -> conv_transpose1d(stride=2)"
    torch = "F.conv_transpose1d"
    layer = conv.ConvTranspose1d
    spatial = 1


class ConvTranspose2d(_ConvTranspose):
    """The transpose of conv2d; filters [in, out / groups, K, K]."""

    example = "(x: float[B, 16, H, W], filters: float[16, 8, 4, 4]) -> conv_transpose2d(stride=2)"
    torch = "F.conv_transpose2d"


class _Pool(Function):
    """Shaped as by the layer, whose parameters it has."""

    kind = Kind.POOL
    layer: ClassVar[type[Layer]] = pool.MaxPool2d

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        result: TensorType = self.layer({name: getattr(self, name) for name in self.params}).shape(check, input)
        return result


def _without_indices(layer: type[Layer]) -> dict[str, Any]:
    return {name: param for name, param in layer.params.items() if name != "return_indices"}


class MaxPool1d(_Pool):
    """The largest element of each window of a sequence."""

    example = "x: float[B, C, L] -> max_pool1d(2)"
    torch = "F.max_pool1d"
    layer = pool.MaxPool1d
    params = _without_indices(pool.MaxPool1d)


class MaxPool2d(_Pool):
    """The largest element of each window of an image."""

    example = "x: float[B, C, H, W] -> max_pool2d(2)"
    torch = "F.max_pool2d"
    layer = pool.MaxPool2d
    params = _without_indices(pool.MaxPool2d)


class MaxPool3d(_Pool):
    """The largest element of each window of a volume."""

    example = "x: float[B, C, D, H, W] -> max_pool3d(2)"
    torch = "F.max_pool3d"
    layer = pool.MaxPool3d
    params = _without_indices(pool.MaxPool3d)


class AvgPool1d(_Pool):
    """The average of each window of a sequence."""

    example = "x: float[B, C, L] -> avg_pool1d(2)"
    torch = "F.avg_pool1d"
    layer = pool.AvgPool1d
    params = pool.AvgPool1d.params


class AvgPool2d(_Pool):
    """The average of each window of an image."""

    example = "x: float[B, C, H, W] -> avg_pool2d(2)"
    torch = "F.avg_pool2d"
    layer = pool.AvgPool2d
    params = pool.AvgPool2d.params


class AvgPool3d(_Pool):
    """The average of each window of a volume."""

    example = "x: float[B, C, D, H, W] -> avg_pool3d(2)"
    torch = "F.avg_pool3d"
    layer = pool.AvgPool3d
    params = pool.AvgPool3d.params


class AdaptiveAvgPool1d(_Pool):
    """Averages over windows chosen so that the output has the given length."""

    example = "x: float[B, C, L] -> adaptive_avg_pool1d(1)"
    torch = "F.adaptive_avg_pool1d"
    layer = adaptive_pool.AdaptiveAvgPool1d
    params = adaptive_pool.AdaptiveAvgPool1d.params


class AdaptiveAvgPool2d(_Pool):
    """Averages over windows chosen so that the output has the given size."""

    example = "x: float[B, C, H, W] -> adaptive_avg_pool2d(1)"
    torch = "F.adaptive_avg_pool2d"
    layer = adaptive_pool.AdaptiveAvgPool2d
    params = adaptive_pool.AdaptiveAvgPool2d.params


class AdaptiveAvgPool3d(_Pool):
    """Averages over windows chosen so that the output has the given size."""

    example = "x: float[B, C, D, H, W] -> adaptive_avg_pool3d(1)"
    torch = "F.adaptive_avg_pool3d"
    layer = adaptive_pool.AdaptiveAvgPool3d
    params = adaptive_pool.AdaptiveAvgPool3d.params


class AdaptiveMaxPool2d(_Pool):
    """The largest elements of windows chosen so that the output has the given size."""

    example = "x: float[B, C, H, W] -> adaptive_max_pool2d(1)"
    torch = "F.adaptive_max_pool2d"
    layer = adaptive_pool.AdaptiveMaxPool2d
    params = _without_indices(adaptive_pool.AdaptiveMaxPool2d)
