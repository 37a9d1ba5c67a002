"""From what the parser recognised to syntax nodes: one method per rule of grammar/nn.lark, each given the rule's parts.

Also here is what the grammar cannot say: which heads of a chain want parentheses, how large a number may be, where an
`output` may stand. Such mistakes are reported, and a usable node is made all the same. This module has the file, its items
and statements; build_expr the rest.
"""

from __future__ import annotations

from typing import Any

from specc.source import Span
from specc.syntax import ast, errors
from specc.syntax.build_expr import ExprBuilder, Parts, nodes, over
from specc.syntax.lexer import Token
from specc.syntax.text import clean_doc, unescape


class Body:
    """The statements between two braces, on their way into a node."""

    __slots__ = ("doc", "span", "statements")

    def __init__(self, parts: Parts) -> None:
        self.span = over(parts)
        self.doc: str | None = next((part for part in parts if isinstance(part, str)), None)
        self.statements = tuple(part for part in parts if isinstance(part, ast.Statement))


class Inline:
    """What a helper rule gathered: lark spreads it into the rule that uses it."""

    __slots__ = ("children",)

    def __init__(self, _name: str, children: Parts, _meta: object = None) -> None:
        self.children = children


class Builder(ExprBuilder):
    # --- the file -------------------------------------------------------------------------------------------------

    def file(self, parts: Parts) -> tuple[str | None, tuple[ast.Item, ...]]:
        doc = next((part for part in parts if isinstance(part, str)), None)
        return doc, nodes(parts, ast.Item)

    def doc(self, parts: Parts) -> str:
        return clean_doc(unescape(parts[0], 3, self.report))

    def import_from(self, parts: Parts) -> ast.Import:
        level, path = parts[1]
        return ast.Import(over(parts), level, path, nodes(parts, ast.Imported))

    def module(self, parts: Parts) -> tuple[int, tuple[str, ...]]:
        level = len(parts[0].text) if parts[0].type == "DOTS" else 0
        return level, tuple([part.text for part in parts if part.type == "NAME"])

    def imported(self, parts: Parts) -> ast.Imported:
        return ast.Imported(over(parts), parts[0].text, parts[2].text if len(parts) > 2 else None)

    def extern(self, parts: Parts) -> ast.Extern:
        body: Body = parts[-1]
        params = parts[3] if isinstance(parts[3], tuple) else ()
        target = unescape(parts[-2], 1, self.report)
        return ast.Extern(
            Span(parts[0].span.source, parts[0].span.start, body.span.end), parts[2].text, params, target, body.statements
        )

    def definition(self, parts: Parts) -> ast.Definition:
        body: Body = parts[-1]
        params: tuple[ast.Parameter, ...] = parts[2] if len(parts) == 4 else ()
        for param in params:
            if param.type is None:
                self.report(errors.parameter_without_type(param))
        return ast.Definition(over(parts), parts[0].text, parts[1].text, parts[1].span, params, body.doc, body.statements)

    def params(self, parts: Parts) -> tuple[ast.Parameter, ...]:
        return nodes(parts, ast.Parameter)

    def param(self, parts: Parts) -> ast.Parameter:
        return ast.Parameter(over(parts), *_declaration(parts))

    def body(self, parts: Parts) -> Body:
        return Body(parts)

    braces = body

    # --- statements -----------------------------------------------------------------------------------------------

    def input(self, parts: Parts) -> ast.Input:
        return ast.Input(over(parts), parts[0].text, nodes(parts, ast.Declared))

    def declared(self, parts: Parts) -> ast.Declared:
        return ast.Declared(over(parts), *_declaration(parts))

    def state(self, parts: Parts) -> ast.State:
        return ast.State(over(parts), parts[1])

    def next(self, parts: Parts) -> ast.Next:
        return ast.Next(over(parts), parts[1].text, parts[3])

    def output(self, parts: Parts) -> ast.Output:
        items = nodes(parts, ast.OutputItem)
        for item in items if len(items) > 1 else ():
            if isinstance(item.value, ast.Chain):
                self.report(errors.chain_in_output_list(item, items))
                break
        return ast.Output(over(parts), items)

    def output_item(self, parts: Parts) -> ast.OutputItem:
        value: ast.Expr = parts[0]
        return ast.OutputItem(value.span, value.name if isinstance(value, ast.Name) else None, None, value)

    def output_typed(self, parts: Parts) -> ast.OutputItem:
        return ast.OutputItem(over(parts), parts[0].text, parts[2], ast.Name(parts[0].span, parts[0].text))

    def output_named(self, parts: Parts) -> ast.OutputItem:
        return ast.OutputItem(over(parts), *_declaration(parts))

    def require(self, parts: Parts) -> ast.Require:
        return ast.Require(over(parts), parts[1], unescape(parts[3], 1, self.report) if len(parts) > 2 else None)

    def assign(self, parts: Parts) -> ast.Assign:
        targets: list[Token] = parts[0]
        return ast.Assign(over([targets[0], parts[2]]), tuple([t.text for t in targets]), parts[2])

    def targets(self, parts: Parts) -> list[Token]:
        return [part for part in parts if part.type == "NAME"]

    def expr_statement(self, parts: Parts) -> ast.ExprStatement:
        value = parts[0]
        if self.output_stages and isinstance(value, ast.Chain) and value.stages[-1] is self.output_stages[-1]:
            self.output_stages.pop()
        return ast.ExprStatement(value.span, value)

    def for_statement(self, parts: Parts) -> ast.For:
        body: Body = parts[4]
        return ast.For(over([parts[0], body]), tuple([t.text for t in parts[1]]), parts[3], body.statements)

    def if_statement(self, parts: Parts) -> ast.If:
        orelse: tuple[ast.Statement, ...] = ()
        if len(parts) > 3:
            orelse = parts[4].statements if isinstance(parts[4], Body) else (parts[4],)
        node = ast.If(over(parts), parts[1], parts[2].statements, orelse)
        return self._deep(node, parts[4]) if len(parts) > 3 and isinstance(parts[4], ast.If) else node

    def layer(self, parts: Parts) -> ast.LayerDecl:
        value = parts[3]
        if isinstance(value, ast.Stage):
            value = ast.Chain(value.span, None, (value,))
        elif isinstance(value, ast.Chain):
            self.report(errors.layer_chain_without_parentheses(value))
            value = ast.Paren(value.span, value)
        return ast.LayerDecl(over(parts), self._label(parts[1]), value)

    def tensor(self, parts: Parts) -> ast.TensorDecl:
        _, type_expr, value = _declaration(parts[1:])
        return ast.TensorDecl(over(parts), parts[0].text, self._label(parts[1]), type_expr, value)

    def init(self, parts: Parts) -> ast.Init:
        return ast.Init(over(parts), nodes(parts, ast.InitRule))

    def init_rule(self, parts: Parts) -> ast.InitRule:
        return ast.InitRule(over(parts), _pattern(parts[0]), parts[2])

    def freeze(self, parts: Parts) -> ast.Freeze:
        return ast.Freeze(over(parts), tuple([_pattern(part) for part in parts if part.type == "PATTERN"]))

    def tie(self, parts: Parts) -> ast.Tie:
        return ast.Tie(over(parts), parts[1], parts[3])

    def entry(self, parts: Parts) -> ast.Entry:
        body: Body = parts[2]
        return ast.Entry(over(parts), parts[1].text, body.doc, body.statements)

    def variants(self, parts: Parts) -> ast.Variants:
        return ast.Variants(over(parts), nodes(parts, ast.Variant))

    def variant(self, parts: Parts) -> ast.Variant:
        return ast.Variant(over(parts), parts[0].text, nodes(parts[3], ast.Argument) if len(parts) > 4 else ())

    def let(self, parts: Parts) -> ast.Let:
        params = parts[2] if len(parts) == 5 else None
        return ast.Let(over(parts), parts[1].text, params, parts[-1])


def _declaration(parts: Parts) -> tuple[str, ast.TypeExpr | None, Any]:
    """Name, type and value of `NAME (":" type)? ("=" value)?`."""
    type_expr = value = None
    for sign, part in zip(parts[1::2], parts[2::2], strict=True):
        if sign.text == ":":
            type_expr = part
        else:
            value = part
    return parts[0].text, type_expr, value


def _pattern(token: Token) -> ast.Pattern:
    return ast.Pattern(token.span, tuple(token.text.split(".")))
