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


def constant_output(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0611",
        f"the output `{name}` does not depend on any input",
        Label(span, "the same for every input"),
        help=(Help("compute it from the inputs, or leave it out; what is learned can be read off the model"),),
    )


def idle_weights(key: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0612",
        f"no output depends on the weights of `{key}`",
        Label(span, "never gets a gradient"),
        help=(Help("use what it makes, or remove it"),),
    )


def unread_state(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0613",
        f"the state `{name}` is never read",
        Label(span, "carried from step to step for nothing"),
        help=(Help(f"use `{name}` before its `next`, or remove both"),),
    )


def settled_condition(holds: bool, span: Span) -> Diagnostic:
    word = "always" if holds else "never"
    remedy = "write what it holds without the `if`" if holds else "remove it, or keep its `else` alone"
    return Diagnostic(
        "W0614",
        f"this condition {word} holds, whatever the parameters and sizes are",
        Label(_head(span), f"{word} taken"),
        help=(Help(remedy),),
    )


def empty_loop(span: Span) -> Diagnostic:
    remedy = Help("correct what it runs over, or remove it")
    return Diagnostic("W0615", "this loop never runs", Label(_head(span), "over nothing"), help=(remedy,))


def _head(span: Span) -> Span:
    """`if c` of `if c { ... }`."""
    head = span.text.partition("{")[0].rstrip()
    return Span(span.source, span.start, span.start + len(head)) if head else span


def unused_import(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0616", f"`{name}` is imported and never used", Label(span, "imported here"), help=(Help("remove it from the import"),)
    )


def unused_let(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W0617", f"`{name}` is defined and never used", Label(span, "defined here"), help=(Help("use it, or remove it"),)
    )
