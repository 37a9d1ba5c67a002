"""Reference implementations are imported once, torchvision first: a broken torchvision breaks transformers too."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
import torch

import tests.reference.torchvision_shim  # noqa: F401
from tests.reference import proofs

# Test processes run side by side, and most tensors here are small: threads would only wait for each other.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    """Random weights and inputs are the same on every run, and no test's draws disturb the next one's."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@pytest.fixture
def double() -> Iterator[None]:
    """Everything that names no width is 64 bits wide, as in a worked example."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A proof's figures are held against what was measured while it ran."""
    proofs.measured.clear()
    yield
    proofs.hold(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A proof that is skipped fails."""
    report = yield
    if report.skipped and item.get_closest_marker("proves") is not None:
        report.outcome = "failed"
        report.longrepr = f"a proof must run: {report.longrepr}"
    return report
