"""Inputs of a model whose types are left out, wholly or in part: what the body admits decides.

Every rank and kind of number is tried in an elaboration of its own, so whatever is chosen has been checked in full. Sizes
that the body fixes (the channels that a layer was given) are solved in it; the others become the model's symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod

from specc.diagnostics import Diagnostics
from specc.dims.expr import Dim
from specc.elaborate.entries import entries_of, inputs_in
from specc.elaborate.program import Program
from specc.elaborate.trace import DefinitionRef, Instance, Tensor
from specc.record import Record
from specc.syntax import ast
from specc.types import DTYPES, DType

RANKS = (1, 2, 3, 4, 5)
_COMMON = (2, 4, 3, 1, 5)
"""Ranks as they are met, the most frequent first."""
USUAL = (DType.FLOAT, DType.INT)
MOST_TRIALS = 240

Choice = tuple[tuple[DType, int], ...]
"""A kind of number and a rank for each open input."""

NAMES = {
    1: ("N",),
    2: ("N", "features"),
    3: ("N", "T", "features"),
    4: ("N", "channels", "H", "W"),
    5: ("N", "channels", "D", "H", "W"),
}
"""What sizes are called that nobody named, by rank."""


class Assumed(Record):
    """The type of an open input: a kind of number, and sizes or the names of sizes."""

    dtype: DType
    dims: tuple[int | str, ...]


Make = Callable[[Diagnostics], tuple[Program, Callable[[Program], Instance]] | None]
"""A fresh program with its parameters set, and what elaborates it; None where the parameters are wrong."""


def open_inputs(definition: DefinitionRef) -> list[ast.Declared]:
    """The inputs whose rank is not written."""
    declared = [
        *definition.inputs,
        *(item for entry in entries_of(definition.node).values() for item in inputs_in(entry.body)),
    ]
    return [item for item in declared if is_open(item)]


def is_open(item: ast.Declared) -> bool:
    type = item.type
    if type is None:
        return True
    if type.base is not None and type.base not in DTYPES:
        return False
    return type.dims is not None and any(isinstance(dim, ast.DimRow) for dim in type.dims)


def infer_types(definition: DefinitionRef, make: Make) -> dict[str, Assumed] | None:
    """Types for the open inputs of a model. Where none fits, those with which a check comes furthest, so that its mistake is
    told; None when there are too many to try. `make` gives a program with parameters set, ready to elaborate."""
    items = open_inputs(definition)
    tried: dict[Choice, int | None] = {}
    for kinds in (USUAL, (*USUAL, DType.BOOL)):
        candidates = [_candidates(item, kinds) for item in items]
        if prod(map(len, candidates)) > MOST_TRIALS:
            break
        for choice in product(*candidates):
            if choice not in tried:
                tried[choice] = _trial(items, choice, make)[1]
        if None in tried.values():
            break
    fitting = [choice for choice, mistake in tried.items() if mistake is None]
    if not tried:
        return None
    chosen = _preferred(fitting) if fitting else _nearest(tried)
    solved, _ = _trial(items, chosen, make)
    entries = solved.root.entries.values() if solved is not None and solved.root is not None else ()
    tensors = {name: value for entry in entries for name, value in entry.inputs if isinstance(value, Tensor)}
    found: dict[str, Assumed] = {}
    for item, (dtype, rank) in zip(items, chosen, strict=True):
        names = _names(item, rank)
        if solved is not None and item.name in tensors:
            shape = [solved.solver.resolve(dim) for dim in tensors[item.name].type.shape]
            names = _sizes(shape, names)
        found[item.name] = Assumed(dtype, names)
    return found


def _nearest(tried: dict[Choice, int | None]) -> Choice:
    """Where nothing fits, the types with which the first mistake comes latest: that of whom wrote the spec is then told."""

    def score(choice: Choice) -> tuple[int, ...]:
        ranks = (_COMMON.index(rank) for _, rank in choice)
        return (-(tried[choice] or 0), *(dtype != DType.FLOAT for dtype, _ in choice), *ranks)

    return min(tried, key=score)


def _candidates(item: ast.Declared, usual: Sequence[DType]) -> list[tuple[DType, int]]:
    """Kinds of number and ranks that the declared part admits."""
    type = item.type
    kinds = [DTYPES[type.base]] if type is not None and type.base is not None else list(usual)
    least = 0
    if type is not None and type.dims is not None:
        least = sum(not isinstance(dim, ast.DimRow) for dim in type.dims)
    return [(dtype, rank) for dtype in kinds for rank in RANKS if rank >= least]


def _trial(items: list[ast.Declared], choice: Choice, make: Make) -> tuple[Program | None, int | None]:
    """The program with these types, and where the first mistake in it stands; None where it has none."""
    diagnostics = Diagnostics()
    made = make(diagnostics)
    if made is None:
        return None, 0
    program, elaborate = made
    for item, (dtype, rank) in zip(items, choice, strict=True):
        program.assumed[item.name] = Assumed(dtype, _names(item, rank))
    program.trial = True
    root = elaborate(program)
    places = [item.primary.span.start if item.primary else 0 for item in diagnostics.sorted() if item.is_error]
    return program, min(places) if places else 0 if root.poisoned else None


def _names(item: ast.Declared, rank: int) -> tuple[int | str, ...]:
    """Sizes of an input or their names: what is written before and after the `...`, and the usual names between."""
    usual = NAMES.get(rank, tuple(f"{item.name}_{axis}" for axis in range(rank)))
    if item.type is None or item.type.dims is None:
        return usual
    dims = item.type.dims
    at = next(k for k, dim in enumerate(dims) if isinstance(dim, ast.DimRow))
    names: list[int | str] = list(usual)
    for k, dim in [*enumerate(dims[:at]), *((rank - 1 - k, dim) for k, dim in enumerate(reversed(dims[at + 1 :])))]:
        if isinstance(dim, ast.Name):
            names[k] = dim.name
        elif isinstance(dim, ast.Number) and isinstance(dim.value, int):
            names[k] = dim.value
    return tuple(names)


def _preferred(fitting: list[tuple[tuple[DType, int], ...]]) -> tuple[tuple[DType, int], ...]:
    """Of what fits: floats before whole numbers; where every rank fits, [N, features]; else the batched form, which is
    the higher of two (a Conv2d takes 3-D or 4-D)."""

    def score(choice: tuple[tuple[DType, int], ...]) -> tuple[int, ...]:
        out = []
        for k, (dtype, rank) in enumerate(choice):
            ranks = sorted({other[k][1] for other in fitting if other[k][0] == dtype})
            wanted = 2 if len(ranks) > 2 and 2 in ranks else ranks[-1] if len(ranks) == 2 else ranks[0]
            out += [0 if dtype is DType.FLOAT else 1, abs(rank - wanted)]
        return tuple(out)

    return min(fitting, key=score)


def _sizes(shape: Sequence[Dim], names: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """What was found of the sizes; names for what stays open."""
    found = tuple(_size(dim, name) for dim, name in zip(shape, names, strict=True))
    if names == NAMES[3] and found[2] == "features" and isinstance(found[1], int):
        return (*found[:2], "T")  # a series with its steps last, as Conv1d takes it
    return found


def _size(dim: Dim, name: int | str) -> int | str:
    if isinstance(dim, int):
        return dim
    return str(dim) if str(dim).isidentifier() else name
