"""Functions of one tensor, element by element: the result has the shape of the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from specc.ops.declare import Function, Kind, axis, number, real
from specc.ops.functions._shared import (
    BOOL,
    COMPLEX,
    FLOAT,
    FLOAT_ONLY,
    INT,
    REAL_TO_FLOAT,
    SAME,
    SAME_NUMBER,
    SAME_REAL,
    TO_BOOL,
    TO_FLOAT,
    Numbers,
    call,
    kind_of,
    known,
    number_type,
)  # fmt: skip
from specc.ops.rules import Checks, promote
from specc.pycode import Code
from specc.types import TensorType


class _Unary(Function):
    """`numbers` says what becomes of each kind of number."""

    kind = Kind.ARITHMETIC
    numbers: ClassVar[Numbers] = TO_FLOAT

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return TensorType(x.shape, kind_of(check, x, self.numbers))


class Exp(_Unary):
    """e to the power of each element."""

    example = "x: float[B, D] -> exp"
    torch = "torch.exp"
    keeps_input = False
    keeps_output = True


class Exp2(_Unary):
    """2 to the power of each element."""

    example = "x: float[B, D] -> exp2"
    torch = "torch.exp2"
    keeps_input = False
    keeps_output = True


class Expm1(_Unary):
    """exp(x) - 1 of each element, exact for small x."""

    example = "x: float[B, D] -> expm1"
    torch = "torch.expm1"
    keeps_input = False
    keeps_output = True


class Log(_Unary):
    """Natural logarithm of each element."""

    example = "x: float[B, D] -> log"
    torch = "torch.log"


class Log2(_Unary):
    """Logarithm to base 2 of each element."""

    example = "x: float[B, D] -> log2"
    torch = "torch.log2"


class Log10(_Unary):
    """Logarithm to base 10 of each element."""

    example = "x: float[B, D] -> log10"
    torch = "torch.log10"


class Log1p(_Unary):
    """log(1 + x) of each element, exact for small x."""

    example = "x: float[B, D] -> log1p"
    torch = "torch.log1p"


class Sqrt(_Unary):
    """Square root of each element."""

    example = "x: float[B, D] -> sqrt"
    torch = "torch.sqrt"
    keeps_input = False
    keeps_output = True


class Rsqrt(_Unary):
    """1 / sqrt(x) of each element."""

    example = "x: float[B, D] -> rsqrt"
    torch = "torch.rsqrt"
    keeps_input = False
    keeps_output = True


class Reciprocal(_Unary):
    """1 / x of each element."""

    example = "x: float[B, D] -> reciprocal"
    torch = "torch.reciprocal"
    keeps_input = False
    keeps_output = True


class Square(_Unary):
    """Each element times itself."""

    example = "x: float[B, D] -> square"
    torch = "torch.square"
    numbers = {BOOL: INT, **SAME_NUMBER}


class Sin(_Unary):
    """Sine of each element, in radians."""

    example = "x: float[B, D] -> sin"
    torch = "torch.sin"


class Cos(_Unary):
    """Cosine of each element, in radians."""

    example = "x: float[B, D] -> cos"
    torch = "torch.cos"


class Tan(_Unary):
    """Tangent of each element, in radians."""

    example = "x: float[B, D] -> tan"
    torch = "torch.tan"
    keeps_input = False
    keeps_output = True


class Asin(_Unary):
    """Inverse sine of each element, in radians."""

    example = "x: float[B, D] -> asin"
    torch = "torch.asin"


class Acos(_Unary):
    """Inverse cosine of each element, in radians."""

    example = "x: float[B, D] -> acos"
    torch = "torch.acos"


class Atan(_Unary):
    """Inverse tangent of each element, in radians."""

    example = "x: float[B, D] -> atan"
    torch = "torch.atan"


class Sinh(_Unary):
    """Hyperbolic sine of each element."""

    example = "x: float[B, D] -> sinh"
    torch = "torch.sinh"


class Cosh(_Unary):
    """Hyperbolic cosine of each element."""

    example = "x: float[B, D] -> cosh"
    torch = "torch.cosh"


class Asinh(_Unary):
    """Inverse hyperbolic sine of each element."""

    example = "x: float[B, D] -> asinh"
    torch = "torch.asinh"


class Acosh(_Unary):
    """Inverse hyperbolic cosine of each element."""

    example = "x: float[B, D] -> acosh"
    torch = "torch.acosh"


class Atanh(_Unary):
    """Inverse hyperbolic tangent of each element."""

    example = "x: float[B, D] -> atanh"
    torch = "torch.atanh"


class Sinc(_Unary):
    """sin(pi x) / (pi x) of each element."""

    example = "x: float[B, D] -> sinc"
    torch = "torch.sinc"


class Erf(_Unary):
    """Error function of each element."""

    example = "x: float[B, D] -> erf"
    torch = "torch.erf"
    numbers = REAL_TO_FLOAT


class Erfc(_Unary):
    """1 - erf(x) of each element."""

    example = "x: float[B, D] -> erfc"
    torch = "torch.erfc"
    numbers = REAL_TO_FLOAT


class Erfinv(_Unary):
    """Inverse error function of each element."""

    example = "x: float[B, D] -> erfinv"
    torch = "torch.erfinv"
    numbers = REAL_TO_FLOAT
    keeps_output = True


class Lgamma(_Unary):
    """Logarithm of the absolute gamma function of each element."""

    example = "x: float[B, D] -> lgamma"
    torch = "torch.lgamma"
    numbers = REAL_TO_FLOAT


class Digamma(_Unary):
    """Derivative of the logarithm of the gamma function at each element."""

    example = "x: float[B, D] -> digamma"
    torch = "torch.digamma"
    numbers = REAL_TO_FLOAT


class Abs(_Unary):
    """Absolute value of each element; of a complex one, its magnitude."""

    example = "x: float[B, D] -> abs"
    torch = "torch.abs"
    numbers = {**SAME_REAL, COMPLEX: FLOAT}


class Sign(_Unary):
    """-1, 0 or 1: the sign of each element."""

    example = "x: float[B, D] -> sign"
    torch = "torch.sign"
    numbers = {BOOL: BOOL, **SAME_REAL}
    keeps_input = False


class Floor(_Unary):
    """The largest integer not above each element."""

    example = "x: float[B, D] -> floor"
    torch = "torch.floor"
    numbers = SAME_REAL
    keeps_input = False


class Ceil(_Unary):
    """The smallest integer not below each element."""

    example = "x: float[B, D] -> ceil"
    torch = "torch.ceil"
    numbers = SAME_REAL
    keeps_input = False


class Trunc(_Unary):
    """Each element without its fraction."""

    example = "x: float[B, D] -> trunc"
    torch = "torch.trunc"
    numbers = SAME_REAL
    keeps_input = False


class Frac(_Unary):
    """The fraction of each element, with its sign."""

    example = "x: float[B, D] -> frac"
    torch = "torch.frac"
    numbers = FLOAT_ONLY
    keeps_input = False


class LogicalNot(_Unary):
    """True where an element is zero or false."""

    example = "x: float[B, D] -> logical_not"
    torch = "torch.logical_not"
    numbers = TO_BOOL
    keeps_input = False


class Isnan(_Unary):
    """True where an element is not a number."""

    example = "x: float[B, D] -> isnan"
    torch = "torch.isnan"
    numbers = TO_BOOL
    keeps_input = False


class Isinf(_Unary):
    """True where an element is infinite."""

    example = "x: float[B, D] -> isinf"
    torch = "torch.isinf"
    numbers = TO_BOOL
    keeps_input = False


class Isfinite(_Unary):
    """True where an element is neither infinite nor not a number."""

    example = "x: float[B, D] -> isfinite"
    torch = "torch.isfinite"
    numbers = TO_BOOL
    keeps_input = False


class Round(_Unary):
    """Each element rounded to the nearest integer, halves to the even one, or to some decimals."""

    example = "x: float[B, D] -> round"
    torch = "torch.round"
    keeps_input = False
    decimals: int = axis("digits after the point to keep; negative for tens, hundreds", default=0)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return TensorType(x.shape, kind_of(check, x, FLOAT_ONLY if known(self.decimals) else SAME_REAL))

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return None if self.decimals else call(self.torch, args["x"])


class Logit(_Unary):
    """log(x / (1 - x)) of each element; with `eps`, x is first clamped to [eps, 1 - eps]."""

    example = "x: float[B, D] -> logit(eps=1e-6)"
    torch = "torch.logit"
    numbers = REAL_TO_FLOAT
    eps: float | None = real("distance kept from 0 and 1", default=None, optional=True)


class Clamp(_Unary):
    """Each element limited to the range from `min` to `max`; either may be missing."""

    example = "x: float[B, D] -> clamp(min=0, max=6)"
    torch = "torch.clamp"
    min: float | None = number("smallest value", default=None, optional=True)
    max: float | None = number("largest value", default=None, optional=True)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        if self.min is None and self.max is None:
            check.argument("min", "min or max must be given")
        limits = [number_type(limit) for limit in (self.min, self.max) if limit is not None]
        check.dtype(x, BOOL, *SAME_REAL)
        return TensorType(x.shape, promote(x, *limits))


class NanToNum(_Unary):
    """Replaces what is not a number by `nan`, and infinities by `posinf` and `neginf` (the extremes of the type if missing)."""

    example = "x: float[B, D] -> nan_to_num"
    torch = "torch.nan_to_num"
    numbers = SAME
    nan: float = real("in place of what is not a number", default=0.0)
    posinf: float | None = real("in place of infinity", default=None, optional=True)
    neginf: float | None = real("in place of minus infinity", default=None, optional=True)
