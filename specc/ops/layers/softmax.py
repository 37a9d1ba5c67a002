"""Softmax and its kin: non-negative numbers that add up to 1 along a dimension."""

from __future__ import annotations

from specc.ops.declare import Kind, Layer, axis
from specc.ops.rules import Checks
from specc.types import DType, TensorType


class _Softmax(Layer):
    """Without `dim` torch takes dimension 0 for ranks 0, 1 and 3 and dimension 1 otherwise (and warns)."""

    kind = Kind.ACTIVATION
    keeps_input = False
    keeps_output = True

    dim: int | None = axis("dimension along which the results add up to 1", default=None, optional=True)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.dtype(input, DType.FLOAT)
        if self.dim is not None:
            check.axis(input, self.dim)
        return input

    def subtitle(self) -> str:
        return "" if self.dim is None else f"dim {self.dim}"


class Softmax(_Softmax):
    """`exp(x_i) / sum_j exp(x_j)` along a dimension.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html
    """

    example = "x: float[B, 10] -> Softmax(dim=-1)"


class LogSoftmax(_Softmax):
    """`log(softmax(x))` along a dimension.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
    """

    example = "x: float[B, 10] -> LogSoftmax(dim=-1)"


class Softmin(_Softmax):
    """`softmax(-x)` along a dimension.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmin.html
    """

    example = "x: float[B, 10] -> Softmin(dim=-1)"


class Softmax2d(Layer):
    """Softmax over the channels at every place of an image.

    Shape: [N, C, H, W] or [C, H, W], unchanged. https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax2d.html
    """

    kind = Kind.ACTIVATION
    example = "x: float[B, 3, 8, 8] -> Softmax2d"
    keeps_input = False
    keeps_output = True

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, 3, 4)
        check.dtype(input, DType.FLOAT)
        return input
