"""After a mistake: which mistake it is, and how to read on so that it is reported once.

Most are mended in place: the token that was meant is fed to the parser, and parsing goes on. Otherwise the statement is
given up: the parser's stack is cut back to the list of statements (or items) it stands in, a Broken takes its place, and
reading resumes where it ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches

from specc.diagnostics import Diagnostic
from specc.source import Span
from specc.syntax import errors
from specc.syntax.lexer import END, SEPARATOR, Token
from specc.syntax.situation import Mend, Situation
from specc.syntax.words import (
    CHARACTERS,
    COMPARISONS,
    EXPECTED,
    ITEM_WORDS,
    NO_SIGNS,
    NO_WORDS,
    RESERVED,
    SIGNS,
    STATEMENT_WORDS,
    WORDS,
)

TYPES = ("int", "float", "bool", "str", "list", "dim", "layer")
OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^")


Answer = tuple[Diagnostic | None, Mend | None]


def diagnose(s: Situation) -> Answer:
    """The mistake, and how to mend it; None where the statement must be given up."""
    for rule in (_characters, _foreign, _numbers, _braces, _names, _equals, _chains, _top_level, _commas):
        answer = rule(s)
        if answer is not None:
            return answer
    return _unexpected(s), None


def _replace(s: Situation, terminal: str, text: str) -> Mend | None:
    return Mend(((terminal, text),), s.found.span.end) if s.accepts(terminal) else None


def _characters(s: Situation) -> Answer | None:
    text, span = s.found.text, s.found.span
    if text == "'":
        line = span.source.text.find("\n", span.end)
        close = span.source.text.find("'", span.end, line if line >= 0 else s.lexer.stop)
        if close > 0:
            whole = Span(span.source, span.start, close + 1)
            value = f'"{span.source.text[span.end : close]}"'
            mend = (
                Mend((("STRING", value),), close + 1)
                if s.accepts("STRING") and "\\" not in value and value.count('"') == 2
                else None
            )
            return errors.single_quotes(whole), mend
    if text and not text.isascii() and text not in SIGNS:
        at = next(n for n, c in enumerate(text) if not c.isascii())
        return errors.strange_character(
            Span(span.source, span.start + at, span.start + at + 1), CHARACTERS.get(text[at], "")
        ), None
    return None


def _foreign(s: Situation) -> Answer | None:
    text, span = s.found.text, s.found.span
    if text == "=" and s.following().text == ">":
        text, span = "=>", Span(span.source, span.start, s.following().span.end)
    if text == ">" and s.before is not None and s.before.text == "-":
        return errors.sign_elsewhere(Span(span.source, s.before.span.start, span.end), "->"), None
    if text in SIGNS:
        right = SIGNS[text]
        terminal = "COMPARISON" if right in COMPARISONS else s.lexer.terminals.names[right]
        return errors.sign_elsewhere(span, right), Mend(((terminal, right),), span.end) if s.accepts(terminal) else None
    if text in WORDS:
        return errors.word_elsewhere(span, WORDS[text]), _replace(s, WORDS[text].upper(), WORDS[text])
    if text in NO_SIGNS:
        return errors.no_such_sign(span, NO_SIGNS[text]), None
    first = s.first_word()
    if (
        first.text in NO_WORDS
        and s.found.span.start >= first.span.start
        and s.before is not None
        and s.before.span.start <= first.span.end
    ):
        return errors.no_such_word(first.span, NO_WORDS[first.text]), None
    if text == "elif" or (
        text == "else" and not s.accepts("ELSE") and s.level == "statement" and s.found.span.start == s.start
    ):
        why = NO_WORDS["elif"] if text == "elif" else "an `else` follows the `}` of its `if`"
        return errors.no_such_word(span, why) if text == "elif" else errors.no_such_sign(span, why), None
    return None


def _numbers(s: Situation) -> Answer | None:
    before, found = s.before, s.found
    if before is not None and before.text == "." and s.accepts("INT") and _digit_before(before):
        whole = Span(before.span.source, before.span.start - 1, before.span.end)
        return errors.number_form(whole, f"{whole.text}0", "a number has a digit after its point"), Mend(
            (("INT", "0"),), before.span.end
        )
    if before is None or found.span.start != before.span.end:
        if found.text == "." and s.following().text.isdigit() and s.accepts("FLOAT"):
            after = s.following()
            right = f"0.{after.text}"
            whole = found.span.to(after.span)
            return errors.number_form(whole, right, "a number has a digit before its point"), Mend(
                (("FLOAT", right),), whole.end
            )
        return None
    if before.type not in ("INT", "FLOAT"):
        return None
    whole = before.span.to(found.span)
    if found.text.startswith("_"):
        return errors.number_form(whole, whole.text.replace("_", ""), "numbers are written without `_`"), Mend(
            (), found.span.end
        )
    if found.text == "." and before.type == "INT":
        return errors.number_form(whole, f"{before.text}.0", "a number has a digit after its point"), Mend((), found.span.end)
    if found.text[:1].isalpha() and before.text == "0" and found.text[0] in "xXbBoO":
        return errors.number_form(whole, _decimal(whole.text), "numbers are written in decimal"), Mend((), found.span.end)
    if found.text[:1].isalpha():
        return errors.number_form(whole, "", f"`{whole.text}` is neither a number nor a name"), None
    return None


def _digit_before(token: Token) -> bool:
    return token.span.start > 0 and token.span.source.text[token.span.start - 1].isdigit()


def _decimal(text: str) -> str:
    try:
        return str(int(text, 0))
    except ValueError:
        return ""


def _braces(s: Situation) -> Answer | None:
    before = s.before
    if before is None:
        return None
    if s.level in ("variant", "init_rule") and (left_open := _left_open(s)) is not None:
        return left_open
    if before.text in ("init", "variants") and before.span.start == s.start and s.level == "statement":
        return errors.missing_brace(before.span, before.text), None
    if not s.accepts("LBRACE"):
        return None
    word = s.first_word().text
    if (
        word not in ITEM_WORDS
        and word not in STATEMENT_WORDS
        and "->" not in Span(before.span.source, s.start, before.span.end).text
    ):
        return None
    what = word if word in ("model", "block", "entry", "if", "for", "init", "variants") else "body"
    if s.found.text == ":":
        return errors.colon_for_brace(s.found.span), None
    if s.new_line and s.found.text == "{":
        return errors.brace_on_next_line(s.found.span, before.span), Mend((), s.found.span.start)
    if s.new_line or s.found.type == END:
        return errors.missing_brace(before.span, what), _opened(s, before.span.end)
    if s.found.text.isidentifier() and before.text not in s.lexer.terminals.continuing_texts:
        return errors.missing_brace(before.span, what), _opened(s, s.found.span.start)
    return None


def _opened(s: Situation, at: int) -> Mend | None:
    """A `{` put in at `at`, where a `}` that closes nothing lies beyond."""
    repairs = s.lexer.repairs
    spare = _next_spare(s)
    if repairs is None or spare is None:
        return None
    repairs.skip.discard(spare)
    del repairs.spare[spare]
    return Mend((("LBRACE", "{"),), at)


def _next_spare(s: Situation) -> int | None:
    """The next `}` that closes nothing."""
    repairs = s.lexer.repairs
    if repairs is None:
        return None
    text = s.found.span.source.text
    return min((at for at in repairs.spare if at >= s.found.span.start and text[at] == "}"), default=None)


def _left_open(s: Situation) -> Answer | None:
    """A list of variants or rules whose `}` is missing, which has been said: it ends here, not where it was taken to."""
    repairs = s.lexer.repairs
    if repairs is None:
        return None
    for at in sorted(repairs.insert):
        if at >= s.found.span.start and "}" in repairs.insert[at]:
            repairs.insert[at] = repairs.insert[at].replace("}", "", 1)
            return None, Mend((("RBRACE", "}"), (SEPARATOR, ";")), s.start, cut=True)
    return None


def _equals(s: Situation) -> Answer | None:
    found, before = s.found, s.before
    if before is None:
        return None
    if found.text == ":" and before.type == "NAME":
        if s.accepts("EQUAL") and before.span.start > s.start:
            return errors.colon_for_equals(found.span, before.text), _replace(s, "EQUAL", "=")
        if before.span.start == s.start and s.level == "statement":
            return errors.label_without_chain(before.span, found.span), None
    if found.text != "=":
        return None
    hanging = _hanging(s) if s.lexer.depth == 0 else None
    if hanging is not None:
        expected = "a layer or function" if hanging.text == "->" else "a value"
        return errors.nothing_follows(hanging.span, expected), Mend((), hanging.span.end, give_up=True)
    if s.first_word().text in ("if", "require") or s.first_word().text == "for":
        return errors.equals_for_comparison(found.span), _replace(s, "COMPARISON", "==")
    line = Span(before.span.source, s.start, found.span.start).text
    if re.search(r"\bif\b[^{}]*$", line):
        return errors.equals_for_comparison(found.span), _replace(s, "COMPARISON", "==")
    if before.type == "NAME" and "->" in line and line.rstrip().endswith(before.text):
        return errors.equals_for_colon(found.span, before.text), None
    if before.type in ("NAME", "RPAR", "RSQB", "INT") and not s.new_line and s.lexer.depth == 0:
        return errors.only_names_are_bound(Span(before.span.source, s.start, before.span.end)), None
    return None


def _chains(s: Situation) -> Answer | None:
    found, before = s.found, s.before
    if before is None:
        return None
    if found.text == "->":
        if before.type == "OUTPUT" or (s.first_word().text != "output" and _within_output(s)):
            return errors.stage_after_output(found.span), None
        if before.type == "NAME" and s.lexer.depth == 0 and "," in Span(before.span.source, s.start, before.span.end).text:
            return errors.several_heads_without_parentheses(Span(before.span.source, s.start, before.span.end)), None
    if found.text in OPERATORS and not s.new_line and (start := _chain_before(s)) is not None:
        return errors.operator_after_chain(Span(before.span.source, start, before.span.end), found.span), None
    if found.text in COMPARISONS and s.accepts("AND") and not s.accepts("COMPARISON"):
        return errors.chained_comparison(found.span), None
    hangs = before.text in s.lexer.terminals.continuing_texts and before.text not in "{;:,"
    if hangs and (s.new_line or found.text in ("}", ")", "]", ";", ",") or found.type == END):
        return errors.nothing_follows(before.span, expected_words(s.accepts) or "a value"), None
    return None


def _begun(s: Situation) -> Token | None:
    """The `=` or operator that nothing follows, when a statement's first word was taken for its value."""
    words = _until(s, s.start, s.found.span.start)
    if len(words) > 2 and words[-1][1] and words[-1][0].text in (*STATEMENT_WORDS, *ITEM_WORDS) and s.lexer.depth == 0:
        last = words[-2][0]
        return last if last.text == "=" or last.text in s.lexer.terminals.continuing_texts - {"{", ";", ":", ","} else None
    return None


