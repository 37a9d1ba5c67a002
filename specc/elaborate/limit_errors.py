"""What goes round in circles or beyond a limit, in words."""

from __future__ import annotations

from collections.abc import Iterable

from specc.diagnostics import Diagnostic, Help, Label
from specc.source import Span


def recursion(path: Iterable[str], span: Span) -> Diagnostic:
    return Diagnostic(
        "E0403",
        "blocks use each other in a circle: " + " -> ".join(path),
        Label(span, "closes the circle"),
        help=(Help("a repeat is a `for`; what is carried between steps is a `state`"),),
    )


def nested_too_deep(what: str, span: Span) -> Diagnostic:
    """`what`: blocks, functions or constants, in the plural."""
    return Diagnostic(
        "E0420",
        f"{what} use each other more than 64 deep",
        Label(span, "one too deep"),
        help=(Help("what repeats is a `for`; a recursion needs a condition that ends it"),),
    )


def too_much_computed(limit: int, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0421",
        f"more than {limit:,} steps are computed before the model is built",
        Label(span, "the limit is passed here"),
        help=(Help("compute with tensors, when the model runs, or write the result"),),
    )


def too_many_nodes(count: int, limit: int, span: Span | None) -> Diagnostic:
    return Diagnostic(
        "E0404",
        f"the model has {count:,} nodes; at most {limit:,} are allowed",
        Label(span, "counted here") if span else None,
        help=(Help("raise the limit with `--max-nodes` (up to 500000) if you mean it"),),
    )


def let_cycle(name: str, span: Span) -> Diagnostic:
    return Diagnostic("E0405", f"`{name}` is defined by itself", Label(span, "closes the circle"))
