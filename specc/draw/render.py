"""A picture in a file's format: by graphviz where it is there, else as text."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence

from specc.draw.picture import Picture

Views = Sequence[tuple[str, str, Picture]]
"""Key, name and picture of views of one model."""

DRAWN = ("svg", "png", "pdf")
"""Formats that need graphviz."""
FORMATS = (*DRAWN, "html", "dot", "mmd")
_TODAY = re.compile(rb"/CreationDate \(D:\d{14}Z\)")
"""What makes the bytes of a PDF differ from day to day; what stands for it is as long, so that its table of contents holds."""
SCHEMES = ("light", "dark", "auto")


def render(picture: Picture, form: str, scheme: str = "auto", views: Views = ()) -> bytes:
    """The bytes of a file of one of FORMATS; a page has further views. Raises engine.NoEngine for formats that need graphviz
    where there is none, and engine.LayoutFailed."""
    if form == "dot":
        from specc.draw.dot import dot

        return dot(picture).encode("utf-8")
    if form == "mmd":
        from specc.draw.mermaid import mermaid

        return mermaid(picture).encode("utf-8")
    if form == "html":
        from specc.draw.html import page

        return page([("", picture.view, picture), *views], picture.title, scheme).encode("utf-8")
    if form == "svg":
        return svg(picture, scheme).encode("utf-8")
    return _drawn(picture, form, dark=scheme == "dark")


def marker(form: str) -> bytes:
    """What a file of this format holds if specc wrote it."""
    from specc.draw.dot import MARK

    return MARK.encode("ascii")


def svg(picture: Picture, scheme: str = "auto") -> str:
    """The picture as a standalone SVG."""
    from specc.draw.svg import finish

    scene = picture.panels[0].scene
    if scene is not None:
        from specc.draw.scene import svg as painted

        return finish(painted(scene, picture.links), picture, scheme)
    return finish(_drawn(picture, "svg").decode("utf-8"), picture, scheme)


def _drawn(picture: Picture, form: str, *, dark: bool = False) -> bytes:
    from specc.draw.engine import engine
    from specc.draw.sheet import sheet

    run = engine()
    if picture.panels[0].scene is not None:
        from specc.draw.dot import scene_dot

        placed, dark = scene_dot(picture, dark=dark), False
    else:
        placed = sheet(picture, run)
    if dark:
        from specc.draw.svg import darkened

        placed = darkened(placed)
    drawn = run(placed, "nop2", form)
    if form == "png":
        return _noted(drawn)
    if form == "pdf":
        return _TODAY.sub(b"/CreationDate (D:20000101000000Z)", drawn) + b"%% " + marker(form) + b"\n"
    return drawn


def _noted(png: bytes) -> bytes:
    """The PNG with the name of what made it, in a chunk behind its head."""
    text = b"tEXtSoftware\0" + marker("png")
    chunk = struct.pack(">L", len(text) - 4) + text + struct.pack(">L", zlib.crc32(text))
    head = 8 + 25  # the signature, and the IHDR chunk
    return png[:head] + chunk + png[head:]