def _hanging(s: Situation) -> Token | None:
    """The operator or arrow at the end of the line before, when the line at hand is `name =`."""
    words = _until(s, s.start, s.found.span.start)
    if len(words) > 2 and words[-1][1] and words[-2][0].text in s.lexer.terminals.continuing_texts - {"{", ";", ":", ","}:
        return words[-2][0]
    return None


def _chain_before(s: Situation) -> int | None:
    """Where the chain begins that ends before an operator; None where it is none, or stands within something else."""
    words = [token for token, _ in _until(s, s.start, s.found.span.start)]
    arrows = [at for at, token in enumerate(words) if token.text == "->"]
    if not arrows or s.lexer.depth:
        return None
    head = max((at for at, token in enumerate(words[: arrows[0]]) if token.text in ("=", "output")), default=-1) + 1
    return words[head].span.start if head < arrows[0] else None


def _within_output(s: Situation) -> bool:
    """Is the stage before the arrow `output name`?"""
    assert s.before is not None
    words = [token.text for token, _ in _until(s, s.start, s.found.span.start)]
    return "output" in words[-4:] and "->" in words


def _until(s: Situation, start: int, stop: int) -> list[tuple[Token, bool]]:
    out = []
    for word in s.lexer.words(start):
        if word[0].span.start >= stop:
            break
        out.append(word)
    return out


