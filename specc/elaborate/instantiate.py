"""A definition with its arguments and input types becomes an instance: the one place where elaboration and inference
interleave.

Instances are remembered by (definition, arguments, input types): a block that is used 48 times alike is elaborated once.
Sizes in a key are those of the model's symbols themselves, so what an instance learns of them holds for every use.
"""

from __future__ import annotations

from typing import Any, Union

from specc.dims.expr import Dim, Expr
from specc.elaborate import errors, limit_errors, warnings
from specc.elaborate.arguments import Written
from specc.elaborate.body import Body, Results
from specc.elaborate.cells import finish, match_states
from specc.elaborate.entries import call_entry, default_number, entries_of, hold_default, run_entries, set_default
from specc.elaborate.layers import by_operand, has_weights
from specc.elaborate.patterns import match
from specc.elaborate.rules import warn_unmatched
from specc.elaborate.scope import Scope
from specc.elaborate.statements import execute
from specc.elaborate.trace import Apply, BlockLayer, DefinitionRef, Instance, Made, Member, OpLayer, Static, Tensor
from specc.elaborate.values import POISON, Poison, Recipe
from specc.elaborate.walk import member_keys
from specc.infer.apply import unsolved
from specc.source import Span
from specc.syntax import ast
from specc.types import DTYPES, MaybeType, TensorType

InputType = Union[TensorType, Dim, None]


def apply_block(member: Member, layer: BlockLayer, feed: list[Written], span: Span, body: Body, entry: str) -> Any:
    """Uses a block as a layer."""
    if entries_of(layer.definition.node):
        return _apply_entry(member, layer, feed, span, body, entry)
    declared = layer.definition.inputs
    names = tuple(item.name for item in declared)
    states = tuple(item.name for item in layer.definition.states)
    optional = frozenset(item.name for item in declared if item.default is not None) | set(states)
    bound = by_operand(layer.definition.name, (*names, *states), optional, feed, span, body)
    if bound is None:
        return POISON
    types = tuple(_kind_of_input(bound.get(item.name), item, body) for item in declared)
    found = body.program.call(layer, types, bound, span, body)
    if isinstance(found, Poison) or (layer.latest is not None and layer.latest.serial in body.program.unmet):
        return POISON
    source = next((value for value in bound.values() if isinstance(value, Tensor)), None)
    outputs: list[Any] = [POISON if type is None else body.tensor(type, span, source) for type in found]
    if not outputs:
        return POISON
    if states and not match_states(layer.definition, bound, found[-len(states) :], span, body):
        return POISON
    if layer.latest is not None and not body.generic:
        for value, (_, inner) in zip(outputs, layer.latest.forward.results(), strict=False):
            if isinstance(value, Tensor) and isinstance(inner, Tensor):
                value.made = Made(None, {}, inside=(inner, bound))
    use = Apply(member, bound, [value for value in outputs if isinstance(value, Tensor)], span)
    use.instance = layer.latest
    body.add(use)
    return outputs[0] if len(outputs) == 1 else Results(layer.definition.name, outputs, span)


def _apply_entry(member: Member, layer: BlockLayer, feed: list[Written], span: Span, body: Body, entry: str) -> Any:
    """Uses an entry of a model with several: `x -> vae.encode`."""
    names = entries_of(layer.definition.node)
    if entry not in names:
        return body.report(errors.unknown_layer(f"{layer.definition.name}.{entry}", names, span))
    inner = body.program.open_body(layer, span, body)
    if isinstance(inner, Poison):
        return inner
    if layer.instance is None:
        layer.instance = inner.instance
    layer.latest = inner.instance
    return call_entry(entry, feed, span, inner, body, member)


def call_instance(
    layer: BlockLayer, types: tuple[InputType, ...], fed: dict[str, Any], span: Span, body: Body
) -> list[TensorType | None] | Poison:
    """The types of a block's outputs for these inputs, from its instance; None for one that failed inside."""
    instance = instantiate(layer.definition, layer.args, types, fed, span, body)
    if isinstance(instance, Poison):
        return instance
    if layer.instance is None:
        layer.inputs, layer.instance = types, instance
    layer.latest = instance
    if instance.poisoned:
        body.instance.poisoned = True
    body.program.count_instance(instance, body)
    return [value.type if isinstance(value, Tensor) else None for _, value in instance.forward.results()]


def _kind_of_input(value: Any, item: ast.Declared, body: Body) -> InputType:
    """What an instance depends on of an input: a tensor's type, a `dim`'s value, or that it was left out."""
    number = default_number(item)
    if value is None and number is not None and item.type is not None:
        return int(number) if item.type.base == "dim" else TensorType((), DTYPES[item.type.base or "float"])
    if isinstance(value, Tensor):
        type = _resolved(value.type, body)
        return MaybeType(type.shape, type.dtype) if value.id in body.program.optional else type
    if isinstance(value, Static) and isinstance(value.value, int | Expr):
        return body.solver.resolve(value.value)
    return None


