"""Activation functions, element by element. A layer of the same kind exists for each: `ReLU` beside `relu`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from specc.ops.declare import Function, Kind, axis, choice, number, real
from specc.ops.functions._shared import (
    COMPLEX,
    FLOAT,
    FLOAT_ONLY,
    FLOATING,
    INT,
    SAME_REAL,
    TO_FLOAT,
    UINT8,
    Numbers,
    call,
    kind_of,
)
from specc.ops.rules import Checks, product
from specc.pycode import BinaryCode, Code, UnaryCode
from specc.types import TensorType


class _Activation(Function):
    """`numbers` says what becomes of each kind of number."""

    kind = Kind.ACTIVATION
    numbers: ClassVar[Numbers] = FLOAT_ONLY

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return TensorType(x.shape, kind_of(check, x, self.numbers))


class Relu(_Activation):
    """Each element, or 0 where it is negative."""

    example = "x: float[B, D] -> relu"
    torch = "torch.relu"
    numbers = SAME_REAL
    keeps_input = False
    keeps_output = True


class Relu6(_Activation):
    """Each element limited to the range from 0 to 6."""

    example = "x: float[B, D] -> relu6"
    torch = "F.relu6"
    numbers = SAME_REAL


class Sigmoid(_Activation):
    """1 / (1 + exp(-x)) of each element."""

    example = "x: float[B, D] -> sigmoid"
    torch = "torch.sigmoid"
    numbers = TO_FLOAT
    keeps_input = False
    keeps_output = True


class Tanh(_Activation):
    """Hyperbolic tangent of each element."""

    example = "x: float[B, D] -> tanh"
    torch = "torch.tanh"
    numbers = TO_FLOAT
    keeps_input = False
    keeps_output = True


class Logsigmoid(_Activation):
    """log(sigmoid(x)) of each element."""

    example = "x: float[B, D] -> logsigmoid"
    torch = "F.logsigmoid"
    numbers = FLOAT_ONLY


class Silu(_Activation):
    """x * sigmoid(x) of each element (also called swish)."""

    example = "x: float[B, D] -> silu"
    torch = "F.silu"
    numbers = FLOATING


class Mish(_Activation):
    """x * tanh(softplus(x)) of each element."""

    example = "x: float[B, D] -> mish"
    torch = "F.mish"
    numbers = FLOAT_ONLY


class Gelu(_Activation):
    """x times the Gaussian distribution function of x."""

    example = "x: float[B, D] -> gelu"
    torch = "F.gelu"
    numbers = FLOAT_ONLY
    approximate: str = choice("`none` is exact, `tanh` the usual approximation", "none", "tanh", default="none")


class Softplus(_Activation):
    """log(1 + exp(beta x)) / beta of each element: a smooth relu."""

    example = "x: float[B, D] -> softplus"
    torch = "F.softplus"
    numbers = FLOAT_ONLY
    beta: float = real("sharpness", default=1.0)
    threshold: float = real("above this beta x the function is linear", default=20.0)


class SoftplusInverse(_Activation):
    """What softplus turns into x: log(exp(x) - 1) of each element, computed as x + log(1 - exp(-x)). x is above 0."""

    example = "x: float[B, D] -> softplus_inverse"
    numbers = {UINT8: FLOAT, INT: FLOAT, FLOAT: FLOAT, COMPLEX: COMPLEX}

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        x = args["x"]
        rest = call("torch.expm1", UnaryCode("-", x))
        return BinaryCode("+", x, call("torch.log", UnaryCode("-", rest)))


class Softsign(_Activation):
    """x / (1 + |x|) of each element."""

    example = "x: float[B, D] -> softsign"
    torch = "F.softsign"
    numbers = {UINT8: FLOAT, INT: FLOAT, FLOAT: FLOAT, COMPLEX: COMPLEX}


class Tanhshrink(_Activation):
    """x - tanh(x) of each element."""

    example = "x: float[B, D] -> tanhshrink"
    torch = "F.tanhshrink"
    numbers = {UINT8: FLOAT, INT: FLOAT, FLOAT: FLOAT, COMPLEX: COMPLEX}


class Elu(_Activation):
    """Each element, or alpha (exp(x) - 1) where it is negative."""

    example = "x: float[B, D] -> elu"
    torch = "F.elu"
    numbers = FLOAT_ONLY
    alpha: float = real("scale of the negative part", default=1.0)


class Celu(_Activation):
    """Each element, or alpha (exp(x / alpha) - 1) where it is negative."""

    example = "x: float[B, D] -> celu"
    torch = "F.celu"
    numbers = FLOAT_ONLY
    alpha: float = real("scale of the negative part, not 0", default=1.0)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        if self.alpha == 0:
            check.argument("alpha", "alpha must not be 0")
        return super().shape(check, x)


class Selu(_Activation):
    """The self-normalising elu: its scales are fixed."""

    example = "x: float[B, D] -> selu"
    torch = "F.selu"
    numbers = FLOAT_ONLY


class LeakyRelu(_Activation):
    """Each element, or a small multiple of it where it is negative."""

    example = "x: float[B, D] -> leaky_relu"
    torch = "F.leaky_relu"
    numbers = FLOAT_ONLY
    negative_slope: float = real("factor where x is negative", default=0.01)


class Hardtanh(_Activation):
    """Each element limited to the range from `min_val` to `max_val`."""

    example = "x: float[B, D] -> hardtanh"
    torch = "F.hardtanh"
    numbers = SAME_REAL
    min_val: float = real("smallest value", default=-1.0)
    max_val: float = real("largest value", default=1.0)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        low: Any = self.min_val
        high: Any = self.max_val
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            check.argument("max_val", f"must be at least min_val, but {high} < {low}")
        check.number(low, x.dtype, "min_val")
        check.number(high, x.dtype, "max_val")
        return super().shape(check, x)


class Hardsigmoid(_Activation):
    """relu6(x + 3) / 6 of each element: a cheap sigmoid."""

    example = "x: float[B, D] -> hardsigmoid"
    torch = "F.hardsigmoid"
    numbers = FLOAT_ONLY


class Hardswish(_Activation):
    """x * relu6(x + 3) / 6 of each element: a cheap silu."""

    example = "x: float[B, D] -> hardswish"
    torch = "F.hardswish"
    numbers = FLOAT_ONLY


class Softshrink(_Activation):
    """Each element moved towards 0 by `lambd`, and 0 where it is smaller than that."""

    example = "x: float[B, D] -> softshrink"
    torch = "F.softshrink"
    numbers = FLOAT_ONLY
    lambd: float = real("how far", default=0.5, lower=0)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.finite(self.lambd, "lambd")
        return super().shape(check, x)


class Hardshrink(_Activation):
    """Each element, or 0 where its magnitude is at most `lambd`."""

    example = "x: float[B, D] -> hardshrink"
    torch = "F.hardshrink"
    numbers = FLOAT_ONLY
    lambd: float = real("the limit", default=0.5)


class Threshold(_Activation):
    """Each element above `threshold`, and `value` elsewhere."""

    example = "x: float[B, D] -> threshold(0.1, 0.0)"
    torch = "F.threshold"
    numbers = SAME_REAL
    threshold: float = number("the limit")
    value: float = number("what stands elsewhere")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.number(self.threshold, x.dtype, "threshold", wraps=True)
        check.number(self.value, x.dtype, "value", wraps=True)
        return super().shape(check, x)


class Glu(_Activation):
    """Gated linear unit: the first half of a dimension times the sigmoid of its second half."""

    example = "x: float[B, 8] -> glu"
    torch = "F.glu"
    numbers = FLOAT_ONLY
    dim: int = axis("the dimension that is halved", default=-1)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        out = super().shape(check, x)
        check.rank(x, at_least=1)
        i = check.axis(x, self.dim)
        half = check.divides(2, x.shape[i], "number of halves", f"size of dimension {self.dim},")
        return out.with_shape(*x.shape[:i], half, *x.shape[i + 1 :])


class Prelu(Function):
    """Each element, or a learned multiple of it where it is negative."""

    example = "(x: float[B, C, T], weight: float[C]) -> prelu"
    torch = "F.prelu"
    kind = Kind.ACTIVATION

    def shape(self, check: Checks, x: TensorType, weight: TensorType) -> TensorType:
        check.dtype(x, FLOAT)
        check.dtype(weight, FLOAT)
        check.rank(weight, 0, 1)
        channels = product(weight.shape)
        if not check.same(channels, 1):
            check.rank(x, at_least=1)
            check.equal(channels, x.shape[1] if x.rank > 1 else 1, "the weight's size", "the number of channels")
        return x
