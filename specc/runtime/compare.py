"""A spec's model against another implementation of it: the other's weights, the same inputs, how far the outputs are apart."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from types import ModuleType

import torch
from torch import Tensor, nn

from specc.graph import model
from specc.record import Record
from specc.runtime.devices import device as device_of
from specc.runtime.devices import synchronise
from specc.runtime.differences import SMALL_GRADIENT, Difference, backward, gradients, hide_nothing, measured
from specc.runtime.errors import CannotRun
from specc.runtime.inputs import Given, Inputs, apply
from specc.runtime.load import built_model
from specc.runtime.observe import describe, tensors
from specc.runtime.reference import called, chosen, made, told
from specc.runtime.run import output_names
from specc.runtime.weights import fit_to, moved, put
from specc.weights.fit import Fit
from specc.weights.rules import Rules

WIDTHS = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16, "float16": torch.float16}
TOLERANCES = {"float64": 1e-10, "float32": 1e-5, "float16": 2e-3, "bfloat16": 2e-2}
"""Relative differences up to which models count as equal, by the width of their numbers."""


class Terms(Record):
    """How to compare. `keywords` gives the reference's keyword for an input, `take` names its outputs, `fed` are inputs to use
    instead of random ones; `as_built` leaves the reference's weights as they are. `tolerance` is of the relative difference."""

    width: str = "float32"
    device: str = "cpu"
    seed: int = 0
    train: bool = False
    rules: Rules | None = None
    keywords: Mapping[str, str] = {}
    take: tuple[str, ...] = ()
    fed: Given | None = None
    as_built: bool = False
    tolerance: float | None = None
    repeat: int = 5


class Comparison(Record):
    """What a comparison showed; True in a condition where the models are equal. Where the weights do not fit, nothing was run:
    `weights.problems` says why. `seconds` are medians of a pass (in training, forward and backward), ours first."""

    model: str
    reference: str
    device: str
    width: str
    train: bool
    seed: int
    tolerance: float
    parameters: tuple[int, int]
    weights: Fit
    rules: Rules | None
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[Difference, ...] = ()
    gradients: tuple[Difference, ...] = ()
    buffers: tuple[Difference, ...] = ()
    beyond: tuple[str, ...] = ()
    seconds: tuple[float, float] = (0.0, 0.0)
    notes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Difference, ...]:
        return (*self.outputs, *self.gradients, *self.buffers)

    @property
    def equal(self) -> bool:
        return bool(self.outputs) and all(difference.relative <= self.tolerance for difference in self.all)

    @property
    def absolute(self) -> float:
        """The largest difference of an output's element."""
        return max((difference.absolute for difference in self.outputs), default=0.0)

    @property
    def relative(self) -> float:
        """The largest relative difference of an output."""
        return max((difference.relative for difference in self.outputs), default=0.0)

    def __bool__(self) -> bool:
        return self.equal

    def __str__(self) -> str:
        from specc.runtime.compared import text

        return text(self)

    def as_json(self) -> dict[str, object]:
        """The fields; what is infinite, which JSON lacks, is null."""
        values = {name: getattr(self, name) for name in self._fields}
        lists = {name: [one.as_json() for one in values[name]] for name in ("outputs", "gradients", "buffers")}
        told = {"weights": self.weights.as_json(), "rules": None if self.rules is None else self.rules.name}
        return {"equal": self.equal, **values, **lists, **told}


def compare(
    program: model.Program, module: ModuleType, reference: object, name: str, kwargs: Mapping[str, object], terms: Terms
) -> Comparison:
    """Builds both models, loads the reference's weights into ours by the rules, and runs both on the same inputs. `reference`
    is a model (it is left as it is), or what makes one of `kwargs`. Raises CannotRun."""
    width, place = WIDTHS[terms.width], device_of(terms.device)
    if place.type == "meta":
        raise CannotRun("tensors on meta hold no numbers to compare; try --device cpu")
    with _default(width), torch.random.fork_rng(devices=[]):
        torch.manual_seed(terms.seed)
        theirs = made(reference, name, kwargs).to("cpu", width)
        ours = built_model(module)().to(width)
        if not terms.as_built:
            hide_nothing(theirs)
        fitted = fit_to(ours, theirs.state_dict(), terms.rules)
        start = Comparison(
            program.model,
            name,
            str(place),
            terms.width,
            terms.train,
            terms.seed,
            TOLERANCES[terms.width] if terms.tolerance is None else terms.tolerance,
            (_count(ours), _count(theirs)),
            fitted,
            terms.rules,
        )
        if fitted.problems:
            return start
        put(ours, theirs.state_dict(), fitted)
        inputs = Inputs(program, ours, terms.keywords, terms.fed)
        return _Pair(program, ours.to(place), theirs.to(place), terms, start).result(inputs)


