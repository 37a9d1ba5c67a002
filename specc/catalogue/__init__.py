"""Every diagnostic code: its name, one line, and the page that `specc explain` shows.

The pages lie by family, one module each, and are loaded only when one is asked for: checking a spec loads none.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from specc.record import Record

_FAMILIES = {
    "E01": "syntax",
    "E02": "names",
    "E03": "shapes",
    "E04": "graph",
    "E05": "dtypes",
    "W06": "warnings",
    "W08": "warnings",
}


class Entry(Record):
    """`name` is short and unique (`missing-comma`), `summary` one line, `page` markdown with a wrong and a right example."""

    name: str
    summary: str
    page: str


def entry(code: str) -> Entry:
    """The entry of a code. Raises KeyError for a code that does not exist."""
    found: Entry = _family(_FAMILIES[code[:3]])[code]
    return found


def codes() -> list[str]:
    """Every code, sorted."""
    return sorted(code for family in sorted(set(_FAMILIES.values())) for code in _family(family))


def _family(name: str) -> dict[str, Entry]:
    module = f"specc.catalogue.{name}"
    if find_spec(module) is None:
        return {}
    entries: dict[str, Entry] = import_module(module).ENTRIES
    return entries
