"""How fast `specc check` is: beside building the same network by hand on the meta device, and as a spec grows."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import count, pairwise
from pathlib import Path

from specc import check
from tests.benchmarks.harness import Row, as_installed, compare, compare_commands, show

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


_PAGE = """
block Down{n}(width: int, stride: int = 1) {{
    input x: [N, C, H, W]
    main = x
      -> conv1: Conv2d(width, 3, stride=stride, padding=1, bias=false)
      -> bn1: BatchNorm2d -> ReLU
      -> conv2: Conv2d(width, 3, padding=1, bias=false) -> bn2: BatchNorm2d
    shortcut = x -> if stride != 1 or C != width {{
        project: Conv2d(width, 1, stride=stride, bias=false)
    }}
    output (main + shortcut) -> ReLU
}}

model Net{n}(classes: int = {n} + 2) {{
    input image: float[B, 3, H, W], words: int[B, T]
    require H % 8 == 0 and W % 8 == 0
    seen = image
      -> a: Down{n}(32) -> b: Down{n}(64, stride=2) -> c: Down{n}(128, stride=2)
      -> d: Down{n}(128, stride=2) -> AdaptiveAvgPool2d(1) -> Flatten
    read = words -> table: Embedding(1000, 64) -> rnn: GRU(128, batch_first=true)
    both = cat([seen, read[:, -1]], dim=1)
    output logits: float[B, classes] = both -> hidden: Linear(256) -> GELU -> head: Linear(classes)
}}
"""


def pages(lines: int) -> str:
    """A file of so many lines, made of blocks and models as people write them."""
    each = _PAGE.count("\n")
    return "".join(_PAGE.format(n=n) for n in range(lines // each + 1))[1:]


def again(path: Path) -> Callable[[], object]:
    """A re-check in a process that has checked the file before; a line that was never so changes in between, as in an
    editor."""
    text = path.read_text()
    widths = count(257)

    def run() -> object:
        path.write_text(text.replace("Linear(256)", f"Linear({next(widths)})", 1))
        return check(path)

    return run


def rechecks() -> list[Row]:
    """A re-check beside a cold `specc check` of the same file, and re-checks of longer files beside each other."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {lines: Path(folder) / f"page{lines}.nn" for lines in (250, 500, 1000, 2000)}
        for lines, path in paths.items():
            path.write_text(pages(lines))
            assert check(path).ok, lines
        command = [sys.executable, "-m", "specc", "check", str(paths[500])]
        cold = partial(subprocess.run, command, stdout=subprocess.DEVNULL, check=True, env=as_installed())
        found = [compare("500 lines: check again / cold specc check", again(paths[500]), cold)]
        for small, large in pairwise(paths):
            row = compare(f"check again: {large} lines / {small} lines", again(paths[large]), again(paths[small]), runs=7)
            found.append(row)
    return found


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
    show("a file that is checked again", rechecks())
    show("growth", growth())


if __name__ == "__main__":
    main()
