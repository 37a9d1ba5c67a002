"""Diagnostics as JSON, for editors and scripts. `version` changes when a field changes its meaning or goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from specc.diagnostics import Diagnostic, Label
from specc.source import Span

if TYPE_CHECKING:
    from specc.elaborate.listing import Listing

VERSION = 1
Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def render(diagnostics: Sequence[Diagnostic], files: Sequence[str] = (), listings: Sequence[Listing] | None = None) -> str:
    """One JSON object: the names of the files that were checked, the diagnostics in order, and (where wanted) the
    definitions with every tensor's type."""
    document: dict[str, Json] = {
        "version": VERSION,
        "files": list(files),
        "errors": sum(diagnostic.is_error for diagnostic in diagnostics),
        "warnings": sum(not diagnostic.is_error for diagnostic in diagnostics),
        "diagnostics": [as_json(diagnostic) for diagnostic in diagnostics],
    }
    if listings is not None:
        from specc.report.listing import as_json as listing_as_json

        document["definitions"] = [listing_as_json(listing) for listing in listings]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_json(diagnostic: Diagnostic) -> Json:
    """One diagnostic. Lines and columns count from 1 and in characters; offsets from 0; ends are exclusive."""
    return {
        "code": diagnostic.code,
        "severity": "error" if diagnostic.is_error else "warning",
        "message": diagnostic.headline,
        "primary": _label(diagnostic.primary) if diagnostic.primary else None,
        "secondary": [_label(label) for label in diagnostic.secondary],
        "because": [{"place": place(reason.span), "text": reason.text} for reason in diagnostic.because],
        "example": diagnostic.example or None,
        "notes": list(diagnostic.notes),
        "help": [
            {
                "text": help_.text,
                "certain": help_.certain,
                "edits": [{"place": place(edit.span), "text": edit.text} for edit in help_.edits],
            }
            for help_ in diagnostic.help
        ],
    }


def _label(label: Label) -> Json:
    return {"place": place(label.span), "text": label.text}


def place(span: Span) -> dict[str, Json]:
    """Where something stands."""
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "start": span.start,
        "end": span.end,
    }