def _resolved(type: TensorType, body: Body) -> TensorType:
    return type.resolved(body.solver.resolve)


def instantiate(
    definition: DefinitionRef,
    args: dict[str, Static],
    types: tuple[InputType, ...],
    fed: dict[str, Any],
    span: Span,
    body: Body,
) -> Instance | Poison:
    """The instance for these arguments and input types, elaborated once."""
    program = body.program
    key = (id(definition), program.arguments_key(args), types)
    known = program.instances.get(key)
    if known is not None:
        return known
    if any(active is definition for active in program.active):
        names = [active.name for active in program.active]
        start = names.index(definition.name)
        return body.report(limit_errors.recursion([*names[start:], definition.name], span))
    if len(program.active) > 64:
        return body.report(limit_errors.nested_too_deep("blocks", span))
    instance = program.new_instance(definition, key, args)
    inner = Body(program, definition, instance, Scope())
    program.active.append(definition)
    try:
        for name, value in args.items():
            bind_parameter(name, value, inner)
        for item, type in zip(definition.inputs, types, strict=True):
            outer = fed.get(item.name)
            enter(item, type, span, inner, outer if isinstance(outer, Tensor) else None)
        run_body(inner)
    finally:
        program.active.pop()
    program.instances[key] = instance
    return instance


def bind_parameter(name: str, value: Static, body: Body) -> None:
    """A parameter in its body: its Code is its name. Layers are recipes there."""
    if isinstance(value.value, Recipe):
        body.scope.bind(name, value.value, body.program.parameter_span(body.definition, name))
        return
    from specc.pycode import Var

    body.scope.bind(name, Static(value.value, Var(name), value.span), body.program.parameter_span(body.definition, name))


def enter(
    item: ast.Declared, type: TensorType | Dim | None, call: Span | None, body: Body, outer: Tensor | None = None
) -> None:
    """Binds one input to a tensor of the given type, or to the value of a `dim`; None where an optional input was left out.
    `outer` is the tensor that the first call feeds."""
    good = hold_default(item, body)
    set_default(item, body)
    if isinstance(type, int | Expr):
        from specc.pycode import Var

        value = Static(type, Var(item.name), item.span)
        body.entry.inputs.append((item.name, value))
        body.bind(item.name, value, item.span)
        return
    if type is None:
        from specc.pycode import Lit

        body.scope.bind(item.name, Static(None, Lit(None), item.span) if good else POISON, item.span)
        body.entry.inputs.append((item.name, Static(None, Lit(None))))
        return
    body.hint = item.name
    tensor = body.tensor(TensorType(type.shape, type.dtype), item.span, outer)
    if isinstance(type, MaybeType):
        body.program.optional.add(tensor.id)
    tensor.made = Made(None, {}, entered=f"`{body.definition.name}`", place=call)
    body.hint = ""
    body.entry.inputs.append((item.name, tensor))
    body.entering = True
    good = match(item.name, item.type, tensor, outer.span if outer is not None else call, body, call)
    body.entering = False
    body.bind(item.name, tensor if good else POISON, item.span)


def _speaks_of_layers(statement: ast.Statement) -> bool:
    """Ties, rules and freezing name layers wherever those are introduced, in an entry perhaps; so does a loop of ties."""
    if isinstance(statement, ast.For):
        return bool(statement.body) and all(map(_speaks_of_layers, statement.body))
    if isinstance(statement, ast.If):
        return bool(statement.body) and all(map(_speaks_of_layers, (*statement.body, *statement.orelse)))
    return isinstance(statement, ast.Tie | ast.Init | ast.Freeze)


def run_body(body: Body) -> None:
    """Executes the statements of a definition whose inputs are bound."""
    node = body.definition.node
    execute([statement for statement in node.body if not _speaks_of_layers(statement)], body)
    finish(body)
    if entries_of(node):
        run_entries(body)
    else:
        body.instance.entries[body.entry.name] = body.entry
    for trace in body.instance.entries.values():
        body.instance.members.update(member_keys(trace.items))
    execute([statement for statement in node.body if _speaks_of_layers(statement)], body)
    warn_unmatched(body)
    for name, member in body.layers.members.items():
        if name in body.functions and member.labelled and not body.generic:
            body.report(warnings.hides_function(name, member.span, body.functions[name]))
    for name, member in body.instance.members.items():
        if (
            not body.instance.poisoned
            and not body.generic  # where what the layer takes may be as open as its input
            and isinstance(member.layer, OpLayer)
            and (open_ := unsolved(member.layer.op, body.solver))
        ):
            body.report(errors.never_solved(name, member.layer.op.name, open_, member.span))
    for member, name, key in body.numbered:
        if has_weights(member.layer):
            body.report(warnings.numbered_label(name, key, member.span))
    if not (entries_of(node) or body.entry.outputs or body.instance.poisoned or body.program.misread(node)):
        body.report(errors.no_output(node.keyword, node.name, node.name_span))


__all__ = ["apply_block", "bind_parameter", "enter", "instantiate", "run_body"]
