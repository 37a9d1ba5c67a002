"""Calls in an expression: `let` functions, compile-time functions, layers with arguments (recipes), tensor functions."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Expr, Symbol, apply, atoms
from specc.dims.opaque import Opaque
from specc.elaborate import argument_errors, errors, initial_errors, library, limit_errors, statics, tensors
from specc.elaborate.arguments import Written, bind_parameters, is_int, written
from specc.elaborate.body import Body
from specc.elaborate.iterables import iterable_of, length, total
from specc.elaborate.scope import Scope
from specc.elaborate.statics import Unfit
from specc.elaborate.trace import DefinitionRef, Static
from specc.elaborate.values import (
    POISON,
    SCAN,
    LetFunction,
    Poison,
    Recipe,
    SymbolicList,
    Value,
    has_tensor,
    kind_of,
    names_in,
    value_key,
)
from specc.ops import registry
from specc.ops.declare import Layer
from specc.pycode import CallCode, Code, ListCode, Lit, Path, Var
from specc.source import Span
from specc.syntax import ast

ITERABLES = ("range", "zip", "enumerate", "reversed")
BUILTINS = (*statics.UNARY, *statics.EXTREME, *ITERABLES, "len", "sum", "sorted", "all", "any")


def call(node: ast.Call, body: Body) -> Any:
    """`f(...)` in expression position."""
    func = node.func
    if isinstance(func, ast.Attribute):
        return _attribute_call(func, node, body)
    if not isinstance(func, ast.Name):
        return body.report(errors.not_a_value("an expression", "the name of a function or layer", func.span))
    name = func.name
    value = body.find(name)
    if isinstance(value, Poison):
        return value
    if isinstance(value, LetFunction):
        args = written(node.args, body)
        return args if isinstance(args, Poison) else call_let(value, args, node.span, body)
    if isinstance(value, Static) and isinstance(value.value, Recipe):
        value = value.value
    if isinstance(value, Recipe):
        args = written(node.args, body)
        return args if isinstance(args, Poison) else value.partial(tuple(args), node.span)
    if value is not None and not (name in BUILTINS or registry.find(name)):
        return body.report(errors.wrong_kind(name, kind_of(value), "a function or layer", func.span))
    if body.member(name) is not None and registry.find(name) is None:
        shown = node.args[0].value.span.text if node.args else "x"
        return body.report(errors.layer_called(name, shown, node.span))
    recipe = layer_value(name, func.span, body)
    if recipe is not None:
        args = written(node.args, body)
        return args if isinstance(args, Poison) else recipe.partial(tuple(args), node.span)
    if name in ITERABLES:
        found = iterable_of(node, body)
        if isinstance(found, Poison):
            return found
        items = found.items(body, node.span)
        return items if isinstance(items, Poison) else Static(list(items), found.code, node.span)
    args = written(node.args, body)
    if isinstance(args, Poison):
        return args
    if name in BUILTINS and not any(has_tensor(value) for _, value, _ in args):
        return _builtin(name, args, node, body)
    op = registry.find(name)
    if op is not None and not issubclass(op, Layer):
        return tensors.function(op, args, node.span, body)
    known = [*BUILTINS, *body.file.names(), *registry.names(), *body.scope.all_names()]
    if body.filling is not None and not name[:1].isupper():
        return body.report(initial_errors.unknown_initialiser(name, [*registry.initialisers(), *known], func.span))
    return body.report(errors.unknown_layer(name, known, func.span, library.imports(name, body)))


def _attribute_call(func: ast.Attribute, node: ast.Call, body: Body) -> Value:
    shown = func.value.span.text
    args = ", ".join(arg.span.text for arg in node.args)
    return body.report(errors.method_called(shown, func.name, args, node.span))


def layer_value(name: str, span: Span, body: Body) -> Recipe | None:
    """A built-in layer, block or model by name, as a recipe."""
    found = body.file.find(name)
    if found is not None and isinstance(found[1], DefinitionRef):
        return Recipe(name, found[1], span)
    op = registry.find(name) if name[:1].isupper() else None
    if op is not None and issubclass(op, Layer):
        return Recipe(name, op, span)
    wrapper = registry.wrapper(name) if name[:1].isupper() else None
    if wrapper is not None:
        return Recipe(name, wrapper, span)
    return Recipe(name, SCAN, span) if name == "Scan" else None


def call_let(function: LetFunction, args: list[Written], span: Span, body: Body) -> Any:
    """Evaluates a `let` function or recipe with arguments. Its calls may nest, but not without end."""
    from specc.elaborate.expressions import single

    let = function.let
    assert let.params is not None
    bound = bind_parameters(let.name, let.params, args, span, body)
    if bound is None:
        return POISON
    program = body.program
    if program.let_depth >= 64:
        return body.report(limit_errors.nested_too_deep("functions", span))
    if not program.computes(10, span, body):
        return POISON
    scope = Scope()
    outer_scope, outer_file = body.scope, body.file
    program.let_depth += 1
    codes = []
    try:
        body.scope, body.file = scope, function.scope
        for param in let.params:
            if param.name in bound:
                value: Any = bound[param.name]
                codes.append((param.name, value.code))
            elif param.default is not None:
                value = single(param.default, body)
            else:
                return body.report(argument_errors.missing_argument(let.name, param.name, "", span))
            scope.bind(
                param.name,
                value.value if isinstance(value, Static) and isinstance(value.value, Recipe | LetFunction) else value,
            )
        result = single(let.value, body)
    finally:
        body.scope, body.file = outer_scope, outer_file
        program.let_depth -= 1
    if isinstance(result, Recipe):
        return Recipe(let.name, result.target, span, result.args, result.scope)
    if isinstance(result, Static) and not has_tensor(result):
        program.let_functions.setdefault(let.name, function)
        plain = not names_in(*(arg.value for arg in bound.values())) and isinstance(result.value, int | float | bool | str)
        code = Lit(result.value) if plain else CallCode(Path(let.name), tuple(code for _, code in codes))
        return Static(_named(let.name, bound, result.value, code), code, span)
    return result


def _named(name: str, bound: dict[str, Static], value: Any, code: Code) -> Any:
    """A size that a function computes beyond polynomials reads as the call: `make_divisible(width)`."""
    if not isinstance(value, Expr) or all(isinstance(atom, Symbol) for atom in atoms(value)):
        return value
    args = ", ".join(
        str(arg.value) if isinstance(arg.value, int | float | str | Expr) else arg_name for arg_name, arg in bound.items()
    )
    key = ("call", name, tuple((arg_name, value_key(arg)) for arg_name, arg in bound.items()))
    return apply(key, text=f"{name}({args})", lower=0, payload=code, names=value.names)


def _builtin(name: str, args: list[Written], node: ast.Call, body: Body) -> Value:
    """A function of the compile-time language."""
    values: list[Static] = []
    for arg_name, value, place in args:
        if arg_name is not None:
            return body.report(argument_errors.unknown_argument(name, arg_name, [], place))
        if not isinstance(value, Static):
            return body.report(errors.bad_operand(name, kind_of(value), place))
        values.append(value)
    if not values:
        return body.report(argument_errors.missing_argument(name, "value", "", node.span))
    code = CallCode(Path(name), tuple(value.code for value in values))
    first = values[0]
    try:
        if name in statics.EXTREME:
            pool = first.value if len(values) == 1 else values
            if isinstance(pool, SymbolicList):
                raise pool.needed()
            if not isinstance(pool, list):
                return body.report(errors.bad_operand(name, kind_of(first), node.span, "several numbers or a list"))
            return Static(statics.EXTREME[name]([v.value if isinstance(v, Static) else v for v in pool], code), code, node.span)
        if len(values) > 1:
            return body.report(argument_errors.too_many_arguments(name, 1, ["value"], args[1][2]))
        if name in statics.UNARY:
            if name in ("ceil", "floor") or name in ("sqrt", "log", "log2", "exp", "sin", "cos"):
                code = CallCode(Path(f"math.{name}"), code.args)
            return Static(statics.UNARY[name](first.value, code), code, node.span)
        return _of_list(name, first, code, node, body)
    except Unfit as expected:
        return body.report(errors.bad_operand(name, kind_of(first), node.span, str(expected)))


def _of_list(name: str, first: Static, code: CallCode, node: ast.Call, body: Body) -> Value:
    items = first.value
    if isinstance(items, SymbolicList):
        if name == "len":
            return length(items)
        if name == "sum":
            return total(items)
        raise items.needed()
    if isinstance(items, str) and name == "len":
        return Static(len(items), code, node.span)
    if not isinstance(items, list):
        return body.report(errors.bad_operand(name, kind_of(first), node.span, "a list"))
    if name == "len":
        named = body.program.stacks and isinstance(first.code, Var)  # a list that the constructor still has by its name
        return Static(len(items), CallCode(Path("len"), (first.code,)) if named else Lit(len(items)), node.span)
    values = [item.value if isinstance(item, Static) else item for item in items]
    if name == "sum":
        added: Any = 0
        for value in values:
            if isinstance(value, bool) or not (is_int(value) or isinstance(value, float)):
                raise Unfit("a list of numbers")
            added = added + value
        return Static(added, code, node.span)
    if name == "sorted":
        if not (all(isinstance(v, int | float) for v in values) or all(isinstance(v, str) for v in values)):
            raise Unfit("a list of numbers or of strings")
        ordered = sorted(values)
        return Static([Static(v, Lit(v)) for v in ordered], ListCode(tuple(Lit(v) for v in ordered)), node.span)
    if not all(isinstance(v, bool) for v in values):
        if any(isinstance(v, Opaque) for v in values):
            raise Unfit("a list of known conditions")
        raise Unfit("a list of conditions")
    return Static(all(values) if name == "all" else any(values), code, node.span)


__all__ = ["BUILTINS", "call", "call_let", "layer_value"]
