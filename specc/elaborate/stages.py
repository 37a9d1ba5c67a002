"""Chains: a tensor (or several) goes through stages; each introduces or reuses a layer, or applies a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specc.elaborate import calls, errors, library, tensors
from specc.elaborate.arguments import Written, written
from specc.elaborate.body import Body, Results
from specc.elaborate.entries import call_entry, entries_of
from specc.elaborate.labels import anonymous_path, label_path, sequence_path
from specc.elaborate.layers import apply_member, introduce, make_layer
from specc.elaborate.trace import EntryUse, Member, Static, Tensor
from specc.elaborate.values import POISON, LetFunction, Poison, Recipe, has_tensor, kind_of
from specc.elaborate.weights import dotted
from specc.ops import registry
from specc.ops.declare import Layer
from specc.syntax import ast

Feed = list[Written]
"""Tensors on their way into a stage: by position (name None) or by name."""


def chain(node: ast.Chain, body: Body) -> Any:
    """The value of `head -> stage -> ...`: the last stage's results, or a recipe where no tensor stands at the head."""
    if node.head is None:
        return Recipe("Sequential", node.stages, node.span, scope=body.scope)
    feed = _head(node.head, body)
    if isinstance(feed, Poison):
        return feed
    if isinstance(feed, Recipe):
        head = node.head
        args = head.args if isinstance(head, ast.Call) else None
        func = head.func if isinstance(head, ast.Call) else head
        first = ast.CallStage(span=head.span, label=None, func=func, args=args)
        return Recipe("Sequential", (first, *node.stages), node.span, scope=body.scope)
    return run(node.stages, feed, body)


def _head(head: ast.Expr, body: Body) -> Feed | Poison | Recipe:
    from specc.elaborate.expressions import evaluate

    if isinstance(head, ast.TupleExpr):
        return written(head.items, body)
    value = evaluate(head, body)
    if isinstance(value, Results):
        value = value.values[0]
    if isinstance(value, Poison | Recipe):
        return value
    if isinstance(value, LetFunction):
        return Recipe("", (), head.span)
    return [(None, value, head.span)]


def run(stages: tuple[ast.Stage, ...], feed: Feed, body: Body) -> Any:
    """Feeds tensors through stages in turn. Only the primary result passes on; the last stage gives all of its results."""
    value: Any = feed[0][1] if feed else POISON
    for stage in stages:
        value = apply_stage(stage, feed, body)
        if isinstance(value, Poison):
            return value
        feed = [(None, value.values[0] if isinstance(value, Results) else value, stage.span)]
    return value


def apply_stage(stage: ast.Stage, feed: Feed, body: Body) -> Any:
    return _STAGES[type(stage)](stage, feed, body)


# --- one layer or function -------------------------------------------------------------------------------------


def _call_stage(stage: ast.CallStage, feed: Feed, body: Body) -> Any:
    target = _target(stage, body)
    if isinstance(target, Poison):
        return target
    if isinstance(target, Member):
        return apply_member(target, feed, stage.span, body)
    if isinstance(target, EntryUse):
        return call_entry(target.name, feed, stage.span, body, body)
    if isinstance(target, tuple):
        member, entry = target
        return apply_member(member, feed, stage.span, body, entry)
    if isinstance(target, LetFunction | type):
        return _function_stage(target, stage, feed, body)
    args = written(stage.args or (), body)
    if isinstance(args, Poison):
        return args
    recipe = target.partial(tuple(args), stage.span) if args else target
    return recipe_stage(recipe, stage, feed, body)


def recipe_stage(recipe: Recipe, stage: ast.Stage, feed: Feed, body: Body) -> Any:
    """Introduces a new layer of a recipe and applies it."""
    layer = make_layer(recipe, stage.span, body)
    if isinstance(layer, Poison):
        return layer
    member = _introduced(stage, recipe.name, layer, body)
    if isinstance(member, Poison):
        return member
    return apply_member(member, feed, stage.span, body)


def _introduced(stage: ast.Stage, name: str, layer: Any, body: Body) -> Member | Poison:
    numbered = False
    if stage.label is not None:
        path = label_path(stage.label, body)
        if isinstance(path, Poison):
            return path
    elif body.frame.counter is not None:
        path = sequence_path(body)
    else:
        path, numbered = anonymous_path(name, stage.span, body)
    return introduce(path, layer, stage, body, labelled=stage.label is not None, numbered=numbered, name=name)


