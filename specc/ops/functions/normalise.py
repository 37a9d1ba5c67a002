"""Normalisation with weights that are tensors, and affine maps: what the layers of the same name apply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, axis, dims, real, size
from specc.ops.functions._shared import FLOAT, SAME_NUMBER, kind_of, listed
from specc.ops.rules import Checks, product
from specc.types import TensorType


class Linear(Function):
    """x @ weight.T + bias: weight [out, in]."""

    example = "(x: float[B, 64], weight: float[10, 64]) -> linear"
    kind = Kind.LINEAR
    torch = "F.linear"

    def shape(self, check: Checks, x: TensorType, weight: TensorType, bias: TensorType | None = None) -> TensorType:
        kind_of(check, x, SAME_NUMBER)
        check.dtype(weight, x.dtype)
        check.rank(x, at_least=1)
        check.rank(weight, 1, 2)
        check.equal(x.last, weight.last, "the last dimension of x", "the last dimension of the weight")
        shape = (*x.shape[:-1], *weight.shape[:-1])
        if bias is not None:
            check.rank(weight, 2)
            check.dtype(bias, x.dtype)
            check.rank(bias, *range(max(len(shape), 1) + 1))
            for mine, given in zip(reversed(shape), reversed(bias.shape), strict=False):
                if not check.same(given, 1):
                    check.equal(given, mine, "a dimension of the bias", "that of the result")
        return TensorType(shape, x.dtype)

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        x: TensorType = inputs[0]
        return product(outputs[0].shape) * x.last


class Normalize(Function):
    """x divided by its p-norm along a dimension; the norm is at least `eps`."""

    example = "x: float[B, D] -> normalize(dim=-1)"
    kind = Kind.NORM
    torch = "F.normalize"
    p: float = real("the exponent of the norm", default=2.0)
    dim: int = axis("the dimension", default=1)
    eps: float = real("the least divisor", default=1e-12)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.floating(x)
        check.axis(x, self.dim)
        return x


def _ends_with(check: Checks, x: TensorType, named: Sequence[Dim], *weights: tuple[str, TensorType | None]) -> None:
    sizes = listed(check, named, "normalized_shape")
    if not sizes:
        check.argument("normalized_shape", "at least one size must be given")
    check.rank(x, at_least=len(sizes))
    for i, n in enumerate(reversed(sizes), 1):
        check.equal(x.shape[-i], n, f"dimension {-i}", "the size in normalized_shape")
    for name, weight in weights:
        if weight is not None:
            check.dtype(weight, FLOAT)
            check.rank(weight, len(sizes))
            for n, given in zip(sizes, weight.shape, strict=True):
                check.equal(given, n, f"a dimension of the {name}", "the size in normalized_shape")


class LayerNorm(Function):
    """Mean 0 and variance 1 over the last dimensions, then scale and offset."""

    example = "x: float[B, T, D] -> layer_norm((D,))"
    kind = Kind.NORM
    torch = "F.layer_norm"
    order = ("x", "normalized_shape", "weight", "bias", "eps")
    normalized_shape: tuple[Dim, ...] = dims("the sizes of the last dimensions, over which is normalised")
    eps: float = real("added to the variance", default=1e-5)

    def shape(
        self, check: Checks, x: TensorType, weight: TensorType | None = None, bias: TensorType | None = None
    ) -> TensorType:
        check.dtype(x, FLOAT)
        _ends_with(check, x, self.normalized_shape, ("weight", weight), ("bias", bias))
        return x


class RmsNorm(Function):
    """Root mean square 1 over the last dimensions, then scale."""

    example = "x: float[B, T, D] -> rms_norm((D,))"
    kind = Kind.NORM
    torch = "F.rms_norm"
    order = ("x", "normalized_shape", "weight", "eps")
    normalized_shape: tuple[Dim, ...] = dims("the sizes of the last dimensions, over which is normalised")
    eps: float | None = real("added to the mean square; the machine's precision when not given", default=None, optional=True)

    def shape(self, check: Checks, x: TensorType, weight: TensorType | None = None) -> TensorType:
        check.floating(x)
        _ends_with(check, x, self.normalized_shape, ("weight", weight))
        return x


class GroupNorm(Function):
    """Mean 0 and variance 1 over each group of channels, then scale and offset."""

    example = "x: float[B, 32, H, W] -> group_norm(8)"
    kind = Kind.NORM
    torch = "F.group_norm"
    order = ("x", "num_groups", "weight", "bias", "eps")
    num_groups: Dim = size("number of groups; divides the channels")
    eps: float = real("added to the variance", default=1e-5)

    def shape(
        self, check: Checks, x: TensorType, weight: TensorType | None = None, bias: TensorType | None = None
    ) -> TensorType:
        check.dtype(x, FLOAT)
        check.rank(x, at_least=2)
        check.divides(self.num_groups, x.shape[1], "num_groups", "number of channels")
        values = product((x.shape[0], x.shape[1] // self.num_groups, *x.shape[2:]))
        check.at_least(values, 2, "the number of values in a group")
        for name, given in (("weight", weight), ("bias", bias)):
            if given is not None:
                check.dtype(given, FLOAT)
                check.rank(given, 1)
                check.equal(given.last, x.shape[1], f"the size of the {name}", "the number of channels")
        return x
