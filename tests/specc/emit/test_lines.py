"""Where a line of the generated file comes from: what a traceback shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.specc.emit.programs import from_path

CASE = Path("tests/cases/emit/gpt.nn")


@pytest.mark.parametrize(
    ("generated", "spec"),
    [
        ("self.qkv = ", "qkv: Linear(3 * d)"),
        ("x = x + self.attn(self.ln_1(x))", "attn: SelfAttention"),
        ("q, k, v = torch.unbind", "unbind(0)"),
        ("if T > self.context:", "require T <= context"),
        ("self.h = nn.Sequential", "h: for i in 0..depth"),
        ("nn.init.trunc_normal_", "Linear.weight = trunc_normal"),
    ],
)
def test_a_line_leads_to_its_source(generated: str, spec: str) -> None:
    made = from_path(str(CASE))
    row = next(n for n, line in enumerate(made.text.split("\n"), 1) if generated in line)
    name, _, number = made.lines[row].rpartition(":")
    assert name == CASE.name
    assert spec in CASE.read_text().split("\n")[int(number) - 1]
