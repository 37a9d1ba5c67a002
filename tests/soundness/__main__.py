"""The checker against torch: every layer, every function, random programs.

    python -m tests.soundness --cases 20000 --seed 1 [--write docs/soundness.md] [Conv2d cat programs ...]

Ends with `cases N, false accepts A, false rejects R, undecided U`. Exits with 1 if A or R is not 0.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tests.soundness.page import page
from tests.soundness.suite import WORKERS, rounds, summary


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000, help="questions in all, over all layers, functions and programs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--examples", type=int, default=3, help="disagreements shown for each")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the figures as a page")
    parser.add_argument(
        "names",
        nargs="*",
        help="these layers and functions only; `programs` stands for the random programs, `edges` for "
        "questions about where all layers and functions end, which are not asked else",
    )
    options = parser.parse_args()
    if options.cases < 1:
        parser.error("at least one case is needed")
    started = time.perf_counter()
    shown: set[str] = set()
    for asked, found in rounds(options.cases, options.seed, options.workers, options.names):
        for figures in found:
            for example in figures.examples[: options.examples]:
                if example not in shown:
                    print(f"{figures.name}: {example}", flush=True)
                    shown.add(example)
        if options.write is not None:
            options.write.write_text(page(found, asked, options.seed, time.perf_counter() - started), encoding="utf-8")
        total = summary(found)
        if asked < options.cases:
            print(f"so far: {total}", flush=True)
    print(total)
    return 0 if not total.wrong else 1


if __name__ == "__main__":
    raise SystemExit(main())
