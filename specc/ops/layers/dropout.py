"""Dropout: https://docs.pytorch.org/docs/stable/nn.html#dropout-layers

In training torch scales what it keeps, which it refuses for anything but floats. Probabilities of 0 and 1 scale nothing.
"""

from __future__ import annotations

from typing import ClassVar

from specc.ops.declare import Kind, Layer, real
from specc.ops.rules import Checks
from specc.types import TensorType


class _Dropout(Layer):
    kind = Kind.DROPOUT
    inplace = True
    aliases = True
    keeps_input = False
    random = True

    p: float = real("probability of zeroing an element", default=0.5, lower=0.0, upper=1.0)

    smallest_rank: ClassVar[int] = 0

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        if self.p != 0 and self.p != 1:
            check.rank(input, at_least=self.smallest_rank)
            check.floating(input, or_complex=False)
        return input

    def subtitle(self) -> str:
        return str(self.p)


class Dropout(_Dropout):
    """Zeroes elements at random while training and scales the rest by 1/(1-p).

    Shape: [...] -> [...]. Hinton et al. 2012; https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
    """

    example = "x: float[B, 64] -> Dropout(0.1)"


class Dropout1d(_Dropout):
    """Zeroes whole channels of [N, C, L] at random while training.

    Shape: [N, C, L] or [C, L], unchanged. https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html
    """

    example = "x: float[B, 16, 40] -> Dropout1d(0.1)"

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, 2, 3)
        return super().shape(check, input)


class Dropout2d(_Dropout):
    """Zeroes whole channels of [N, C, H, W] at random while training.

    Shape: [N, C, ...], unchanged. Tompson et al. 2015; https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html
    """

    example = "x: float[B, 16, 32, 32] -> Dropout2d(0.1)"
    smallest_rank = 2


class Dropout3d(_Dropout):
    """Zeroes whole channels of [N, C, D, H, W] at random while training.

    Shape: [N, C, D, H, W] or [C, D, H, W], unchanged; torch also takes other ranks from 1 on.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html
    """

    example = "x: float[B, 16, 8, 32, 32] -> Dropout3d(0.1)"
    smallest_rank = 1


class AlphaDropout(_Dropout):
    """Dropout that keeps mean and variance, for SELU networks.

    Shape: [...] -> [...]. Klambauer et al. 2017; https://docs.pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html
    """

    example = "x: float[B, 64] -> AlphaDropout(0.1)"


class FeatureAlphaDropout(_Dropout):
    """AlphaDropout of whole channels.

    Shape: [N, C, ...], unchanged. https://docs.pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html
    """

    example = "x: float[B, 16, 32, 32] -> FeatureAlphaDropout(0.1)"
    smallest_rank = 2
