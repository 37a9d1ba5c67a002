"""Does the suite notice corrupted shape rules?

    python -m tests.soundness.mutants --sample 400 --seed 1

Each mutant of the sample takes the place of its function; the layers and functions whose rules run it are questioned until
something is wrong. torch is asked once: its answers do not depend on our rules.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import signal
import sys
import types
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch

from tests.soundness.edges import question_edges
from tests.soundness.equivalent import EQUIVALENT
from tests.soundness.families import Figures, question
from tests.soundness.mutation import Mutant, Source
from tests.soundness.subjects import Subject, subject, subjects
from tests.soundness.suite import WORKERS
from tests.specc.ops.differential import Unknowable

CASES = (200, 3000)
"""Questions to each layer and function that a mutant concerns: few first, and many if those do not show it."""
_OPS = 12
"""Layers and functions that are questioned about a function that more of them share."""
_TRACED = 40
_RULES = ("/ops/layers/", "/ops/functions/", "/ops/rules.py")
_SECONDS = 60


class Noticed(Exception):
    """Something is wrong."""


class Alarm(Figures):
    """Stops at the first wrong answer."""

    def _wrong(self, what: str, family: str, text: str) -> None:
        raise Noticed(f"{self.name}, {family}")


class Remembering:
    """A subject that asks torch only once."""

    def __init__(self, inner: Subject) -> None:
        self.inner = inner
        self.name = inner.name
        self.answers: dict[tuple[str, str], Any] = {}

    def torch(self, case: Any) -> Any:
        key = (str(case), str(torch.get_default_device()))
        if key not in self.answers:
            try:
                self.answers[key] = self.inner.torch(case)
            except Unknowable as unknown:
                self.answers[key] = unknown
        found = self.answers[key]
        if isinstance(found, Unknowable):
            raise found
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@cache
def remembering(name: str) -> Remembering:
    return Remembering(subject(name))


def traced(name: str) -> set[tuple[str, str]]:
    """File and qualified name of the functions of specc/ops that run when the rule of a layer or function does."""
    found: set[tuple[str, str]] = set()
    inside = 0

    def note(frame: types.FrameType, event: str, arg: Any) -> None:
        nonlocal inside
        code = frame.f_code
        if event not in ("call", "return") or not any(part in code.co_filename for part in _RULES):
            return
        if code.co_qualname.endswith((".shape", ".weights")):
            inside += 1 if event == "call" else -1
        if event == "call" and inside:
            found.add((code.co_filename, code.co_qualname))

    what = remembering(name)
    sys.setprofile(note)
    try:
        question(what, _TRACED, 5, Figures(name))
    finally:
        sys.setprofile(None)
    return found


def functions(chosen: Sequence[str] = ()) -> dict[tuple[str, str], list[str]]:
    """Module and qualified name of every function that belongs to shape rules, with the layers and functions it serves."""
    served: dict[tuple[str, str], list[str]] = {}
    for name in chosen or subjects():
        for file, qualname in sorted(traced(name)):
            if "<" not in qualname:
                module = "specc.ops." + file.rsplit("/specc/ops/", 1)[1].removesuffix(".py").replace("/", ".")
                served.setdefault((module, qualname), []).append(name)
    return dict(sorted(served.items()))


def sample(size: int, seed: int, chosen: Sequence[str] = ()) -> list[tuple[Mutant, list[str]]]:
    """Mutants drawn from all there are (of some layers and functions), the same for the same seed, and whom to question about
    each."""
    everything: list[tuple[Mutant, list[str]]] = []
    for (module, qualname), names in functions(chosen).items():
        source = Source(module)
        everything += [(mutant, names) for mutant, _ in source.mutants(qualname)] if source.reachable(qualname) else []
    return random.Random(seed).sample(everything, min(size, len(everything)))


def noticed(mutant: Mutant, names: list[str]) -> str:
    """By what the mutant was noticed; empty if it was not."""
    module, qualname = mutant.place.split(":")
    source = Source(module)
    function = source.function(qualname)
    code = source.code(qualname, next(place for known, place in source.mutants(qualname) if known == mutant))
    chosen = names if len(names) <= _OPS else random.Random(0).sample(names, _OPS)
    original = function.__code__
    signal.signal(signal.SIGALRM, _too_long)
    for cases, name in ((cases, name) for cases in CASES for name in chosen):
        what = remembering(name)
        function.__code__ = code
        signal.alarm(_SECONDS)
        try:
            question(what, cases, cases, Alarm(name))
            question_edges(what, cases, cases, Alarm(name))
        except Noticed as by:
            return str(by)
        except Exception as error:  # noqa: BLE001  # a rule that crashes is noticed
            return f"{name}, {type(error).__name__}"
        finally:
            signal.alarm(0)
            function.__code__ = original
    return ""


def _too_long(signum: int, frame: Any) -> None:
    raise Noticed("does not end")


def _judge(task: tuple[Mutant, list[str]]) -> tuple[Mutant, str]:
    torch.set_num_threads(1)
    return task[0], noticed(*task)


def run(size: int, seed: int, workers: int = WORKERS) -> tuple[int, list[Mutant], list[Mutant]]:
    """How many were tried, which went through, and which of the sample change nothing (with reasons, in EQUIVALENT)."""
    drawn = sample(size, seed)
    equal = [mutant for mutant, _ in drawn if str(mutant) in EQUIVALENT]
    tried = sorted((task for task in drawn if str(task[0]) not in EQUIVALENT), key=lambda task: (task[1][0], str(task[0])))
    survivors: list[Mutant] = []
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for mutant, by in pool.imap(_judge, tried, chunksize=8):
            if not by:
                survivors.append(mutant)
                print(f"line {mutant.line} {mutant}", flush=True)
    return len(tried), survivors, equal


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=WORKERS)
    options = parser.parse_args()
    tried, survivors, equal = run(options.sample, options.seed, options.workers)
    caught = tried - len(survivors)
    print(f"mutants {tried}, noticed {caught} ({100 * caught / max(tried, 1):.1f} %), equivalent {len(equal)}")
    return 0 if caught >= 0.95 * tried else 1


__all__ = ["main", "run"]

if __name__ == "__main__":
    raise SystemExit(main())
