"""What the samplers of functions share: kinds, shapes that mostly fit, dimension numbers that are mostly in range.

A weak TensorType stands for a plain number. What samplers do not vary: sizes of 0 (nearly never), values of indices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specc.types import DType, TensorType
from tests.specc.ops.draw import Draw

B, U, I, F, C = DType.BOOL, DType.UINT8, DType.INT, DType.FLOAT, DType.COMPLEX  # noqa: E741  # kinds, as torch's letters
Sample = tuple[dict[str, Any], dict[str, Any]]
Sampler = Callable[[Draw], Sample]


def kinds(draw: Draw) -> DType:
    return draw.choice((F, F, F, B, U, I, C))


def tensor(draw: Draw, low: int = 0, high: int = 4) -> TensorType:
    return TensorType(draw.dims(draw.randint(low, high), 1, 4), kinds(draw))


def weak(draw: Draw) -> TensorType:
    return TensorType((), draw.choice((B, I, F)), weak=True)


def beside(draw: Draw, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that mostly broadcasts with another."""
    out = [1 if draw.random() < 0.2 else draw.off(n)[0] for n in shape]
    cut = draw.randint(0, len(out)) if draw.random() < 0.3 else 0
    return (*draw.dims(draw.choice((0, 0, 0, 1))), *out[cut:])


def dim(draw: Draw, rank: int) -> int:
    """A dimension number, now and then out of range."""
    return draw.randint(-rank - 1, rank) if draw.random() < 0.2 else draw.randint(-rank, max(rank - 1, 0))


def dims(draw: Draw, rank: int) -> tuple[int, ...]:
    """Several, now and then one of them twice."""
    if draw.random() < 0.15:
        return tuple(dim(draw, rank) for _ in range(draw.randint(0, rank + 1)))
    return tuple(draw.sample(range(-rank, 0), draw.randint(min(1, rank), rank)))


def registrar(samplers: dict[str, Sampler]) -> Callable[[Sampler], Sampler]:
    """A decorator that enters a sampler under its own name."""

    def enter(sampler: Sampler) -> Sampler:
        samplers[sampler.__name__.rstrip("_")] = sampler
        return sampler

    return enter


def index_kind(draw: Draw) -> DType:
    return I if draw.often() else kinds(draw)


def mask_kind(draw: Draw) -> DType:
    return B if draw.often() else kinds(draw)
