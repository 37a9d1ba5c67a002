"""Every model of the zoo, small: each entry compiles as one graph, and exports, with the same results."""

from __future__ import annotations

import inspect
import io
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._dynamo import config

import specc
from tests.reference.compare import difference, tensors
from tests.reference.zoo import BATCH, Small, each, entries, seeded

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
def test_exports_with_a_free_batch(small: Small) -> None:
    """Each entry, through `specc.entry`: saved, loaded and shown another batch, it computes what the module does. Whole
    numbers (`n: dim`) are fixed, and so are the numbers of rounds of loops over them."""
    module, instance = small.build().eval(), small.program.main
    for (entry, shown), (_, other) in zip(small.entries(), small.entries(batch=4), strict=True):
        wrapped = specc.entry(module, entry)
        names = list(inspect.signature(wrapped.forward).parameters)
        free: dict[str, dict[int, object] | None] = dict.fromkeys(names)
        for name, argument in zip(names, instance.entries[entry].inputs, strict=True):
            dims = instance.tensors[argument.tensor].type.dims if argument.tensor is not None else ()
            free[name] = {axis: torch.export.Dim.DYNAMIC for axis, dim in enumerate(dims) if dim in BATCH} or None
        program = torch.export.export(wrapped, (), dict(zip(names, shown.values(), strict=True)), dynamic_shapes=free)
        buffer = io.BytesIO()
        torch.export.save(program, buffer)
        buffer.seek(0)
        inputs = dict(zip(names, other.values(), strict=True))
        again = torch.export.load(buffer).module()
        assert difference(seeded_with(again, inputs), seeded_with(wrapped, inputs)) < 1e-5


def seeded_with(module: Any, inputs: Mapping[str, Tensor | int]) -> list[Tensor]:
    """What comes out, with the same chance every time."""
    torch.manual_seed(5)
    with torch.no_grad():
        return list(tensors(module(**inputs)))
