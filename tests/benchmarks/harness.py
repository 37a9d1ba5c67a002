"""Timings as ratios. Each row compares two ways of doing one thing in interleaved runs, so that a machine that slows
down slows both; and one of them with itself (A/A), which shows how far from 1 a ratio must be to mean anything."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import TypeVar

from specc.record import Record
from specc.report.table import table

Sample = TypeVar("Sample")

# Linux counts the memory of a process from before its exec, that is its parent's: so a small process of its own launches
# what is measured. It prints seconds, ru_maxrss and the exit status.
_LAUNCH = """
import os, sys, time
null = os.open(os.devnull, os.O_RDWR)
redirect = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)]
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=redirect)
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""


def as_installed() -> dict[str, str]:
    """The environment, with compiled bytecode kept as an installed package has it: nobody waits for that twice."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Row(Record):
    """Medians of one comparison. `ratio` is ours / theirs (below 1: ours is smaller); `control` is ours / ours again."""

    name: str
    unit: str
    ours: float
    theirs: float
    ratio: float
    control: float
    runs: int


def compare(name: str, ours: Callable[[], object], theirs: Callable[[], object], runs: int = 15, warmup: int = 2) -> Row:
    """Wall time of two callables, in milliseconds. Garbage collection is off while one is timed."""
    for _ in range(warmup):
        ours()
        theirs()
    samples = _interleaved((lambda: _timed(ours), lambda: _timed(theirs), lambda: _timed(ours)), runs)
    return _row(name, "ms", samples)


def compare_commands(name: str, ours: Sequence[str], theirs: Sequence[str], runs: int = 9) -> list[Row]:
    """Two rows for two commands, each run in processes of its own: wall time in ms, and peak resident memory in MiB."""
    measured = _interleaved((lambda: _process(ours), lambda: _process(theirs), lambda: _process(ours)), runs)
    walls = [[wall for wall, _ in series] for series in measured]
    peaks = [[peak for _, peak in series] for series in measured]
    return [_row(name, "ms", walls), _row(name, "MiB", peaks)]


def show(title: str, rows: Sequence[Row]) -> None:
    """Prints the table."""
    print(title)
    cells = [
        (
            row.name,
            f"{row.ours:.1f} {row.unit}",
            f"{row.theirs:.1f} {row.unit}",
            f"{row.ratio:.3f}",
            f"{row.control:.3f}",
            row.runs,
        )
        for row in rows
    ]
    print(
        table(("what", "ours", "theirs", "ours/theirs", "A/A", "runs"), cells, right=("ours", "theirs", "ours/theirs", "A/A"))
    )


def _interleaved(measures: Sequence[Callable[[], Sample]], runs: int) -> list[list[Sample]]:
    """Takes all measures in turn, `runs` times, starting each round with another one."""
    series: list[list[Sample]] = [[] for _ in measures]
    for turn in range(runs):
        for offset in range(len(measures)):
            which = (turn + offset) % len(measures)
            series[which].append(measures[which]())
    return series


def _row(name: str, unit: str, samples: Sequence[Sequence[float]]) -> Row:
    ours, theirs, again = (median(series) for series in samples)
    return Row(name, unit, ours, theirs, ours / theirs, ours / again, len(samples[0]))


def _timed(call: Callable[[], object]) -> float:
    collecting = gc.isenabled()
    gc.disable()
    try:
        start = time.perf_counter()
        call()
        return (time.perf_counter() - start) * 1000
    finally:
        if collecting:
            gc.enable()


def _process(command: Sequence[str]) -> tuple[float, float]:
    """Wall milliseconds and peak MiB of a command. Raises CalledProcessError when it fails."""
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCH, *command]
    wall, peak, status = subprocess.run(launcher, capture_output=True, text=True, check=True, env=as_installed()).stdout.split()
    if status != "0":
        raise subprocess.CalledProcessError(int(status), list(command))
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, KiB elsewhere
    return float(wall) * 1000, int(peak) / scale
