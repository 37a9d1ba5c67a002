"""Functions that reduce dimensions to one value: over `dim`, or over all when it is not given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from specc.dims.expr import Expr
from specc.ops.declare import REQUIRED, Function, Kind, axis, flag, real
from specc.ops.functions._shared import (
    COMPLEX,
    COUNTED,
    FLOAT,
    FLOATING,
    INT,
    SAME_ORDERED,
    SAME_REAL,
    TO_FLOAT,
    UINT8,
    Numbers,
    axes,
    axis_list,
    call,
    kind_of,
    known,
    lit,
)  # fmt: skip
from specc.ops.rules import Checks
from specc.pycode import Code
from specc.types import DType, TensorType


class _Reduce(Function):
    """Removes the dimensions `dim`, or keeps them with size 1; `filled` ones must not be empty."""

    kind = Kind.ARITHMETIC
    numbers: ClassVar[Numbers] = FLOATING
    filled: ClassVar[bool] = False
    dim: int | tuple[int, ...] | None = axes("the dimension or dimensions to reduce; all when not given")
    keepdim: bool = flag("keep the reduced dimensions with size 1", default=False)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return self.reduced(check, x, kind_of(check, x, self.numbers))

    def reduced(self, check: Checks, x: TensorType, dtype: DType) -> TensorType:
        gone = range(x.rank) if self.dim is None or self.dim == () else axis_list(check, x, self.dim)
        if self.filled:
            for i in gone:
                if i < x.rank:
                    check.at_least(x.shape[i], 1, f"dimension {i}")
        if self.keepdim:
            return TensorType(tuple(1 if i in gone else n for i, n in enumerate(x.shape)), dtype)
        return TensorType(tuple(n for i, n in enumerate(x.shape) if i not in gone), dtype)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        if "keepdim" in args and "dim" not in args:
            return call(self.torch, args["x"], dim=lit(None), keepdim=args["keepdim"], **rest(args))
        return None


def rest(args: Mapping[str, Code]) -> dict[str, Code]:
    return {name: code for name, code in args.items() if name not in ("x", "dim", "keepdim")}


class Sum(_Reduce):
    """Sum of the elements; of bools and integers, an integer."""

    example = "x: float[B, T, D] -> sum(1)"
    torch = "torch.sum"
    keeps_input = False
    numbers = COUNTED


class Mean(_Reduce):
    """Mean of the elements."""

    example = "x: float[B, T, D] -> mean(1)"
    torch = "torch.mean"
    keeps_input = False


class Var(_Reduce):
    """Variance of the elements; `correction=0` divides by their number, 1 by one less."""

    example = "x: float[B, T, D] -> var(1, correction=0)"
    torch = "torch.var"
    numbers = {FLOAT: FLOAT, COMPLEX: FLOAT}
    correction: int = axis("subtracted from the number of elements", default=1)


class Std(Var):
    """Standard deviation of the elements; `correction=0` divides by their number, 1 by one less."""

    example = "x: float[B, T, D] -> std(1, correction=0)"
    torch = "torch.std"
    keeps_output = True


class Amax(_Reduce):
    """The greatest element."""

    example = "x: float[B, T, D] -> amax(1)"
    torch = "torch.amax"
    numbers = SAME_ORDERED
    filled = True
    keeps_output = True


class Amin(_Reduce):
    """The smallest element."""

    example = "x: float[B, T, D] -> amin(1)"
    torch = "torch.amin"
    numbers = SAME_ORDERED
    filled = True
    keeps_output = True


class CountNonzero(_Reduce):
    """How many elements are not zero."""

    example = "x: float[B, D] -> count_nonzero(1)"
    torch = "torch.count_nonzero"
    numbers = dict.fromkeys(DType, INT)
    keeps_input = False
    keepdim: bool = flag("keep the reduced dimensions with size 1", default=False)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        if "keepdim" not in args:
            return None
        return call("torch.sum", call("torch.ne", args["x"], lit(0)), dim=args.get("dim", lit(None)), keepdim=args["keepdim"])


class Logsumexp(_Reduce):
    """log(sum(exp(x))), without overflow."""

    example = "x: float[B, D] -> logsumexp(1)"
    torch = "torch.logsumexp"
    numbers = TO_FLOAT
    keeps_output = True
    dim: int | tuple[int, ...] = axes("the dimension or dimensions to reduce", default=REQUIRED)
    keepdim: bool = flag("keep the reduced dimensions with size 1", default=False)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        if not isinstance(self.dim, int | Expr) and not self.dim and x.rank:
            check.argument("dim", "at least one dimension must be named")
        return super().shape(check, x)


class Norm(_Reduce):
    """The p-norm of the elements: (sum |x|^p)^(1/p)."""

    example = "x: float[B, D] -> norm(dim=1)"
    torch = "torch.linalg.vector_norm"
    numbers = {FLOAT: FLOAT, COMPLEX: FLOAT}
    keeps_output = True
    p: float = real("the exponent", default=2.0)
    dim: int | tuple[int, ...] | None = axes("the dimension or dimensions to reduce; all when not given")
    keepdim: bool = flag("keep the reduced dimensions with size 1", default=False)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        out = super().shape(check, x)
        p = known(self.p)
        if p < 0 or p == float("inf"):
            gone = range(x.rank) if self.dim is None or self.dim == () else axis_list(check, x, self.dim)
            for i in gone:
                if i < x.rank:
                    check.at_least(x.shape[i], 1, f"dimension {i}")
        return out

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        given = {name: args[name] for name in ("dim", "keepdim") if name in args}
        return call(self.torch, args["x"], **({"ord": args["p"]} if "p" in args else {}), **given)


class _ReduceOne(_Reduce):
    """Reduces one dimension, or all."""

    dim: int | None = axis("the dimension to reduce; all when not given", default=None, optional=True)
    keepdim: bool = flag("keep the reduced dimension with size 1", default=False)

    def shape(self, check: Checks, x: TensorType) -> Any:
        out = super().shape(check, x)
        if self.dim is None and self.keepdim:
            check.argument("keepdim", "dim must be given with keepdim")
        return out

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        if self.dim is not None:
            return None  # torch takes no `dim=None` here, nor keepdim without dim
        return call(self.torch, args["x"], **({"keepdim": args["keepdim"]} if self.keepdim else {}))


class Prod(_ReduceOne):
    """Product of the elements; of bools and integers, an integer."""

    example = "x: float[B, D] -> prod(1)"
    torch = "torch.prod"
    numbers = COUNTED
    keeps_output = True


class _Extreme(_ReduceOne):
    """The value, and with `dim` also where it stands."""

    numbers = SAME_ORDERED
    filled = True
    keeps_output = True
    results = ("values", "indices")

    def shape(self, check: Checks, x: TensorType) -> Any:
        values = super().shape(check, x)
        return values if self.dim is None else (values, values.with_dtype(INT))


class Max(_Extreme):
    """The greatest element; with `dim`, the greatest along it and their positions."""

    example = "x: float[B, T, D] -> max(1)"
    torch = "torch.max"


class Min(_Extreme):
    """The smallest element; with `dim`, the smallest along it and their positions."""

    example = "x: float[B, T, D] -> min(1)"
    torch = "torch.min"


class Median(_Extreme):
    """The middle element, the lower of two; with `dim`, those along it and their positions."""

    example = "x: float[B, T, D] -> median(1)"
    torch = "torch.median"
    numbers = SAME_REAL

    def shape(self, check: Checks, x: TensorType) -> Any:
        if self.dim is None and not self.keepdim:
            return TensorType((), kind_of(check, x, self.numbers))
        return super().shape(check, x)


class Argmax(_ReduceOne):
    """Position of the greatest element: along `dim`, or in the flattened tensor."""

    example = "x: float[B, D] -> argmax(1)"
    torch = "torch.argmax"
    numbers = {UINT8: INT, INT: INT, FLOAT: INT}
    filled = True
    keeps_input = False

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return self.reduced(check, x, kind_of(check, x, self.numbers))

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return None


class Argmin(Argmax):
    """Position of the smallest element: along `dim`, or in the flattened tensor."""

    example = "x: float[B, D] -> argmin(1)"
    torch = "torch.argmin"