def _names(s: Situation) -> Answer | None:
    found = s.found
    if found.text in RESERVED and s.accepts("NAME") and not s.accepts("STRING"):
        return errors.reserved_word(found.span), _replace(s, "NAME", found.text + "_")
    if found.text == "=" and s.before is not None and s.before.text in RESERVED and s.before.span.start == s.start:
        return errors.reserved_word(s.before.span), None
    if found.text in RESERVED and s.accepts("NAME") and s.stands_alone():
        return errors.reserved_word(found.span), _replace(s, "NAME", found.text + "_")
    if found.text.startswith('"""'):
        return errors.misplaced_docstring(found.span), None
    return None


def _top_level(s: Situation) -> Answer | None:
    if s.level != "item" or s.found.span.start != s.start:
        return None
    found = s.found
    if found.text in NO_WORDS:
        return errors.no_such_word(found.span, NO_WORDS[found.text]), None
    if s.mistaken and (spare := _next_spare(s)) is not None and s.lexer.repairs is not None:
        # A `{` was missing further up, which has been said, so that the model closed too early.
        del s.lexer.repairs.spare[spare]
        return None, None
    if found.text in STATEMENT_WORDS:
        return errors.outside_model(found.span, STATEMENT_WORDS[found.text]), None
    if s.following().text in ("=", "->", ","):
        return errors.outside_model(found.span, "a statement"), None
    near = get_close_matches(found.text, ITEM_WORDS, 1)
    if near:
        return errors.word_elsewhere(found.span, near[0]), None
    return None


