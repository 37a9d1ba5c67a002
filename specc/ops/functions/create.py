"""Tensors out of nothing, or in the likeness of another. Device, and for floats the width, come from the tensors at hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from specc.dims.expr import Dim
from specc.dims.opaque import Opaque
from specc.ops.declare import Function, Kind, Param, axis, dims, dtype, flag, number, size
from specc.ops.functions._shared import (
    COMPLEX,
    FLOAT,
    INT,
    call,
    dtype_code,
    known,
    listed,
    lit,
    number_type,
    spread,
)
from specc.ops.rules import Checks
from specc.pycode import Code
from specc.types import DType, TensorType


class _Create(Function):
    kind = Kind.CREATE
    creates = True
    keeps_input = False


class Arange(_Create):
    """start, start + step, ... below `end`; `arange(n)` counts 0 to n - 1. Integers, unless a float is among the three."""

    example = "arange(10)"
    torch = "torch.arange"
    start: Any = number("the first, or with no `end` the end")
    end: Any = number("where it ends, exclusive", default=None, optional=True)
    step: Any = number("distance of neighbours", default=1)
    dtype: DType | None = dtype("kind of the result", default=None)

    def shape(self, check: Checks) -> TensorType:
        start, end, step = (0, self.start, self.step) if self.end is None else (self.start, self.end, self.step)
        if self.dtype not in (None, INT, FLOAT):
            check.argument("dtype", "arange makes int or float")
        if any(isinstance(value, float | Opaque) for value in (start, end, step)):
            if self.dtype is INT:
                check.argument("dtype", "a float among start, end and step does not give int")
            return TensorType((self._count(check, start, end, step),), FLOAT)
        if check.same(step, 0):
            check.argument("step", "the step must not be 0")
        if check.solver.decide(step, "<", 0):
            start, end, step = -start, -end, -step
        check.at_least(end, start, "end")
        length = end - start
        one = isinstance(step, int) and step == 1
        count = check.solver.resolve(length if one else (length + step - 1) // step)
        return TensorType((count,), INT if self.dtype is None else self.dtype)

    def _count(self, check: Checks, start: Any, end: Any, step: Any) -> int:
        start, end, step = known(start), known(end), known(step)
        if not all(isinstance(value, int | float) for value in (start, end, step)):
            check.fail("arange over floats needs numbers: a symbolic size and a float do not say how many elements there are")
        if step == 0:
            check.argument("step", "the step must not be 0")
        if not all(map(math.isfinite, (start, end, step))):
            check.argument("end", "start, end and step must be finite")
        if (end - start) * step < 0:
            check.argument("end", f"from {start}, steps of {step} do not lead to {end}")
        count: int = math.ceil((end - start) / step)
        return count

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        bounds = [args["start"]] if self.end is None else [args["start"], args["end"]]
        step = {"step": args["step"]} if "step" in args else {}
        if "step" in step and self.end is not None:
            bounds.append(step.pop("step"))
        elif step:
            bounds = [lit(0), *bounds, step.pop("step")]
        return call(self.torch, *bounds, **dtype_code(self.dtype))


class _Filled(_Create):
    """A tensor of the sizes given, in one list or one by one."""

    size: tuple[Dim, ...] = dims("the sizes", variadic=True)
    dtype: DType | None = dtype("kind of the result", default=None)

    def shape(self, check: Checks) -> TensorType:
        for n in listed(check, self.size, "size"):
            check.at_least(n, 0, "a size")
        return TensorType(tuple(self.size), FLOAT if self.dtype is None else self.dtype)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return call(self.torch, *spread(args["size"]), **dtype_code(self.dtype))


class Zeros(_Filled):
    """A tensor of zeros."""

    example = "zeros(2, 3)"
    torch = "torch.zeros"


class Ones(_Filled):
    """A tensor of ones."""

    example = "ones(2, 3)"
    torch = "torch.ones"


class _Random(_Filled):
    random = True

    def shape(self, check: Checks) -> TensorType:
        if self.dtype not in (None, FLOAT, COMPLEX):
            check.argument("dtype", "random numbers are float or complex; randint makes integers")
        return super().shape(check)


class Randn(_Random):
    """Random numbers of the standard normal distribution."""

    example = "randn(2, 3)"
    torch = "torch.randn"


class Rand(_Random):
    """Random numbers, uniform from 0 to 1."""

    example = "rand(2, 3)"
    torch = "torch.rand"


class Full(_Create):
    """A tensor of one number; its kind is that of the number."""

    example = "full((2, 3), 0.5)"
    torch = "torch.full"
    size: tuple[Dim, ...] = dims("the sizes")
    fill_value: Any = number("the number")
    dtype: DType | None = dtype("kind of the result", default=None)

    def shape(self, check: Checks) -> TensorType:
        for n in listed(check, self.size, "size"):
            check.at_least(n, 0, "a size")
        kind = self.dtype if self.dtype is not None else number_type(self.fill_value).dtype
        check.number(self.fill_value, kind, "fill_value", wraps=True)
        return TensorType(tuple(self.size), kind)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return call(self.torch, args["size"], args["fill_value"], **dtype_code(self.dtype))


class Randint(_Create):
    """Random integers from `low` to `high`, exclusive."""

    example = "randint(0, 10, (2, 3))"
    torch = "torch.randint"
    random = True
    low: int = axis("the smallest")
    high: int = axis("one above the greatest")
    size: tuple[Dim, ...] = dims("the sizes")

    def shape(self, check: Checks) -> TensorType:
        check.at_least(self.high, self.low + 1, "high")
        for n in listed(check, self.size, "size"):
            check.at_least(n, 0, "a size")
        return TensorType(tuple(self.size), INT)


class Randperm(_Create):
    """The integers from 0 to n - 1 in random order."""

    example = "randperm(10)"
    torch = "torch.randperm"
    random = True
    n: Dim = size("how many", lower=0)

    def shape(self, check: Checks) -> TensorType:
        check.at_least(self.n, 0, "n")
        return TensorType((self.n,), INT)


class Eye(_Create):
    """The identity matrix: ones on the diagonal."""

    example = "eye(3)"
    torch = "torch.eye"
    n: Dim = size("rows", lower=0)
    m: Dim | None = size("columns; as many as rows when not given", default=None, lower=0, optional=True)
    dtype: DType | None = dtype("kind of the result", default=None)

    def shape(self, check: Checks) -> TensorType:
        columns = self.n if self.m is None else self.m
        check.at_least(self.n, 0, "n")
        check.at_least(columns, 0, "m")
        return TensorType((self.n, columns), self.dtype if self.dtype is not None else FLOAT)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        sides = [args["n"]] if self.m is None else [args["n"], args["m"]]
        return call(self.torch, *sides, **dtype_code(self.dtype))


class Linspace(_Create):
    """Numbers evenly spaced from `start` to `end`, both included."""

    example = "linspace(0, 1, 11)"
    torch = "torch.linspace"
    start: Any = number("the first")
    end: Any = number("the last")
    steps: Dim = size("how many", lower=0)

    def shape(self, check: Checks) -> TensorType:
        check.at_least(self.steps, 0, "steps")
        return TensorType((self.steps,), FLOAT)


class _TriangleIndices(_Create):
    """Rows and columns of the positions in a triangle."""

    row: Dim = size("rows of the matrix", lower=0)
    col: Dim = size("columns of the matrix", lower=0)
    offset: int = axis("which diagonal bounds it: 0 the main one, above it positive", default=0)
    upper: ClassVar[bool] = False

    def shape(self, check: Checks) -> TensorType:
        check.at_least(self.row, 0, "row")
        check.at_least(self.col, 0, "col")
        offset = known(self.offset)
        row, col = check.solver.resolve(self.row), check.solver.resolve(self.col)
        if isinstance(row, int) and isinstance(col, int):
            below = sum(min(max(i + offset + (not self.upper), 0), col) for i in range(row))
            return TensorType((2, row * col - below if self.upper else below), INT)
        side = row - offset if self.upper else row + offset
        if not check.same(row, col) or not (offset >= 0 if self.upper else offset <= 0):
            check.fail(
                "of symbolic size, only a triangle of a square matrix, bounded by its diagonal or one beyond, can be counted"
            )
        check.at_least(side, 0, "the side of the triangle")
        return TensorType((2, check.solver.resolve(side * (side + 1) // 2)), INT)


class TrilIndices(_TriangleIndices):
    """Rows and columns of the positions in the lower triangle of a matrix."""

    example = "tril_indices(3, 3)"
    torch = "torch.tril_indices"


class TriuIndices(_TriangleIndices):
    """Rows and columns of the positions in the upper triangle of a matrix."""

    example = "triu_indices(3, 3, offset=1)"
    torch = "torch.triu_indices"
    upper = True


class Tensor(_Create):
    """A constant: nested lists of numbers, all of one length at each level."""

    example = "tensor([[1, 2], [3, 4]])"
    torch = "torch.tensor"
    data: Any = Param("any", "a number, or lists of them")
    dtype: DType | None = dtype("kind of the result; else that of the numbers", default=None)

    def shape(self, check: Checks) -> TensorType:
        sizes, kinds = _nested(check, self.data)
        return TensorType(sizes, self.dtype if self.dtype is not None else max(kinds, default=FLOAT))

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return call(self.torch, args["data"], **dtype_code(self.dtype))


def _nested(check: Checks, data: Any) -> tuple[tuple[int, ...], list[DType]]:
    if not isinstance(data, list | tuple):
        return (), [number_type(data).dtype]
    parts = [_nested(check, item) for item in data]
    for sizes, _ in parts[1:]:
        if sizes != parts[0][0]:
            check.argument("data", "the lists of one level must have the same length")
    return (len(data), *(parts[0][0] if parts else ())), [kind for _, kinds in parts for kind in kinds]


class _Like(Function):
    """A tensor of the shape and kind of another."""

    kind = Kind.CREATE
    keeps_input = False

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return TensorType(x.shape, x.dtype)


class ZerosLike(_Like):
    """Zeros of the shape and kind of another tensor."""

    example = "x: float[B, D] -> zeros_like"
    torch = "torch.zeros_like"


class OnesLike(_Like):
    """Ones of the shape and kind of another tensor."""

    example = "x: float[B, D] -> ones_like"
    torch = "torch.ones_like"


class FullLike(_Like):
    """One number, in the shape and kind of another tensor."""

    example = "x: float[B, D] -> full_like(0.5)"
    torch = "torch.full_like"
    fill_value: Any = number("the number")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.number(self.fill_value, x.dtype, "fill_value", wraps=True)
        return super().shape(check, x)


class _RandomLike(_Like):
    random = True

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.floating(x)
        return super().shape(check, x)


class RandnLike(_RandomLike):
    """Random numbers of the standard normal distribution, in the shape of another tensor."""

    example = "x: float[B, D] -> randn_like"
    torch = "torch.randn_like"


class RandLike(_RandomLike):
    """Random numbers, uniform from 0 to 1, in the shape of another tensor."""

    example = "x: float[B, D] -> rand_like"
    torch = "torch.rand_like"


class Bernoulli(_Like):
    """1 with the probability that the element states, else 0."""

    example = "x: float[B, D] -> bernoulli"
    torch = "torch.bernoulli"
    random = True

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.dtype(x, FLOAT)
        return super().shape(check, x)


class Multinomial(Function):
    """Positions drawn at random, with probabilities in proportion to the elements of the last dimension."""

    example = "x: float[B, V] -> multinomial(1)"
    kind = Kind.CREATE
    torch = "torch.multinomial"
    random = True
    keeps_input = False
    num_samples: Dim = size("how many to draw")
    replacement: bool = flag("one may be drawn again", default=False)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.dtype(x, FLOAT)
        check.rank(x, 1, 2)
        check.at_least(x.last, 1, "the last dimension")
        check.at_least(self.num_samples, 1, "num_samples")
        if not self.replacement:
            check.at_least(x.last, self.num_samples, "the last dimension, of which num_samples are drawn without replacement,")
        return TensorType((*x.shape[:-1], self.num_samples), INT)
