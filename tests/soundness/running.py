"""Random programs through the whole compiler: checked, built in both ways, run, and held against torch's own run of them."""

from __future__ import annotations

import itertools
import random
import sys
import traceback
import types
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from specc import pipeline
from specc.diagnostics import Diagnostics
from specc.dims.expr import evaluate
from specc.dims.traverse import symbols as symbols_of
from specc.emit import emit, emit_program
from specc.emit.specialise import specialised
from specc.source import SourceFile
from specc.types import TensorType
from tests.soundness.families import Figures
from tests.soundness.making import make
from tests.soundness.programs import Program, Reference
from tests.specc.ops.differential import _ONE_VALUE, KIND_OF

_NEEDS_A_VALUE = "`chunk`"
"""What is refused for an open size since the number of results, and their sizes, depend on it."""


class Verdict:
    """What the checker says of a text: the codes of its errors, the doubts, and what it made."""

    def __init__(self, text: str) -> None:
        self.diagnostics = Diagnostics()
        self.source = SourceFile("m.nn", text)
        self.checked = pipeline.check(self.source, pipeline.Options(), self.diagnostics)
        found = self.diagnostics.sorted()
        self.errors = [item for item in found if item.is_error]
        self.codes = sorted(item.code for item in self.errors)
        self.undecided = any(item.code.startswith("W08") for item in found)

    @property
    def accepted(self) -> bool:
        return not self.errors

    def program(self) -> Any:
        chosen = pipeline.selected(self.checked)
        assert chosen is not None
        return chosen.program

    def types(self) -> list[TensorType]:
        """Inferred types of the outputs."""
        program = self.program()
        return [
            TensorType(tuple(program.solver.resolve(d) for d in value.type.shape), value.type.dtype)
            for _, value in program.root.forward.outputs
        ]


def examine_programs(first: int, count: int) -> Figures:
    """The programs of these numbers."""
    figures = Figures("programs")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(first, first + count):
            program = make(number)
            try:
                examine_program(program, number, figures)
            except Exception:  # noqa: BLE001  # a crash of the compiler is a finding like any other
                figures.false_accept("programs", f"{traceback.format_exc(limit=-3)}program {number}\n{program.text()}")
    return figures


def examine_program(program: Program, number: int, figures: Figures) -> None:
    """The checker's verdict against torch's, at several sizes; then the built program against torch's run."""
    figures.case("programs")
    figures.count("refused" if program.fault else "accepted")
    text = program.text()
    verdict = Verdict(text)
    if verdict.undecided:
        figures.count("undecided")
    shown = f"program {number}\n{text}"
    if verdict.accepted and program.fault and admissible(program.sizes, verdict):
        figures.false_accept("programs", f"torch refuses a step of {shown}")
    elif verdict.accepted:
        if program.fault:
            figures.count("elsewhere")  # the preconditions say so: accepted for other sizes
        run(program, verdict, number, figures)
    elif any(_NEEDS_A_VALUE in item.headline for item in verdict.errors) and program.sizes:
        figures.count("needs_values")
        examine_program(program.closed(), number, figures)
        return
    elif not program.fault and not refused_somewhere(program):
        figures.false_reject("programs", f"{_headlines(verdict)}\nbut torch runs it at every size that was tried: {shown}")
    chance = random.Random(number)
    figures.case("order")
    other = Verdict(program.text(program.shuffled(chance)))
    same = other.codes == verdict.codes and (
        not verdict.accepted or list(map(str, other.types())) == list(map(str, verdict.types()))
    )
    if not same:
        told = f"{verdict.codes} and, in another order, {other.codes}"
        (figures.false_accept if other.accepted or verdict.accepted else figures.false_reject)("order", f"{told}: {shown}")


def admissible(sizes: Mapping[str, int], verdict: Verdict) -> bool:
    """Whether sizes meet the preconditions of an accepted program."""
    facts = verdict.program().solver.preconditions
    return all(_holds(fact, {symbol: sizes[symbol.name] for symbol in _symbols([fact], [])}) for fact in facts)


def _headlines(verdict: Verdict) -> str:
    return "; ".join(f"{item.code} {item.headline}" for item in verdict.errors[:3])


def refused_somewhere(program: Program) -> bool:
    """Whether torch refuses sizes near those that the program was made with: the checker had a reason to refuse."""
    for sizes in sizes_of(program):
        reference = Reference()
        try:
            program.run(program.sizes, reference)
            program.run(sizes, reference)
        except Exception:  # noqa: BLE001  # whatever torch raises is its way to refuse
            return True
    return False


