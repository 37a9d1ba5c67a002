"""Draws every spec of the zoo: docs/gallery.md and the pictures beside it in docs/gallery/. `make docs` runs it; a test
holds that what is committed shows what the specs say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import specc

DOCS = Path(__file__).parent
PICTURES = DOCS / "gallery"
ZOO = DOCS.parent / "specs"
NOTE = "<!-- Written by docs/gallery.py (make docs) from specs/. -->\n"
INTRODUCTION = """# The zoo in pictures

What `specc draw` makes of every bundled spec, with nothing but the spec: `specc draw NAME`. Blocks that are used several times
stand once beside the model, in the names that hold for all their uses. Click a picture for its text, which can be searched,
and for what it says on hover. How large the pictures are beside those of a tool that draws traces stands in
[torchview.md](torchview.md).
"""


def specs() -> Iterator[Path]:
    """The specs with a model in them, in order."""
    for path in sorted(ZOO.rglob("*.nn")):
        if re.search(r"^model ", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield path


def named(path: Path) -> str:
    """The bundled spec as users name it, so that pictures show no folder of the machine they were made on."""
    return path.relative_to(ZOO).with_suffix("").as_posix()


def fingerprint(path: Path) -> str:
    """Of the picture's DOT, without the lines that things stand on in the spec."""
    text = re.sub(r"(\.nn):\d+:\d+", r"\1", specc.draw(named(path)).dot)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
    return "\n".join(parts)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    known = {f"{path.stem}.svg" for path in specs()}
    for old in PICTURES.glob("*.svg"):
        if old.name not in known:
            old.unlink()
    for path in specs():
        mark = f"<!-- picture {fingerprint(path)} -->\n"
        target = PICTURES / f"{path.stem}.svg"
        if not target.exists() or mark not in target.read_text(encoding="utf-8"):
            target.write_text(specc.draw(named(path)).svg + mark, encoding="utf-8")
    (DOCS / "gallery.md").write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
