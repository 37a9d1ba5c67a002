"""What can be wrong with the syntax of a file: one function per mistake."""

from __future__ import annotations

from specc.diagnostics import Diagnostic, Label
from specc.source import Span
from specc.syntax import ast
from specc.syntax.lexer import Token


def unexpected(token: Token) -> Diagnostic:
    return Diagnostic("E0101", f"unexpected {token.text!r}", Label(token.span))


def _simple(name: str):
    def make(*args):
        span = next((a if isinstance(a, Span) else a.span for a in args if isinstance(a, (Span, ast.Node))), None)
        return Diagnostic("E0102", name, Label(span) if span else None)
    return make


def __getattr__(name):
    return _simple(name)
