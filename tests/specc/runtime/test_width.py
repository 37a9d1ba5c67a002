"""`float` is a kind, not a width: what is made of whole numbers is as wide as the model, and as exact."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import specc

SPEC = Path(__file__).parents[2] / "cases" / "emit" / "widths.nn"
WIDTHS = pytest.mark.parametrize("width", [torch.float64, torch.float32, torch.bfloat16, torch.float16], ids=str)


def inputs(width: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    return torch.randn(2, 300, 8, dtype=width), torch.tensor([999, 1000]), torch.rand(2, 300) > 0.5


@WIDTHS
def test_outputs_have_the_width(width: torch.dtype) -> None:
    model = specc.load(SPEC).Widths().to(width)
    for output in model(*inputs(width)):
        assert output.dtype is width
        assert output.isfinite().all()


@WIDTHS
def test_narrow_models_tell_great_numbers_apart(width: torch.dtype) -> None:
    """999 is 1000 in bfloat16: the sines are computed in float32 and rounded then."""
    waves = specc.load(SPEC).Widths().to(width).time(torch.tensor([999, 1000])).double()
    frequencies = torch.exp(-torch.log(torch.tensor(10000.0, dtype=torch.float64)) * torch.arange(4) / 4)
    angles = torch.tensor([999.0, 1000.0], dtype=torch.float64)[:, None] * frequencies
    wanted = torch.cat([angles.sin(), angles.cos()], dim=-1)
    tolerance = {torch.float64: 1e-12, torch.float32: 1e-3}.get(width, 1e-2)
    assert torch.allclose(waves, wanted, rtol=0, atol=tolerance)


def test_the_width_is_no_key() -> None:
    model = specc.load(SPEC).Widths()
    assert list(model.state_dict()) == ["fc.weight", "fc.bias", "readout.weight", "readout.bias"]
    assert model.double().time(torch.tensor([1])).dtype is torch.float64


def test_numbers_beside_a_condition_are_not_rounded(tmp_path: Path) -> None:
    path = tmp_path / "m.nn"
    path.write_text("model M { input x: float[B], keep: bool[B]; output x + where(keep, 0.1, 0.2) }")
    found = specc.load(path).M()(torch.zeros(2, dtype=torch.float64), torch.tensor([True, False]))
    assert found.tolist() == [0.1, 0.2]
