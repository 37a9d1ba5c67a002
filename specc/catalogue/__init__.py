"""Every diagnostic code: its name, one line, and the page that `specc explain` shows.

A code is a file in pages/, named after it. Checking a spec reads none of them.
"""

from __future__ import annotations

import os

from specc.record import Record

_PAGES = os.path.join(os.path.dirname(__file__), "pages")


class Entry(Record):
    """`name` is short and unique (`missing-comma`), `summary` one line, `page` markdown with a wrong and a right example."""

    name: str
    summary: str
    page: str


def entry(code: str) -> Entry:
    """The entry of a code. Raises KeyError for a code that does not exist."""
    try:
        with open(os.path.join(_PAGES, f"{code}.md"), encoding="utf-8") as file:
            title, summary, page = file.read().split("\n\n", 2)
    except FileNotFoundError:
        raise KeyError(code) from None
    return Entry(title.partition(": ")[2], summary, page)


def codes() -> list[str]:
    """Every code, sorted."""
    return sorted(name.removesuffix(".md") for name in os.listdir(_PAGES) if name.endswith(".md"))
