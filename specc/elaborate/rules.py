"""What a body says of its layers' weights: how they begin (`init`), which are one Parameter (`tie`), which have no gradient
(`freeze`)."""

from __future__ import annotations

from collections.abc import Mapping

from specc.dims.expr import Dim
from specc.dims.opaque import NotGeneric
from specc.elaborate import initial_errors
from specc.elaborate.body import Body, Filling
from specc.elaborate.doubts import unify
from specc.elaborate.initial import initial_value, reads_inputs
from specc.elaborate.selectors import Held, freezes, names, selected, weights_of
from specc.elaborate.trace import Initial, Member, Rule, Tensor
from specc.elaborate.values import Poison
from specc.elaborate.weights import dotted, lookup
from specc.ops import registry
from specc.pycode import SizeOf
from specc.source import Span
from specc.syntax import ast
from specc.types import DType, TensorType


def init(node: ast.Init, body: Body) -> None:
    """`init { Linear.weight = trunc_normal(std=0.02); *.bias = zeros }`."""
    weights = {} if body.generic else weights_of(body.instance)
    for rule in node.rules:
        pattern = rule.pattern.parts
        made = _in_general(rule, body) if body.generic else _for_each(rule, weights, body)
        if made is not None:
            body.instance.rules.append(Rule(pattern, is_layer_type(pattern[0], body), made[0], rule.span, made[1]))
    body.instance.rules.sort(key=lambda rule: _specificity(rule.pattern, rule.layer))


def _for_each(rule: ast.InitRule, weights: Mapping[str, Held], body: Body) -> tuple[Initial, int] | None:
    """The rule's value, tried on every type of weight that it names, and how many dimensions it fills at least. It must give
    each a tensor of its own shape, but for those that it cannot fill and a more specific rule does. None after a message."""
    named = selected(rule.pattern.parts, is_layer_type(rule.pattern.parts[0], body), weights)
    named.sort(key=lambda held: -held.type.rank)
    tried: dict[TensorType, Initial] = {}
    least = skipped = 0
    for held in named:
        if held.type in tried:
            continue
        if held.type.rank < least and _overridden(held, rule, body):
            skipped = least
            continue
        filling = Filling(body.tensor(held.type, rule.span), held.key)
        value = initial_value(rule.value, filling, body)
        if isinstance(value, Poison) or reads_inputs(value, body):
            return None
        found = value.result
        if found is not None and found.type.shape and not _same_shape(found.type, held.type, rule.span, body):
            body.report(initial_errors.other_shape(held.key, held.type, found.type, rule.value.span))
            return None
        tried[held.type] = value
        least = max(least, filling.least)
    if not tried:  # which is a warning; what is wrong with the value is told all the same
        value = initial_value(rule.value, _any_weight(3, rule, body), body)
        return None if isinstance(value, Poison) else (value, 0)
    body.program.ruled.setdefault(rule.span, (next(iter(tried)), skipped))
    return next(iter(tried.values())), skipped


def _overridden(held: Held, rule: ast.InitRule, body: Body) -> bool:
    """Has a more specific rule of the body the last word on a weight?"""
    rules = [r for statement in body.definition.node.body if isinstance(statement, ast.Init) for r in statement.rules]

    def rank(other: ast.InitRule) -> tuple[int, int]:
        pattern = other.pattern.parts
        return _specificity(pattern, is_layer_type(pattern[0], body)), rules.index(other)

    return any(
        names(other.pattern.parts, is_layer_type(other.pattern.parts[0], body), held)
        for other in rules
        if rank(other) > rank(rule)
    )


def _in_general(rule: ast.InitRule, body: Body) -> tuple[Initial, int] | None:
    """The rule's value for a weight of any sizes, with as many dimensions as one that it names."""
    type, least = body.program.ruled.get(rule.span, (TensorType((2, 2, 2), DType.FLOAT), 0))
    value = initial_value(rule.value, _any_weight(type.rank, rule, body), body)
    return None if isinstance(value, Poison) else (value, least)


def _any_weight(rank: int, rule: ast.InitRule, body: Body) -> Filling:
    target = body.tensor(
        TensorType((), DType.FLOAT), rule.span
    )  # its sizes are what the value wants: every weight was held to it
    sizes = [body.solver.fresh(f"size{k}", flexible=True, payload=SizeOf(target.id, k)) for k in range(rank)]
    return Filling(Tensor(target.id, TensorType(tuple(sizes), DType.FLOAT), rule.span), exact=False)


