"""Diagnostics as SARIF 2.1.0 (OASIS), which code hosts show beside the lines they concern.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from specc.diagnostics import Diagnostic, Help
from specc.report.json import Json
from specc.source import SourceFile, Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(diagnostics: Sequence[Diagnostic], version: str, summary: Callable[[str], str]) -> str:
    """A SARIF log with one run. `version` is specc's; `summary` gives the catalogue's one line for a code."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    rules: list[Json] = [
        {
            "id": code,
            "shortDescription": {"text": summary(code)},
            "help": {"text": f"specc explain {code}"},
            "defaultConfiguration": {"level": "error" if code.startswith("E") else "warning"},
        }
        for code in codes
    ]
    driver: Json = {"name": "specc", "version": version, "semanticVersion": version, "rules": rules}
    run: Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _result(diagnostic: Diagnostic, rule: int) -> Json:
    text = [diagnostic.headline]
    if diagnostic.primary and diagnostic.primary.text:
        text.append(diagnostic.primary.text)
    if diagnostic.example:
        text.append(f"Example: {diagnostic.example}")
    text.extend(diagnostic.notes)
    text.extend(f"Help: {help_.text}" for help_ in diagnostic.help)
    result: dict[str, Json] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": "error" if diagnostic.is_error else "warning",
        "message": {"text": "\n".join(text)},
    }
    if diagnostic.primary:
        result["locations"] = [_location(diagnostic.primary.span)]
    related = [(label.span, label.text) for label in diagnostic.secondary]
    related += [(reason.span, reason.text) for reason in diagnostic.because]
    if related:
        result["relatedLocations"] = [_location(span, text, number) for number, (span, text) in enumerate(related)]
    # SARIF's fixes are what a tool may apply: only those that re-checking has confirmed.
    fixes: list[Json] = [_fix(help_) for help_ in diagnostic.help if help_.certain and help_.edits]
    if fixes:
        result["fixes"] = fixes
    return result


def _location(span: Span, text: str = "", number: int | None = None) -> Json:
    location: dict[str, Json] = {
        "physicalLocation": {"artifactLocation": {"uri": _uri(span.source)}, "region": _region(span)},
    }
    if number is not None:
        location["id"] = number
    if text:
        location["message"] = {"text": text}
    return location


def _region(span: Span) -> Json:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _uri(source: SourceFile) -> str:
    from urllib.parse import quote

    return quote(source.name.replace("\\", "/"), safe="/:")


def _fix(help_: Help) -> Json:
    sources: list[SourceFile] = []
    for edit in help_.edits:
        if edit.span.source not in sources:
            sources.append(edit.span.source)
    changes: list[Json] = [
        {
            "artifactLocation": {"uri": _uri(source)},
            "replacements": [
                {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                for edit in help_.edits
                if edit.span.source is source
            ],
        }
        for source in sources
    ]
    return {"description": {"text": help_.text}, "artifactChanges": changes}
