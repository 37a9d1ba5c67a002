"""Source text to tokens, one at a time, by what the parser can take next.

The terminals and their patterns are the grammar's. Added here is the layout: which line ends are tokens. A line end
counts unless it stands inside `( )` or `[ ]`, after a token that cannot end a statement, or before `->` or `else`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from specc.source import SourceFile, Span
from specc.syntax.scan import Scan

END = "$END"
SEPARATOR = "_SEP"
_TRIVIA = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*+")
_WORD = re.compile(r"[A-Za-z0-9_]+")
_ANYTHING = re.compile(
    r'[^\W\d]\w*|[0-9](?:[0-9A-Za-z_]|\.(?=[0-9]))*|"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"'
    r"|\.\.\.?|->|=>|:=|\|>|===|[-+*/%@&|^<>=!]=|&&|\|\||\*\*|//|.",
    re.DOTALL,
)


# Signs of other languages that begin with one of ours: read whole, or the message would be about their second half.
_FOREIGN = frozenset({"&&", "||", "=>", "+=", "-=", "*=", "/=", ":=", "|>"})


class Token:
    """A terminal as it stands in the source. `text` is empty for the end of the file."""

    __slots__ = ("span", "text", "type")

    def __init__(self, type: str, text: str, source: SourceFile, start: int, end: int) -> None:
        self.type = type
        self.text = text
        self.span = Span(source, start, end)

    def __repr__(self) -> str:
        return f"Token({self.type}, {self.text!r})"


class Unreadable(Exception):
    """No terminal that the parser can take here matches. `at` is where the next word or sign begins."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class Terminal:
    """A terminal of the grammar: a fixed text, or a pattern. The pattern is compiled when first tried."""

    __slots__ = ("_match", "first", "literal", "name", "pattern", "priority", "word")

    def __init__(self, name: str, text: str, is_pattern: bool, flags: str, priority: int) -> None:
        self.name = name
        self.literal = None if is_pattern else text
        self.pattern = f"(?{flags}:{text})" if flags else text
        self.priority = priority
        # The character it starts with, where the pattern's beginning tells; None when there are several.
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
    """Every terminal, and which of them to try in a state of the parser at a given character.

    `continuing` names those after which a line's end cannot end a statement.
    """

    def __init__(self, terminals: Iterable[Terminal], continuing: Collection[str]) -> None:
        # A fixed text goes before a pattern and the longer before the shorter, as lark orders them.
        ordered = sorted(terminals, key=lambda t: (-t.priority, t.literal is None, -len(t.pattern), t.name))
        self._ordered = tuple(ordered)
        self._candidates: dict[tuple[int, str], tuple[Terminal, ...]] = {}
        self.continuing = frozenset(continuing)
        self.names = {t.literal: t.name for t in ordered if t.literal is not None}
        self.continuing_texts = frozenset(text for text, name in self.names.items() if name in self.continuing)

    def candidates(self, state: int, accepts: Mapping[str, object], char: str) -> tuple[Terminal, ...]:
        key = (state, char)
        found = self._candidates.get(key)
        if found is None:
            found = tuple(t for t in self._ordered if t.name in accepts and (t.first is None or t.first == char))
            self._candidates[key] = found
        return found


