"""The harness tells a factor of ten from none, and what failed from what was fast."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.benchmarks.harness import compare, compare_commands


def test_callables() -> None:
    row = compare("sleep", lambda: time.sleep(0.01), lambda: time.sleep(0.001), runs=5)
    assert row.ratio > 3
    assert 0.5 < row.control < 2
    assert row.ours >= 10


def test_processes() -> None:
    large = [sys.executable, "-c", "x = bytearray(60_000_000)"]
    wall, peak = compare_commands("memory", large, [sys.executable, "-c", "pass"], runs=3)
    assert (wall.unit, peak.unit) == ("ms", "MiB")
    assert peak.ours - peak.theirs > 40


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        compare_commands("broken", [sys.executable, "-c", "raise SystemExit(1)"], [sys.executable, "-c", "pass"], runs=1)
