"""What the operators stand for, and their like: two tensors, or a tensor and a number, broadcast against each other."""

from __future__ import annotations

from typing import ClassVar

from specc.ops.declare import Function, Kind, number
from specc.ops.functions._shared import BOOL, COMPLEX, FLOAT, INT, SAME_NUMBER, UINT8, kind_of
from specc.ops.rules import Checks, promote
from specc.types import DType, TensorType


class _Binary(Function):
    """Broadcasts two operands; `refused` are kinds that the promoted operands must not be of."""

    kind = Kind.ARITHMETIC
    number_operands = frozenset({"x", "other"})
    keeps_input = False
    refused: ClassVar[tuple[DType, ...]] = ()

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        dtype = promote(x, other)
        if dtype in self.refused:
            check.fail(f"{self.name} is not defined for {x.dtype.word} and {other.dtype.word}", tensors=(x, other))
        return TensorType(check.broadcast(x.shape, other.shape), dtype)


class Add(_Binary):
    """Sum of two tensors, or of a tensor and a number."""

    example = "(x: float[B, D], other: float[D]) -> add"
    operator = "+"
    torch = "torch.add"


class Sub(_Binary):
    """Difference of two tensors, or of a tensor and a number."""

    example = "(x: float[B, D], other: float[D]) -> sub"
    operator = "-"
    torch = "torch.sub"

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        if BOOL in (x.dtype, other.dtype):
            check.fail("bool tensors cannot be subtracted: `~x` negates one, `^` tells where two differ", tensors=(x, other))
        return super().shape(check, x, other)


class Mul(_Binary):
    """Product of two tensors, element by element, or of a tensor and a number."""

    example = "(x: float[B, D], other: float[D]) -> mul"
    operator = "*"
    torch = "torch.mul"
    keeps_input = True


class Div(_Binary):
    """Quotient of two tensors, or of a tensor and a number; of integers, a float."""

    example = "(x: float[B, D], other: float[D]) -> div"
    operator = "/"
    torch = "torch.div"
    keeps_input = True

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        out = super().shape(check, x, other)
        return out.with_dtype(max(out.dtype, FLOAT))


class FloorDivide(_Binary):
    """Quotient rounded down to an integer value."""

    example = "(x: int[B, D], other: int[D]) -> floor_divide"
    operator = "//"
    torch = "torch.floor_divide"
    refused = (BOOL, COMPLEX)


class Remainder(_Binary):
    """What floor division leaves: it has the divisor's sign."""

    example = "(x: int[B, D], other: int[D]) -> remainder"
    operator = "%"
    torch = "torch.remainder"
    refused = (BOOL, COMPLEX)
    keeps_input = True


class Fmod(_Binary):
    """What division towards zero leaves: it has the dividend's sign."""

    example = "(x: float[B, D], other: float[D]) -> fmod"
    torch = "torch.fmod"
    number_operands = frozenset({"other"})
    refused = (BOOL, COMPLEX)
    keeps_input = True


class Pow(_Binary):
    """Each element to a power. An integer tensor takes no negative integer power."""

    example = "(x: float[B, D], other: float[D]) -> pow"
    operator = "**"
    torch = "torch.pow"
    keeps_input = True
    keeps_output = True

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        out = super().shape(check, x, other)
        if out.dtype is BOOL and not other.weak:
            check.fail("pow is not defined for bool and bool", tensors=(x, other))
        return out


class _Compare(_Binary):
    """A bool of the broadcast shape."""

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        return super().shape(check, x, other).with_dtype(BOOL)


class Eq(_Compare):
    """True where the operands are equal."""

    example = "(x: float[B, D], other: float[D]) -> eq"
    operator = "=="
    torch = "torch.eq"


class Ne(_Compare):
    """True where the operands differ."""

    example = "(x: float[B, D], other: float[D]) -> ne"
    operator = "!="
    torch = "torch.ne"


class Lt(_Compare):
    """True where the first operand is smaller."""

    example = "(x: float[B, D], other: float[D]) -> lt"
    operator = "<"
    torch = "torch.lt"
    refused = (COMPLEX,)


class Le(_Compare):
    """True where the first operand is smaller or equal."""

    example = "(x: float[B, D], other: float[D]) -> le"
    operator = "<="
    torch = "torch.le"
    refused = (COMPLEX,)


class Gt(_Compare):
    """True where the first operand is greater."""

    example = "(x: float[B, D], other: float[D]) -> gt"
    operator = ">"
    torch = "torch.gt"
    refused = (COMPLEX,)


class Ge(_Compare):
    """True where the first operand is greater or equal."""

    example = "(x: float[B, D], other: float[D]) -> ge"
    operator = ">="
    torch = "torch.ge"
    refused = (COMPLEX,)


class BitwiseAnd(_Binary):
    """`and` of two masks, or of the bits of two integers."""

    example = "(x: bool[B, T], other: bool[T]) -> bitwise_and"
    operator = "&"
    torch = "torch.bitwise_and"
    refused = (FLOAT, COMPLEX)


class BitwiseOr(_Binary):
    """`or` of two masks, or of the bits of two integers."""

    example = "(x: bool[B, T], other: bool[T]) -> bitwise_or"
    operator = "|"
    torch = "torch.bitwise_or"
    refused = (FLOAT, COMPLEX)


