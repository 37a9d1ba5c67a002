"""What a test of this folder proves of the zoo: `@proves` says it, once, beside the test; docs/zoo.md is made of it.

    @proves("vision/resnet ResNet", kind="equal", reference="torchvision", figure="0.0")
    def test_equal(...)

A test that carries it and is skipped fails: what did not run proves nothing. What the helpers of tests.reference.compare
measured while it ran must bear the figure out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

SPECS = Path(__file__).parents[2] / "specs"

Kind = Literal["equal", "count", "numbers", "learns"]
"""equal: the same weights and inputs give the same outputs as the reference, up to the figure (`0.0`, `1e-10 relative`). count:
as many parameters as published. numbers: a worked example's figures. learns: training reaches the figure (`0.97`)."""

measured: list[tuple[str, float]] = []
"""What the helpers measured in the present test: what (`difference`, `relative`, `parameters`, `accuracy`) and how much."""


def proves(*models: str, kind: Kind, reference: str = "", figure: str = "") -> pytest.MarkDecorator:
    """Marks a test as a proof of models of bundled specs: `vision/resnet ResNet`, or `vision/resnet` for all in it. docs/zoo.py
    reads the call as it stands in the source, so the arguments are written out."""
    for model in models:
        assert (SPECS / f"{model.partition(' ')[0]}.nn").is_file(), f"there is no spec {model}"
    return pytest.mark.proves(models=models, kind=kind, reference=reference, figure=figure)


def _short(mark: pytest.Mark) -> Iterator[str]:
    """What the measurements lack of what the mark claims. Where none was made by the helpers, the test's own word counts."""
    kind, figure = mark.kwargs["kind"], mark.kwargs["figure"].partition(" ")[0]
    if kind == "equal" and figure:
        found = [value for what, value in measured if what in ("difference", "relative")]
        if found and max(found) > float(figure):
            yield f"the largest difference that was measured is {max(found)}, above {figure}"
    elif kind == "learns" and figure:
        found = [value for what, value in measured if what == "accuracy"]
        if found and max(found) < float(figure):
            yield f"the best accuracy that was measured is {max(found)}, below {figure}"
    elif kind == "count":
        found = [value for what, value in measured if what == "parameters"]
        if not found:
            yield "no parameters were counted"


def hold(item: pytest.Item) -> None:
    """Fails a proof whose figures were not measured. To be called when the test has passed."""
    for mark in item.iter_markers("proves"):
        for why in _short(mark):
            pytest.fail(f"{item.nodeid} claims to prove {', '.join(mark.kwargs['models'])}, but {why}", pytrace=False)
