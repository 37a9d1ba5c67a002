"""Tables in plain text: a heading, a rule, aligned columns; numbers to the right with thin grouping."""

from __future__ import annotations

from collections.abc import Sequence

from specc.report.style import Style, clean, fit, text_width

Cell = str | int | None
_GAP = "  "
THIN = "\u2009"  # thin space, as the SI groups digits


def grouped(number: int, separator: str = THIN) -> str:
    """`25 557 032`, with thin spaces."""
    return f"{number:,}".replace(",", separator)


def table(
    heading: Sequence[str], rows: Sequence[Sequence[Cell]], style: Style | None = None, footer: Sequence[Sequence[Cell]] = ()
) -> str:
    """The table as lines, each ended by a newline. A column whose cells are all numbers is aligned to the right.

    `None` is an empty cell. When a row is wider than `style.width`, its widest text column is cut. `footer` rows
    stand below a second rule.
    """
    style = style or Style()
    everything = [*rows, *footer]
    numeric = [
        any(isinstance(row[column], int) for row in everything) and not any(isinstance(row[column], str) for row in rows)
        for column in range(len(heading))
    ]
    cells = [[_text(cell) for cell in row] for row in everything]
    widths = [max([text_width(title), *(text_width(row[column]) for row in cells)]) for column, title in enumerate(heading)]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - style.width
    if excess > 0:
        texts = [column for column in range(len(widths)) if not numeric[column]]
        if texts:
            widest = max(texts, key=lambda column: widths[column])
            widths[widest] = max(12, widths[widest] - excess)

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
