"""20 000 questions about layers, functions and random programs; and wrong rules, wrong code and wrong orders are noticed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from specc.dims.solver import Solver
from specc.ops.functions.create import Full
from specc.ops.functions.join import Chunk
from specc.ops.layers.linear import Linear
from specc.ops.layers.vision import ChannelShuffle
from specc.ops.rules import Checks
from specc.types import DType, TensorType
from tests.soundness.edges import examine_edges
from tests.soundness.equivalent import EQUIVALENT
from tests.soundness.families import FAMILIES, examine
from tests.soundness.making import make
from tests.soundness.mutants import noticed, sample
from tests.soundness.running import Verdict, examine_programs
from tests.soundness.subjects import LayerSubject, subjects

PAGE = Path("docs/soundness.md")
LINE = re.compile(r"cases (\d+), false accepts (\d+), false rejects (\d+), undecided (\d+)")


@pytest.mark.slow
def test_twenty_thousand_questions() -> None:
    command = [sys.executable, "-m", "tests.soundness", "--cases", "20000", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    found = LINE.search(done.stdout)
    assert found is not None, done.stdout + done.stderr
    cases, accepts, rejects, _ = map(int, found.groups())
    assert (accepts, rejects) == (0, 0), done.stdout
    assert cases >= 20_000


def test_the_edges_of_all_layers_and_functions() -> None:
    command = [sys.executable, "-m", "tests.soundness", "--cases", "6000", "--seed", "1", "--workers", "1", "edges"]
    done = subprocess.run(command, capture_output=True, text=True)
    found = LINE.search(done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert (found[2], found[3]) == ("0", "0"), done.stdout


def test_edges_leave_the_other_questions_as_they_are() -> None:
    before = examine("narrow", 60, 3)
    first, second = examine_edges("narrow", 60, 3), examine_edges("narrow", 60, 3)
    after = examine("narrow", 60, 3)
    assert (first.cases, first.counts) == (second.cases, second.counts)
    assert (before.cases, before.counts) == (after.cases, after.counts)


def test_a_size_that_can_fall_below_zero_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self: Full, check: Checks) -> TensorType:
        return TensorType(tuple(self.size), DType.INT)

    monkeypatch.setattr(Full, "shape", careless)
    assert examine_edges("full", 200, 1).wrong["assignments"] > 0


def test_a_precondition_that_is_doubted_as_well_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Checks, "_recorded", lambda *_: False)
    assert examine_edges("narrow", 200, 1).wrong["demands"] > 0


def test_the_same_seed_asks_the_same() -> None:
    first, second = examine("Conv2d", 60, 3), examine("Conv2d", 60, 3)
    assert (first.cases, first.counts) == (second.cases, second.counts)
    assert make(11).text() == make(11).text()


def test_a_rule_that_takes_too_much_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self: Linear, check: Checks, input: TensorType) -> TensorType:
        return input.with_last(self.out_features)

    monkeypatch.setattr(Linear, "shape", careless)
    assert examine("Linear", 60, 1).false_accepts > 0


def test_a_rule_that_symbols_mislead_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Linear.shape

    def forgetful(self: Linear, check: Checks, input: TensorType) -> TensorType:
        out = original(self, check, input)
        return TensorType(tuple(n if isinstance(n, int) else n + 1 for n in out.shape), out.dtype)

    monkeypatch.setattr(Linear, "shape", forgetful)
    figures = examine("Linear", 60, 1)
    assert figures.wrong["symbols"] > 0
    assert figures.wrong["numbers"] == 0


def test_a_refusal_without_a_reason_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Linear.shape

    def timid(self: Linear, check: Checks, input: TensorType) -> TensorType:
        if any(not isinstance(n, int) for n in input.shape):
            check.fail("no symbols")
        return original(self, check, input)

    monkeypatch.setattr(Linear, "shape", timid)
    assert examine("Linear", 60, 1).wrong["refusals"] > 0


def test_a_precondition_without_need_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Linear.shape

    def anxious(self: Linear, check: Checks, input: TensorType) -> TensorType:
        if input.rank and not isinstance(input.shape[0], int):
            check.at_least(input.shape[0], 2, "batch")
        return original(self, check, input)

    monkeypatch.setattr(Linear, "shape", anxious)
    assert examine("Linear", 120, 1).wrong["demands"] > 0


def test_a_definition_is_not_excused_when_its_instances_are_wrong_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments are unknown in all of these cases, which excuses only what each instance finds out."""

    def unknown(self: LayerSubject, generic: bool) -> Checks:
        return Checks(Solver(), generic=True)

    def careless(self: ChannelShuffle, check: Checks, input: TensorType) -> TensorType:
        return input

    monkeypatch.setattr(LayerSubject, "checks", unknown)
    sound = examine("ChannelShuffle", 300, 1)
    assert sound.left_to_instances > 0
    assert sound.false_accepts == 0
    monkeypatch.setattr(ChannelShuffle, "shape", careless)
    wrong = examine("ChannelShuffle", 300, 1).wrong
    assert wrong["symbols"] + wrong["assignments"] > 0


