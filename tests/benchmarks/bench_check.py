"""How fast `specc check` is: beside building the same network by hand on the meta device, and as a spec grows."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from itertools import pairwise
from pathlib import Path

from specc import check
from tests.benchmarks.harness import Row, compare, compare_commands, show

ROOT = Path(__file__).parents[2]
RESNET = ROOT / "specs" / "vision" / "resnet.nn"
GPT2 = ROOT / "specs" / "transformers" / "gpt2.nn"

# What a hand-written network must do before it can tell of a mistake: import torch, build, and run on the meta device.
BY_HAND = """
import tests.reference.torchvision_shim, torch, torchvision
with torch.device("meta"):
    torchvision.models.resnet50()(torch.empty(1, 3, 224, 224))
"""


def processes() -> list[Row]:
    """A cold check of every variant, as the user waits for it, and the hand-written ResNet-50."""
    command = [sys.executable, "-m", "specc", "check", str(RESNET)]
    return compare_commands("check resnet.nn / torchvision on meta", command, [sys.executable, "-c", BY_HAND])


def deep(layers: int) -> str:
    """`layers` dense layers, each written out."""
    lines = "\n".join(f"  -> fc{i}: Linear({64 + i % 7})" for i in range(layers))
    return f"model Deep {{\n  input x: float[B, 64]\n  x\n{lines}\n  -> output y\n}}\n"


def repeated(times: int) -> str:
    """One block, used `times` times."""
    return f"""
block Unit(width: int) {{
    input x: float[B, width]
    output x + (x -> norm: LayerNorm -> fc1: Linear(4 * width) -> GELU -> fc2: Linear(width))
}}
model Tower {{
    input x: float[B, 64]
    output y = x -> blocks: for i in 0..{times} {{ Unit(64) }}
}}
"""


def growth() -> list[Row]:
    """Checks in one warm process. The ratio of sizes is in the name; a ratio of times near it means linear growth."""
    found = []
    with tempfile.TemporaryDirectory() as folder:

        def written(name: str, text: str) -> Path:
            path = Path(folder) / name
            path.write_text(text)
            assert check(path).ok, name
            return path

        paths = {layers: written(f"deep{layers}.nn", deep(layers)) for layers in (100, 1000, 10_000)}
        for small, large in pairwise(paths):
            ours, theirs = partial(check, paths[large]), partial(check, paths[small])
            found.append(compare(f"{large} layers / {small} layers", ours, theirs, runs=5, warmup=1))
        few, many = written("few.nn", repeated(12)), written("many.nn", repeated(48))
        found.append(compare("a block 48 times / 12 times", partial(check, many), partial(check, few)))
    gpt2, gpt2_xl = (partial(check, GPT2, variant=variant) for variant in ("small", "xl"))
    found.append(compare("GPT-2 of 48 layers / of 12", gpt2_xl, gpt2))
    return found


def main() -> None:
    show("in a process of its own", processes())
    show("growth", growth())


if __name__ == "__main__":
    main()
