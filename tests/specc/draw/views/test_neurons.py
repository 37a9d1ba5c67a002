"""Small dense networks as circles: how many, joined how, with what written at them, and when cards are drawn instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.cli.main import main
from specc.draw.compose import CannotDraw, Wanted
from specc.draw.picture import Panel
from tests.golden import Golden
from tests.specc.draw.drawings import picture
from tests.specc.draw.views.placed import crossings, overlaps, placeless, spills

CASES = Path("tests/cases/draw")
MODELS = [
    ("iris", None),
    ("mlp", "mlp_3_5_6_6_5_5"),
    ("mlp", "relu_2_2_2_1"),
    ("xor", None),
    ("mnist", None),
    ("pass_fail", None),
]


def panel(spec: str, variant: str | None = None) -> Panel:
    return picture(spec, Wanted(), variant=variant).panels[0]


def captions(found: Panel) -> list[tuple[str, str]]:
    return [(box.title, box.subtitle) for box in found.boxes if box.shape == "label" and box.id.startswith("below")]


def test_every_neuron_is_joined_to_every_neuron_of_the_next_layer() -> None:
    found = panel("mlp", "mlp_3_5_6_6_5_5")
    assert sum(box.shape == "neuron" for box in found.boxes) == 3 + 5 + 6 + 6 + 5 + 5
    assert len(found.wires) == 3 * 5 + 5 * 6 + 6 * 6 + 6 * 5 + 5 * 5
    assert all(wire.thin for wire in found.wires)


def test_at_most_eight_are_drawn_and_then_dots() -> None:
    found = panel("iris")
    columns = [sum(box.id.startswith(f"n{k}.") for box in found.boxes) for k in range(4)]
    assert columns == [4, 8, 8, 3]
    assert [box.id for box in found.boxes if box.title == "⋮"] == ["more1", "more2"]
    assert captions(found) == [("flower", "4"), ("dense", "Linear 32"), ("dense_1", "Linear 16"), ("dense_2", "Linear 3")]
    assert [box.title for box in found.boxes if box.id.startswith("above")] == ["ReLU", "ReLU"]


@pytest.mark.parametrize(("spec", "variant"), MODELS)
def test_geometry(spec: str, variant: str | None) -> None:
    found = panel(spec, variant)
    assert overlaps(found) == []
    assert spills(found) == []
    assert [(a, b, c) for a, b, c in crossings(found) if not c.startswith("n")] == []


def test_dot(golden: Golden) -> None:
    golden(CASES / "xor.neurons.dot", placeless(picture("xor", Wanted())))


def test_wide_and_deep_networks_are_cards_and_a_line_says_so() -> None:
    wide = "model M {\n    input x: float[B, 8]\n    output y = x -> Linear(2000) -> ReLU -> Linear(2)\n}\n"
    assert picture(wide, Wanted()).note == ""
    made = picture(wide, Wanted("neurons"))
    assert made.note == "M is drawn as cards: 2\u2009000 neurons side by side are more than the 1024 that circles show"
    assert all(box.shape != "neuron" for box in made.panels[0].boxes)
    deep = "model M {\n    input x: float[B, 8]\n    output y = x -> for i in 0..12 { Linear(4) -> ReLU }\n}\n"
    assert "13 layers of neurons" in picture(deep, Wanted("neurons")).note


def test_the_line_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "wide.nn"
    spec.write_text("model M {\n    input x: float[B, 8]\n    output y = x -> Linear(2000)\n}\n")
    assert main(["draw", str(spec), "--view", "neurons", "-o", str(tmp_path / "x.svg")]) == 0
    assert "M is drawn as cards" in capsys.readouterr().err


def test_other_networks_do_not_fit() -> None:
    with pytest.raises(CannotDraw, match="VGG has no row of dense layers"):
        picture("vgg", Wanted("neurons"))
