"""How expressions, chains, labels and types are laid out in the canonical form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

from specc.syntax import ast
from specc.syntax.comments import Comments
from specc.syntax.layout import EDGE, HARD, LINE, Broken, Doc, Fill, Group, Indent, Line, Suffix, brackets, is_hard

_FLOAT = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
N = TypeVar("N", bound=ast.Node)
_HUGGED = (ast.ListExpr, ast.Comprehension, ast.TupleExpr)
_BRACKETED = (ast.Paren, ast.TupleExpr, ast.ListExpr, ast.Comprehension, ast.Call)


class ExprPrinter:
    """`comments` are those not yet printed: what is laid out here takes the ones that stand between its parts."""

    def __init__(self, comments: Comments) -> None:
        self.comments = comments

    # --- comments and sequences -----------------------------------------------------------------------------------

    def above(self, start: int, end: int) -> Doc:
        """The comments from `start` up to `end`, each on a line of its own."""
        return tuple((comment.text, HARD) for comment in self.comments.between(start, end)) if self.comments else ()

    def beside(self, start: int, end: int, whole: bool = False) -> Doc:
        """Those that begin on the line of `start`, or (`whole`) all: at the end of the line."""
        taken = self.comments.between(start, end) if whole else self.comments.trailing(start, end)
        return tuple(
            Suffix(comment.text, alone=whole and self.comments.newline_between(start, comment.span.start)) for comment in taken
        )

    def items(self, nodes: Sequence[N], show: Callable[[N], Doc], start: int, end: int) -> list[Doc]:
        """The parts of a list between brackets at `start` and before `end`, each with the comments that stand at it."""
        docs: list[Doc] = []
        for n, node in enumerate(nodes):
            above = self.above(start, node.span.start)
            shown = show(node)
            last = n + 1 == len(nodes)
            docs.append((above, shown, self.beside(node.span.end, end if last else nodes[n + 1].span.start, whole=last)))
            start = node.span.end
        return docs

    def arguments(self, args: Sequence[ast.Argument], start: int, end: int) -> Doc:
        if len(args) == 1 and args[0].name is None and isinstance(args[0].value, _HUGGED):
            around = self.comments.any(start, args[0].span.start) or self.comments.any(args[0].span.end, end)
            if not around:
                return ("(", self.expr(args[0].value), ")")
        return brackets("(", self.items(args, self._argument, start, end), ")")

    def _argument(self, node: ast.Argument) -> Doc:
        return self.expr(node.value) if node.name is None else (f"{node.name}=", self.expr(node.value))

    # --- expressions ----------------------------------------------------------------------------------------------

    def expr(self, node: ast.Expr) -> Doc:
        match node:
            case ast.Name():
                return node.name
            case ast.Number():
                return number(node)
            case ast.String():
                return quoted(node.value)
            case ast.Constant():
                return {True: "true", False: "false", None: "none"}[node.value]
            case ast.Attribute():
                return (self.expr(node.value), ".", node.name)
            case ast.Call():
                return (self.expr(node.func), self.arguments(node.args, node.func.span.end, node.span.end))
            case ast.Binary():
                return self._binary(node)
            case ast.Unary():
                return (f"{node.op} " if node.op == "not" else node.op, self.expr(node.value))
            case ast.Paren():
                return self._paren(node)
            case ast.TupleExpr():
                return self._tuple(node)
            case ast.ListExpr():
                return self._list(node)
            case ast.Index():
                return (self.expr(node.value), brackets("[", [self.expr(item) for item in node.items], "]", last=""))
            case ast.Chain():
                return self.chain(node)
        return self._rarer(node)

    def _rarer(self, node: ast.Expr) -> Doc:
        match node:
            case ast.IfExpr():
                return (self.expr(node.then), " if ", self.expr(node.condition), Fill("else ", self.expr(node.orelse), by=4))
            case ast.IsNone():
                return (self.expr(node.value), " is not none" if node.negated else " is none")
            case ast.Range():
                return (self.expr(node.start), "..", self.expr(node.stop))
            case ast.Slice():
                start, stop = node.start and self.expr(node.start), node.stop and self.expr(node.stop)
                step: Doc = (":", self.expr(node.step)) if node.step else ""
                return (start or "", ":", stop or "", step)
            case ast.Ellipsis():
                return "..."
            case ast.Comprehension():
                condition: Doc = (LINE, "if ", self.expr(node.condition)) if node.condition else ""
                head = (LINE, "for ", ", ".join(node.targets), " in ", self.expr(node.iterable))
                return Group("[", Indent(4, EDGE, self.expr(node.element), head, condition), EDGE, "]")
            case ast.LabelRef():
                return self.label(node.label)
        raise TypeError(f"no layout for {type(node).__name__}")

    def _binary(self, node: ast.Binary) -> Doc:
        """A line may end after an operator. After a small left operand, the right one's brackets break instead."""
        right = self.expr(node.right)
        hugs = isinstance(node.right, _BRACKETED) and _is_small(node.left)
        return (
            self.expr(node.left),
            f" {node.op}",
            (" ", right) if hugs else Fill(right, by=4, hugs=isinstance(node.right, _BRACKETED)),
        )

    def _paren(self, node: ast.Paren) -> Doc:
        above = self.above(node.span.start, node.value.span.start)
        shown = self.expr(node.value)
        beside = self.beside(node.value.span.end, node.span.end, whole=True)
        return Group("(", Indent(4, EDGE, above, shown, beside), EDGE, ")")

    def _tuple(self, node: ast.TupleExpr) -> Doc:
        if len(node.items) == 1 and node.items[0].name is None:
            return Group("(", Indent(4, EDGE, self._argument(node.items[0]), ","), EDGE, ")")
        return brackets("(", self.items(node.items, self._argument, node.span.start, node.span.end), ")")

    def _list(self, node: ast.ListExpr) -> Doc:
        items = self.items(node.items, self.expr, node.span.start, node.span.end)
        if len(items) > 1 and all(_is_small(item) for item in node.items) and not is_hard(tuple(items)):
            filled = (items[0], *((",", Fill(item)) for item in items[1:]))
            return Group("[", Indent(4, EDGE, filled, Broken(",")), EDGE, "]")
        return brackets("[", items, "]")

    # --- chains ---------------------------------------------------------------------------------------------------

    def chain(self, node: ast.Chain) -> Doc:
        """Breaks before `->` stand where the writer put them. Where there are none and the chain does not fit, it breaks
        before each stage that has a label and arguments; what still does not fit is filled."""
        return self.stages(node.stages, node.head)

    def stages(self, stages: Sequence[ast.Stage], head: ast.Expr | None = None) -> Doc:
        members: list[ast.Expr | ast.Stage] = [*([head] if head is not None else []), *stages]
        if len(members) == 2 and isinstance(members[1], (ast.ForStage, ast.IfStage, ast.SequentialStage)):
            between = members[0].span.end, members[1].span.start
            if not self.comments.any(*between) and not self.comments.newline_between(*between):
                return (self._member(members[0]), " -> ", self._member(members[1]))
        user = any(self.comments.newline_between(a.span.end, b.span.start) for a, b in pairwise(members))
        shown: list[Doc] = [self._member(members[0])]
        for before, member in pairwise(members):
            beside = self.beside(before.span.end, member.span.start)
            above = self.above(before.span.end, member.span.start)
            doc = Group(self._member(member))
            if beside or above or (user and self.comments.newline_between(before.span.end, member.span.start)):
                shown.append((beside, Indent(2, HARD, above, "-> ", doc)))
            elif not user and _leads(member):
                shown.append(Indent(2, LINE, "-> ", doc))
            else:
                shown.append(Fill("-> ", doc, by=2))
        return Group(*shown)

    def _member(self, node: ast.Expr | ast.Stage) -> Doc:
        return self.stage(node) if isinstance(node, ast.Stage) else self.expr(node)

    def stage(self, node: ast.Stage) -> Doc:
        label: Doc = (self.label(node.label), ": ") if node.label is not None else ""
        match node:
            case ast.CallStage():
                arguments = "" if node.args is None else self.arguments(node.args, node.func.span.end, node.span.end)
                return (label, self.expr(node.func), arguments)
            case ast.SequentialStage():
                start = node.label.span.end if node.label is not None else node.span.start
                only = node.stages[0]
                if len(node.stages) == 1 and isinstance(only, (ast.ForStage, ast.IfStage)):
                    around = self.comments.any(start, only.span.start) or self.comments.any(only.span.end, node.span.end)
                    if not around:
                        return (label, "(", self.stage(only), ")")
                return (label, Group("(", Indent(4, EDGE, self._closed(node.stages, start, node.span.end)), EDGE, ")"))
            case ast.ForStage():
                head = ("for ", ", ".join(node.targets), " in ", self.expr(node.iterable), " ")
                return (label, head, self._braces(node.stages, node.iterable.span.end, node.span.end))
            case ast.IfStage():
                return (label, self._if_stage(node))
            case ast.OutputStage():
                name = f" {node.name}" if node.name is not None else ""
                return (f"output{name}", (": ", self.type(node.type)) if node.type is not None else "")
        raise TypeError(f"no layout for {type(node).__name__}")

    def _if_stage(self, node: ast.IfStage) -> Doc:
        first = node.orelse[0].span.start if node.orelse else node.span.end
        then = ("if ", self.expr(node.condition), " ", self._braces(node.stages, node.condition.span.end, first))
        if not node.orelse:
            return then
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.IfStage) and node.orelse[0].label is None:
            return (then, " else ", self._if_stage(node.orelse[0]))
        return (then, " else ", self._braces(node.orelse, self.comments.find("}", node.stages[-1].span.end), node.span.end))

    def _braces(self, stages: Sequence[ast.Stage], start: int, end: int) -> Doc:
        opening = self.comments.find("{", start)
        kept = HARD if self.comments.newline_between(opening, stages[0].span.start) else LINE
        return Group("{", Indent(4, kept, self._closed(stages, start, end)), LINE, "}")

    def _closed(self, stages: Sequence[ast.Stage], start: int, end: int) -> Doc:
        """Stages between brackets, with the comments that stand before the first and after the last."""
        above = self.above(start, stages[0].span.start)
        shown = self.stages(stages)
        return (above, shown, self.beside(stages[-1].span.end, end, whole=True))

    def label(self, node: ast.Label) -> str:
        return ".".join(self._part(part) for part in node.parts)

    def _part(self, part: ast.LabelPart) -> str:
        text = "".join(piece if isinstance(piece, str) else "{" + flat(self.expr(piece)) + "}" for piece in part.pieces)
        return f'"{text}"' if part.quoted else text

    # --- types ----------------------------------------------------------------------------------------------------

    def type(self, node: ast.TypeExpr) -> Doc:
        dims: Doc = "" if node.dims is None else brackets("[", [self._dim(dim) for dim in node.dims], "]")
        return (node.base or "", dims)

    def _dim(self, node: ast.Expr | ast.DimRow | ast.DimExists) -> Doc:
        if isinstance(node, ast.DimRow):
            return f"...{node.name or ''}"
        return f"?{node.name}" if isinstance(node, ast.DimExists) else self.expr(node)

    def declaration(self, name: str, type_expr: ast.TypeExpr | None, value: ast.Expr | None, tight: bool = False) -> Doc:
        """`name: type = value`; `tight` for a parameter without a type, `by=8`."""
        kind: Doc = (": ", self.type(type_expr)) if type_expr is not None else ""
        given: Doc = ("=" if tight and type_expr is None else " = ", self.expr(value)) if value is not None else ""
        return (name, kind, given)


