"""From an expression to its value: a tensor, a compile-time value or a layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from specc.dims.expr import Expr, TooComplex
from specc.dims.opaque import NotGeneric, Opaque
from specc.elaborate import calls, errors, initialisers, lists, statics, tensors
from specc.elaborate.body import Body, Results
from specc.elaborate.iterables import iterable_of
from specc.elaborate.stacks import append, stack_in
from specc.elaborate.statics import Unfit
from specc.elaborate.trace import Static, Tensor
from specc.elaborate.values import (
    POISON,
    Poison,
    Recipe,
    SymbolicList,
    Value,
    kind_of,
    names_in,
)
from specc.ops import registry
from specc.pycode import BinaryCode, ListCode, Lit, TupleCode, UnaryCode, Var
from specc.source import Span
from specc.syntax import ast
from specc.types import DTYPES


def evaluate(node: ast.Expr, body: Body) -> Any:
    """The value of an expression; Results for a stage with several. What is wrong is reported and gives POISON."""
    try:
        return _EVALUATORS[type(node)](node, body)
    except TooComplex as problem:
        return body.report(errors.no_value("this expression", str(problem), node.span))
    except NotGeneric as problem:
        if body.generic:
            raise
        return body.report(errors.undecided_condition(sorted(problem.names), node.span))


def single(node: ast.Expr, body: Body) -> Value:
    """The value of an expression where one is needed: of several results the primary one."""
    found = evaluate(node, body)
    value: Value = found.values[0] if isinstance(found, Results) else found
    return value


def static(node: ast.Expr, body: Body, expected: str = "a value known at compile time") -> Static | Poison:
    """The value of an expression that must be compile-time."""
    value = single(node, body)
    if isinstance(value, Static | Poison):
        return value
    if isinstance(value, Recipe):
        return Static(value, Lit(None), node.span)
    return body.report(errors.not_a_value(kind_of(value), expected, node.span))


def condition(node: ast.Expr, body: Body) -> Static | Poison:
    """A compile-time condition: True, False or Undecided."""
    value = single(node, body)
    if isinstance(value, Poison):
        return value
    if isinstance(value, Static):
        try:
            return Static(statics.truth(value.value), value.code, node.span)
        except Unfit:
            pass
    return body.report(errors.not_a_condition(kind_of(value), node.span))


def _number(node: ast.Number, body: Body) -> Any:
    return Static(node.value, Lit(node.value), node.span)


def _string(node: ast.String, body: Body) -> Any:
    return Static(node.value, Lit(node.value), node.span)


def _constant(node: ast.Constant, body: Body) -> Any:
    return Static(node.value, Lit(node.value), node.span)


def _name(node: ast.Name, body: Body) -> Any:
    value = body.find(node.name, node.span)
    if value is not None:
        return value
    if body.filling is not None:
        op = initialisers.named_initialiser(node, body)
        if op is not None:
            return initialisers.nested(op, node, body)
        if node.name in initialisers.FANS:
            return initialisers.fan(node.name, node.span, body)
    if node.name in DTYPES:
        return Static(DTYPES[node.name], Var(node.name), node.span)
    if node.name == "training":
        return Static(Opaque("run", ("training",), frozenset()), Var("training"), node.span)
    found = calls.layer_value(node.name, node.span, body)
    if found is not None:
        return found
    if body.member(node.name) is not None:
        return body.report(errors.wrong_kind(node.name, "a layer", "a tensor or value", node.span))
    inner = _bound_within(node.name, body.definition.node.body, node.span)
    if inner is not None:
        return body.report(errors.bound_within(node.name, node.span, *inner))
    known = [*body.scope.all_names(), *body.file.names()]
    if node.name[:1].isupper():
        known += registry.names()
    if body.filling is not None:
        known += [*registry.initialisers(), *initialisers.FANS]
    return body.report(errors.unknown_name(node.name, known, node.span))


def _bound_within(name: str, statements: Sequence[ast.Statement], before: Span, what: str = "") -> tuple[Span, str] | None:
    """Where a loop or branch that ended before a place binds a name."""
    for statement in statements:
        if isinstance(statement, ast.Assign) and what and name in statement.targets:
            return statement.span, what
        found = None
        if isinstance(statement, ast.For) and statement.span.end <= before.start:
            found = _bound_within(name, statement.body, before, "loop")
        elif isinstance(statement, ast.If) and statement.span.end <= before.start:
            found = _bound_within(name, [*statement.body, *statement.orelse], before, "branch")
        if found is not None:
            return found
    return None


def _attribute(node: ast.Attribute | ast.LabelRef, body: Body) -> Any:
    return tensors.weight(node, body)


def _list(node: ast.ListExpr, body: Body) -> Any:
    items = [single(item, body) for item in node.items]
    if any(isinstance(item, Poison) for item in items):
        return POISON
    return Static(lists.kept(items), ListCode(tuple(lists.code_of(item) for item in items)), node.span)


def _tuple(node: ast.TupleExpr, body: Body) -> Any:
    items = []
    for item in node.items:
        if item.name is not None:
            return body.report(errors.not_a_value("a named value", "a plain tuple", item.span))
        items.append(single(item.value, body))
    if any(isinstance(item, Poison) for item in items):
        return POISON
    return Static(lists.kept(items), TupleCode(tuple(lists.code_of(item) for item in items)), node.span)


def _paren(node: ast.Paren, body: Body) -> Any:
    return evaluate(node.value, body)


def _unary(node: ast.Unary, body: Body) -> Any:
    operand = single(node.value, body)
    if isinstance(operand, Tensor):
        return tensors.unary(node.op, operand, node.span, body)
    if not isinstance(operand, Static):
        return operand if isinstance(operand, Poison) else body.report(errors.bad_operand(node.op, kind_of(operand), node.span))
    if isinstance(operand.value, Opaque) and operand.value.type == "run" and node.op == "not":
        return Static(Opaque("run", ("not", operand.value.key), frozenset()), UnaryCode("not", operand.code), node.span)
    try:
        return statics.unary(node.op, operand)
    except Unfit:
        return body.report(errors.bad_operand(node.op, kind_of(operand), node.span))


def _binary(node: ast.Binary, body: Body) -> Any:
    left = single(node.left, body)
    if node.op in ("and", "or"):
        return _logical(node, left, body)
    right = single(node.right, body)
    if isinstance(left, Poison) or isinstance(right, Poison):
        return POISON
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return tensors.binary(node.op, left, right, node, body)
    if not isinstance(left, Static) or not isinstance(right, Static):
        return body.report(errors.bad_operands(node.op, kind_of(left), kind_of(right), node.span))
    if node.op == "+" and stack_in(left) is not None:
        return append(left, right, node.span, body)
    if node.op in ("==", "!=") and _is_divisibility(node):
        known = _divides(node, body)
        if known is not None:
            return known
    try:
        return statics.binary(node.op, left, right, body.solver)
    except Unfit as why:
        return body.report(errors.bad_operands(node.op, kind_of(left), kind_of(right), node.span, str(why)))


def _is_divisibility(node: ast.Binary) -> bool:
    left = node.left.value if isinstance(node.left, ast.Paren) else node.left
    return isinstance(left, ast.Binary) and left.op == "%" and isinstance(node.right, ast.Number) and node.right.value == 0


def _divides(node: ast.Binary, body: Body) -> Static | None:
    """`a % b == 0` over symbols is a fact of divisibility, which the solver knows how to use."""
    inner = node.left.value if isinstance(node.left, ast.Paren) else node.left
    assert isinstance(inner, ast.Binary)
    value, by = single(inner.left, body), single(inner.right, body)
    if not isinstance(value, Static) or not isinstance(by, Static):
        return None
    a, b = value.value, by.value
    if not (isinstance(a, Expr) or isinstance(b, Expr)) or isinstance(a, Opaque) or isinstance(b, Opaque):
        return None
    code = BinaryCode(node.op, BinaryCode("%", value.code, by.code), Lit(0))
    known = body.solver.divisible(a, b)
    if known is not None:
        return Static(known if node.op == "==" else not known, code, node.span)
    names = names_in(body.solver.resolve(a), body.solver.resolve(b))
    fact = ((a, "%", b),)
    yes = statics.undecided(("%", a, b), fact, (), names)
    return Static(yes if node.op == "==" else statics.negate(yes), code, node.span)


def _logical(node: ast.Binary, left: Value, body: Body) -> Any:
    if isinstance(left, Poison):
        return left
    if isinstance(left, Tensor) and node.op_span is not None:
        return body.report(errors.logical_tensors(node.op, node.op_span, node.left.span))
    if not isinstance(left, Static):
        return body.report(errors.not_a_condition(kind_of(left), node.left.span))
    if isinstance(left.value, Opaque) and left.value.type == "run":
        return _run_logical(node, left, body)
    try:
        first = statics.truth(left.value)
    except Unfit:
        return body.report(errors.not_a_condition(kind_of(left), node.left.span))
    if isinstance(first, bool) and first is (node.op == "or"):
        return Static(first, left.code, node.span)
    right = condition(node.right, body)
    if isinstance(right, Poison):
        return right
    code = BinaryCode(node.op, left.code, right.code)
    if isinstance(first, bool):
        return Static(right.value, code, node.span)
    if isinstance(right.value, bool):
        return Static(right.value if right.value is (node.op == "or") else first, code, node.span)
    return Static(statics.conjunction(node.op, first, right.value), code, node.span)


def _run_logical(node: ast.Binary, left: Static, body: Body) -> Any:
    right = single(node.right, body)
    if isinstance(right, Static):
        code = BinaryCode(node.op, left.code, right.code)
        key = right.value.key if isinstance(right.value, Opaque) else (right.value,)
        return Static(Opaque("run", (node.op, left.value.key, key), frozenset()), code, node.span)
    return right if isinstance(right, Poison) else body.report(errors.not_a_condition(kind_of(right), node.right.span))


def _if(node: ast.IfExpr, body: Body) -> Any:
    test = single(node.condition, body)
    if isinstance(test, Static) and isinstance(test.value, Opaque) and test.value.type == "run":
        from specc.elaborate.branches import run_choice

        return run_choice(test, node, body)
    decided = condition(node.condition, body)
    if isinstance(decided, Poison):
        return decided
    if decided.value is True:
        return evaluate(node.then, body)
    if decided.value is False:
        return evaluate(node.orelse, body)
    then, orelse = single(node.then, body), single(node.orelse, body)
    if isinstance(then, Poison) or isinstance(orelse, Poison):
        return POISON
    if not body.generic:
        return body.report(errors.undecided_condition(sorted(decided.value.names), node.condition.span))
    if isinstance(then, Static) and isinstance(orelse, Static):
        return statics.choose(decided, then, orelse)
    raise NotGeneric(decided.value.names)


def _is_none(node: ast.IsNone, body: Body) -> Any:
    value = single(node.value, body)
    if isinstance(value, Poison):
        return value
    if isinstance(value, Tensor) and value.id in body.program.optional:
        key = ("none", value.id)
        code = BinaryCode("is not" if node.negated else "is", tensors.code_of(value), Lit(None))
        return Static(Opaque("run", ("not", key) if node.negated else key, frozenset()), code, node.span)
    is_none = isinstance(value, Static) and value.value is None
    return Static(is_none is not node.negated, Lit(is_none is not node.negated), node.span)


def _range(node: ast.Range, body: Body) -> Any:
    found = iterable_of(node, body)
    if isinstance(found, Poison):
        return found
    items = found.items(body, node.span)
    return items if isinstance(items, Poison) else Static(list(items), found.code, node.span)


def _slice(node: ast.Slice, body: Body) -> Any:
    return body.report(errors.not_a_value("a slice", "a value", node.span))


def _index(node: ast.Index, body: Body) -> Any:
    value = single(node.value, body)
    if isinstance(value, Poison):
        return value
    if isinstance(value, Tensor):
        return tensors.index(value, node, body)
    stack = stack_in(value)
    if stack is not None:
        return lists.stack_item(stack, node, body)
    if isinstance(value, Static) and isinstance(value.value, list | SymbolicList) and len(node.items) == 1:
        return lists.item(value, node.items[0], node, body)
    return body.report(errors.not_a_value(kind_of(value), "a tensor or list before `[`", node.value.span))


def _call(node: ast.Call, body: Body) -> Any:
    if body.filling is not None:
        op = initialisers.named_initialiser(node, body)
        if op is not None:
            return initialisers.nested(op, node, body)
    return calls.call(node, body)


def _chain(node: ast.Chain, body: Body) -> Any:
    from specc.elaborate.stages import chain

    return chain(node, body)


def _ellipsis(node: ast.Ellipsis, body: Body) -> Any:
    return body.report(errors.not_a_value("`...`", "a value", node.span))


_EVALUATORS: dict[type, Callable[[Any, Body], Any]] = {
    ast.Number: _number, ast.String: _string, ast.Constant: _constant, ast.Name: _name,
    ast.Attribute: _attribute, ast.LabelRef: _attribute,
    ast.ListExpr: _list, ast.TupleExpr: _tuple, ast.Paren: _paren, ast.Unary: _unary, ast.Binary: _binary,
    ast.IfExpr: _if, ast.IsNone: _is_none, ast.Range: _range, ast.Slice: _slice, ast.Index: _index, ast.Call: _call,
    ast.Comprehension: lists.comprehension, ast.Chain: _chain, ast.Ellipsis: _ellipsis,
}  # fmt: skip


__all__ = ["condition", "evaluate", "single", "static"]
