"""Tables: alignment, grouping, cutting."""

from __future__ import annotations

from specc.report.style import Style, text_width
from specc.report.table import THIN, grouped, table


def test_numbers_stand_right_and_are_grouped() -> None:
    text = table(("layer", "parameters"), [("conv1", 9408), ("fc", 2049000), ("flatten", None)])
    rows = text.splitlines()
    assert rows[2] == f"conv1         9{THIN}408"
    assert rows[3] == f"fc        2{THIN}049{THIN}000"
    assert rows[4] == "flatten"


def test_grouping() -> None:
    assert grouped(25557032, " ") == "25 557 032"
    assert grouped(-1000, " ") == "-1 000"
    assert grouped(999) == "999"


def test_footer_stands_below_a_rule() -> None:
    rows = table(("a", "n"), [("x", 1)], footer=[("total", 1)]).splitlines()
    assert rows[1] == rows[3]
    assert rows[4].split() == ["total", "1"]


def test_wide_characters_keep_columns_apart() -> None:
    rows = table(("name", "type"), [("日本", "a"), ("x", "b")]).splitlines()
    assert text_width(rows[2][: rows[2].index("a")]) == text_width(rows[3][: rows[3].index("b")])


def test_the_widest_text_is_cut_to_the_width() -> None:
    text = table(("name", "description", "n"), [("short", "words " * 40, 5)], Style(width=60))
    assert max(map(text_width, text.splitlines())) <= 60
    assert "…" in text
    assert text.splitlines()[2].endswith("5")
