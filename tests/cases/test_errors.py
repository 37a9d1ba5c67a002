"""Wrong specs: what specc finds, where, and every word that it prints.

A folder of tests/cases/errors is named after a code and holds specs that earn it. A mark tells what is found on its line,
with its column; a mark on a line of its own speaks of the next line, and `nowhere` of what has no place:

    x -> Linear(5) -> output y      # error: [E0201] 5
    # warning: [W0603]

`# options: --variant big` in the first line is given to `specc check`. The full rendering of all specs of a code stands in
`messages.txt` beside them (pytest --update-golden, then read it).
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from specc.catalogue import codes
from specc.cli.arguments import Parser, add_selection, options
from specc.diagnostics import Diagnostic, Diagnostics
from specc.pipeline import Options, build, check
from specc.reading import read_path
from specc.report.text import render
from specc.source import SourceFile
from tests.golden import Golden

ROOT = Path(__file__).parent / "errors"
SPECS = sorted(ROOT.glob("*/*.nn"))
CODES = sorted({path.parent.name for path in SPECS})
_MARK = re.compile(r"# (error|warning): \[([EW]\d{4})\](?: (\d+|nowhere))?")
_OPTIONS = "# options:"


def source_of(path: Path) -> SourceFile:
    """The spec under the name that its messages show."""
    return read_path(str(path), display=path.name)


def options_of(source: SourceFile) -> Options:
    """What the first line of a spec selects."""
    line = source.line(1)
    parser = Parser("check", "", "")
    add_selection(parser)
    return options(parser.parse_args(shlex.split(line.removeprefix(_OPTIONS)) if line.startswith(_OPTIONS) else []))


def found_in(source: SourceFile) -> list[Diagnostic]:
    diagnostics = Diagnostics()
    check(source, options_of(source), diagnostics)
    return diagnostics.sorted()


def marks_of(text: str) -> list[tuple[str, int, int | None]]:
    """(code, line, column or None) of every mark; line 0 is nowhere."""
    marks: list[tuple[str, int, int | None]] = []
    for number, line in enumerate(text.split("\n"), 1):
        for match in _MARK.finditer(line):
            alone = line.lstrip().startswith("# ") and match.start() == len(line) - len(line.lstrip())
            assert match[1] == ("error" if match[2][0] == "E" else "warning")
            if match[3] == "nowhere":
                marks.append((match[2], 0, None))
            else:
                assert match[3], f"line {number}: a mark without a column"
                marks.append((match[2], number + alone, int(match[3])))
    return marks


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_marks(path: Path) -> None:
    source = source_of(path)
    found = found_in(source)
    files = {item.primary.span.source.name: item.primary.span.source.text for item in found if item.primary}
    marks = {
        (code, name, *place) for name, text in {**files, source.name: source.text}.items() for code, *place in marks_of(text)
    }
    lines = {(item.code, item.primary.span.source.name if item.primary else source.name, _line(item)) for item in found}
    assert lines == {(code, name, line) for code, name, line, _ in marks}, render(found)
    assert all(item.help for item in found), "every message says what to do"
    columns = {(item.code, item.primary.span.line, item.primary.span.column) for item in found if item.primary}
    for code, _, line, column in marks:
        assert column is None or (code, line, column) in columns, render(found)
    assert path.parent.name in {code for code, *_ in marks}, "the spec does not earn the code of its folder"


def _line(item: Diagnostic) -> int:
    return item.primary.span.line if item.primary else 0


@pytest.mark.parametrize("code", CODES)
def test_messages(code: str, golden: Golden) -> None:
    """Colours and the width of the terminal aside, this is what a user reads."""
    parts = []
    for path in sorted((ROOT / code).glob("*.nn")):
        source = source_of(path)
        parts.append(f"## {path.stem}\n\n{render(found_in(source))}")
    text = "\n".join(parts).replace(str(ROOT.parents[2]), "/folder/of/the/project")
    golden(ROOT / code / "messages.txt", text)


NET = "model Net { input x: float[B, 4]; output x -> fc: Linear(2) }\n"
USES = "model Net { input x: float[B, 4]; output x -> mine: Mine }\n"
ELSEWHERE = {
    "E0119": "# " + 32 * 1024 * "a table" + "s\n" * 40_000 + NET,
    "E0236": "".join(f"from .part{n} import B{n}\n" for n in range(70)) + NET,
    "E0237": "from .parts import Head\n" + NET,
    "E0238": 'extern layer Mine = "mypkg:Mine" { input x: [...S]; output y: [...S] }\n' + USES,
    "E0240": 'extern layer Mine = "my pkg:Mine" { input x: [...S]; output y: [...S] }\n' + USES,
    "E0401": "block Head { input x: [N, C]; output x -> fc: Linear(2) }\n",
}
"""Codes that no file by itself earns in a check: by what is nested, imported, or built."""


@pytest.mark.parametrize("code", ELSEWHERE)
def test_elsewhere(code: str, golden: Golden, tmp_path: Path) -> None:
    text = ELSEWHERE[code]
    source = SourceFile("<text>" if code == "E0237" else "net.nn", text)
    if code == "E0236":
        for n in range(70):
            (tmp_path / f"part{n}.nn").write_text(f"block B{n} {{ input x: [N]; output x }}\n")
        source = SourceFile("net.nn", text, str(tmp_path / "net.nn"))
    diagnostics = Diagnostics()
    build(check(source, Options(), diagnostics), Options(), diagnostics)
    found = [item for item in diagnostics.sorted() if item.is_error]
    assert {item.code for item in found} == {code}, render(found)
    golden(ROOT / code / "messages.txt", f"## {code}\n\n{render(found)}")


def test_every_code_is_shown_in_full() -> None:
    assert sorted([*CODES, *ELSEWHERE]) == codes()
    for code in codes():
        assert f"[{code}]" in (ROOT / code / "messages.txt").read_text(), code


def test_the_corpus_is_large() -> None:
    assert len([path for path in SPECS if path.parent.name.startswith("E")]) >= 300
