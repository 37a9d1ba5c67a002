"""Learned and fixed tensors, how they and the weights of layers begin, what shares a Parameter and what has no gradient."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim, Expr, symbols
from specc.dims.opaque import NotGeneric
from specc.elaborate import errors, initial_errors
from specc.elaborate.arguments import bind_function, plain, written
from specc.elaborate.body import Body, Results
from specc.elaborate.doubts import unify
from specc.elaborate.labels import key_text, label_path
from specc.elaborate.layers import introduce
from specc.elaborate.patterns import declared_dtype, match, size
from specc.elaborate.trace import (
    BlockLayer,
    FunctionUse,
    Initial,
    Instance,
    Member,
    OpLayer,
    Rule,
    ScanLayer,
    Static,
    Tensor,
    TensorMember,
)
from specc.elaborate.values import POISON, Poison, kind_of
from specc.elaborate.weights import dotted, lookup
from specc.infer import errors as infer_errors
from specc.ops import registry
from specc.ops.initialisers.fill import Initialiser
from specc.pycode import Attr, Item, Lit, Path
from specc.syntax import ast
from specc.types import DType, TensorType


def tensor_declaration(node: ast.TensorDecl, body: Body) -> None:
    """`param cls: float[1, 1, d] = normal(std=0.02)`: a tensor of the body with a key of its own."""
    path = label_path(node.label, body)
    name = ".".join(piece for part in node.label.parts for piece in part.pieces if isinstance(piece, str))
    type = declared_type(node.type, body)
    value = initial_value(node.value, type, body) if node.value is not None else None
    if isinstance(path, Poison) or isinstance(value, Poison):
        body.bind(name, POISON, node.span)
        return
    if type is None:
        type = _type_of(value, node.value, body)
    if type is None or (value is not None and not _agrees(value, type, node, body)):
        body.bind(name, POISON, node.span)
        return
    if not body.generic and _is_open(type, node, body):
        body.bind(name, POISON, node.span)
        return
    if node.keyword == "param" and type.dtype < DType.FLOAT:
        body.report(initial_errors.no_gradient(name, type, node.span))
        body.bind(name, POISON, node.span)
        return
    member = introduce(path, TensorMember(node.keyword, type, value, node.span), node, body, labelled=True, name=name)
    if isinstance(member, Poison):
        return
    outer, body.hint = body.hint, name
    tensor = body.tensor(type, node.span)
    body.hint = outer
    body.program.weight_codes[tensor.id] = path_code(path)
    body.bind(name, tensor, node.span)


def _is_open(type: TensorType, node: ast.TensorDecl, body: Body) -> bool:
    """Weights need numbers: a size that only inputs have must be a parameter. True after a message."""
    for size_ in type.shape:
        free = (
            [symbol for symbol in symbols(body.solver.resolve(size_)) if symbol.kind == "rigid"]
            if isinstance(size_, Expr)
            else []
        )
        if free:
            root = (body.program.root or body.instance).definition.node
            declared = body.program.declared.get(free[0])
            place = node.type.span if node.type is not None else node.span
            model = (root.name_span, bool(root.params))
            body.report(infer_errors.open_weight(node.keyword, size_, free[0].name, place, declared, model))
            return True
    return False


def path_code(path: tuple[Any, ...]) -> Any:
    """`self.cls`, `self.tables[i]`: where forward finds a tensor of its own."""
    code: Any = Path("self")
    for part in path:
        if isinstance(part, str) and part.isidentifier():
            code = Attr(code, part)
        else:
            code = Item(
                code,
                (
                    Lit(int(part))
                    if isinstance(part, str) and part.isdigit()
                    else part
                    if not isinstance(part, str)
                    else Lit(part),
                ),
            )
    return code


def declared_type(declared: ast.TypeExpr | None, body: Body) -> TensorType | None:
    """The complete type that a tensor is declared with; None where there is none, or after a message."""
    if declared is None or declared.dims is None:
        return None
    dtype = declared_dtype(declared, body)
    shape: list[Dim] = []
    for dim in declared.dims:
        if isinstance(dim, ast.DimRow | ast.DimExists):
            body.report(initial_errors.open_size(dim.span))
            return None
        if isinstance(dim, ast.Name) and body.find(dim.name) is None:
            body.report(errors.unknown_symbol(dim.name, body.scope.all_names(), dim.span))
            return None
        found = size(dim, body)
        if found is None:
            return None
        shape.append(found)
    return TensorType(tuple(shape), DType.FLOAT if dtype is None else dtype)


def initial_value(node: ast.Expr, type: TensorType | None, body: Body) -> Initial | Poison:
    """What a tensor begins as: an initialiser, numbers, or an expression."""
    found = Initial(node.span)
    func = node.func if isinstance(node, ast.Call) else node
    if (
        isinstance(func, ast.Name)
        and body.scope.find(func.name) is None
        and not (isinstance(node, ast.Call) and _creates(func.name, node))
    ):
        op = registry.initialiser(func.name)
        if op is not None:
            args = written(node.args, body) if isinstance(node, ast.Call) else []
            bound = None if isinstance(args, Poison) else bind_function(op, args, node.span, body)
            if bound is None:
                return POISON
            instance = op({name: plain(value) for name, value in bound[1].items()})
            assert isinstance(instance, Initialiser)
            if type is not None and type.rank < instance.least_rank:
                return body.report(initial_errors.too_few_dimensions(op.name, instance.least_rank, type, node.span))
            found.call = FunctionUse(instance, {}, bound[1])
            return found
        if registry.find(func.name) is None and body.find(func.name) is None and not func.name[:1].isupper():
            known = registry.initialisers()
            return body.report(initial_errors.unknown_initialiser(func.name, known, func.span))
    from specc.elaborate.expressions import single

    saved = body.nested(body.scope, found.items)
    try:
        value = single(node, body)
    finally:
        body.leave(saved)
    if isinstance(value, Poison):
        return value
    if isinstance(value, Results):
        value = value.values[0]
    if isinstance(value, Tensor):
        found.result = value
        return found
    if isinstance(value, Static) and shape_of(value.value) is not None:
        found.literal = value.code
        found.result = Tensor(0, TensorType(shape_of(value.value) or (), dtype_of(value.value)), node.span)
        return found
    return body.report(errors.not_a_value(kind_of(value), "an initialiser, numbers or a tensor", node.span))


def _creates(name: str, node: ast.Call) -> bool:
    """`zeros(3, 4)` names its own shape: the function, not the initialiser."""
    return bool(node.args) and all(arg.name is None for arg in node.args) and name in ("zeros", "ones", "eye")


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of numbers in nested lists; None where rows differ or something else stands there."""
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list):
        shapes = {shape_of(item) for item in value}
        if len(shapes) != 1:
            return None if value else (0,)
        inner = shapes.pop()
        return None if inner is None else (len(value), *inner)
    return () if isinstance(value, int | float) else None


