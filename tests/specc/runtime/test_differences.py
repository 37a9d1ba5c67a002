"""How differences are measured, and where noise goes before."""

from __future__ import annotations

from math import inf

import pytest
import torch
from torch import nn

from specc.runtime.differences import hide_nothing, measured, named
from tests.specc.runtime.test_compare import Pair


def test_paths_of_tensors() -> None:
    one = torch.zeros(1)
    assert [path for path, _ in named({"a": [one, {"b": one}], "c": Pair(one, one), "d": None, 3: object()})] == [
        "a.0",
        "a.1.b",
        "c.first",
        "c.second",
    ]
    assert [path for path, _ in named(one)] == [""]


def test_measures() -> None:
    theirs = torch.tensor([3.0, 4.0])
    found = measured("x", torch.tensor([3.0, 4.5]), theirs)
    assert (found.absolute, found.relative) == (0.5, 0.1)
    assert measured("x", theirs, theirs).relative == 0.0
    assert measured("x", torch.zeros(2), torch.zeros(2)).relative == 0.0
    assert measured("x", torch.tensor([1e-9]), torch.zeros(1)).relative == inf
    assert measured("x", torch.tensor([1e-9]), torch.zeros(1), least=1e-2).relative == pytest.approx(1e-7)
    assert measured("x", torch.tensor([float("nan")]), torch.tensor([float("nan")])).relative == inf
    assert measured("x", torch.tensor([float("inf"), 1.0]), torch.tensor([float("inf"), 1.0])).relative == 0.0
    assert measured("x", torch.tensor([float("inf"), 1.0]), torch.tensor([1.0, 1.0])).relative == inf
    assert measured("x", torch.tensor([1, 2]), torch.tensor([1, 4])).absolute == 2.0
    assert measured("x", torch.tensor([True]), torch.tensor([False])).absolute == 1.0
    assert measured("x", torch.tensor([1j]), torch.tensor([1.0 + 0j])).absolute == pytest.approx(2**0.5)
    assert measured("x", torch.zeros(0), torch.zeros(0)).absolute == 0.0


def test_noise_goes_where_fresh_weights_hide_mistakes() -> None:
    module = nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3), nn.Linear(3, 3))
    nn.init.zeros_(module[2].weight)  # type: ignore[arg-type]
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    hide_nothing(module)
    changed = {name for name, tensor in module.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == set(before) - {"0.weight", "1.num_batches_tracked"}
    assert (module.state_dict()["1.running_var"] >= 0.5).all()
