"""Numbers for the symbols that a program leaves open, and random inputs of those sizes."""

from __future__ import annotations

import random
from collections.abc import Mapping

import torch
from torch import Tensor

from specc.graph import model
from specc.graph.formula import holds, number, symbols
from specc.runtime.errors import CannotRun

LARGEST = 4096
"""The largest size that is tried for a symbol."""
_ROUNDS = 64


def admissible(program: model.Program, start: Mapping[str, int]) -> dict[str, int]:
    """Sizes near `start` that meet every precondition of the program: what violates one is raised, or lowered, to the nearest
    value that does not. Raises CannotRun where that leads nowhere."""
    values = dict(start)
    for _ in range(_ROUNDS):
        violated = next((fact for fact in program.preconditions if not holds(fact, values)), None)
        if violated is None:
            return values
        if not _mend(violated, values):
            break
    facts = "; ".join(str(fact) for fact in program.preconditions)
    raise CannotRun(f"found no sizes up to {LARGEST} for which {facts}; give the inputs' sizes with --input")


def smallest(program: model.Program) -> dict[str, int]:
    """The smallest sizes that the program admits, symbol by symbol."""
    return admissible(program, dict.fromkeys(program.symbols, 1))


def random_sizes(program: model.Program, chance: random.Random) -> dict[str, int]:
    """Admissible sizes somewhat above the smallest."""
    return admissible(program, {name: size + chance.randint(0, 4) for name, size in smallest(program).items()})


def _mend(fact: model.Requirement, values: dict[str, int]) -> bool:
    """Changes one symbol of the fact, else all of them alike, to the nearest value for which it holds."""
    names = [name for name in dict.fromkeys(symbols(fact.left) + symbols(fact.right)) if name in values]
    for group in [*([name] for name in names), names]:
        start = max((values[name] for name in group), default=0)
        for size in [*range(start, LARGEST + 1), *range(start - 1, 0, -1)]:
            trial = {**values, **dict.fromkeys(group, size)}
            if holds(fact, trial):
                values.update(trial)
                return True
    return False


def random_inputs(
    program: model.Program,
    entry: str,
    sizes: Mapping[str, int],
    device: torch.device,
    chance: torch.Generator,
    *,
    whole: int | Mapping[str, int] = 2,
) -> dict[str, Tensor | int]:
    """Inputs of an entry, each of its declared type: normal floats, bools, bytes, and ints below `whole` (or its value for
    the input), which may be indices into anything. `chance` is a generator of the CPU, so that every device sees the same
    numbers."""
    instance = program.main
    inputs: dict[str, Tensor | int] = {}
    for argument in instance.entries[entry].inputs:
        if argument.tensor is None:
            inputs[argument.name] = sizes[argument.name]
            continue
        declared = instance.tensors[argument.tensor].type
        shape = [number(dim, sizes) for dim in declared.dims]
        bound = whole if isinstance(whole, int) else whole.get(argument.name, 2)
        inputs[argument.name] = _random(declared.dtype, shape, chance, bound).to(device)
    return inputs


def _random(dtype: str, shape: list[int], chance: torch.Generator, whole: int) -> Tensor:
    if dtype == "float":
        return torch.randn(shape, generator=chance)
    if dtype == "complex":
        return torch.randn(shape, dtype=torch.complex64, generator=chance)
    if dtype == "int":
        return torch.randint(whole, shape, generator=chance)
    if dtype == "uint8":
        return torch.randint(256, shape, dtype=torch.uint8, generator=chance)
    return torch.randint(2, shape, generator=chance).bool()
