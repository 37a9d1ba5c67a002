"""Files stay under 400 lines: what grows past that has a seam."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
GENERATED = ("tests/cases/",)
"""What specc wrote."""


def lengths() -> dict[str, int]:
    files = {path.relative_to(ROOT).as_posix(): path for room in ("specc", "tests") for path in (ROOT / room).rglob("*.py")}
    return {
        name: len(path.read_text(encoding="utf-8").splitlines())
        for name, path in files.items()
        if name == "tests/cases/test_errors.py" or not name.startswith(GENERATED)
    }


def test_files_stay_under_four_hundred_lines() -> None:
    assert len(lengths()) > 400, "a look at the wrong folder finds nothing"
    assert {name: count for name, count in lengths().items() if count >= 400} == {}
