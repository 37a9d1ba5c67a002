"""The only door to lark: source text to syntax tree.

The grammar is compiled ahead of time (specc/syntax/tables.py); what runs here is lark's LALR(1) parser over that table,
fed by the lexer of this package, building nodes as it goes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from threading import RLock
from typing import Any

from lark import Lark, UnexpectedToken
from lark.grammar import Rule
from lark.lexer import TerminalDef
from lark.parsers.lalr_parser_state import ParseConf, ParserState

from specc.diagnostics import Diagnostics
from specc.source import SourceFile, Span
from specc.syntax import ast, errors
from specc.syntax.build import Builder, Inline
from specc.syntax.lexer import END, Lexer, Terminal, Terminals, Token, Unreadable
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

    def __init__(self, lark: Lark, builder: Builder) -> None:
        table: Any = lark.parser.parser
        self.builder = builder
        self.states: Mapping[int, Mapping[str, Any]] = table._parse_table.states
        self.confs = {start: ParseConf(table._parse_table, table.parser.callbacks, start) for start in STARTS}
        terminals = [_terminal(t) for t in lark.terminals if not t.name.startswith("__IGNORE")]
        names = {t.name for t in terminals if t.literal in _CONTINUING} | _CONTINUING_PATTERNS
        self.terminals = Terminals(terminals, names)

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


def _terminal(definition: TerminalDef) -> Terminal:
    pattern = definition.pattern
    return Terminal(definition.name, pattern.value, pattern.type == "re", "".join(sorted(pattern.flags)), definition.priority)


@cache
def _parser() -> Parser:
    table = json.loads(files("specc.syntax").joinpath(TABLE).read_text(encoding="utf-8"))
    data, memo = table["data"], {int(key): value for key, value in table["memo"].items()}
    parse_table = data["parser"]["parser"]
    parse_table["tokens"] = {int(key): value for key, value in parse_table["tokens"].items()}
    parse_table["states"] = {
        int(state): {int(token): action for token, action in actions.items()} for state, actions in parse_table["states"].items()
    }
    builder = Builder()
    plugins: dict[str, Callable[..., object]] = {"ContextualLexer": _NoLexer}
    lark = Lark._load_from_dict(data, memo, transformer=builder, tree_class=Inline, _plugins=plugins)
    return Parser(lark, builder)


class _NoLexer:
    """Takes the place of lark's lexer, whose patterns, one for each of 500 states, are costly to compile."""

    def __init__(self, *_: object, **__: object) -> None:
        pass


def compile_grammar(grammar: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """lark's serialised parser for a grammar: its data, and the rules and terminals that the data refers to."""
    lark = Lark(grammar, parser="lalr", lexer="contextual", start=list(STARTS), keep_all_tokens=True, maybe_placeholders=False)
    data, memo = lark.memo_serialize([TerminalDef, Rule])
    return data, {str(key): value for key, value in memo.items()}
