"""Functions that work along one dimension and keep it: softmax, running sums, sorting."""

from __future__ import annotations

from typing import Any, ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, axis, flag, size
from specc.ops.functions._shared import (
    COUNTED,
    FLOAT_ONLY,
    FLOATING,
    INT,
    SAME_ORDERED,
    SAME_REAL,
    Numbers,
    kind_of,
    replaced,
)  # fmt: skip
from specc.ops.rules import Checks
from specc.types import TensorType


class _Along(Function):
    kind = Kind.ARITHMETIC
    numbers: ClassVar[Numbers] = FLOAT_ONLY
    dim: int = axis("the dimension")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.axis(x, self.dim)
        return TensorType(x.shape, kind_of(check, x, self.numbers))


class Softmax(_Along):
    """exp(x) divided by its sum along a dimension."""

    example = "x: float[B, D] -> softmax(-1)"
    kind = Kind.ACTIVATION
    torch = "torch.softmax"
    keeps_input = False
    keeps_output = True


class LogSoftmax(_Along):
    """log(softmax(x)) along a dimension."""

    example = "x: float[B, D] -> log_softmax(-1)"
    kind = Kind.ACTIVATION
    torch = "torch.log_softmax"
    keeps_input = False
    keeps_output = True


class Softmin(_Along):
    """softmax(-x) along a dimension."""

    example = "x: float[B, D] -> softmin(-1)"
    kind = Kind.ACTIVATION
    torch = "F.softmin"
    keeps_input = False
    keeps_output = True


class Cumsum(_Along):
    """Running sum along a dimension; of bools and integers, integers."""

    example = "x: float[B, T] -> cumsum(1)"
    torch = "torch.cumsum"
    numbers = COUNTED
    keeps_input = False


class Cumprod(_Along):
    """Running product along a dimension; of bools and integers, integers."""

    example = "x: float[B, T] -> cumprod(1)"
    torch = "torch.cumprod"
    numbers = COUNTED
    keeps_output = True


class Logcumsumexp(_Along):
    """log of the running sum of exp(x) along a dimension."""

    example = "x: float[B, T] -> logcumsumexp(1)"
    torch = "torch.logcumsumexp"
    numbers = FLOATING
    keeps_output = True


class Cummax(_Along):
    """Running maximum along a dimension, and its positions."""

    example = "x: float[B, T] -> cummax(1)"
    torch = "torch.cummax"
    numbers = SAME_ORDERED
    results = ("values", "indices")

    def shape(self, check: Checks, x: TensorType) -> Any:
        values = super().shape(check, x)
        return values, values.with_dtype(INT)


class Cummin(Cummax):
    """Running minimum along a dimension, and its positions."""

    example = "x: float[B, T] -> cummin(1)"
    torch = "torch.cummin"


class Sort(Function):
    """The elements in order along a dimension, and the positions they come from."""

    example = "x: float[B, T] -> sort(1, descending=true)"
    torch = "torch.sort"
    results = ("values", "indices")
    keeps_input = False
    dim: int = axis("the dimension to sort along", default=-1)
    descending: bool = flag("greatest first", default=False)

    def shape(self, check: Checks, x: TensorType) -> tuple[TensorType, TensorType]:
        check.axis(x, self.dim)
        values = TensorType(x.shape, kind_of(check, x, SAME_ORDERED))
        return values, values.with_dtype(INT)


class Argsort(Function):
    """The positions of the elements in order along a dimension."""

    example = "x: float[B, T] -> argsort(1, descending=true)"
    torch = "torch.argsort"
    keeps_input = False
    dim: int = axis("the dimension to sort along", default=-1)
    descending: bool = flag("greatest first", default=False)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.axis(x, self.dim)
        kind_of(check, x, SAME_ORDERED)
        return TensorType(x.shape, INT)


class Topk(Function):
    """The k greatest elements along a dimension, and their positions."""

    example = "x: float[B, V] -> topk(5)"
    torch = "torch.topk"
    results = ("values", "indices")
    keeps_input = False
    k: Dim = size("how many", lower=0)
    dim: int = axis("the dimension", default=-1)
    largest: bool = flag("the greatest rather than the smallest", default=True)
    sorted: bool = flag("in order", default=True)

    def shape(self, check: Checks, x: TensorType) -> tuple[TensorType, TensorType]:
        i = check.axis(x, self.dim)
        dtype = kind_of(check, x, SAME_REAL)
        check.at_least(self.k, 0, "k")
        check.at_least(x.shape[i] if x.rank else 1, self.k, f"dimension {self.dim}, of which the k greatest are taken,")
        values = replaced(x, i, self.k).with_dtype(dtype) if x.rank else TensorType((), dtype)
        return values, values.with_dtype(INT)


class Diff(Function):
    """Differences of neighbours along a dimension, `n` times over."""

    example = "x: float[B, T] -> diff(dim=1)"
    torch = "torch.diff"
    keeps_input = False
    n: int = size("how often", default=1, lower=0)
    dim: int = axis("the dimension", default=-1)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.rank(x, at_least=1)
        if self.n == 0:
            return x
        i = check.axis(x, self.dim)
        if check.solver.decide(x.shape[i], "<", self.n):
            return replaced(x, i, 0)
        check.at_least(x.shape[i], self.n, f"dimension {self.dim}")
        return replaced(x, i, x.shape[i] - self.n)


class Normalize(Function):
    """Divides by the p-norm along a dimension, kept from zero by `eps`."""

    example = "x: float[B, D] -> normalize(dim=-1)"
    kind = Kind.NORM
    torch = "F.normalize"
