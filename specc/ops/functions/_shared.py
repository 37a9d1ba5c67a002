"""What the functions share: kinds of numbers and what torch makes of them, axes, and code for lowering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import index
from typing import Any

from specc.dims.expr import Dim, Expr
from specc.dims.opaque import NotGeneric, Opaque
from specc.dims.polynomial import max_, min_
from specc.ops.declare import REQUIRED, Param
from specc.ops.rules import Checks
from specc.pycode import Attr, CallCode, Code, ListCode, Lit, Path, TupleCode
from specc.types import DType, TensorType

BOOL, UINT8, INT, FLOAT, COMPLEX = DType.BOOL, DType.UINT8, DType.INT, DType.FLOAT, DType.COMPLEX

Numbers = Mapping[DType, DType]
"""Kinds that an op accepts, each with the kind of its result."""

SAME_REAL: Numbers = {UINT8: UINT8, INT: INT, FLOAT: FLOAT}
SAME_NUMBER: Numbers = {**SAME_REAL, COMPLEX: COMPLEX}
SAME_ORDERED: Numbers = {BOOL: BOOL, **SAME_REAL}
SAME: Numbers = {BOOL: BOOL, **SAME_NUMBER}
FLOAT_ONLY: Numbers = {FLOAT: FLOAT}
FLOATING: Numbers = {FLOAT: FLOAT, COMPLEX: COMPLEX}
REAL_TO_FLOAT: Numbers = {BOOL: FLOAT, UINT8: FLOAT, INT: FLOAT, FLOAT: FLOAT}
TO_FLOAT: Numbers = {**REAL_TO_FLOAT, COMPLEX: COMPLEX}
COUNTED: Numbers = {BOOL: INT, UINT8: INT, INT: INT, FLOAT: FLOAT, COMPLEX: COMPLEX}
TO_BOOL: Numbers = dict.fromkeys(DType, BOOL)

TORCH_DTYPES = {BOOL: "torch.bool", UINT8: "torch.uint8", INT: "torch.int64", FLOAT: "torch.float", COMPLEX: "torch.cfloat"}


def kind_of(check: Checks, x: TensorType, numbers: Numbers) -> DType:
    """The kind of the result, once `x` is of a kind that `numbers` accepts."""
    check.dtype(x, *numbers)
    return numbers[x.dtype]


def call(path: str, *args: Code, **kwargs: Code) -> CallCode:
    return CallCode(Path(path), args, tuple(kwargs.items()))


def method(value: Code, name: str, *args: Code, **kwargs: Code) -> CallCode:
    return CallCode(Attr(value, name), args, tuple(kwargs.items()))


def lit(value: int | float | bool | str | None) -> Lit:
    return Lit(value)


def number_type(value: Any) -> TensorType:
    """The type that a plain number has for promotion."""
    return TensorType((), BOOL if isinstance(value, bool) else INT if isinstance(value, int | Expr) else FLOAT, weak=True)


def known(value: Any) -> Any:
    """The value of an argument, where a rule must look at it. Raises NotGeneric while it stands for any value, in a
    definition that is checked once for all of its instances."""
    if isinstance(value, Opaque):
        raise NotGeneric(value.names)
    return index(value) if isinstance(value, Expr) else value


def listed(check: Checks, value: Any, name: str) -> Sequence[Dim]:
    """The value of a parameter that takes a list only."""
    if isinstance(value, int | Expr):
        check.argument(name, f"a list is needed: ({value},)")
    sizes: Sequence[Dim | None] = value
    for size in sizes:
        if size is None:
            check.argument(name, "none is no size")
    return [size for size in sizes if size is not None]


def axes(doc: str, default: Any = None) -> Any:
    """A parameter that takes one dimension number, a list of them, or none for all."""
    return Param("ints", doc, default, optional=default is None)


def ints(doc: str, default: Any = REQUIRED, *, lower: int | None = None) -> Any:
    """A parameter that takes an integer or a list of them."""
    return Param("ints", doc, default, lower=lower)


def axis_list(check: Checks, x: TensorType, dim: int | Sequence[int | None], name: str = "dim") -> list[int]:
    """Dimension numbers made non-negative, none twice."""
    found: list[int] = []
    for value in [dim] if isinstance(dim, int | Expr) else dim:
        if value is None:
            check.argument(name, "none is no dimension")
        i = check.axis(x, value, name)
        if i in found:
            check.argument(name, f"dimension {value} is named twice")
        found.append(i)
    return found


def replaced(x: TensorType, axis: int, *sizes: Dim) -> TensorType:
    """`x` with other sizes in the place of one dimension."""
    return TensorType((*x.shape[:axis], *sizes, *x.shape[axis + 1 :]), x.dtype)


def reaches(check: Checks, n: Dim, index: Dim, what: str) -> None:
    """`index` must be a position among `n`, negative from the end."""
    negative = check.solver.decide(index, "<", 0)
    needed = -index if negative else index + 1
    if check.solver.decide(n, "<", needed):
        check.fail(f"position {index} is out of range: {what} has size {n}")
    if not negative:
        check.at_least(index, 0, "a position")
    check.at_least(n, needed, f"the size of {what}, which is read at {index},")


def spread(code: Code) -> tuple[Code, ...]:
    """The code of a variadic argument as separate arguments: `permute(0, 2, 1)`."""
    return code.items if isinstance(code, TupleCode | ListCode) and code.items else (code,)


def smaller(check: Checks, a: Dim, b: Dim) -> Dim:
    """The smaller of two sizes, where it is known which one that is, else as a term of its own."""
    return a if check.solver.decide(a, "<=", b) else b if check.solver.decide(b, "<=", a) else min_(a, b)


def greater(check: Checks, a: Dim, b: Dim) -> Dim:
    """The greater of two sizes, where it is known which one that is, else as a term of its own."""
    return a if check.solver.decide(a, ">=", b) else b if check.solver.decide(b, ">=", a) else max_(a, b)


def dtype_code(dtype: DType | None) -> dict[str, Code]:
    """The keyword argument `dtype=` of a generated call; none where it is not asked for."""
    return {} if dtype is None else {"dtype": Path(TORCH_DTYPES[dtype])}
