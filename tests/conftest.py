"""Golden files: output that is kept beside its source, compared on every run, and accepted with --update-golden."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden import Golden


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="accept what is printed now; read the diff afterwards")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(path, text)`: the text must equal the file at the path."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: run with --update-golden, then read it"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether --update-golden writes what is printed now into the documents."""
    return bool(request.config.getoption("--update-golden"))