@contextmanager
def _default(width: torch.dtype) -> Iterator[None]:
    """Tables that are made while the model is built, or runs, have the model's width."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(width)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


class _Pair:
    """Two models with the same weights, on their device."""

    def __init__(self, program: model.Program, ours: nn.Module, theirs: nn.Module, terms: Terms, start: Comparison) -> None:
        self.program = program
        self.ours = ours.train(terms.train)
        self.theirs = theirs.train(terms.train)
        self.terms = terms
        self.start = start
        self.place = torch.device(start.device)
        self.names = output_names(program)
        self.beyond: tuple[str, ...] = ()

    def result(self, inputs: Inputs) -> Comparison:
        fed = self._on_device(inputs.draw(self.terms.seed))
        wanted, found = self._run_ours(fed), self._run_theirs(fed)
        outputs = tuple(measured(*each) for each in zip(self.names, wanted, found, strict=True))
        after: dict[str, tuple[Difference, ...]] = {}
        if self.terms.train and all(difference.ours == difference.theirs for difference in outputs):
            after = self._trained(wanted, found)
        return self.start.replace(
            inputs=tuple((name, describe(v) if isinstance(v, Tensor) else str(v)) for name, v in fed.items()),
            outputs=outputs,
            beyond=self.beyond,
            notes=self._notes(wanted, inputs),
            seconds=self._seconds(fed),
            **after,
        )

    def _on_device(self, inputs: Given) -> Given:
        width = WIDTHS[self.terms.width]
        return {
            name: v if isinstance(v, int) else v.to(self.place, width if v.is_floating_point() else v.dtype)
            for name, v in inputs.items()
        }

    def _run_ours(self, fed: Given) -> list[Tensor]:
        torch.manual_seed(self.terms.seed)
        with torch.set_grad_enabled(self.terms.train):
            try:
                return list(tensors(apply(self.program, self.ours, fed)))
            except (RuntimeError, ValueError, IndexError, TypeError) as error:
                raise CannotRun(f"{self.program.model} does not take these inputs: {told(error)}") from None

    def _run_theirs(self, fed: Given) -> list[Tensor]:
        torch.manual_seed(self.terms.seed)
        name = self.start.reference
        with torch.set_grad_enabled(self.terms.train):
            found = called(self.theirs, name, fed, self.terms.keywords)
        against, beyond = chosen(found, self.names, self.terms.take, name)
        self.beyond = tuple(beyond)
        return against

    def _trained(self, ours: list[Tensor], theirs: list[Tensor]) -> dict[str, tuple[Difference, ...]]:
        """Gradients of one random loss, and what training changes: running statistics."""
        for outputs in (ours, theirs):
            backward(outputs, self.terms.seed)
        moves = self.start.weights.moves
        mine, its = gradients(self.ours), gradients(self.theirs)
        found = []
        for move in moves:
            there = [source in its for source in move.sources]
            if (move.target in mine) != all(there):
                raise CannotRun(f"a gradient reaches {move.target} in one of the models alone")
            if move.target in mine:
                found.append(measured(move.target, mine[move.target], moved(move, its), SMALL_GRADIENT))
        kept, state, buffers = self.ours.state_dict(), self.theirs.state_dict(), dict(self.ours.named_buffers())
        counted = [move for move in moves if move.target in buffers]
        after = [measured(move.target, kept[move.target], moved(move, state)) for move in counted]
        return {"gradients": tuple(found), "buffers": tuple(after)}

    def _notes(self, wanted: list[Tensor], inputs: Inputs) -> tuple[str, ...]:
        """Equality says little of outputs that are the same whatever comes in."""
        if inputs.fed is not None or not inputs.names:
            return ()
        changed = self._run_ours(self._on_device(inputs.draw(self.terms.seed + 1)))
        still = [measured("", a, b).relative < 1e-6 for a, b in zip(wanted, changed, strict=True)]
        return ("other inputs hardly change the outputs: that they are equal says little",) if all(still) else ()

    def _seconds(self, fed: Given) -> tuple[float, float]:
        """Medians of interleaved passes."""
        runs = (self._run_ours, self._run_theirs)
        taken: tuple[list[float], list[float]] = ([], [])
        for turn in range(self.terms.repeat):
            for which in (turn % 2, 1 - turn % 2):
                synchronise(self.place)
                before = time.perf_counter()
                found = runs[which](fed)
                if self.terms.train:
                    backward(found, self.terms.seed)
                synchronise(self.place)
                taken[which].append(time.perf_counter() - before)
        return median(taken[0]), median(taken[1])
