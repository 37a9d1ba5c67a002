"""Recurrent networks unrolled: which steps are shown, where the state goes, what a layer begins with and what it leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.draw.compose import CannotDraw, Wanted
from specc.draw.picture import Panel
from tests.golden import Golden
from tests.specc.draw.drawings import picture
from tests.specc.draw.views.placed import crossings, overlaps, placeless, spills

CASES = Path("tests/cases/draw")
MODELS = [
    ("lstm", "Forecast"), ("lstm", "LSTMByHand"), ("lstm", "Bidirectional"), ("gru", "GRUTagger"), ("gru", "GRUByHand"),
    ("elman", None), ("jordan", None), ("rnn", "OneToOne"), ("rnn", "OneToMany"), ("rnn", "ManyToOne"), ("rnn", "ManyToMany"),
    ("rnn", "ManyThenMany"), ("seq2seq", None), ("bahdanau", None), ("attention_lstm", None),
]  # fmt: skip


def panel(spec: str, model: str | None = None, view: str = "unrolled") -> Panel:
    return picture(spec, Wanted(view), model).panels[0]


def column(found: Panel, n: str) -> list[str]:
    """What stands in a column of a strip, upwards."""
    boxes = [box for box in found.boxes if box.id.startswith(f"{n}.") and box.shape in ("box", "io")]
    return [box.title for box in sorted(boxes, key=lambda box: -(box.at or (0, 0))[1])]


def wires(found: Panel) -> list[tuple[str, str]]:
    return [(wire.source, wire.target) for wire in found.wires]


def test_the_state_is_handed_from_step_to_step() -> None:
    found = panel("elman")
    assert [(b.title, b.subtitle) for b in found.boxes if b.id.endswith(".x") and b.id.startswith("s0")] == [
        ("x", "t = 1"), ("x", "t = 2"), ("x", "t = 3"), ("…", ""), ("x", "t = T"),
    ]  # fmt: skip
    handed = [(wire.source, wire.target) for wire in found.wires if wire.backward and not wire.source.startswith("f")]
    assert handed == [
        ("s0.0.0", "s0.1.0"), ("s0.1.0", "s0.2.0"), ("s0.2.0", "s0.3.0"), ("s0.3.0", "s0.4.0"), ("s0.begins0", "s0.0.0"),
        ("s0.4.0", "s0.kept"),
    ]  # fmt: skip


def test_the_cell_is_folded_beside_and_drawn_once_open() -> None:
    made = picture("lstm", Wanted(), "LSTMByHand")
    loops = [wire for wire in made.panels[0].wires if wire.source == wire.target]
    assert [wire.backward for wire in loops] == [True]
    assert [p.name for p in made.panels[1:]] == ["LSTMCell"]
    assert any(wire.backward for wire in made.panels[1].wires)


def test_layers_stand_on_each_other_and_the_end_is_told_once() -> None:
    found = panel("lstm", "Forecast")
    assert column(found, "s0.0") == ["series", "LSTM 50", "LSTM 50"]
    assert [b.title for b in found.boxes if b.id.startswith("s0.then")] == ["Linear 1"]
    assert [b.title for b in found.boxes if b.id.endswith(".y") and not b.id.startswith("f")] == ["forecast"]
    assert [b.subtitle for b in found.boxes if b.id == "s0.4.x"] == ["t = 100"]


def test_backwards_layers_hand_on_to_the_left() -> None:
    found = panel("lstm", "Bidirectional")
    assert ("s0.2.1", "s0.1.1") in wires(found)
    assert ("s0.1.0", "s0.2.0") in wires(found)
    assert {("s0.0.0", "s0.0.2"), ("s0.0.1", "s0.0.2")} <= set(wires(found))  # both are heard above


def test_a_second_network_begins_where_the_first_ended() -> None:
    found = panel("seq2seq")
    assert ("s0.3.1", "s1.0.1") in wires(found)
    assert column(found, "s1.0") == ["target", "Embedding 32", "LSTM 64", "Linear 1\u2009000"]
    bridged = panel("bahdanau")
    assert [b.title for b in bridged.boxes if "begins" in b.id] == ["0", "0", "Linear 64"]


def test_what_is_not_done_at_each_step_is_not_drawn_at_each() -> None:
    assert column(panel("captioning"), "s0.0") == ["heard", "LSTM 512", "Linear 10\u2009000"]


def test_a_sum_over_all_steps_gathers_them() -> None:
    found = panel("attention_lstm")
    assert [b.title for b in found.boxes if b.id.startswith("s0.then")] == ["sum", "Linear 2"]
    assert sum(target == "s0.then0" for _, target in wires(found)) == 4


@pytest.mark.parametrize(("spec", "model"), MODELS)
def test_geometry(spec: str, model: str | None) -> None:
    found = panel(spec, model)
    assert overlaps(found) == []
    assert spills(found) == []
    assert crossings(found) == []


def test_dot(golden: Golden) -> None:
    golden(CASES / "forecast.unrolled.dot", placeless(picture("lstm", Wanted("unrolled"), "Forecast")))


def test_recurrent_networks_are_drawn_so_by_themselves() -> None:
    for spec in ("elman", "jordan", "gru", "lstm", "seq2seq", "rnn", "bahdanau"):
        assert panel(spec, view="auto").name == "unrolled", spec
    for spec in ("attention_lstm", "captioning", "gpt2"):
        assert panel(spec, view="auto").name != "unrolled", spec


def test_other_networks_do_not_fit() -> None:
    with pytest.raises(CannotDraw, match="GPT2 has no layer or cell that runs over a sequence"):
        picture("gpt2", Wanted("unrolled"))


def test_a_tower_of_layers_is_cards() -> None:
    layers = "y, _ = x -> gru: GRU(8, num_layers=40, batch_first=true)"
    tower = f"model M {{\n    input x: float[B, T, 8]\n    {layers}\n    output y\n}}\n"
    assert panel(tower, view="auto").name != "unrolled"
    note = "M is drawn as cards: 40 layers on each other are more than the 10 that strips show"
    assert picture(tower, Wanted("unrolled")).note == note
