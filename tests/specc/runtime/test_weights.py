from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from specc.runtime.errors import CannotRun
from specc.runtime.load import built_model, load
from specc.runtime.weights import fill, filled
from tests.specc.runtime.examples import LINES, TEXT


def tiny() -> nn.Module:
    return built_model(load(TEXT, "tiny.nn", LINES))().eval()


def saved(path: Path, state: dict[str, Tensor]) -> Path:
    save_file({name: tensor.contiguous().clone() for name, tensor in state.items()}, path)
    return path


def message(file: Path) -> str:
    model = tiny()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(CannotRun) as caught:
        fill(model, file)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    return str(caught.value)


def test_fills(tmp_path: Path) -> None:
    source = tiny()
    file = saved(tmp_path / "tiny.safetensors", source.state_dict())
    other = filled(load(TEXT, "tiny.nn", LINES), weights=file)
    assert all(torch.equal(tensor, source.state_dict()[name]) for name, tensor in other.state_dict().items())


def test_the_width_is_chosen_when_it_is_built(tmp_path: Path) -> None:
    file = saved(
        tmp_path / "tiny.safetensors", {n: t.half() if t.is_floating_point() else t for n, t in tiny().state_dict().items()}
    )
    assert filled(load(TEXT, "tiny.nn", LINES), weights=file).get_parameter("head.weight").dtype == torch.float32
    assert filled(load(TEXT, "tiny.nn", LINES), dtype=torch.bfloat16).get_parameter("head.weight").dtype == torch.bfloat16


def test_every_disagreement_is_listed(tmp_path: Path) -> None:
    state = dict(tiny().state_dict())
    state["heat.weight"] = state.pop("head.weight")
    state["head.bias"] = torch.zeros(12)
    assert message(saved(tmp_path / "odd.safetensors", state)) == (
        "the weights in odd.safetensors do not fit Tiny:\n"
        "  missing: head.weight [10, 8], nearest: heat.weight [10, 8]\n"
        "  unexpected: heat.weight [10, 8], nearest: head.weight [10, 8]\n"
        "  head.bias: wanted [10], found [12]\n"
        "  `specc weights --map` renames, by rules such as:\n"
        "    heat.weight -> head.weight"
    )


def test_a_prefix_is_named(tmp_path: Path) -> None:
    state = {f"module.{name}": tensor for name, tensor in tiny().state_dict().items()}
    assert message(saved(tmp_path / "p.safetensors", state)).endswith("such as:\n    module.{rest*} -> {rest*}")


def test_a_pickle_is_refused_with_the_way_out(tmp_path: Path) -> None:
    torch.save(tiny().state_dict(), tmp_path / "tiny.pt")
    told = message(tmp_path / "tiny.pt")
    assert "tiny.pt is a pickle" in told
    assert "s.save_file(torch.load(" in told


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("no tensors here, only words", encoding="utf-8")
    assert "text.safetensors is not a safetensors file" in message(tmp_path / "text.safetensors")
    assert "cannot read" in message(tmp_path / "absent.safetensors")
    assert "cannot read" in message(tmp_path)


def test_a_tied_weight_stands_in_the_file_once(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wte = nn.Embedding(5, 3)
            self.head = nn.Linear(3, 5, bias=False)
            self.head.weight = self.wte.weight

    file = saved(tmp_path / "tied.safetensors", {"wte.weight": torch.ones(5, 3)})
    model = Tied()
    fill(model, file)
    assert torch.equal(model.head.weight, torch.ones(5, 3))
    assert model.head.weight is model.wte.weight
