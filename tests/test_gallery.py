"""docs/gallery.md shows every spec, as it is today: the DOT of each picture is compared, the pictures are looked at."""

from __future__ import annotations

import importlib.util
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.benchmarks.bench_draw import NETWORKS, Network, drawn

DOCS = Path(__file__).parent.parent / "docs"


def _gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", DOCS / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GALLERY = _gallery()
PICTURES = list(GALLERY.pictures())


def test_the_page_is_up_to_date() -> None:
    assert GALLERY.markdown() == (DOCS / "gallery.md").read_text(encoding="utf-8"), "run `make docs` and look at the pictures"


@pytest.mark.parametrize("shown", PICTURES, ids=lambda shown: shown.stem)
def test_the_picture_is_up_to_date(shown: Any) -> None:
    text = (DOCS / "gallery" / f"{shown.stem}.svg").read_text(encoding="utf-8")
    assert ET.fromstring(text.partition("?>")[2]).get("aria-label")
    found = re.search(r"<!-- picture (\w+) -->", text)
    assert found is not None
    assert found[1] == shown.fingerprint(), "run `make docs` and look at the picture"


def test_nothing_else_is_there() -> None:
    assert {path.stem for path in (DOCS / "gallery").iterdir()} == {shown.stem for shown in PICTURES}


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_the_figures_beside_torchview_still_tell_the_truth(network: Network) -> None:
    """Those of our pictures, within a fifth; torchview's, and the times, are what they were when the page was written."""
    page = (DOCS / "torchview.md").read_text(encoding="utf-8")
    told = re.search(rf"\| {network.name} \| specc \| \S+ x \S+ \| (\S+) \| (\d+) \| (\d+) \|", page)
    assert told is not None
    now = drawn(network)
    figures = (now.width * now.height / 72**2, now.boxes, now.wires)
    assert [float(text) for text in told.groups()] == pytest.approx(figures, rel=0.2), "write it again with bench_draw --write"
