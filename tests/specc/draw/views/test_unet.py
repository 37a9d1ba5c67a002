"""The U: found from sizes and skips, never from a name; rows are resolutions, skips are level."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from specc.draw.compose import CannotDraw, Wanted
from specc.draw.picture import Box, Panel
from tests.golden import Golden
from tests.specc.draw.drawings import picture
from tests.specc.draw.views.placed import crossings, overlaps, placeless, spills

CASES = Path("tests/cases/draw")
SEGMENT = """
block Twice(width: int) {{
    input x: float[N, C, H, W]
    output x -> one: Conv2d(width, 3, padding=1) -> ReLU -> two: Conv2d(width, 3, padding=1) -> ReLU
}}
model Segment(widths: list = [64, 128, 256]) {{
    input image: float[N, 3, H, W]
    require H % 8 == 0 and W % 8 == 0
    x = image
    skips = []
    for i, width in enumerate(widths) {{
        x = x -> down.{{i}}: Twice(width)
        skips = skips + [x]
        x = x -> MaxPool2d(2)
    }}
    x = x -> middle: Twice(512)
    for i, width in enumerate(reversed(widths)) {{
        x = x -> up.{{i}}: ConvTranspose2d(width, 2, stride=2)
        x = {merge} -> merge.{{i}}: Twice(width)
        skips = skips[:-1]
    }}
    output mask = x -> head: Conv2d(2, 1)
}}
"""
CLASSIC = SEGMENT.format(merge="cat([skips[-1], x], dim=1)")
ADDED = SEGMENT.format(merge="(skips[-1] + x)")
WITHOUT = SEGMENT.format(merge="x")
WAVES = """
block Down(width: int) {
    input x: float[N, C, T]
    y = x -> one: Conv1d(width, 3, padding=1) -> ReLU -> two: Conv1d(width, 3, padding=1) -> ReLU
    output pooled = y -> MaxPool1d(2)
    output y
}
block Up(width: int) {
    input x: float[N, C, T], skip: float[N, D, S]
    y = x -> up: ConvTranspose1d(width, 2, stride=2)
    output cat([skip, y], dim=1) -> mix: Conv1d(width, 3, padding=1) -> ReLU
}
model Waves {
    input sound: float[N, 1, 4096]
    x, a = sound -> d1: Down(16)
    x, b = x -> d2: Down(32)
    x = x -> middle: Conv1d(64, 3, padding=1) -> ReLU
    x = (x, b) -> u2: Up(32)
    x = (x, a) -> u1: Up(16)
    output clean = x -> head: Conv1d(1, 1)
}
"""
ALL = {"waves": WAVES, "ddpm": "ddpm", "text_to_image": "text_to_image", "classic": CLASSIC, "added": ADDED}


def panel(spec: str) -> Panel:
    return picture(spec, Wanted()).panels[0]


def rows(found: Panel, arm: str) -> list[tuple[str, str, str]]:
    boxes = [box for box in found.boxes if box.id.startswith(arm)]
    return [(box.badge, box.title, box.subtitle) for box in boxes]


def at(found: Panel, name: str) -> Box:
    return next(box for box in found.boxes if box.id == name)


def test_the_classic_u() -> None:
    found = panel(CLASSIC)
    assert rows(found, "down") == [
        ("", "Twice", "64 × H × W"),
        ("", "Twice", "128 × H/2 × W/2"),
        ("", "Twice", "256 × H/4 × W/4"),
    ]
    assert rows(found, "bottom") == [("", "Twice", "512 × H/8 × W/8")]
    assert rows(found, "up")[1:] == [("", "Twice", "128 × H/2 × W/2"), ("", "Twice", "256 × H/4 × W/4")]
    assert {box.subtitle for box in found.boxes if box.id.startswith("change")} == {"MaxPool2d 2×2"}
    assert {box.subtitle for box in found.boxes if box.id.startswith("back")} == {"ConvTranspose2d 2×2, stride 2"}
    assert [(w.source, w.target) for w in found.wires if w.skip] == [("down0", "up0"), ("down1", "up1"), ("down2", "up2")]
    assert [box.title for box in found.boxes if box.id.startswith("skip")] == ["concat"] * 3


def test_skips_may_be_added() -> None:
    assert [box.title for box in panel(ADDED).boxes if box.id.startswith("skip")] == ["+"] * 3


def test_blocks_may_hold_the_changes_and_the_merges() -> None:
    found = panel(WAVES)
    assert rows(found, "down") == [("", "Down", "16 × 4\u2009096"), ("", "Down", "32 × 2\u2009048")]
    assert rows(found, "bottom") == [("", "Conv1d 3", "64 × 1\u2009024")]
    assert rows(found, "up") == [("", "Up", "16 × 4\u2009096 · Conv1d 1"), ("", "Up", "32 × 2\u2009048")]
    assert [p.name for p in picture(WAVES, Wanted()).panels] == ["unet", "Down", "Up"]


def test_diffusion() -> None:
    found = panel("ddpm")
    assert rows(found, "down")[1] == ("× 2", "ResnetBlock", "256 × 16 × 16 · SpatialAttention × 2")
    assert rows(found, "up")[1] == ("× 3", "ResnetBlock", "256 × 16 × 16 · SpatialAttention × 3")
    assert rows(found, "bottom") == [("× 2", "ResnetBlock", "256 × 4 × 4 · SpatialAttention")]
    assert [box.title for box in found.boxes if box.id.startswith("skip")] == ["concat × 3"] * 4
    assert [box.title or box.subtitle for box in found.boxes if box.id.startswith("told")] == [
        "t", "TimeEmbedding", "to each ResnetBlock",
    ]  # fmt: skip


def test_definitions_and_entries_stand_beside() -> None:
    names = [p.name for p in picture("ddpm", Wanted()).panels[1:]]
    assert names == ["add_noise", "denoise", "ResnetBlock", "SpatialAttention", "TimeEmbedding"]


@pytest.mark.parametrize("name", ALL)
def test_geometry(name: str) -> None:
    found = panel(ALL[name])
    assert overlaps(found) == []
    assert spills(found) == []
    assert crossings(found) == []
    for wire in found.wires:
        if wire.skip:
            assert {y for _, y in wire.route} == {at(found, wire.source).at[1]}  # type: ignore[index]
    downs = [at(found, f"down{k}").at or (0, 0) for k in range(len(rows(found, "down")))]
    ups = [at(found, f"up{k}").at or (0, 0) for k in range(len(downs))]
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(downs))
    assert [(-x, y) for x, y in downs] == ups


def test_dot(golden: Golden) -> None:
    golden(CASES / "segment.unet.dot", placeless(picture(CLASSIC, Wanted())))


def test_without_skips_or_without_a_way_down_there_is_no_u() -> None:
    for spec in (WITHOUT, "resnet", "vgg", "cyclegan", "residual"):
        assert panel(spec).name != "unet"
        with pytest.raises(CannotDraw, match="has no maps that become smaller and then larger again"):
            picture(spec, Wanted("unet"))
