"""What graphviz reports of the finished sheets, for every picture of the gallery and more: nothing overlaps, texts fit, lines
are straight, wires keep off boxes, sheets are no strips."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from specc.draw.compose import Wanted
from specc.draw.picture import Box, Cluster, Panel, Picture, Wire
from specc.draw.sheet import places
from tests.specc.draw.drawings import FAMILIES, picture
from tests.specc.draw.geometry import Rect, Sheet, curve

SPECS = Path("specs")
GALLERY = sorted(
    str(path.relative_to(SPECS).with_suffix(""))
    for path in SPECS.rglob("*.nn")
    if "\nmodel " in "\n" + path.read_text(encoding="utf-8")
)
OTHERS: dict[str, tuple[str, Wanted, str | None]] = {
    f"{spec} {model}": (spec, Wanted("overview"), model) for spec, model in FAMILIES.values() if model is not None
}
OTHERS |= {f"{spec} as cards": (spec, Wanted("overview"), None) for spec in GALLERY}
ALL = [*GALLERY, *OTHERS]
"""What the gallery shows, other models, and everything as cards."""
BENT = 4
"""How often one line of a picture may step aside."""
TALL, CHAIN = 3.2, 6.0
"""Height to width of a sheet, and of a plain chain of layers, which has nothing beside it."""


@cache
def drawn(name: str) -> Sheet:
    spec, wanted, model = OTHERS.get(name, (name, Wanted(), None))
    made = picture(spec, wanted, model)
    if made.panels[0].scene is not None:
        pytest.skip("painted, not laid out: held beside the view")
    return Sheet(made)


@pytest.mark.parametrize("name", ALL)
def test_no_box_overlaps_another(name: str) -> None:
    assert drawn(name).overlaps() == []


@pytest.mark.parametrize("name", ALL)
def test_no_text_leaves_its_box(name: str) -> None:
    assert drawn(name).overflows() == []


@pytest.mark.parametrize("name", ALL)
def test_no_wire_crosses_a_box(name: str) -> None:
    assert drawn(name).crossings() == []


@pytest.mark.parametrize("name", ALL)
def test_lines_are_straight(name: str) -> None:
    """The trunk of the model itself is, but for models that begin or end in several places."""
    bends = drawn(name).bends()
    assert {line: count for line, count in bends.items() if count > BENT} == {}
    assert bends.get("0.0", 0) <= 1


def test_the_trunks_that_bend_are_few() -> None:
    cards = [name for name in OTHERS if name.endswith("cards")]
    bent = [name for name in cards if drawn(name).bends().get("0.0", 0)]
    assert len(bent) <= len(cards) // 20, bent


@pytest.mark.parametrize("name", ALL)
def test_sheets_are_no_strips(name: str) -> None:
    width, height = drawn(name).size
    lines = drawn(name).bends()
    assert height / width <= (CHAIN if len(lines) == 1 else TALL)


@pytest.mark.parametrize(
    ("spec", "variant"),
    [("gpt2", None), ("gpt2", "xl"), ("resnet", "resnet18"), ("resnet", "resnet50"), ("resnet", "resnet152")],
)
def test_what_papers_show_is_no_strip(spec: str, variant: str | None) -> None:
    width, height = Sheet(picture(spec, variant=variant)).size
    assert height / width <= 3


@pytest.mark.parametrize("name", ["resnet", "gpt2", "transformer", "lstm", "vae", "ddpm"])
@pytest.mark.parametrize(
    "wanted",
    [Wanted("full"), Wanted("table"), Wanted(depth=0), Wanted(shapes=False), Wanted(direction="lr")],
    ids=str,
)
def test_the_same_holds_of_other_views(name: str, wanted: Wanted) -> None:
    found = Sheet(picture(name, wanted))
    assert (found.overlaps(), found.overflows()) == ([], [])
    assert [crossing for crossing in found.crossings() if not crossing[2].startswith("cluster_")] == []


def test_places() -> None:
    assert places([(100, 400), (50, 100), (60, 100), (70, 300)], "tb") == [(0, -400), (134, -100), (134, -234), (228, -300)]
    assert places([(100, 40), (50, 30)], "lr") == [(0, -40), (0, -104)]


class TestThatTheyCanFail:
    def sheet(self) -> Sheet:
        names = ["a", "b", "c"]
        boxes = tuple(Box(name, "box", "linear", name, cluster="f" if name == "b" else "", track="0") for name in names)
        ends = (("a", "f"), ("f", "b"), ("b", "c"))
        wires = (*(Wire(start, end, straight=True) for start, end in ends), Wire("a", "c"))
        frame = Cluster("f", "block", "f", track="0")
        return Sheet(Picture("p", "", (Panel("p", "overview", boxes, (frame,), wires),)))

    def test_nothing_is_wrong_with_it(self) -> None:
        found = self.sheet()
        assert (found.overlaps(), found.overflows(), found.crossings()) == ([], [], [])
        assert set(found.bends().values()) == {0}

    def moved(self, name: str, dx: float, dy: float) -> Sheet:
        found = self.sheet()
        for node in found.nodes:
            if node["name"] == f"0|{name}":
                x, y = map(float, node["pos"].split(","))
                node["pos"] = f"{x + dx},{y + dy}"
                number = int(node["_gvid"])
                old = found.rects[number]
                found.rects[number] = Rect(old.left + dx, old.low + dy, old.right + dx, old.high + dy)
        return found

    def test_a_box_on_another(self) -> None:
        centre = {node["name"]: tuple(map(float, node["pos"].split(","))) for node in self.sheet().nodes}
        (ax, ay), (cx, cy) = centre["0|a"], centre["0|c"]
        found = self.moved("a", cx - ax, cy - ay)
        assert ("0|a", "0|c") in found.overlaps()
        assert found.overflows()

    def test_a_box_on_a_wire(self) -> None:
        found = self.sheet()
        long = next(edge for edge in found.edges if (found.names[edge["tail"]], found.names[edge["head"]]) == ("0|a", "0|c"))
        x, y = map(float, long["pos"].split()[2].split(","))
        bx, by = next(tuple(map(float, node["pos"].split(","))) for node in found.nodes if node["name"] == "0|b")
        assert ("0|a", "0|c", "0|b") in self.moved("b", x - bx, y - by).crossings()

    def test_a_box_beside_its_line(self) -> None:
        assert max(self.moved("b", 5, 0).bends().values()) == 2

    def test_rectangles_and_curves(self) -> None:
        assert Rect(0, 0, 10, 10).overlaps(Rect(5, 5, 15, 15))
        assert not Rect(0, 0, 10, 10).overlaps(Rect(10, 0, 20, 10))
        ends = list(curve([(0, 0), (0, 1), (1, 1), (1, 0)]))
        assert (ends[0], ends[-1]) == ((0, 0), (1, 0))
        assert max(y for _, y in ends) == pytest.approx(0.75)


def test_encoder_and_decoder_stand_in_columns_joined_by_one_wire() -> None:
    found = picture("transformer").panels[0]
    sheet = Sheet(picture("transformer"))
    encoder, decoder = (c for c in found.clusters if c.title in ("EncoderLayer", "DecoderLayer"))
    inside = {
        cluster.id: {box.id for box in found.boxes if box.cluster.startswith(cluster.id)} | {cluster.id}
        for cluster in (encoder, decoder)
    }
    across = [w for w in found.wires if w.source in inside[encoder.id] and w.target in inside[decoder.id]]
    assert [box.title for box in found.boxes for w in across if box.id == w.target] == ["Attention"]
    columns = [[r for n, r in sheet.rects.items() if sheet.names[n].partition("|")[2] in ids] for ids in inside.values()]
    assert max(rect.right for rect in columns[0]) < min(rect.left for rect in columns[1])
