"""One configuration of a function: what its rule says of it, and what torch says of the code that it becomes."""

from __future__ import annotations

import types as namespaces
from collections.abc import Mapping
from typing import Any

import torch

from specc.dims.solver import Solver
from specc.elaborate.trace import FunctionUse, Static, Tensor
from specc.emit.code import text
from specc.emit.functions import function_code
from specc.ops.declare import REQUIRED, Function
from specc.ops.functions._pattern import PatternError
from specc.ops.registry import find
from specc.ops.rules import Checks, Misfit
from specc.pycode import Code, EllipsisCode, ListCode, Lit, SliceCode, TupleCode, Var
from specc.record import Record
from specc.source import SourceFile, Span
from specc.types import DType, TensorType
from tests.specc.ops.differential import KIND_OF, KINDS
from tests.specc.ops.draw import ints

SPAN = Span(SourceFile("case", ""), 0, 0)
NUMBERS: dict[DType, Any] = {DType.BOOL: True, DType.INT: 2, DType.FLOAT: 0.5}
"""What stands for a plain number of each kind."""


class Case(Record):
    """One configuration: operand types (a list where tensors are listed) and arguments."""

    name: str
    operands: dict[str, Any]
    values: dict[str, Any]

    def __str__(self) -> str:
        args = [f"{name}: {_shown(x)}" for name, x in self.operands.items() if x is not None]
        return f"{self.name}({', '.join(args + [f'{name}={value!r}' for name, value in self.values.items()])})"


class Outcome(Record):
    """What rule or torch say: the types of the results, or why there are none."""

    results: tuple[TensorType, ...] | None
    why: str = ""


def _shown(type: Any) -> str:
    return f"[{', '.join(map(str, type))}]" if isinstance(type, list) else f"{type}{'!' if type.weak else ''}"


def op_of(case: Case) -> Function:
    op = find(case.name)
    assert op is not None
    assert issubclass(op, Function), case.name
    return op(case.values)


def out_of_bounds(op: Function, values: Mapping[str, Any]) -> str:
    """What the checker refuses before any rule runs."""
    for name, value in values.items():
        param = op.params.get(name)
        if param is None:
            continue
        if value is None and param.default is not None and not param.optional and param.type != "any":
            return f"{name} must not be none"
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, str) and param.choices and item not in param.choices:
                return f"{name} is not one of {param.choices}"
            if isinstance(item, int | float) and param.lower is not None and item < param.lower:
                return f"{name} < {param.lower}"
            if isinstance(item, int | float) and param.upper is not None and item > param.upper:
                return f"{name} > {param.upper}"
    missing = [name for name, param in op.params.items() if param.default is REQUIRED and name not in values]
    return f"{missing[0]} is missing" if missing else ""


def by_rule(case: Case, checks: Checks | None = None) -> Outcome:
    op = op_of(case)
    why = out_of_bounds(op, case.values)
    if why:
        return Outcome(None, why)
    checks = checks or Checks(Solver())
    try:
        result = op.shape(checks, **{name: x for name, x in case.operands.items() if x is not None})
    except Misfit as misfit:
        return Outcome(None, f"{misfit.kind} {misfit.data}")
    results = (result,) if isinstance(result, TensorType) else tuple(result)
    return Outcome(tuple(TensorType(tuple(map(checks.solver.resolve, t.shape)), t.dtype) for t in results))


# --- torch -----------------------------------------------------------------------------------------------------------


def tensor_of(kind: TensorType, least: int = 0) -> torch.Tensor:
    """Small numbers, valid as indices and as probabilities; `least` keeps divisors from 0."""
    shape, dtype = ints(kind), KINDS[kind.dtype]
    if kind.dtype in (DType.FLOAT, DType.COMPLEX):
        return torch.rand(shape).to(dtype)
    if kind.dtype is DType.BOOL and not least:
        return torch.rand(shape) < 0.5
    return torch.full(shape, least, dtype=dtype)


def code_of(value: Any) -> Code:
    if isinstance(value, list):
        return ListCode(tuple(map(code_of, value)))
    return TupleCode(tuple(map(code_of, value))) if isinstance(value, tuple) else Lit(value)


def index_code(items: tuple[Any, ...], tensors: list[Code]) -> Code:
    parts: list[Code] = []
    for item in items:
        match item:
            case ("none",):
                parts.append(Lit(None))
            case ("ellipsis",):
                parts.append(EllipsisCode())
            case ("slice", *bounds):
                parts.append(SliceCode(*(None if bound is None else Lit(bound) for bound in bounds)))
            case ("int", value):
                parts.append(Lit(value))
            case _:
                parts.append(tensors.pop(0))
    return TupleCode(tuple(parts))


def generated(case: Case) -> tuple[str, dict[str, torch.Tensor]]:
    """The expression that the function becomes, and the tensors it names."""
    op = op_of(case)
    tensors: dict[str, torch.Tensor] = {}
    least = 1 if case.name in ("floor_divide", "remainder", "fmod") else 0

    def operand(type: TensorType) -> Any:
        if type.weak:
            return Static(NUMBERS[type.dtype], Lit(NUMBERS[type.dtype]), SPAN)
        tensors[f"t{len(tensors)}"] = tensor_of(type, least)
        return Tensor(len(tensors) - 1, type, SPAN)

    operands = {
        name: [operand(t) for t in x] if isinstance(x, list) else operand(x)
        for name, x in case.operands.items()
        if x is not None
    }
    given = {name: Static(value, code_of(value), SPAN) for name, value in case.values.items()}
    if case.name == "getitem":
        indices = [operand(item[1]) for item in case.values["items"] if item[0] == "tensor"]
        given["items"] = Static(None, index_code(case.values["items"], [Var(f"t{t.id}") for t in indices]), SPAN)

    def resolve(value: Any) -> Code:
        return Var(f"t{value.id}") if isinstance(value, Tensor) else value.code

    code = function_code(FunctionUse(op, operands, given), resolve, lambda _: None)
    return text(code), tensors


def by_torch(case: Case) -> Outcome:
    try:
        source, tensors = generated(case)
        module = namespaces.SimpleNamespace(training=True)
        with torch.no_grad():
            result = eval(
                source, {"torch": torch, "F": torch.nn.functional, "self": module, **tensors}
            )  # the compiler's own output
    except (PatternError, Misfit):
        raise
    except Exception as error:  # noqa: BLE001  # whatever torch raises is its way to refuse
        return Outcome(None, f"{type(error).__name__}: {str(error)[:200]}")
    results = (result,) if isinstance(result, torch.Tensor) else tuple(result)
    if any(t.dtype not in KIND_OF for t in results):
        return Outcome(None, f"results of no kind that the language has: {', '.join(str(t.dtype) for t in results)}")
    return Outcome(tuple(TensorType(tuple(t.shape), KIND_OF[t.dtype]) for t in results))
