"""Every example in README.md runs, and prints what README.md says.

A fence ```` ```nn FILE ```` is a file, ```` ```console ```` holds commands after `$ ` and what they print (a line `...` stands
for anything), ```` ```python ```` runs. With --update-golden, what is printed now is written into README.md.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from specc.cli.main import guarded

README = Path(__file__).parent.parent / "README.md"
_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def matches(expected: str, actual: str) -> bool:
    """Whether what was printed is what was promised."""
    pattern = "".join(r"(?:.*\n)*" if line.strip() == "..." else re.escape(line) for line in expected.splitlines(keepends=True))
    return re.fullmatch(pattern, actual) is not None


def test_matching() -> None:
    assert matches("a\n...\nc\n", "a\nb\nb\nc\n")
    assert matches("a\n", "a\n")
    assert not matches("a\n", "a\nb\n")


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether --update-golden writes what is printed into README.md."""
    return bool(request.config.getoption("--update-golden"))


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], accept: bool) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    text = README.read_text(encoding="utf-8")
    updated = text
    commands = 0
    for language, name, body in _FENCE.findall(text):
        if language == "nn":
            (tmp_path / name).write_text(body, encoding="utf-8")
        elif language == "python":
            exec(compile(body, "README.md", "exec"), {})
        elif language == "console":
            printed = body
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                line, _, expected = part.partition("\n")
                program, *arguments = shlex.split(line)
                assert program == "specc"
                guarded(arguments)
                actual = "".join(capsys.readouterr())
                if not matches(expected, actual):
                    assert accept, f"{line} prints\n{actual}"
                    printed = printed.replace(part, f"{line}\n{actual}")
                commands += 1
            updated = updated.replace(body, printed)
    if updated != text:
        README.write_text(updated, encoding="utf-8")
    assert commands >= 5
