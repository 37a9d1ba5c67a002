"""`specc check --types`: what stands beside the lines of specs. The listings in tests/cases/types were read by a person; change
them with --update-golden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specc.diagnostics import Diagnostics
from specc.elaborate.listing import Listing, Typed
from specc.pipeline import Options, check, listings
from specc.reading import read, read_path
from specc.report.json import render as render_json
from specc.report.listing import render
from specc.report.style import Style
from tests.golden import Golden

ROOT = Path(__file__).parent / "types"
BUNDLED = Path(__file__).parents[2] / "specs"
SPECS = sorted(ROOT.glob("*.nn"))


def listed(name: str, options: Options | None = None) -> list[Listing]:
    diagnostics = Diagnostics()
    found = [path for path in (ROOT / f"{name}.nn", BUNDLED / f"{name}.nn") if path.exists()]
    source = read_path(str(found[0]), display=found[0].name) if found else read(name)
    checked = check(source, options or Options(), diagnostics)
    return listings(checked, options or Options(), diagnostics.has_errors)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_listing(path: Path, golden: Golden) -> None:
    golden(path.with_suffix(".txt"), render(listed(path.stem)))


@pytest.mark.parametrize("name", ["lib/residual", "resnet", "gpt2", "vae"])
def test_the_zoo(name: str, golden: Golden) -> None:
    golden(ROOT / "zoo" / f"{Path(name).name}.txt", render(listed(name)))


def test_every_tensor_has_a_place_in_its_definition() -> None:
    for listing in listed("ddpm"):
        for note in listing.notes:
            assert listing.span.start <= note.span.start < listing.span.end


def test_narrow_terminals_and_colours() -> None:
    listing = listed("open")
    assert "\x1b[36m" in render(listing, Style(colour=True))
    plain, narrow = (render(listing, Style(width=width)) for width in (140, 60))
    assert len(narrow.split("\n")) > len(plain.split("\n"))


def test_json_has_every_tensor() -> None:
    document: dict[str, Any] = json.loads(render_json([], ["open.nn"], listed("open")))
    model = next(item for item in document["definitions"] if item["name"] == "Picture")
    assert [tensor["type"]["dims"] for tensor in model["tensors"]][0] == ["N", 3, "H", "W"]
    assert model["tensors"][0]["open"] is True
    assert {"layer": "Conv2d", "argument": "in_channels", "value": "3"}.items() <= model["inferred"][0].items()
    assert model["symbols"] == [{"name": name, "static": False} for name in ("N", "H", "W")]
    assert [need["text"] for need in model["preconditions"]] == ["H >= 2", "W >= 2"]
    assert "definitions" not in json.loads(render_json([], ["open.nn"]))


def test_selection() -> None:
    (model,) = [item for item in listed("resnet", Options(model="ResNet", variant="resnet50")) if item.keyword == "model"]
    assert dict(model.parameters)["depths"] == "[3, 4, 6, 3]"
    assert any(isinstance(note, Typed) and str(note.made[0][1]) == "float[N, 2048, 7, 7]" for note in model.notes)