def _commas(s: Situation) -> Answer | None:
    before, found = s.before, s.found
    if before is not None and before.type == "NAME" and found.text in TYPES and s.accepts("COLON") and s.lexer.depth > 0:
        return errors.missing_colon(before.span, found.span), Mend((("COLON", ":"),), found.span.start)
    begun = _begun(s)
    if begun is not None:
        return errors.nothing_follows(begun.span, "a value"), Mend((), begun.span.end, give_up=True)
    if before is None or found.type == END or not (found.text[:1].isalnum() or found.text[:1] in '"_([{'):
        return None
    if s.accepts("COMMA") and s.lexer.depth > 0:
        return errors.missing_comma(before.span, found.span), Mend((("COMMA", ","),), found.span.start)
    if (
        s.accepts(SEPARATOR)
        and not s.new_line
        and s.lexer.depth == 0
        and s.level in ("statement", "item", "variant", "init_rule")
    ):
        near = get_close_matches(before.text, STATEMENT_WORDS, 1) if before.span.start == s.start else []
        if near and before.type == "NAME" and s.level == "statement" and found.text.isidentifier():
            return errors.word_elsewhere(before.span, near[0]), Mend(((near[0].upper(), near[0]),), before.span.end, cut=True)
        return errors.two_statements(before.span, found.span), Mend(((SEPARATOR, ";"),), found.span.start)
    return None


def _unexpected(s: Situation) -> Diagnostic:
    found, before = s.found, s.before
    if found.type == END:
        what = "the end of the file" if s.level else "the end"
    elif s.new_line and before is not None and s.lexer.depth == 0:
        what = (
            "the end of the line"
            if not s.accepts(SEPARATOR) and before.text not in s.lexer.terminals.continuing_texts
            else f"`{found.text}`"
        )
    else:
        what = f"`{found.text}`" if len(found.text) <= 40 else f"`{found.text[:37]}...`"
    span = found.span
    if what == "the end of the line" and before is not None:
        span = Span(span.source, before.span.end, before.span.end + 1)
    after = before.text if before is not None and before.text.strip() and before.span.end > before.span.start else ""
    return errors.unexpected(span, what, expected_words(s.accepts), after)


def expected_words(accepts: Callable[[str], bool]) -> str:
    """What the parser can take, as a reader would say it."""
    if accepts("LABEL") and not accepts("STRING"):
        return "a layer or function"
    if accepts("STRING") and accepts("NAME"):
        return "a statement" if accepts("INPUT") else "a value"
    if accepts("MODEL"):
        return "a model, a block or another definition"
    words = [word for terminal, word in EXPECTED if accepts(terminal)]
    if len(words) > 4:
        words = [word for word in words if word not in ("an operator", "`.`")][:4]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)
