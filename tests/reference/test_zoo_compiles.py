"""Every model of the zoo, small: each entry compiles as one graph, and exports, with the same results."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch._dynamo import config

from tests.reference.compare import difference
from tests.reference.zoo import Small, each, entries, seeded

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's own, about what it is going to change


@pytest.fixture(autouse=True)
def _recurrent_layers() -> Iterator[None]:
    """torch compiles its RNN, LSTM and GRU only where one asks for it."""
    with config.patch(allow_rnn=True):
        yield


@each
def test_compiles_whole(small: Small) -> None:
    """fullgraph raises at the first break. A loop over time unrolls to the length that it is shown."""
    torch.compiler.reset()
    for entry, inputs in entries(small):
        compiled = torch.compile(entry, fullgraph=True, backend="aot_eager")
        assert difference(seeded(compiled, *inputs), seeded(entry, *inputs)) < 1e-5


@each
def test_exports(small: Small) -> None:
    for entry, inputs in entries(small):
        program = torch.export.export(entry, inputs)
        assert difference(seeded(program.module(), *inputs), seeded(entry, *inputs)) < 1e-5
