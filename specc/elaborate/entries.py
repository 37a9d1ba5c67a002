"""Entry points: several ways in over the same layers. Each is elaborated once with its declared types; a call from
another entry runs its statements again with the caller's tensors, over the layers that are there."""

from __future__ import annotations

from typing import Any

from specc.elaborate import errors
from specc.elaborate.arguments import Written
from specc.elaborate.body import Body, Frame, Results
from specc.elaborate.layers import by_operand
from specc.elaborate.patterns import assumed_type, match, open_type
from specc.elaborate.scope import Scope
from specc.elaborate.trace import Apply, EntryTrace, EntryUse, Member, Static, Tensor
from specc.elaborate.values import POISON, kind_of
from specc.pycode import Lit, Var
from specc.source import Span
from specc.syntax import ast
from specc.types import DTYPES, TensorType


def entries_of(node: ast.Definition) -> dict[str, ast.Entry]:
    return {statement.name: statement for statement in node.body if isinstance(statement, ast.Entry)}


def inputs_in(statements: tuple[ast.Statement, ...]) -> list[ast.Declared]:
    """The inputs that statements declare, in order."""
    return [item for statement in statements if isinstance(statement, ast.Input) for item in statement.items]


def run_entries(body: Body) -> None:
    """Elaborates every entry. What stands outside them was elaborated before, into the first one's trace."""
    nodes = entries_of(body.definition.node)
    for name in nodes:
        run_entry(name, body)
    instance = body.instance
    order = [name for name in nodes if name in instance.entries]
    first = order[0]
    instance.entries[first].items[:0] = body.entry.items
    instance.entries = {name: instance.entries[name] for name in order}


def run_entry(name: str, body: Body) -> EntryTrace | None:
    """The trace of an entry with its declared types; None after a message."""
    known = body.instance.entries.get(name)
    if known is not None:
        return known
    node = entries_of(body.definition.node)[name]
    trace = EntryTrace(name, node.doc)
    saved = (body.scope, body.frame, body.entry, body.hint)
    body.scope, body.entry, body.hint = Scope(body.outer), trace, ""
    body.frame = Frame(body.layers, trace.items)
    body.open_entries.append(name)
    try:
        for item in inputs_in(node.body):
            open_input(item, body)
        _statements(node, body)
    finally:
        body.open_entries.pop()
        body.scope, body.frame, body.entry, body.hint = saved
    body.instance.entries[name] = trace
    return trace


def _statements(node: ast.Entry, body: Body) -> None:
    from specc.elaborate.statements import execute

    execute(node.body, body)
    if not body.entry.outputs and not body.instance.poisoned:
        body.report(errors.no_output("entry", node.name, node.span))


def hold_default(item: ast.Declared, body: Body) -> bool:
    """An input may be left out. A number stands in for a scalar or a `dim`, nothing for any other. False after a message."""
    if item.default is not None and not _is_none(item.default) and default_number(item) is None:
        body.report(errors.input_default(item.name, _scalar_kind(item), item.default.span))
        return False
    return True


