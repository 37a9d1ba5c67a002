"""Layer declarations held against torch on random configurations.

    python -m tests.specc.ops.differential --cases 1000 --seed 1 [Conv2d ...]

For each case the rule (as the checker uses it: arguments within their declared bounds, then `shape` on concrete types with a
Solver) and torch (CPU, tiny tensors, training and evaluation) must agree on acceptance, result types, and the names, order,
shapes and kinds of weights. Some inferable arguments are left out, and must come out as they were.
"""

from __future__ import annotations

import argparse
import warnings
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import torch

from specc.dims.solver import Solver
from specc.infer.apply import settle
from specc.ops.declare import REQUIRED, Layer, Op
from specc.ops.registry import find
from specc.ops.rules import Checks, Misfit
from specc.record import Record
from specc.types import DType, Shape, TensorType
from tests.specc.ops.draw import Draw, ints
from tests.specc.ops.samplers import SAMPLERS

KINDS = {
    DType.BOOL: torch.bool,
    DType.UINT8: torch.uint8,
    DType.INT: torch.int64,
    DType.FLOAT: torch.float32,
    DType.COMPLEX: torch.complex64,
}
KIND_OF = {dtype: kind for kind, dtype in KINDS.items()}
_ONE_VALUE = ("Expected more than 1 value per channel", "Expected more than 1 spatial element")


class Case(Record):
    """One configuration. `hidden`: inferable arguments left to inference."""

    name: str
    values: dict[str, Any]
    operands: dict[str, TensorType | None]
    hidden: tuple[str, ...]

    def __str__(self) -> str:
        args = ", ".join(f"{name}={value!r}" + ("?" if name in self.hidden else "") for name, value in self.values.items())
        return f"{self.name}({args}) of {', '.join(f'{name}: {x}' for name, x in self.operands.items() if x)}"


class Outcome(Record):
    """What rule or torch say: result types and weights, or why not. `inferred`: arguments that were left to inference."""

    results: tuple[TensorType, ...] | None
    weights: tuple[tuple[str, Shape, bool], ...] = ()
    why: str = ""
    inferred: tuple[tuple[str, Any], ...] = ()

    _ignored = frozenset({"inferred"})


def draw_case(name: str, draw: Draw) -> Case:
    values, operands, natural = SAMPLERS[name](draw)
    return Case(name, values, operands, tuple(arg for arg in natural if draw.yes()))


def out_of_bounds(op: type[Op], values: Mapping[str, Any]) -> str:
    """What the checker refuses before any rule runs."""
    for name, value in values.items():
        param = op.params[name]
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, str) and param.choices and item not in param.choices:
                return f"{name} is not one of {param.choices}"
            if isinstance(item, int | float) and param.lower is not None and item < param.lower:
                return f"{name} < {param.lower}"
            if isinstance(item, int | float) and param.upper is not None and item > param.upper:
                return f"{name} > {param.upper}"
    for name, param in op.params.items():
        if param.default is REQUIRED and name not in values:
            return f"{name} is missing"
    return ""


def layer_of(name: str) -> type[Layer]:
    op = find(name)
    assert op is not None
    assert issubclass(op, Layer)
    return op


def by_rule(case: Case, check: Checks | None = None, operands: Mapping[str, TensorType | None] | None = None) -> Outcome:
    op = layer_of(case.name)
    check = check or Checks(Solver())
    solver = check.solver
    why = out_of_bounds(op, case.values)
    if why:
        return Outcome(None, why=why)
    values = {name: value for name, value in case.values.items() if name not in case.hidden}
    for name, param in op.params.items():
        if param.inferred and name not in values:
            values[name] = solver.fresh(name, lower=0)
    layer = op(values)
    given = case.operands if operands is None else operands
    try:
        result = layer.shape(check, *(given[name] for name in op.operands))
    except Misfit as misfit:
        return Outcome(None, why=f"{misfit.kind} {misfit.data}")
    results = result if isinstance(result, tuple) else (result,)
    types = tuple(TensorType(tuple(solver.resolve(d) for d in t.shape), t.dtype) for t in results)
    settle(layer, solver)
    weights = tuple(
        (name, tuple(solver.resolve(d) for d in weight.shape), weight.buffer)
        for name, weight in layer.weights().items()
        if weight.present
    )
    for name in case.hidden:
        if operands is None:
            found = solver.resolve(values[name])
            if found != case.values[name] and (found,) != case.values[name]:
                return Outcome(types, weights, why=f"inferred {name}={found}")
    return Outcome(types, weights, inferred=tuple((name, getattr(layer, name)) for name in case.hidden))