def _leads(member: ast.Node) -> bool:
    """Does a group of stages that belong together begin here?"""
    if not isinstance(member, ast.Stage) or member.label is None:
        return False
    return not isinstance(member, ast.CallStage) or member.args is not None


def _is_small(node: ast.Node) -> bool:
    return isinstance(node, (ast.Name, ast.Number, ast.String, ast.Constant)) or (
        isinstance(node, ast.Unary) and _is_small(node.value)
    )


def number(node: ast.Number) -> str:
    """As it was written, but for idle signs and zeros."""
    if isinstance(node.value, int):
        return str(node.value)
    text = node.span.text.lower()
    if not _FLOAT.fullmatch(text) or float(text) != node.value:
        text = repr(node.value)
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    sign = "-" if exponent.startswith("-") else ""
    return f"{mantissa}e{sign}{exponent.lstrip('+-').lstrip('0') or '0'}"


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def flat(doc: Doc) -> str:
    """On one line, whatever its width."""
    if isinstance(doc, str):
        return doc
    if isinstance(doc, tuple):
        return "".join(flat(part) for part in doc)
    if isinstance(doc, (Group, Indent)):
        return flat(doc.doc)
    if isinstance(doc, Fill):
        return " " + flat(doc.doc)
    return doc.flat if isinstance(doc, Line) else ""
