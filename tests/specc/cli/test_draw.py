"""`specc draw`: formats by name, views, what it refuses, and what it never overwrites."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from specc.cli import FINDINGS, FINE, MISUSE
from specc.cli.main import guarded

Capture = pytest.CaptureFixture[str]
GOOD = "model M(width: int = 3) {\n    input x: float[B, 4]\n    x -> fc: Linear(width) -> output y\n}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "good.nn").write_text(GOOD)
    (tmp_path / "bad.nn").write_text(GOOD.replace("Linear", "Lineer"))
    return tmp_path


def specc(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    status = guarded(["draw", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_name_says_the_format(here: Path, capsys: Capture) -> None:
    assert specc(capsys, "good.nn") == (FINE, "", "wrote good.svg\n")
    for form in ("svg", "png", "pdf", "html", "dot", "mmd"):
        assert specc(capsys, "good.nn", "-o", f"m.{form}")[0] == FINE
        assert specc(capsys, "good.nn", "-o", f"m.{form}")[0] == FINE  # its own files are replaced
    assert (here / "m.png").read_bytes().startswith(b"\x89PNG")


def test_standard_output(capsys: Capture) -> None:
    status, out, err = specc(capsys, "good.nn", "-o", "-", "--format", "dot", "--set", "width=7")
    assert (status, err) == (FINE, "")
    assert "4 → 7" in out


def test_views_and_blocks(here: Path, capsys: Capture) -> None:
    assert specc(capsys, "gpt2", "--view", "block", "Attention", "-o", "a.svg")[0] == FINE
    assert specc(capsys, "--view", "block", "Attention", "gpt2", "-o", "a.svg")[0] == FINE
    assert specc(capsys, "--view", "table", "gpt2", "-o", "a.svg")[0] == FINE
    assert (
        specc(capsys, "gpt2", "--depth", "0", "--direction", "lr", "--theme", "dark", "--no-shapes", "-o", "a.svg")[0] == FINE
    )
    assert "prefers-color-scheme" not in (here / "a.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["good.nn", "--view", "ful"], "there is no view ful; did you mean full?"),
        (["gpt2", "--view", "block"], "--view block wants the name of one block"),
        (["gpt2", "--view", "block", "Blok"], "GPT2 uses no block Blok; did you mean Block?"),
        (["gpt2", "--expand", "Atention"], "did you mean Attention?"),
        (["good.nn", "-o", "x.jpg"], "x.jpg does not end in .svg"),
        (["good.nn", "--direction", "up"], "'up' is not tb or lr"),
        (["good.nn", "-o", "missing/x.svg"], "the folder"),
        (["nothing.nn"], "nothing.nn"),
        ([], "wants a file"),
    ],
)
def test_misuse(capsys: Capture, arguments: list[str], message: str) -> None:
    status, out, err = specc(capsys, *arguments)
    assert (status, out) == (MISUSE, "")
    assert message in err


def test_a_spec_with_errors_has_no_picture(here: Path, capsys: Capture) -> None:
    status, _, err = specc(capsys, "bad.nn")
    assert status == FINDINGS
    assert "Lineer" in err
    assert not (here / "bad.svg").exists()


def test_a_foreign_file_stays(here: Path, capsys: Capture) -> None:
    (here / "good.svg").write_text("<svg>mine</svg>")
    status, _, err = specc(capsys, "good.nn")
    assert status == MISUSE
    assert "was not written by specc" in err
    assert (here / "good.svg").read_text() == "<svg>mine</svg>"
    assert specc(capsys, "good.nn", "--force")[0] == FINE


def test_it_loads_no_torch_and_says_nothing_of_fonts() -> None:
    program = (
        "from specc.cli.main import guarded\nassert guarded(['draw', 'good.nn']) == 0\n"
        "import sys; print(sorted({n.partition('.')[0] for n in sys.modules} & {'torch', 'numpy', 'matplotlib'}))"
    )
    root = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r})\n{program}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert done.stderr == "wrote good.svg\n"
