"""What a safetensors file holds, and every way in which a file only says that it is one."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from specc.weights.errors import BadWeights
from specc.weights.header import read


def file(path: Path, header: object, data: bytes = b"", length: int | None = None) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return str(path)


def entry(start: int, end: int, shape: list[int] | None = None, kind: str = "U8") -> dict[str, object]:
    return {"dtype": kind, "shape": [end - start] if shape is None else shape, "data_offsets": [start, end]}


def test_what_safetensors_writes(tmp_path: Path) -> None:
    kinds = [torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.int64, torch.uint8, torch.bool]
    tensors = {f"t{n}": torch.zeros(n, 3, dtype=kind) for n, kind in enumerate(kinds)}
    tensors["scalar"] = torch.tensor(3.0)
    save_file(tensors, tmp_path / "a.safetensors", metadata={"format": "pt"})
    found = read(str(tmp_path / "a.safetensors"))
    assert {name: stored.shape for name, stored in found.items()} == {name: tuple(t.shape) for name, t in tensors.items()}
    assert (found["t2"].kind, found["t6"].kind) == ("BF16", "BOOL")


BROKEN: dict[str, tuple[Callable[[Path], str], str]] = {
    "empty": (lambda p: file(p, b"", length=0), "it does not begin as one"),
    "words": (lambda p: (p.write_text("no tensors, only words") and str(p)) or "", "it does not begin as one"),
    "a header longer than the file": (lambda p: file(p, {}, length=2**40), "a download that was cut off?"),
    "a header of all memory": (lambda p: file(p, {}, length=2**64 - 1), "a download that was cut off?"),
    "not JSON": (lambda p: file(p, b'{"a": '), "its header is not JSON"),
    "JSON in JSON in JSON": (lambda p: file(p, b'{"a":' * 100_000), "its header is not JSON"),
    "not UTF-8": (lambda p: file(p, b'{"\xff": 1}'), "its header is not JSON"),
    "a number of a million digits": (lambda p: file(p, b'{"a": ' + b"9" * 1_000_000 + b"}"), "its header is not JSON"),
    "a key twice": (lambda p: file(p, b'{"a": 1, "a": 2}'), "a stands in its header twice"),
    "no offsets": (lambda p: file(p, {"a": {"dtype": "F32", "shape": [1]}}), "does not say dtype, shape and data_offsets of a"),
    "no entry": (lambda p: file(p, {"a": [1, 2]}), "does not say dtype, shape and data_offsets of a"),
    "sizes that are not": (lambda p: file(p, {"a": entry(0, 1, [-1])}, b"x"), "does not say dtype, shape"),
    "sizes of true": (lambda p: file(p, {"a": entry(0, 1, [True])}, b"x"), "does not say dtype, shape"),
    "a size too large": (lambda p: file(p, {"a": entry(0, 1, [2**63])}, b"x"), "does not say dtype, shape"),
    "an endless name": (lambda p: file(p, {"a" * 2000: entry(0, 1)}, b"x"), "a tensor's name has 2000 characters"),
    "an unknown kind": (lambda p: file(p, {"a": entry(0, 1, kind="F7")}, b"x"), "the dtype F7, which specc does not know"),
    "too few bytes": (lambda p: file(p, {"a": entry(0, 4, [2], "F32")}, bytes(4)), "a is F32 [2], but has 4 bytes"),
    "sizes that overflow": (lambda p: file(p, {"a": entry(0, 0, [2**62, 4])}), "but has 0 bytes"),
    "bytes that run backwards": (lambda p: file(p, {"a": entry(4, 0, [1], "F32")}, bytes(4)), "a is F32 [1], but has -4 bytes"),
    "overlapping": (lambda p: file(p, {"a": entry(0, 2), "b": entry(1, 3)}, bytes(3)), "b overlaps a"),
    "a gap": (lambda p: file(p, {"a": entry(0, 2), "b": entry(3, 4)}, bytes(4)), "b leaves a gap after a"),
    "a gap before": (lambda p: file(p, {"a": entry(1, 2)}, bytes(2)), "a leaves a gap after the header"),
    "cut off": (lambda p: file(p, {"a": entry(0, 8)}, bytes(5)), "it ends 3 bytes too early"),
    "too much": (lambda p: file(p, {"a": entry(0, 8)}, bytes(9)), "its last tensor ends 1 bytes before the file does"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str, tmp_path: Path) -> None:
    make, said = BROKEN[name]
    with pytest.raises(BadWeights) as caught:
        read(make(tmp_path / "bad.safetensors"))
    assert str(caught.value).startswith("bad.safetensors is not a safetensors file: ")
    assert said in str(caught.value)


def test_a_header_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    with path.open("wb") as out:
        out.write((33 * 1024 * 1024).to_bytes(8, "little") + b"{")
        out.truncate(34 * 1024 * 1024)
    with pytest.raises(BadWeights, match="more than the 32 MiB that specc reads"):
        read(str(path))


@pytest.mark.parametrize("name", ["model.pt", "model.safetensors"])
def test_pickles_are_refused_with_the_way_out(name: str, tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / name)
    with pytest.raises(BadWeights) as caught:
        read(str(tmp_path / name))
    assert f"{name} is a pickle, and opening a pickle can run any code" in str(caught.value)
    assert "s.save_file(torch.load(" in str(caught.value)
    (tmp_path / name).write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(BadWeights, match="is a pickle"):
        read(str(tmp_path / name))


def test_what_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.safetensors", "a\0b", tmp_path / "absent.safetensors.index.json"):
        with pytest.raises(BadWeights, match="cannot read"):
            read(str(path))


def test_several_files(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2)}, tmp_path / "one.safetensors")
    save_file({"b": torch.zeros(3), "c": torch.zeros(1)}, tmp_path / "two.safetensors")
    index = tmp_path / "model.safetensors.index.json"

    def told(**tensors: str) -> str:
        index.write_text(json.dumps({"metadata": {}, "weight_map": tensors}))
        with pytest.raises(BadWeights) as caught:
            read(str(index))
        return str(caught.value)

    index.write_text(json.dumps({"weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "two.safetensors"}}))
    found = read(str(index))
    assert {name: stored.file.rpartition("/")[2] for name, stored in found.items()} == {
        "a": "one.safetensors",
        "b": "two.safetensors",
        "c": "two.safetensors",
    }
    assert "two.safetensors holds c, but model.safetensors.index.json says otherwise" in told(b="two.safetensors")
    assert "names d, but one.safetensors does not hold it" in told(a="one.safetensors", d="one.safetensors")
    for outside in ("../one.safetensors", "/etc/one.safetensors", "a\\one.safetensors", "one.bin"):
        assert "only .safetensors files beside the index may be named" in told(a=outside)
    assert "cannot read" in told(a="three.safetensors")
    for text in ("[]", "{", '{"weight_map": {"a": 1}}', "[" * 100_000):
        index.write_text(text)
        with pytest.raises(BadWeights, match="no index of safetensors files"):
            read(str(index))


@given(data=st.data())
def test_what_it_accepts_safetensors_accepts(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A few bytes of a good file are changed: it is refused, or safetensors reads the same from it."""
    path = tmp_path_factory.mktemp("header") / "a.safetensors"
    save_file({"ab": torch.arange(3), "cd": torch.zeros(2, 2)}, path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    try:
        found = read(str(path))
    except BadWeights:
        return
    with safe_open(str(path), framework="pt") as opened:
        assert {name: stored.shape for name, stored in found.items()} == {
            name: tuple(opened.get_tensor(name).shape)
            for name in opened.keys()  # noqa: SIM118  # it is no mapping
        }
