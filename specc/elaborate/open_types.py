"""Inputs of a model whose types are left out, wholly or in part: what the body admits decides.

Every rank and kind of number is tried in an elaboration of its own, so whatever is chosen has been checked in full. Sizes
that the body fixes (the channels that a layer was given) are solved in it; the others become the model's symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from specc.diagnostics import Diagnostics
from specc.dims.expr import Dim
from specc.elaborate.entries import entries_of, inputs_in
from specc.elaborate.program import Program
from specc.elaborate.trace import DefinitionRef, Instance, Tensor
from specc.record import Record
from specc.syntax import ast
from specc.types import DTYPES, DType

RANKS = (1, 2, 3, 4, 5)
MOST_TRIALS = 120

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
    """Types for the open inputs of a model. None when none (or too many) can be tried; the mistakes then show in the
    ordinary way with the first candidate. `make` gives a program with parameters set, ready to elaborate."""
    items = open_inputs(definition)
    candidates = [_candidates(item) for item in items]
    total = 1
    for options in candidates:
        total *= len(options)
    if total > MOST_TRIALS:
        return None
    fitting = [choice for choice in product(*candidates) if _trial(items, choice, make) is not None]
    if not fitting:
        return {
            item.name: Assumed(options[-1][0], _names(item, options[-1][1]))
            for item, options in zip(items, candidates, strict=True)
        }
    chosen = _preferred(fitting)
    solved = _trial(items, chosen, make)
    assert solved is not None
    assert solved.root is not None
    found: dict[str, Assumed] = {}
    tensors = {
        name: value for entry in solved.root.entries.values() for name, value in entry.inputs if isinstance(value, Tensor)
    }
    for item, (dtype, rank) in zip(items, chosen, strict=True):
        shape = [solved.solver.resolve(dim) for dim in tensors[item.name].type.shape]
        names = _names(item, rank)
        if names == NAMES[3] and isinstance(shape[1], int) and not isinstance(shape[2], int):
            names = ("N", "channels", "T")  # a series with its steps last, as Conv1d takes it
        found[item.name] = Assumed(dtype, tuple(_size(dim, name) for dim, name in zip(shape, names, strict=True)))
    return found


def _candidates(item: ast.Declared) -> list[tuple[DType, int]]:
    """Kinds of number and ranks that the declared part admits."""
    type = item.type
    kinds = [DTYPES[type.base]] if type is not None and type.base is not None else [DType.FLOAT, DType.INT]
    least = 0
    if type is not None and type.dims is not None:
        least = sum(not isinstance(dim, ast.DimRow) for dim in type.dims)
    return [(dtype, rank) for dtype in kinds for rank in RANKS if rank >= least]


def _trial(items: list[ast.Declared], choice: tuple[tuple[DType, int], ...], make: Make) -> Program | None:
    diagnostics = Diagnostics()
    made = make(diagnostics)
    if made is None:
        return None
    program, elaborate = made
    for item, (dtype, rank) in zip(items, choice, strict=True):
        program.assumed[item.name] = Assumed(dtype, _names(item, rank))
    program.trial = True
    root = elaborate(program)
    return None if diagnostics.has_errors or root.poisoned else program


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


def _size(dim: Dim, name: int | str) -> int | str:
    if isinstance(dim, int):
        return dim
    return str(dim) if str(dim).isidentifier() else name
