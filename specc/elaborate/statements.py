"""Statements of a body, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from specc.diagnostics import Reason
from specc.dims.expr import Expr
from specc.elaborate import cells, errors, initial, rules, warnings
from specc.elaborate.arguments import is_int
from specc.elaborate.body import Body, Results
from specc.elaborate.branches import assume, branch_statement
from specc.elaborate.expressions import condition, evaluate, single
from specc.elaborate.history import operand
from specc.elaborate.labels import label_path
from specc.elaborate.layers import introduce, make_layer
from specc.elaborate.loops import loop_statement
from specc.elaborate.patterns import match, names_are_known
from specc.elaborate.trace import Local, Require, Static, Tensor
from specc.elaborate.values import POISON, LetFunction, Poison, Recipe, Undecided, has_tensor, holds_layers, kind_of
from specc.ops import registry
from specc.pycode import Lit, Var
from specc.source import Span
from specc.syntax import ast

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def execute(statements: Sequence[ast.Statement], body: Body) -> None:
    for statement in statements:
        if body.instance.serial in body.program.unmet:
            return  # what follows a `require` may rely on it
        _STATEMENTS[type(statement)](statement, body)


def assigned(statements: Sequence[ast.Statement]) -> list[str]:
    """The names that statements bind, in order: what a loop may carry."""
    names: dict[str, None] = {}
    for statement in statements:
        if isinstance(statement, ast.Assign):
            names.update(dict.fromkeys(name for name in statement.targets if name != "_"))
        elif isinstance(statement, ast.For):
            names.update(dict.fromkeys(assigned(statement.body)))
        elif isinstance(statement, ast.If):
            names.update(dict.fromkeys([*assigned(statement.body), *assigned(statement.orelse)]))
    return list(names)


def _assign(node: ast.Assign, body: Body) -> None:
    outer_hint, body.hint = body.hint, node.targets[0] if node.targets[0] != "_" else ""
    try:
        value = evaluate(node.value, body)
    finally:
        body.hint = outer_hint
    if len(node.targets) == 1:
        if isinstance(value, Results):
            value = value.values[0]
        bind(node.targets[0], value, node.span, body)
        return
    parts = _parts(value)
    if isinstance(value, Poison):
        for name in node.targets:
            body.bind(name, POISON, node.span)
        return
    if parts is None or len(parts) != len(node.targets):
        results = registry_results(value)
        body.report(errors.unpack_count(node.targets, 1 if parts is None else len(parts), results, node.span, node.value.span))
        for name in node.targets:
            body.bind(name, POISON, node.span)
        return
    for name, part in zip(node.targets, parts, strict=True):
        if isinstance(part, Tensor):
            part.hint = name if name != "_" else part.hint
        bind(name, part, node.span, body)


def registry_results(value: Any) -> tuple[str, ...]:
    """What torch calls the results of a layer or function; empty where they have no names."""
    op = registry.find(value.name) if isinstance(value, Results) else None
    return op.results if op is not None and len(op.results) == len(value.values) else ()


def _parts(value: Any) -> list[Any] | None:
    if isinstance(value, Results):
        return value.values
    if isinstance(value, Static) and isinstance(value.value, list):
        return value.value
    return None


def bind(name: str, value: Any, span: Span, body: Body) -> None:
    """Binds a name; a compile-time value becomes a local of the constructor. A name keeps its kind."""
    known = body.scope.find(name)
    if known is not None and not isinstance(value, Poison) and not isinstance(known.value, Poison):
        was, now = isinstance(known.value, Tensor) or has_tensor(known.value), isinstance(value, Tensor) or has_tensor(value)
        if was != now and not _is_empty_list(known.value) and not _is_empty_list(value):
            body.report(errors.wrong_kind(name, kind_of(known.value), kind_of(value) + " of a new name", span))
            return
    if isinstance(value, Static) and not has_tensor(value):
        if isinstance(value.value, Recipe | LetFunction):
            body.bind(name, value.value, span)
            return
        if not isinstance(value.value, list) or (value.value and not holds_layers(value)):
            local = body.variable(name, plain=True) if body.generic else name
            body.add(Local(local, value))
            value = Static(value.value, Var(local), span)
    body.bind(name, value, span)


def _is_empty_list(value: Any) -> bool:
    return isinstance(value, Static) and isinstance(value.value, list) and not value.value


def _expression(node: ast.ExprStatement, body: Body) -> None:
    value = evaluate(node.value, body)
    chain = node.value
    if isinstance(value, Poison):
        body.instance.poisoned = True  # an output may be among what is lost
    ends_in_output = isinstance(chain, ast.Chain) and chain.stages and isinstance(chain.stages[-1], ast.OutputStage)
    if ends_in_output and isinstance(value, Recipe) and not body.program.misread(body.definition.node):
        assert isinstance(chain, ast.Chain)
        head = chain.head.span if chain.head is not None else node.span
        body.report(errors.not_a_value("a layer", "a tensor at the head of the chain", head))
        return
    if not ends_in_output and not isinstance(value, Poison) and not body.generic:
        body.report(warnings.unused_result(node.span))


def _let(node: ast.Let, body: Body) -> None:
    if node.params is not None:
        body.scope.bind(node.name, LetFunction(node, body.file), node.span)
        return
    bind(node.name, single(node.value, body), node.span, body)


def _require(node: ast.Require, body: Body) -> None:
    test = condition(node.condition, body)
    if isinstance(test, Poison):
        return
    text = node.condition.span.text
    if test.value is False:
        places = errors.Required(
            node.message, text, _values(node.condition, body), node.span, _nearest_fit(node.condition, body)
        )
        body.report(errors.require_failed(places, _calls(body)))
        body.program.unmet.add(body.instance.serial)
        return
    message = node.message or f"{text} does not hold"
    if isinstance(test.value, Undecided):
        assume(test.value.facts, body)
        if not body.generic:
            body.program.obligation(test.value, text, node.span)
        body.add(Require(test.code, message, node.span))
    elif not isinstance(test.code, Lit):
        body.add(Require(test.code, message, node.span))


def _calls(body: Body) -> tuple[Reason, ...]:
    """Where the body was called with the tensors that it has, innermost first."""
    found: dict[Reason, None] = {}
    for _, value in body.entry.inputs:
        if isinstance(value, Tensor):
            found.update(dict.fromkeys(operand(value, value.span).entered))
    return tuple(found)[:3]


def _nearest_fit(node: ast.Expr, body: Body) -> str:
    """For `a % b == 0` over numbers: the values of a and b next to them for which it holds."""
    if not (isinstance(node, ast.Binary) and node.op == "==" and isinstance(node.right, ast.Number) and node.right.value == 0):
        return ""
    left = node.left.value if isinstance(node.left, ast.Paren) else node.left
    if not (isinstance(left, ast.Binary) and left.op == "%"):
        return ""
    values = [single(side, body) for side in (left.left, left.right)]
    sizes = [body.solver.resolve(value.value) for value in values if isinstance(value, Static) and is_int(value.value)]
    if len(sizes) != 2 or not all(isinstance(size, int) for size in sizes):
        return ""
    a, b = int(str(sizes[0])), int(str(sizes[1]))
    if a < 1 or b < 1 or a > 1 << 20:
        return ""
    divisors = sorted((d for d in range(1, a + 1) if a % d == 0), key=lambda d: (abs(d - b), d))[:2]
    multiples = [n for n in (a // b * b, (a // b + 1) * b) if n > 0]
    near = " or ".join(map(str, multiples))
    return f"nearest that fit: {left.left.span.text} = {near}, or {left.right.span.text} = {' or '.join(map(str, divisors))}"


def _values(node: ast.Expr, body: Body) -> str:
    """`d is 512, heads is 7`: the names of a condition with their values."""
    shown: dict[str, str] = {}

    def walk(part: Any) -> None:
        if isinstance(part, ast.Name):
            value = body.find(part.name)
            if isinstance(value, Static) and not isinstance(value.value, list):
                shown[part.name] = (
                    f"`{part.name}` is {body.solver.resolve(value.value) if isinstance(value.value, Expr) else value.value}"
                )
        elif isinstance(part, ast.Binary):
            walk(part.left)
            walk(part.right)
        elif isinstance(part, ast.Unary | ast.Paren):
            walk(part.value)

    walk(node)
    return ", ".join(shown.values())


def _output(node: ast.Output, body: Body) -> None:
    for item in node.items:
        outer_hint, body.hint = body.hint, item.name or "output"
        try:
            value = evaluate(item.value, body)
        finally:
            body.hint = outer_hint
        if isinstance(value, Results):
            value = value.values[0]
        name = item.name or (item.value.name if isinstance(item.value, ast.Name) else None)
        output(name, value, item.type, item.span, body)


def output(name: str | None, value: Any, declared: ast.TypeExpr | None, span: Span, body: Body) -> None:
    """A result of the body, held against its declared type."""
    name = name or ("output" if not body.entry.outputs else f"output{len(body.entry.outputs)}")
    if any(known == name for known, _ in body.entry.outputs):
        body.report(errors.duplicate("output", name, span, None))
        return
    if isinstance(value, Tensor):
        if names_are_known(declared, body):
            match(name, declared, value, None, body)
    elif isinstance(value, Poison):
        body.instance.poisoned = True
    elif not (isinstance(value, Static) and has_tensor(value)):
        value = body.report(errors.not_a_value(kind_of(value), "a tensor as an output", span))
    body.entry.outputs.append((name, value))
    body.entry.places[name] = span
    if body.scope.find(name) is None:
        body.scope.bind(name, value)


def _layer(node: ast.LayerDecl, body: Body) -> None:
    value = single(node.value, body)
    if isinstance(value, Static) and isinstance(value.value, Recipe):
        value = value.value
    if isinstance(value, Poison):
        return
    if not isinstance(value, Recipe):
        body.report(errors.not_a_value(kind_of(value), "a layer", node.value.span))
        return
    layer = make_layer(value, node.value.span, body)
    path = label_path(node.label, body)
    if isinstance(layer, Poison) or isinstance(path, Poison):
        return
    member = introduce(path, layer, node, body, labelled=True, name=value.name)
    if not isinstance(member, Poison):
        body.program.declared_layer(member, body)


def _ignored(node: ast.Statement, body: Body) -> None:
    """Inputs, variants and entries are read before the body runs."""


def _broken(node: ast.Broken, body: Body) -> None:
    """What could not be read has been reported. The names in it may have been bound by it: nothing is said of them."""
    body.instance.poisoned = True
    for name in dict.fromkeys(_IDENTIFIER.findall(node.span.text)):
        if body.scope.find(name) is None:
            body.bind(name, POISON, node.span)


def _for(node: ast.For, body: Body) -> None:
    loop_statement(node, body)


def _if(node: ast.If, body: Body) -> None:
    branch_statement(node, body)


_STATEMENTS: dict[type, Callable[[Any, Body], None]] = {
    ast.Assign: _assign, ast.ExprStatement: _expression, ast.Let: _let, ast.Require: _require, ast.Output: _output,
    ast.LayerDecl: _layer, ast.For: _for, ast.If: _if, ast.Input: _ignored, ast.Variants: _ignored, ast.Entry: _ignored,
    ast.TensorDecl: initial.tensor_declaration, ast.Init: rules.init, ast.Freeze: rules.freeze, ast.Tie: rules.tie,
    ast.State: cells.state, ast.Next: cells.advance, ast.Broken: _broken,
}  # fmt: skip
