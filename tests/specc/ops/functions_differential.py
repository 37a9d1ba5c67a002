"""Function declarations held against torch on random configurations.

    python -m tests.specc.ops.functions_differential --cases 1000 --seed 1 [cat ...]

For each case the rule (as the checker uses it) and torch, running the very expression that the function becomes in generated
code on tiny tensors on the CPU, must agree on acceptance, shapes and kinds. Then sizes are replaced by symbols: what the rule
accepts symbolically must, for the sizes that were replaced, be accepted with the same result.
"""

from __future__ import annotations

import argparse
import types as namespaces
import warnings
import zlib
from collections.abc import Mapping
from typing import Any

import torch

from specc.dims.expr import Expr
from specc.dims.opaque import NotGeneric
from specc.dims.solver import Solver
from specc.dims.traverse import evaluate, symbols
from specc.elaborate.trace import FunctionUse, Static, Tensor
from specc.emit.code import text
from specc.emit.functions import function_code
from specc.ops.declare import REQUIRED, Function
from specc.ops.functions._pattern import PatternError
from specc.ops.registry import find, names
from specc.ops.rules import Checks, Misfit
from specc.pycode import Code, EllipsisCode, ListCode, Lit, SliceCode, TupleCode, Var
from specc.record import Record
from specc.source import SourceFile, Span
from specc.types import DType, TensorType
from tests.specc.ops import function_samplers, function_samplers_index, function_samplers_nn, function_samplers_shape
from tests.specc.ops.differential import KIND_OF, KINDS
from tests.specc.ops.draw import Draw, ints

SAMPLERS = {
    **function_samplers.SAMPLERS,
    **function_samplers_shape.SAMPLERS,
    **function_samplers_index.SAMPLERS,
    **function_samplers_nn.SAMPLERS,
}
SPAN = Span(SourceFile("case", ""), 0, 0)
SIZES = ("size", "sizes", "split_size", "start", "end", "length", "index", "pad", "normalized_shape")
"""Arguments that may be symbols though nothing is said of their least value."""
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


def functions() -> list[str]:
    """Every function of the registry."""
    return [name for name in names() if issubclass(find(name) or object, Function)]


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


# --- symbols ---------------------------------------------------------------------------------------------------------


