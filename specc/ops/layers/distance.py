"""Distances between vectors: https://docs.pytorch.org/docs/stable/nn.html#distance-functions"""

from __future__ import annotations

from specc.ops.declare import Kind, Layer, axis, flag, real
from specc.ops.rules import Checks
from specc.types import DType, Shape, TensorType


class CosineSimilarity(Layer):
    """The cosine of the angle between two vectors, which lie along a dimension.

    Shape: [..., D, ...] twice, broadcast against each other -> that shape without `dim`.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html
    """

    kind = Kind.ARITHMETIC
    example = "(x: float[B, 128], y: float[B, 128]) -> CosineSimilarity"
    dim: int = axis("dimension of the vectors", default=1)
    eps: float = real("smallest norm that is divided by", default=1e-8)

    def shape(self, check: Checks, x1: TensorType, x2: TensorType) -> TensorType:
        check.floating(max(x1, x2, key=lambda x: x.dtype), or_complex=False)
        both = TensorType(check.broadcast(x1.shape, x2.shape), DType.FLOAT)
        at = check.axis(both, self.dim)
        return both.with_shape(*both.shape[:at], *both.shape[at + 1 :])


class PairwiseDistance(Layer):
    """The p-norm of the difference of two vectors, which are the last dimension.

    Shape: [..., D] twice, broadcast against each other -> [...], or [..., 1] with keepdim.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html
    """

    kind = Kind.ARITHMETIC
    example = "(x: float[B, 128], y: float[B, 128]) -> PairwiseDistance"
    keeps_output = True
    p: float = real("the p of the norm", default=2.0)
    eps: float = real("added to the difference", default=1e-6)
    keepdim: bool = flag("keep the last dimension, as 1", default=False)

    def shape(self, check: Checks, x1: TensorType, x2: TensorType) -> TensorType:
        for x in (x1, x2):
            check.dtype(x, DType.UINT8, DType.INT, DType.FLOAT, DType.COMPLEX)  # torch subtracts no bools
        shape: Shape = check.broadcast(x1.shape, x2.shape)
        return TensorType((*shape[:-1], 1) if self.keepdim and shape else shape[:-1], DType.FLOAT)
