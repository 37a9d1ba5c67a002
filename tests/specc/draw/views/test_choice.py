"""Which view is drawn: of itself from the structure, by name, and what is said where a view does not fit."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

import specc
from specc.cli.draw import VIEWS as WORDS
from specc.draw.compose import VIEWS, CannotDraw, Wanted
from specc.draw.engine import engine
from specc.draw.picture import Box, Hint, Panel, Picture, Shape, Wire
from specc.draw.placed import is_placed
from specc.draw.render import FORMATS, render, svg
from specc.draw.scene import Group, Line, Polygon, Scene, Text
from tests.specc.draw.drawings import picture
from tests.specc.draw.views.placed import crossings, overlaps, spills

CHOSEN: dict[str, list[tuple[str, str | None]]] = {
    "neurons": [("iris", None), ("xor", None), ("mlp", None), ("mnist", None), ("pass_fail", None)],
    "volumes": [("lenet5", "LeNet5"), ("alexnet", None), ("vgg", None), ("mnist_convnet", None), ("dcgan", "Generator")],
    "overview": [("resnet", None), ("efficientnet", None), ("gpt2", None), ("bert", None), ("transformer", None), ("t5", None)],
    "unrolled": [
        ("elman", None),
        ("jordan", None),
        ("lstm", "Forecast"),
        ("gru", None),
        ("rnn", "ManyToOne"),
        ("seq2seq", None),
    ],
    "unet": [("ddpm", None), ("text_to_image", None)],
    "trapezia": [("vae", None), ("autoencoder", "Autoencoder"), ("gan", None)],
    "graph": [("gcn", None), ("gat", None), ("message_passing", None)],
}
NASTY = '<b>&"x"\n\\N \\G</b> \\" שלום ] } "]'
FAMILIES = {"unet": "ddpm", "graph": "gcn", "trapezia": "vae", "unrolled": "elman", "neurons": "iris", "volumes": "vgg"}


@pytest.mark.parametrize(("view", "spec", "model"), [(view, *one) for view, found in CHOSEN.items() for one in found])
def test_the_structure_chooses(view: str, spec: str, model: str | None) -> None:
    assert picture(spec, Wanted(), model).view == view


def test_names_do_not_choose() -> None:
    renamed = "model {} {{\n    input {}: float[B, 8]\n    output y = {} -> a: Linear(4) -> ReLU -> b: Linear(2)\n}}\n"
    for name, word in product(("UNet", "LSTM", "VAE"), ("noise", "edge_index")):
        assert picture(renamed.format(name, word, word), Wanted()).view == "neurons"


def test_the_command_line_knows_the_views() -> None:
    assert WORDS == VIEWS


@pytest.mark.parametrize("view", FAMILIES)
def test_every_family_refuses_what_is_not_of_it_and_says_what_would_do(view: str) -> None:
    with pytest.raises(CannotDraw, match=rf"GPT2 has no .*, which --view {view} draws: pass --view overview"):
        picture("gpt2", Wanted(view))


def test_unknown_views_and_options_without_effect() -> None:
    with pytest.raises(CannotDraw, match=r"there is no view volume; did you mean volumes\?"):
        specc.draw("vgg", view="volume")
    with pytest.raises(CannotDraw, match="there is no view xyzzy; there are auto, overview, full"):
        specc.draw("vgg", view="xyzzy")
    with pytest.raises(CannotDraw, match="--depth cannot change what --view volumes draws"):
        specc.draw("vgg", view="volumes", depth=2)
    assert picture("vgg", Wanted(direction="lr")).view == "overview"  # asked of cards


def test_in_python() -> None:
    assert "<svg" in specc.draw("resnet", view="volumes").svg
    assert specc.draw("iris").render("png").startswith(b"\x89PNG")


@pytest.mark.parametrize(("view", "form"), list(product(FAMILIES, FORMATS)))
def test_every_view_in_every_format_twice_the_same(view: str, form: str) -> None:
    made = picture(FAMILIES[view], Wanted(view))
    assert render(made, form) == render(picture(FAMILIES[view], Wanted(view)), form)
    if form == "svg":
        assert b"prefers-color-scheme" in render(made, form)
        assert b"prefers-color-scheme" not in render(made, form, "dark")


@pytest.mark.parametrize("view", FAMILIES)
def test_the_dot_of_every_view_can_be_laid_out(view: str) -> None:
    source = render(picture(FAMILIES[view], Wanted(view)), "dot").decode()
    assert len(engine()(source, "dot", "svg")) > 1000


def nasty(*, painted: bool) -> Picture:
    """Every text of a view is user text."""
    hint = Hint((NASTY, NASTY), NASTY)
    shapes: tuple[Shape, ...] = ("box", "io", "state", "neuron", "label", "narrows", "widens")
    plain = Box("", "box", "linear", NASTY, NASTY, NASTY, definition=NASTY, hint=hint, extent=(280, 60))
    boxes = [plain.replace(id=f"{shape}:{NASTY}", shape=shape, at=(0.0, 90.0 * n)) for n, shape in enumerate(shapes)]
    boxes += [plain.replace(id=kind, shape="label", kind=kind, at=(300.0, 90.0 * n)) for n, kind in enumerate(("tag", "quiet"))]
    wires = (Wire(boxes[0].id, boxes[1].id, NASTY, full=NASTY, route=((0, 0), (1, 5), (9, 5), (10, 0))),)
    marks = (
        Polygon(((0, 0), (9, 0), (9, 9)), "conv", "side"),
        Line(((0, 0), (30, 30)), arrow=True),
        Text((90, 20), NASTY, 10, bold=True),
    )
    scene = Scene(400, 60, (Group("conv", marks, NASTY, NASTY),)) if painted else None
    return Picture(NASTY, NASTY, (Panel(NASTY, "overview", tuple(boxes), (), wires, scene=scene),), note=NASTY)


@pytest.mark.parametrize(("painted", "form"), list(product((True, False), FORMATS)))
def test_nothing_in_a_text_is_taken_for_anything_else(painted: bool, form: str) -> None:
    made = nasty(painted=painted)
    data = render(made, form, views=[("x", NASTY, made)])
    assert data == render(made, form, views=[("x", NASTY, made)])
    if form == "svg":
        root = ET.fromstring(svg(made).partition("?>")[2])
        assert NASTY.split("\n")[0] in "".join(root.itertext())


def test_a_page_has_the_views_that_fit() -> None:
    page = specc.draw("resnet").render("html").decode()
    tabs = re.findall(r'role="tab"[^>]*>([^<]*)<', page)
    assert tabs == ["overview", "volumes", "BasicBlock", "full", "table"]
    assert 'xlink:href="#BasicBlock"' in page[page.index('class="node k-block"><a') :]  # slabs lead to definitions
    tabs = re.findall(r'role="tab"[^>]*>([^<]*)<', specc.draw("iris").render("html").decode())
    assert tabs == ["neurons", "overview", "full", "table"]
    tabs = re.findall(r'role="tab"[^>]*>([^<]*)<', specc.draw("iris", view="table").render("html").decode())
    assert tabs == ["table", "full"]


def zoo() -> Iterator[tuple[str, str]]:
    """Every model of the zoo."""
    for path in sorted(Path("specs").rglob("*.nn")):
        for model in re.findall(r"^model (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield str(path), model


@pytest.mark.parametrize(("spec", "model"), list(zoo()), ids=lambda name: Path(name).stem)
def test_every_view_of_every_model_is_drawn_or_refused(spec: str, model: str) -> None:
    for view in ("auto", *FAMILIES):
        found, refusal = drawn(spec, view, model)
        assert found is not None or (view != "auto" and f"which --view {view} draws: pass --view overview" in refusal)
        if found is not None and is_placed(found):
            assert overlaps(found) == []
            assert spills(found) == []
            assert [crossing for crossing in crossings(found) if not crossing[2].startswith("n")] == []


def drawn(spec: str, view: str, model: str) -> tuple[Panel | None, str]:
    try:
        return picture(spec, Wanted(view), model).panels[0], ""
    except CannotDraw as error:
        return None, str(error)
