"""Arguments: from what was written to what a layer, function or definition takes. Closed: nothing unknown passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specc.dims.expr import Expr
from specc.dims.opaque import Opaque
from specc.elaborate import argument_errors
from specc.elaborate.body import Body, Results
from specc.elaborate.trace import Static, Tensor
from specc.elaborate.values import Poison, Recipe, SymbolicList, Value, has_tensor, kind_of
from specc.ops.declare import REQUIRED, Op, Param
from specc.pycode import Lit, TupleCode
from specc.source import Span
from specc.syntax import ast
from specc.types import DType

Written = tuple[str | None, Value, Span]
"""An argument as written: name or None, value, place."""


def written(args: Sequence[ast.Argument], body: Body) -> list[Written] | Poison:
    """Evaluates arguments. POISON when one of them failed."""
    from specc.elaborate.expressions import evaluate

    found: list[Written] = []
    failed: Poison | None = None
    for arg in args:
        value = evaluate(arg.value, body)
        if isinstance(value, Results):
            value = value.values[0]
        if isinstance(value, Poison):
            failed = value
        else:
            found.append((arg.name, value, arg.value.span if arg.name is None else arg.span))
    return failed if failed is not None else found


def bind_layer(op: type[Op], args: Sequence[Written], span: Span, body: Body) -> dict[str, Static] | None:
    """The given arguments of a layer by parameter; None after a message. Inferable ones are given by keyword only."""
    told = body.program.diagnostics.mark()
    bound = _bind_layer(op, args, span, body)
    inferred = next((name for name, param in op.params.items() if param.inferred), None)
    if bound is None and inferred is not None and args and args[0][0] is None:
        body.program.diagnostics.amend(told, argument_errors.leave_out_first(inferred, args[0][2]))
    return bound


def _bind_layer(op: type[Op], args: Sequence[Written], span: Span, body: Body) -> dict[str, Static] | None:
    positional = [name for name, param in op.params.items() if not param.inferred]
    bound: dict[str, Static] = {}
    for k, (name, value, place) in enumerate(args):
        if name is None:
            if k >= len(positional):
                body.report(argument_errors.too_many_arguments(op.name, len(positional), positional, place))
                return None
            param = op.params[positional[k]]
            if param.variadic:
                rest = [item for item in args[k:] if item[0] is None]
                if not (len(rest) == 1 and isinstance(rest[0][1], Static) and isinstance(rest[0][1].value, list)):
                    value = _gathered(rest)
                    bound[param.name] = Static(value.value, value.code, place)
                    positional = positional[: k + 1]
                    if _rest_named(args[k + len(rest) :], op, bound, body) is False:
                        return None
                    return _coerced(op, bound, span, body)
            name = positional[k]
        if name not in op.params:
            known = list(op.params)
            body.report(argument_errors.unknown_argument(op.name, name, known, place))
            return None
        if name in bound:
            body.report(argument_errors.given_twice(op.name, name, place))
            return None
        if isinstance(value, Tensor) or not isinstance(value, Static):
            body.report(argument_errors.wrong_argument(op.name, name, expectation(op.params[name]), kind_of(value), place))
            return None
        bound[name] = Static(value.value, value.code, place)
    return _coerced(op, bound, span, body)


def _rest_named(args: Sequence[Written], op: type[Op], bound: dict[str, Static], body: Body) -> bool:
    for name, value, place in args:
        if name is None or name not in op.params or name in bound or not isinstance(value, Static):
            body.report(argument_errors.unknown_argument(op.name, name or "?", list(op.params), place))
            return False
        bound[name] = Static(value.value, value.code, place)
    return True


def _gathered(items: Sequence[Written]) -> Static:
    values = [value for _, value, _ in items]
    return Static(list(values), TupleCode(tuple(v.code if isinstance(v, Static) else Lit(None) for v in values)))


def _coerced(op: type[Op], bound: dict[str, Static], span: Span, body: Body) -> dict[str, Static] | None:
    """Checks kinds and presence of every parameter."""
    good = True
    for name, value in bound.items():
        if not fits(op, op.params[name], value, body):
            good = False
    for name, param in op.params.items():
        if param.default is REQUIRED and name not in bound:
            body.report(argument_errors.missing_argument(op.name, name, param.doc, span))
            good = False
    return bound if good else None


def expectation(param: Param) -> str:
    """What a parameter takes, in words."""
    words = {
        "int": "an int",
        "ints": "an int or a tuple of ints",
        "dims": "ints",
        "float": "a float",
        "number": "a number",
        "bool": "true or false",
        "str": "a string",
        "dtype": "a dtype such as float",
        "shape": "a list of sizes",
        "any": "a value",
    }
    text = words.get(param.type, "a value")
    if param.choices:
        text = "one of " + ", ".join(f'"{word}"' for word in param.choices)
    return text + (" or none" if param.optional else "")


def fits(op: type[Op], param: Param, given: Static, body: Body) -> bool:
    """Is the value of the parameter's kind? Reports if not. Ints become floats where floats are taken."""
    value = given.value
    span = given.span
    assert span is not None

    def wrong() -> bool:
        body.report(argument_errors.wrong_argument(op.name, param.name, expectation(param), kind_of(value), span))
        return False

    if value is None:
        return True if param.optional or param.default is None or param.type == "any" else wrong()
    kind = param.type
    if kind == "int":
        return _integer(op, param, value, span, body) if is_int(value) else wrong()
    if kind == "ints" and param.choices and (isinstance(value, str) or (isinstance(value, Opaque) and value.type == "str")):
        kind = "str"  # a word that stands for sizes: `padding="same"`
    if kind in ("ints", "dims", "shape"):
        if isinstance(value, list):
            parts = [item.value if isinstance(item, Static) else item for item in value]
            if not all(is_int(part) or (kind != "ints" and part is None) for part in parts):
                return wrong()
            return all(_integer(op, param, part, span, body) for part in parts)
        return _integer(op, param, value, span, body) if is_int(value) else wrong()
    if kind in ("float", "number"):
        if isinstance(value, bool) or not (
            isinstance(value, int | float | Expr) or (isinstance(value, Opaque) and value.type == "float")
        ):
            return wrong()
        return _bounds(op, param, value, span, body)
    if kind == "bool":
        return True if isinstance(value, bool) or (isinstance(value, Opaque) and value.type == "bool") else wrong()
    if kind == "str":
        if isinstance(value, Opaque) and value.type == "str":
            return True
        if not isinstance(value, str):
            return wrong()
        if param.choices and value not in param.choices:
            body.report(argument_errors.wrong_choice(op.name, param.name, value, param.choices, span))
            return False
        return True
    if kind == "dtype":
        return True if isinstance(value, DType) else wrong()
    return True


