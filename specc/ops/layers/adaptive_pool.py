"""Pooling to a given size: https://docs.pytorch.org/docs/stable/nn.html#pooling-layers

An image may lack the batch dimension. A size of `none` keeps the input's.
"""

from __future__ import annotations

from typing import Any, ClassVar

from specc.ops.declare import Kind, Layer, dims, flag
from specc.ops.layers._spatial import at_least_one, by, count, split, words
from specc.ops.rules import Checks
from specc.types import DType, Shape, TensorType


class _AdaptivePool(Layer):
    kind = Kind.POOL
    spatial: ClassVar[int] = 2
    output_size: Any

    def _size(self, check: Checks, image: Shape) -> Shape:
        if self.output_size is None:
            check.argument("output_size", "expected a size; none can only stand inside a tuple, for one of the dimensions")
        wanted = count(check, "output_size", self.output_size, self.spatial)
        if self.spatial == 1 and wanted[0] is None:
            check.argument("output_size", "expected a size; torch does not keep the length here")
        return tuple(h if want is None else want for h, want in zip(image, wanted, strict=True))

    def subtitle(self) -> str:
        return f"to {by(self.output_size, self.spatial)}"


def _output_size() -> Any:
    """A list whose items may be none, or one size."""
    return dims("size of the output; none keeps the input's", lower=0)


class _AdaptiveAvgPool(_AdaptivePool):
    output_size: Any = _output_size()

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        batch, channels, image = split(check, input, self.spatial)
        size = self._size(check, image)
        if all(isinstance(s, int) and s == 1 for s in size):
            check.floating(input)  # a plain mean, which complex numbers have
        else:
            check.dtype(input, DType.FLOAT)
            if self.spatial == 3:
                at_least_one(check, (channels,), ("channels",))
        at_least_one(check, image, words(self.spatial))
        return input.with_shape(*batch, channels, *size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Averages over windows chosen so that the output has the given length.

    Shape: [N, C, L] -> [N, C, output_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html
    """

    example = "x: float[B, 64, 8] -> AdaptiveAvgPool1d(5)"
    spatial = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Averages over windows chosen so that the output has the given height and width.

    Shape: [N, C, H, W] -> [N, C, *output_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
    """

    example = "x: float[B, 512, 7, 7] -> AdaptiveAvgPool2d(1)"
    spatial = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Averages over windows chosen so that the output has the given depth, height and width.

    Shape: [N, C, D, H, W] -> [N, C, *output_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html
    """

    example = "x: float[B, 64, 8, 9, 10] -> AdaptiveAvgPool3d((5, 7, 9))"
    spatial = 3


class _AdaptiveMaxPool(_AdaptivePool):
    results = ("output", "indices")
    output_size: Any = _output_size()
    return_indices: bool = flag("also return where the maxima are", default=False)

    def shape(self, check: Checks, input: TensorType) -> TensorType | tuple[TensorType, TensorType]:
        batch, channels, image = split(check, input, self.spatial)
        check.dtype(input, DType.FLOAT)
        # torch looks at every dimension but the first, whichever that is.
        at_least_one(check, input.shape[1:], ("channels", *words(self.spatial))[1 - len(batch) :])
        result = input.with_shape(*batch, channels, *self._size(check, image))
        return (result, result.with_dtype(DType.INT)) if self.return_indices else result


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Maxima over windows chosen so that the output has the given length.

    Shape: [N, C, L] -> [N, C, output_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html
    """

    example = "x: float[B, 64, 8] -> AdaptiveMaxPool1d(5)"
    spatial = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Maxima over windows chosen so that the output has the given height and width.

    Shape: [N, C, H, W] -> [N, C, *output_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
    """

    example = "x: float[B, 64, 8, 9] -> AdaptiveMaxPool2d((5, 7))"
    spatial = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Maxima over windows chosen so that the output has the given depth, height and width.

    Shape: [N, C, D, H, W] -> [N, C, *output_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html
    """

    example = "x: float[B, 64, 8, 9, 10] -> AdaptiveMaxPool3d((5, 7, 9))"
    spatial = 3
