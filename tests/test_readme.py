"""Every example in README.md runs, and prints what README.md says.

A fence ```` ```nn FILE ```` is a file, ```` ```console ```` holds commands after `$ ` and what they print (a line `...` stands
for anything), ```` ```python ```` runs.
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


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    commands = 0
    for language, name, body in _FENCE.findall(README.read_text(encoding="utf-8")):
        if language == "nn":
            (tmp_path / name).write_text(body, encoding="utf-8")
        elif language == "python":
            exec(compile(body, "README.md", "exec"), {})
        elif language == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                line, _, expected = part.partition("\n")
                program, *arguments = shlex.split(line)
                assert program == "specc"
                guarded(arguments)
                printed = "".join(capsys.readouterr())
                assert matches(expected, printed), f"{line} prints\n{printed}"
                commands += 1
    assert commands >= 5