def sizes_of(program: Program) -> Iterator[dict[str, int]]:
    """Numbers for the symbols: those the program was made with, small ones, primes, others."""
    names = list(program.sizes)
    yield program.sizes
    yield from ({**program.sizes, name: size} for name in names for size in (1, 2, 13, 24))
    yield from (dict.fromkeys(names, size) for size in (1, 2, 3, 5, 7, 16))
    for values in itertools.islice(itertools.product((1, 4, 6, 17), repeat=len(names)), 64):
        yield dict(zip(names, values, strict=True))


def load(text: str, name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)  # the compiler's own output
    return module


def run(program: Program, verdict: Verdict, number: int, figures: Figures) -> None:
    """Generic and specialised classes: the keys and outputs of torch's own run, of the inferred types, at several sizes."""
    elaborated = verdict.program()
    shown = f"program {number}\n{program.text()}"
    inferred = verdict.types()
    made = {
        "generic": emit_program(elaborated, verdict.source).text,
        "specialised": emit(specialised(elaborated), elaborated, verdict.source).text,
    }
    if made["generic"] == made["specialised"]:
        figures.count("written_out")
    networks = {way: load(text, f"specc_soundness_{way}").M().eval() for way, text in made.items()}
    reference = Reference()
    figures.count("open")
    first = next((sizes for sizes in sizes_of(program) if admissible(sizes, verdict)), None)
    if first is None:
        figures.count("vacuous")
        return
    try:
        program.run(first, reference)
    except Exception as error:  # noqa: BLE001  # whatever torch raises is its way to refuse
        figures.false_accept("programs", f"at {first} torch refuses ({error}): {shown}")
        return
    state = reference.state()
    for way, network in networks.items():
        if {key: t.shape for key, t in network.state_dict().items()} != {key: t.shape for key, t in state.items()}:
            figures.false_accept("programs", f"{way}: keys {list(network.state_dict())} instead of {list(state)}: {shown}")
            return
        network.load_state_dict(state)
    tried = 0
    for sizes in sizes_of(program):
        if not admissible(sizes, verdict):
            continue
        meaning = {symbol: sizes[symbol.name] for symbol in _symbols([], inferred)}
        if tried:
            figures.case("sizes")
        tried += 1
        wrong = differing(program, sizes, reference, networks, [_at(type, meaning) for type in inferred])
        if wrong:
            figures.false_accept("sizes" if tried > 1 else "programs", f"at {sizes} {wrong}: {shown}")
            return
        if tried > 3:
            break


def differing(
    program: Program, sizes: Mapping[str, int], reference: Reference, networks: Mapping[str, Any], types: list[TensorType]
) -> str:
    """What does not agree at these sizes; empty when all does."""
    try:
        wanted = program.run(sizes, reference)
    except ValueError as error:
        if str(error).startswith(_ONE_VALUE):  # a property of the batch, which is none of types
            return ""
        return f"torch refuses: {error}"
    except Exception as error:  # noqa: BLE001  # whatever torch raises is its way to refuse
        return f"torch refuses: {error}"
    found = [TensorType(tuple(t.shape), KIND_OF[t.dtype]) for t in wanted]
    if found != types:
        return f"{', '.join(map(str, types))} is inferred, torch gives {', '.join(map(str, found))}"
    for way, network in networks.items():
        try:
            with torch.no_grad():
                outputs = network(*program.tensors(sizes))
        except Exception as error:  # noqa: BLE001
            return f"the {way} module fails: {type(error).__name__}: {error}"
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        if not all(_equal(a, b) for a, b in zip(outputs, wanted, strict=True)):
            return f"the {way} module gives other numbers"
    return ""


def _equal(a: Tensor, b: Tensor) -> bool:
    """But for rounding: what overwrites a strided view leaves another layout in memory, in which torch adds otherwise."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return torch.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True)


def _symbols(facts: Any, types: list[TensorType]) -> list[Any]:
    dims = [side for fact in facts for side in (fact.left, fact.right)] + [d for type in types for d in type.shape]
    return list(dict.fromkeys(symbol for dim in dims for symbol in symbols_of(dim)))


def _holds(fact: Any, meaning: Any) -> bool:
    from specc.dims.facts import COMPARE

    return COMPARE[fact.op](evaluate(fact.left, meaning), evaluate(fact.right, meaning))


def _at(type: TensorType, meaning: Any) -> TensorType:
    return TensorType(tuple(evaluate(d, meaning) for d in type.shape), type.dtype)
