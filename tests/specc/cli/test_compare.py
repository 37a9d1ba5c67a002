"""`specc compare`: what it prints, and with which exit code it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from specc.cli import FINDINGS, FINE, MISUSE
from specc.cli.main import guarded

Capture = pytest.CaptureFixture[str]
SPEC = """model M(width: int = 3) {
    input x: float[B, 4], shift: float[B, 1] = none
    y = x -> fc: Linear(width)
    output y = y if shift is none else y + shift
}
"""
THEIRS = """
from torch import nn

class Net(nn.Module):
    def __init__(self, width=3, slope=1.0):
        super().__init__()
        self.fc, self.slope = nn.Linear(4, width), slope
    def forward(self, x, offset=None):
        y = self.fc(x) * self.slope
        return {"y": y if offset is None else y + offset, "x": x}

class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(4, 3)
    def forward(self, x):
        return self.dense(x)

number = 3
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "m.nn").write_text(SPEC)
    (tmp_path / "theirs_to_compare.py").write_text(THEIRS)
    yield tmp_path
    sys.modules.pop("theirs_to_compare", None)


def compare(capsys: Capture, name: str, *arguments: str) -> tuple[int, str, str]:
    status = guarded(["compare", "m.nn", "--with", f"theirs_to_compare:{name}", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err


def test_equal(capsys: Capture) -> None:
    status, out, err = compare(capsys, "Net")
    assert status == FINE
    assert err == "loading torch\nbuilding and running M and theirs_to_compare:Net\n"
    assert "M against theirs_to_compare:Net on cpu, float32, eval mode, seed 0\n" in out
    assert "weights  2 of 2 tensors fit by their own names\n" in out
    assert "inputs   x: float[2, 4]\n" in out
    assert "\nparameters" in out
    assert "not compared, since the spec gives no such output: x\n" in out
    assert out.endswith("equal: the largest relative difference is 0, at most 1e-05 is allowed\n")


def test_different(capsys: Capture) -> None:
    status, out, _ = compare(capsys, "Net", "--kwargs", '{"slope": 1.01}')
    assert status == FINDINGS
    assert out.endswith("different: y by 0.0099 (relative), at most 1e-05 is allowed\n")
    assert compare(capsys, "Net", "--kwargs", '{"slope": 1.01}', "--tolerance", "0.1")[0] == FINE


def test_as_json(capsys: Capture) -> None:
    status, out, err = compare(capsys, "Net", "--format", "json", "--dtype", "float64", "--train", "--set", "width=7",
                               "--kwargs", '{"width": 7}', "--repeat", "1")  # fmt: skip
    assert (status, err) == (FINE, "")
    document = json.loads(out)
    assert (document["equal"], document["width"], document["train"], document["tolerance"]) == (True, "float64", True, 1e-10)
    assert document["parameters"] == [35, 35]
    assert {one["name"] for one in document["gradients"]} == {"fc.weight", "fc.bias"}
    assert document["weights"]["rules"] == [{"line": 0, "rule": "", "tensors": 2}]


def test_weights_that_do_not_fit(capsys: Capture) -> None:
    status, out, _ = compare(capsys, "Dense")
    assert status == FINDINGS
    assert "missing: fc.weight [3, 4], nearest: dense.weight [3, 4]\n" in out
    assert "rules that might help, in a file for --map:\n  dense.weight -> fc.weight\n" in out
    assert out.endswith("the weights do not fit: 4 problems; nothing was run\n")
    status, out, _ = compare(capsys, "Net", "--kwargs", '{"width": 5}', "--format", "json")
    assert status == FINDINGS
    assert json.loads(out)["weights"]["problems"][0]["text"] == "fc.weight: wanted [3, 4], found [5, 4]"


def test_a_map(capsys: Capture, here: Path) -> None:
    (here / "port.map").write_text("dense.{rest*} -> fc.{rest*}\nold.{i} -> new.{i}\n")
    status, out, _ = compare(capsys, "Dense", "--map", "port.map")
    assert status == FINE
    assert "weights  2  port.map:1  dense.{rest*} -> fc.{rest*}\n" in out
    assert "         0  port.map:2  old.{i} -> new.{i}   fits nothing\n" in out


def test_given_inputs_and_keywords(capsys: Capture, here: Path) -> None:
    save_file({"x": torch.randn(6, 4), "shift": torch.ones(6, 1)}, here / "in.safetensors")
    status, out, _ = compare(capsys, "Net", "--inputs", "in.safetensors", "--keyword", "shift=offset", "--take", "y")
    assert status == FINE
    assert "inputs   x: float[6, 4]\n         shift: float[6, 1]\n" in out
    assert "shift: float[2, 1]" in compare(capsys, "Net", "--keyword", "shift=offset")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kwargs", "{"], "'{' is not JSON"),
        (["--kwargs", "[1]"], "'[1]' is not a JSON object"),
        (["--keyword", "x"], "'x' is not OURS=THEIRS, as in --keyword tokens=input_ids"),
        (["--keyword", "xx=offset"], "M has no input xx; it has x, shift"),
        (["--keyword", "x=nope"], "does not take x: TypeError"),
        (["--take", "a,"], "'a,' is not NAMES"),
        (["--take", "z"], "theirs_to_compare:Net gives no z; it gives y, x"),
        (["--dtype", "float"], "'float' is not float32"),
        (["--tolerance", "-1"], "-1 is out of range"),
        (["--tolerance", "nan"], "nan is out of range"),
        (["--tolerance", "small"], "'small' is not a number"),
        (["--map", "absent.map"], "cannot read absent.map: No such file"),
        (["--inputs", "absent.safetensors"], "cannot read absent.safetensors"),
        (["--kwargs", '{"depth": 3}'], "Net(depth=3) fails: TypeError"),
        (["--device", "xpu"], "there is no device xpu"),
        (["--device", "meta"], "tensors on meta hold no numbers to compare"),
    ],
)
def test_misuse(arguments: list[str], said: str, capsys: Capture) -> None:
    status, out, err = compare(capsys, "Net", *arguments)
    assert (status, out) == (MISUSE, "")
    assert said in err


def test_what_is_no_model(capsys: Capture, here: Path) -> None:
    assert compare(capsys, "Nett")[0] == MISUSE
    (here / "broken_to_compare.py").write_text("import nosuchpackage\n")
    (here / "raising_to_compare.py").write_text("raise ValueError('at import')\n")
    for name, said in (
        ("theirs_to_compare:Nett", "theirs_to_compare has no Nett; did you mean Net?"),
        ("theirs_to_compare:number", "theirs_to_compare:number is an int: wanted is something to call"),
        ("nosuchpackage:Net", "there is no module nosuchpackage, here or where Python looks"),
        ("broken_to_compare:Net", "broken_to_compare cannot be imported: it needs nosuchpackage, which is not installed"),
        ("raising_to_compare:Net", "raising_to_compare cannot be imported: ValueError: at import"),
        ("torch", "'torch' is not package.module:callable"),
    ):
        assert guarded(["compare", "m.nn", "--with", name]) == MISUSE
        assert said in capsys.readouterr().err
    assert guarded(["compare", "m.nn"]) == MISUSE
    assert "the following arguments are required: --with" in capsys.readouterr().err


def test_a_bad_spec_is_told_before_anything_is_imported(capsys: Capture, here: Path) -> None:
    (here / "m.nn").write_text(SPEC.replace("Linear", "Lineer"))
    status, out, err = compare(capsys, "Net")
    assert (status, out) == (FINDINGS, "")
    assert "did you mean `Linear`" in err
    assert "theirs_to_compare" not in sys.modules
