"""Normalisation: https://docs.pytorch.org/docs/stable/nn.html#normalization-layers

Batch and instance statistics cannot be trained on a single value per channel; that depends on the batch and is left to
torch, which says so in training.
"""

from __future__ import annotations

from typing import Any, ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Kind, Layer, Param, Weight, flag, inferred, real, size
from specc.ops.layers._spatial import at_least_one, split
from specc.ops.rules import Checks
from specc.types import DType, Shape, TensorType


class _Running(Layer):
    """Weights and statistics of one number per channel."""

    kind = Kind.NORM
    num_features: Dim
    affine: bool
    track_running_stats: bool
    bias: bool

    def _channels(self, check: Checks, channels: Dim) -> None:
        """One number per channel, where there are such numbers; else torch pays no heed to num_features."""
        if self.affine is False and self.track_running_stats is False:
            check.solver.unify(self.num_features, channels, check.reason)
        else:
            check.equal(self.num_features, channels, "num_features", "the number of channels of the input")
        check.at_least(channels, 1, "channels")

    def weights(self) -> dict[str, Weight]:
        features = (self.num_features,)
        return {
            "weight": Weight(features, present=self.affine),
            "bias": Weight(features, present=both(self.affine, self.bias)),
            "running_mean": Weight(features, present=self.track_running_stats, buffer=True),
            "running_var": Weight(features, present=self.track_running_stats, buffer=True),
            "num_batches_tracked": Weight((), present=self.track_running_stats, buffer=True),
        }


def both(a: bool, b: bool) -> bool:
    """`a and b`, looking into as few of them as will do (either may be unknown while a definition is checked generically)."""
    if b is True or a is False:
        return a
    if a is True or b is False:
        return b
    return a and b


class _BatchNorm(_Running):
    ranks: ClassVar[tuple[int, ...]] = ()

    num_features: Dim = inferred("channels of the input")
    eps: float = real("added to the variance", default=1e-5)
    momentum: float | None = real(
        "share of the new in the running statistics; none for their plain average", default=0.1, optional=True
    )
    affine: bool = flag("learn a scale and an offset per channel", default=True)
    track_running_stats: bool = flag("keep statistics for evaluation", default=True)
    bias: bool = flag("learn an offset per channel", default=True)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        if self.ranks:
            check.rank(input, *self.ranks)
        else:
            check.rank(input, at_least=2)
        check.floating(input, or_complex=False)
        eps: Any = self.eps
        if isinstance(eps, int | float) and eps <= 0:  # else unknown: each instance is checked
            check.argument("eps", f"must be positive, but is {eps}")
        self._channels(check, input.shape[1])
        return input


