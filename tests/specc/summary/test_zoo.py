"""The summary's counts of every model of the zoo against the module that is built of it, on the meta device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import specc
from specc import pipeline
from specc.diagnostics import Diagnostics
from specc.reading import read_path
from specc.summary.summary import summarise

torch: Any = pytest.importorskip("torch")


def models() -> Iterator[tuple[str, str]]:
    for path in sorted(Path("specs").rglob("*.nn")):
        if "lib" not in path.parts:
            lines = path.read_text().splitlines()
            names = [line.split()[1].split("(")[0] for line in lines if line.startswith("model ")]
            yield from ((str(path), name) for name in names)


@pytest.mark.parametrize(("path", "name"), list(models()))
def test_counts_are_those_of_the_module(path: str, name: str) -> None:
    options = pipeline.Options(model=name)
    graph = pipeline.program(pipeline.check(read_path(path, path), options, Diagnostics()), options, Diagnostics())
    assert graph is not None
    summary = summarise(graph)
    with torch.device("meta"):
        module = getattr(specc.load(path, model=name), name)()
    parameters = list(module.parameters())
    assert summary.learned == sum(parameter.numel() for parameter in parameters)
    assert summary.frozen == sum(parameter.numel() for parameter in parameters if not parameter.requires_grad)
    assert summary.buffers == sum(value.numel() for value in module.buffers())
    keys = [key for key, _ in module.named_parameters(remove_duplicate=False)] + [key for key, _ in module.named_buffers()]
    assert module.state_dict().keys() <= set(keys)
    if len(graph.main.entries) == 1:
        assert sum(row.parameters for row in summary.rows if row.leaf) == summary.learned  # type: ignore[misc]