def is_int(value: Any) -> bool:
    return isinstance(value, int | Expr) and not isinstance(value, bool | DType)


def _integer(op: type[Op], param: Param, value: Any, span: Span, body: Body) -> bool:
    if value is None:
        return True
    return _bounds(op, param, value, span, body)


def _bounds(op: type[Op], param: Param, value: Any, span: Span, body: Body) -> bool:
    if isinstance(value, Opaque):
        return True
    for bound, op_word, words in ((param.lower, ">=", "at least"), (param.upper, "<=", "at most")):
        if bound is None:
            continue
        if isinstance(value, Expr):
            holds = True if body.generic else body.solver.demand(value, op_word, int(bound), None)
        else:
            holds = value >= bound if op_word == ">=" else value <= bound
        if holds is False:
            body.report(argument_errors.argument_value(op.name, param.name, f"{words} {bound:g}", str(value), span))
            return False
    return True


def plain(value: Any) -> Any:
    """A parameter's value as shape rules see it: lists become tuples of plain values."""
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list):
        return tuple(plain(item) for item in value)
    return value


def bind_function(
    op: type[Op], args: Sequence[Written], span: Span, body: Body, fed: int = 0, own: tuple[str, ...] | None = None
) -> tuple[dict[str, Any], dict[str, Static]] | None:
    """Operands and given arguments of a tensor function. The first `fed` of `args` came along the chain: they fill operands
    wherever those stand in the signature (`(a, b) -> einsum("...")`). `own` are the operands to be bound, if not all."""
    expected = op.operands if own is None else own
    order = list((op.order if own is None else ()) or (*expected, *op.params))
    operands: dict[str, Any] = {}
    given: dict[str, Static] = {}
    queue = [arg for arg in args if arg[0] is None]
    slots = list(order)
    fed = min(fed, len(queue))
    while queue:
        if not slots:
            body.report(argument_errors.too_many_arguments(op.name, len(order), order, queue[0][2]))
            return None
        name = next((slot for slot in slots if slot in op.operands), slots[0]) if fed > 0 else slots[0]
        slots.remove(name)
        fed -= 1
        param = op.params.get(name)
        if name in op.list_operands and isinstance(queue[0][1], Tensor):
            many = [item for item in queue if isinstance(item[1], Tensor)]
            fed -= len(many) - 1
            queue = queue[len(many) :]
            operands[name] = [value for _, value, _ in many]
            continue
        _, value, place = queue.pop(0)
        if param is not None and param.variadic:
            if not (isinstance(value, Static) and isinstance(value.value, list | SymbolicList)):
                rest = [(None, value, place), *queue]
                queue = []
                if any(isinstance(v, Tensor) for _, v, _ in rest):
                    place = next(p for _, v, p in rest if isinstance(v, Tensor))
                    body.report(argument_errors.wrong_argument(op.name, name, "ints", "a tensor", place))
                    return None
                value = _gathered(rest)
        elif param is not None and has_tensor(value) and param.type != "any":
            # A tensor where a plain argument stands by position: the operand after it is meant only by name.
            body.report(argument_errors.wrong_argument(op.name, name, expectation(param), kind_of(value), place))
            return None
        if not _place(op, name, value, place, operands, given, body):
            return None
    for arg_name, value, place in args:
        if arg_name is None:
            continue
        if arg_name not in op.params and arg_name not in op.operands and not op.open_keywords:
            body.report(argument_errors.unknown_argument(op.name, arg_name, order, place))
            return None
        if arg_name in operands or arg_name in given:
            body.report(argument_errors.given_twice(op.name, arg_name, place))
            return None
        if not _place(op, arg_name, value, place, operands, given, body):
            return None
    for name in expected:
        if name not in operands and name not in op.optional_operands:
            body.report(argument_errors.feed_missing(op.name, name, span))
            return None
    for name, param in op.params.items():
        if name in given and not fits(op, param, given[name], body):
            return None
        if param.default is REQUIRED and name not in given:
            body.report(argument_errors.missing_argument(op.name, name, param.doc, span))
            return None
    return operands, given


