"""Non-linear activations: https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity

All but GLU keep the shape. Which kinds of numbers each takes is what torch's kernels take.
"""

from __future__ import annotations

from typing import ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Kind, Layer, Weight, axis, choice, number, real, size
from specc.ops.layers._spatial import numeric
from specc.ops.rules import Checks
from specc.types import DType, TensorType

_FLOAT = (DType.FLOAT,)
_REAL = (DType.UINT8, DType.INT, DType.FLOAT)
_ANY = tuple(DType)


class _Pointwise(Layer):
    """One number to one number. `takes` are the kinds of numbers; integers stay what they are unless `floats`."""

    kind = Kind.ACTIVATION
    takes: ClassVar[tuple[DType, ...]] = _FLOAT
    floats: ClassVar[bool] = False

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.dtype(input, *self.takes)
        return input.with_dtype(max(input.dtype, DType.FLOAT)) if self.floats else input


class CELU(_Pointwise):
    """`max(0, x) + min(0, alpha (exp(x/alpha) - 1))`.

    Shape: [...] -> [...]. Barron 2017; https://docs.pytorch.org/docs/stable/generated/torch.nn.CELU.html
    """

    example = "x: float[B, 64] -> CELU"
    inplace = True
    keeps_output = True
    alpha: float = real("scale of the negative part, not 0", default=1.0)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        if self.alpha == 0:
            check.argument("alpha", "CELU divides by alpha, which cannot be 0")
        return super().shape(check, input)


class ELU(_Pointwise):
    """`x` where positive, `alpha (exp(x) - 1)` elsewhere.

    Shape: [...] -> [...]. Clevert et al. 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.ELU.html
    """

    example = "x: float[B, 64] -> ELU"
    inplace = True
    keeps_output = True
    alpha: float = real("scale of the negative part", default=1.0)


class GELU(_Pointwise):
    """`x Phi(x)`, Phi the standard normal distribution.

    Shape: [...] -> [...]. Hendrycks, Gimpel 2016; https://docs.pytorch.org/docs/stable/generated/torch.nn.GELU.html
    """

    example = "x: float[B, 64] -> GELU"
    approximate: str = choice("exactly, or by tanh as GPT-2 does", "none", "tanh", default="none")


class GLU(Layer):
    """Halves a dimension: `a sigmoid(b)`, a and b its first and second half.

    Shape: [..., 2n, ...] -> [..., n, ...]. Dauphin et al. 2017;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.GLU.html
    """

    kind = Kind.ACTIVATION
    example = "x: float[B, 64] -> GLU"
    dim: int = axis("dimension to halve", default=-1)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, at_least=1)
        check.dtype(input, *_FLOAT)
        at = check.axis(input, self.dim)
        half = check.divides(2, input.shape[at], "2", f"dimension {self.dim}")
        return input.with_shape(*input.shape[:at], half, *input.shape[at + 1 :])


class Hardshrink(_Pointwise):
    """`x` where |x| > lambd, 0 elsewhere.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html
    """

    example = "x: float[B, 64] -> Hardshrink"
    lambd: float = real("threshold", default=0.5)


class Hardsigmoid(_Pointwise):
    """`clamp(x/6 + 1/2, 0, 1)`.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
    """

    example = "x: float[B, 64] -> Hardsigmoid"
    inplace = True


class Hardswish(_Pointwise):
    """`x clamp(x/6 + 1/2, 0, 1)`.

    Shape: [...] -> [...]. Howard et al. 2019; https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
    """

    example = "x: float[B, 64] -> Hardswish"
    inplace = True


class Hardtanh(_Pointwise):
    """`clamp(x, min_val, max_val)`.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
    """

    example = "x: float[B, 64] -> Hardtanh"
    inplace = True
    keeps_output = True
    takes = _REAL
    min_val: float = number("smallest result", default=-1.0)
    max_val: float = number("largest result", default=1.0)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        if not numeric(self.min_val) < numeric(self.max_val):
            check.argument("max_val", f"must exceed min_val, but {self.max_val} <= {self.min_val}")
        check.number(self.min_val, input.dtype, "min_val")
        check.number(self.max_val, input.dtype, "max_val")
        return super().shape(check, input)


class LeakyReLU(_Pointwise):
    """`x` where positive, `negative_slope x` elsewhere.

    Shape: [...] -> [...]. Maas et al. 2013; https://docs.pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
    """

    example = "x: float[B, 64] -> LeakyReLU(0.1)"
    inplace = True
    keeps_output = True
    negative_slope: float = real("slope of the negative part", default=0.01)

    def subtitle(self) -> str:
        return f"slope {self.negative_slope}"


class LogSigmoid(_Pointwise):
    """`log(1 / (1 + exp(-x)))`.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
    """

    example = "x: float[B, 64] -> LogSigmoid"