def test_an_instance_is_checked_though_its_definition_passed() -> None:
    block = "block Shuffled(groups: int) {\n    input x: float[B, 6, H, W]\n    output x -> ChannelShuffle(groups)\n}\n"
    model = "model M {{\n    input x: float[B, 6, H, W]\n    output x -> Shuffled({groups})\n}}\n"
    assert Verdict(block + "model M {\n    input x: float[B, 6, H, W]\n    output x -> ReLU\n}\n").accepted
    assert Verdict(block + model.format(groups=3)).accepted
    assert not Verdict(block + model.format(groups=4)).accepted


def test_a_program_that_needs_values_is_asked_about_again_with_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    number = next(n for n in range(400) if not make(n).fault and examine_programs(n, 1).needs_values)
    assert examine_programs(number, 1).cases["programs"] == 2
    original = Chunk.shape

    def off(self: Chunk, check: Checks, x: TensorType) -> tuple[TensorType, ...]:
        return tuple(TensorType((*t.shape, 1), t.dtype) for t in original(self, check, x))

    monkeypatch.setattr(Chunk, "shape", off)
    assert examine_programs(number, 1).wrong["programs"] > 0


def test_what_is_undecided_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Linear.shape

    def doubtful(self: Linear, check: Checks, input: TensorType) -> TensorType:
        out = original(self, check, input)
        check.doubts.append(("==", input.last, input.last))
        return out

    monkeypatch.setattr(Linear, "shape", doubtful)
    assert examine("Linear", 60, 1).undecided > 0


def test_programs_notice_a_wrong_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Linear.shape

    def off(self: Linear, check: Checks, input: TensorType) -> TensorType:
        return original(self, check, input).with_last(self.out_features + 1)

    torch.set_num_threads(1)
    monkeypatch.setattr(Linear, "shape", off)
    assert examine_programs(0, 12).wrong["programs"] > 0


@pytest.mark.slow
def test_corrupted_rules_are_noticed() -> None:
    """A small sample; `make mutants` takes a large one."""
    drawn = sample(60, 1, ("Linear", "MaxPool2d", "Conv2d", "cat", "bmm"))
    # what all rules share needs more of them to show
    tried = [task for task in drawn if str(task[0]) not in EQUIVALENT and "ops.rules" not in task[0].place]
    assert len(tried) > 20
    survivors = [str(mutant) for mutant, names in tried if not noticed(mutant, names)]
    assert len(survivors) <= 0.05 * len(tried), survivors


def test_the_page_is_of_this_registry_and_without_a_fault() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| \d", text, re.MULTILINE)
    assert rows[: len(FAMILIES)] == list(FAMILIES)
    assert rows[len(FAMILIES) :] == [*subjects(), "programs"]
    found = LINE.search(text)
    assert found is not None
    assert found[2] == found[3] == "0"
