"""The command line as its users meet it: what is misused is told in one line with the nearest that fits; never a traceback."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from specc import __version__
from specc.cli import BUG, FINE, MISUSE, check
from specc.cli.main import VERBS, guarded

Capture = pytest.CaptureFixture[str]
GOOD = "model M {\n    input x: float[B, 4]\n    x -> fc: Linear(3) -> output y\n}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.nn").write_text(GOOD)
    return tmp_path


def misuse(capsys: Capture, *arguments: str) -> str:
    assert guarded(arguments) == MISUSE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err.removeprefix("error: ").strip()


def test_help_lists_every_verb(capsys: Capture) -> None:
    assert guarded(["--help"]) == FINE
    text = capsys.readouterr().out
    for verb, purpose in VERBS.items():
        assert f"  {verb} " in text
        assert purpose in text


def test_without_arguments_the_help_and_the_exit_code_of_misuse(capsys: Capture) -> None:
    assert guarded([]) == MISUSE
    assert "usage: specc" in capsys.readouterr().out


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help(verb: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        guarded([verb, "--help"])
    assert caught.value.code == 0
    assert f"usage: specc {verb}" in capsys.readouterr().out


def test_version(capsys: Capture) -> None:
    assert guarded(["--version"]) == FINE
    assert capsys.readouterr().out.startswith(f"specc {__version__} (Python 3.")


def test_a_wrong_verb(capsys: Capture) -> None:
    assert misuse(capsys, "chekc", "good.nn") == "there is no `specc chekc`; did you mean check?"
    assert "`specc --help`" in misuse(capsys, "qqqq")


def test_an_option_before_the_verb(capsys: Capture) -> None:
    assert "options come after it" in misuse(capsys, "--format", "json", "check", "good.nn")


def test_wrong_options(capsys: Capture) -> None:
    assert (
        misuse(capsys, "check", "good.nn", "--varaint", "x") == "`specc check` has no option --varaint; did you mean --variant?"
    )
    assert "did you mean sarif?" in misuse(capsys, "check", "good.nn", "--format", "sarf")
    assert "NAME=VALUE" in misuse(capsys, "check", "good.nn", "--set", "depth")
    assert "NAME=SIZES" in misuse(capsys, "check", "good.nn", "--input", "x=2,three")
    assert "negative" in misuse(capsys, "check", "good.nn", "--input", "x=2,-3")
    assert "at most 500000" in misuse(capsys, "check", "good.nn", "--max-nodes", "600_000")
    assert "not an integer" in misuse(capsys, "check", "good.nn", "--max-nodes", "many")
    assert "required" in misuse(capsys, "check")


def test_options_are_never_abbreviated(capsys: Capture) -> None:
    assert "has no option --form" in misuse(capsys, "check", "good.nn", "--form", "json")


def test_missing_files(capsys: Capture) -> None:
    assert misuse(capsys, "build", "goood.nn") == "goood.nn does not exist; did you mean good.nn?"
    assert "is a folder" in misuse(capsys, "build", ".")


def test_a_bug_is_told_as_one(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> int:
        raise ValueError("no such thing")

    monkeypatch.setattr(check, "run", broken)
    monkeypatch.delenv("SPECC_DEBUG", raising=False)
    assert guarded(["check", "good.nn"]) == BUG
    err = capsys.readouterr().err
    assert "this is a bug in specc" in err
    assert "ValueError: no such thing (specc/cli/test_main.py:" in err
    assert "Traceback" not in err
    monkeypatch.setenv("SPECC_DEBUG", "1")
    assert guarded(["check", "good.nn"]) == BUG
    assert "Traceback" in capsys.readouterr().err


def test_a_missing_package_names_its_extra(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(_: object) -> int:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(check, "run", lacking)
    assert misuse(capsys, "check", "good.nn") == "this needs torch, which is not installed: pip install 'specc[torch]'"


def test_messages_stay_on_their_line(capsys: Capture) -> None:
    assert "␛[2J" in misuse(capsys, "build", "\x1b[2J.nn")


def start(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "specc", *arguments], stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE
    )


def test_a_reader_that_goes_away() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    child = start("--help", stdout=write_end)
    os.close(write_end)
    _, err = child.communicate(timeout=20)
    assert err == b""
    assert child.returncode == 141


def test_ctrl_c() -> None:
    child = start("fmt", "-")  # waits for its standard input
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=20)
    assert err == b""
    assert child.returncode == 130


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk() -> None:
    with open("/dev/full", "wb") as full:
        child = start("--help", stdout=full.fileno())
        _, err = child.communicate(timeout=20)
    assert child.returncode == MISUSE
    assert os.strerror(errno.ENOSPC).lower().encode() in err.lower()
    assert b"Traceback" not in err