def _is_none(node: ast.Expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _scalar_kind(item: ast.Declared) -> str:
    """The kind of number that an input without dimensions is: `float`, `dim`; empty for a tensor."""
    if item.type is None or item.type.dims is not None or item.type.base is None:
        return ""
    return item.type.base if item.type.base in DTYPES or item.type.base == "dim" else ""


def default_number(item: ast.Declared) -> int | float | bool | None:
    """The number that stands in for a scalar input; None where there is none."""
    node, sign = item.default, 1
    if isinstance(node, ast.Unary) and node.op == "-":
        node, sign = node.value, -1
    value = node.value if isinstance(node, ast.Number) or (isinstance(node, ast.Constant) and sign == 1) else None
    kind = _scalar_kind(item)
    fits = {"bool": bool, "int": int, "dim": int, "float": int | float, "complex": int | float}.get(kind)
    if value is None or fits is None or (isinstance(value, bool) != (kind == "bool")):
        return None
    if not isinstance(value, fits) or (kind == "dim" and sign < 0):
        return None
    number: int | float | bool = value if isinstance(value, bool) else sign * value
    return float(number) if kind == "float" else number


def left_out(item: ast.Declared) -> bool:
    """Is there nothing in the place of an input that a call leaves out?"""
    return item.default is not None and default_number(item) is None


def open_input(item: ast.Declared, body: Body) -> None:
    """An input of a model or entry, with the type that its user wrote."""
    hold_default(item, body)
    if item.type is not None and item.type.base == "dim":
        from specc.dims.expr import symbols

        known = body.program.bound_sizes.get(item.name)
        symbol = (
            known
            if known is not None
            else body.solver.fresh(item.name, flexible=False, reason=item.span, payload=Var(item.name))
        )
        if known is None:
            body.program.declared[symbols(symbol)[0]] = item.span
            body.program.run_sizes.add(symbols(symbol)[0])
        value = Static(symbol, Var(item.name), item.span)
        set_default(item, body)
        body.entry.inputs.append((item.name, value))
        body.bind(item.name, value, item.span)
        return
    assumed = body.program.assumed.get(item.name)
    type = assumed_type(item.name, assumed, body) if assumed is not None else open_type(item.name, item.type, body)
    if type is None:
        if not body.instance.poisoned:
            body.report(errors.input_without_type(item.name, item.span))
        body.scope.bind(item.name, POISON, item.span)
        return
    body.hint = item.name
    tensor = body.tensor(type, item.span)
    body.hint = ""
    if left_out(item):
        body.program.optional.add(tensor.id)
    set_default(item, body)
    body.entry.inputs.append((item.name, tensor))
    body.bind(item.name, tensor, item.span)


def set_default(item: ast.Declared, body: Body) -> None:
    number = default_number(item)
    if number is not None:
        body.entry.defaults[item.name] = number


def call_entry(name: str, feed: list[Written], span: Span, body: Body, caller: Body, member: Member | None = None) -> Any:
    """The results of an entry of `body`'s model for the caller's tensors: `x -> encode`, or `x -> vae.encode` with its
    member."""
    if name in body.open_entries:
        start = body.open_entries.index(name)
        return caller.report(errors.entry_circle([*body.open_entries[start:], name], span))
    if run_entry(name, body) is None:
        return POISON
    node = entries_of(body.definition.node)[name]
    declared = inputs_in(node.body)
    names = tuple(item.name for item in declared)
    optional = frozenset(item.name for item in declared if item.default is not None)
    bound = by_operand(name, names, optional, feed, span, caller)
    if bound is None:
        return POISON
    trace = EntryTrace(name)
    saved = (body.scope, body.frame, body.entry, body.hint)
    body.scope, body.entry, body.hint = Scope(body.outer), trace, ""
    body.frame = Frame(body.layers, trace.items, reuse=True)
    body.open_entries.append(name)
    try:
        for item in declared:
            if not _fed(item, bound.get(item.name), body):
                return POISON
        _statements(node, body)
    finally:
        body.open_entries.pop()
        body.scope, body.frame, body.entry, body.hint = saved
    found = [value for _, value in trace.outputs if isinstance(value, Tensor)]
    if not found or len(found) != len(trace.outputs):
        return POISON
    outputs = [caller.tensor(value.type, span, next(iter(bound.values()), None)) for value in found]
    apply = Apply(member if member is not None else EntryUse(name), bound, outputs, span, name)
    caller.add(apply)
    return outputs[0] if len(outputs) == 1 else Results(name, outputs, span)


def _fed(item: ast.Declared, value: Any, body: Body) -> bool:
    number = default_number(item)
    if value is None and number is not None and item.type is not None:
        if item.type.base == "dim":
            value = Static(number, Lit(number), item.span)
        else:
            value = body.tensor(TensorType((), DTYPES[item.type.base or "float"]), item.span)
    if value is None:
        body.scope.bind(item.name, Static(None, Lit(None), item.span), item.span)
        return True
    if item.type is not None and item.type.base == "dim":
        if not isinstance(value, Static):
            body.report(errors.not_a_value(kind_of(value), "an int", item.span))
            return False
        body.bind(item.name, value, item.span)
        return True
    if not isinstance(value, Tensor):
        body.report(errors.not_a_value(kind_of(value), "a tensor", item.span))
        return False
    body.bind(item.name, value, item.span)
    return match(item.name, item.type, value, value.span, body)
