"""Items, slices and comprehensions of lists, and the names that loops bind to what they run over."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Expr, TooComplex
from specc.dims.opaque import NotGeneric
from specc.elaborate import errors, expressions
from specc.elaborate.body import Body
from specc.elaborate.iterables import Iterable, elements, iterable_of
from specc.elaborate.scope import Scope
from specc.elaborate.stacks import drop, get
from specc.elaborate.trace import Stack, Static
from specc.elaborate.values import (
    POISON,
    LetFunction,
    Poison,
    Recipe,
    SymbolicList,
    Undecided,
    has_tensor,
    holds_layers,
    item_code,
    kind_of,
    names_in,
)
from specc.pycode import Code, CompCode, Item, ListCode, Lit, SliceCode, Var
from specc.source import Span
from specc.syntax import ast


def kept(items: list[Any]) -> list[Any]:
    return [Static(item, Lit(None)) if isinstance(item, Recipe | LetFunction) else item for item in items]


def code_of(item: Any) -> Any:
    return item.code if isinstance(item, Static) else Lit(None)


def item(value: Static, item: ast.Expr, node: ast.Index, body: Body) -> Any:
    if isinstance(item, ast.Slice):
        return _list_slice(value, item, node, body)
    index = expressions.static(item, body, "an int")
    if isinstance(index, Poison):
        return index
    if isinstance(value.value, SymbolicList):
        return elements(value.value, index, body)
    if isinstance(index.value, Expr):
        if has_tensor(value) or holds_layers(value):
            raise NotGeneric(index.value.names)
        return elements(SymbolicList(node.value.span.text, value.code, [value.value], frozenset()), index, body)
    if isinstance(index.value, bool) or not isinstance(index.value, int):
        return body.report(errors.not_a_value(kind_of(index), "an int", item.span))
    items = value.value
    if not -len(items) <= index.value < len(items):
        return body.report(errors.index_range(index.value, len(items), item.span))
    found = items[index.value]
    if isinstance(found, Static):
        if isinstance(found.value, Recipe | LetFunction):
            return found.value
        return Static(found.value, item_code(value.code, index.code), node.span)
    return found


def stack_item(stack: Stack, node: ast.Index, body: Body) -> Any:
    """`xs[-1]` and `xs[:-1]` of a list that a loop carries."""
    item = node.items[0]
    if isinstance(item, ast.Slice):
        stop = expressions.static(item.stop, body, "an int") if item.stop is not None else POISON
        if item.start is None and item.step is None and isinstance(stop, Static) and stop.value == -1:
            return drop(stack, node.span, body)
        raise NotGeneric(frozenset(), "of a list that a loop carries the last item can be dropped")
    index = expressions.static(item, body, "an int")
    if isinstance(index, Poison) or not isinstance(index.value, int):
        raise NotGeneric(names_in(index), "an item of a list that a loop carries")
    return get(stack, index.value, node.span, body)


def _list_slice(value: Static, item: ast.Slice, node: ast.Index, body: Body) -> Any:
    """`xs[a:b]` of a list. With symbolic bounds its items are not known, only what they may be."""
    bounds = []
    for part in (item.start, item.stop, item.step):
        bound = expressions.static(part, body, "an int") if part is not None else Static(None, Lit(None))
        if isinstance(bound, Poison):
            return bound
        if bound.value is not None and (isinstance(bound.value, bool) or not isinstance(bound.value, int | Expr)):
            return body.report(errors.not_a_value(kind_of(bound), "an int", item.span))
        bounds.append(bound)
    values = [bound.value for bound in bounds]
    if values[2] == 0:
        return body.report(errors.not_a_value("a step of 0", "a step other than 0", item.span))
    code = Item(value.code, (SliceCode(*(bound.code if bound.value is not None else None for bound in bounds)),))
    symbolic = any(isinstance(bound, Expr) for bound in values)
    if symbolic and not body.generic:
        raise NotGeneric(names_in(*values))
    if symbolic or isinstance(value.value, SymbolicList):
        whole = value.value
        prototypes = whole.prototypes if isinstance(whole, SymbolicList) else [whole]
        shown = ":".join("" if bound is None else str(bound) for bound in values[:2])
        name = f"{whole.name if isinstance(whole, SymbolicList) else node.value.span.text}[{shown}]"
        return Static(SymbolicList(name, code, [[], *prototypes], names_in(value, *values)), code, node.span)
    cut = value.value[slice(*values)]
    return Static(cut, code if isinstance(value.code, Var) else ListCode(tuple(code_of(part) for part in cut)), node.span)


def comprehension(node: ast.Comprehension, body: Body) -> Any:
    source = iterable_of(node.iterable, body)
    if isinstance(source, Poison):
        return source
    items = source.items(body, node.iterable.span)
    if isinstance(items, Poison):
        return items
    out: list[Any] = []
    outer = body.scope
    tensor = False
    try:
        for item in items:
            body.scope = Scope(outer)
            if not bind_targets(node.targets, item, node.span, body):
                return POISON
            if node.condition is not None:
                keep = expressions.condition(node.condition, body)
                if isinstance(keep, Poison):
                    return keep
                if isinstance(keep.value, Undecided):
                    raise NotGeneric(keep.value.names)
                if not keep.value:
                    continue
            value = expressions.single(node.element, body)
            if isinstance(value, Poison):
                return value
            tensor = tensor or has_tensor(value)
            out.append(value)
    finally:
        body.scope = outer
    code = None if tensor else _comprehension_code(node, source, body)
    return Static(kept(out), code or ListCode(tuple(code_of(value) for value in out)), node.span)


def _comprehension_code(node: ast.Comprehension, source: Iterable, body: Body) -> Code | None:
    """The comprehension in terms of its own names, where its items have one kind; else None."""
    if isinstance(source.code, Lit):
        return None
    outer, generic = body.scope, body.generic
    body.scope, body.generic = Scope(outer), True
    try:
        for name, value in source.element(node.targets, body, ""):
            body.scope.bind(name, value)
        keep = expressions.condition(node.condition, body) if node.condition is not None else None
        element = expressions.single(node.element, body)
        if isinstance(element, Static) and not isinstance(keep, Poison):
            return CompCode(element.code, node.targets, source.code, keep.code if keep is not None else None)
    except (NotGeneric, TooComplex):
        pass  # no one expression for all items: they are listed
    finally:
        body.scope, body.generic = outer, generic
    return None


def bind_targets(targets: tuple[str, ...], item: Any, span: Span, body: Body) -> bool:
    """Binds a loop's names to an item of what it runs over. False after a message."""
    if len(targets) == 1:
        body.scope.bind(targets[0], item)
        return True
    parts = item.value if isinstance(item, Static) else None
    if not isinstance(parts, list):
        body.report(errors.item_count(len(targets), 1, span))
        return False
    if len(parts) != len(targets):
        body.report(errors.item_count(len(targets), len(parts), span))
        return False
    for name, part in zip(targets, parts, strict=True):
        if isinstance(part, Static) and isinstance(part.value, Recipe | LetFunction):
            part = part.value
        if name != "_":
            body.scope.bind(name, part)
    return True
