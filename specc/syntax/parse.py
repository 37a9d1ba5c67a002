"""The only door to lark: source text to syntax tree.

The grammar is compiled ahead of time (specc/syntax/tables.py); what runs here is lark's LALR(1) parser over that table,
fed by the lexer of this package, building nodes as it goes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache, partial
from threading import RLock
from typing import Any

from lark import Lark, UnexpectedToken
from lark.grammar import NonTerminal, Rule, RuleOptions
from lark.grammar import Terminal as TerminalSymbol
from lark.parse_tree_builder import ParseTreeBuilder
from lark.parsers.lalr_analysis import IntParseTable, Reduce, Shift
from lark.parsers.lalr_parser_state import ParseConf, ParserState

from specc.diagnostics import Diagnostic, Diagnostics
from specc.source import SourceFile, Span
from specc.syntax import ast, errors
from specc.syntax.build import Builder, Inline
from specc.syntax.build_expr import MAX_DEPTH, TooDeep
from specc.syntax.lexer import END, SEPARATOR, Lexer, Terminal, Terminals, Token, Unreadable
from specc.syntax.recovery import diagnose
from specc.syntax.scan import Scan, scan
from specc.syntax.situation import Mend, Situation, accepted, level_of

TABLE = "table.json"
STARTS = ("file", "value")
MAX_MISTAKES = 50
MAX_STACK = 3000
"""Of the automaton: operators that nest to the right, such as a thousand minus signs, pile up there."""
_LOCK = RLock()

# After these a line's end cannot end a statement.
_CONTINUING = frozenset(
    {
        ",",
        "=",
        ":",
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "@",
        "**",
        "|",
        "^",
        "&",
        "~",
        "..",
        "->",
        "{",
        ";",
        "and",
        "or",
        "not",
        "in",
        "is",
    }
)
_CONTINUING_PATTERNS = frozenset({"COMPARISON", "ELSE", "IF", "FOR"})


def parse(source: SourceFile, diagnostics: Diagnostics) -> ast.File:
    """The tree of a file. What cannot be read is reported, and a Broken stands in its place; the rest is whole."""
    marks = scan(source, diagnostics)
    doc: str | None = None
    items: tuple[ast.Item, ...] = ()
    if marks.readable:
        result = _run("file", Lexer(_parser().terminals, source, marks), diagnostics)
        if result is not None:
            doc, items = result
        for spare in marks.repairs.spare.values() if marks.repairs is not None else ():
            diagnostics.add(spare)
        if not items and not diagnostics.has_errors:
            diagnostics.add(errors.empty_file(Span(source, 0, 0)))
    return ast.File(Span(source, 0, len(source.text)), source, doc, items, tuple(marks.comments))


def parse_expression(text: str, diagnostics: Diagnostics, name: str = "<value>") -> ast.Expr | None:
    """A value as written in `--set name=value`; None when it cannot be read."""
    source = SourceFile(name, text)
    marks = scan(source, diagnostics)
    if not marks.readable:
        return None
    result: ast.Expr | None = _run("value", Lexer(_parser().terminals, source, marks), diagnostics)
    return result


def _run(start: str, lexer: Lexer, diagnostics: Diagnostics) -> Any:
    """What the start symbol became; None when nothing could be made of the source."""
    parser = _parser()

    def interpolated(span: Span) -> ast.Expr | None:
        result: ast.Expr | None = _run("value", Lexer(parser.terminals, span.source, Scan(), span.start, span.end), diagnostics)
        return result

    def report(diagnostic: Diagnostic) -> None:
        if diagnostic.primary is None or not lexer.damaged(diagnostic.primary.span.start):
            diagnostics.add(diagnostic)

    with _LOCK:  # the builder serves one source at a time, and within it the expressions in its labels
        builder = parser.builder
        before = builder.report, builder.expression, builder.output_stages
        builder.report, builder.expression, builder.output_stages = report, interpolated, []
        try:
            return _Run(parser, start, lexer, diagnostics).result()
        finally:
            for stage in builder.output_stages:
                report(
                    errors.nothing_follows(arrow, "a layer or function")
                    if (arrow := _hanging(stage))
                    else errors.output_within(stage)
                )
            builder.report, builder.expression, builder.output_stages = before


def _hanging(stage: ast.OutputStage) -> Span | None:
    """The arrow before an `output`, where it ends the line above: then a stage was forgotten there."""
    source, at = stage.span.source, stage.span.start
    arrow = source.text.rfind("->", 0, at)
    return Span(source, arrow, arrow + 2) if source.text.find("\n", arrow, at) >= 0 else None


class Parser:
    """lark's parser with our lexer and nodes."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.builder = Builder()
        rules = [_rule(*row) for row in table["rules"]]
        reductions = [(Reduce, rule) for rule in rules]
        shifts = [(Shift, state) for state in range(len(table["states"]))]
        self.states: Mapping[int, Mapping[str, Any]] = {
            state: {symbol: shifts[to] if to >= 0 else reductions[-1 - to] for symbol, to in row.items()}
            for state, row in enumerate(table["states"])
        }
        starts = {start: ends[0] for start, ends in table["starts"].items()}
        ends = {start: ends[1] for start, ends in table["starts"].items()}
        callbacks = ParseTreeBuilder(rules, Inline).create_callback(self.builder)  # type: ignore[no-untyped-call]
        automaton = IntParseTable(self.states, starts, ends)  # type: ignore[no-untyped-call]
        self.confs = {start: ParseConf(automaton, callbacks, start) for start in STARTS}
        terminals = [Terminal(*row) for row in table["terminals"]]
        self.terminals = Terminals(terminals, {t.name for t in terminals if t.literal in _CONTINUING} | _CONTINUING_PATTERNS)