def _place(
    op: type[Op], name: str, value: Any, place: Span, operands: dict[str, Any], given: dict[str, Static], body: Body
) -> bool:
    if name in op.operands:
        if name in op.list_operands:
            if not (
                isinstance(value, Static) and isinstance(value.value, list) and all(isinstance(v, Tensor) for v in value.value)
            ):
                body.report(argument_errors.wrong_argument(op.name, name, "a list of tensors", kind_of(value), place))
                return False
            operands[name] = list(value.value)
            return True
        if isinstance(value, Tensor):
            operands[name] = value
            return True
        if isinstance(value, Static):
            if value.value is None and name in op.optional_operands:
                return True
            if name in op.number_operands and (is_int(value.value) or isinstance(value.value, float | bool | Opaque)):
                operands[name] = value
                return True
        body.report(argument_errors.wrong_argument(op.name, name, "a tensor", kind_of(value), place))
        return False
    if not isinstance(value, Static):
        param = op.params.get(name)
        body.report(
            argument_errors.wrong_argument(op.name, name, expectation(param) if param else "a value", kind_of(value), place)
        )
        return False
    given[name] = Static(value.value, value.code, place)
    return True


TYPE_WORDS = {
    "int": "an int",
    "float": "a float",
    "bool": "a bool",
    "str": "a string",
    "list": "a list",
    "dim": "an int",
    "layer": "a layer",
}


def matches(type_name: str | None, value: Any) -> bool:
    """Does a compile-time value have a parameter's declared type?"""
    if type_name is None:
        return True
    if isinstance(value, Static):
        value = value.value
    if type_name in ("int", "dim"):
        return is_int(value)
    if type_name == "float":
        return (isinstance(value, int | float | Expr) and not isinstance(value, bool)) or (
            isinstance(value, Opaque) and value.type == "float"
        )
    if type_name in ("bool", "str"):
        return isinstance(value, bool if type_name == "bool" else str) or (
            isinstance(value, Opaque) and value.type == type_name
        )
    if type_name == "list":
        return isinstance(value, list | SymbolicList)
    return isinstance(value, Recipe)


def bind_parameters(
    what: str, params: Sequence[ast.Parameter], args: Sequence[Written], span: Span, body: Body
) -> dict[str, Static] | None:
    """Values by parameter name for a definition or a `let` function; defaults are not filled in. None after a message."""
    names = [param.name for param in params]
    bound: dict[str, Static] = {}
    for k, (name, value, place) in enumerate(args):
        if name is None:
            if k >= len(names):
                body.report(argument_errors.too_many_arguments(what, len(names), names, place))
                return None
            name = names[k]
        if name not in names:
            body.report(argument_errors.unknown_argument(what, name, names, place))
            return None
        if name in bound:
            body.report(argument_errors.given_twice(what, name, place))
            return None
        param = params[names.index(name)]
        type_name = param.type.base if param.type is not None else None
        if isinstance(value, Recipe):
            value = Static(value, Lit(None), place)
        none_default = isinstance(param.default, ast.Constant) and param.default.value is None
        if not isinstance(value, Static) or not (matches(type_name, value) or (value.value is None and none_default)):
            body.report(
                argument_errors.wrong_argument(
                    what, name, TYPE_WORDS.get(type_name or "", "a compile-time value"), kind_of(value), place
                )
            )
            return None
        bound[name] = Static(value.value, value.code, place)
    return bound


__all__ = ["Written", "bind_function", "bind_layer", "bind_parameters", "expectation", "is_int", "matches", "plain", "written"]