def _same_shape(found: TensorType, wanted: TensorType, place: Span, body: Body) -> bool:
    return found.rank == wanted.rank and all(
        unify(a, b, "`init`", place, body) for a, b in zip(found.shape, wanted.shape, strict=True)
    )


def is_layer_type(name: str, body: Body) -> bool:
    """Is the first part of a pattern a type of layer, rather than a layer of the body?"""
    if name == "*" or name in body.layers.members or any(key.startswith(name + ".") for key in body.layers.members):
        return False
    found = body.file.find(name)
    return found is not None or (name[:1].isupper() and registry.find(name) is not None)


def _specificity(pattern: tuple[str, ...], layer: bool) -> int:
    """Exact path over path with `*` (`h.*.weight`, `*.query.weight`) over layer type over `*` for every layer (`*.bias`); later
    wins among equals (the sort is stable)."""
    if layer:
        return 1
    if pattern[0] == "*" and len(pattern) <= 2:
        return 0
    return 2 if "*" in pattern else 3


def freeze(node: ast.Freeze, body: Body) -> None:
    """`freeze backbone.*`, `freeze BatchNorm2d`: what the pattern names gets no gradient."""
    for pattern in node.patterns:
        body.instance.frozen.append((pattern.parts, is_layer_type(pattern.parts[0], body)))


def tie(node: ast.Tie, body: Body) -> None:
    """`tie lm_head.weight = wte.weight`: one Parameter under both keys."""
    sides: list[tuple[str, ...]] = []
    shapes: list[tuple[Dim, ...]] = []
    for part in (node.target, node.source):
        parts = dotted(part, body)
        found = lookup(parts, body.layers.members) if parts is not None else None
        if parts is not None and body.generic and any("{" in name for name in parts):
            raise NotGeneric(frozenset(), "weights are tied by a computed path")
        if parts is not None and found is None and body.generic:
            sides.append(parts)
            continue
        held = weights_of(body.instance).get(".".join(parts)) if parts is not None and not body.generic else None
        if held is not None and held.within:
            body.report(initial_errors.computed_weight(part.span.text, held.within, part.span))
            return
        if parts is None or found is None or isinstance(found, Member):
            body.report(
                initial_errors.not_a_weight(part.span.text, sorted(body.layers.members), part.span, isinstance(found, Member))
            )
            return
        owner = body.layers.members.get(parts[0])
        if owner is not None:
            body.program.used(owner.span)
        sides.append(parts)
        shapes.append(found)
        if parts[0] in body.layers.members:
            body.program.used(body.layers.members[parts[0]].span)
    if len(shapes) < 2:  # a generic trace, where a loop's layers have no keys one by one
        body.instance.ties.append((sides[0], sides[1]))
        return
    left, right = shapes
    same = len(left) == len(right) and all(unify(a, b, "`tie`", node.span, body) for a, b in zip(left, right, strict=True))
    if not same:
        shown = [body.tensor(TensorType(shape), node.span).type for shape in shapes]
        body.report(initial_errors.tie_shapes(node.target.span.text, shown[0], node.source.span.text, shown[1], node.span))
        return
    body.instance.ties.append((sides[0], sides[1]))


def warn_unmatched(body: Body) -> None:
    """Rules and patterns that match nothing are told."""
    instance = body.instance
    statements = [statement for statement in body.definition.node.body if isinstance(statement, ast.Init | ast.Freeze)]
    if not statements or body.generic or instance.poisoned:
        return
    weights = weights_of(instance)
    for statement in statements:
        if isinstance(statement, ast.Init):
            for rule in statement.rules:
                pattern = rule.pattern.parts
                if not selected(pattern, is_layer_type(pattern[0], body), weights):
                    body.report(initial_errors.rule_unmatched(".".join(pattern), weights, rule.span, rule.pattern.span))
        else:
            for named in statement.patterns:
                layer = is_layer_type(named.parts[0], body)
                if not any(freezes(named.parts, layer, held) for held in weights.values() if not held.buffer):
                    body.report(initial_errors.pattern_unmatched(".".join(named.parts), weights, named.span))


__all__ = ["freeze", "init", "is_layer_type", "tie", "warn_unmatched"]
