"""Checking the whole zoo in one process, every model and variant of it, beside importing torch."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks.harness import compare_commands, show

CHECK = [sys.executable, "-m", "specc", "check", str(Path(__file__).parents[2] / "specs")]
IMPORT = [sys.executable, "-c", "import torch"]


def main() -> None:
    show("The whole zoo: a process, wall time and peak memory", compare_commands("check specs | import torch", CHECK, IMPORT))


if __name__ == "__main__":
    main()
