"""Source text to tokens, one at a time, by what the parser can take next.

The terminals and their patterns are the grammar's. Added here is the layout: which line ends are tokens. A line end
counts unless it stands inside `( )` or `[ ]`, after a token that cannot end a statement, or before `->` or `else`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from specc.source import SourceFile, Span

END = "$END"
SEPARATOR = "_SEP"
_TRIVIA = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*+")
_WORD = re.compile(r"[A-Za-z0-9_]+")
_ANYTHING = re.compile(r'[^\W\d]\w*|[0-9](?:[0-9A-Za-z_]|\.(?=[0-9]))*|"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|->|=>|[-+*/%@&|^<>=!]=|&&|\|\||\*\*|//|.', re.DOTALL)


class Token:
    """A terminal as it stands in the source. `text` is empty for the end of the file and for closers that were put in."""

    __slots__ = ("source", "span", "text", "type")

    def __init__(self, type: str, text: str, source: SourceFile, start: int, end: int) -> None:
        self.type = type
        self.text = text
        self.span = Span(source, start, end)

    def __repr__(self) -> str:
        return f"Token({self.type}, {self.text!r})"


class Unreadable(Exception):
    """No terminal that the parser can take here matches. `token` is what a reader would call the next word or sign."""

    def __init__(self, token: Token) -> None:
        super().__init__(repr(token))
        self.token = token


class Terminal:
    """A terminal of the grammar: a fixed text, or a pattern. The pattern is compiled when first tried."""

    __slots__ = ("_match", "first", "literal", "name", "pattern", "priority", "word")

    def __init__(self, name: str, text: str, is_pattern: bool, flags: str, priority: int) -> None:
        self.name = name
        self.literal = None if is_pattern else text
        self.pattern = f"(?{flags}:{text})" if flags else text
        self.priority = priority
        # The characters it can start with, where the pattern's beginning tells; None when any may do.
        self.first = text[0] if not is_pattern or text[0].isalpha() else None
        self.word = not is_pattern and text[-1].isalpha()
        self._match: re.Pattern[str] | None = None

    def end(self, text: str, at: int, stop: int) -> int:
        """Where the terminal ends when it stands at `at`, else -1."""
        literal = self.literal
        if literal is not None:
            if not text.startswith(literal, at, stop):
                return -1
            end = at + len(literal)
            return -1 if self.word and _WORD.match(text, end, stop) else end
        if self._match is None:
            self._match = re.compile(self.pattern)
        found = self._match.match(text, at, stop)
        return found.end() if found else -1


class Terminals:
    """Every terminal, and which of them to try in a state of the parser at a given character."""

    def __init__(self, terminals: Iterable[Terminal], continuing: Collection[str]) -> None:
        # A fixed text goes before a pattern and the longer before the shorter, as lark orders them.
        ordered = sorted(terminals, key=lambda t: (-t.priority, t.literal is None, -len(t.pattern), t.name))
        self._ordered = tuple(ordered)
        self._candidates: dict[tuple[int, str], tuple[Terminal, ...]] = {}
        self.continuing = frozenset(continuing)

    def candidates(self, state: int, accepts: Mapping[str, object], char: str) -> tuple[Terminal, ...]:
        key = (state, char)
        found = self._candidates.get(key)
        if found is None:
            found = tuple(t for t in self._ordered if t.name in accepts and (t.first is None or t.first == char))
            self._candidates[key] = found
        return found


class Lexer:
    """The tokens of `source` from `start` up to `stop`."""

    def __init__(self, terminals: Terminals, source: SourceFile, start: int = 0, stop: int | None = None) -> None:
        self.terminals = terminals
        self.source = source
        self.at = start
        self.stop = len(source.text) if stop is None else stop
        self.depth = 0
        self.continues = True  # nothing stands before: a line end would end no statement

    def next(self, state: int, accepts: Mapping[str, object]) -> Token:
        """The next token among those that `accepts` names. Raises Unreadable when there is none, and moves past nothing."""
        text, stop, source = self.source.text, self.stop, self.source
        at = self.at
        trivia = _TRIVIA.match(text, at, stop)
        end = trivia.end() if trivia else at
        if end != at:
            if not self.continues and not self.depth and text.find("\n", at, end) >= 0 and not self._continued(text, end):
                self.at = end
                self.continues = True
                return Token(SEPARATOR, "\n", source, at, end)
            at = end
        if at >= stop:
            self.at = at
            return Token(END, "", source, stop, stop)
        for terminal in self.terminals.candidates(state, accepts, text[at]):
            end = terminal.end(text, at, stop)
            if end > at:
                return self._take(terminal.name, text[at:end], at, end)
        raise Unreadable(self.peek(at))

    def _take(self, name: str, text: str, at: int, end: int) -> Token:
        if text in "()[]":
            self.depth += 1 if text in "([" else -1
        self.at = end
        self.continues = name in self.terminals.continuing
        return Token(name, text, self.source, at, end)

    def _continued(self, text: str, at: int) -> bool:
        """Does what stands at `at` continue the statement of the line before?"""
        if text.startswith("->", at, self.stop):
            return True
        return text.startswith("else", at, self.stop) and not _WORD.match(text, at + 4, self.stop)

    def peek(self, at: int) -> Token:
        """The word or sign at `at`, whatever the parser can take."""
        if at >= self.stop:
            return Token(END, "", self.source, self.stop, self.stop)
        found = _ANYTHING.match(self.source.text, at, self.stop)
        end = found.end() if found else at + 1
        return Token("", self.source.text[at:end], self.source, at, end)

    def resume(self, at: int) -> None:
        """Go on at `at`, outside all parentheses."""
        self.at = at
        self.depth = 0
        self.continues = False
