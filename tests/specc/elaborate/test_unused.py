"""What is never used is told; what some round, side or run uses is not."""

from __future__ import annotations

import pytest

import specc

UNUSED = "W0601"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("y = x * 2\n output x", [UNUSED]),
        ("y = x\n if double { y = x * 2 }\n output y", []),
        ("y = x\n if double { y = x * 2 } else { y = x * 3 }\n output y", [UNUSED]),
        ("y = x\n for i in 0..n { y = y * 0.5 + x }\n output y", []),
        ("y = x\n z = x\n for i in 0..n { y = y + x\n z = x }\n output y", [UNUSED]),
    ],
)
def test_values(body: str, codes: list[str]) -> None:
    uses = "" if "double" in body else "if double { x = x + 1 }\n "
    loop = "" if "0..n" in body else "for i in 0..n { x = x + 1 }\n "
    report = specc.check(f"model M(double: bool = true) {{\n input x: float[B, 4], n: dim\n {uses}{loop}{body}\n}}")
    assert [diagnostic.code for diagnostic in report.diagnostics] == codes, report.text()
