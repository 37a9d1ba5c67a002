"""What shape rules may ask and demand. A rule says *what* does not fit, by raising Misfit; `infer` adds place, reasons
and words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import Any, NoReturn

from specc.dims.expr import Dim, TooComplex
from specc.dims.solver import Solver, Verdict
from specc.types import DType, Shape, TensorType

_LIMITS: dict[DType, tuple[float, float]] = {
    DType.UINT8: (0, 255),
    DType.INT: (-(2**63), 2**63 - 1),
    DType.FLOAT: (-3.4028234663852886e38, 3.4028234663852886e38),
}


class Misfit(Exception):
    """A demand of a rule that does not hold. `kind` is a word of the list below, `data` what the message needs.

    rank: tensor, expected (text such as "3 or 4"), want (ints)      dtype: tensor, expected
    size: left, right, left_name, right_name                          small: value, bound, what (an empty output: what="height")
    divide: value, by, what, by_name                                  broadcast: left, right, axis (from the end, 1-based)
    argument: name, why                                               other: why
    """

    def __init__(self, kind: str, **data: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.data = data


class Checks:
    """Handed to every shape rule. Dimensions are `int | Expr`: compute with them freely, but compare them only here,
    since `==` on two symbols says nothing about their values."""

    def __init__(self, solver: Solver, reason: Any = None, generic: bool = False) -> None:
        self.solver = solver
        self.reason = reason
        self.generic = generic
        self.doubts: list[tuple[str, Dim, Dim]] = []
        """Demands that could be neither proved nor refuted: (operator, left, right); `%` means that right divides left."""

    # --- ranks and dtypes -------------------------------------------------------------------------------------

    def rank(self, x: TensorType, *ranks: int, at_least: int | None = None) -> int:
        """The rank of `x`, which must be one of `ranks` or at least `at_least`."""
        if (ranks and x.rank not in ranks) or (at_least is not None and x.rank < at_least):
            raise Misfit("rank", tensor=x, ranks=ranks, at_least=at_least)
        return x.rank

    def floating(self, x: TensorType, *, or_complex: bool = True) -> None:
        self.dtype(x, DType.FLOAT, *([DType.COMPLEX] if or_complex else []))

    def dtype(self, x: TensorType, *allowed: DType) -> None:
        if x.dtype not in allowed:
            raise Misfit("dtype", tensor=x, allowed=allowed)

    # --- dimensions -------------------------------------------------------------------------------------------

    def equal(self, left: Dim, right: Dim, left_name: str, right_name: str) -> Dim:
        """Demands equality, solving what is free (an inferred argument). Returns the common value."""
        verdict = self.solver.unify(left, right, self.reason)
        if verdict is Verdict.DIFFERENT:
            raise Misfit("size", left=left, right=right, left_name=left_name, right_name=right_name)
        if verdict is Verdict.UNKNOWN:
            self.doubts.append(("==", left, right))
        return self.solver.resolve(left)

    def at_least(self, value: Dim, bound: Dim, what: str) -> None:
        """Demands value >= bound; undecided for free symbols it becomes a precondition."""
        known = self.solver.demand(value, ">=", bound, self.reason)
        if known is False:
            raise Misfit("small", value=value, bound=bound, what=what)
        if known is None and not self._recorded(value, bound):
            self.doubts.append((">=", value, bound))

    def _recorded(self, value: Dim, bound: Dim) -> bool:
        """Is the demand a precondition now? Not if it has too many terms to be one."""
        try:
            self.solver.resolve(value) - self.solver.resolve(bound)
        except TooComplex:
            return False
        return True

    def divides(self, by: Dim, value: Dim, by_name: str, what: str) -> Dim:
        """Demands that `by` divides `value`; returns the quotient."""
        known = self.solver.divisible(value, by)
        if known is False or (known is None and not self.generic and self._fails_to_divide(value, by)):
            raise Misfit("divide", value=value, by=by, what=what, by_name=by_name)
        if known is None:
            self.doubts.append(("%", value, by))
        if known is None and self.generic:
            self.solver.assume_divisible(value, by, self.reason)
        return self.solver.resolve(self.solver.resolve(value) // self.solver.resolve(by))

    def _fails_to_divide(self, value: Dim, by: Dim) -> bool:
        """Are there sizes for which it does not?"""
        try:
            return self.solver.example(value, "!=", by * (self.solver.resolve(value) // by)) is not None
        except TooComplex:
            return False

    def is_equal(self, a: Dim, b: Dim) -> bool | None:
        """True, False, or None when it depends."""
        return self.solver.decide(a, "==", b)

    def same(self, a: Dim, b: Dim) -> bool:
        """Known to be equal, now."""
        return self.solver.decide(a, "==", b) is True

    def broadcast(self, *shapes: Shape) -> Shape:
        """torch's broadcasting of shapes from the right: equal, or one of them 1."""
        out: list[Dim] = []
        for axis in range(1, max((len(s) for s in shapes), default=0) + 1):
            dim: Dim = 1
            for shape in shapes:
                if axis > len(shape):
                    continue
                other = self.solver.resolve(shape[-axis])
                if isinstance(other, int) and other == 1:
                    continue
                if isinstance(dim, int) and dim == 1:
                    dim = other
                    continue
                verdict = self.solver.unify(dim, other, self.reason)
                if verdict is Verdict.DIFFERENT:
                    raise Misfit("broadcast", left=shapes[0], right=shape, axis=axis, left_dim=dim, right_dim=other)
                if verdict is Verdict.UNKNOWN:
                    self.doubts.append(("==", dim, other))
                dim = self.solver.resolve(dim)
            out.append(dim)
        return tuple(reversed(out))

    def fresh(self, name: str) -> Dim:
        """A size that depends on data (`nonzero`)."""
        return self.solver.fresh(name, flexible=False, lower=0, reason=self.reason)

    # --- everything else --------------------------------------------------------------------------------------

    def argument(self, name: str, why: str) -> NoReturn:
        """The value of an argument cannot be."""
        raise Misfit("argument", name=name, why=why)

    def fail(self, why: str, **data: Any) -> NoReturn:
        """Anything that the words above do not cover: a sentence without a full stop that says what was expected and found."""
        raise Misfit("other", why=why, **data)

    def number(self, value: Any, dtype: DType, name: str, *, wraps: bool = False) -> None:
        """An argument that torch turns into an element of this kind must fit into it. Leaves open what is not known. With
        `wraps` a small negative integer comes round to a positive uint8."""
        if isinstance(value, int | float) and not isinstance(value, bool) and dtype in _LIMITS:
            low, high = _LIMITS[dtype]
            if wraps and dtype is DType.UINT8 and isinstance(value, int):
                low = -high
            if not (low <= value <= high or (dtype is DType.FLOAT and abs(value) == math.inf)):
                self.argument(name, f"{value} is no number that {dtype.name.lower()} can hold")

    def finite(self, value: Any, name: str) -> None:
        """An argument must not be infinite. Leaves open what is not known."""
        if isinstance(value, float) and not math.isfinite(value):
            self.argument(name, f"must be finite, but is {value}")

    def axis(self, x: TensorType, value: int, name: str = "dim", *, extra: int = 0) -> int:
        """A dimension number made non-negative; `extra` for insertion (unsqueeze, stack)."""
        n = x.rank + extra
        value = index(value)  # of a parameter, where one definition is checked for all its values: NotGeneric
        if not -max(n, 1) <= value < max(n, 1):
            raise Misfit("argument", name=name, why=f"dimension {value} is out of range for a tensor of rank {x.rank}")
        return value % n if n else 0


def promote(*types: TensorType) -> DType:
    """torch's type promotion by kind. Rank-0 numbers only raise the category."""
    result = None
    for group in (
        [t.dtype for t in types if t.weak],
        [t.dtype for t in types if not t.weak and not t.shape],
        [t.dtype for t in types if t.shape],
    ):
        if group:
            lower, result = result, max(group)
            if lower is not None and (result is DType.BOOL or lower >= DType.FLOAT):
                result = max(result, lower)
    assert result is not None
    return result


def product(dims: Sequence[Dim]) -> Dim:
    """The number of elements."""
    total: Dim = 1
    for dim in dims:
        total = total * dim
    return total
