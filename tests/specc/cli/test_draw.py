"""`specc draw`: formats by name, views, what it refuses, and what it never overwrites."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
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


def drawn(capsys: Capture, *arguments: str) -> str:
    """The DOT of what is drawn."""
    status, out, err = specc(capsys, *arguments, "-o", "-", "--format", "dot")
    assert (status, err) == (FINE, "")
    return out


def test_what_is_drawn_can_be_chosen(capsys: Capture) -> None:
    assert "AdaptiveAvgPool2d" not in drawn(capsys, "lenet5", "--model", "LeNet5", "--view", "overview")
    assert "Bottleneck" in drawn(capsys, "resnet", "--variant", "resnet50")
    assert "× 5" in drawn(capsys, "gpt2", "--set", "depth=5")
    frame = 'subgraph "cluster_0|transformer.h.0/attn"'
    assert frame in drawn(capsys, "gpt2", "--view", "overview")
    assert frame not in drawn(capsys, "gpt2", "--collapse", "Attention")
    assert frame not in drawn(capsys, "gpt2", "--depth", "1")
    assert frame in drawn(capsys, "gpt2", "--depth", "1", "--expand", "Attention")


def test_how_it_is_drawn_can_be_chosen(here: Path, capsys: Capture) -> None:
    assert "rankdir=TB" in drawn(capsys, "gpt2")
    assert "rankdir=LR" in drawn(capsys, "gpt2", "--direction", "lr")
    assert "T × 768" in drawn(capsys, "gpt2", "--shapes")
    assert "T × 768" not in drawn(capsys, "gpt2", "--no-shapes")
    for theme, media, night in (("light", False, False), ("dark", False, True), ("auto", True, True)):
        assert specc(capsys, "good.nn", "--view", "overview", "--theme", theme, "-o", f"{theme}.svg")[0] == FINE
        text = (here / f"{theme}.svg").read_text()
        assert ("prefers-color-scheme" in text, "#12171d" in text) == (media, night)


def test_the_file_can_be_shown(here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    assert specc(capsys, "good.nn", "--open")[0] == FINE
    assert shown == [f"file://{here / 'good.svg'}"]


def test_ten_thousand_layers(here: Path, capsys: Capture) -> None:
    """Folded where they can be, refused with what to pass where all of them are asked for."""
    body = "x -> for i in 0..10000 { Linear(i % 7 + 1) } -> output y"
    (here / "deep.nn").write_text(f"model Deep {{\n    input x: float[B, 8]\n    {body}\n}}\n")
    assert specc(capsys, "deep.nn")[0] == FINE
    assert (here / "deep.svg").stat().st_size < 60_000
    status, out, err = specc(capsys, "deep.nn", "--view", "full", "-o", "full.svg")
    assert (status, out) == (MISUSE, "")
    assert "10\u2009002 boxes" in err
    assert "--view overview" in err
    assert not (here / "full.svg").exists()


def test_names_with_meanings_elsewhere(here: Path, capsys: Capture) -> None:
    """File names and texts of the spec end up on hover and in titles."""
    name = 'שלום <b>&"x".nn'
    doc = '"""A <b>bold</b> & "quoted" \u05e9\u05dc\u05d5\u05dd ]]> --> text."""'
    (here / name).write_text(GOOD.replace("input", f"{doc}\n    input", 1), encoding="utf-8")
    for form in ("svg", "html", "dot", "mmd", "png", "pdf"):
        assert specc(capsys, name, "--view", "overview", "-o", f"m.{form}")[0] == FINE
    ET.fromstring((here / "m.svg").read_text(encoding="utf-8").partition("?>")[2])
    assert "<b>bold" not in (here / "m.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["good.nn", "-o", "good.nn/x.svg"], "good.nn/x.svg cannot be written"),
        (["good.nn", "-o", "/dev/null/x.svg"], "cannot be written"),
        (["good.nn", "--format", "dot", "-o", "/dev/full"], "is no ordinary file"),
        (["good.nn", "-o", ".svg"], ".svg does not end in"),
        (["good.nn", "--theme", "drak"], "'drak' is not light, dark or auto"),
        (["good.nn", "--depth", "-1"], "-1"),
        (["gpt2", "--depth", "two"], "two"),
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


@pytest.mark.parametrize(
    ("arguments", "nearest"), [(["resnet", "--variant", "resnet19"], "resnet18"), (["lenet5", "--model", "LeNet6"], "LeNet5")]
)
def test_a_selection_that_is_not_there(capsys: Capture, arguments: list[str], nearest: str) -> None:
    status, out, err = specc(capsys, *arguments)
    assert (status, out) == (FINDINGS, "")
    assert nearest in err


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
