"""Random specs that repeat things: whatever checks is written once with loops, and once with every repeat and branch written
out; both hold the same weights under the same keys and compute the same."""

from __future__ import annotations

from typing import Any

import pytest

from specc import pipeline
from specc.diagnostics import Diagnostics
from specc.elaborate.generic import generalise
from specc.emit import emit
from specc.emit.module import emit_program
from specc.emit.specialise import specialised
from specc.source import SourceFile
from tests.specc.emit.programs import load
from tests.specc.emit.repeats import Maker

torch: Any = pytest.importorskip("torch")

SEEDS = 220
"""Some ten seconds."""


def checked(text: str) -> Any:
    """The program of a spec that checks, else None."""
    diagnostics = Diagnostics()
    found = pipeline.check(SourceFile("test.nn", text), pipeline.Options(), diagnostics)
    chosen = None if diagnostics.has_errors else pipeline.selected(found)
    return chosen.program if chosen is not None else None


def compare(text: str, program: Any) -> None:
    source = SourceFile("test.nn", text)
    first = load(emit_program(program, source), "specc_repeats").M().double().eval()
    second = load(emit(specialised(program), program, source), "specc_written_out").M().double().eval()
    assert first.state_dict().keys() == second.state_dict().keys(), text
    second.load_state_dict(first.state_dict())
    width = int(program.root.params["width"].value)
    inputs = [torch.randn(2, width, dtype=torch.float64) for _ in range(2)]
    with torch.no_grad():
        for one, other in zip(first(*inputs), second(*inputs), strict=True):
            assert torch.equal(one, other), text


def test_repeats_compute_what_they_would_written_out() -> None:
    torch.manual_seed(0)
    written = [Maker(seed).spec() for seed in range(SEEDS)]
    programs = [(text, program) for text in written if (program := checked(text)) is not None]
    for text, program in programs:
        compare(text, program)
    assert len(programs) > SEEDS / 2, "the generator makes too many specs that do not check"


def test_written_once() -> None:
    """Writing everything out is the last resort."""
    for seed in range(50):
        text = Maker(seed).spec()
        program = checked(text)
        if program is not None:
            emit(generalise(program), program, SourceFile("test.nn", text))