def tensor_of(name: str, x: TensorType) -> torch.Tensor:
    """Small numbers, valid as indices and offsets; masks that hide nothing."""
    if not name.endswith("mask") and x.dtype in (DType.FLOAT, DType.COMPLEX):
        return torch.rand(ints(x)).to(KINDS[x.dtype])
    return torch.zeros(ints(x), dtype=KINDS[x.dtype])


def call_of(op: type[Layer], operands: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of the module's call, as `operand_pattern` says."""
    if not op.operand_pattern:
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        gap = False
        for name in op.operands:
            if operands[name] is None:
                gap = True
            elif gap:
                kwargs[name] = operands[name]
            else:
                args.append(operands[name])
        return args, kwargs
    filled = {f"{{{i}}}": operands[name] for i, name in enumerate(op.operands)}
    args, kwargs = [], {}
    for piece in pieces(op.operand_pattern):
        keyword, _, value = piece.rpartition("=")
        inner = pieces(value[1:-1]) if value.startswith("(") else [value]
        tensors = [filled[i] for i in inner]
        if any(t is None for t in tensors):
            continue
        found = tuple(tensors) if value.startswith("(") else tensors[0]
        if keyword:
            kwargs[keyword] = found
        else:
            args.append(found)
    return args, kwargs


def pieces(pattern: str) -> list[str]:
    """`{0}, ({1}, {2})` -> `{0}` and `({1}, {2})`."""
    out, depth = [""], 0
    for ch in pattern:
        depth += (ch == "(") - (ch == ")")
        if ch == "," and depth == 0:
            out.append("")
        else:
            out[-1] += ch
    return [piece.strip() for piece in out]


def flat(value: Any) -> list[torch.Tensor]:
    """The tensors of nested results. Attention to nothing has no weights in torch: None."""
    if isinstance(value, tuple):
        return [t for item in value for t in flat(item)]
    return [] if value is None else [value]


def by_torch(case: Case) -> Outcome:
    """torch's own answer. Warnings must not be errors here: they would pass for refusals."""
    op = layer_of(case.name)
    tensors = {name: None if x is None else tensor_of(name, x) for name, x in case.operands.items()}
    for name, other in op.operand_defaults.items():
        if tensors[name] is None:
            tensors[name] = tensors[other]
    args, kwargs = call_of(op, tensors)
    try:
        module = getattr(torch.nn, case.name)(**case.values)
        with torch.no_grad():
            results = []
            for training in (True, False):
                try:
                    results = flat(module.train(training)(*args, **kwargs))
                except ValueError as error:
                    if not str(error).startswith(_ONE_VALUE):
                        raise
            if not results:
                raise Unknowable
    except Unknowable:
        raise
    except Exception as error:  # noqa: BLE001  whatever torch raises is its way to refuse
        if "INTERNAL ASSERT" in str(error):  # 2.13 on uint8 images with 3 channels that shrink to a pixel, for one
            raise Unknowable from None
        return Outcome(None, why=f"{type(error).__name__}: {str(error)[:200]}")
    buffers = {name for name, _ in module.named_buffers()}
    weights = tuple((name, tuple(tensor.shape), name in buffers) for name, tensor in module.state_dict().items())
    return Outcome(tuple(TensorType(tuple(t.shape), KIND_OF[t.dtype]) for t in results), weights)


def is_empty(case: Case, outcome: Outcome) -> bool:
    """Nothing is computed: torch then skips checks that it makes otherwise (and PixelUnshuffle does nothing)."""
    types = [*case.operands.values(), *(outcome.results or ())]
    return any(x is not None and 0 in x.shape for x in types)


def rank_of(case: Case, name: str) -> int | None:
    x = case.operands[name]
    return None if x is None else x.rank


_SIZES = ("num_features", "num_channels", "kernel_size", "size", "dilation", "padding", "output_padding", "stride")
STRICTER: tuple[Callable[[Case, str], bool], ...] = (
    # torch computes AdaptiveAvgPool2d(1) as a mean and then takes any rank: [B, 784] would become [1, 1], batch and all.
    lambda case, why: case.name.startswith("AdaptiveAvgPool") and why.startswith("rank"),
    # The same mean makes complex images of one pixel.
    lambda case, why: case.name == "Upsample" and case.values.get("mode") == "area" and why.startswith("dtype"),
    # A tuple longer than the image has dimensions is cut short by some of torch's functions.
    lambda _, why: "expected one number or" in why,
    # Sizes below the least that makes sense, which some paths of torch never look at.
    lambda _, why: " < " in why and why.split(" < ")[0] in _SIZES,
    # torch takes the two states as a pair, so what lacks one of them cannot even be put to it.
    lambda _, why: "or from neither" in why,
    # torch takes some states of a batch beside a single example.
    lambda case, why: case.name.endswith("Cell") and why.startswith("rank") and rank_of(case, "input") == 1,
    # A negative whole number comes round to a positive uint8.
    lambda case, why: case.name == "Threshold" and why.startswith("argument") and "uint8 can hold" in why,
    # With projections torch does not look at the kind of the first cell state.
    lambda case, why: case.name == "LSTM" and why.startswith("dtype") and case.operands["h_0"] is not None,
)
"""What specc refuses though torch takes it, because nobody can mean it."""


class Unknowable(Exception):
    """torch refuses one value per channel, in training and evaluation (a property of the batch, which hides all else), or
    reports a bug of its own."""


class Tally:
    """Figures of one op."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cases = self.accepted = self.false_accepts = self.false_rejects = self.differences = self.empty = self.stricter = 0
        self.examples: list[str] = []

    def add(self, case: Case) -> None:
        try:
            ours, theirs = by_rule(case), by_torch(case)
        except Unknowable:
            return
        self.cases += 1
        self.accepted += theirs.results is not None
        if ours.results is not None and theirs.results is None:
            self.false_accepts += 1
            self.examples.append(f"accepted, but torch: {theirs.why}\n      {case}")
        elif ours.results is None and theirs.results is not None and is_empty(case, theirs):
            self.empty += 1
        elif ours.results is None and theirs.results is not None and any(holds(case, ours.why) for holds in STRICTER):
            self.stricter += 1
        elif ours.results is None and theirs.results is not None:
            self.false_rejects += 1
            self.examples.append(f"rejected ({ours.why}), but torch gives {', '.join(map(str, theirs.results))}\n      {case}")
        elif ours != theirs and ours.results is not None and is_empty(case, theirs):
            self.empty += 1
        elif ours != theirs and ours.results is not None:
            self.differences += 1
            self.examples.append(f"{ours}, but torch {theirs}\n      {case}")

    @property
    def wrong(self) -> int:
        return self.false_accepts + self.false_rejects + self.differences

    def __str__(self) -> str:
        return (
            f"{self.name:24} cases {self.cases}, accepted by torch {self.accepted}, false accepts {self.false_accepts}, "
            f"false rejects {self.false_rejects}, differing {self.differences}, "
            f"apart on empty tensors {self.empty}, stricter by choice {self.stricter}"
        )


def run(name: str, cases: int, seed: int) -> Tally:
    """The same cases for the same name and seed on every machine."""
    tally = Tally(name)
    draw = Draw(zlib.crc32(name.encode()) + seed)
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(cases):
            tally.add(draw_case(name, draw))
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, default=3, help="disagreements shown per op")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    torch.set_num_threads(1)
    wrong = cases = 0
    for name in options.names or sorted(SAMPLERS):
        tally = run(name, options.cases, options.seed)
        wrong, cases = wrong + tally.wrong, cases + tally.cases
        print(tally)
        for example in tally.examples[: options.examples]:
            print("   ", example)
    print(f"{cases} cases, {wrong} disagreements")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
