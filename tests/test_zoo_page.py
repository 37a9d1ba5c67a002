"""docs/zoo.md shows every model of the zoo with what proves it, none without a proof; a proof is what ran and was measured."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.reference import proofs

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def _zoo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("zoo", DOCS / "zoo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ZOO = _zoo()


def test_the_page_is_up_to_date() -> None:
    assert ZOO.markdown() == (DOCS / "zoo.md").read_text(encoding="utf-8"), "run `make docs` and read the diff"


def test_every_model_is_proved() -> None:
    assert ZOO.unproved() == []


def test_a_model_without_proof_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    zoo = [ZOO.Model("vision/resnet", "ResNet", {"": 7}), ZOO.Model("vision/vgg", "VGG", {"": 7})]
    claims = [
        ZOO.Proof(("vision/vgg",), "count", "", "", "a.py", "t"),
        ZOO.Proof(("vision/gone X",), "count", "", "", "a.py", "t"),
    ]
    monkeypatch.setattr(ZOO, "models", lambda: zoo)
    monkeypatch.setattr(ZOO, "proofs", lambda: claims)
    assert ZOO.unproved() == ["vision/resnet ResNet", "t: vision/gone X"]
    page = ZOO.markdown()
    assert "| ResNet | 7 | **not proved** |" in page
    assert '| VGG | 7 | [count](../tests/reference/a.py "t") |' in page


def test_pictures_and_specs_that_are_linked_are_there() -> None:
    for model in ZOO.models():
        assert (DOCS / "gallery" / f"{model.spec.rpartition('/')[2]}.svg").is_file()
        assert (ROOT / "specs" / f"{model.spec}.nn").is_file()


TESTS = """
import pytest
from tests.reference.compare import count, difference
from tests.reference.proofs import proves
import torch
from torch import nn

one = torch.ones(1)

@proves("vision/resnet", kind="equal", reference="itself", figure="1e-3")
def test_is_borne_out():
    assert difference(one, one + 1e-4) < 1

@proves("vision/resnet", kind="equal", reference="itself", figure="0.0")
def test_claims_too_much():
    assert difference(one, one) == 0.0
    assert difference(one, one + 1e-4) < 1

@proves("vision/resnet", kind="count")
def test_counts_nothing():
    pass

@proves("vision/resnet", kind="count")
def test_counts():
    assert count(nn.Linear(2, 3)) == 9

@proves("vision/resnet", kind="learns", figure="0.9")
@pytest.mark.skip("no time")
def test_is_skipped():
    pass

@pytest.mark.skip("no proof")
def test_may_be_skipped():
    pass
"""


def test_a_claim_that_did_not_run_or_was_not_measured_fails(tmp_path: Path) -> None:
    (tmp_path / "test_claims.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "tests.reference.conftest", "-p", "no:cacheprovider"]
    command += ["-c", str(ROOT / "pyproject.toml"), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    ends = {test: end for end, test in re.findall(r"^([A-Z]+) test_claims\.py::(\w+)", done.stdout, re.MULTILINE)}
    assert ends == {
        "test_is_borne_out": "PASSED",
        "test_claims_too_much": "FAILED",
        "test_counts_nothing": "FAILED",
        "test_counts": "PASSED",
        "test_is_skipped": "ERROR",
    }, done.stdout
    assert "the largest difference that was measured is" in done.stdout
    assert "no parameters were counted" in done.stdout
    assert "a proof must run" in done.stdout
    assert "no proof" in done.stdout, "what proves nothing may be skipped"


def test_a_claim_about_no_spec_is_refused() -> None:
    with pytest.raises(AssertionError, match="there is no spec vision/resnett ResNet"):
        proofs.proves("vision/resnett ResNet", kind="count")
