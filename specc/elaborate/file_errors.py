"""What can be wrong between files, in words."""

from __future__ import annotations

from collections.abc import Iterable

from specc.diagnostics import Diagnostic, Edit, Help, Label
from specc.elaborate.errors import listed, nearest
from specc.elaborate.scope import suggestions
from specc.source import Span


def extern_target(target: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0240",
        f"`{target}` names no class: an extern is written `package.module:Class`",
        Label(span, "not of this form"),
        help=(Help('write `extern layer Name(...) = "package.module:Class" { ... }`'),),
    )


def import_missing(path: str, target: str, beside: Iterable[str], span: Span) -> Diagnostic:
    """`beside`: the specs in the folder where `target` was looked for."""
    close = suggestions(path.rpartition(".")[2], beside)
    fixes: tuple[Help, ...] = ()
    if close:
        at = span.start + span.text.index(path) + len(path.rpartition(".")[0]) + 1
        word = Span(span.source, at, span.start + span.text.index(path) + len(path))
        fixes = (Help(f"did you mean `{close[0]}`?", (Edit(word, close[0]),)),)
    folder, name = target.rsplit("/", 1)
    return Diagnostic(
        "E0225",
        f"there is no file for `{path}`",
        Label(span, "cannot be read"),
        notes=(f"looked for {name} in the folder {folder.rpartition('/')[2]}",),
        help=fixes,
    )


def import_outside(path: str, root: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0226",
        f"the import `{path}` leaves the root folder",
        Label(span, "outside the root"),
        notes=(f"the root is {root}",),
        help=(Help("pass `--root FOLDER` if a higher folder is meant"),),
    )


def import_name(name: str, where: str, known: Iterable[str], span: Span) -> Diagnostic:
    known = list(known)
    fix = nearest(name, known, span) or ((Help(f"it defines {listed(known, 12)}"),) if known else ())
    return Diagnostic("E0227", f"{where} defines no `{name}`", Label(span, "not found there"), help=fix)


def import_cycle(path: Iterable[str], span: Span) -> Diagnostic:
    return Diagnostic("E0402", "files import each other in a circle: " + " -> ".join(path), Label(span, "closes the circle"))


def import_foreign(path: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0228",
        f"`{path}` cannot be imported",
        Label(span, "neither relative nor of the bundled library"),
        help=(
            Help(
                "write `from .file import Name` for a file beside this one, or `from specc.lib.file import Name`; "
                "Python code comes in by `extern`"
            ),
        ),
    )


def too_many_files(limit: int, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0236",
        f"more than {limit} files are imported",
        Label(span, "one too many"),
        help=(Help("gather what belongs together in one file"),),
    )


def import_beside_text(path: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0237",
        f"`{path}` stands beside this file, but this text comes from no file",
        Label(span, "relative to what?"),
        help=(Help("save the text as a file, or import from `specc.lib`"),),
    )


def extern_not_allowed(name: str, module: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0238",
        f"the model uses code of `{module}`, which it may do only with your word",
        Label(span, f"`{name}` is imported when the model is made"),
        help=(Help(f"if you trust that code, pass `--allow-extern {module}` (in Python: allow_extern=[{module!r}])"),),
    )
