"""From tensors of a trace to what messages tell of them: names, places, and the way they came, through blocks as well."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from specc.diagnostics import Reason
from specc.elaborate.trace import Made, Static, Tensor
from specc.infer.history import Operand, Step
from specc.source import Span

_MOST_STEPS = 200


def operands_of(operands: Mapping[str, Any], uses: Iterable[tuple[Any, Span]]) -> list[Operand]:
    """The tensors among an operation's operands. `uses` are the values that were fed, with their places."""
    places = list(uses)
    found: list[Operand] = []
    for value in operands.values():
        tensors = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, Tensor)]
        found += [operand(tensor, _use(tensor, value, places)) for tensor in tensors]
    return found


def operand(tensor: Tensor, use: Span) -> Operand:
    """A tensor as messages tell of it."""
    steps: list[Step] = []
    entered: list[Reason] = []
    at = tensor
    for before, after, made, local in _way(tensor):
        if made.entered:
            entered.append(Reason(made.place or after.span, f"{made.entered} is fed {after.type} here"))
        elif len(steps) < _MOST_STEPS:
            given = {name: value.span for name, value in made.given.items() if value.span is not None}
            steps.append(Step(after.span, made.op, before.type, after.type, given, local))
        at = before
    called = use.text if use != tensor.span and use.text.isidentifier() else ""
    name = called or (tensor.hint if tensor.named else "")
    return Operand(name, tensor.type, use, tensor.span, tuple(steps), at.span, at.type, tuple(entered))


_NOTHING = Made(None, {})


def _way(tensor: Tensor) -> Iterator[tuple[Tensor, Tensor, Made, bool]]:
    """Pairs of tensors, before and after a step, from the last to the first, and whether the step stands in the same body.
    Within a block that was called, the way goes through the block and on with what this very call fed it."""
    calls: list[Mapping[str, Any]] = []
    at = tensor
    home = True  # not yet in what calls this body
    for _ in range(2 * _MOST_STEPS):
        made = at.made or _NOTHING
        if made.inside is not None:
            at, fed = made.inside
            calls.append(fed)
            continue
        if made.entered and calls:
            back = calls.pop().get(at.hint)
            if not isinstance(back, Tensor):
                return
            at = back
            continue
        source = at.reason
        if not isinstance(source, Tensor):
            return
        yield source, at, made, home
        home = home and not made.entered
        at = source


def _use(tensor: Tensor, value: Any, places: list[tuple[Any, Span]]) -> Span:
    """Where the tensor stands in the source at this use: its own place, or its name within a list."""
    for fed, place in places:
        if fed is value or fed is tensor:
            return place
        if isinstance(fed, Static) and isinstance(fed.value, list) and any(item is tensor for item in fed.value):
            named = re.findall(rf"\b{re.escape(tensor.hint)}\b", place.text) if tensor.named else []
            if len(named) == 1:
                match = re.search(rf"\b{re.escape(tensor.hint)}\b", place.text)
                assert match is not None
                return Span(place.source, place.start + match.start(), place.start + match.end())
    return tensor.span
