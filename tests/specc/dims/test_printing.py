"""Dimensions as people read them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from specc.dims.expr import Dim, max_, min_
from specc.dims.solver import Solver
from tests.specc.dims.generated import fresh

_, _DIMS = fresh(("B", "T", "H", "W", "D", "h"))
B, T, H, W, D, HEADS = _DIMS.values()


@pytest.mark.parametrize(
    ("dim", "expected"),
    [
        ((H + 1) // 2, "(H + 1)//2"),
        (2 * H, "2*H"),
        (B * T, "B*T"),
        (T * B, "B*T"),
        (4 * D + 1, "4*D + 1"),
        (D // HEADS, "D//h"),
        (D // (2 * HEADS), "D//(2*h)"),
        ((2 * H) // 3, "(2*H)//3"),
        (W - H, "W - H"),
        (-H, "-H"),
        (3 - H, "3 - H"),
        (-(H // 2), "-(H//2)"),
        (W - H // 2, "W - H//2"),
        (2 * (H // 2), "2*(H//2)"),
        (W * (H // 2), "W*(H//2)"),
        (H * H + H, "H**2 + H"),
        ((H * H) // (W * W), "(H**2)//(W**2)"),
        (H % 2, "H % 2"),
        (3 * (H % 4) - W, "3*(H % 4) - W"),
        (H % HEADS, "H % h"),
        (max_(H - 1, 3), "max(H, 4) - 1"),
        (min_(H, W), "min(W, H)"),
    ],
)
def test_text(dim: Dim, expected: str) -> None:
    assert str(dim) == expected


def test_quotients_show_the_users_symbols() -> None:
    solver = Solver()
    d, h, t, height = (solver.fresh(name, flexible=False) for name in ("D", "h", "T", "H"))
    assert solver.assume_divisible(d, h)
    assert solver.assume_divisible(height, 16)
    widths = [str(solver.resolve(dim)) for dim in (d, d // h, t * (d // h), 3 * d + 1)]
    assert widths == ["D", "D/h", "T*(D/h)", "3*D + 1"]
    heights = [str(solver.resolve(dim)) for dim in (height, height // 4, height // 32, 3 * height // 8)]
    assert heights == ["H", "H/4", "H//32", "3*(H/8)"]


def test_a_remainder_other_than_0() -> None:
    solver = Solver()
    height = solver.fresh("H", flexible=False)
    assert solver.assume(height % 4, "==", 1)
    assert str(solver.resolve(height)) == "H"
    assert str(solver.resolve((height + 3) // 4)) == "(H - 1)/4 + 1"
    assert solver.resolve(height % 4) == 1


def test_the_text_does_not_depend_on_the_hash_seed() -> None:
    program = (
        "from specc.dims.expr import *; a, b, c = (dim_of(Symbol(n)) for n in 'abc');"
        "print((c*b + a*c + b//2 + (a*b)//3 + max_(c, b))**2 // (a + b), symbols(a*b//c + 1), atoms(c//2 + a//3*b))"
    )
    outputs = set()
    for seed in ("0", "1", "2"):
        run = subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True)
        outputs.add(run.stdout)
    assert len(outputs) == 1