class BatchNorm1d(_BatchNorm):
    """Normalises each channel over the batch (and length), with running statistics for evaluation.

    Shape: [N, C] or [N, C, L], unchanged.
    Ioffe, Szegedy 2015; https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
    """

    example = "x: float[B, 64] -> BatchNorm1d"
    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Normalises each channel over batch, height and width, with running statistics for evaluation.

    Shape: [N, C, H, W], unchanged.
    Ioffe, Szegedy 2015; https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
    """

    example = "x: float[B, 64, 32, 32] -> BatchNorm2d"
    ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """Normalises each channel over batch, depth, height and width, with running statistics for evaluation.

    Shape: [N, C, D, H, W], unchanged.
    Ioffe, Szegedy 2015; https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html
    """

    example = "x: float[B, 64, 8, 32, 32] -> BatchNorm3d"
    ranks = (5,)


class SyncBatchNorm(_BatchNorm):
    """BatchNorm whose statistics are taken over all processes; training needs a GPU.

    Shape: [N, C, ...], unchanged. https://docs.pytorch.org/docs/stable/generated/torch.nn.SyncBatchNorm.html
    """

    example = "x: float[B, 64, 32, 32] -> SyncBatchNorm"


class _InstanceNorm(_Running):
    spatial: ClassVar[int] = 2

    num_features: Dim = inferred("channels of the input")
    eps: float = real("added to the variance", default=1e-5)
    momentum: float = real("share of the new in the running statistics", default=0.1)
    affine: bool = flag("learn a scale and an offset per channel", default=False)
    track_running_stats: bool = flag("keep statistics for evaluation", default=False)
    bias: bool = flag("learn an offset per channel", default=True)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        batch, channels, _ = split(check, input, self.spatial)
        check.floating(input, or_complex=False)
        at_least_one(check, batch, ("batch",) * len(batch))
        self._channels(check, channels)
        return input


class InstanceNorm1d(_InstanceNorm):
    """Normalises each channel of each example over its length.

    Shape: [N, C, L] or [C, L], unchanged.
    Ulyanov et al. 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html
    """

    example = "x: float[B, 64, 100] -> InstanceNorm1d"
    spatial = 1


class InstanceNorm2d(_InstanceNorm):
    """Normalises each channel of each image over height and width.

    Shape: [N, C, H, W] or [C, H, W], unchanged.
    Ulyanov et al. 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html
    """

    example = "x: float[B, 64, 32, 32] -> InstanceNorm2d"
    spatial = 2


class InstanceNorm3d(_InstanceNorm):
    """Normalises each channel of each example over depth, height and width.

    Shape: [N, C, D, H, W] or [C, D, H, W], unchanged.
    Ulyanov et al. 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html
    """

    example = "x: float[B, 64, 8, 32, 32] -> InstanceNorm3d"
    spatial = 3


class GroupNorm(Layer):
    """Normalises groups of channels of each example.

    Shape: [N, C, ...], unchanged. Wu, He 2018; https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
    """

    kind = Kind.NORM
    example = "x: float[B, 64, 32, 32] -> GroupNorm(8)"

    num_groups: Dim = size("number of groups; divides the channels")
    num_channels: Dim = inferred("channels of the input")
    eps: float = real("added to the variance", default=1e-5)
    affine: bool = flag("learn a scale and an offset per channel", default=True)
    bias: bool = flag("learn an offset per channel", default=True)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, at_least=2)
        check.floating(input, or_complex=False)
        if self.affine is False:  # no weights, and torch pays no heed to num_channels
            check.solver.unify(self.num_channels, input.shape[1], check.reason)
            check.divides(self.num_groups, input.shape[1], "num_groups", "the number of channels")
        else:
            check.equal(self.num_channels, input.shape[1], "num_channels", "the number of channels of the input")
        check.divides(self.num_groups, self.num_channels, "num_groups", "the number of channels")
        return input

    def weights(self) -> dict[str, Weight]:
        channels = (self.num_channels,)
        return {"weight": Weight(channels, present=self.affine), "bias": Weight(channels, present=both(self.affine, self.bias))}

    def subtitle(self) -> str:
        return f"{self.num_groups} groups"


def _trailing() -> Any:
    return Param(
        "ints", "the last dimensions, which are normalised together: by default the last one", None, inferred=True, lower=0
    )


class _TrailingNorm(Layer):
    kind = Kind.NORM
    takes_complex: ClassVar[bool] = False
    normalized_shape: Any

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        wanted = self._normalized()
        if not wanted:
            check.argument("normalized_shape", "expected at least one dimension, got none")
        check.rank(input, at_least=len(wanted))
        check.floating(input, or_complex=self.takes_complex)
        for offset in range(-len(wanted), 0):
            name = "the input's last dimension" if offset == -1 else f"dimension {offset} of the input"
            check.equal(wanted[offset], input.shape[offset], "normalized_shape", name)
        return input

    def _normalized(self) -> Shape:
        given = self.normalized_shape
        return tuple(given) if isinstance(given, tuple | list) else (given,)


class LayerNorm(_TrailingNorm):
    """Normalises each example's last dimension (or dimensions) to mean 0 and variance 1.

    Shape: [..., *normalized_shape], unchanged.
    Ba et al. 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
    """

    example = "x: float[B, 20, 512] -> LayerNorm"

    normalized_shape: Any = _trailing()
    eps: float = real("added to the variance", default=1e-5)
    elementwise_affine: bool = flag("learn a scale and an offset per element", default=True)
    bias: bool = flag("learn an offset per element", default=True)

    def weights(self) -> dict[str, Weight]:
        return {
            "weight": Weight(self._normalized(), present=self.elementwise_affine),
            "bias": Weight(self._normalized(), present=both(self.elementwise_affine, self.bias)),
        }


class RMSNorm(_TrailingNorm):
    """Divides each example's last dimension (or dimensions) by its root mean square.

    Shape: [..., *normalized_shape], unchanged.
    Zhang, Sennrich 2019; https://docs.pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
    """

    example = "x: float[B, 20, 512] -> RMSNorm"
    takes_complex = True

    normalized_shape: Any = _trailing()
    eps: float | None = real(
        "added to the mean square; none for the smallest step of the width of float in use", default=None, optional=True
    )
    elementwise_affine: bool = flag("learn a scale per element", default=True)

    def weights(self) -> dict[str, Weight]:
        return {"weight": Weight(self._normalized(), present=self.elementwise_affine)}


class LocalResponseNorm(Layer):
    """Divides each element by the squares of its neighbours across channels.

    Shape: [N, C, ...], unchanged.
    Krizhevsky et al. 2012; https://docs.pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html
    """

    kind = Kind.NORM
    example = "x: float[B, 64, 32, 32] -> LocalResponseNorm(5)"

    size: Dim = size("number of neighbouring channels")
    alpha: float = real("weight of the squares", default=1e-4)
    beta: float = real("exponent", default=0.75)
    k: float = real("added to the squares", default=1.0)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, at_least=3)
        check.dtype(input, DType.INT, DType.FLOAT)
        return input.with_dtype(DType.FLOAT)

    def subtitle(self) -> str:
        return f"over {self.size}"


class CrossMapLRN2d(Layer):
    """LocalResponseNorm for images, as Torch7 computed it: a window cut off at the first and last channel.

    Shape: [N, C, H, W], unchanged. torch lists it without a page: torch/nn/modules/normalization.py
    """

    kind = Kind.NORM
    example = "x: float[B, 64, 32, 32] -> CrossMapLRN2d(5)"
    keeps_output = True

    size: Dim = size("number of neighbouring channels")
    alpha: float = real("weight of the squares", default=1e-4)
    beta: float = real("exponent", default=0.75)
    k: float = real("added to the squares", default=1.0)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, 4)
        check.floating(input)
        check.at_least(input.shape[1], 1, "channels")
        return input

    def subtitle(self) -> str:
        return f"over {self.size}"
