"""Tables in plain text: a heading, a rule, aligned columns; numbers to the right with thin grouping."""

from __future__ import annotations

from collections.abc import Sequence

from specc.report.style import Style, clean, fit, text_width

Cell = str | int | None
_GAP = "  "
_LEAST = 12  # columns that are left of a text that is cut
THIN = "\u2009"  # thin space, as the SI groups digits


def grouped(number: int, separator: str = THIN) -> str:
    """`25 557 032`, with thin spaces."""
    return f"{number:,}".replace(",", separator)


def duration(seconds: float) -> str:
    """`1.25 s`, `12.5 ms`, `125 µs`."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def table(
    heading: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    style: Style | None = None,
    footer: Sequence[Sequence[Cell]] = (),
    right: Sequence[str] = (),
) -> str:
    """The table as lines, each ended by a newline. A column that holds a number, or whose title is in `right`, is aligned to
    the right.

    `None` is an empty cell. When a row is wider than `style.width`, its widest text columns are cut. `footer` rows
    stand below a second rule.
    """
    style = style or Style()
    everything = [*rows, *footer]
    numeric = [
        title in right or any(isinstance(row[column], int) for row in everything) for column, title in enumerate(heading)
    ]
    cells = [[_text(cell) for cell in row] for row in everything]
    widths = [max([text_width(title), *(text_width(row[column]) for row in cells)]) for column, title in enumerate(heading)]
    texts = [column for column in range(len(widths)) if not numeric[column]]
    while texts and sum(widths) + len(_GAP) * (len(widths) - 1) > style.width:
        widest = max(texts, key=lambda column: widths[column])
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1

    def line(row: Sequence[str]) -> str:
        parts = [_aligned(fit(cell, width), width, right) for cell, width, right in zip(row, widths, numeric, strict=True)]
        return _GAP.join(parts).rstrip()

    rule = style.paint("─" * (sum(widths) + len(_GAP) * (len(widths) - 1)), "faint")
    out = [style.paint(line(heading), "strong"), rule, *(line(row) for row in cells[: len(rows)])]
    if footer:
        out += [rule, *(line(row) for row in cells[len(rows) :])]
    return "\n".join(out) + "\n"


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return grouped(cell) if isinstance(cell, int) else clean(cell)


def _aligned(text: str, width: int, right: bool) -> str:
    padding = " " * (width - text_width(text))
    return padding + text if right else text + padding
