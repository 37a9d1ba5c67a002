"""`specc weights`: what it writes, and what it says where it writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import specc
from specc.cli import FINDINGS, FINE, MISUSE
from specc.cli.main import guarded

Capture = pytest.CaptureFixture[str]
SPEC = """model M {
    input x: int[B]
    buffer table: float[4] = ones(4)
    y = (x -> wte: Embedding(5, 4)) * table
    y -> fc: Linear(4) -> lm_head: Linear(5, bias=false) -> output z
    tie lm_head.weight = wte.weight
}
"""
MAP = """
embed.weight -> wte.weight
dense.kernel -> fc.weight  transpose
dense.bias -> fc.bias
drop step
own table
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "m.nn").write_text(SPEC)
    (tmp_path / "m.map").write_text(MAP)
    save_file(theirs(), tmp_path / "theirs.safetensors")
    return tmp_path


def theirs() -> dict[str, torch.Tensor]:
    return {
        "embed.weight": torch.arange(20.0).reshape(5, 4).bfloat16(),
        "dense.kernel": torch.arange(16.0).reshape(4, 4),
        "dense.bias": torch.zeros(4).half(),
        "step": torch.tensor(7),
    }


def weights(capsys: Capture, *arguments: str, source: str = "theirs.safetensors") -> tuple[int, str, str]:
    status = guarded(["weights", "m.nn", "--from", source, *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err


def test_a_file_is_written(capsys: Capture, here: Path) -> None:
    status, out, err = weights(capsys, "--map", "m.map", "-o", "ours.safetensors")
    assert (status, err) == (FINE, "wrote ours.safetensors\n")
    assert out == (
        "1  m.map:2  embed.weight -> wte.weight\n"
        "1  m.map:3  dense.kernel -> fc.weight  transpose\n"
        "1  m.map:4  dense.bias -> fc.bias\n"
        "1  m.map:5  drop step\n"
        "1  m.map:6  own table\n"
    )
    found = load_file(here / "ours.safetensors")
    assert sorted(found) == ["fc.bias", "fc.weight", "lm_head.weight", "table"]
    assert torch.equal(found["lm_head.weight"], theirs()["embed.weight"])
    assert torch.equal(found["fc.weight"], theirs()["dense.kernel"].T)
    assert (found["lm_head.weight"].dtype, found["fc.bias"].dtype) == (torch.bfloat16, torch.float16)
    model = specc.load("m.nn", weights="ours.safetensors").model
    assert torch.equal(model.wte.weight, theirs()["embed.weight"].float())
    again = weights(capsys, source="ours.safetensors")
    assert again == (FINE, "4 of 4 tensors fit by their own names\nours.safetensors fits M\n", "")


def test_without_o_it_is_only_checked(capsys: Capture, here: Path) -> None:
    before = sorted(path.name for path in here.iterdir())
    status, out, err = weights(capsys, "--map", "m.map")
    assert (status, err) == (FINE, "")
    assert out.endswith("theirs.safetensors fits M\n")
    assert sorted(path.name for path in here.iterdir()) == before


def test_nothing_is_written_where_something_does_not_fit(capsys: Capture, here: Path) -> None:
    (here / "m.map").write_text(MAP.replace("  transpose", "").replace("drop step\n", "").replace("dense.bias", "bias.dense"))
    save_file({**theirs(), "dense.kernel": torch.zeros(4, 3)}, here / "theirs.safetensors")
    status, out, _ = weights(capsys, "--map", "m.map", "-o", "ours.safetensors")
    assert status == FINDINGS
    assert out.endswith(
        "missing: fc.bias [4], nearest: dense.bias [4]\n"
        "unexpected: step []\n"
        "unexpected: dense.bias [4], nearest: fc.bias [4]\n"
        "fc.weight: wanted [4, 4], found [4, 3] (from dense.kernel)\n"
        "rules that might help, in m.map:\n"
        "  dense.bias -> fc.bias\n"
        "  drop step\n"
        "\n"
        "theirs.safetensors does not fit M: 4 problems; nothing was written\n"
    )
    assert not (here / "ours.safetensors").exists()


def test_as_json(capsys: Capture) -> None:
    status, out, err = weights(capsys, "--format", "json", "-o", "ours.safetensors")
    assert (status, err) == (FINDINGS, "")
    document = json.loads(out)
    assert (document["model"], document["written"]) == ("M", None)
    assert {problem["name"] for problem in document["problems"] if problem["kind"] == "missing"} == {
        "wte.weight",
        "lm_head.weight",
        "fc.weight",
        "fc.bias",
        "table",
    }
    status, out, _ = weights(capsys, "--format", "json", "--map", "m.map", "-o", "ours.safetensors")
    assert (status, json.loads(out)["written"]) == (FINE, "ours.safetensors")


def test_a_foreign_file_is_not_replaced(capsys: Capture, here: Path) -> None:
    before = (here / "theirs.safetensors").read_bytes()
    status, _, err = weights(capsys, "--map", "m.map", "-o", "theirs.safetensors")
    assert status == MISUSE
    assert "theirs.safetensors exists and was not written by specc: give another name with -o, or --force" in err
    assert (here / "theirs.safetensors").read_bytes() == before
    for _ in range(2):  # one that specc wrote is
        assert weights(capsys, "--map", "m.map", "-o", "ours.safetensors")[0] == FINE
    assert weights(capsys, "--map", "m.map", "-o", "theirs.safetensors", "--force")[0] == FINE
    assert weights(capsys, "-o", "theirs.safetensors")[0] == FINE, "a file may be written over itself"
    assert weights(capsys, "--map", "m.map", "-o", "absent/ours.safetensors")[0] == MISUSE
    assert weights(capsys, "--map", "m.map", "-o", "-")[0] == MISUSE


def test_several_files(capsys: Capture, here: Path) -> None:
    tensors = theirs()
    save_file({"embed.weight": tensors.pop("embed.weight")}, here / "a.safetensors")
    save_file(tensors, here / "b.safetensors")
    files = {"embed.weight": "a.safetensors", **dict.fromkeys(tensors, "b.safetensors")}
    (here / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))
    assert weights(capsys, "--map", "m.map", "-o", "one.safetensors", source="model.safetensors.index.json")[0] == FINE
    assert weights(capsys, "--map", "m.map", "-o", "two.safetensors")[0] == FINE
    assert (here / "one.safetensors").read_bytes() == (here / "two.safetensors").read_bytes()


def test_pickles_and_wrong_files(capsys: Capture, here: Path) -> None:
    torch.save(theirs(), here / "theirs.pt")
    (here / "words.safetensors").write_text("no tensors here, only words")
    for source, said in (
        ("theirs.pt", "theirs.pt is a pickle, and opening a pickle can run any code"),
        ("words.safetensors", "words.safetensors is not a safetensors file: it does not begin as one"),
        ("absent.safetensors", "cannot read absent.safetensors: No such file"),
        (".", "cannot read .: Is a directory"),
    ):
        status, out, err = weights(capsys, "-o", "ours.safetensors", source=source)
        assert (status, out) == (MISUSE, "")
        assert said in err
    (here / "m.map").write_text("a -> b -> c\n")
    assert "m.map:1: `a -> b -> c` is no rule" in weights(capsys, "--map", "m.map")[2]
    assert not (here / "ours.safetensors").exists()


def test_names_cannot_command_the_terminal(capsys: Capture, here: Path) -> None:
    save_file({"\x1b[31mred\n": torch.zeros(2)}, here / "theirs.safetensors")
    status, out, _ = weights(capsys)
    assert status == FINDINGS
    assert "\x1b" not in out
    assert "red" in out


def test_a_bad_spec(capsys: Capture, here: Path) -> None:
    (here / "m.nn").write_text(SPEC.replace("Linear", "Lineer"))
    status, out, err = weights(capsys, "-o", "ours.safetensors")
    assert (status, out) == (FINDINGS, "")
    assert "did you mean `Linear`" in err