class Lexer:
    """The tokens of `source` from `start` up to `stop`, mended where `scan` found brackets or strings open."""

    def __init__(self, terminals: Terminals, source: SourceFile, scan: Scan, start: int = 0, stop: int | None = None) -> None:
        self.terminals = terminals
        self.source = source
        self.at = start
        self.stop = len(source.text) if stop is None else stop
        self.depth = 0
        self.continues = True  # nothing stands before: a line end would end no statement
        self.repairs = scan.repairs
        self.inserted = 0  # of the signs to put in at `at`

    def next(self, state: int, accepts: Mapping[str, object]) -> Token:
        """The next token among those that `accepts` names. Raises Unreadable when there is none, and moves past nothing."""
        text, stop, source = self.source.text, self.stop, self.source
        at = self.at
        if self.repairs is not None and (token := self._repaired(accepts)) is not None:
            return token
        end = self._gap(at)
        if end != at:
            if not self.continues and not self.depth and text.find("\n", at, end) >= 0 and not self._continued(end):
                self.at = end
                self.continues = True
                return Token(SEPARATOR, "\n", source, at, end)
            at = end
            if self.repairs is not None and at in self.repairs.insert:
                self.at = at
                return self.next(state, accepts)
        if at >= stop:
            self.at = at
            return Token(END, "", source, stop, stop)
        if text[at : at + 2] in _FOREIGN and "PATTERN" not in accepts:
            raise Unreadable(at)
        for terminal in self.terminals.candidates(state, accepts, text[at]):
            end = terminal.end(text, at, stop)
            if end > at:
                return self._take(terminal.name, text[at:end], at, end)
        raise Unreadable(at)

    def _take(self, name: str, text: str, at: int, end: int) -> Token:
        if text in "()[]":
            self.depth += 1 if text in "([" else -1
        self.at = end
        self.inserted = 0
        self.continues = name in self.terminals.continuing
        return Token(name, text, self.source, at, end)

    def _gap(self, at: int) -> int:
        """The end of white space, comments and signs to leave out at `at`."""
        text, stop = self.source.text, self.stop
        while True:
            found = _TRIVIA.match(text, at, stop)
            at = found.end() if found else at
            if self.repairs is None or at not in self.repairs.skip:
                return at
            at += 1

    def _continued(self, at: int) -> bool:
        """Does what stands at `at` continue the statement of the line before?"""
        text = self.source.text
        if text.startswith("->", at, self.stop):
            return True
        return text.startswith("else", at, self.stop) and not _WORD.match(text, at + 4, self.stop)

    def _repaired(self, accepts: Mapping[str, object]) -> Token | None:
        """A token that the source lacks at this place, or a string whose end it lacks."""
        at, repairs = self.at, self.repairs
        assert repairs is not None
        signs = repairs.insert.get(at, "")
        if self.inserted < len(signs):
            sign = signs[self.inserted]
            inserted = self.inserted + 1
            token = self._take(self.terminals.names[sign], sign, at, at)
            self.inserted = inserted
            return token
        start = self._gap(at)
        end = repairs.strings.get(start)
        if end is not None and "STRING" in accepts and self.source.text.find("\n", at, start) < 0:
            return self._take("STRING", self.source.text[start:end] + '"', start, end)
        return None

    # --- without a parser: for messages, and to find the way after a mistake -----------------------------------------

    def peek(self, at: int) -> Token:
        """The word or sign at `at`, whatever the parser can take."""
        if at >= self.stop:
            return Token(END, "", self.source, self.stop, self.stop)
        end = self.repairs.strings.get(at) if self.repairs is not None else None
        if end is None:
            found = _ANYTHING.match(self.source.text, at, self.stop)
            end = found.end() if found else at + 1
        return Token("", self.source.text[at:end], self.source, at, end)

    def words(self, at: int) -> Iterator[tuple[Token, bool]]:
        """The words and signs from `at` on, and whether a line ends before each. Those to put in come with their text."""
        insert = self.repairs.insert if self.repairs is not None else {}
        while True:
            for sign in insert.get(at, ""):
                yield Token("", sign, self.source, at, at), False
            end = self._gap(at)
            if end != at and end in insert:
                for sign in insert[end]:
                    yield Token("", sign, self.source, end, end), self.source.text.find("\n", at, end) >= 0
            token = self.peek(end)
            yield token, self.source.text.find("\n", at, end) >= 0
            if token.type == END:
                return
            at = token.span.end

    def after_gap(self, at: int) -> Token:
        """The next word or sign at or after `at`, those to put in among them."""
        return next(self.words(at))[0]

    def damaged(self, at: int) -> bool:
        """Is enough said of what stands here?"""
        return self.repairs is not None and any(start <= at <= end for start, end in self.repairs.damaged)

    def leave_statement(self, start: int, beyond: int, at_item: bool) -> int:
        """Goes on where the statement that begins at `start` ends, and returns the offset: the first separator at or after
        `beyond` that is outside all of its brackets, or the brace that closes what holds it. For an item, the place where
        the next one begins."""
        depth = passed = 0
        before = ""
        at = start
        for token, new_line in self.words(start):
            text, offset = token.text, token.span.start
            if token.type == END:
                at, passed = offset, 0
                break
            if depth <= 0 and offset >= beyond and offset > start:
                ends_line = new_line and before not in self.terminals.continuing_texts and not self._continued(offset)
                if at_item:
                    if ends_line and text in ("model", "block", "let", "from", "extern"):
                        break
                elif ends_line or text == ";":
                    break
            if text in ("(", "[", "{"):
                depth += 1
            elif text in (")", "]", "}"):
                depth -= 1
                if depth < 0 and text == "}" and not at_item:
                    break
            before = text
            passed = passed + 1 if token.span.end == at else int(token.span.end == offset)
            at = token.span.end
        self.resume(at, passed)
        return at

    def resume(self, at: int, inserted: int = 0) -> None:
        """Go on at `at`, outside all parentheses, past so many of the signs to put in there."""
        self.go_on(at)
        self.inserted = inserted
        self.depth = 0
        self.continues = False

    def go_on(self, at: int) -> None:
        self.at = at
        self.inserted = 0

    def fed(self, token: Token) -> None:
        """The parser was given a token that does not stand in the source."""
        self.depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        self.continues = token.type in self.terminals.continuing
