"""Layers: from a recipe to a layer of the body, and from a layer and tensors to results."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim, Expr, symbols
from specc.dims.opaque import NotGeneric
from specc.elaborate import argument_errors, errors, tensors, warnings
from specc.elaborate.arguments import Written, bind_layer, bind_parameters, plain
from specc.elaborate.body import Body, Frame, Results
from specc.elaborate.externs import External, types_of
from specc.elaborate.labels import key_text
from specc.elaborate.scope import Layers
from specc.elaborate.trace import (
    Apply,
    BlockLayer,
    DefinitionRef,
    Introduce,
    LayerLike,
    Loop,
    Member,
    OpLayer,
    PathPart,
    ScanLayer,
    SeqLayer,
    Static,
    Tensor,
    TensorMember,
    Wrapping,
)
from specc.elaborate.values import POISON, Poison, Recipe, Scan, kind_of
from specc.infer import declared_errors
from specc.infer.apply import Outcome, settle
from specc.ops.declare import Kind, Layer
from specc.ops.wrappers.norm import Wrapper
from specc.source import Span
from specc.syntax import ast
from specc.types import TensorType


def make_layer(recipe: Recipe, span: Span, body: Body) -> LayerLike | Poison:
    """A new layer with the recipe's arguments, not yet applied."""
    target = recipe.target
    if isinstance(target, Scan):
        from specc.elaborate.cells import make_scan

        return make_scan(recipe.args, span, body)
    if isinstance(target, type) and issubclass(target, Wrapper):
        return _wrapped(target, recipe, span, body)
    if isinstance(target, tuple):
        if recipe.args:
            return body.report(argument_errors.too_many_arguments(recipe.name, 0, [], recipe.args[0][2]))
        return SeqLayer(target, recipe.scope, span)
    if isinstance(target, DefinitionRef):
        return _block(target, recipe, span, body)
    given = bind_layer(target, recipe.args, span, body)
    if given is None:
        return POISON
    values = {name: plain(value) for name, value in given.items()}
    for name, param in target.params.items():
        if param.inferred and values.get(name) is None:
            values[name] = body.solver.fresh(name, lower=0)
    layer = target(values)
    assert isinstance(layer, Layer)
    if isinstance(layer, External):
        body.program.externs[layer.name] = layer.source
    return OpLayer(layer, given, span)


def _wrapped(target: type[Wrapper], recipe: Recipe, span: Span, body: Body) -> LayerLike | Poison:
    """`SpectralNorm(Conv2d(64, 3))`: the layer inside, with the wrapper around its weight."""
    if not recipe.args or recipe.args[0][0] is not None:
        return body.report(argument_errors.missing_argument(recipe.name, "layer", "the layer whose weight is wrapped", span))
    _, inner, place = recipe.args[0]
    if isinstance(inner, Static) and isinstance(inner.value, Recipe):
        inner = inner.value
    if not isinstance(inner, Recipe):
        return body.report(argument_errors.wrong_argument(recipe.name, "layer", "a layer", kind_of(inner), place))
    layer = make_layer(inner, span, body)
    given = bind_layer(target, recipe.args[1:], span, body)
    if isinstance(layer, Poison) or given is None:
        return POISON
    op = target({name: plain(value) for name, value in given.items()})
    assert isinstance(op, Wrapper)
    if isinstance(layer, OpLayer) and layer.wrappings:
        return body.report(
            argument_errors.wrong_argument(recipe.name, "layer", "a layer with no wrapper yet", f"`{inner.name}`", place)
        )
    if not isinstance(layer, OpLayer) or op.weight not in layer.op.weights():
        return body.report(
            argument_errors.wrong_argument(recipe.name, "layer", f"a layer with a `{op.weight}`", f"`{inner.name}`", place)
        )
    layer.wrappings.append(Wrapping(op, given))
    return layer


def _block(definition: DefinitionRef, recipe: Recipe, span: Span, body: Body) -> LayerLike | Poison:
    bound = bind_parameters(definition.name, definition.node.params, recipe.args, span, body)
    if bound is None:
        return POISON
    args = body.program.complete(definition, bound, span, body)
    if args is None:
        return POISON
    return BlockLayer(definition, args, frozenset(bound), span)


