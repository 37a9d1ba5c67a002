"""The shipped table is the grammar's."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import specc.syntax
from specc.syntax.parse import TABLE
from specc.syntax.tables import render


def test_the_table_is_current() -> None:
    shipped = Path(specc.syntax.__path__[0]).joinpath(TABLE).read_text(encoding="utf-8")
    assert shipped == render(), "grammar/nn.lark has changed: run `python -m specc.syntax.tables`"


def test_the_table_does_not_depend_on_hashing() -> None:
    code = "import hashlib; from specc.syntax.tables import render; print(hashlib.sha256(render().encode()).hexdigest())"
    seen = set()
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."}, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        seen.add(run.stdout)
    assert len(seen) == 1


def test_the_grammar_ships_with_the_package() -> None:
    inside = files("specc").joinpath("grammar", "nn.lark").read_text(encoding="utf-8")
    assert inside == Path("grammar/nn.lark").read_text(encoding="utf-8")
