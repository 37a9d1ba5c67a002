"""How the tensors at a mistake came about: what a message shows as its because-chain, dimension by dimension."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from specc.diagnostics import Reason
from specc.dims.expr import Dim
from specc.dims.solver import Solver
from specc.ops.declare import Kind, Op
from specc.record import Record
from specc.source import Span
from specc.types import TensorType

MOST_REASONS = 4


class Step(Record):
    """A layer or function that a tensor went through. `given` has the places of the arguments that were written; `local` says
    that it stands in the body where the tensor is used or in a block that this calls, not in what calls it."""

    span: Span
    op: Op | None
    before: TensorType
    after: TensorType
    given: Mapping[str, Span]
    local: bool = True


class Operand(Record):
    """A tensor that goes into an operation: its name (empty if it has none), where it is used, and how it came about.

    `steps` are the nearest first; `origin` is the place of the input or weight at their beginning, `entered` the places
    where blocks were called on the way.
    """

    name: str
    type: TensorType
    use: Span
    made: Span
    steps: tuple[Step, ...]
    origin: Span | None
    origin_type: TensorType
    entered: tuple[Reason, ...] = ()

    @property
    def words(self) -> str:
        """What a message calls it."""
        return f"`{self.name}`" if self.name else "this"


def spatial_dimensions(operands: Iterable[Operand], op: Op | None = None) -> int:
    """The number of spatial dimensions that the layers on the way work on (2 for Conv2d), 0 where none says so."""
    for known in (op, *(step.op for operand in operands for step in operand.steps)):
        if known is not None and known.name[-2:] in _RANKS:
            return _RANKS[known.name[-2:]]
    return 0


_RANKS = {"1d": 1, "2d": 2, "3d": 3}
_NAMES = {1: ("channels", "length"), 2: ("channels", "height", "width"), 3: ("channels", "depth", "height", "width")}


def dimension_word(back: int, rank: int, spatial: int) -> str:
    """What people call a dimension, counted from the end (1 is the last): `height`, `channels`, `last dimension`."""
    names = _NAMES.get(spatial, ())
    if names and rank in (len(names), len(names) + 1):
        return names[-back] if back <= len(names) else "batch"
    if back == 1 and rank > 1:
        return "last dimension"
    return f"dimension {rank - back}"


def plural(word: str) -> str:
    return {"height": "heights", "width": "widths", "depth": "depths", "length": "lengths", "batch": "batch sizes"}.get(
        word, word if word == "channels" else "last dimensions" if word == "last dimension" else word
    )


def changes(operand: Operand, back: int | None, spatial: int, solver: Solver, origins: bool = False) -> list[Reason]:
    """What changed a dimension (counted from the end) of an operand, the nearest step first, and where it came from. Where
    dimensions are moved on the way it is followed if only one has its size; where they are joined or split, whole types are
    told from there on. So they are without a dimension. `origins`: where it came from is told even if nothing changed it."""
    reasons: list[Reason] = []
    for step in operand.steps:
        before, after, here = step.before, step.after, back
        if back is not None and (before.rank != after.rank or _moves(step.op)):
            back = _followed(back, step, solver)
        if back is None:
            if before.shape != after.shape:
                reasons.append(Reason(step.span, f"{before} becomes {after}"))
            continue
        assert here is not None
        was, now = solver.resolve(before.shape[-back]), solver.resolve(after.shape[-here])
        if was != now:
            word = dimension_word(here, after.rank, spatial)
            counted = f"{word}:" if word.startswith("dimension") else word
            reasons.append(Reason(step.span, f"{counted} {was} becomes {now}"))
    if operand.origin is not None and (reasons or origins) and back is not None and operand.origin_type.rank >= back:
        size = solver.resolve(operand.origin_type.shape[-back])
        word = dimension_word(back, operand.origin_type.rank, spatial)
        told = f"{word} is {size} here" if word.startswith("dimension") else f"{word} {size} comes from here"
        reasons.append(Reason(operand.origin, told))
    return reasons


def _followed(back: int, step: Step, solver: Solver) -> int | None:
    """Where a dimension of a step's result was before it, as its size tells."""
    size = str(solver.resolve(step.after.shape[-back]))
    same = [k for k, dim in enumerate(reversed(step.before.shape), 1) if str(solver.resolve(dim)) == size]
    return same[0] if len(same) == 1 else None


def _moves(op: Op | None) -> bool:
    """May the op put a dimension elsewhere?"""
    return op is not None and op.kind is Kind.VIEW


def because(
    operands: Sequence[Operand], backs: Sequence[int | None], spatial: int, solver: Solver, origins: bool = False
) -> tuple[Reason, ...]:
    """The chain of a message: each operand's changes, the nearest first, shared among them; calls of blocks come last."""
    chains = [changes(operand, back, spatial, solver, origins) for operand, back in zip(operands, backs, strict=True)]
    calls = [reason for operand in operands for reason in operand.entered]
    room = MOST_REASONS - (1 if calls else 0)
    kept: list[Reason] = []
    for k, chain in enumerate(chains):
        others = sum(bool(later) for later in chains[k + 1 :])
        take = max(1, room - len(kept) - others)
        kept += [reason for reason in chain[:take] if reason not in kept]
    return (*kept[:room], *[call for call in calls if call not in kept][:1])


def progress(operand: Operand, back: int, solver: Solver) -> list[Dim]:
    """The sizes that a dimension had on its way, the first first: `32, 16, 8`."""
    sizes: list[Dim] = [solver.resolve(operand.type.shape[-back])]
    for step in operand.steps:
        if step.before.rank != step.after.rank or _moves(step.op):
            break
        was = solver.resolve(step.before.shape[-back])
        if was != sizes[-1]:
            sizes.append(was)
    return sizes[::-1]