def introduce(
    path: tuple[PathPart, ...],
    layer: LayerLike,
    origin: ast.Node,
    body: Body,
    *,
    labelled: bool,
    numbered: bool = False,
    name: str = "",
) -> Member | Poison:
    """Gives a layer its key. Within a shared sequence that is applied again, the member that has it already."""
    frame = body.frame
    key = key_text(path)
    known = frame.layers.members.get(key)
    if known is not None:
        if frame.reuse:
            return known
        if not (
            body.generic and ("{" in key or frame.counter is not None)
        ):  # positions after an undecided branch are not known
            return body.report(
                errors.duplicate(
                    "layer",
                    key,
                    origin.label.span if isinstance(origin, ast.Stage) and origin.label else origin.span,
                    known.span,
                )
            )
    span = origin.label.span if isinstance(origin, ast.Stage) and origin.label is not None else origin.span
    member = Member(path, layer, labelled, span, origin)
    frame.layers.members[key] = member
    body.add(Introduce(member))
    if numbered and not body.generic:
        body.numbered.append((member, name, key))
    return member


def has_weights(layer: LayerLike) -> bool:
    if isinstance(layer, OpLayer):
        return any(weight.present for weight in layer.state().values())
    if isinstance(layer, BlockLayer) and layer.instance is not None:
        return any(has_weights(inner.layer) for inner in layer.instance.members.values())
    return isinstance(layer, TensorMember) and layer.keyword != "constant"


def apply_member(member: Member, feed: list[Written], span: Span, body: Body, entry: str = "forward") -> Any:
    """The results of a layer on tensors."""
    layer = member.layer
    for _, value, place in feed:
        if not isinstance(value, Tensor) and not (isinstance(value, Static) and not isinstance(layer, OpLayer)):
            return body.report(errors.not_a_value(kind_of(value), "a tensor", place))
    if isinstance(layer, OpLayer):
        return _apply_op(member, layer, feed, span, body)
    if isinstance(layer, BlockLayer):
        from specc.elaborate.instantiate import apply_block

        return apply_block(member, layer, feed, span, body, entry)
    if isinstance(layer, SeqLayer):
        return _apply_sequence(member, layer, feed, span, body)
    if isinstance(layer, ScanLayer):
        from specc.elaborate.cells import apply_scan

        return apply_scan(member, layer, feed, span, body)
    return body.report(errors.wrong_kind(key_text(member.path), "a learned tensor", "a layer", span))


def by_operand(
    name: str, operands: tuple[str, ...], optional: frozenset[str], feed: list[Written], span: Span, body: Body
) -> dict[str, Any] | None:
    """Fed tensors by operand name; None after a message."""
    bound: dict[str, Any] = {}
    position = 0
    for given, value, place in feed:
        if given is None:
            if position >= len(operands):
                body.report(argument_errors.feed_count(name, len(operands), len(feed), operands, span))
                return None
            given = operands[position]
            position += 1
        if given not in operands:
            body.report(argument_errors.unknown_argument(name, given, operands, place))
            return None
        if given in bound:
            body.report(argument_errors.given_twice(name, given, place))
            return None
        if not (isinstance(value, Static) and value.value is None):
            bound[given] = value
    for operand in operands:
        if operand not in bound and operand not in optional:
            body.report(argument_errors.feed_missing(name, operand, span))
            return None
    return bound


def _apply_op(member: Member, layer: OpLayer, feed: list[Written], span: Span, body: Body) -> Any:
    op = layer.op
    bound = by_operand(op.name, op.operands, op.optional_operands, feed, span, body)
    if bound is None:
        return POISON
    use = tensors.Use(span, feed, layer.given)
    if layer.applied is not None:
        use.shared = key_text(member.path), layer.applied
    if isinstance(op, External):
        types = types_of(op, bound, body)
        outcome = None if types is None else Outcome(tuple(types), None, [])
    else:
        outcome = tensors.infer(op, bound, use, body)
    if outcome is None:
        return POISON
    settle(op, body.solver)
    if not body.generic:
        _static_sizes(op, bound, use, body)
        if layer.applied is None:
            _warn_of_torch_order(op, layer, body)
    layer.applied = layer.applied or span
    outputs = tensors.results(outcome, bound, span, body, op, layer.given)
    body.add(Apply(member, bound, outputs, span))
    return outputs[0] if len(outputs) == 1 else Results(op.name, outputs, span)


_SUSPICIOUS = 8  # a kernel or a number of layers as large is rather the number of channels that torch has in second place


