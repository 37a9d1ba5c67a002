"""Cells: blocks that carry state between steps. `state` and `next` inside; `Scan` takes a cell along a dimension. A
state's type is inferred once: what it becomes must be what it was."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim
from specc.elaborate import argument_errors, cell_errors, errors
from specc.elaborate.arguments import Written, is_int
from specc.elaborate.body import Body, Filling, Results
from specc.elaborate.doubts import unify
from specc.elaborate.initial import declared_type, initial_value
from specc.elaborate.layers import by_operand, make_layer
from specc.elaborate.trace import Apply, BlockLayer, DefinitionRef, Initial, Member, ScanLayer, StateTrace, Static, Tensor
from specc.elaborate.values import POISON, Poison, Recipe, kind_of
from specc.source import Span
from specc.syntax import ast
from specc.types import TensorType

SCAN = ("cell", "dim", "reverse")
"""The arguments of `Scan`, in order."""


def state(node: ast.State, body: Body) -> None:
    """`state y: [B, size] = zeros`."""
    item = node.item
    type = declared_type(item.type, body)
    if item.type is None or item.default is None:
        body.report(
            cell_errors.state_incomplete(item.name, "its type" if item.type is None else "what it begins as", node.span)
        )
    initial: Initial | Poison = POISON
    if item.default is not None and type is not None:
        initial = initial_value(item.default, Filling(body.tensor(type, item.span)), body)
    if type is None or isinstance(initial, Poison):
        body.bind(item.name, POISON, node.span)
        return
    outer, body.hint = body.hint, item.name
    tensor = body.tensor(type, node.span)
    body.hint = outer
    body.entry.states.append(StateTrace(item.name, tensor, initial, node.span))
    body.bind(item.name, tensor, node.span)


def advance(node: ast.Next, body: Body) -> None:
    """`next y = new`: what the state is at the next step."""
    from specc.elaborate.expressions import single

    found = next((known for known in body.entry.states if known.name == node.name), None)
    outer, body.hint = body.hint, node.name
    value = single(node.value, body)
    body.hint = outer
    if found is None:
        known = [entry.name for entry in body.entry.states]
        if body.scope.find(node.name) is None or not isinstance(body.find(node.name), Poison):
            body.report(cell_errors.next_without_state(node.name, known, node.span))
        return
    if found.next is not None:
        body.report(cell_errors.next_twice(node.name, node.span))
        return
    if isinstance(value, Poison):
        found.next = found.tensor
        return
    if not isinstance(value, Tensor):
        body.report(errors.not_a_value(kind_of(value), "a tensor", node.value.span))
        return
    if not _same_type(found.tensor.type, value.type, node.span, body):
        body.report(cell_errors.state_changes(node.name, found.tensor.type, value.type, node.span, found.span))
    found.next = value
    body.advanced[node.name] = found.tensor


def _same_type(was: TensorType, now: TensorType, span: Span, body: Body) -> bool:
    if was.rank != now.rank or was.dtype != now.dtype:
        return False
    return all(unify(a, b, "the state", span, body) for a, b in zip(was.shape, now.shape, strict=True))


def finish(body: Body) -> None:
    """Every state must be advanced."""
    for known in body.entry.states:
        if known.next is None:
            body.report(cell_errors.never_advanced(known.name, known.span))
            known.next = known.tensor


# --- Scan ------------------------------------------------------------------------------------------------------


def make_scan(args: tuple[Written, ...], span: Span, body: Body) -> ScanLayer | Poison:
    """`Scan(cell, dim=1, reverse=false)`."""
    bound: dict[str, Any] = {}
    for k, (name, value, place) in enumerate(args):
        if name is None and k >= len(SCAN):
            return body.report(argument_errors.too_many_arguments("Scan", len(SCAN), SCAN, place))
        name = name or SCAN[k]
        if name not in SCAN:
            return body.report(argument_errors.unknown_argument("Scan", name, SCAN, place))
        if name in bound:
            return body.report(argument_errors.given_twice("Scan", name, place))
        bound[name] = (value, place)
    if "cell" not in bound:
        return body.report(argument_errors.missing_argument("Scan", "cell", "the cell to take along", span))
    cell, place = bound["cell"]
    if isinstance(cell, Static) and isinstance(cell.value, Recipe):
        cell = cell.value
    if not isinstance(cell, Recipe) or not isinstance(cell.target, DefinitionRef) or not cell.target.states:
        shown = f"`{cell.name}`, which has no state" if isinstance(cell, Recipe) else kind_of(cell)
        return body.report(cell_errors.not_a_cell(shown, place))
    dim = bound["dim"][0].value if "dim" in bound and isinstance(bound["dim"][0], Static) else 1
    reverse = bound["reverse"][0].value if "reverse" in bound and isinstance(bound["reverse"][0], Static) else False
    if not is_int(dim) or not isinstance(dim, int):
        return body.report(argument_errors.wrong_argument("Scan", "dim", "an int", kind_of(bound["dim"][0]), bound["dim"][1]))
    if not isinstance(reverse, bool):
        return body.report(
            argument_errors.wrong_argument(
                "Scan", "reverse", "true or false", kind_of(bound["reverse"][0]), bound["reverse"][1]
            )
        )
    layer = make_layer(cell, span, body)
    if isinstance(layer, Poison):
        return layer
    assert isinstance(layer, BlockLayer)
    scan = ScanLayer(layer, dim, reverse, span)
    scan.given = cell.target.given
    return scan


def apply_scan(member: Member, layer: ScanLayer, feed: list[Written], span: Span, body: Body) -> Any:
    """The outputs of the cell at every step, then its final states."""

    definition = layer.cell.definition
    names = tuple(item.name for item in definition.inputs)
    states = tuple(item.name for item in definition.states)
    bound = by_operand("Scan", (*names, *states), frozenset(states), feed, span, body)
    if bound is None:
        return POISON
    length: Dim | None = None
    steps: list[TensorType | None] = []
    for name in names:
        tensor = bound[name]
        if not isinstance(tensor, Tensor):
            return body.report(errors.not_a_value(kind_of(tensor), "a tensor to step over", span))
        if name in layer.given:
            steps.append(tensor.type)
            continue
        type = tensor.type
        if not -type.rank <= layer.dim < type.rank:
            return body.report(cell_errors.missing_dimension(layer.dim, type, span))
        at = layer.dim % type.rank
        if length is None:
            length = type.shape[at]
        elif not unify(length, type.shape[at], "the length of the sequence", span, body):
            return body.report(cell_errors.lengths(length, type.shape[at], span))
        steps.append(TensorType((*type.shape[:at], *type.shape[at + 1 :]), type.dtype))
    if length is None:
        return body.report(cell_errors.nothing_to_step(definition.name, span))
    found = body.program.call(layer.cell, tuple(steps), bound, span, body)
    if isinstance(found, Poison):
        return found
    source = next(value for value in bound.values() if isinstance(value, Tensor))
    outputs: list[Any] = []
    results = len(found) - len(states)
    for k, result in enumerate(found):
        if result is None:
            return POISON
        type = result
        if k < results:
            if layer.dim > type.rank:
                return body.report(cell_errors.missing_dimension(layer.dim, type, span))
            at = layer.dim % (type.rank + 1)
            type = TensorType((*type.shape[:at], length, *type.shape[at:]), type.dtype)
        outputs.append(body.tensor(type, span, source))
    if not match_states(definition, bound, found[results:], span, body):
        return POISON
    use = Apply(member, bound, outputs, span)
    use.instance = layer.cell.latest
    body.add(use)
    return outputs[0] if len(outputs) == 1 else Results("Scan", outputs, span)


def match_states(
    definition: DefinitionRef, bound: dict[str, Any], types: list[TensorType | None], span: Span, body: Body
) -> bool:
    """Given starts must have their states' types."""
    if len(types) < len(definition.states):
        return False  # a state without a type, which has been told
    for item, type in zip(definition.states, types, strict=True):
        start = bound.get(item.name)
        if isinstance(start, Tensor) and type is not None and not _same_type(type, start.type, span, body):
            body.report(cell_errors.start_type(item.name, type, start.type, span))
            return False
    return True
