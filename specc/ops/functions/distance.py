"""Similarities and distances of vectors."""

from __future__ import annotations

from math import inf
from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, axis, flag, real
from specc.ops.functions._shared import FLOAT
from specc.ops.rules import Checks, product, promote
from specc.types import Shape, TensorType


class CosineSimilarity(Function):
    """Cosine of the angle between vectors along a dimension."""

    example = "(x1: float[B, D], x2: float[B, D]) -> cosine_similarity(dim=-1)"
    kind = Kind.ARITHMETIC
    torch = "F.cosine_similarity"
    dim: int = axis("the dimension of the vectors", default=1)
    eps: float = real("the least product of norms", default=1e-8)

    def shape(self, check: Checks, x1: TensorType, x2: TensorType) -> TensorType:
        check.dtype(TensorType((), promote(x1, x2)), FLOAT)
        both = TensorType(check.broadcast(x1.shape, x2.shape), FLOAT)
        i = check.axis(both, self.dim)
        return both.with_shape(*both.shape[:i], *both.shape[i + 1 :])


class Cdist(Function):
    """Distance of every vector of one set [P, M] to every one of another [R, M]: [P, R], for each of a batch."""

    example = "(x1: float[B, P, D], x2: float[B, R, D]) -> cdist"
    kind = Kind.ARITHMETIC
    torch = "torch.cdist"
    keeps_output = True
    p: float = real("exponent of the norm", default=2.0, lower=0)

    def shape(self, check: Checks, x1: TensorType, x2: TensorType) -> TensorType:
        for x in (x1, x2):
            check.dtype(x, FLOAT)
            check.rank(x, at_least=2)
        check.equal(x1.last, x2.last, "the size of the vectors of x1", "that of x2")
        batch = check.broadcast(x1.shape[:-2], x2.shape[:-2])
        return TensorType((*batch, x1.shape[-2], x2.shape[-2]), FLOAT)

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        x: TensorType = inputs[0]
        return product(outputs[0].shape) * x.last


def some(check: Checks, p: Any, shape: Shape) -> None:
    """A largest or smallest difference is one of at least one number. Leaves open what is not known."""
    if isinstance(p, int | float) and (p < 0 or p == inf) and shape:
        check.at_least(shape[-1], 1, "the last dimension")


class PairwiseDistance(Function):
    """Distance of vectors in the last dimension, pair by pair."""

    example = "(x1: float[B, D], x2: float[B, D]) -> pairwise_distance"
    kind = Kind.ARITHMETIC
    keeps_output = True
    torch = "F.pairwise_distance"
    p: float = real("exponent of the norm", default=2.0)
    eps: float = real("added to the differences", default=1e-6)
    keepdim: bool = flag("keep the last dimension with size 1", default=False)

    def shape(self, check: Checks, x1: TensorType, x2: TensorType) -> TensorType:
        check.dtype(x1, FLOAT)
        check.dtype(x2, FLOAT)
        shape = check.broadcast(x1.shape, x2.shape)
        if not shape:
            return TensorType((), FLOAT)
        some(check, self.p, shape)
        return TensorType((*shape[:-1], *((1,) if self.keepdim else ())), FLOAT)