def _target(stage: ast.CallStage, body: Body) -> Member | EntryUse | tuple[Member, str] | Recipe | LetFunction | type | Poison:
    """What a stage's name stands for, in the language's order."""
    func = stage.func
    parts = dotted(func, body)
    if parts is None:
        return body.report(errors.not_a_value("an expression", "the name of a layer or function", func.span))
    name = parts[0]
    path = ".".join(parts)
    if stage.label is None and stage.args is None:
        member = body.member(path)
        if member is not None:
            body.program.used(member.span)
            return member
        if len(parts) > 1:
            owner = body.member(".".join(parts[:-1]))
            if owner is not None:
                body.program.used(owner.span)
                return owner, parts[-1]
        if len(parts) == 1 and name in entries_of(body.definition.node) and body.scope.find(name) is None:
            return EntryUse(name)
    if len(parts) > 1:
        return body.report(errors.unknown_layer(path, body.layers.members, func.span))
    binding = body.scope.find(name)
    if binding is not None:
        value = body.find(name)
        if isinstance(value, Static) and isinstance(value.value, Recipe):
            return value.value
        if isinstance(value, Recipe | LetFunction | Poison):
            return value
    file_value = body.program.files.value(body.file, name, body)
    if isinstance(file_value, Recipe | LetFunction | Poison):
        return file_value
    if isinstance(file_value, Static) and isinstance(file_value.value, Recipe):
        return file_value.value
    recipe = calls.layer_value(name, func.span, body)
    if recipe is not None:
        return recipe
    op = registry.find(name)
    if op is not None and not issubclass(op, Layer):
        return op
    if body.member(path) is not None:
        return body.report(errors.wrong_kind(name, "a layer of this body", "a new layer", func.span))
    if binding is not None:
        value = binding.value
        return body.report(errors.wrong_kind(name, kind_of(value), "a layer or function", func.span))
    known = [*body.layers.members, *body.file.names(), *registry.names()]
    return body.report(errors.unknown_layer(name, known, func.span, library.imports(name, body)))


def _function_stage(target: LetFunction | type, stage: ast.CallStage, feed: Feed, body: Body) -> Any:
    args = written(stage.args or (), body)
    if isinstance(args, Poison):
        return args
    if isinstance(target, LetFunction):
        if target.let.params is not None:
            made = calls.call_let(target, args, stage.span, body) if stage.args is not None or not target.let.params else None
            made = made if made is not None else calls.call_let(target, [], stage.span, body)
            if isinstance(made, Recipe):
                return recipe_stage(made, stage, feed, body)
            if isinstance(made, Poison):
                return made
        return body.report(
            errors.wrong_kind(
                target.let.name, "a function of compile-time values", "a layer or function of tensors", stage.span
            )
        )
    for _, value, place in feed:
        if not (isinstance(value, Tensor) or has_tensor(value) or isinstance(value, Static)):
            return body.report(errors.not_a_value(kind_of(value), "a tensor", place))
    if body.frame.counter is not None:
        body.frame.counter += 1
    return tensors.function(target, [*feed, *args], stage.span, body, len(feed))


# --- parentheses, loops, conditions, outputs -------------------------------------------------------------------


def _sequential_stage(stage: ast.SequentialStage, feed: Feed, body: Body) -> Any:
    return recipe_stage(Recipe("Sequential", stage.stages, stage.span, scope=body.scope), stage, feed, body)


def _for_stage(stage: ast.ForStage, feed: Feed, body: Body) -> Any:
    from specc.elaborate.loops import loop_stages

    if stage.label is not None:
        return _wrapped(stage, feed, body)
    return loop_stages(stage, feed, body)


def _if_stage(stage: ast.IfStage, feed: Feed, body: Body) -> Any:
    from specc.elaborate.branches import branch_stages

    if stage.label is not None:
        return _wrapped(stage, feed, body)
    return branch_stages(stage, feed, body)


def _wrapped(stage: Any, feed: Feed, body: Body) -> Any:
    """`h: for ...`: an nn.Sequential of what the loop or condition spreads."""
    inner = stage.replace(label=None)
    return recipe_stage(Recipe("Sequential", (inner,), stage.span, scope=body.scope), stage, feed, body)


def _output_stage(stage: ast.OutputStage, feed: Feed, body: Body) -> Any:
    from specc.elaborate.statements import output

    value = feed[0][1]
    output(stage.name, value, stage.type, stage.span, body)
    return value


_STAGES: dict[type, Callable[[Any, Feed, Body], Any]] = {
    ast.CallStage: _call_stage, ast.SequentialStage: _sequential_stage, ast.ForStage: _for_stage, ast.IfStage: _if_stage,
    ast.OutputStage: _output_stage,
}  # fmt: skip
