"""Documents whose examples run.

A fence ```` ```nn ```` is a spec that must be free of mistakes and warnings; ```` ```nn error: [E0310] ```` must be answered
with that code and no other, ```` ```nn warning: [W0601] ```` likewise; a file name after `nn` lets other examples import it and
commands read it, as does one after `map`, for renaming rules.
```` ```console ```` holds commands after `$ ` and what they print (a line `...` stands for anything), and
```` ```python ```` runs, each document in a folder and a namespace of its own. With --update-golden, what is printed now is
written into the document.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from specc.cli.main import guarded
from specc.record import Record

ROOT = Path(__file__).parent.parent
_FENCE = re.compile(
    r"^```(nn|map|console|python)(?: ([\w./]+\.(?:nn|map)))?(?: (?:error|warning): \[([\w, ]+)\])?\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_ANY_FENCE = re.compile(r"^```(nn|map|console|python)\b", re.MULTILINE)


class Example(Record):
    """A fenced block. `codes` are those of the diagnostics that it must cause; `line` is where its text begins."""

    language: str
    file: str
    codes: tuple[str, ...]
    text: str
    line: int


def examples(document: Path) -> list[Example]:
    """The examples of a document, in order."""
    text = document.read_text(encoding="utf-8")
    found = [
        Example(
            match[1],
            match[2] or "",
            tuple(match[3].split(", ")) if match[3] else (),
            match[4],
            text.count("\n", 0, match.start(4)) + 1,
        )
        for match in _FENCE.finditer(text)
    ]
    assert len(found) == len(_ANY_FENCE.findall(text)), f"{document.name} has a fence that no test understands"
    return found


def specs(document: str) -> list[object]:
    """Parameters of a test of each `nn` example: the document, and the example."""
    path = ROOT / document
    return [
        pytest.param(path, example, id=f"{path.stem}:{example.line}") for example in examples(path) if example.language == "nn"
    ]


def write_files(document: Path, folder: Path) -> None:
    """The named specs and maps of a document as files in a folder."""
    for example in examples(document):
        if example.file:
            (folder / example.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / example.file).write_text(example.text, encoding="utf-8")


def matches(expected: str, actual: str) -> bool:
    """Whether what was printed is what was promised."""
    pattern = "".join(r"(?:.*\n)*" if line.strip() == "..." else re.escape(line) for line in expected.splitlines(keepends=True))
    return re.fullmatch(pattern, actual) is not None


def run_examples(
    document: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, accept: bool
) -> int:
    """Runs the commands and the Python of a document in a folder that holds its files. Returns how many ran; with
    `accept`, writes what they print into the document."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    write_files(document, folder)
    text = updated = document.read_text(encoding="utf-8")
    ran = 0
    namespace: dict[str, object] = {}
    for example in examples(document):
        if example.language == "python":
            exec(compile(example.text, f"{document.name}:{example.line}", "exec"), namespace)
            ran += 1
        elif example.language == "console":
            printed = example.text
            for part in re.split(r"^\$ ", example.text, flags=re.MULTILINE)[1:]:
                line, _, expected = part.partition("\n")
                program, *arguments = shlex.split(line)
                assert program in ("specc", "cat")
                if program == "cat":
                    actual = (folder / arguments[0]).read_text(encoding="utf-8")
                else:
                    guarded(arguments)
                    actual = "".join(capsys.readouterr())
                if not matches(expected, actual):
                    assert accept, f"{line} prints\n{actual}"
                    printed = printed.replace(part, f"{line}\n{actual}")
                ran += 1
            updated = updated.replace(example.text, printed)
    if updated != text:
        document.write_text(updated, encoding="utf-8")
    return ran
