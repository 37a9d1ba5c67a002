"""docs/soundness.md: what is asked, what came of it, layer by layer and function by function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch

from tests.soundness.families import FAMILIES, Figures
from tests.soundness.suite import PROGRAMS, summary

ASKED = {
    "numbers": "A random configuration: the rule takes it if and only if torch does; types, and the names, order and shapes of "
    "weights, are equal",
    "inference": "The same with inferable arguments deleted: what is inferred is what was deleted",
    "symbols": "Sizes are replaced by symbols; what is inferred, with the sizes put back, is what torch gives",
    "assignments": "What is accepted with symbols, at other sizes that meet the preconditions (1, primes, the smallest): torch "
    "takes them, and gives the inferred types",
    "demands": "Sizes that break a precondition: torch refuses them",
    "refusals": "What is refused with symbols: sizes are found that torch refuses",
    "meta": "A sample of the accepted ones on torch's meta device: equal types",
    "programs": "A random program of 5 to 30 steps with blocks, loops and branches: accepted if and only if torch runs it; the "
    "generated module, written for all instances and for each alone, has the keys, the types and (to rounding) the "
    "outputs of torch's own run",
    "sizes": "An accepted program with open sizes, at other sizes that meet its preconditions",
    "order": "The program with its statements in another order: the same verdict and types",
}

TEXT = """<!-- Written by `make soundness`: tests/soundness/page.py. -->
# Soundness, measured

`{command}`

> {total}

with {when}, in {seconds:.0f} s. The oracle is torch itself, on the CPU, with small tensors. The seed brings every case back;
`make soundness NAMES="Conv2d cat"` asks about some layers or functions only, and `make test` asks 20 000 questions.

A *false accept* is a configuration that the checker takes and torch refuses, or for which torch gives another type, weight or
argument than was inferred. A *false reject* is one that the checker refuses and torch takes; with symbols, one for which no
sizes are found that torch refuses, or a precondition that torch does without. *Undecided* counts the cases in which a demand
was neither proved nor refuted: they get a warning, and an assertion in the generated code.

## What is asked

| family | cases | wrong | |
| --- | ---: | ---: | --- |
{families}

{refused:.0f} % of the configurations with numbers, and {faulty:.0f} % of the programs, are refused by torch.

## What is not counted as wrong

* {by_choice} times the checker was stricter than torch by choice, where nobody can mean what torch does. The list, with
  reasons, is `STRICTER` in tests/specc/ops/differential.py and functions_differential.py; beside it, slices that reach
  beyond their tensor are refused.
* {empty} times the two differed on tensors without elements, where torch skips checks that it makes otherwise. What specc
  takes and torch refuses counts as wrong there too.
* {needs_values} times a value was asked for in the place of a symbol, since the number of results, or their rank, depends on
  it (`split`, `unbind`), or it has no formula,
  or one beyond the limits. Programs of this kind ({programs_need_values}) are asked about again with numbers.
* {left} times a definition with unknown arguments was accepted that some arguments do not fit: every use of it is checked
  again, with its arguments. So were these: the rule was asked again with the numbers, and then agreed with torch.
* {vacuous} times something was accepted with symbols for which no admissible sizes were among those tried (out of
  {open} that were accepted with symbols).
* {unknowable} times torch gave no answer: it reported a bug of its own, or refused one value per channel, which hides all else.
* {meta_apart} times torch's meta device gave another type than its CPU, with which the checker agrees.
* What `rearrange`, `reduce` and `repeat` refuse is not held against anything: torch has no such patterns.

## Does it notice wrong rules?

Rules are corrupted one small change at a time (a constant one more or less, a comparison that includes its bound or not, a
check left out), and asked about until something is wrong, with the questions above and those of `make soundness NAMES=edges`,
which take arguments and operands to where rules end. `make mutants MUTANTS=120 SEED=1`:

> mutants 116, noticed 112 (96.6 %), equivalent 4

Equivalent ones change nothing that a rule says; tests/soundness/equivalent.py has the reasons. A small sample runs in `make test`.

## By layer and function

*accepted* and *refused* count torch's answers to configurations with numbers.

| | cases | accepted | refused | false accepts | false rejects | undecided |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}
"""


def page(found: Sequence[Figures], asked: int, seed: int, seconds: float) -> str:
    """The page of a run that `asked` for so many cases."""
    cases: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    faulty: Counter[str] = Counter()
    for figures in found:
        cases += figures.cases
        wrong += figures.wrong
        if figures.name == PROGRAMS:
            faulty += figures.counts
        else:
            counts += figures.counts
    rows = [
        f"| {f.name} | {f.total} | {f.accepted} | {f.refused} | {f.false_accepts} | {f.false_rejects} | {f.undecided} |"
        for f in found
    ]
    total = summary(found)
    return TEXT.format(
        command=f"make soundness CASES={asked} SEED={seed}",
        total=total,
        when=f"torch {torch.__version__}",
        seconds=seconds,
        families="\n".join(f"| {name} | {cases[name]} | {wrong[name]} | {ASKED[name]} |" for name in FAMILIES),
        refused=_percent(counts["refused"], counts["accepted"]),
        faulty=_percent(faulty["refused"], faulty["accepted"]),
        by_choice=counts["by_choice"],
        empty=counts["empty"],
        needs_values=counts["needs_values"] + counts["too_complex"] + faulty["needs_values"],
        programs_need_values=faulty["needs_values"],
        left=counts["left_to_instances"],
        vacuous=counts["vacuous"] + faulty["vacuous"],
        open=counts["open"] + faulty["open"],
        unknowable=counts["unknowable"],
        meta_apart=counts["meta_apart"],
        rows="\n".join(rows),
    )


def _percent(part: int, rest: int) -> float:
    return 100 * part / max(part + rest, 1)
