"""A summary as the cells of a table."""

from __future__ import annotations

import re

from specc.graph.model import Size
from specc.summary.summary import Row, Summary

THIN = "\u2009"  # thin space, as the SI groups digits
HEADING = ("layer", "type", "output", "parameters", "multiply-adds", "share")
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def rows(summary: Summary) -> list[tuple[str | int | None, ...]]:
    """A row a layer, children indented. Numbers that are 0 are left empty."""
    return [
        (
            "  " * row.depth + _name(row),
            f"{row.name} {row.subtitle}".strip(),
            row.output,
            "shared" if row.reused else _grouped(row.parameters) or None,
            _grouped(row.multiply_adds) or None,
            None if row.share is None or not row.multiply_adds else f"{100 * row.share:.1f} %",
        )
        for row in summary.rows
    ]


def totals(summary: Summary) -> list[tuple[str, str | int]]:
    """Facts below the table, each with its name."""
    facts: list[tuple[str, str | int]] = [("parameters", summary.learned)]
    if summary.frozen:
        facts.append(("without gradient", summary.frozen))
    if summary.buffers:
        facts.append(("buffers (elements)", summary.buffers))
    facts.append(("multiply-adds", _grouped(summary.multiply_adds)))
    facts.append(("parameter memory", size_in_bytes(_four_times(summary.learned))))
    facts.append(("activation memory", size_in_bytes(summary.activations)))
    if summary.preconditions:
        facts.append(("holds for", "; ".join(summary.preconditions)))
    return facts


def size_in_bytes(size: Size) -> str:
    """`97.5 MiB`; a formula stays one."""
    if isinstance(size, str):
        return f"{_grouped(size)} bytes"
    value = float(size)
    for unit in _UNITS:
        if value < 1024 or unit == _UNITS[-1]:
            break
        value /= 1024
    return f"{size} bytes" if unit == _UNITS[0] else f"{value:.1f} {unit}"


def _grouped(size: Size) -> Size:
    """Formulas with their digits in threes; numbers are the table's to print."""
    return size if isinstance(size, int) else re.sub(r"\d{4,}", lambda digits: f"{int(digits[0]):,}".replace(",", THIN), size)


def _four_times(size: Size) -> Size:
    return 4 * size if isinstance(size, int) else f"4*({size})"


def _name(row: Row) -> str:
    ending = f" … {row.last}" if row.last else ""
    count = f"  × {row.times}" if row.times > 1 else ""
    return f"{row.key}{ending}{count}"
