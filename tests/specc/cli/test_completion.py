"""Completion scripts: what a shell offers at each place. bash is asked itself; zsh and fish where they are installed."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from specc.cli import FINE
from specc.cli.completion import SHELLS
from specc.cli.main import VERBS, guarded

Capture = pytest.CaptureFixture[str]


def script(shell: str, capsys: Capture) -> str:
    assert guarded(["completion", shell]) == FINE
    return capsys.readouterr().out


def offered(text: str, *words: str) -> list[str]:
    """What bash offers for the last of the words."""
    asked = "\n".join(
        [text, f"COMP_WORDS=({' '.join(repr(word) for word in words)})", f"COMP_CWORD={len(words) - 1}", "_specc"]
    )
    done = subprocess.run(
        ["bash", "-c", asked + '\nprintf "%s\\n" "${COMPREPLY[@]}"'], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


INSTALLED = [shell for shell in SHELLS if shutil.which(shell)]


@pytest.mark.skipif("bash" not in INSTALLED, reason="needs bash")
def test_bash(capsys: Capture) -> None:
    text = script("bash", capsys)
    assert set(VERBS) <= set(offered(text, "specc", ""))
    assert offered(text, "specc", "ch") == ["check"]
    assert offered(text, "specc", "check", "--form") == ["--format"]
    assert offered(text, "specc", "check", "--format", "sa") == ["sarif"]
    assert offered(text, "specc", "run", "--device", "c") == ["cpu", "cuda"]
    assert offered(text, "specc", "completion", "") == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_verb_and_option_is_in_the_script(shell: str, capsys: Capture) -> None:
    text = script(shell, capsys)
    for verb in VERBS:
        assert verb in text
    for option in ("allow-extern", "max-nodes", "format", "device", "seed", "output"):
        assert option in text


@pytest.mark.parametrize("shell", INSTALLED)
def test_the_shell_can_read_it(shell: str, capsys: Capture) -> None:
    subprocess.run([shell, "-n"], input=script(shell, capsys), text=True, check=True, capture_output=True)
