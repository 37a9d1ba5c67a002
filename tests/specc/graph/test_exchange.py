from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from specc.graph.exchange import OtherFormat, from_json, schema, to_json
from tests.golden import Golden
from tests.specc.runtime.examples import program

DOCS = Path(__file__).parents[3] / "docs"


def test_round_trip() -> None:
    found = from_json(to_json(program()))
    assert found == program()
    assert to_json(found) == to_json(program())


def test_the_schema_is_the_documented_one(golden: Golden) -> None:
    """A change of this file is a change of the format: FORMAT grows when readers of the last one could misread it."""
    golden(DOCS / "graph.schema.json", schema())


def test_another_format_is_refused() -> None:
    text = to_json(program()).replace('"format": 1', '"format": 2', 1)
    with pytest.raises(OtherFormat, match="this is a program of format 2; this specc reads format 1"):
        from_json(text)
    with pytest.raises(OtherFormat, match="format None"):
        from_json("[]")


def test_an_unknown_field_is_refused() -> None:
    data = json.loads(to_json(program())) | {"surprise": 1}
    with pytest.raises(ValidationError, match="surprise"):
        from_json(json.dumps(data))


def test_a_program_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        program().root = "other"
