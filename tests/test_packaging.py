"""The wheel holds what specc reads at run time: its data folders are symlinks in the checkout, and files in the wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_every_spec_is_in_the_wheel(wheel: set[str]) -> None:
    specs = {f"specc/specs/{path.relative_to(ROOT / 'specs').as_posix()}" for path in (ROOT / "specs").rglob("*.nn")}
    assert len(specs) > 20
    assert specs <= wheel


def test_grammar_table_and_marker_are_in_the_wheel(wheel: set[str]) -> None:
    assert {"specc/grammar/nn.lark", "specc/syntax/table.json", "specc/py.typed"} <= wheel


def test_every_module_is_in_the_wheel(wheel: set[str]) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "specc").rglob("*.py") if "specs" not in path.parts}
    assert modules <= wheel


def test_nothing_else_is(wheel: set[str]) -> None:
    endings = {".py", ".nn", ".lark", ".json", ".typed", ".md", ".ttf", ".woff2", ".txt", ".css", ".js", ".conf"}
    strangers = [name for name in wheel if name.startswith("specc/") and Path(name).suffix not in endings]
    assert strangers == []
