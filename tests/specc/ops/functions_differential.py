"""Function declarations held against torch on random configurations.

    python -m tests.specc.ops.functions_differential --cases 1000 --seed 1 [cat ...]

For each case the rule (as the checker uses it) and torch, running the very expression that the function becomes in generated
code on tiny tensors on the CPU, must agree on acceptance, shapes and kinds. Then sizes are replaced by symbols: what the rule
accepts symbolically must, for the sizes that were replaced, be accepted with the same result.
"""

from __future__ import annotations

import argparse
import warnings
import zlib
from typing import Any

import torch

from specc.dims.expr import Dim
from specc.dims.opaque import NotGeneric
from specc.dims.solver import Solver
from specc.dims.traverse import evaluate, symbols
from specc.ops.declare import Function
from specc.ops.registry import find, names
from specc.ops.rules import Checks
from specc.types import TensorType
from tests.specc.ops import function_samplers, function_samplers_index, function_samplers_nn, function_samplers_shape
from tests.specc.ops.draw import Draw
from tests.specc.ops.function_cases import Case, Outcome, by_rule, by_torch, op_of

SAMPLERS = {
    **function_samplers.SAMPLERS,
    **function_samplers_shape.SAMPLERS,
    **function_samplers_index.SAMPLERS,
    **function_samplers_nn.SAMPLERS,
}
SIZES = ("size", "sizes", "split_size", "start", "end", "length", "index", "pad", "normalized_shape")
"""Arguments that may be symbols though nothing is said of their least value."""


def functions() -> list[str]:
    """Every function of the registry."""
    return [name for name in names() if issubclass(find(name) or object, Function)]


# --- symbols ---------------------------------------------------------------------------------------------------------


def with_symbols(case: Case, draw: Draw, solver: Solver) -> tuple[Case, dict[Any, int]]:
    """Some sizes and counts replaced by symbols, equal ones (mostly) by the same; and what the symbols stand for."""
    made: dict[int, Dim] = {}
    meaning: dict[Any, int] = {}

    def sized(n: Any) -> Any:
        if not isinstance(n, int) or isinstance(n, bool) or n < 1 or draw.random() < 0.5:
            return n
        if n not in made or draw.random() < 0.2:
            made[n] = solver.fresh("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(meaning) % 26], flexible=False, lower=1)
            meaning[symbols(made[n])[0]] = n
        return made[n]

    def shaped(type: Any) -> Any:
        if isinstance(type, list):
            return [shaped(t) for t in type]
        return type if type is None or type.weak else TensorType(tuple(map(sized, type.shape)), type.dtype)

    def counted(name: str, value: Any) -> Any:
        """Sizes and counts among the arguments; numbers of dimensions, diagonals and the like must be known."""
        param = op.params.get(name)
        if name == "items":
            return tuple((word, *(sized(n) if isinstance(n, int) else n for n in rest)) for word, *rest in value)
        if param is not None and (param.lower is None or param.type == "float") and name not in SIZES:
            return value
        if isinstance(value, tuple):
            return tuple(sized(n) for n in value)
        return sized(value) if isinstance(value, int) else value

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
    if case.name == "cat":  # skips flat tensors without elements, which its rule says too
        return False
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
    if case.name == "index_select" and "'at_least': 1" not in why:  # its tensor, not its index
        return False
    if "expected one number or" in why:  # a list of another length, of which torch takes the first or repeats it
        return True
    return any(why.startswith(start) for name, start in STRICTER if name in case.name)


STRICTER: tuple[tuple[str, str], ...] = (
    ("cummax", "dtype"),  # of a complex scalar, torch returns it
    ("cummin", "dtype"),
    ("all", "argument {'name': 'dim'"),  # dim=() reduces nothing here, and everything in other reductions
    ("any", "argument {'name': 'dim'"),
    ("logsumexp", "argument {'name': 'dim'"),  # dim=() works with keepdim only
    ("lerp", "dtype"),  # a weight of another kind, if it is a scalar
    ("attention", "argument {'name': 'causal'"),  # with a mask, on some paths
    ("attention", "rank"),  # a mask of rank 1, on some paths
    ("attention", "size {"),  # fewer values than keys, on some paths: what it reads is not the values
    ("affine_grid", "small {'value': 0"),  # no channels, on some paths
    ("pad", "small {'value': -"),  # cutting off more than there is, and then repeating what is gone
    ("pad", "rank"),  # a scalar by nothing
    ("adaptive_avg_pool", "rank"),
    ("index_select", "rank"),  # of a scalar, which torch takes or refuses by the mode that other code has set
    ("arange", "argument {'name': 'dtype'"),  # floats cut to ints
    ("conv", "dtype"),  # a bias of another kind, without oneDNN
    ("einsum", "dtype"),  # different kinds, if nothing is summed
    ("cross_entropy", "rank"),  # one example with a target of shape [1]
    ("nll_loss", "rank"),
    ("attention", "dropout <"),
    ("linear", "dtype"),  # a bias of another kind, if it is a scalar
    ("linear", "rank"),  # a vector as weight and a bias, on some paths
    ("scatter_", "rank"),  # scatter_max and its like are specc's own
    ("scatter_", "size"),
    ("scatter_reduce", "reduce is not one of"),
    ("norm", "dtype"),  # weights of another kind
    ("loss", "dtype"),  # losses of integers and complex numbers, which have no gradient
    ("cross_entropy", "dtype"),  # also binary_cross_entropy
    ("kl_div", "dtype"),
    ("pairwise_distance", "dtype"),
    ("cross_entropy", "label_smoothing <"),  # which is a share, and of which torch knows only the largest
    ("rfft2", "small {'value': -1,"),  # which leaves the size as it is
    ("rfft2", "argument {'name': 'dim'"),  # one dimension, or three
    ("threshold", "argument {'name': 'value'"),  # a negative whole number, which comes round to a positive uint8
    ("threshold", "argument {'name': 'threshold'"),
    ("hardtanh", "argument {'name': 'max_val'"),  # between 255 and 256
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
