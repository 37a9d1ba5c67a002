"""Pictures of specs, for the tests of drawing."""

from __future__ import annotations

import specc
from specc.draw.compose import Wanted
from specc.draw.picture import Box, Panel, Picture

FAMILIES: dict[str, tuple[str, str | None]] = {
    "resnet18": ("resnet", None),
    "lenet5": ("lenet5", "LeNet5"),
    "gpt2": ("gpt2", None),
    "ddpm": ("ddpm", None),
    "vae": ("vae", None),
    "transformer": ("transformer", None),
    "lstm": ("lstm", "LSTMByHand"),
    "gcn": ("gcn", None),
}
"""Name -> a bundled spec and its model (None: the last)."""


def picture(spec: str, wanted: Wanted | None = None, model: str | None = None, variant: str | None = None) -> Picture:
    """The picture of a bundled spec or a text."""
    from specc.api import _options, source_of
    from specc.diagnostics import Diagnostics
    from specc.pipeline import check, drawing

    diagnostics = Diagnostics()
    options = _options(model, variant, None, None, {})
    made = drawing(check(source_of(spec), options, diagnostics), options, diagnostics)
    assert made is not None, specc.check(spec).text()
    return made.compose(wanted or Wanted("overview"))


def family(name: str) -> Picture:
    spec, model = FAMILIES[name]
    return picture(spec, model=model)


def titles(panel: Panel) -> list[str]:
    """What stands in the boxes, dots left out, each with its badge."""
    return [f"{box.badge} {box.title}".strip() for box in panel.boxes if box.shape != "dot"]


def box(panel: Panel, title: str) -> Box:
    return next(found for found in panel.boxes if found.title == title)
