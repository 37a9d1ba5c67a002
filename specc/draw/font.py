"""The shipped fonts as what an SVG carries: only the letters that it shows."""

from __future__ import annotations

import base64
import os
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from specc.draw import theme

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fonts")
FILES = {(theme.SANS, ""): "SpeccSans.ttf", (theme.SANS, "bold"): "SpeccSans-Bold.ttf", (theme.MONO, ""): "SpeccMono.ttf"}
_KEPT = ("OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "post")
_COMPOSITE_WORDS, _COMPOSITE_MORE, _SCALE, _XY_SCALE, _TWO_BY_TWO = 0x1, 0x20, 0x8, 0x40, 0x80


def faces(texts: Iterable[tuple[str, str, str]]) -> str:
    """@font-face rules for texts: the family (as it starts), `bold` or nothing, the text with its entities."""
    import html

    letters: dict[tuple[str, str], set[int]] = {}
    for family, weight, text in texts:
        for name in (theme.SANS, theme.MONO):
            if name in family:
                found = letters.setdefault((name, weight if (name, weight) in FILES else ""), set())
                found.update(map(ord, html.unescape(text)))
    rules = []
    for key, file in FILES.items():
        if key in letters:
            data = base64.b64encode(_woff(subset(opened(file), letters[key]))).decode("ascii")
            weight = "700" if key[1] else "400"
            place = f"url(data:font/woff;base64,{data}) format('woff')"
            rules.append(f"@font-face{{font-family:'{key[0]}';font-weight:{weight};src:{place}}}")
    return "".join(rules)


@cache
def opened(file: str) -> dict[str, bytes]:
    with open(os.path.join(_FOLDER, file), "rb") as font:
        data = font.read()
    count = struct.unpack(">H", data[4:6])[0]
    found = {}
    for k in range(count):
        tag, _, offset, length = struct.unpack(">4sLLL", data[12 + 16 * k : 28 + 16 * k])
        found[tag.decode("ascii")] = data[offset : offset + length]
    return found


def subset(tables: Mapping[str, bytes], letters: Iterable[int]) -> dict[str, bytes]:
    """The tables of a TrueType font with the outlines of these characters and no others; glyphs keep their numbers."""
    glyphs = struct.unpack(">H", tables["maxp"][4:6])[0]
    long = struct.unpack(">h", tables["head"][50:52])[0] == 1
    form, scale, width = ("L", 1, 4) if long else ("H", 2, 2)
    table = tables["loca"][: (glyphs + 1) * width]
    offsets = [scale * n for n in struct.unpack(f">{glyphs + 1}{form}", table)]
    outlines = tables["glyf"]
    numbers = glyph_numbers(tables["cmap"])
    waiting = [0, *sorted({numbers[letter] for letter in letters if letter in numbers})]
    kept: set[int] = set()
    while waiting:
        glyph = waiting.pop()
        if glyph not in kept:
            kept.add(glyph)
            waiting += _parts(outlines[offsets[glyph] : offsets[glyph + 1]])
    body, starts = bytearray(), [0]
    for glyph in range(glyphs):
        if glyph in kept:
            body += outlines[offsets[glyph] : offsets[glyph + 1]]
            body += b"\0" * (-len(body) % 4)
        starts.append(len(body))
    found = {tag: tables[tag] for tag in _KEPT if tag in tables}
    found["glyf"] = bytes(body)
    found["loca"] = struct.pack(f">{glyphs + 1}L", *starts)
    found["head"] = tables["head"][:50] + struct.pack(">h", 1) + tables["head"][52:]
    return found


def glyph_numbers(cmap: bytes) -> dict[int, int]:
    """Character to glyph, from a table of format 4."""
    count = struct.unpack(">H", cmap[2:4])[0]
    found: dict[int, int] = {}
    for k in range(count):
        start = struct.unpack(">L", cmap[8 + 8 * k : 12 + 8 * k])[0]
        if struct.unpack(">H", cmap[start : start + 2])[0] == 4:
            found.update(_segments(cmap[start:]))
    return found


def _segments(table: bytes) -> Iterable[tuple[int, int]]:
    count = struct.unpack(">H", table[6:8])[0] // 2
    ends = struct.unpack(f">{count}H", table[14 : 14 + 2 * count])
    at = 16 + 2 * count
    starts = struct.unpack(f">{count}H", table[at : at + 2 * count])
    deltas = struct.unpack(f">{count}H", table[at + 2 * count : at + 4 * count])
    ranges_at = at + 4 * count
    ranges = struct.unpack(f">{count}H", table[ranges_at : ranges_at + 2 * count])
    for k in range(count):
        letters = range(starts[k], min(ends[k] + 1, 0xFFFF))
        glyphs: Sequence[int] = range(starts[k], ends[k] + 1)
        if ranges[k]:
            place = ranges_at + 2 * k + ranges[k]
            glyphs = struct.unpack(f">{len(letters)}H", table[place : place + 2 * len(letters)])
        for letter, glyph in zip(letters, glyphs, strict=False):
            number = (glyph + deltas[k]) & 0xFFFF
            if number and glyph:
                yield letter, number


def _parts(outline: bytes) -> list[int]:
    """The glyphs that a composite glyph is made of."""
    if not outline or struct.unpack(">h", outline[:2])[0] >= 0:
        return []
    found, at, more = [], 10, True
    while more:
        flags, glyph = struct.unpack(">HH", outline[at : at + 4])
        found.append(glyph)
        at += 4 + (4 if flags & _COMPOSITE_WORDS else 2)
        at += 2 if flags & _SCALE else 4 if flags & _XY_SCALE else 8 if flags & _TWO_BY_TWO else 0
        more = bool(flags & _COMPOSITE_MORE)
    return found


def _woff(tables: Mapping[str, bytes]) -> bytes:
    """The tables as a WOFF file (version 1): each compressed by zlib."""
    entries, body = [], b""
    start = 44 + 20 * len(tables)
    size = 12 + 16 * len(tables)
    for tag, data in sorted(tables.items()):
        packed = zlib.compress(data, 9)
        packed = packed if len(packed) < len(data) else data
        entries.append(struct.pack(">4sLLLL", tag.encode("ascii"), start + len(body), len(packed), len(data), _sum(data)))
        body += packed + b"\0" * (-len(packed) % 4)
        size += len(data) + (-len(data) % 4)
    header = struct.pack(">4sLLHHLHHLLLLL", b"wOFF", 0x00010000, start + len(body), len(tables), 0, size, 1, 0, 0, 0, 0, 0, 0)
    return header + b"".join(entries) + body


def _sum(data: bytes) -> int:
    padded = data + b"\0" * (-len(data) % 4)
    numbers: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(numbers) & 0xFFFFFFFF
