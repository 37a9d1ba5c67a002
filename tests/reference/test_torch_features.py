"""A generated module is an ordinary nn.Module: it compiles, exports, casts, moves, copies and pickles as one."""

from __future__ import annotations

import copy
import io
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.reference.compare import build, difference

ROOT = Path(__file__).parents[2]

# (spec, model, variant, settings, shape of an input): one of each make, small enough to run in a second.
MODELS = [
    pytest.param("mlp/mlp", "MLP", None, {}, (2, 3), id="mlp"),
    pytest.param("vision/lenet5", "LeNet5", None, {}, (2, 1, 32, 32), id="lenet5"),
    pytest.param("vision/resnet", "ResNet", "resnet18", {"classes": 10}, (2, 3, 224, 224), id="resnet18"),
    pytest.param("vision/efficientnet", "EfficientNet", None, {"classes": 10}, (2, 3, 64, 64), id="efficientnet_b0"),
    pytest.param("vision/lecun1989", "LeCun1989", None, {}, (2, 1, 16, 16), id="lecun1989"),
]
matrix = pytest.mark.parametrize(("spec", "model", "variant", "settings", "shape"), MODELS)


@matrix
def test_compiles_whole(
    spec: str, model: str, variant: str | None, settings: dict[str, object], shape: tuple[int, ...]
) -> None:
    """No graph break: fullgraph raises at the first."""
    module = build(spec, model, variant, **settings).eval()
    x = torch.randn(shape)
    torch.compiler.reset()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    with torch.no_grad():
        assert difference(compiled(x), module(x)) < 1e-5


@matrix
@pytest.mark.filterwarnings("ignore")  # torch.export's own deprecations
def test_exports_with_a_free_batch(
    spec: str, model: str, variant: str | None, settings: dict[str, object], shape: tuple[int, ...]
) -> None:
    """Saved and loaded again, the exported program takes another batch size."""
    module = build(spec, model, variant, **settings).eval()
    x = torch.randn(shape)
    program = torch.export.export(module, (x,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    buffer.seek(0)
    loaded = torch.export.load(buffer).module()
    more = torch.cat([x, x[:1]])
    with torch.no_grad():
        assert difference(loaded(more), module(more)) < 1e-5


@matrix
def test_autocasts(spec: str, model: str, variant: str | None, settings: dict[str, object], shape: tuple[int, ...]) -> None:
    module = build(spec, model, variant, **settings)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = module(torch.randn(shape))
    assert torch.isfinite(output).all()
    output.float().sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in module.parameters() if parameter.grad is not None)


@matrix
def test_other_widths(spec: str, model: str, variant: str | None, settings: dict[str, object], shape: tuple[int, ...]) -> None:
    """`float` is a kind of number: the module runs in the width that it is moved to."""
    module = build(spec, model, variant, **settings).eval()
    x = torch.randn(shape)
    with torch.no_grad():
        single = module(x)
        double = module.double()(x.double())
    assert double.dtype == torch.float64
    assert difference(single, double) < 1e-3


@matrix
def test_builds_on_meta(
    spec: str, model: str, variant: str | None, settings: dict[str, object], shape: tuple[int, ...]
) -> None:
    """Built without memory, made real, filled from a state_dict: the same module."""
    module = build(spec, model, variant, **settings).eval()
    other = build(spec, model, variant, device="meta", **settings).eval()
    assert all(tensor.is_meta for tensor in other.state_dict().values())
    other.to_empty(device="cpu").load_state_dict(module.state_dict())
    x = torch.randn(shape)
    with torch.no_grad():
        assert difference(other(x), module(x)) == 0.0


@matrix
def test_copies_and_pickles(
    spec: str, model: str, variant: str | None, settings: dict[str, object], shape: tuple[int, ...]
) -> None:
    module = build(spec, model, variant, **settings).eval()
    x = torch.randn(shape)
    with torch.no_grad():
        wanted = module(x)
        for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
            assert difference(twin(x), wanted) == 0.0
        twin = copy.deepcopy(module)
        next(twin.parameters()).add_(1.0)
        assert difference(module(x), wanted) == 0.0


def test_a_pickle_opens_in_another_process(tmp_path: Path) -> None:
    """The pickle carries the source: the process that opens it has neither the spec nor the class."""
    module = build("vision/lenet5", "LeNet5").eval()
    x = torch.randn(2, 1, 32, 32)
    torch.save({"module": module, "input": x, "output": module(x).detach()}, tmp_path / "lenet5.pt")
    script = (
        "import torch; saved = torch.load('lenet5.pt', weights_only=False); "
        "assert torch.equal(saved['module'](saved['input']), saved['output'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_a_weight_that_does_not_fit_is_refused() -> None:
    ours, other = build("vision/lenet5", "LeNet5"), build("vision/lenet5", "LeNet5", classes=12)
    with pytest.raises(RuntimeError, match=r"size mismatch for fc3\.weight"):
        ours.load_state_dict(other.state_dict())


def test_hooks_and_replacement() -> None:
    """Layers are attributes under their names: they can be hooked, replaced and reached as in any module."""
    module = build("vision/lenet5", "LeNet5").eval()
    seen: list[torch.Size] = []
    module.get_submodule("fc2").register_forward_hook(lambda _module, _inputs, output: seen.append(output.shape))
    module.fc3 = nn.Linear(84, 3)
    assert module(torch.randn(2, 1, 32, 32)).shape == (2, 3)
    assert seen == [(2, 84)]
