"""verify finds nothing in any bundled model, and the summary's leaves add up to what torch counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import nn

from specc import pipeline
from specc.diagnostics import Diagnostics
from specc.graph.exchange import from_json, to_json
from specc.graph.model import Program
from specc.reading import read_path
from specc.report.text import render
from specc.runtime.load import built_model, load
from specc.runtime.verify import verify
from specc.source import SourceFile
from specc.summary.summary import summarise
from tests.specc.runtime.zoo import HEAVY, models

SPECS = Path(__file__).parents[3] / "specs"


def built(source: SourceFile, model: str) -> tuple[Program, str, dict[int, str]]:
    diagnostics, options = Diagnostics(), pipeline.Options(model=model)
    checked = pipeline.check(source, options, diagnostics)
    assert not diagnostics.has_errors, render(diagnostics.sorted())
    graph, emitted = pipeline.program(checked, options, diagnostics), pipeline.emit(checked, options, diagnostics)
    assert graph is not None
    return graph, emitted.text, emitted.lines


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        pytest.param(spec, model, marks=[pytest.mark.slow] if model in HEAVY else [], id=f"{spec}-{model}")
        for spec in sorted(path.relative_to(SPECS).as_posix() for path in SPECS.glob("*/*.nn"))
        for model in models(SPECS / spec)
    ],
)
def test_torch_computes_what_was_inferred(spec: str, model: str) -> None:
    source = read_path(str(SPECS / spec))
    program, text, lines = built(source, model)
    assert from_json(to_json(program)) == program
    module = load(text, source.name, lines)
    result = verify(program, module, runs=2)
    assert result.findings == ()
    assert result.tensors >= 1
    network = built_model(module)()
    if set(program.main.entries) != {"forward"}:
        return  # a summary is forward's: other entries may use other layers
    leaves = [row.parameters for row in summarise(program).rows if row.leaf]
    assert sum(n for n in leaves if isinstance(n, int)) == parameters(network)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
