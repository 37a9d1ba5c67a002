"""Shares the questions among layers, functions and programs, and adds up the answers."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import torch

from tests.soundness.edges import examine_edges
from tests.soundness.families import Figures, examine
from tests.soundness.running import examine_programs
from tests.soundness.subjects import subjects

WORKERS = 2
PROGRAMS = "programs"
EDGES = "edges"
"""Asked only by name, so that what a seed asks without it stays the same."""
_SHARE = 100
"""One random program for so many cases; a program costs about as much as a hundred of them."""
_BATCH = 25
"""Programs examined by one task."""

_ROUND = 100_000
_SEEDS = 1000
"""Each round takes the seed so far after the last one."""

Task = tuple[str, int, int]
"""A name, how many cases, the seed; `edges` and a name, the same; or `programs`, how many, the number of the first."""


class Total:
    """The line at the end."""

    def __init__(self, found: Sequence[Figures]) -> None:
        self.cases = sum(figures.total for figures in found)
        self.false_accepts = sum(figures.counts["false_accepts"] for figures in found)
        self.false_rejects = sum(figures.counts["false_rejects"] for figures in found)
        self.undecided = sum(figures.counts["undecided"] for figures in found)

    @property
    def wrong(self) -> int:
        return self.false_accepts + self.false_rejects

    def __str__(self) -> str:
        return (
            f"cases {self.cases}, false accepts {self.false_accepts}, false rejects {self.false_rejects}, "
            f"undecided {self.undecided}"
        )


def summary(found: Sequence[Figures]) -> Total:
    return Total(found)


def tasks(cases: int, seed: int, names: Sequence[str] = ()) -> list[Task]:
    """The whole work in pieces, of which each gives the same figures on every machine."""
    chosen = list(names) or [*subjects(), PROGRAMS]
    ops = [name for name in chosen if name not in (PROGRAMS, EDGES)]
    out: list[Task] = []
    if EDGES in chosen:
        out += [(f"{EDGES} {name}", -(-cases // len(subjects())), seed) for name in subjects()]
    if PROGRAMS in chosen:
        count = max(1, cases // _SHARE) if ops else cases
        out += [(PROGRAMS, min(_BATCH, count - k), seed * 10_000_000 + k) for k in range(0, count, _BATCH)]
    out += [(name, -(-cases // len(ops)), seed) for name in ops]
    return out


def perform(task: Task) -> Figures:
    torch.set_num_threads(1)
    name, count, seed = task
    if name == PROGRAMS:
        return examine_programs(seed, count)
    if name.startswith(EDGES):
        return examine_edges(name.removeprefix(EDGES).strip(), count, seed)
    return examine(name, count, seed)


def rounds(cases: int, seed: int, workers: int = WORKERS, names: Sequence[str] = ()) -> Iterator[tuple[int, list[Figures]]]:
    """(cases asked for so far, figures so far): long runs go round by round, each of which asks about everything, so that what
    was found until a run is broken off is what a shorter run finds."""
    sizes = [_ROUND] * (cases // _ROUND) + [cases % _ROUND] * (cases % _ROUND > 0)
    merged: dict[str, Figures] = {}
    for number, size in enumerate(sizes):
        for figures in run(size, seed + number * _SEEDS, workers, names):
            merged.setdefault(figures.name, Figures(figures.name)).add(figures)
        yield number * _ROUND + size, list(merged.values())


def run(cases: int, seed: int, workers: int = WORKERS, names: Sequence[str] = ()) -> list[Figures]:
    """The figures of each layer and function in the order of the registry, and of the programs at the end."""
    work = tasks(cases, seed, names)
    merged: dict[str, Figures] = {}
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:  # a worker that crashes ends the run
        for figures in pool.map(perform, work):
            merged.setdefault(figures.name, Figures(figures.name)).add(figures)
    order = [name for name in [*subjects(), PROGRAMS] if name in merged]
    return [merged[name] for name in order]
