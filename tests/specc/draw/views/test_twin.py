"""Graph networks: the nodes' wire and, thin beside it, the edges', to the layers that read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.draw.compose import CannotDraw, Wanted
from specc.draw.picture import Panel
from tests.golden import Golden
from tests.specc.draw.drawings import picture
from tests.specc.draw.views.placed import crossings, overlaps, placeless, spills

CASES = Path("tests/cases/draw")


def panel(spec: str, model: str | None = None) -> Panel:
    return picture(spec, Wanted(), model).panels[0]


def test_edges_run_beside_the_nodes() -> None:
    found = panel("gcn")
    assert [(w.source, w.target) for w in found.wires if not w.thin] == [
        ("in.x", "layer0"), ("layer0", "layer1"), ("layer1", "out"),
    ]  # fmt: skip
    assert [(w.source, w.target) for w in found.wires if w.thin] == [("in.edge_index", "layer0"), ("layer0", "layer1")]
    assert [box.title for box in found.boxes if box.kind == "tag"] == ["N × 34", "N × 16", "N × 4"]


def test_features_of_edges_are_a_third_wire_and_end_with_their_readers() -> None:
    found = panel("message_passing")
    assert [(w.source, w.target) for w in found.wires if w.thin] == [
        ("in.edge_index", "layer0"), ("layer0", "layer1"), ("in.edge", "layer0"), ("layer0", "layer1"),
    ]  # fmt: skip
    assert ("in.graph", "layer2") in [(w.source, w.target) for w in found.wires]


def test_a_layer_that_asks_no_edge_is_passed() -> None:
    found = panel("gat")
    assert [box.title for box in found.boxes if box.id.startswith("layer")] == ["Dropout", "GATConv", "GATConv"]
    assert [(w.source, w.target) for w in found.wires if w.thin] == [("in.edge_index", "layer1"), ("layer1", "layer2")]


@pytest.mark.parametrize(
    ("spec", "model"), [("gcn", None), ("gat", None), ("message_passing", None), ("message_passing", "NodeClassifier")]
)
def test_geometry(spec: str, model: str | None) -> None:
    found = panel(spec, model)
    assert overlaps(found) == []
    assert spills(found) == []
    assert crossings(found) == []


def test_layers_are_defined_beside() -> None:
    assert [p.name for p in picture("gcn", Wanted()).panels] == ["graph", "GCNConv"]


def test_dot(golden: Golden) -> None:
    golden(CASES / "gcn.graph.dot", placeless(picture("gcn", Wanted("graph"))))


def test_other_networks_have_no_edges() -> None:
    with pytest.raises(CannotDraw, match="GPT2 has no input of edges"):
        picture("gpt2", Wanted("graph"))
