"""What `specc draw` costs: beside torchview, which builds the model, runs it and draws the trace; and on a large picture.

With `--write` the figures of both, and how large their pictures are, go to docs/torchview.md.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import specc
from specc.draw.engine import engine
from specc.record import Record
from tests.benchmarks.harness import Row, compare_commands, show

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "torchview.md"

# What its user runs, with the layout done inside the process, as specc does it. On the meta device nothing is computed and no
# weights are made.
TORCHVIEW = """
import torch
from torchview import draw_graph
{prepare}
with torch.device({device!r}):
    drawn = draw_graph({model}, device={device!r}, {inputs})
import pygraphviz
written = pygraphviz.AGraph(string=drawn.visual_graph.source).draw(format={form!r}, prog="dot")
open({path!r}, "wb").write(written)
"""
TORCHVISION = "import tests.reference.torchvision_shim, torchvision"
IMAGE = "input_size=(1, 3, 224, 224)"


class Network(Record):
    """A network as both draw it: the spec and its variant; how it is prepared, made and fed for torchview."""

    name: str
    spec: str
    variant: str
    prepare: str
    model: str
    inputs: str

    def ours(self, path: str) -> list[str]:
        variant = ["--variant", self.variant] if self.variant else []
        return [sys.executable, "-m", "specc", "draw", self.spec, *variant, "-o", path, "--force"]

    def theirs(self, path: str, form: str = "svg", device: str = "cpu") -> list[str]:
        given = {"prepare": self.prepare, "model": self.model, "inputs": self.inputs}
        source = TORCHVIEW.format(**given, device=device, form=form, path=path)
        return [sys.executable, "-c", source]


NETWORKS = (
    Network("ResNet-18", "resnet", "resnet18", TORCHVISION, "torchvision.models.resnet18()", IMAGE),
    Network("ResNet-152", "resnet", "resnet152", TORCHVISION, "torchvision.models.resnet152()", IMAGE),
    Network(
        "GPT-2", "gpt2", "", "import specc; GPT2 = specc.load('gpt2').GPT2", "GPT2()",
        "input_data=torch.zeros(1, 64, dtype=torch.long)",
    ),
)  # fmt: skip
INTRODUCTION = """# The same networks by torchview

<!-- Written by tests/benchmarks/bench_draw.py --write. -->

torchview {version} builds a model, runs it and draws the trace; `specc draw` draws the spec. One graphviz lays out both. Sizes
are in points and in square inches of paper. Times are those of a whole process, from starting the interpreter to the SVG:
medians of interleaved runs on one busy machine.

| network | by | width x height | square inches | boxes | wires | time |
| --- | --- | --- | --- | --- | --- | --- |"""
LIMITS = "limits: ResNet-152 at most 0.1 of torchview's time; 1000 nodes under 3000 ms; each under 150 MiB"


def thousand() -> str:
    """A model of which a full view has a thousand boxes: nothing folds, and every third layer is skipped."""
    layers = "\n".join(f"    y{i + 1} = y{i} + (y{i} -> a{i}: Linear({i + 9}) -> ReLU -> b{i}: Linear(8))" for i in range(333))
    return f"model M {{\n    input y0: float[B, 8]\n{layers}\n    output y333\n}}\n"


class Size(Record):
    """A drawing: its sides in points, what stands in it, what connects it."""

    width: float
    height: float
    boxes: int
    wires: int


def drawn(network: Network) -> Size:
    """Our picture; dots and sizes on the wires are no boxes."""
    from specc.draw.sheet import sheet

    picture = specc.draw(network.spec, variant=network.variant or None).picture
    run = engine()
    found = json.loads(run(sheet(picture, run), "nop2", "json"))
    left, low, right, high = map(float, found["bb"].split(","))
    boxes = sum(box.shape != "dot" for panel in picture.panels for box in panel.boxes)
    return Size(right - left, high - low, boxes, sum(len(panel.wires) for panel in picture.panels))


def by_torchview(network: Network, folder: str) -> Size:
    import subprocess

    path = f"{folder}/theirs.json"
    subprocess.run(network.theirs(path, "json", "meta"), check=True, capture_output=True, cwd=ROOT)
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    left, low, right, high = map(float, found["bb"].split(","))
    return Size(right - left, high - low, sum("pos" in item for item in found["objects"]), len(found["edges"]))


def cells(size: Size) -> str:
    """The columns of a drawing on the page."""
    area = size.width * size.height / 72**2
    return f"{size.width:.0f} x {size.height:.0f} | {area:.1f} | {size.boxes} | {size.wires}"


def written(networks: tuple[Network, ...], rows: list[Row], folder: str) -> str:
    """docs/torchview.md."""
    times = {row.name: row for row in rows if row.unit == "ms"}
    lines = [INTRODUCTION.format(version=version("torchview"))]
    for network in networks:
        row = times[label(network)]
        lines.append(f"| {network.name} | specc | {cells(drawn(network))} | {row.ours:.0f} ms |")
        lines.append(f"| | torchview | {cells(by_torchview(network, folder))} | {row.theirs:.0f} ms |")
    lines += ["", "The pictures of specc are in the [gallery](gallery.md)."]
    return "\n".join(lines) + "\n"


def label(network: Network) -> str:
    return f"{network.name} to SVG: specc draw / torchview"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "thousand.nn"
        large.write_text(thousand(), encoding="utf-8")
        command = [sys.executable, "-m", "specc", "draw", str(large), "--view", "full", "-o", f"{folder}/large.svg", "--force"]
        rows = []
        if find_spec("torchview") is not None:
            for network in NETWORKS:
                rows += compare_commands(label(network), network.ours(f"{folder}/a.svg"), network.theirs(f"{folder}/b.svg"), 5)
            network = NETWORKS[1]
            theirs = network.theirs(f"{folder}/b.svg", device="meta")
            rows += compare_commands(f"{label(network)} on meta", network.ours(f"{folder}/a.svg"), theirs, 5)
        else:
            print("torchview is not installed, so nothing is compared with it: pip install torchview")
            python = [sys.executable, "-c", "import torch"]
            for network in NETWORKS:
                name = f"{network.name} to SVG: specc draw / import torch"
                rows += compare_commands(name, network.ours(f"{folder}/a.svg"), python, 5)
        rows += compare_commands("1000 boxes to SVG / a bare python", command, [sys.executable, "-c", "pass"], 5)
        show("drawing, in processes of their own", rows)
        print(LIMITS)
        if "--write" in sys.argv:
            PAGE.write_text(written(NETWORKS, rows, folder), encoding="utf-8")


if __name__ == "__main__":
    main()
