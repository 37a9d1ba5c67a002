"""What can be wrong with cells, states and Scan, in words."""

from __future__ import annotations

from collections.abc import Iterable

from specc.diagnostics import Diagnostic, Help, Label
from specc.dims.expr import Dim
from specc.elaborate.scope import suggestions
from specc.source import Span
from specc.types import TensorType


def state_incomplete(name: str, lacks: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0413",
        f"the state `{name}` lacks {lacks}",
        Label(span, f"{lacks} is missing"),
        help=(Help(f"write `state {name}: [B, size] = zeros`"),),
    )


def next_without_state(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    close = suggestions(name, known)
    fix = f"did you mean `next {close[0]}`?" if close else f"declare it: `state {name}: [B, size] = zeros`"
    return Diagnostic(
        "E0414", f"`next {name}` has no state to advance", Label(span, f"no state is called `{name}`"), help=(Help(fix),)
    )


def next_twice(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0415",
        f"the state `{name}` is advanced twice in a step",
        Label(span, "again here"),
        help=(Help("advance it once, at the end"),),
    )


def never_advanced(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0416",
        f"the state `{name}` is never advanced",
        Label(span, "declared here"),
        help=(Help(f"say what it becomes: `next {name} = ...`; what stays the same at every step is a `given`"),),
    )


def state_changes(name: str, was: TensorType, now: TensorType, span: Span, declared: Span) -> Diagnostic:
    grows = was.rank == now.rank
    headline = f"the state `{name}` grows or shrinks every step" if grows else f"the state `{name}` changes its type every step"
    return Diagnostic(
        "E0314",
        f"{headline}: it is {was} and becomes {now}",
        Label(span, f"becomes {now}"),
        (Label(declared, f"`{name}` is {was}"),),
        help=(Help("a state has one type: make what it becomes as large as it was"),),
    )


def not_a_cell(found: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0417",
        f"`Scan` needs a cell, a block with a `state`, not {found}",
        Label(span, "not a cell"),
        help=(Help("give the block a `state` and a `next`, or use a `for` over layers"),),
    )


def missing_dimension(dim: int, type: TensorType, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0315",
        f"`Scan` runs along dimension {dim}, which {type} does not have",
        Label(span, f"dim={dim}"),
        help=(Help("name the dimension of time: `dim=1` for [B, T, F], `dim=0` for [T, B, F]"),),
    )


def lengths(left: Dim, right: Dim, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0316",
        f"the inputs of `Scan` have {left} and {right} steps",
        Label(span, "of different length"),
        help=(Help("cut or pad them to one length; what is the same at every step is a `given` of the cell"),),
    )


def nothing_to_step(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0418",
        f"`{name}` has no input that is stepped over",
        Label(span, "how many steps?"),
        help=(Help("give the cell an `input`; a `given` is the same at every step"),),
    )


def start_type(name: str, wanted: TensorType, found: TensorType, span: Span) -> Diagnostic:
    return Diagnostic("E0317", f"the state `{name}` is {wanted}, but starts as {found}", Label(span, f"starts as {found}"))


def used_after_next(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0419",
        f"the state `{name}` is read after its `next`",
        Label(span, "old or new value?"),
        help=(Help("read it before, or use the value that `next` was given"),),
    )
