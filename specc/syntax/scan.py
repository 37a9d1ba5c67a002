"""One pass over a source before it is parsed: its comments, its brackets and which belong together, and what no rule of
the grammar should have to meet (nesting without end, control characters, a string without its end).

Where brackets or strings are open, `Repairs` say how to read on, so that one missing brace gives one message.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from specc.diagnostics import Diagnostic, Diagnostics
from specc.source import SourceFile, Span
from specc.syntax import ast, errors

MAX_BYTES = 256 * 1024
MAX_NESTING = 64
MAX_SPARE = 50

_MARK = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|"""'
    r'|"(?:[^"\\\n]|\\[^\n])*"|"'
    r"|#[^\n]*|[()\[\]{}]"
    # Where an item begins, all brackets are closed, or one was forgotten.
    r"|^(?:(?:model|block)[ \t]+(?!(?:and|or|in|is|not|if|else|for)\b)\w+[ \t]*(?=[({])"
    r"|extern[ \t]+layer\b|from[ \t]+[.\w]+[ \t]+import\b)"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]",
    re.DOTALL | re.MULTILINE,
)
_CLOSER = {"(": ")", "[": "]", "{": "}"}
_OPEN_TAIL = re.compile(r"[)\]};,\s]*(?:#[^\n]*)?$")
_ARROW = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|->|[()\[\]{}]')
_GOES_ON = re.compile(r"(?:[,(\[{=+\-*/%@&|^<>:]|\b(?:and|or|not|in|is|if|else))$")
_CONTINUES = re.compile(r"[ \t]*(?:->|[)\]]|else\b)")


class Repairs:
    """How to read on where the source is not whole: signs to put in at an offset, offsets to leave out, strings that end
    where their line does (start to end), and the stretches of text in which no more is to be said. `spare` holds what to say
    of the brackets that close nothing, by offset: parsing may find what they close."""

    __slots__ = ("damaged", "insert", "skip", "spare", "strings")

    def __init__(self) -> None:
        self.insert: dict[int, str] = {}
        self.skip: set[int] = set()
        self.strings: dict[int, int] = {}
        self.damaged: list[tuple[int, int]] = []
        self.spare: dict[int, Diagnostic] = {}


class Scan:
    """`comments` in order; `repairs` when there is something to mend; `readable` is False when the source must not be
    parsed at all."""

    __slots__ = ("comments", "readable", "repairs")

    def __init__(self) -> None:
        self.comments: list[ast.Comment] = []
        self.repairs: Repairs | None = None
        self.readable = True


class _Bracket:
    __slots__ = ("at", "sign")

    def __init__(self, at: int, sign: str) -> None:
        self.at = at
        self.sign = sign