class _Run:
    """One source through the automaton, on after mistakes."""

    def __init__(self, parser: Parser, start: str, lexer: Lexer, diagnostics: Diagnostics) -> None:
        self.states = parser.states
        self.state: Any = ParserState(parser.confs[start], None, None, None)  # type: ignore[arg-type]
        self.lexer = lexer
        self.diagnostics = diagnostics
        self.before: Token | None = None
        self.starts = [lexer.at]  # of the statement at hand, in each body that is open
        self.last_mistake = -1

    def result(self) -> Any:
        for _ in range(MAX_MISTAKES):
            told = False
            try:
                return self.read()
            except UnexpectedToken as unexpected:
                token: Any = unexpected.token
                at = token.span.start
            except Unreadable as unreadable:
                at = unreadable.at
            except TooDeep as deep:
                self.diagnostics.add(errors.expression_too_deep(deep.span, MAX_DEPTH))
                at, told = self.lexer.at, True
            if not self.mended(at, told):
                return None
        return None

    def read(self) -> Any:
        """Feeds tokens until the end."""
        lexer, states, stack, feed = self.lexer, self.states, self.state.state_stack, self.state.feed_token
        while True:
            position = stack[-1]
            token = lexer.next(position, states[position])
            if token.type == END:
                return feed(token, True)
            if len(stack) > MAX_STACK:
                raise TooDeep(token.span)
            feed(token)
            self.fed(token)

    def fed(self, token: Token) -> None:
        self.before = token
        kind = token.type
        if kind == SEPARATOR:
            self.starts[-1] = token.span.end
        elif kind == "LBRACE":
            self.starts.append(token.span.end)
        elif kind == "RBRACE":
            self.starts.pop()

    def mended(self, at: int, told: bool) -> bool:
        """Reports the mistake at `at`, unless it was `told`, and goes on after it; False where that cannot be."""
        found = self.lexer.after_gap(at)
        self.complete()
        size, level, bodies = level_of(self.states, self.state.state_stack, self.state.value_stack)
        start = self.lexer.after_gap(self.starts[bodies]).span.start
        mend: Mend | None = None
        if not told and found.span.start != self.last_mistake:
            diagnostic, mend = diagnose(self.situation(found, start, level))
            put_in = found.span.start == found.span.end and found.type != END
            if diagnostic is not None and not put_in and not self.lexer.damaged(found.span.start):
                self.diagnostics.add(diagnostic)
        self.last_mistake = found.span.start
        if mend is not None and mend.cut:
            self.cut(size, bodies)
        if mend is not None and self.took(mend) and not mend.give_up:
            return True
        if not level:
            return False
        self.cut(size, bodies)
        if mend is not None and mend.give_up:
            end = mend.at
            self.lexer.resume(end)
        else:
            end = self.lexer.leave_statement(start, max(found.span.start, start), at_item=level == "item")
        self.state.value_stack.append(ast.Broken(Span(self.lexer.source, start, max(end, start))))
        self.state.state_stack.append(self.states[self.state.state_stack[-1]][level][1])
        return True

    def complete(self) -> None:
        """Makes the reduction that every token would bring about, so that what is whole counts as read."""
        actions = [action for name, action in self.states[self.state.state_stack[-1]].items() if name.isupper() or name == END]
        if actions and actions[0][0] is Reduce and all(other == actions[0] for other in actions):
            rule = actions[0][1]
            size = len(rule.expansion)
            values = self.state.value_stack[-size:]
            del self.state.state_stack[-size:], self.state.value_stack[-size:]
            self.state.value_stack.append(self.state.parse_conf.callbacks[rule](values))
            self.state.state_stack.append(self.states[self.state.state_stack[-1]][rule.origin.name][1])

    def cut(self, size: int, bodies: int) -> None:
        """Back to a list of statements: to so many states, in so many bodies."""
        del self.starts[bodies + 1 :]
        del self.state.state_stack[size:]
        del self.state.value_stack[size - 1 :]

    def situation(self, found: Token, start: int, level: str) -> Situation:
        before, lexer = self.before, self.lexer
        new_line = before is not None and lexer.source.text.find("\n", before.span.end, found.span.start) >= 0
        accepts = partial(accepted, self.states, tuple(self.state.state_stack))
        return Situation(found, before, new_line, accepts, start, level, lexer, self.last_mistake >= 0)

    def took(self, mend: Mend) -> bool:
        """Feeds what was meant; False where the parser does not take it after all."""
        self.lexer.go_on(mend.at)
        for name, text in mend.feed:
            token = Token(name, text, self.lexer.source, mend.at, mend.at)
            try:
                self.state.feed_token(token)
            except UnexpectedToken:
                return False
            self.lexer.fed(token)
            self.fed(token)
        return True


def _rule(origin: str, expansion: list[str], alias: str | None, expand1: bool) -> Rule:
    symbols = [TerminalSymbol(name) if name.isupper() else NonTerminal(name) for name in expansion]
    return Rule(NonTerminal(origin), symbols, 0, alias, RuleOptions(keep_all_tokens=True, expand1=expand1))


@cache
def _parser() -> Parser:
    """The table lies beside this file; its loader reads it, wherever the package is installed."""
    loader: Any = __spec__.loader
    return Parser(json.loads(loader.get_data(os.path.join(os.path.dirname(__file__), TABLE))))


def compile_grammar(grammar: str) -> Lark:
    """lark's parser for a grammar, compiled from its text."""
    return Lark(grammar, parser="lalr", lexer="contextual", start=list(STARTS), keep_all_tokens=True, maybe_placeholders=False)
