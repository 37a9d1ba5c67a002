"""From a spec to a live module, through the Python interface."""

from __future__ import annotations

import inspect
import pickle
import traceback
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import specc
from specc.runtime.errors import CannotRun

SPEC = """
model Tiny(classes: int = 3) {
    input x: float[B, 4]
    h = x -> hidden: Linear(8) -> ReLU
    output h -> head: Linear(classes)
}
"""


def test_a_failure_in_forward_names_the_specs_line() -> None:
    model = specc.load(SPEC).Tiny()
    with pytest.raises(RuntimeError) as caught:
        model(torch.zeros(2, 5))
    assert "# <text>:4" in "".join(traceback.format_exception(caught.value))
    assert "# <text>:5" in inspect.getsource(type(model))


def test_the_source_is_that_of_build_apart_from_the_places() -> None:
    module = specc.load(SPEC)
    shown = inspect.getsource(module.Tiny)
    assert all(line.partition("  # <text>:")[0] in specc.build(SPEC) for line in shown.splitlines())


def test_weights_width_and_device(tmp_path: Path) -> None:
    source = specc.load(SPEC).Tiny()
    save_file(source.state_dict(), tmp_path / "tiny.safetensors")
    loaded = specc.load(SPEC, weights=tmp_path / "tiny.safetensors", dtype=torch.float64, device="cpu")
    assert isinstance(loaded.model, nn.Module)
    assert type(loaded.model) is loaded.Tiny
    assert torch.equal(loaded.model.get_parameter("head.weight"), source.get_parameter("head.weight").double())
    assert not hasattr(specc.load(SPEC), "model"), "others that load the spec share the module"
    assert type(pickle.loads(pickle.dumps(loaded.model))) is loaded.Tiny


def test_weights_of_another_size(tmp_path: Path) -> None:
    save_file(specc.load(SPEC, classes=5).Tiny().state_dict(), tmp_path / "tiny.safetensors")
    with pytest.raises(CannotRun, match=r"head.weight: wanted \[3, 8\], found \[5, 8\]"):
        specc.load(SPEC, weights=tmp_path / "tiny.safetensors")


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(CannotRun, match="there is no device fpga on this machine"):
        specc.load(SPEC, device="fpga")
