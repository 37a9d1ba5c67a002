"""From what the parser recognised to syntax nodes: one method per rule of grammar/nn.lark, each given the rule's parts.

Also here is what the grammar cannot say: which heads of a chain want parentheses, how large a number may be, where an
`output` may stand. Such mistakes are reported, and a usable node is made all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from specc.source import Span
from specc.syntax import ast, errors
from specc.syntax.lexer import Token
from specc.syntax.text import clean_doc, split_path, unescape

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


class Body:
    """The statements between two braces, on their way into a node."""

    __slots__ = ("doc", "span", "statements")

    def __init__(self, parts: Parts) -> None:
        self.span = _over(parts)
        self.doc: str | None = next((part for part in parts if isinstance(part, str)), None)
        self.statements = tuple(part for part in parts if isinstance(part, ast.Statement))


class Inline:
    """What a helper rule gathered: lark spreads it into the rule that uses it."""

    __slots__ = ("children",)

    def __init__(self, _name: str, children: Parts, _meta: object = None) -> None:
        self.children = children


def _over(parts: Sequence[Any]) -> Span:
    first, last = parts[0].span, parts[-1].span
    return Span(first.source, first.start, last.end)


def _nodes(parts: Parts, kind: type[Any]) -> tuple[Any, ...]:
    return tuple([part for part in parts if isinstance(part, kind)])


class Builder:
    """`report` takes a diagnostic; `expression` parses the characters of a span as an expression (in a label)."""

    def __init__(self) -> None:
        self.report: Callable[[Any], None] = lambda diagnostic: None
        self.expression: Callable[[Span], ast.Expr | None] = lambda span: None
        self.output_stages: list[ast.OutputStage] = []

    # --- the file -------------------------------------------------------------------------------------------------

    def file(self, parts: Parts) -> tuple[str | None, tuple[ast.Item, ...]]:
        doc = next((part for part in parts if isinstance(part, str)), None)
        return doc, _nodes(parts, ast.Item)

    def doc(self, parts: Parts) -> str:
        return clean_doc(unescape(parts[0], 3, self.report))

    def import_from(self, parts: Parts) -> ast.Import:
        level, path = parts[1]
        return ast.Import(_over(parts), level, path, _nodes(parts, ast.Imported))

    def module(self, parts: Parts) -> tuple[int, tuple[str, ...]]:
        level = len(parts[0].text) if parts[0].type == "DOTS" else 0
        return level, tuple([part.text for part in parts if part.type == "NAME"])

    def imported(self, parts: Parts) -> ast.Imported:
        return ast.Imported(_over(parts), parts[0].text, parts[2].text if len(parts) > 2 else None)

    def extern(self, parts: Parts) -> ast.Extern:
        body: Body = parts[-1]
        params = parts[3] if isinstance(parts[3], tuple) else ()
        target = unescape(parts[-2], 1, self.report)
        return ast.Extern(Span(parts[0].span.source, parts[0].span.start, body.span.end), parts[2].text, params, target, body.statements)

    def definition(self, parts: Parts) -> ast.Definition:
        body: Body = parts[-1]
        params: tuple[ast.Parameter, ...] = parts[2] if len(parts) == 4 else ()
        for param in params:
            if param.type is None:
                self.report(errors.parameter_without_type(param))
        return ast.Definition(_over(parts), parts[0].text, parts[1].text, parts[1].span, params, body.doc, body.statements)

    def params(self, parts: Parts) -> tuple[ast.Parameter, ...]:
        return _nodes(parts, ast.Parameter)

    def param(self, parts: Parts) -> ast.Parameter:
        return ast.Parameter(_over(parts), *_declaration(parts))

    def body(self, parts: Parts) -> Body:
        return Body(parts)

    braces = body

    # --- types ----------------------------------------------------------------------------------------------------

    def type_expr(self, parts: Parts) -> ast.TypeExpr:
        base = parts[0].text if parts[0].type == "NAME" else None
        dims = _nodes(parts, ast.Node) if len(parts) > 1 else None
        return ast.TypeExpr(_over(parts), base, dims)

    def dim_row(self, parts: Parts) -> ast.DimRow:
        return ast.DimRow(_over(parts), parts[1].text if len(parts) > 1 else None)

    def dim_exists(self, parts: Parts) -> ast.DimExists:
        return ast.DimExists(_over(parts), parts[1].text)

    # --- statements -----------------------------------------------------------------------------------------------

    def input(self, parts: Parts) -> ast.Input:
        return ast.Input(_over(parts), parts[0].text, _nodes(parts, ast.Declared))

    def declared(self, parts: Parts) -> ast.Declared:
        return ast.Declared(_over(parts), *_declaration(parts))

    def state(self, parts: Parts) -> ast.State:
        return ast.State(_over(parts), parts[1])

    def next(self, parts: Parts) -> ast.Next:
        return ast.Next(_over(parts), parts[1].text, parts[3])

    def output(self, parts: Parts) -> ast.Output:
        items = _nodes(parts, ast.OutputItem)
        for item in items if len(items) > 1 else ():
            if isinstance(item.value, ast.Chain):
                self.report(errors.chain_in_output_list(item, items))
                break
        return ast.Output(_over(parts), items)

    def output_item(self, parts: Parts) -> ast.OutputItem:
        value: ast.Expr = parts[0]
        return ast.OutputItem(value.span, value.name if isinstance(value, ast.Name) else None, None, value)

    def output_typed(self, parts: Parts) -> ast.OutputItem:
        return ast.OutputItem(_over(parts), parts[0].text, parts[2], ast.Name(parts[0].span, parts[0].text))

    def output_named(self, parts: Parts) -> ast.OutputItem:
        return ast.OutputItem(_over(parts), *_declaration(parts))

    def require(self, parts: Parts) -> ast.Require:
        return ast.Require(_over(parts), parts[1], unescape(parts[3], 1, self.report) if len(parts) > 2 else None)

    def assign(self, parts: Parts) -> ast.Assign:
        targets: list[Token] = parts[0]
        return ast.Assign(_over([targets[0], parts[2]]), tuple([t.text for t in targets]), parts[2])

    def targets(self, parts: Parts) -> list[Token]:
        return [part for part in parts if part.type == "NAME"]

    def expr_statement(self, parts: Parts) -> ast.ExprStatement:
        value = parts[0]
        if self.output_stages and isinstance(value, ast.Chain) and value.stages[-1] is self.output_stages[-1]:
            self.output_stages.pop()
        return ast.ExprStatement(value.span, value)

    def for_statement(self, parts: Parts) -> ast.For:
        body: Body = parts[4]
        return ast.For(_over([parts[0], body]), tuple([t.text for t in parts[1]]), parts[3], body.statements)

    def if_statement(self, parts: Parts) -> ast.If:
        orelse: tuple[ast.Statement, ...] = ()
        if len(parts) > 3:
            orelse = parts[4].statements if isinstance(parts[4], Body) else (parts[4],)
        node = ast.If(_over(parts), parts[1], parts[2].statements, orelse)
        return self._deep(node, parts[4]) if len(parts) > 3 and isinstance(parts[4], ast.If) else node

    def layer(self, parts: Parts) -> ast.LayerDecl:
        value = parts[3]
        if isinstance(value, ast.Stage):
            value = ast.Chain(value.span, None, (value,))
        elif isinstance(value, ast.Chain):
            self.report(errors.layer_chain_without_parentheses(value))
            value = ast.Paren(value.span, value)
        return ast.LayerDecl(_over(parts), self._label(parts[1]), value)

    def tensor(self, parts: Parts) -> ast.TensorDecl:
        _, type_expr, value = _declaration(parts[1:])
        return ast.TensorDecl(_over(parts), parts[0].text, self._label(parts[1]), type_expr, value)

    def init(self, parts: Parts) -> ast.Init:
        return ast.Init(_over(parts), _nodes(parts, ast.InitRule))

    def init_rule(self, parts: Parts) -> ast.InitRule:
        return ast.InitRule(_over(parts), _pattern(parts[0]), parts[2])

    def freeze(self, parts: Parts) -> ast.Freeze:
        return ast.Freeze(_over(parts), tuple([_pattern(part) for part in parts if part.type == "PATTERN"]))

    def tie(self, parts: Parts) -> ast.Tie:
        return ast.Tie(_over(parts), parts[1], parts[3])

    def entry(self, parts: Parts) -> ast.Entry:
        body: Body = parts[2]
        return ast.Entry(_over(parts), parts[1].text, body.doc, body.statements)

    def variants(self, parts: Parts) -> ast.Variants:
        return ast.Variants(_over(parts), _nodes(parts, ast.Variant))

    def variant(self, parts: Parts) -> ast.Variant:
        return ast.Variant(_over(parts), parts[0].text, _nodes(parts[3], ast.Argument) if len(parts) > 4 else ())

    def let(self, parts: Parts) -> ast.Let:
        params = parts[2] if len(parts) == 5 else None
        return ast.Let(_over(parts), parts[1].text, params, parts[-1])

    # --- chains and stages ----------------------------------------------------------------------------------------

    def chain(self, parts: Parts) -> ast.Chain:
        head: ast.Expr | None = parts[0]
        stages: tuple[ast.Stage, ...] = _nodes(parts, ast.Stage)
        if isinstance(head, (ast.Binary, ast.IfExpr, ast.Unary, ast.Range, ast.IsNone)):
            self.report(errors.head_without_parentheses(head, parts[1].span))
        elif isinstance(head, ast.Paren) and isinstance(head.value, ast.Chain) and head.value.head is None:
            stages = (ast.SequentialStage(head.span, None, head.value.stages), *stages)
            head = None
        for stage in stages[:-1] if self.output_stages else ():
            if isinstance(stage, ast.OutputStage):
                self.report(errors.stage_after_output(stage.span))
                self.output_stages.remove(stage)
        return self._deep(ast.Chain(_over(parts), head, stages), parts[0], *stages)

    def stages(self, parts: Parts) -> tuple[ast.Stage, ...]:
        return _nodes(parts, ast.Stage)

    def labelled(self, parts: Parts) -> ast.Stage:
        stage: ast.Stage = parts[2]
        return self._deep(stage.replace(span=_over(parts), label=self._label(parts[0])), stage)

    def call_stage(self, parts: Parts) -> ast.CallStage:
        args = _arguments(parts) if len(parts) > 1 else None
        return self._deep(ast.CallStage(_over(parts), None, parts[0], args), parts[0], *[arg.value for arg in args or ()])

    def sequential(self, parts: Parts) -> ast.SequentialStage:
        return self._deep(ast.SequentialStage(_over(parts), None, parts[1]), *parts[1])

    def for_stage(self, parts: Parts) -> ast.ForStage:
        targets = tuple([t.text for t in parts[1]])
        return self._deep(ast.ForStage(_over(parts), None, targets, parts[3], parts[5]), parts[3], *parts[5])

    def if_stage(self, parts: Parts) -> ast.IfStage:
        after = next((n for n, part in enumerate(parts) if isinstance(part, Token) and part.type == "ELSE"), None)
        orelse: tuple[ast.Stage, ...] = ()
        if after is not None:
            last = parts[after + 1]
            orelse = (last,) if isinstance(last, ast.Stage) else parts[after + 2]
        return self._deep(ast.IfStage(_over(parts), None, parts[1], parts[3], orelse), parts[1], *parts[3], *orelse)

    def output_stage(self, parts: Parts) -> ast.OutputStage:
        name = parts[1].text if len(parts) > 1 else None
        stage = ast.OutputStage(_over(parts), None, name, parts[3] if len(parts) > 2 else None)
        self.output_stages.append(stage)
        return stage

    def recipe(self, parts: Parts) -> tuple[ast.Stage, ...]:
        return _nodes(parts, ast.Stage)

    def recipe_paren(self, parts: Parts) -> ast.Paren:
        stages: tuple[ast.Stage, ...] = parts[1]
        chain = self._deep(ast.Chain(_over(stages), None, stages), *stages)
        return self._deep(ast.Paren(_over(parts), chain), chain)

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
        return self._deep(ast.IfExpr(_over(parts), parts[2], parts[0], parts[4]), parts[0], parts[2], parts[4])

    def binary(self, parts: Parts) -> ast.Binary:
        left, op, right = parts
        return self._deep(ast.Binary(_over(parts), op.text, left, right, op.span), left, right)

    def not_in(self, parts: Parts) -> ast.Binary:
        return self._deep(ast.Binary(_over(parts), "not in", parts[0], parts[3], _over(parts[1:3])), parts[0], parts[3])

    def is_none(self, parts: Parts) -> ast.IsNone:
        return self._deep(ast.IsNone(_over(parts), parts[0], len(parts) > 3), parts[0])

    def range_expr(self, parts: Parts) -> ast.Range:
        return self._deep(ast.Range(_over(parts), parts[0], parts[2]), parts[0], parts[2])

    def unary(self, parts: Parts) -> ast.Unary:
        return self._deep(ast.Unary(_over(parts), parts[0].text, parts[1]), parts[1])

    def attribute(self, parts: Parts) -> ast.Attribute:
        return self._deep(ast.Attribute(_over(parts), parts[0], parts[2].text), parts[0])

    def call(self, parts: Parts) -> ast.Call:
        func: ast.Expr = parts[0]
        if not isinstance(func, (ast.Name, ast.Attribute)):
            self.report(errors.call_of_expression(func))
        args = _arguments(parts)
        return self._deep(ast.Call(_over(parts), func, args), func, *[arg.value for arg in args])

    def index(self, parts: Parts) -> ast.Index:
        items = tuple([part for part in parts[1:] if isinstance(part, ast.Expr)])
        return self._deep(ast.Index(_over(parts), parts[0], items), parts[0], *items)

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
        return ast.Slice(_over(parts), bounds[0], bounds[1], bounds[2])

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
        return ast.Argument(_over(parts), parts[0].text, parts[2])

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
            return self._deep(ast.Paren(_over(parts), inner[0].value), inner[0].value)
        args: tuple[ast.Argument, ...] = _nodes(inner, ast.Argument)
        return self._deep(ast.TupleExpr(_over(parts), args), *[arg.value for arg in args])

    def list_expr(self, parts: Parts) -> ast.ListExpr:
        items = _nodes(parts, ast.Expr)
        return self._deep(ast.ListExpr(_over(parts), items), *items)

    def comprehension(self, parts: Parts) -> ast.Comprehension:
        condition = parts[7] if len(parts) > 7 else None
        targets = tuple([t.text for t in parts[3]])
        node = ast.Comprehension(_over(parts), parts[1], targets, parts[5], condition)
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


def _declaration(parts: Parts) -> tuple[str, ast.TypeExpr | None, Any]:
    """Name, type and value of `NAME (":" type)? ("=" value)?`."""
    type_expr = value = None
    for sign, part in zip(parts[1::2], parts[2::2], strict=True):
        if sign.text == ":":
            type_expr = part
        else:
            value = part
    return parts[0].text, type_expr, value


def _arguments(parts: Parts) -> tuple[ast.Argument, ...]:
    """Those of `callee "(" arguments? ")"`."""
    return _nodes(parts[2], ast.Argument) if len(parts) > 3 else ()


def _pattern(token: Token) -> ast.Pattern:
    return ast.Pattern(token.span, tuple(token.text.split(".")))
