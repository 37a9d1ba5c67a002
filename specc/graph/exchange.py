"""The checked program as JSON, and the schema of that JSON (docs/graph.schema.json)."""

from __future__ import annotations

import json

from specc.graph.model import FORMAT, Program


class OtherFormat(Exception):
    """The JSON is of another format than this specc reads."""

    def __init__(self, found: object) -> None:
        super().__init__(f"this is a program of format {found!r}; this specc reads format {FORMAT}")
        self.found = found


def to_json(program: Program) -> str:
    """One line a fact, in a fixed order: the same program gives the same bytes."""
    return program.model_dump_json(indent=1) + "\n"


def from_json(text: str) -> Program:
    """The program of `to_json`. Raises OtherFormat, ValueError (not JSON, or not of the schema)."""
    data = json.loads(text)
    found = data.get("format") if isinstance(data, dict) else None
    if found != FORMAT:
        raise OtherFormat(found)
    return Program.model_validate_json(text)


def schema() -> str:
    """The JSON Schema of a program."""
    return json.dumps(Program.model_json_schema(), indent=2, sort_keys=True) + "\n"