def dtype_of(value: Any) -> DType:
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list):
        return max((dtype_of(item) for item in value), default=DType.FLOAT)
    return DType.BOOL if isinstance(value, bool) else DType.INT if isinstance(value, int) else DType.FLOAT


def _type_of(value: Initial | None, node: ast.Expr | None, body: Body) -> TensorType | None:
    if value is not None and value.result is not None:
        return value.result.type
    if node is not None:
        body.report(initial_errors.shape_needed(node.span))
    return None


def _agrees(value: Initial, type: TensorType, node: ast.TensorDecl, body: Body) -> bool:
    """An initial value of its own shape must have the declared one; a plain number fills the tensor."""
    if value.result is None or (value.literal is not None and not value.result.type.shape):
        return True
    if value.literal is not None and value.result.type.dtype <= type.dtype:
        value.result.type = value.result.type.with_dtype(type.dtype)
    name = key_text(tuple(piece for part in node.label.parts for piece in part.pieces if isinstance(piece, str)))
    return match(name, node.type, value.result, value.span, body)


# --- rules -----------------------------------------------------------------------------------------------------


def init(node: ast.Init, body: Body) -> None:
    """`init { Linear.weight = trunc_normal(std=0.02); *.bias = zeros }`."""
    for rule in node.rules:
        value = initial_value(rule.value, None, body)
        if isinstance(value, Poison):
            continue
        parts = rule.pattern.parts
        layer = _is_layer_type(parts[0], body)
        body.instance.rules.append(Rule(parts, layer, value, rule.span))
    body.instance.rules.sort(key=_specificity)


