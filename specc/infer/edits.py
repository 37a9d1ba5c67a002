"""Edits of the source that remedies propose."""

from __future__ import annotations

from collections.abc import Mapping

from specc.diagnostics import Edit, Help
from specc.infer.history import Operand
from specc.source import Span


def attempt(text: str, *edits: Edit) -> Help:
    return Help(text, edits, tentative=True)


def otherwise(text: str) -> Help:
    """What to say where no proposal passes."""
    return Help(text, tentative=True)


def before(span: Span, stage: str) -> Edit:
    """A stage put before another one."""
    return Edit(Span(span.source, span.start, span.start), f"{stage} -> ")


def through(operand: Operand, stage: str) -> Edit:
    """An operand taken through a stage where it is used: `x` becomes `(x -> stage)`; in a chain the stage follows it."""
    use = operand.use
    followed = use.source.text[use.end :].lstrip().startswith("->")
    if followed or (use == operand.made and operand.steps):
        return Edit(Span(use.source, use.end, use.end), f" -> {stage}")
    return Edit(use, f"({use.text} -> {stage})")


def with_argument(span: Span, argument: str) -> Edit | None:
    """An argument added to a call, or to a layer without arguments."""
    text = span.text
    if text.endswith(")"):
        empty = text.endswith("()")
        return Edit(Span(span.source, span.end - 1, span.end - 1), argument if empty else f", {argument}")
    return (
        Edit(Span(span.source, span.end, span.end), f"({argument})")
        if text.replace(":", "").replace(" ", "").isidentifier()
        else None
    )


def without(span: Span) -> Edit:
    """An argument taken out, with the comma before it or after it."""
    text, start, end = span.source.text, span.start, span.end
    before = text[:start].rstrip()
    if before.endswith("(") and text[end:].startswith(")"):
        return Edit(Span(span.source, len(before) - 1, end + 1), "")
    if before.endswith(","):
        return Edit(Span(span.source, len(before) - 1, end), "")
    after = text[end:]
    if after.startswith(","):
        end += 1 + len(after[1:]) - len(after[1:].lstrip())
    return Edit(Span(span.source, start, end), "")


def new_argument(given: Mapping[str, Span], name: str, value: object) -> Edit | None:
    """A new value for an argument that was written."""
    place = given.get(name)
    if place is None:
        return None
    text = place.text
    return Edit(place, f"{name}={value}" if text.startswith(name) and "=" in text else str(value))


def retyped(declared: Span, was: str, now: str) -> Edit | None:
    """The kind of number in the declaration of an input."""
    at = declared.text.find(was + "[")
    return Edit(Span(declared.source, declared.start + at, declared.start + at + len(was)), now) if at >= 0 else None
