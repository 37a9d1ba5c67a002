"""The generated files themselves: source and output side by side, read in review."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden import Golden
from tests.specc.emit.programs import from_path

CASES = Path("tests/cases/emit")
SPECS = {
    "lenet5": ("specs/vision/lenet5.nn", {"model": "LeNet5"}),
    "resnet18": ("specs/vision/resnet.nn", {}),
    "resnet50": ("specs/vision/resnet.nn", {"variant": "resnet50"}),
    "vgg": ("specs/vision/vgg.nn", {"variant": "vgg16_bn"}),
    "transformer": ("specs/transformers/transformer.nn", {}),
}


@pytest.mark.parametrize("path", sorted(CASES.glob("*.nn")), ids=lambda path: path.stem)
def test_case(path: Path, golden: Golden) -> None:
    golden(path.with_suffix(".py"), from_path(str(path)).text)


@pytest.mark.parametrize("name", SPECS)
def test_spec(name: str, golden: Golden) -> None:
    path, options = SPECS[name]
    golden(CASES / "specs" / f"{name}.py", from_path(path, **options).text)


def test_formatted_as_ruff_would() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "--check", str(CASES)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout


def test_nothing_is_unused_or_undefined() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F,I,E7,W", "--line-length", "128", str(CASES)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