def _warn_of_torch_order(op: Layer, layer: OpLayer, body: Body) -> None:
    """`LayerNorm(512)` and `LSTM(10, 20)` are possible, but mean something else than in torch, where what is inferred here
    comes first."""
    inferred = next((name for name, param in op.params.items() if param.inferred), None)
    given = [(name, value, value.span) for name, value in layer.given.items() if value.span is not None]
    if inferred is None or not given or any(name == inferred for name, _, _ in given):
        return
    places = [span for name, _, span in given if not span.text.startswith(f"{name}=")]
    name, first, span = given[0]
    size = body.solver.resolve(getattr(op, inferred)) if isinstance(getattr(op, inferred), int | Expr) else None
    if not places or places[0] is not span or isinstance(first.value, bool) or first.value != size or not isinstance(size, int):
        return
    rest = [value.value for _, value, place in given[1:] if place in places]
    sizes = op.params[name].type == "int"
    many = bool(rest) and isinstance(rest[0], int) and rest[0] >= _SUSPICIOUS
    odd = many and (op.kind is Kind.RECURRENT or (len(rest) > 1 and isinstance(rest[1], int) and rest[1] < rest[0]))
    if not sizes or odd:
        end = places[1].start if len(places) > 1 else span.end
        whole = Span(span.source, span.start, end)
        body.report(warnings.size_in_front(op.name, inferred, name, size, span, whole))


def _static_sizes(op: Layer, bound: dict[str, Any], use: tensors.Use, body: Body) -> None:
    """A layer is made before any tensor is there: a size of the model's input that it depends on must be a parameter."""
    for name in op.params:
        value = getattr(op, name)
        for size in value if isinstance(value, tuple) else (value,):
            if isinstance(size, Expr):
                free = [symbol for symbol in symbols(size) if symbol.kind == "rigid"]
                if free and body.solver.resolve(size) == size:
                    declared = body.program.declared.get(free[0])
                    root = (body.program.root or body.instance).definition.node
                    model = (root.name_span, bool(root.params))
                    site = tensors.site_of(op, bound, use, body)
                    body.report(declared_errors.static_size(site, name, size, [s.name for s in free], declared, model))
                    return


def _apply_sequence(member: Member, layer: SeqLayer, feed: list[Written], span: Span, body: Body) -> Any:
    from specc.elaborate.stages import run

    first = layer.layers is None
    if first:
        layer.layers = Layers()
    elif body.generic and any(isinstance(item, Loop) and item.rolled for item in layer.items):
        return _apply_again(member, layer, feed, span, body)
    saved_frame, saved_scope = body.frame, body.scope
    items: list[Any] = layer.items if first else []
    body.frame = Frame(layer.layers, items, (*saved_frame.path, *member.path), sequence=True, reuse=not first)
    if layer.scope is not None:
        body.scope = layer.scope
    try:
        value = run(layer.stages, feed, body)
    finally:
        body.frame, body.scope = saved_frame, saved_scope
    if isinstance(value, Poison):
        return value
    primary = value.values[0] if isinstance(value, Results) else value
    if not isinstance(primary, Tensor):
        return body.report(errors.not_a_value(kind_of(primary), "a tensor at the end of the sequence", span))
    source = feed[0][1]
    if first:
        layer.input, layer.output = (source if isinstance(source, Tensor) else None), primary
    result = Tensor(body.program.fresh_id(), primary.type, span, body.hint, primary.reason)
    result.made = primary.made
    apply = Apply(member, {"input": source, **{str(n): v for n, v, _ in feed[1:]}}, [result], span)
    apply.inner = items
    apply.inner_result = primary
    body.add(apply)
    return result


def _apply_again(member: Member, layer: SeqLayer, feed: list[Written], span: Span, body: Body) -> Tensor:
    """A sequence with a rolled loop, used once more. Its layers were made from the sizes that the loop carried the first
    time: what it gives is what it gave, in the sizes of the new input."""
    source, known, output = feed[0][1], layer.input, layer.output
    if known is None or output is None or not isinstance(source, Tensor) or len(feed) > 1:
        raise NotGeneric(frozenset(), "a repeat within a shared sequence is fed differently")
    sizes: dict[Dim, Dim] = {}
    for old, new in zip(map(body.solver.resolve, known.type.shape), map(body.solver.resolve, source.type.shape), strict=False):
        if sizes.setdefault(old, new) != new or (old != new and not isinstance(old, Expr)):
            raise NotGeneric(frozenset(), "a repeat within a shared sequence is used for two sizes")
    shape = tuple(sizes.get(size, size) for size in map(body.solver.resolve, output.type.shape))
    result = Tensor(body.program.fresh_id(), TensorType(shape, output.type.dtype), span, body.hint, output.reason)
    body.add(Apply(member, {"input": source}, [result], span))
    return result
