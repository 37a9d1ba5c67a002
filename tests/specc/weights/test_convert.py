"""A file written anew: the tensors that torch would make by the same moves, and what safetensors' own functions read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, load_model, save_file, save_model
from torch import Tensor, nn

from specc.weights.convert import Given, checked, converted, permuted
from specc.weights.errors import BadWeights
from specc.weights.fit import Fit, fit
from specc.weights.header import Stored, read
from specc.weights.rules import parse
from specc.weights.wanted import Wanted


def fitted(path: Path, wanted: dict[str, Wanted], rules: str) -> tuple[dict[str, Stored], Fit]:
    found = read(str(path))
    return found, checked(found, fit({name: stored.shape for name, stored in found.items()}, wanted, parse(rules, "m.map")))


def written(
    folder: Path, tensors: dict[str, Tensor], wanted: dict[str, Wanted], rules: str, own: dict[str, Given] | None = None
) -> Path:
    save_file(tensors, folder / "from.safetensors")
    found, fit_ = fitted(folder / "from.safetensors", wanted, rules)
    assert not fit_.problems
    out = folder / "out.safetensors"
    out.write_bytes(b"".join(converted(found, fit_, wanted, own or {}, "0")))
    return out


def wants(**shapes: tuple[int, ...]) -> dict[str, Wanted]:
    return {name.replace("__", "."): Wanted(shape, name.replace("__", ".")) for name, shape in shapes.items()}


KINDS = [torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.int64, torch.int8, torch.bool]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_move_keeps_the_numbers(kind: torch.dtype, tmp_path: Path) -> None:
    def drawn(*shape: int) -> Tensor:
        return torch.randint(2, shape).to(kind) if kind in (torch.bool, torch.int8) else torch.randn(shape).mul(100).to(kind)

    tensors = {"plain": drawn(3, 4), "w": drawn(3, 5), "k": drawn(2, 3, 4, 5), "qr": drawn(2, 9), "a": drawn(2, 3)}
    tensors |= {"b": drawn(2, 1), "scalar": drawn(), "none": drawn(0, 3)}
    wanted = wants(same=(3, 4), w=(5, 3), k=(5, 4, 2, 3), q=(2, 4), r=(2, 5), ab=(4, 2), scalar=(1,), none=(3, 0))
    rules = """
        plain -> same
        w -> w  transpose
        k -> k  permute(3, 2, 0, 1)
        qr -> q, r  dim=1
        a, b -> ab  transpose
        scalar -> scalar  reshape
        none -> none  transpose
    """
    out = load_file(written(tmp_path, tensors, wanted, rules))
    assert {name: tuple(tensor.shape) for name, tensor in out.items()} == {name: want.shape for name, want in wanted.items()}
    for name, tensor in {
        "same": tensors["plain"],
        "w": tensors["w"].T,
        "k": tensors["k"].permute(3, 2, 0, 1),
        "q": tensors["qr"][:, :4],
        "r": tensors["qr"][:, 4:],
        "ab": torch.cat([tensors["a"].T, tensors["b"].T]),
        "scalar": tensors["scalar"].reshape(1),
        "none": tensors["none"].T,
    }.items():
        assert out[name].dtype == kind
        assert torch.equal(out[name], tensor), name


SHAPES = st.lists(st.integers(0, 4), min_size=1, max_size=4)


@given(SHAPES.flatmap(lambda shape: st.tuples(st.just(shape), st.permutations(range(len(shape))))))
def test_permuted_is_torchs(drawn: tuple[list[int], list[int]]) -> None:
    shape, order = drawn
    tensor = torch.arange(torch.Size(shape).numel(), dtype=torch.int16).reshape(shape)
    found = permuted(tensor.numpy().tobytes(), tuple(shape), tuple(order), 2)
    assert found == tensor.permute(order).contiguous().numpy().tobytes()


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wte = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5, bias=False)
        self.alias = nn.Linear(3, 5)
        self.head.weight = self.alias.weight = self.wte.weight


TIED = {
    "wte.weight": Wanted((5, 3), "wte.weight"),
    "head.weight": Wanted((5, 3), "wte.weight"),
    "alias.weight": Wanted((5, 3), "wte.weight"),
    "alias.bias": Wanted((5,), "alias.bias"),
}


def test_tied_tensors_are_kept_as_by_save_model(tmp_path: Path) -> None:
    model = Tied()
    save_model(model, str(tmp_path / "theirs.safetensors"), metadata={"format": "pt"})
    out = written(tmp_path, {"wte.weight": model.wte.weight.detach(), "alias.bias": model.alias.bias.detach()}, TIED, "")
    with safe_open(str(tmp_path / "theirs.safetensors"), framework="pt") as theirs, safe_open(str(out), framework="pt") as ours:
        assert sorted(ours.keys()) == sorted(theirs.keys())
        metadata = dict(ours.metadata())
        assert metadata.pop("specc") == "0"
        assert metadata == dict(theirs.metadata())
    other = Tied()
    assert load_model(other, str(out)) == (set(), [])
    assert torch.equal(other.head.weight, model.head.weight)


def test_tied_tensors_that_differ(tmp_path: Path) -> None:
    weight = torch.randn(5, 3)
    save_file({"wte.weight": weight, "head.weight": weight.clone(), "alias.bias": torch.zeros(5)}, tmp_path / "a.safetensors")
    assert not fitted(tmp_path / "a.safetensors", TIED, "")[1].problems
    save_file({"wte.weight": weight, "head.weight": weight + 1, "alias.bias": torch.zeros(5)}, tmp_path / "a.safetensors")
    (problem,) = fitted(tmp_path / "a.safetensors", TIED, "")[1].problems
    assert problem.text == "head.weight and wte.weight are one tensor in the spec, but come from two that differ"


def test_tensors_of_two_kinds_are_not_joined(tmp_path: Path) -> None:
    save_file({"q": torch.zeros(2, 2), "k": torch.zeros(2, 2).half()}, tmp_path / "a.safetensors")
    (problem,) = fitted(tmp_path / "a.safetensors", wants(qk=(4, 2)), "q, k -> qk")[1].problems
    assert problem.text == "q, k cannot be joined: they are F32 and F16"


def test_what_the_spec_keeps_is_written_too(tmp_path: Path) -> None:
    own = {"table": Given("I8", (3,), b"\1\2\3")}
    out = load_file(written(tmp_path, {"a": torch.zeros(2)}, wants(a=(2,), table=(3,)), "own table", own))
    assert out["table"].tolist() == [1, 2, 3]


def test_the_file_is_aligned_and_bare(tmp_path: Path) -> None:
    """As safetensors writes: the data begins at a multiple of eight, and the widest tensors come first."""
    out = written(tmp_path, {"a": torch.zeros(3, dtype=torch.int8), "b": torch.zeros(3)}, wants(a=(3,), b=(3,)), "")
    data = out.read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0
    header = json.loads(data[8 : 8 + length])
    assert [header[name]["data_offsets"] for name in ("b", "a")] == [[0, 12], [12, 15]]


def test_a_source_that_shrinks(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2, 2)}, tmp_path / "a.safetensors")
    wanted = wants(a=(2, 2))
    found, fit_ = fitted(tmp_path / "a.safetensors", wanted, "")
    (tmp_path / "a.safetensors").write_bytes(b"")
    with pytest.raises(BadWeights, match="became shorter while it was read"):
        list(converted(found, fit_, wanted, {}, "0"))
    (tmp_path / "a.safetensors").unlink()
    with pytest.raises(BadWeights, match="cannot read"):
        list(converted(found, fit_, wanted, {}, "0"))
