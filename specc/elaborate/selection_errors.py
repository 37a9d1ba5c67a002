"""What can be wrong with what the command line selects of a spec, in words."""

from __future__ import annotations

from collections.abc import Iterable

from specc.diagnostics import Diagnostic, Help, Label
from specc.dims.expr import Dim
from specc.elaborate.errors import listed
from specc.elaborate.scope import suggestions
from specc.source import Span


def unknown_model(name: str, known: Iterable[str], where: str) -> Diagnostic:
    return _selection("model", name, known, where)


def unknown_variant(name: str, known: Iterable[str], model: str) -> Diagnostic:
    return _selection("variant", name, known, f"model `{model}`")


def unknown_setting(name: str, known: Iterable[str], model: str) -> Diagnostic:
    return _selection("parameter", name, known, f"model `{model}`")


def unknown_input(name: str, known: Iterable[str], model: str) -> Diagnostic:
    return _selection("input", name, known, f"model `{model}`")


def size_given(name: str, axis: int, declared: Dim, given: int, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0223",
        f"dimension {axis} of the input `{name}` is {declared}, but `--input` gives it {given}",
        Label(span, f"declared {declared}"),
    )


def wrong_sizes(name: str, given: int, rank: int) -> Diagnostic:
    return Diagnostic("E0223", f"input `{name}` has {rank} dimensions, but `--input` gives it {given} sizes")


def _selection(what: str, name: str, known: Iterable[str], where: str) -> Diagnostic:
    known = list(known)
    close = suggestions(name, known)
    has = f"it has {listed(known, 12)}" if known else "it has none"
    fix = (Help(f"did you mean `{close[0]}`?"),) if close else ()
    return Diagnostic("E0222", f"{where} has no {what} `{name}`; {has}", help=fix)


def no_models(name: str) -> Diagnostic:
    return Diagnostic(
        "E0401",
        f"{name} defines no model",
        help=(Help("a file to build needs a `model Name { ... }`; blocks alone can be checked"),),
    )
