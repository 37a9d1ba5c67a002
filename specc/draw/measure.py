"""How wide a text is in the shipped fonts: what is laid out here needs no graphviz to measure."""

from __future__ import annotations

import struct
from functools import cache

from specc.draw import theme
from specc.draw.font import FILES, glyph_numbers, opened

_FALLBACK = 0.6
"""Of the size of type, for a letter that the font has not."""


def width(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """Points."""
    file = FILES[(theme.MONO, "") if mono else (theme.SANS, "bold" if bold else "")]
    advances = _advances(file)
    return sum(advances.get(ord(letter), _FALLBACK) for letter in text) * size


@cache
def _advances(file: str) -> dict[int, float]:
    """Of each character, as a share of the size of type."""
    font = opened(file)
    units = struct.unpack(">H", font["head"][18:20])[0]
    count = struct.unpack(">H", font["hhea"][34:36])[0]
    long = [struct.unpack(">H", font["hmtx"][4 * k : 4 * k + 2])[0] for k in range(count)]
    return {letter: long[min(glyph, count - 1)] / units for letter, glyph in glyph_numbers(font["cmap"]).items()}
