"""Losses, as functions: a number (or one per element, with `reduction="none"`) of how far two tensors are apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.ops.declare import Function, Kind, axis, choice, flag, number, real
from specc.ops.functions._shared import BOOL, FLOAT, INT, UINT8, call, known
from specc.ops.functions.distance import some
from specc.ops.rules import Checks
from specc.pycode import Code
from specc.types import DType, Shape, TensorType


def _reduction() -> Any:
    return choice("`mean`, `sum`, or `none` for one number per element", "none", "mean", "sum", default="mean")


class _Loss(Function):
    kind = Kind.OTHER
    reduction: str = _reduction()

    def reduced(self, shape: Shape) -> TensorType:
        return TensorType(shape if known(self.reduction) == "none" else (), FLOAT)


class _Regression(_Loss):
    """Of two tensors that broadcast against each other."""

    def shape(self, check: Checks, x: TensorType, target: TensorType) -> TensorType:
        check.dtype(x, FLOAT)
        check.dtype(target, UINT8, INT, FLOAT)
        return self.reduced(check.broadcast(x.shape, target.shape))


class MseLoss(_Regression):
    """Squared difference."""

    example = "(x: float[B, D], target: float[B, D]) -> mse_loss"
    torch = "F.mse_loss"


class L1Loss(_Regression):
    """Absolute difference."""

    example = "(x: float[B, D], target: float[B, D]) -> l1_loss"
    torch = "F.l1_loss"


class SmoothL1Loss(_Regression):
    """Squared difference below `beta`, absolute difference above."""

    example = "(x: float[B, D], target: float[B, D]) -> smooth_l1_loss"
    torch = "F.smooth_l1_loss"
    beta: float = real("where it turns from the one into the other", default=1.0, lower=0)


class HuberLoss(_Regression):
    """Squared difference below `delta`, `delta` times the absolute difference above."""

    example = "(x: float[B, D], target: float[B, D]) -> huber_loss"
    torch = "F.huber_loss"
    delta: float = real("where it turns from the one into the other, more than 0", default=1.0)

    def shape(self, check: Checks, x: TensorType, target: TensorType) -> TensorType:
        if known(self.delta) <= 0:
            check.argument("delta", "must be more than 0")
        return super().shape(check, x, target)


class KlDiv(_Regression):
    """Kullback-Leibler divergence of a target from log-probabilities x."""

    example = '(x: float[B, V], target: float[B, V]) -> kl_div(reduction="batchmean")'
    torch = "F.kl_div"
    reduction: str = choice("`batchmean` divides by the batch", "none", "batchmean", "sum", "mean", default="mean")
    log_target: bool = flag("the target, too, holds logarithms", default=False)

    def shape(self, check: Checks, x: TensorType, target: TensorType) -> TensorType:
        check.dtype(target, FLOAT)
        return super().shape(check, x, target)


class _Binary(_Loss):
    """Of two tensors of one shape."""

    def same_shape(self, check: Checks, x: TensorType, target: TensorType) -> None:
        check.rank(target, x.rank)
        for i, (a, b) in enumerate(zip(x.shape, target.shape, strict=True)):
            check.equal(a, b, f"dimension {i} of x", f"dimension {i} of the target")

    def stays(self, check: Checks, x: TensorType, weight: TensorType | None, what: str, *kinds: DType) -> None:
        """A weight is broadcast to x, never x to the weight."""
        if weight is None:
            return
        check.dtype(weight, *kinds, UINT8, INT, FLOAT)
        check.rank(weight, *range(x.rank + 1))
        for i in range(1, weight.rank + 1):
            if not check.same(weight.shape[-i], 1):
                check.equal(weight.shape[-i], x.shape[-i], f"dimension {-i} of {what}", f"dimension {-i} of x")


class BinaryCrossEntropy(_Binary):
    """Cross entropy of probabilities x with targets from 0 to 1."""

    example = "(x: float[B], target: float[B]) -> binary_cross_entropy"
    torch = "F.binary_cross_entropy"
    order = ("x", "target", "weight", "reduction")

    def shape(self, check: Checks, x: TensorType, target: TensorType, weight: TensorType | None = None) -> TensorType:
        check.dtype(x, FLOAT)
        check.dtype(target, FLOAT)
        self.same_shape(check, x, target)
        self.stays(check, x, weight, "the weight", BOOL)
        return self.reduced(x.shape)


class BinaryCrossEntropyWithLogits(_Binary):
    """Cross entropy of sigmoid(x) with targets from 0 to 1, without overflow."""

    example = "(x: float[B], target: float[B]) -> binary_cross_entropy_with_logits"
    torch = "F.binary_cross_entropy_with_logits"

    def shape(
        self,
        check: Checks,
        x: TensorType,
        target: TensorType,
        weight: TensorType | None = None,
        pos_weight: TensorType | None = None,
    ) -> TensorType:
        check.dtype(x, FLOAT)
        check.dtype(target, FLOAT)
        self.same_shape(check, x, target)
        self.stays(check, x, weight, "the weight", BOOL)
        self.stays(check, x, pos_weight, "pos_weight")
        return self.reduced(x.shape)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        """By keyword: between the two weights torch has arguments that it no longer wants."""
        given = {name: code for name, code in args.items() if name not in ("x", "target")}
        return call(self.torch, args["x"], args["target"], **given)


class _Classes(_Loss):
    """x holds a number per class in dimension 1, or 0 of a single example."""

    ignore_index: int = axis("targets of this value do not count", default=-100)

    def labels(self, check: Checks, x: TensorType, target: TensorType, weight: TensorType | None) -> TensorType:
        check.rank(x, at_least=1)
        classes = x.shape[1] if x.rank > 1 else x.shape[0]
        check.at_least(classes, 1, "the number of classes")
        rest = (x.shape[0], *x.shape[2:]) if x.rank > 1 else ()
        check.rank(target, len(rest))
        for i, (a, b) in enumerate(zip(rest, target.shape, strict=True)):
            check.equal(a, b, "the examples of x", f"dimension {i} of the target")
        self.class_weight(check, classes, weight)
        return self.reduced(rest)

    def class_weight(self, check: Checks, classes: Any, weight: TensorType | None) -> None:
        if weight is not None:
            check.dtype(weight, FLOAT)
            check.rank(weight, 1)
            check.equal(weight.last, classes, "the size of the weight", "the number of classes")


class NllLoss(_Classes):
    """Negative log-likelihood: minus the log-probability x of the target class."""

    example = "(x: float[B, V], target: int[B]) -> nll_loss"
    torch = "F.nll_loss"

    def shape(self, check: Checks, x: TensorType, target: TensorType, weight: TensorType | None = None) -> TensorType:
        check.dtype(x, FLOAT)
        check.dtype(target, INT)
        return self.labels(check, x, target, weight)


class CrossEntropy(_Classes):
    """Negative log-likelihood of softmax(x): the target is a class, or a probability per class."""

    example = "(x: float[B, V], target: int[B]) -> cross_entropy"
    torch = "F.cross_entropy"
    label_smoothing: float = real("share of the target that is spread over all classes", default=0.0, lower=0, upper=1)

    def shape(self, check: Checks, x: TensorType, target: TensorType, weight: TensorType | None = None) -> TensorType:
        check.dtype(x, FLOAT)
        if target.dtype is not FLOAT:
            check.dtype(target, INT)
            return self.labels(check, x, target, weight)
        check.rank(x, at_least=1)
        check.rank(target, x.rank)
        for i, (a, b) in enumerate(zip(x.shape, target.shape, strict=True)):
            check.equal(a, b, f"dimension {i} of x", f"dimension {i} of the target")
        if self.ignore_index >= 0:
            check.argument("ignore_index", "goes with targets that are classes")
        self.class_weight(check, x.shape[1] if x.rank > 1 else x.shape[0], weight)
        return self.reduced((x.shape[0], *x.shape[2:]) if x.rank > 1 else ())


class HingeEmbeddingLoss(_Loss):
    """x where the target is 1, max(0, margin - x) where it is -1."""

    example = "(x: float[B], target: float[B]) -> hinge_embedding_loss"
    torch = "F.hinge_embedding_loss"
    margin: float = number("distance to keep", default=1.0)

    def shape(self, check: Checks, x: TensorType, target: TensorType) -> TensorType:
        check.dtype(x, FLOAT)
        check.dtype(target, UINT8, INT, FLOAT)
        return self.reduced(check.broadcast(x.shape, target.shape))


class MarginRankingLoss(_Loss):
    """max(0, -target * (x1 - x2) + margin): x1 is to be greater where the target is 1, smaller where it is -1."""

    example = "(x1: float[B], x2: float[B], target: float[B]) -> margin_ranking_loss"
    torch = "F.margin_ranking_loss"
    margin: float = real("distance to keep", default=0.0)

    def shape(self, check: Checks, x1: TensorType, x2: TensorType, target: TensorType) -> TensorType:
        check.rank(x2, x1.rank)
        check.rank(target, x1.rank)
        for x in (x1, x2, target):
            check.dtype(x, FLOAT)
        return self.reduced(check.broadcast(x1.shape, x2.shape, target.shape))


class TripletMarginLoss(_Loss):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), d the distance of vectors in the last dimension."""

    example = "(anchor: float[B, D], positive: float[B, D], negative: float[B, D]) -> triplet_margin_loss"
    torch = "F.triplet_margin_loss"
    margin: float = real("distance to keep", default=1.0)
    p: float = real("exponent of the norm", default=2.0)

    def shape(self, check: Checks, anchor: TensorType, positive: TensorType, negative: TensorType) -> TensorType:
        for x in (anchor, positive, negative):
            check.dtype(x, FLOAT)
        check.rank(positive, anchor.rank)
        check.rank(negative, anchor.rank)
        near = check.broadcast(anchor.shape, positive.shape)
        far = check.broadcast(anchor.shape, negative.shape)
        some(check, self.p, near)
        some(check, self.p, far)
        return self.reduced(check.broadcast(near[:-1], far[:-1]))
