"""Where the parser stopped, what may be done about it, and what its stack tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from specc.record import Record
from specc.syntax.lexer import END, Lexer, Token

GIVEN_UP = ("statement", "item", "variant", "init_rule")
"""What is given up as a whole: symbols of the grammar of which a list can go on after a mistake."""


class Mend(Record):
    """Feed these terminals with their texts, then read on at `at`; or give the statement up as it ends there; or (`cut`) take
    it back before feeding."""

    feed: tuple[tuple[str, str], ...]
    at: int
    give_up: bool = False
    cut: bool = False


class Situation(Record):
    """Where the parser stopped. `found` is the next word or sign, `before` the token before it; `new_line` says whether a
    line ends between them; `accepts` whether the parser can take a terminal now; `start` is where the statement began, and
    `level` what is a list of it (a word of GIVEN_UP), `lexer` gives the words around, `mistaken` says whether there was a
    mistake before."""

    found: Token
    before: Token | None
    new_line: bool
    accepts: Callable[[str], bool]
    start: int
    level: str
    lexer: Lexer
    mistaken: bool

    def first_word(self) -> Token:
        return self.lexer.peek(self.start)

    def stands_alone(self) -> bool:
        """Does what follows `found` tell that it is meant as a name?"""
        words = self.lexer.words(self.found.span.start)
        next(words)
        token, new_line = next(words, (self.found, True))
        return new_line or token.type == END or token.text in ("=", ",", "->", ".", ";", ")", "]", "}")

    def following(self) -> Token:
        """The word or sign after `found`."""
        words = self.lexer.words(self.found.span.start)
        next(words)
        return next(words, (self.found, False))[0]


# --- the parser's stack --------------------------------------------------------------------------------------------


def accepted(states: Mapping[int, Mapping[str, Any]], stack: Sequence[int], terminal: str) -> bool:
    """Would the automaton shift `terminal`, after whatever reductions that takes?"""
    trial = list(stack)
    while True:
        action = states[trial[-1]].get(terminal)
        if action is None:
            return False
        kind, to = action
        if kind.name == "Shift":
            return True
        if to.expansion:
            del trial[-len(to.expansion) :]
        following = states[trial[-1]].get(to.origin.name)
        if following is None:
            return terminal == END
        trial.append(following[1])


def level_of(states: Mapping[int, Mapping[str, Any]], stack: Sequence[int], values: Sequence[object]) -> tuple[int, str, int]:
    """How much of the stack to keep to stand in the innermost list again, a list of what, and how many braces are open
    there; (0, "", 0) without one. `values` are the parser's, one fewer than its states."""
    closed = 0
    for size in range(len(stack), 0, -1):
        for name in GIVEN_UP if not closed else ():
            if name in states[stack[size - 1]]:
                kinds = [value.type for value in values[: size - 1] if isinstance(value, Token)]
                return size, name, kinds.count("LBRACE") - kinds.count("RBRACE")
        value = values[size - 2] if size > 1 else None
        if isinstance(value, Token) and value.type in ("LBRACE", "RBRACE"):
            closed += 1 if value.type == "RBRACE" else -1 if closed else 0
    return 0, "", 0
