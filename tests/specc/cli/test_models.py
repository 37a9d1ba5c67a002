"""The verbs that build and run models: summary, run, verify, and build held against weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from specc.cli import FINDINGS, FINE, MISUSE
from specc.cli.main import guarded

Capture = pytest.CaptureFixture[str]
SPEC = """model M(width: int = 3) {
    variants { wide: (width=30) }
    input x: float[B, 4]
    x -> fc: Linear(width) -> output y
}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "m.nn").write_text(SPEC)
    return tmp_path


def specc(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    status = guarded(arguments)
    out, err = capsys.readouterr()
    return status, out, err


def test_summary(capsys: Capture) -> None:
    status, out, err = specc(capsys, "summary", "m.nn")
    assert (status, err) == (FINE, "")
    assert "M: width = 3\n  in   x: float[B, 4]\n  out  y: float[B, 3]\n" in out
    assert "\nfc " in out
    assert "\nparameters         15\n" in out


def test_summary_of_a_variant_as_json(capsys: Capture) -> None:
    _, out, _ = specc(capsys, "summary", "m.nn", "--variant", "wide", "--format", "json")
    document = json.loads(out)
    assert (document["variant"], document["learned"]) == ("wide", 150)
    assert document["rows"][0]["key"] == "fc"


def test_sizes_make_numbers_of_formulas(capsys: Capture) -> None:
    def multiply_adds(*options: str) -> object:
        return json.loads(specc(capsys, "summary", "m.nn", "--format", "json", *options)[1])["multiply_adds"]

    assert multiply_adds() == "12*B"
    assert multiply_adds("--input", "x=5,4") == 60


def test_run(capsys: Capture) -> None:
    status, out, err = specc(capsys, "run", "m.nn", "--device", "cpu")
    assert status == FINE
    assert "out  y     float[B, 3]  float[2, 3]\n" in out
    assert "M on cpu: 15 parameters" in out
    assert err == "loading torch\nbuilding and running M\n"


def test_run_as_json_at_other_sizes(capsys: Capture) -> None:
    status, out, err = specc(
        capsys, "run", "m.nn", "--device", "cpu", "--format", "json", "--input", "x=7,4", "--set", "width=2"
    )
    assert (status, err) == (FINE, "")
    assert json.loads(out)["outputs"][0]["actual"] == "float[7, 2]"


def test_a_device_that_is_not_there(capsys: Capture) -> None:
    if torch.xpu.is_available():
        pytest.skip("there is one")
    status, out, err = specc(capsys, "run", "m.nn", "--device", "xpu")
    assert (status, out) == (MISUSE, "")
    assert "error: there is no device xpu on this machine" in err


def test_verify(capsys: Capture) -> None:
    status, out, _ = specc(capsys, "verify", "m.nn", "--runs", "2")
    assert status == FINE
    assert "M on cpu: " in out
    assert json.loads(specc(capsys, "verify", "m.nn", "--runs", "1", "--format", "json")[1])["findings"] == []


def test_build_held_against_weights(capsys: Capture, here: Path) -> None:
    weights = {"fc.weight": torch.zeros(3, 4), "fc.bias": torch.zeros(3)}
    save_file(weights, here / "fits.safetensors")
    save_file({**weights, "fc.bias": torch.zeros(4)}, here / "other.safetensors")
    status, _, err = specc(capsys, "build", "m.nn", "--weights", "fits.safetensors")
    assert status == FINE
    assert "fits.safetensors fits the model" in err
    (here / "m.py").unlink()
    status, _, err = specc(capsys, "build", "m.nn", "--weights", "other.safetensors")
    assert status == MISUSE
    assert "fc.bias: wanted [3], found [4]" in err
    assert not (here / "m.py").exists()


@pytest.mark.parametrize("verb", ["summary", "run", "verify", "build"])
def test_a_bad_spec(verb: str, capsys: Capture, here: Path) -> None:
    (here / "bad.nn").write_text(SPEC.replace("Linear", "Lineer"))
    status, out, err = specc(capsys, verb, "bad.nn")
    assert (status, out) == (FINDINGS, "")
    assert "did you mean `Linear`" in err
