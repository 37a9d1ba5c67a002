"""From what the parser recognised to syntax nodes: types, chains, stages and expressions. See specc/syntax/build.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from specc.diagnostics import Diagnostic
from specc.source import Span
from specc.syntax import ast, errors
from specc.syntax.lexer import Token
from specc.syntax.text import split_path, unescape

MAX_INTEGER = 2**63
MAX_DEPTH = 120
"""Of expressions within expressions, operators included: what later phases walk by recursion."""

_CAPITAL = {"True": True, "False": False, "None": None}
Parts = list[Any]
T = TypeVar("T", bound=ast.Node)


class TooDeep(Exception):
    """An expression has more than MAX_DEPTH operations within each other. Its statement is given up."""

    def __init__(self, span: Span) -> None:
        super().__init__(span)
        self.span = span


def _nowhere(_: Diagnostic) -> None:
    """Until a source is parsed there is nobody to tell."""


def _nothing(_: Span) -> None:
    """Until a source is parsed there is nothing to parse."""


def over(parts: Sequence[Any]) -> Span:
    first, last = parts[0].span, parts[-1].span
    return Span(first.source, first.start, last.end)


def nodes(parts: Parts, kind: type[Any]) -> tuple[Any, ...]:
    return tuple([part for part in parts if isinstance(part, kind)])


def _arguments(parts: Parts) -> tuple[ast.Argument, ...]:
    """Those of `callee "(" arguments? ")"`."""
    return nodes(parts[2], ast.Argument) if len(parts) > 3 else ()


class ExprBuilder:
    """`report` takes a diagnostic; `expression` parses the characters of a span as an expression (in a label)."""

    def __init__(self) -> None:
        self.report: Callable[[Diagnostic], None] = _nowhere
        self.expression: Callable[[Span], ast.Expr | None] = _nothing
        self.output_stages: list[ast.OutputStage] = []

    # --- types ----------------------------------------------------------------------------------------------------

    def type_expr(self, parts: Parts) -> ast.TypeExpr:
        base = parts[0].text if parts[0].type == "NAME" else None
        dims = nodes(parts, ast.Node) if len(parts) > 1 else None
        return ast.TypeExpr(over(parts), base, dims)

    def dim_row(self, parts: Parts) -> ast.DimRow:
        return ast.DimRow(over(parts), parts[1].text if len(parts) > 1 else None)

    def dim_exists(self, parts: Parts) -> ast.DimExists:
        return ast.DimExists(over(parts), parts[1].text)

    # --- chains and stages ----------------------------------------------------------------------------------------

    def chain(self, parts: Parts) -> ast.Chain:
        head: ast.Expr | None = parts[0]
        stages: tuple[ast.Stage, ...] = nodes(parts, ast.Stage)
        if isinstance(head, (ast.Binary, ast.IfExpr, ast.Unary, ast.Range, ast.IsNone)):
            self.report(errors.head_without_parentheses(head, parts[1].span))
        elif isinstance(head, ast.Paren) and isinstance(head.value, ast.Chain) and head.value.head is None:
            stages = (ast.SequentialStage(head.span, None, head.value.stages), *stages)
            head = None
        for stage in stages[:-1] if self.output_stages else ():
            if isinstance(stage, ast.OutputStage):
                self.report(errors.stage_after_output(stage.span))
                self.output_stages.remove(stage)
        return self._deep(ast.Chain(over(parts), head, stages), parts[0], *stages)

    def stages(self, parts: Parts) -> tuple[ast.Stage, ...]:
        return nodes(parts, ast.Stage)

    def labelled(self, parts: Parts) -> ast.Stage:
        stage: ast.Stage = parts[2]
        return self._deep(stage.replace(span=over(parts), label=self._label(parts[0])), stage)

    def call_stage(self, parts: Parts) -> ast.CallStage:
        args = _arguments(parts) if len(parts) > 1 else None
        return self._deep(ast.CallStage(over(parts), None, parts[0], args), parts[0], *[arg.value for arg in args or ()])

    def sequential(self, parts: Parts) -> ast.SequentialStage:
        return self._deep(ast.SequentialStage(over(parts), None, parts[1]), *parts[1])

    def for_stage(self, parts: Parts) -> ast.ForStage:
        targets = tuple([t.text for t in parts[1]])
        return self._deep(ast.ForStage(over(parts), None, targets, parts[3], parts[5]), parts[3], *parts[5])

    def if_stage(self, parts: Parts) -> ast.IfStage:
        after = next((n for n, part in enumerate(parts) if isinstance(part, Token) and part.type == "ELSE"), None)
        orelse: tuple[ast.Stage, ...] = ()
        if after is not None:
            last = parts[after + 1]
            orelse = (last,) if isinstance(last, ast.Stage) else parts[after + 2]
        return self._deep(ast.IfStage(over(parts), None, parts[1], parts[3], orelse), parts[1], *parts[3], *orelse)

    def output_stage(self, parts: Parts) -> ast.OutputStage:
        name = parts[1].text if len(parts) > 1 else None
        stage = ast.OutputStage(over(parts), None, name, parts[3] if len(parts) > 2 else None)
        self.output_stages.append(stage)
        return stage

    def recipe(self, parts: Parts) -> tuple[ast.Stage, ...]:
        return nodes(parts, ast.Stage)

    def recipe_paren(self, parts: Parts) -> ast.Paren:
        stages: tuple[ast.Stage, ...] = parts[1]
        chain = self._deep(ast.Chain(over(stages), None, stages), *stages)
        return self._deep(ast.Paren(over(parts), chain), chain)

    def label_ref(self, parts: Parts) -> ast.LabelRef:
        return ast.LabelRef(parts[0].span, self._label(parts[0]))

    def _label(self, token: Token) -> ast.Label:
        source = token.span.source
        made = []
        for start, end, quoted, pieces in split_path(source.text, token.span.start, token.span.end):
            values: list[str | ast.Expr] = []
            for from_, to, interpolated in pieces:
                if interpolated:
                    value = self.expression(Span(source, from_, to))
                    values.append(ast.Name(Span(source, from_, to), "_") if value is None else value)
                else:
                    values.append(source.text[from_:to])
            made.append(ast.LabelPart(Span(source, start, end), tuple(values), quoted))
        return ast.Label(token.span, tuple(made))

    # --- expressions ----------------------------------------------------------------------------------------------

    def if_expr(self, parts: Parts) -> ast.IfExpr:
        return self._deep(ast.IfExpr(over(parts), parts[2], parts[0], parts[4]), parts[0], parts[2], parts[4])

    def binary(self, parts: Parts) -> ast.Binary:
        left, op, right = parts
        return self._deep(ast.Binary(over(parts), op.text, left, right, op.span), left, right)

    def not_in(self, parts: Parts) -> ast.Binary:
        return self._deep(ast.Binary(over(parts), "not in", parts[0], parts[3], over(parts[1:3])), parts[0], parts[3])

    def is_none(self, parts: Parts) -> ast.IsNone:
        return self._deep(ast.IsNone(over(parts), parts[0], len(parts) > 3), parts[0])

    def range_expr(self, parts: Parts) -> ast.Range:
        return self._deep(ast.Range(over(parts), parts[0], parts[2]), parts[0], parts[2])

    def unary(self, parts: Parts) -> ast.Unary:
        return self._deep(ast.Unary(over(parts), parts[0].text, parts[1]), parts[1])

    def attribute(self, parts: Parts) -> ast.Attribute:
        return self._deep(ast.Attribute(over(parts), parts[0], parts[2].text), parts[0])

    def call(self, parts: Parts) -> ast.Call:
        func: ast.Expr = parts[0]
        if not isinstance(func, (ast.Name, ast.Attribute)):
            self.report(errors.call_of_expression(func))
        args = _arguments(parts)
        return self._deep(ast.Call(over(parts), func, args), func, *[arg.value for arg in args])

    def index(self, parts: Parts) -> ast.Index:
        items = tuple([part for part in parts[1:] if isinstance(part, ast.Expr)])
        return self._deep(ast.Index(over(parts), parts[0], items), parts[0], *items)

    def subscript(self, parts: Parts) -> ast.Expr:
        item: ast.Expr = parts[0]
        return item

    def ellipsis(self, parts: Parts) -> ast.Ellipsis:
        return ast.Ellipsis(parts[0].span)

    def slice_expr(self, parts: Parts) -> ast.Slice:
        bounds: list[ast.Expr | None] = [None]
        for part in parts:
            if isinstance(part, ast.Expr):
                bounds[-1] = part
            else:
                bounds.append(None)
        bounds += [None] * (3 - len(bounds))
        return ast.Slice(over(parts), bounds[0], bounds[1], bounds[2])

    def arguments(self, parts: Parts) -> Parts:
        named: ast.Argument | None = None
        for part in parts:
            if isinstance(part, ast.Argument):
                if part.name is not None:
                    named = named or part
                elif named is not None:
                    self.report(errors.positional_after_keyword(part, named))
                    break
        return parts

    def argument(self, parts: Parts) -> ast.Argument:
        return ast.Argument(parts[0].span, None, parts[0])

    def keyword(self, parts: Parts) -> ast.Argument:
        return ast.Argument(over(parts), parts[0].text, parts[2])

    def name(self, parts: Parts) -> ast.Name | ast.Constant:
        token: Token = parts[0]
        if token.text in _CAPITAL:
            self.report(errors.word_elsewhere(token.span, token.text.lower()))
            return ast.Constant(token.span, _CAPITAL[token.text])
        return ast.Name(token.span, token.text)

    def number(self, parts: Parts) -> ast.Number:
        token: Token = parts[0]
        if token.type == "INT":
            digits = token.text.lstrip("0")
            value = int(digits or "0") if len(digits) <= 19 else MAX_INTEGER
            if value >= MAX_INTEGER:
                self.report(errors.integer_too_large(token.span))
                value = 0
            return ast.Number(token.span, value)
        number = float(token.text)
        if number == float("inf"):
            self.report(errors.float_too_large(token.span))
            number = 0.0
        return ast.Number(token.span, number)

    def string(self, parts: Parts) -> ast.String:
        return ast.String(parts[0].span, unescape(parts[0], 1, self.report))

    def constant(self, parts: Parts) -> ast.Constant:
        return ast.Constant(parts[0].span, {"true": True, "false": False, "none": None}[parts[0].text])

    def paren(self, parts: Parts) -> ast.Paren | ast.TupleExpr:
        inner: Parts = parts[1] if len(parts) > 2 else []
        if len(inner) == 1 and inner[0].name is None:
            return self._deep(ast.Paren(over(parts), inner[0].value), inner[0].value)
        args: tuple[ast.Argument, ...] = nodes(inner, ast.Argument)
        return self._deep(ast.TupleExpr(over(parts), args), *[arg.value for arg in args])

    def list_expr(self, parts: Parts) -> ast.ListExpr:
        items = nodes(parts, ast.Expr)
        return self._deep(ast.ListExpr(over(parts), items), *items)

    def comprehension(self, parts: Parts) -> ast.Comprehension:
        condition = parts[7] if len(parts) > 7 else None
        targets = tuple([t.text for t in parts[3]])
        node = ast.Comprehension(over(parts), parts[1], targets, parts[5], condition)
        return self._deep(node, parts[1], parts[5], condition)

    def _deep(self, node: T, *inner: ast.Node | None) -> T:
        """Notes how deep `node` is, which holds `inner`. Raises TooDeep for one that is too deep to walk by recursion."""
        depth = 1
        for child in inner:
            below = child.__dict__.get("_depth", 0) if child is not None else 0
            if below >= depth:
                depth = below + 1
        if depth > MAX_DEPTH:
            raise TooDeep(node.span)
        node.__dict__["_depth"] = depth
        return node
