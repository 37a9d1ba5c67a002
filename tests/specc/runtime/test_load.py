from __future__ import annotations

import copy
import inspect
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import torch
from torch import nn

import specc
from specc.runtime.load import built_model, forget, load
from tests.specc.runtime.examples import LINES, TEXT

ROOT = Path(__file__).parents[3]


def tiny() -> nn.Module:
    return built_model(load(TEXT, "tiny.nn", LINES))().eval()


def test_the_same_text_is_the_same_module() -> None:
    assert load(TEXT, "tiny.nn", LINES) is load(TEXT, "tiny.nn", LINES)
    assert load(TEXT + "\n# other\n", "tiny.nn", LINES) is not load(TEXT, "tiny.nn", LINES)


def test_the_built_model_is_the_last_export() -> None:
    module = load(TEXT, "tiny.nn", LINES)
    assert built_model(module) is module.Tiny


def test_a_traceback_shows_the_generated_line_and_the_specs() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as caught:
        tiny()(torch.zeros(2, 7))
    shown = "".join(traceback.format_exception(caught.value))
    assert "x = self.fc(x)  # tiny.nn:3" in shown
    assert 'File "<specc tiny.nn ' in shown


def test_inspect_shows_the_source() -> None:
    module = load(TEXT, "tiny.nn", LINES)
    assert "self.norm = nn.BatchNorm1d(width)" in inspect.getsource(module.Block)
    assert "x = self.norm(x)  # tiny.nn:4" in inspect.getsource(module.Block.forward)


def test_a_text_that_fails_leaves_nothing_behind() -> None:
    before = set(sys.modules)
    with pytest.raises(NameError):
        load("missing\n", "broken.nn", {})
    assert {name for name in set(sys.modules) - before if name.startswith("specc_")} == set()


@torch.no_grad()
def test_deepcopy_and_pickle() -> None:
    model, x = tiny(), torch.randn(3, 8)
    wanted = model(x)
    for twin in (copy.deepcopy(model), copy.copy(model), pickle.loads(pickle.dumps(model))):
        assert type(twin) is type(model)
        assert torch.equal(twin(x).logits, wanted.logits)
    assert torch.equal(pickle.loads(pickle.dumps(wanted)).features, wanted.features)
    assert type(copy.deepcopy(wanted)) is type(wanted)


def test_a_copy_has_weights_of_its_own() -> None:
    model, x = tiny(), torch.randn(3, 8)
    wanted = model(x).logits
    twin = copy.deepcopy(model)
    with torch.no_grad():
        twin.get_parameter("head.bias").add_(1.0)
    assert torch.equal(model(x).logits, wanted)


def test_a_pickle_holds_the_text_once() -> None:
    assert pickle.dumps(tiny()).count(b"class Block(nn.Module)") == 1


def test_a_pickle_makes_its_module_anew() -> None:
    module = load(TEXT, "tiny.nn", LINES)
    model, x = built_model(module)().eval(), torch.randn(3, 8)
    wanted, data = model(x).logits, pickle.dumps(model)
    forget(module)
    assert module.__name__ not in sys.modules
    twin = pickle.loads(data)
    assert type(twin) is not type(model)
    assert torch.equal(twin(x).logits, wanted)
    with pytest.raises(RuntimeError) as caught:
        twin(torch.zeros(2, 7))
    assert "# tiny.nn:3" in "".join(traceback.format_exception(caught.value))


def test_a_pickle_opens_in_another_process(tmp_path: Path) -> None:
    model, x = tiny(), torch.randn(3, 8)
    torch.save({"model": model, "x": x, "logits": model(x).logits.detach()}, tmp_path / "tiny.pt")
    script = (
        "import torch; saved = torch.load('tiny.pt', weights_only=False); "
        "assert torch.equal(saved['model'](saved['x']).logits, saved['logits'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_compile_makes_one_graph() -> None:
    model, x = tiny(), torch.randn(3, 8)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    assert torch.equal(compiled(x).logits, model(x).logits)


def test_a_parameter_that_is_called_like_an_option(tmp_path: Path) -> None:
    path = tmp_path / "spec.nn"
    path.write_text(
        "model M(root: int = 2, settings: int = 3) { input x: float[B, root]; output y = x -> fc: Linear(settings) }"
    )
    assert specc.load(path, settings={"root": 4, "settings": 5}).M().fc.weight.shape == (5, 4)
    assert not specc.check(path, settings={"root": "a"}).ok
