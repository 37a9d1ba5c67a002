"""What can be wrong with the arguments and tensors that a layer, function or block is given, in words."""

from __future__ import annotations

from collections.abc import Iterable

from specc.diagnostics import Diagnostic, Edit, Help, Label
from specc.elaborate.errors import listed, nearest
from specc.elaborate.scope import suggestions
from specc.source import Span

_ELSEWHERE = {
    "inplace": "leave it out: the generated code works in place where that is safe",
    "device": "leave it out: a model is moved as a whole, when it is run",
    "dtype": "leave it out: a model is cast as a whole, when it is run",
    "activation": "an activation is a stage of its own: `-> ReLU` after the layer",
    "input_shape": "leave it out: the type of the input says it",
    "input_dim": "leave it out: the type of the input says it",
    "name": "leave it out: a label names a layer, `name: Layer(...)`",
    "data_format": "leave it out: channels come before height and width",
}
"""Arguments that other libraries have, and what stands for them here."""


def _left_out(span: Span) -> Edit:
    """An argument taken out, with the comma beside it."""
    text, start, end = span.source.text, span.start, span.end
    before = text[:start].rstrip()
    if before.endswith("(") and text[end:].startswith(")"):
        return Edit(Span(span.source, len(before) - 1, end + 1), "")
    if before.endswith(","):
        return Edit(Span(span.source, len(before) - 1, end), "")
    rest = text[end:]
    if rest.startswith(","):
        end += 1 + len(rest[1:]) - len(rest[1:].lstrip(" "))
    return Edit(Span(span.source, start, end), "")


def unknown_argument(op: str, name: str, known: Iterable[str], span: Span) -> Diagnostic:
    known = list(known)
    if name in _ELSEWHERE and name not in known:
        return Diagnostic(
            "E0203",
            f"`{op}` has no argument `{name}`",
            Label(span, "not an argument here"),
            help=(Help(_ELSEWHERE[name], (_left_out(span),) if name != "activation" else ()),),
        )
    takes = f"it takes {listed(known, 12)}" if known else "it takes no arguments"
    word = Span(span.source, span.start, span.start + len(name)) if span.text.startswith(name) else span
    return Diagnostic("E0203", f"`{op}` has no argument `{name}`", Label(span, takes), help=nearest(name, known, word))


def missing_argument(op: str, name: str, doc: str, span: Span) -> Diagnostic:
    text = f"`{op}` needs `{name}`" + (f": {doc}" if doc else "")
    return Diagnostic("E0204", text, Label(span, f"`{name}` is missing"), help=(Help(f"add it: `{name}=...`"),))


def too_many_arguments(op: str, taken: int, names: Iterable[str], span: Span) -> Diagnostic:
    names = list(names)
    what = f"takes at most {taken} argument{'s' * (taken != 1)} by position"
    note = f"in order: {listed(names, 12)}" if names else ""
    return Diagnostic("E0205", f"`{op}` {what}", Label(span, "one too many"), notes=(note,) if note else ())


def given_twice(op: str, name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0206", f"`{name}` is given twice to `{op}`", Label(span, "already given"), help=(Help("remove one of the two"),)
    )


def wrong_argument(op: str, name: str, expected: str, found: str, span: Span) -> Diagnostic:
    fixes: tuple[Help, ...] = ()
    if found == "a float" and expected.startswith("an int"):
        at = span.text.find("/")
        if span.text.count("/") == 1:
            slash = Span(span.source, span.start + at, span.start + at + 1)
            fixes = (Help("`/` gives a float; `//` divides ints", (Edit(slash, "//"),)),)
        else:
            fixes = (Help("`int`, `round`, `ceil` and `floor` say how a float becomes an int"),)
    value = span.text.rpartition("=")[2].strip()
    written = Span(span.source, span.end - len(value), span.end)
    if expected.startswith("true or false") and value in ("0", "1"):
        word = "true" if value == "1" else "false"
        fixes = (Help(f"write `{word}`", (Edit(written, word),)),)
    if found == "a string" and value.strip('"').isdigit() and expected.startswith(("an int", "a float", "a number")):
        fixes = (Help("numbers stand without quotes", (Edit(written, value.strip('"')),)),)
    return Diagnostic(
        "E0207", f"`{name}` of `{op}` must be {expected}, not {found}", Label(span, f"this is {found}"), help=fixes
    )


def leave_out_first(inferred: str, first: Span) -> Help:
    """torch has sizes of the input first, which are inferred here."""
    end = first.end
    rest = first.source.text[end:]
    if rest.lstrip().startswith(","):
        end += rest.index(",") + 1
        end += len(first.source.text[end:]) - len(first.source.text[end:].lstrip(" "))
    gone = Span(first.source, first.start, end)
    return Help(f"`{inferred}` follows from the input: leave it out", (Edit(gone, ""),), tentative=True)


def argument_value(op: str, name: str, must: str, value: str, span: Span) -> Diagnostic:
    """`must`: `at most 1`, `at least 0`: the bound is its last word."""
    bound = must.rpartition(" ")[2]
    fix = Help(f"the nearest that fits is {bound}")
    if must == "at most 1" and value.isdigit() and int(value) <= 100:
        fix = Help(f"{value} % is {int(value) / 100:g}", (Edit(span, f"{int(value) / 100:g}"),), tentative=True)
    return Diagnostic("E0208", f"`{name}` of `{op}` must be {must}, not {value}", Label(span, f"this is {value}"), help=(fix,))


def wrong_choice(op: str, name: str, found: str, choices: Iterable[str], span: Span) -> Diagnostic:
    choices = list(choices)
    close = suggestions(found, choices)
    at = max(span.text.find('"'), 0)
    word = Span(span.source, span.start + at, span.end)
    fix = (Help(f'did you mean "{close[0]}"?', (Edit(word, f'"{close[0]}"'),)),) if close else ()
    return Diagnostic(
        "E0208", f'`{name}` of `{op}` cannot be "{found}"', Label(span, f"one of {listed(choices, 12)}"), help=fix
    )


def feed_count(name: str, most: int, found: int, names: Iterable[str], span: Span) -> Diagnostic:
    takes = listed(names)
    return Diagnostic(
        "E0229",
        f"`{name}` takes {most} tensor{'s' * (most != 1)}, but {found} {'is' if found == 1 else 'are'} fed to it",
        Label(span, f"it takes {takes}" if takes else "it takes no tensor"),
    )


def feed_missing(name: str, operand: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0230",
        f"`{name}` also needs the tensor `{operand}`",
        Label(span, f"`{operand}` is not fed"),
        help=(Help(f"feed it by name: `(x, {operand}=...) -> {name}(...)`"),),
    )
