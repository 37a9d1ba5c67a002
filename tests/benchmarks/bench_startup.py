"""What a check costs beside starting torch, which is what finding the same mistake by running the model would cost first."""

from __future__ import annotations

import sys

from tests.benchmarks.harness import compare_commands, show

SPECC = [sys.executable, "-m", "specc"]


def main() -> None:
    rows = []
    for spec in ("vision/lenet5", "vision/resnet", "transformers/gpt2"):
        rows += compare_commands(
            f"check {spec} | import torch", [*SPECC, "check", spec], [sys.executable, "-c", "import torch"], 5
        )
    rows += compare_commands(
        "fmt --check | bare python", [*SPECC, "fmt", "--check", "specs/vision"], [sys.executable, "-c", "pass"], 5
    )
    show("Starting: processes, wall time and peak memory", rows)


if __name__ == "__main__":
    main()