class Mish(_Pointwise):
    """`x tanh(softplus(x))`.

    Shape: [...] -> [...]. Misra 2019; https://docs.pytorch.org/docs/stable/generated/torch.nn.Mish.html
    """

    example = "x: float[B, 64] -> Mish"
    inplace = True


class PReLU(Layer):
    """`x` where positive, `a x` elsewhere, a learned: one for all, or one per channel (dimension 1).

    Shape: [...] -> [...], or [N, C, ...] with num_parameters = C.
    He et al. 2015; https://docs.pytorch.org/docs/stable/generated/torch.nn.PReLU.html
    """

    kind = Kind.ACTIVATION
    example = "x: float[B, 64, 8, 8] -> PReLU(64)"
    num_parameters: Dim = size("number of slopes: 1, or the channels", default=1, lower=0)
    init: float = real("what the slopes start from", default=0.25)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.dtype(input, *_FLOAT)
        if not check.same(self.num_parameters, 1):
            check.rank(input, at_least=1)
            channels = input.shape[1] if input.rank > 1 else 1
            check.equal(self.num_parameters, channels, "num_parameters", "the number of channels")
        return input

    def weights(self) -> dict[str, Weight]:
        return {"weight": Weight((self.num_parameters,))}


class RReLU(_Pointwise):
    """Leaky ReLU whose slope is drawn between lower and upper while training, their mean in evaluation.

    Shape: [...] -> [...]. Xu et al. 2015; https://docs.pytorch.org/docs/stable/generated/torch.nn.RReLU.html
    """

    example = "x: float[B, 64] -> RReLU(0.1, 0.3)"
    inplace = True
    keeps_output = True
    random = True
    lower: float = real("smallest slope", default=1 / 8)
    upper: float = real("largest slope", default=1 / 3)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.finite(self.lower, "lower")
        check.finite(self.upper, "upper")
        if not numeric(self.lower) <= numeric(self.upper):
            check.argument("upper", f"must be at least lower, but {self.upper} < {self.lower}")
        return super().shape(check, input)


class ReLU(_Pointwise):
    """`max(0, x)`.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html
    """

    example = "x: float[B, 64] -> ReLU"
    inplace = True
    keeps_input = False
    keeps_output = True
    takes = _REAL


class ReLU6(_Pointwise):
    """`min(max(0, x), 6)`.

    Shape: [...] -> [...]. Krizhevsky 2010; https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
    """

    example = "x: float[B, 64] -> ReLU6"
    inplace = True
    keeps_output = True
    takes = _REAL


class SELU(_Pointwise):
    """ELU scaled so that activations normalise themselves.

    Shape: [...] -> [...]. Klambauer et al. 2017; https://docs.pytorch.org/docs/stable/generated/torch.nn.SELU.html
    """

    example = "x: float[B, 64] -> SELU"
    inplace = True
    keeps_output = True


class SiLU(_Pointwise):
    """`x sigmoid(x)`, also called swish.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.SiLU.html
    """

    example = "x: float[B, 64] -> SiLU"
    inplace = True
    takes = (DType.FLOAT, DType.COMPLEX)


class Sigmoid(_Pointwise):
    """`1 / (1 + exp(-x))`.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
    """

    example = "x: float[B, 64] -> Sigmoid"
    keeps_input = False
    keeps_output = True
    takes = _ANY
    floats = True


class Softplus(_Pointwise):
    """`log(1 + exp(beta x)) / beta`, linear above the threshold.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Softplus.html
    """

    example = "x: float[B, 64] -> Softplus"
    beta: float = real("sharpness", default=1.0)
    threshold: float = real("value of beta x above which the function is linear", default=20.0)


class Softshrink(_Pointwise):
    """Moves x towards 0 by lambd.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Softshrink.html
    """

    example = "x: float[B, 64] -> Softshrink"
    lambd: float = real("threshold", default=0.5, lower=0.0)


class Softsign(_Pointwise):
    """`x / (1 + |x|)`.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Softsign.html
    """

    example = "x: float[B, 64] -> Softsign"
    takes = (*_REAL, DType.COMPLEX)
    floats = True


class Tanh(_Pointwise):
    """Hyperbolic tangent.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanh.html
    """

    example = "x: float[B, 64] -> Tanh"
    keeps_input = False
    keeps_output = True
    takes = _ANY
    floats = True


class Tanhshrink(_Pointwise):
    """`x - tanh(x)`.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html
    """

    example = "x: float[B, 64] -> Tanhshrink"
    keeps_input = False
    takes = (*_REAL, DType.COMPLEX)
    floats = True


class Threshold(_Pointwise):
    """`x` where x > threshold, `value` elsewhere.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Threshold.html
    """

    example = "x: float[B, 64] -> Threshold(0.1, 20)"
    inplace = True
    keeps_output = True
    takes = _REAL
    threshold: float = number("what x must exceed")
    value: float = number("what takes the place of the rest")

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.number(self.threshold, input.dtype, "threshold", wraps=True)
        check.number(self.value, input.dtype, "value", wraps=True)
        return super().shape(check, input)
