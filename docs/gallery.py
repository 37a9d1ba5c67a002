"""Draws every spec of the zoo: docs/gallery.md and the pictures beside it in docs/gallery/. `make docs` runs it; a test
holds that what is committed shows what the specs say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import specc
from specc.api import Drawn

DOCS = Path(__file__).parent
PICTURES = DOCS / "gallery"
ZOO = DOCS.parent / "specs"
NOTE = "<!-- Written by docs/gallery.py (make docs) from specs/. -->\n"
INTRODUCTION = """# The zoo in pictures

What `specc draw` makes of every bundled spec, with nothing but the spec: `specc draw NAME`. Which view suits a model is found
from its structure ([DRAWING.md](DRAWING.md)); some are shown in others too. Blocks that are used several times stand once
beside the model, in the names that hold for all their uses. Click a picture for its text, which can be searched, and for what
it says on hover. How large the pictures are beside those of a tool that draws traces stands in
[torchview.md](torchview.md).
"""


FURTHER: dict[str, tuple[dict[str, str], ...]] = {
    "mlp": ({"variant": "mlp_3_5_6_6_5_5"},),
    "lenet5": ({"model": "LeNet5"},),
    "vgg": ({"variant": "vgg16"},),
    "resnet": ({"view": "volumes"}, {"variant": "resnet152", "view": "volumes"}),
    "efficientnet": ({"view": "volumes"},),
    "autoencoder": ({"model": "Autoencoder", "variant": "deep"},),
    "lstm": ({"model": "LSTMByHand"}, {"model": "Forecast"}),
    "rnn": ({"model": "ManyToOne"},),
    "iris": ({"view": "table"},),
    "ddpm": ({"view": "volumes"},),
}
"""Beside a spec's own picture: other models and variants of it, and other views."""


class Shown(NamedTuple):
    """A picture of the gallery: the spec, the options of `specc draw`, the name of the file."""

    spec: Path
    options: dict[str, str]

    @property
    def stem(self) -> str:
        return "-".join([self.spec.stem, *self.options.values()])

    @property
    def command(self) -> str:
        return " ".join(["specc draw", self.spec.stem, *(f"--{name} {value}" for name, value in self.options.items())])

    def drawn(self) -> Drawn:
        options = self.options
        return specc.draw(
            named(self.spec),
            model=options.get("model"),
            variant=options.get("variant"),
            view=options.get("view", "auto"),
        )

    def fingerprint(self) -> str:
        """Of the picture's DOT, or of what is painted without graphviz, without the lines that things stand on in the spec."""
        drawn = self.drawn()
        text = re.sub(r"(\.nn):\d+:\d+", r"\1", drawn.dot if drawn.picture.panels[0].scene is None else drawn.svg)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def pictures() -> Iterator[Shown]:
    """Every picture, each spec's own first."""
    for path in specs():
        yield Shown(path, {})
        for options in FURTHER.get(path.stem, ()):
            yield Shown(path, options)


def specs() -> Iterator[Path]:
    """The specs with a model in them, in order."""
    for path in sorted(ZOO.rglob("*.nn")):
        if re.search(r"^model ", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield path


def named(path: Path) -> str:
    """The bundled spec as users name it, so that pictures show no folder of the machine they were made on."""
    return path.relative_to(ZOO).with_suffix("").as_posix()


def markdown() -> str:
    """docs/gallery.md."""
    parts = [NOTE + INTRODUCTION]
    family = ""
    for path in specs():
        if path.parent.name != family:
            family = path.parent.name
            parts.append(f"## {family.capitalize()}\n")
        first = re.match(r'\s*"""(.*?)(?:\.\s|\n\n|""")', path.read_text(encoding="utf-8"), re.DOTALL)
        sentence = " ".join(first[1].split()).rstrip(".") + ".\n" if first else ""
        link = f"gallery/{path.stem}.svg"
        parts.append(f"### {path.stem}\n\n{sentence}\n[![{path.stem}]({link})]({link})\n")
        for options in FURTHER.get(path.stem, ()):
            shown = Shown(path, options)
            link = f"gallery/{shown.stem}.svg"
            parts.append(f"`{shown.command}`\n\n[![{shown.stem}]({link})]({link})\n")
    return "\n".join(parts)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    known = {f"{shown.stem}.svg" for shown in pictures()}
    for old in PICTURES.glob("*.svg"):
        if old.name not in known:
            old.unlink()
    for shown in pictures():
        mark = f"<!-- picture {shown.fingerprint()} -->\n"
        target = PICTURES / f"{shown.stem}.svg"
        if not target.exists() or mark not in target.read_text(encoding="utf-8"):
            target.write_text(shown.drawn().svg + mark, encoding="utf-8")
    (DOCS / "gallery.md").write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
