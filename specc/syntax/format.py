"""The canonical form of a file: one way to lay a spec out, that keeps every comment and says the same.

Four spaces of indentation, 88 columns, one statement a line; bodies that were written on one line stay on one where they
fit. Empty lines are kept, one at a time. Breaks before `->` stay where the writer put them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from specc.record import Record
from specc.syntax import ast
from specc.syntax.comments import Comments
from specc.syntax.layout import HARD, LINE, Doc, Fill, Group, Indent, Line, brackets, render
from specc.syntax.print_expr import ExprPrinter, quoted

WIDTH = 88
_STATEMENT_END = Line("; ")


def format(file: ast.File) -> str:
    """The text of a file in canonical form. Raises ValueError for a file with mistakes (with a Broken in it)."""
    printer = _Printer(file)
    text = render(printer.sequence(file.doc, file.items, 0, len(file.source.text), HARD), WIDTH)
    return text.strip("\n") + "\n"


class _Entry(Record):
    """Something on a line of its own: a node, or a comment; and where it stood."""

    doc: Doc
    start: int
    end: int
    is_comment: bool


class _Printer(ExprPrinter):
    def __init__(self, file: ast.File) -> None:
        super().__init__(Comments(file))

    # --- sequences and bodies -------------------------------------------------------------------------------------

    def sequence(self, doc: str | None, nodes: Sequence[ast.Node], start: int, end: int, separator: Line) -> Doc:
        """A docstring, then statements or items, from `start` up to `end`, with their comments and the empty lines between."""
        entries: list[_Entry] = []
        if doc is not None:
            opening, closing = self.comments.docstring(start)
            entries += self._comments(start, opening)
            beside = self.beside(closing, nodes[0].span.start if nodes else end)
            entries.append(_Entry((docstring(doc), beside), opening, closing, True))
            start = closing
        for n, node in enumerate(nodes):
            entries += self._comments(start, node.span.start)
            shown = self.node(node)
            # What has found no place within the statement goes above it.
            homeless = self.comments.between(node.span.start, node.span.end)
            entries.extend(_Entry(comment.text, node.span.start, node.span.start, True) for comment in homeless)
            beside = self.beside(node.span.end, nodes[n + 1].span.start if n + 1 < len(nodes) else end)
            entries.append(_Entry((shown, beside), node.span.start, node.span.end, False))
            start = node.span.end
        entries += self._comments(start, end)
        parts: list[Doc] = [entries[0].doc] if entries else []
        for before, entry in pairwise(entries):
            alone = before.is_comment or entry.is_comment
            blank = self.comments.blank_between(before.end, entry.start)
            parts.append((HARD, HARD) if blank else HARD if alone else separator)
            parts.append(entry.doc)
        return tuple(parts)

    def _comments(self, start: int, end: int) -> list[_Entry]:
        taken = self.comments.between(start, end)
        return [_Entry(comment.text, comment.span.start, comment.span.end, True) for comment in taken]

    def body(self, doc: str | None, nodes: Sequence[ast.Node], start: int, end: int) -> Doc:
        """What stands between two braces: the first one after `start`, and the one at `end`."""
        opening = self.comments.find("{", start) + 1
        if not nodes and doc is None and not self.comments.any(opening, end):
            return "{ }"
        several = opening == 0 or doc is not None or self.comments.newline_between(opening, end)
        beside = "" if doc is not None else self.beside(opening, nodes[0].span.start if nodes else end)
        edge = HARD if several else LINE
        inner = self.sequence(doc, nodes, opening, end, _STATEMENT_END)
        return Group("{", beside, Indent(4, edge, inner) if inner else "", edge, "}")

    # --- items and statements -------------------------------------------------------------------------------------

    def node(self, node: ast.Node) -> Doc:
        match node:
            case ast.Definition():
                start = node.params[-1].span.end if node.params else node.name_span.end
                params = self._params(node.params, node.name_span.end)
                return (f"{node.keyword} {node.name}", params, " ", self.body(node.doc, node.body, start, node.span.end - 1))
            case ast.Let():
                params = "" if node.params is None else self._params(node.params, node.span.start, "()")
                return (f"let {node.name}", params, " = ", self.expr(node.value))
            case ast.Import():
                names = [f"{n.name} as {n.alias}" if n.alias else n.name for n in node.names]
                return _list(f"from {'.' * node.level}{'.'.join(node.path)} import ", list(names), 4)
            case ast.Extern():
                head = (f"extern layer {node.name}", self._params(node.params, node.span.start), f" = {quoted(node.target)} ")
                target = self.comments.find(
                    '"', self.comments.find("=", node.params[-1].span.end if node.params else node.span.start)
                )
                return (head, self.body(None, node.body, self.comments.find('"', target + 1), node.span.end - 1))
            case ast.If():
                return self._if(node)
            case ast.For():
                head = (f"for {', '.join(node.targets)} in ", self.expr(node.iterable), " ")
                return (head, self.body(None, node.body, node.iterable.span.end, node.span.end - 1))
            case ast.Entry():
                start = node.span.start
                return (f"entry {node.name} ", self.body(node.doc, node.body, start, node.span.end - 1))
            case ast.Init():
                return ("init ", self.body(None, node.rules, node.span.start, node.span.end - 1))
            case ast.Variants():
                return ("variants ", self.body(None, node.items, node.span.start, node.span.end - 1))
            case ast.Broken():
                raise ValueError("a file with mistakes has no canonical form")
        return self._simple(node)

    def _simple(self, node: ast.Node) -> Doc:
        match node:
            case ast.Assign():
                return (f"{', '.join(node.targets)} = ", self.expr(node.value))
            case ast.ExprStatement():
                return self.expr(node.value)
            case ast.Output():
                items = [self._output(item) for item in node.items]
                return _list("output ", items) if len(items) > 1 else ("output ", items[0])
            case ast.Input():
                return _list(f"{node.keyword} ", [self.declaration(d.name, d.type, d.default) for d in node.items])
            case ast.State():
                return ("state ", self.declaration(node.item.name, node.item.type, node.item.default))
            case ast.Next():
                return (f"next {node.name} = ", self.expr(node.value))
            case ast.Require():
                message: Doc = (",", Fill(quoted(node.message), by=4)) if node.message is not None else ""
                return ("require ", self.expr(node.condition), message)
            case ast.LayerDecl():
                return (f"layer {self.label(node.label)}: ", self.expr(node.value))
            case ast.TensorDecl():
                return (f"{node.keyword} ", self.declaration(self.label(node.label), node.type, node.value))
            case ast.Freeze():
                return _list("freeze ", [".".join(pattern.parts) for pattern in node.patterns])
            case ast.Tie():
                return ("tie ", self.expr(node.target), " = ", self.expr(node.source))
            case ast.InitRule():
                return (f"{'.'.join(node.pattern.parts)} = ", self.expr(node.value))
            case ast.Variant():
                values = self.items(node.values, self._argument, node.span.start, node.span.end)
                return (f"{node.name}: ", brackets("(", values, ")"))
        raise TypeError(f"no layout for {type(node).__name__}")

    def _if(self, node: ast.If) -> Doc:
        closing = node.span.end - 1
        if node.orelse:
            after = node.body[-1].span.end if node.body else self.comments.find("{", node.condition.span.end)
            closing = self.comments.find("}", after)
        then = ("if ", self.expr(node.condition), " ", self.body(None, node.body, node.condition.span.end, closing))
        if not node.orelse:
            return then
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            return (then, " else ", self._if(node.orelse[0]))
        return (then, " else ", self.body(None, node.orelse, closing, node.span.end - 1))

    def _output(self, item: ast.OutputItem) -> Doc:
        if item.name is None:
            return self.expr(item.value)
        names_itself = isinstance(item.value, ast.Name) and item.value.name == item.name
        return self.declaration(item.name, item.type, None if names_itself else item.value)

    def _params(self, params: Sequence[ast.Parameter], start: int, empty: str = "") -> Doc:
        if not params:
            return empty
        return brackets("(", self.items(params, self._param, start, self.comments.find(")", params[-1].span.end)), ")")

    def _param(self, node: ast.Parameter) -> Doc:
        return self.declaration(node.name, node.type, node.default, tight=True)


def _list(head: str, items: list[Doc], by: int | None = None) -> Doc:
    """Items after a keyword, filled; what goes on is indented to stand below the first."""
    return (head, Indent(len(head) if by is None else by, items[0], *((",", Fill(item)) for item in items[1:])))


def docstring(text: str) -> Doc:
    """On one line, or line by line below the quotes where later lines are indented (else the first would lose its place)."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = escaped[:-1] + '\\"'
    lines = escaped.split("\n")
    if len(lines) == 1:
        return f'"""{escaped}"""'
    later = [line for line in lines[1:] if line]
    opening: Doc = ('"""', HARD, lines[0]) if all(line.startswith(" ") for line in later) else f'"""{lines[0]}'
    return (opening, *((HARD, line) for line in lines[1:]), HARD, '"""')
