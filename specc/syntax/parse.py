"""The only door to lark: source text to syntax tree.

The grammar is compiled ahead of time (specc/syntax/tables.py); what runs here is lark's LALR(1) parser over that table,
fed by the lexer of this package, building nodes as it goes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from threading import RLock
from typing import Any

from lark import Lark, UnexpectedToken
from lark.grammar import NonTerminal, Rule, RuleOptions
from lark.grammar import Terminal as TerminalSymbol
from lark.parse_tree_builder import ParseTreeBuilder
from lark.parsers.lalr_analysis import IntParseTable, Reduce, Shift
from lark.parsers.lalr_parser_state import ParseConf, ParserState

from specc.diagnostics import Diagnostics
from specc.source import SourceFile, Span
from specc.syntax import ast, errors
from specc.syntax.build import Builder, Inline
from specc.syntax.lexer import END, Lexer, Terminal, Terminals, Unreadable
from specc.syntax.scan import scan

TABLE = "table.json"
STARTS = ("file", "value")
_LOCK = RLock()

# After these a line's end cannot end a statement.
_CONTINUING = frozenset(
    {",", "=", ":", "+", "-", "*", "/", "//", "%", "@", "**", "|", "^", "&", "~", "..", "->", "{", ";", "and", "or", "not", "in", "is"}
)
_CONTINUING_PATTERNS = frozenset({"COMPARISON", "ELSE", "IF", "FOR"})


def parse(source: SourceFile, diagnostics: Diagnostics) -> ast.File:
    """The tree of a file. What cannot be read is reported and left out; the rest stands."""
    marks = scan(source, diagnostics)
    doc: str | None = None
    items: tuple[ast.Item, ...] = ()
    if marks.readable:
        result = _run("file", Lexer(_parser().terminals, source), diagnostics)
        if result is not None:
            doc, items = result
    return ast.File(Span(source, 0, len(source.text)), source, doc, items, tuple(marks.comments))


def parse_expression(text: str, diagnostics: Diagnostics, name: str = "<value>") -> ast.Expr | None:
    """A value as written in `--set name=value`; None when it cannot be read."""
    source = SourceFile(name, text)
    if not scan(source, diagnostics).readable:
        return None
    result: ast.Expr | None = _run("value", Lexer(_parser().terminals, source), diagnostics)
    return result


def _run(start: str, lexer: Lexer, diagnostics: Diagnostics) -> Any:
    parser = _parser()
    with _LOCK:
        builder = parser.builder
        before = builder.report, builder.expression, builder.output_stages
        builder.report = diagnostics.add
        builder.expression = lambda span: _run("value", Lexer(parser.terminals, span.source, span.start, span.end), diagnostics)
        builder.output_stages = []
        try:
            return parser.run(start, lexer, diagnostics)
        finally:
            for stage in builder.output_stages:
                diagnostics.add(errors.output_within(stage))
            builder.report, builder.expression, builder.output_stages = before


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
        callbacks = ParseTreeBuilder(rules, Inline).create_callback(self.builder)
        automaton = IntParseTable(self.states, starts, ends)
        self.confs = {start: ParseConf(automaton, callbacks, start) for start in STARTS}
        terminals = [Terminal(*row) for row in table["terminals"]]
        self.terminals = Terminals(terminals, {t.name for t in terminals if t.literal in _CONTINUING} | _CONTINUING_PATTERNS)

    def run(self, start: str, lexer: Lexer, diagnostics: Diagnostics) -> Any:
        state: Any = ParserState(self.confs[start], None, None, None)  # type: ignore[arg-type]
        stack, states = state.state_stack, self.states
        token: Any = None
        try:
            while True:
                position = stack[-1]
                token = lexer.next(position, states[position])
                if token.type == END:
                    return state.feed_token(token, True)
                state.feed_token(token)
        except UnexpectedToken:
            diagnostics.add(errors.unexpected(token))
        except Unreadable as unreadable:
            diagnostics.add(errors.unexpected(unreadable.token))
        return None


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
