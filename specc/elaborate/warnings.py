"""What is permitted and probably not meant, in words."""

from __future__ import annotations

from specc.diagnostics import Diagnostic, Edit, Help, Label
from specc.source import Span


def unused_value(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0601", f"the value `{name}` is never used", Label(span, "bound here"), help=(Help("remove it, or write `_`"),)
    )


def unused_input(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0602", f"the input `{name}` is never used", Label(span, "declared here"), help=(Help("use it, or remove it"),)
    )


def unused_result(span: Span) -> Diagnostic:
    return Diagnostic(
        "W0603",
        "the result of this chain is not used",
        Label(span, "computed for nothing"),
        help=(Help("bind it, `y = ...`, or end with `-> output y`"),),
    )


def numbered_label(name: str, key: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0604",
        f"this `{name}` has weights but no label; its key is `{key}`",
        Label(span, "unnamed"),
        help=(Help(f"name it, so that its weights keep their key: `label: {name}`"),),
    )


def unused_parameter(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0605", f"the parameter `{name}` is never used", Label(span, "declared here"), help=(Help("use it, or remove it"),)
    )


def unused_layer(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0606",
        f"the layer `{name}` is never applied",
        Label(span, "declared here"),
        help=(Help(f"apply it, `-> {name}`, or remove it"),),
    )


def size_in_front(op: str, inferred: str, argument: str, value: object, first: Span, edit: Span) -> Diagnostic:
    """`argument`: what the first argument is here; `edit` reaches to the second one."""
    return Diagnostic(
        "W0610",
        f"the first argument of `{op}` is `{argument}` here, not `{inferred}`",
        Label(first, f"`{argument}` is {value}; `{inferred}`, which is {value} as well, follows from the input"),
        help=(
            Help(f"leave `{inferred}` out", (Edit(edit, ""),)),
            Help(f"if `{argument}` is meant, write `{argument}={value}`"),
        ),
    )


def hides_function(name: str, span: Span, used: Span) -> Diagnostic:
    return Diagnostic(
        "W0607",
        f"the layer `{name}` hides the function of the same name",
        Label(span, "named like a function"),
        (Label(used, "this is the function"),),
        help=(Help("give the layer another label"),),
    )