class _Scanner:
    def __init__(self, source: SourceFile, diagnostics: Diagnostics) -> None:
        self.source = source
        self.text = source.text
        self.diagnostics = diagnostics
        self.result = Scan()
        self.open: list[_Bracket] = []
        self.pairs: list[tuple[int, int]] = []

    @property
    def repairs(self) -> Repairs:
        if self.result.repairs is None:
            self.result.repairs = Repairs()
        return self.result.repairs

    def run(self) -> Scan:
        text = self.text
        if len(text) > MAX_BYTES or (not text.isascii() and len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES):
            return self.refuse(errors.file_too_large(Span(self.source, 0, 0), MAX_BYTES))
        at = 0
        while found := _MARK.search(text, at):
            mark, start, at = found[0], found.start(), found.end()
            first = mark[0]
            if first == "#":
                own_line = not text[text.rfind("\n", 0, start) + 1 : start].strip()
                self.result.comments.append(ast.Comment(Span(self.source, start, at), mark.rstrip(), own_line))
            elif first in "([{":
                self.open.append(_Bracket(start, mark))
                if len(self.open) > MAX_NESTING:
                    return self.refuse(errors.nested_too_deep(Span(self.source, start, start + 1), MAX_NESTING))
            elif first in ")]}":
                self.close(start, mark)
            elif first == '"':
                if mark == '"""':
                    return self.refuse(errors.unterminated_docstring(Span(self.source, start, at)))
                if mark == '"':
                    at = self.unterminated(start)
            elif first.isalpha():
                if self.open:
                    self.abandon(0, start, "};")
            else:
                return self.refuse(errors.control_character(Span(self.source, start, at), mark))
        self.abandon(0, len(text), "}")
        return self.result

    def refuse(self, diagnostic: Diagnostic) -> Scan:
        self.diagnostics.add(diagnostic)
        self.result.readable = False
        return self.result

    def close(self, at: int, sign: str) -> None:
        matching = next((n for n in range(len(self.open) - 1, -1, -1) if _CLOSER[self.open[n].sign] == sign), None)
        # A `)` does not end a body: across a `{` that opened on another line it closes nothing.
        if matching is None or (sign != "}" and any(b.sign == "{" and self.lies_above(b.at, at) for b in self.open[matching:])):
            self.repairs.skip.add(at)
            opener = self.open[-1] if self.open else None
            if len(self.repairs.spare) < MAX_SPARE:
                self.repairs.spare[at] = errors.closes_nothing(self.span(at), sign, self.span(opener.at) if opener else None)
            return
        self.abandon(matching + 1, at, "")
        self.pairs.append((self.open.pop().at, at))

    def abandon(self, keep: int, at: int, closing: str) -> None:
        """Reports the brackets above the first `keep` as open at `at`, and mends them: a brace is closed there with
        `closing`, the others where their line ends."""
        lost = self.open[keep:]
        del self.open[keep:]
        if not lost:
            return
        for bracket in reversed(lost):
            if bracket.sign == "{":
                self.repairs.insert[at] = "}" + self.repairs.insert.get(at, "")
            else:
                end = self.line_end(bracket.at, at)
                self.repairs.insert[end] = self.repairs.insert.get(end, "") + _CLOSER[bracket.sign]
                self.repairs.damaged.append((bracket.at, end))
        if closing.endswith(";") and self.repairs.insert.get(at):
            self.repairs.insert[at] += ";"
        inner = lost[-1]
        suspect = self.suspect(inner.at) if inner.sign == "{" else None
        here = Span(self.source, at, min(at + 1, len(self.text)))
        self.diagnostics.add(errors.not_closed(self.span(inner.at), inner.sign, here, suspect))

    def lies_above(self, first: int, second: int) -> bool:
        return self.text.find("\n", first, second) >= 0

    def suspect(self, opener: int) -> Span | None:
        """A brace within `opener` whose closing one is indented otherwise than its line: perhaps the one to mend."""
        for start, end in sorted(self.pairs):
            inside = start > opener and self.text[start] == "{" and self.first_of_line(end)
            if inside and self.indentation(start) != self.indentation(end):
                return self.span(start)
        return None

    def unterminated(self, at: int) -> int:
        """Reports a string without its end, which is taken to be where its line ends, but for brackets."""
        newline = self.text.find("\n", at)
        stop = len(self.text) if newline < 0 else newline
        tail = _OPEN_TAIL.search(self.text, at + 1, stop)
        end = max(at + 1, tail.start()) if tail else stop
        self.repairs.strings[at] = end
        self.repairs.damaged.append((at, stop))
        self.diagnostics.add(errors.unterminated_string(Span(self.source, at, end)))
        return end

    def line_end(self, at: int, limit: int) -> int:
        """Where a bracket that opened at `at` seems to end, no further than `limit`: before the next `->` for the arguments
        of a stage, else with the statement."""
        if at and (self.text[at - 1].isalnum() or self.text[at - 1] == "_"):
            arrow = self.arrow(at + 1, limit)
            if arrow >= 0:
                return at + len(self.text[at:arrow].rstrip())
        while True:
            newline = self.text.find("\n", at, limit)
            stop = limit if newline < 0 else newline
            code = self.text[at:stop]
            comment = bisect_left(self.result.comments, at, key=lambda c: c.span.start)
            if comment < len(self.result.comments) and self.result.comments[comment].span.start < stop:
                code = self.text[at : self.result.comments[comment].span.start]
            code = code.rstrip()
            if newline < 0 or (code and not _GOES_ON.search(code) and not _CONTINUES.match(self.text, newline + 1)):
                return at + len(code)
            at = newline + 1

    def arrow(self, at: int, limit: int) -> int:
        """The first `->` of the line outside of further brackets, or -1."""
        newline = self.text.find("\n", at, limit)
        depth = 0
        for found in _ARROW.finditer(self.text, at, limit if newline < 0 else newline):
            if found[0] == "->" and depth == 0:
                return found.start()
            depth += (found[0] in "([{") - (found[0] in ")]}") if found[0] != "->" else 0
        return -1

    def span(self, at: int) -> Span:
        return Span(self.source, at, at + 1)

    def first_of_line(self, at: int) -> bool:
        return not self.text[self.text.rfind("\n", 0, at) + 1 : at].strip()

    def indentation(self, at: int) -> int:
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at + 1]
        return len(line) - len(line.lstrip())


def scan(source: SourceFile, diagnostics: Diagnostics) -> Scan:
    """What the brackets, comments and strings of a source say. Reports those that are not whole."""
    return _Scanner(source, diagnostics).run()
