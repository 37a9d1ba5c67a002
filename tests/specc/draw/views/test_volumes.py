"""The volume view: exact to the checked types, to scale, and with nothing on top of anything else."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

from specc.draw.compose import CannotDraw, Wanted
from specc.draw.picture import Picture
from specc.draw.render import render, svg
from specc.draw.scene import Group, Polygon, Scene, Text
from tests.golden import Golden
from tests.specc.draw.drawings import picture

CASES = Path("tests/cases/draw")
MODELS: dict[str, tuple[str, str | None, str | None]] = {
    "lenet5": ("lenet5", "LeNet5", None),
    "alexnet": ("alexnet", None, None),
    "vgg16": ("vgg", None, "vgg16"),
    "resnet18": ("resnet", None, "resnet18"),
    "resnet152": ("resnet", None, "resnet152"),
    "efficientnet": ("efficientnet", None, None),
    "dcgan": ("dcgan", "Generator", None),
    "ddpm": ("ddpm", None, None),
}
Rect = tuple[float, float, float, float]


def drawn(name: str) -> Picture:
    spec, model, variant = MODELS[name]
    return picture(spec, Wanted("volumes"), model, variant)


def scene(name: str) -> Scene:
    found = drawn(name).panels[0].scene
    assert found is not None
    return found


def texts(group: Group) -> list[Text]:
    return [mark for mark in group.marks if isinstance(mark, Text)]


def faces(group: Group, tone: str) -> list[Rect]:
    found = [mark.points for mark in group.marks if isinstance(mark, Polygon) and mark.tone == tone]
    return [(min(x for x, _ in p), min(y for _, y in p), max(x for x, _ in p), max(y for _, y in p)) for p in found]


def volumes(name: str) -> list[Group]:
    return [group for group in scene(name).groups if group.kind not in ("wire", "legend")]


def box(text: Text) -> Rect:
    return text.span[0], text.at[1] - 0.75 * text.size, text.span[1], text.at[1] + 0.2 * text.size


def overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_lenet_is_told_layer_by_layer() -> None:
    assert [[text.text for text in texts(group)] for group in volumes("lenet5")] == [
        ["image", "1×32×32"],
        ["Conv2d", "5×5", "6×28×28"],
        ["AvgPool2d", "2×2", "6×14×14"],
        ["Conv2d", "5×5", "16×10×10"],
        ["AvgPool2d", "2×2", "16×5×5"],
        ["Linear", "120"],
        ["Linear", "84"],
        ["Linear", "10"],
    ]


def test_open_sizes_are_written_as_they_are_or_at_a_number_that_is_told() -> None:
    assert "128×H/2×W/2" in [text.text for group in volumes("vgg16") for text in texts(group)]
    alexnet = [text.text for group in scene("alexnet").groups for text in texts(group)]
    assert "64×55×55" in alexnet
    assert "sizes at H = W = 224" in alexnet


def test_resnet_is_folded_by_stage() -> None:
    blocks = [group for group in volumes("resnet152") if group.kind == "block"]
    assert [[text.text for text in texts(group)] for group in blocks] == [
        ["Bottleneck", "× 3", "256×56×56"],
        ["Bottleneck", "× 8", "512×28×28"],
        ["Bottleneck", "× 36", "1024×14×14"],
        ["Bottleneck", "× 3", "2048×7×7"],
    ]
    assert [len(faces(group, "front")) for group in blocks] == [3, 4, 4, 3]


def test_heights_and_thickness_go_with_the_square_root() -> None:
    found = {texts(g)[-1].text: faces(g, "front")[0] for g in volumes("lenet5")}
    wide, narrow = found["6×28×28"], found["16×5×5"]
    assert (wide[3] - wide[1]) / (narrow[3] - narrow[1]) == pytest.approx(math.sqrt(28 / 5))
    assert (narrow[2] - narrow[0]) / (wide[2] - wide[0]) == pytest.approx(math.sqrt(16 / 6))


@pytest.mark.parametrize("name", MODELS)
def test_nothing_stands_on_anything_else(name: str) -> None:
    sheet = scene(name)
    labels = [box(text) for group in sheet.groups for text in texts(group)]
    solid = [rect for group in sheet.groups if group.kind != "legend" for rect in faces(group, "front")]
    assert [pair for pair in combinations(labels, 2) if overlap(*pair)] == []
    assert [pair for pair in combinations(solid, 2) if overlap(*pair)] == []
    assert [(text, rect) for text in labels for rect in solid if overlap(text, rect)] == []


@pytest.mark.parametrize("name", MODELS)
def test_everything_is_on_the_sheet(name: str) -> None:
    sheet = scene(name)
    rects = [box(text) for group in sheet.groups for text in texts(group)]
    rects += [rect for group in sheet.groups for tone in ("front", "side", "top") for rect in faces(group, tone)]
    assert all(a >= 0 and b >= 0 and c <= sheet.width and d <= sheet.height for a, b, c, d in rects)
    assert sheet.width < 1500


def test_that_the_overlap_test_can_fail() -> None:
    assert overlap((0, 0, 10, 10), (5, 5, 15, 15))
    assert not overlap((0, 0, 10, 10), (10, 0, 20, 10))


def test_svg(golden: Golden) -> None:
    text = svg(drawn("lenet5"))
    ET.fromstring(text.partition("?>")[2])
    golden(CASES / "lenet5.volumes.svg", re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL))


@pytest.mark.parametrize("form", ["svg", "png", "pdf", "html", "dot", "mmd"])
def test_every_format_twice_the_same(form: str) -> None:
    first = render(drawn("vgg16"), form)
    assert first == render(drawn("vgg16"), form)
    assert len(first) > 500
    assert form != "pdf" or b"/CreationDate (D:20000101000000Z)" in first


def test_it_needs_no_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    from specc.draw import engine

    def none() -> engine.Engine:
        raise engine.NoEngine

    monkeypatch.setattr(engine, "engine", none)
    assert "<svg" in svg(drawn("lenet5"))


def test_plain_convolutional_networks_are_drawn_so_by_themselves() -> None:
    for spec, model in (("lenet5", "LeNet5"), ("alexnet", None), ("vgg", None), ("mnist_convnet", None)):
        assert picture(spec, Wanted(), model).panels[0].scene is not None
    for spec in ("resnet", "gpt2", "residual"):
        assert picture(spec, Wanted()).panels[0].scene is None


def test_what_does_not_fit_says_why_and_what_would() -> None:
    with pytest.raises(CannotDraw, match=r"GPT2 has no convolutions or pooling .*: pass --view overview"):
        picture("gpt2", Wanted("volumes"))