class BitwiseXor(_Binary):
    """Where two masks differ, or the bits of two integers."""

    example = "(x: bool[B, T], other: bool[T]) -> bitwise_xor"
    operator = "^"
    torch = "torch.bitwise_xor"
    refused = (FLOAT, COMPLEX)


class BitwiseNot(Function):
    """The mask inverted, or the bits of integers."""

    example = "x: bool[B, T] -> bitwise_not"
    kind = Kind.ARITHMETIC
    operator = "~"
    torch = "torch.bitwise_not"
    keeps_input = False

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.dtype(x, BOOL, UINT8, INT)
        return TensorType(x.shape, x.dtype)


class Neg(Function):
    """Each element with the other sign."""

    example = "x: float[B, D] -> neg"
    kind = Kind.ARITHMETIC
    operator = "-"
    torch = "torch.neg"
    keeps_input = False

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return TensorType(x.shape, kind_of(check, x, SAME_NUMBER))


class Maximum(_Binary):
    """The greater of two elements."""

    example = "(x: float[B, D], other: float[D]) -> maximum"
    torch = "torch.maximum"
    number_operands = frozenset()
    refused = (COMPLEX,)
    keeps_input = True


class Minimum(_Binary):
    """The smaller of two elements."""

    example = "(x: float[B, D], other: float[D]) -> minimum"
    torch = "torch.minimum"
    number_operands = frozenset()
    refused = (COMPLEX,)
    keeps_input = True


class Atan2(_Binary):
    """The angle of the point (other, x) to the horizontal axis, in radians."""

    example = "(x: float[B, D], other: float[D]) -> atan2"
    torch = "torch.atan2"
    number_operands = frozenset()
    refused = (COMPLEX,)
    keeps_input = True

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        return super().shape(check, x, other).with_dtype(FLOAT)


class Logaddexp(_Binary):
    """log(exp(x) + exp(other)), without overflow."""

    example = "(x: float[B, D], other: float[D]) -> logaddexp"
    torch = "torch.logaddexp"
    number_operands = frozenset()
    refused = (BOOL, UINT8, INT)
    keeps_input = True


class _Logical(_Compare):
    number_operands = frozenset()


class LogicalAnd(_Logical):
    """True where both operands are non-zero or true."""

    example = "(x: float[B, D], other: bool[B, D]) -> logical_and"
    torch = "torch.logical_and"


class LogicalOr(_Logical):
    """True where either operand is non-zero or true."""

    example = "(x: float[B, D], other: bool[B, D]) -> logical_or"
    torch = "torch.logical_or"


class LogicalXor(_Logical):
    """True where one operand, but not both, is non-zero or true."""

    example = "(x: float[B, D], other: bool[B, D]) -> logical_xor"
    torch = "torch.logical_xor"


class Heaviside(_Binary):
    """0 where x is negative, 1 where it is positive, `values` where it is zero."""

    example = "(x: float[B, D], values: float[D]) -> heaviside"
    torch = "torch.heaviside"
    number_operands = frozenset()
    refused = (COMPLEX,)

    def shape(self, check: Checks, x: TensorType, values: TensorType) -> TensorType:
        check.dtype(values, x.dtype)
        return super().shape(check, x, values)


class Lerp(Function):
    """x + weight * (end - x): from x to `end`."""

    example = "(x: float[B, D], end: float[B, D]) -> lerp(0.5)"
    kind = Kind.ARITHMETIC
    torch = "torch.lerp"
    number_operands = frozenset({"weight"})

    def shape(self, check: Checks, x: TensorType, end: TensorType, weight: TensorType) -> TensorType:
        check.floating(x)
        check.dtype(end, x.dtype)
        if not weight.weak:
            check.dtype(weight, x.dtype)
        return TensorType(check.broadcast(x.shape, end.shape, weight.shape), x.dtype)


class _Addc(Function):
    """x and a scaled product or quotient of two more."""

    kind = Kind.ARITHMETIC
    quotient: ClassVar[bool] = False
    value: float = number("factor of the second term", default=1)

    def shape(self, check: Checks, x: TensorType, tensor1: TensorType, tensor2: TensorType) -> TensorType:
        shape = check.broadcast(x.shape, tensor1.shape, tensor2.shape)
        terms = promote(tensor1, tensor2)
        if (self.quotient and terms < FLOAT) or max(terms, x.dtype) is BOOL:
            check.fail(f"{self.name} is not defined for {terms.word}", tensors=(tensor1, tensor2))
        return TensorType(shape, promote(x, tensor1, tensor2))


class Addcmul(_Addc):
    """x + value * tensor1 * tensor2."""

    example = "(x: float[B, D], tensor1: float[B, D], tensor2: float[D]) -> addcmul(value=0.5)"
    torch = "torch.addcmul"


class Addcdiv(_Addc):
    """x + value * tensor1 / tensor2."""

    example = "(x: float[B, D], tensor1: float[B, D], tensor2: float[D]) -> addcdiv(value=0.5)"
    torch = "torch.addcdiv"
    quotient = True