def _is_layer_type(name: str, body: Body) -> bool:
    if name == "*" or name in body.layers.members or any(key.startswith(name + ".") for key in body.layers.members):
        return False
    found = body.file.find(name)
    return found is not None or (name[:1].isupper() and registry.find(name) is not None)


def _specificity(rule: Rule) -> int:
    """Exact path over path with `*` over layer type over `*`; later wins among equals (the sort is stable)."""
    if rule.layer:
        return 1
    if rule.pattern[0] == "*":
        return 0
    return 2 if "*" in rule.pattern else 3


def freeze(node: ast.Freeze, body: Body) -> None:
    for pattern in node.patterns:
        body.instance.frozen.append(pattern.parts)


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


def weights_of(instance: Instance) -> dict[str, tuple[str, ...]]:
    """Every parameter and buffer of an instance by key, with the types of layer that hold it (`Linear`, a block's name)."""
    found: dict[str, tuple[str, ...]] = {}
    for key, member in instance.members.items():
        layer = member.layer
        if isinstance(layer, ScanLayer):
            layer = layer.cell
        if isinstance(layer, OpLayer):
            for weight, value in layer.state().items():
                if value.present:
                    found[f"{key}.{weight}"] = (layer.op.name,)
        elif isinstance(layer, BlockLayer) and layer.instance is not None:
            for inner, types in weights_of(layer.instance).items():
                found[f"{key}.{inner}"] = (*types, layer.definition.name)
        elif isinstance(layer, TensorMember):
            found[key] = ()
    return found


def matches(pattern: tuple[str, ...], layer: bool, key: str, types: tuple[str, ...]) -> bool:
    """Does a pattern name a weight? A leading `*` stands for any number of parts, another for one or, at the end, for
    the rest."""
    parts = key.split(".")
    if layer:
        return pattern[0] in types and _parts_match(pattern[1:], parts[-len(pattern[1:]) :] if len(pattern) > 1 else parts)
    if pattern[0] == "*":
        rest = pattern[1:]
        return not rest or (len(parts) >= len(rest) and _parts_match(rest, parts[-len(rest) :]))
    return _parts_match(pattern, parts)


def _parts_match(pattern: tuple[str, ...], parts: list[str]) -> bool:
    for k, want in enumerate(pattern):
        if want == "*" and k == len(pattern) - 1:
            return len(parts) > k
        if k >= len(parts) or (want not in ("*", parts[k])):
            return False
    return len(pattern) == len(parts)


def warn_unmatched(body: Body) -> None:
    """Rules and patterns that match nothing are told."""
    instance = body.instance
    if not (instance.rules or instance.frozen) or body.generic:
        return
    weights = weights_of(instance)
    for rule in instance.rules:
        if not any(matches(rule.pattern, rule.layer, key, types) for key, types in weights.items()):
            body.report(initial_errors.rule_unmatched(".".join(rule.pattern), rule.span))
    for statement in body.definition.node.body:
        if isinstance(statement, ast.Freeze):
            for pattern in statement.patterns:
                if not any(matches(pattern.parts, False, key, types) for key, types in weights.items()):
                    body.report(initial_errors.pattern_unmatched(".".join(pattern.parts), pattern.span))


__all__ = [
    "declared_type",
    "freeze",
    "init",
    "initial_value",
    "matches",
    "tensor_declaration",
    "tie",
    "warn_unmatched",
    "weights_of",
]
