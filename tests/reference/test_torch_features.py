"""A generated module is an ordinary nn.Module: it compiles, exports, casts, moves, copies and pickles as one."""

from __future__ import annotations

import copy
import io
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.reference.compare import build, difference

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Case:
    """A model, and the shape of an input that takes it a moment."""

    spec: str
    model: str
    shape: tuple[int, ...]
    variant: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def build(self, device: str | None = None) -> nn.Module:
        return build(self.spec, self.model, self.variant, device=device, **self.settings)


# One of each make.
CASES = [
    Case("mlp/mlp", "MLP", (2, 3)),
    Case("vision/lenet5", "LeNet5", (2, 1, 32, 32)),
    Case("vision/resnet", "ResNet", (2, 3, 224, 224), "resnet18", {"classes": 10}),
    Case("vision/efficientnet", "EfficientNet", (2, 3, 64, 64), settings={"classes": 10}),
    Case("vision/lecun1989", "LeCun1989", (2, 1, 16, 16)),
]
each = pytest.mark.parametrize("case", CASES, ids=[case.model for case in CASES])


@each
def test_compiles_whole(case: Case) -> None:
    """No graph break: fullgraph raises at the first."""
    module = case.build().eval()
    x = torch.randn(case.shape)
    torch.compiler.reset()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    with torch.no_grad():
        assert difference(compiled(x), module(x)) < 1e-5


@each
@pytest.mark.filterwarnings("ignore")  # torch.export's own deprecations
def test_exports_with_a_free_batch(case: Case) -> None:
    """Saved and loaded again, the exported program takes another batch size."""
    module = case.build().eval()
    x = torch.randn(case.shape)
    program = torch.export.export(module, (x,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    buffer.seek(0)
    loaded = torch.export.load(buffer).module()
    more = torch.cat([x, x[:1]])
    with torch.no_grad():
        assert difference(loaded(more), module(more)) < 1e-5


@each
def test_autocasts(case: Case) -> None:
    module = case.build()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = module(torch.randn(case.shape))
    assert torch.isfinite(output).all()
    output.float().sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in module.parameters() if parameter.grad is not None)


@each
def test_other_widths(case: Case) -> None:
    """`float` is a kind of number: the module runs in the width that it is moved to."""
    module = case.build().eval()
    x = torch.randn(case.shape)
    with torch.no_grad():
        single = module(x)
        double = module.double()(x.double())
    assert double.dtype == torch.float64
    assert difference(single, double) < 1e-3


@each
def test_builds_on_meta(case: Case) -> None:
    """Built without memory, made real, filled from a state_dict: the same module."""
    module = case.build().eval()
    other = case.build("meta").eval()
    assert all(tensor.is_meta for tensor in other.state_dict().values())
    other.to_empty(device="cpu").load_state_dict(module.state_dict())
    x = torch.randn(case.shape)
    with torch.no_grad():
        assert difference(other(x), module(x)) == 0.0


@each
def test_copies_and_pickles(case: Case) -> None:
    module = case.build().eval()
    x = torch.randn(case.shape)
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
