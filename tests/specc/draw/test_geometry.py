"""What graphviz reports of the finished sheet: nothing overlaps, texts fit, the trunk is straight, wires keep off boxes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from specc.draw.engine import engine
from specc.draw.sheet import places, sheet
from tests.specc.draw.drawings import FAMILIES, family, picture

ZOO = [*FAMILIES, "bert", "mnist", "vgg", "efficientnet", "gan"]
Rect = tuple[float, float, float, float]


@cache
def drawn(name: str) -> dict[str, Any]:
    made = family(name) if name in FAMILIES else picture(name)
    run = engine()
    found: dict[str, Any] = json.loads(run(sheet(made, run), "nop2", "json"))
    return found


def nodes(name: str) -> list[dict[str, Any]]:
    return [o for o in drawn(name)["objects"] if "pos" in o]


def rect(node: dict[str, Any]) -> Rect:
    x, y = map(float, node["pos"].split(","))
    w, h = 36 * float(node["width"]), 36 * float(node["height"])
    return x - w, y - h, x + w, y + h


def overlap(a: Rect, b: Rect, slack: float = 0.5) -> bool:
    return a[0] + slack < b[2] and b[0] + slack < a[2] and a[1] + slack < b[3] and b[1] + slack < a[3]


@pytest.mark.parametrize("name", ZOO)
def test_no_box_overlaps_another(name: str) -> None:
    rects = [(node["name"], rect(node)) for node in nodes(name)]
    found = [(a, b) for k, (a, one) in enumerate(rects) for b, other in rects[k + 1 :] if overlap(one, other)]
    assert found == []


@pytest.mark.parametrize("name", ZOO)
def test_no_text_leaves_its_box(name: str) -> None:
    for node in nodes(name):
        left, low, right, high = rect(node)
        align = {"l": 0.0, "c": 0.5, "r": 1.0}
        for op in node.get("_ldraw_", []):
            if op["op"] == "T":
                start = op["pt"][0] - op["width"] * align[op["align"]]
                assert left - 1 <= start, (node["name"], op["text"])
                assert start + op["width"] <= right + 1, (node["name"], op["text"])
                assert low <= op["pt"][1] <= high, (node["name"], op["text"])


def points(edge: dict[str, Any]) -> list[tuple[float, float]]:
    """Along the wire, from its Bezier curves."""
    raw = [part for part in edge["pos"].split() if not part.startswith(("s,", "e,"))]
    control = [(float(x), float(y)) for x, y in (part.split(",") for part in raw)]
    found = []
    for k in range(0, len(control) - 3, 3):
        for t in (n / 12 for n in range(13)):
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            x = sum(w * p[0] for w, p in zip(weights, control[k : k + 4], strict=True))
            y = sum(w * p[1] for w, p in zip(weights, control[k : k + 4], strict=True))
            found.append((x, y))
    return found


@pytest.mark.parametrize("name", ["resnet18", "lenet5", "gpt2", "vae", "transformer", "bert", "mnist", "vgg", "gan"])
def test_no_wire_crosses_a_box(name: str) -> None:
    by_number = {node["_gvid"]: node for node in nodes(name)}
    found = []
    for edge in drawn(name)["edges"]:
        if edge.get("style") == "invis":
            continue
        for number, node in by_number.items():
            if number not in (edge["tail"], edge["head"]):
                left, low, right, high = rect(node)
                if any(left + 3 < x < right - 3 and low + 3 < y < high - 3 for x, y in points(edge)):
                    found.append((by_number[edge["tail"]]["name"], by_number[edge["head"]]["name"], node["name"]))
    assert found == []


@pytest.mark.parametrize("name", ["resnet18", "gpt2", "transformer", "lenet5", "bert", "vgg"])
def test_the_trunk_is_straight(name: str) -> None:
    across: dict[str, set[int]] = {}
    for node in nodes(name):
        if node.get("group", "").endswith(".0"):
            across.setdefault(node["group"], set()).add(round(float(node["pos"].split(",")[0])))
    assert across
    assert [group for group, where in across.items() if max(where) - min(where) > 2] == []


@pytest.mark.parametrize(("spec", "variant"), [("gpt2", None), ("gpt2", "xl"), ("resnet", "resnet152"), ("resnet", "resnet50")])
def test_sheets_are_not_strips(spec: str, variant: str | None) -> None:
    run = engine()
    found = json.loads(run(sheet(picture(spec, variant=variant), run), "nop2", "json"))
    left, low, right, high = map(float, found["bb"].split(","))
    assert (high - low) / (right - left) <= 3


def test_places() -> None:
    assert places([(100, 400), (50, 100), (60, 100), (70, 300)], "tb") == [(0, -400), (134, -100), (134, -234), (228, -300)]
    assert places([(100, 40), (50, 30)], "lr") == [(0, -40), (0, -104)]


def test_that_the_overlap_test_can_fail() -> None:
    assert overlap((0, 0, 10, 10), (5, 5, 15, 15))
    assert not overlap((0, 0, 10, 10), (10, 0, 20, 10))