def with_symbols(case: Case, draw: Draw, solver: Solver) -> tuple[Case, dict[Any, int]]:
    """Some sizes and counts replaced by symbols, equal ones (mostly) by the same; and what the symbols stand for."""
    made: dict[int, Expr] = {}
    meaning: dict[Any, int] = {}

    def symbol(n: Any) -> Any:
        if not isinstance(n, int) or isinstance(n, bool) or n < 1 or draw.random() < 0.5:
            return n
        if n not in made or draw.random() < 0.2:
            found = solver.fresh("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(meaning) % 26], flexible=False, lower=1)
            assert isinstance(found, Expr)
            made[n] = found
            meaning[symbols(found)[0]] = n
        return made[n]

    def shaped(type: Any) -> Any:
        if isinstance(type, list):
            return [shaped(t) for t in type]
        return type if type is None or type.weak else TensorType(tuple(map(symbol, type.shape)), type.dtype)

    def counted(name: str, value: Any) -> Any:
        """Sizes and counts among the arguments; numbers of dimensions, diagonals and the like must be known."""
        param = op.params.get(name)
        if name == "items":
            return tuple((word, *(symbol(n) if isinstance(n, int) else n for n in rest)) for word, *rest in value)
        if param is not None and (param.lower is None or param.type == "float") and name not in SIZES:
            return value
        if isinstance(value, tuple):
            return tuple(symbol(n) for n in value)
        return symbol(value) if isinstance(value, int) else value

    op = op_of(case)
    operands = {name: shaped(x) for name, x in case.operands.items()}
    values = {name: counted(name, value) for name, value in case.values.items()}
    return Case(case.name, operands, values), meaning


def symbolic_disagreement(case: Case, draw: Draw, ours: Outcome) -> str:
    """What symbols change that they must not; empty when all is well, or when the rule wants to know more than symbols say."""
    solver = Solver()
    symbolic, meaning = with_symbols(case, draw, solver)
    checks = Checks(solver)
    try:
        outcome = by_rule(symbolic, checks)
    except NotGeneric:
        return ""
    if outcome.results is None or checks.doubts:
        return ""
    for condition in solver.simplified():
        left, right = evaluate(condition.left, meaning), evaluate(condition.right, meaning)
        if not {"<=": left <= right, ">=": left >= right, "==": left == right, "<": left < right, ">": left > right}[
            condition.op
        ]:
            return ""
    if ours.results is None:
        return f"accepted with symbols ({symbolic}), but not without: {ours.why}"
    for found, expected in zip(outcome.results, ours.results, strict=True):
        known = [all(s in meaning for s in symbols(d)) for d in found.shape]
        sizes = [evaluate(d, meaning) if k else None for d, k in zip(found.shape, known, strict=True)]
        if len(sizes) != expected.rank or found.dtype is not expected.dtype:
            return f"{symbolic} gives {found}, concretely {expected}"
        for size, dim in zip(sizes, expected.shape, strict=True):
            if size is not None and isinstance(dim, int) and size != dim:
                return f"{symbolic} gives {found}, concretely {expected}"
    return ""


# --- figures ---------------------------------------------------------------------------------------------------------


class Tally:
    """Figures of one function."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cases = self.accepted = self.false_accepts = self.false_rejects = self.differences = self.symbolic = 0
        self.stricter = self.empty = 0
        self.examples: list[str] = []

    def add(self, case: Case, draw: Draw) -> None:
        self.cases += 1
        ours = by_rule(case)
        theirs = by_torch(case) if ours.results is not None or not _patterned(case) else ours
        self.accepted += theirs.results is not None
        if ours.results is not None and theirs.results is None:
            self.false_accepts += 1
            self.examples.append(f"accepted, but torch: {theirs.why}\n      {case}")
        elif ours != theirs and ours.results != theirs.results and is_empty(case, theirs):
            self.empty += 1
        elif ours.results is None and theirs.results is not None and stricter(case, ours.why):
            self.stricter += 1
        elif ours.results is None and theirs.results is not None:
            self.false_rejects += 1
            self.examples.append(f"rejected ({ours.why}), but torch gives {', '.join(map(str, theirs.results))}\n      {case}")
        elif ours.results is not None and theirs.results is not None and not same(ours.results, theirs.results):
            self.differences += 1
            self.examples.append(f"{list(map(str, ours.results))}, but torch {list(map(str, theirs.results))}\n      {case}")
        wrong = symbolic_disagreement(case, draw, ours)
        if wrong:
            self.symbolic += 1
            self.examples.append(f"{wrong}\n      {case}")

    @property
    def wrong(self) -> int:
        return self.false_accepts + self.false_rejects + self.differences + self.symbolic

    def __str__(self) -> str:
        return (
            f"{self.name:24} cases {self.cases}, accepted by torch {self.accepted}, false accepts {self.false_accepts}, "
            f"false rejects {self.false_rejects}, differing {self.differences}, with symbols {self.symbolic}, "
            f"apart on empty tensors {self.empty}, stricter by choice {self.stricter}"
        )


def is_empty(case: Case, outcome: Outcome) -> bool:
    """Nothing is computed: torch then skips checks that it makes otherwise, which specc does not."""
    types = [t for value in case.operands.values() for t in (value if isinstance(value, list) else [value])]
    return outcome.results is not None and any(t is not None and 0 in t.shape for t in [*types, *outcome.results])


def same(ours: tuple[TensorType, ...], theirs: tuple[TensorType, ...]) -> bool:
    """Equal, where a size that depends on data may be anything."""
    return len(ours) == len(theirs) and all(
        a.dtype is b.dtype
        and a.rank == b.rank
        and all(m == n for m, n in zip(a.shape, b.shape, strict=True) if isinstance(m, int))
        for a, b in zip(ours, theirs, strict=True)
    )


def _patterned(case: Case) -> bool:
    """What a pattern lowers to says nothing of patterns that the rule refuses."""
    return case.name in ("rearrange", "reduce", "repeat")


def stricter(case: Case, why: str) -> bool:
    """What specc refuses though torch takes it, because nobody can mean it."""
    return any(why.startswith(start) for name, start in STRICTER if name in case.name)


STRICTER: tuple[tuple[str, str], ...] = (
    ("cummax", "dtype"),  # of a complex scalar, torch returns it
    ("cummin", "dtype"),
    ("all", "argument {'name': 'dim'"),  # dim=() reduces nothing here, and everything in other reductions
    ("any", "argument {'name': 'dim'"),
    ("logsumexp", "argument {'name': 'dim'"),  # dim=() works with keepdim only
    ("lerp", "dtype"),  # a weight of another kind, if it is a scalar
    ("attention", "rank"),  # a mask of rank 1, on some paths
    ("attention", "size {"),  # fewer values than keys, on some paths: what it reads is not the values
    ("affine_grid", "small {'value': 0"),  # no channels, on some paths
    ("pad", "small {'value': -"),  # cutting off more than there is, and then repeating what is gone
    ("adaptive_avg_pool", "rank"),
    ("arange", "argument {'name': 'dtype'"),  # floats cut to ints
    ("conv", "dtype"),  # a bias of another kind, without oneDNN
    ("einsum", "dtype"),  # different kinds, if nothing is summed
    ("cross_entropy", "rank"),  # one example with a target of shape [1]
    ("nll_loss", "rank"),
    ("linear", "rank"),  # a vector as weight and a bias, on some paths
    ("scatter_", "rank"),  # scatter_max and its like are specc's own
    ("scatter_", "size"),
    ("scatter_reduce", "reduce is not one of"),
    ("norm", "dtype"),  # weights of another kind
    ("loss", "dtype"),  # losses of integers and complex numbers, which have no gradient
    ("cross_entropy", "dtype"),  # also binary_cross_entropy
    ("kl_div", "dtype"),
    ("pairwise_distance", "dtype"),
)
"""Part of the function's name, start of the reason."""


def run(name: str, cases: int, seed: int) -> Tally:
    """The same cases for the same name and seed on every machine."""
    tally = Tally(name)
    draw = Draw(zlib.crc32(name.encode()) + seed)
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(cases):
            operands, values = SAMPLERS[name](draw)
            tally.add(Case(name, operands, values), draw)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, default=3, help="disagreements shown per function")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    torch.set_num_threads(1)
    wrong = cases = 0
    for name in options.names or sorted(SAMPLERS):
        tally = run(name, options.cases, options.seed)
        wrong, cases = wrong + tally.wrong, cases + tally.cases
        if tally.wrong or options.names:
            print(tally)
        for example in tally.examples[: options.examples]:
            print("   ", example)
    print(f"{cases} cases of {len(options.names or SAMPLERS)} functions, {wrong} disagreements")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
