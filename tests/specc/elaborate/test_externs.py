"""`extern`: checked by its declared rule, imported only with the user's word."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import specc

SPEC = """
extern layer Scaled(factor: float = 2.0) = "own_layers_of_a_user:Scaled" { input x: [...S]; output y: [...S] }
extern layer Head(out: int) = "own_layers_of_a_user:Head" { input x: float[N, d]; output y: float[N, out] }
model M(width: int = 8) {
    input x: float[B, 4]
    x -> fc: Linear(width) -> scale: Scaled(3.0) -> head: Head(5) -> last: Linear(2) -> output y
}
"""

CODE = """
from torch import nn

class Scaled(nn.Module):
    def __init__(self, factor=2.0):
        super().__init__()
        self.factor = factor
    def forward(self, x):
        return x * self.factor

class Head(nn.Module):
    def __init__(self, out):
        super().__init__()
        self.out = out
    def forward(self, x):
        return x[:, :self.out]
"""


def test_checking_never_imports_the_code() -> None:
    report = specc.check(SPEC)
    assert report.ok, report.text()
    assert "own_layers_of_a_user" not in sys.modules


def test_building_needs_the_users_word() -> None:
    with pytest.raises(specc.SpecError) as caught:
        specc.build(SPEC)
    assert {d.code for d in caught.value.report.diagnostics} == {"E0238"}
    assert "allow-extern own_layers_of_a_user" in str(caught.value)


def test_allowed_code_is_called_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_layers_of_a_user.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    model = specc.load(SPEC, allow_extern=["own_layers_of_a_user"]).M()
    assert model(torch.ones(3, 4)).shape == (3, 2)
    assert model.scale.factor == 3.0


def test_the_declared_rule_is_held() -> None:
    report = specc.check(SPEC.replace("-> fc: Linear(width) -> scale", "-> Unflatten(1, (2, 2)) -> scale"))
    assert [d.code for d in report.diagnostics] == ["E0307"]


@pytest.mark.parametrize("target", ["os.system", "os:system; import os", "a b:C", ":C", "a:"])
def test_a_target_is_a_module_and_a_class(target: str) -> None:
    with pytest.raises(specc.SpecError) as caught:
        specc.build(
            SPEC.replace("own_layers_of_a_user:Head", target), allow_extern=["own_layers_of_a_user", target.split(":")[0]]
        )
    assert [d.code for d in caught.value.report.diagnostics] == ["E0240"]
