"""Diagnostics as text for a person: headline, source frames, because, example, help."""

from __future__ import annotations

from collections.abc import Sequence

from specc.diagnostics import Diagnostic, Edit, Help, Reason
from specc.report.frame import Mark, excerpt, frame
from specc.report.style import Style, clean, fit, text_width
from specc.source import SourceFile, Span

_EXCERPT = 80  # columns of source in a because-chain, at most
_LEAST_EXCERPT = 40  # what it gets beside a long explanation
_GAP = 4  # columns between source and explanation
_TELLING = 3  # characters; a size alone says little
_SHOWN = 100  # diagnostics; who has more reads the first ones first
_HEADLINE = 400  # columns; names in it may be of any length
_PREVIEW = 8  # lines of an edit's preview, at most


def render(diagnostics: Sequence[Diagnostic], style: Style | None = None) -> str:
    """All diagnostics, a blank line between them, and the count of errors and warnings last. Empty for none."""
    if not diagnostics:
        return ""
    style = style or Style()
    parts = [render_one(diagnostic, style) for diagnostic in diagnostics[:_SHOWN]]
    if len(diagnostics) > _SHOWN:
        parts.append(f"({len(diagnostics) - _SHOWN} more; `--format json` tells all)")
    return "\n\n".join([*parts, style.paint(summary_line(diagnostics), "strong")]) + "\n"


def summary_line(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; what there is none of is not mentioned."""
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    counts = ((errors, "error"), (len(diagnostics) - errors, "warning"))
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count) or "no problems"


def render_one(diagnostic: Diagnostic, style: Style | None = None) -> str:
    """One diagnostic, without a newline at its end."""
    style = style or Style()
    severity = "error" if diagnostic.is_error else "warning"
    head = style.paint(f"{severity}[{diagnostic.code}]", severity)
    out = [f"{head}: {style.paint(fit(clean(diagnostic.headline), _HEADLINE), 'strong')}"]
    gutter = len(str(_last_line(diagnostic)))
    out.extend(_frames(diagnostic, gutter, style))
    out.extend(_because(diagnostic.because, diagnostic, gutter, style))
    if diagnostic.example:
        out.append(f"{style.paint('example', 'strong')}: {_indented(diagnostic.example)}")
    out.extend(f"{style.paint('note', 'strong')}: {_indented(note)}" for note in diagnostic.notes)
    for help_ in diagnostic.help:
        out.extend(_help(help_, diagnostic, gutter, style))
    return "\n".join(out)


def _last_line(diagnostic: Diagnostic) -> int:
    spans = [label.span for label in diagnostic.secondary] + [reason.span for reason in diagnostic.because]
    if diagnostic.primary:
        spans.append(diagnostic.primary.span)
    spans += [edit.span for help_ in diagnostic.help for edit in help_.edits]
    return max((span.line for span in spans), default=1)


def _frames(diagnostic: Diagnostic, gutter: int, style: Style) -> list[str]:
    """One frame for each source file, that of the primary label first."""
    marks = [Mark(label.span, label.text, "secondary") for label in diagnostic.secondary]
    if diagnostic.primary:
        marks.insert(0, Mark(diagnostic.primary.span, diagnostic.primary.text, "error" if diagnostic.is_error else "warning"))
    out: list[str] = []
    shown: list[SourceFile] = []
    for mark in marks:
        if mark.span.source not in shown:
            arrow = ":::" if shown else "-->"
            shown.append(mark.span.source)
            out.append(f"{style.paint(' ' * gutter + arrow, 'gutter')} {clean(str(mark.span))}")
            out.extend(frame([other for other in marks if other.span.source is mark.span.source], gutter, style))
    return out


def _because(reasons: Sequence[Reason], diagnostic: Diagnostic, gutter: int, style: Style) -> list[str]:
    if not reasons:
        return []
    home = diagnostic.primary.span.source if diagnostic.primary else reasons[0].span.source
    beside = style.width - gutter - len(" |   ") - _GAP - max(text_width(reason.text) for reason in reasons)
    excerpts = [_words(reason.span, max(_LEAST_EXCERPT, min(_EXCERPT, beside))) for reason in reasons]
    column = max(map(text_width, excerpts)) + _GAP
    out = [style.paint("because", "strong")]
    for reason, text in zip(reasons, excerpts, strict=True):
        line = style.paint(f"{reason.span.line:>{gutter}} |", "gutter")
        elsewhere = "" if reason.span.source is home else style.paint(f" ({clean(str(reason.span))})", "faint")
        out.append(f"{line}   {text}{' ' * (column - text_width(text))}{clean(reason.text)}{elsewhere}".rstrip())
    return out


def _words(span: Span, width: int) -> str:
    """The line that a reason points at; of a chain with several stages, the one that it points at."""
    if span.source.line(span.line).count("->") > 1 and span.end - span.start > _TELLING:
        return fit(clean(" ".join(span.text.split())), width)
    return excerpt(span, width)


def _help(help_: Help, diagnostic: Diagnostic, gutter: int, style: Style) -> list[str]:
    # An edit that nobody has re-checked is a proposal, and says so.
    word = "help" if help_.certain or not help_.edits else "maybe"
    out = [f"{style.paint(word, 'help')}: {_indented(help_.text)}"]
    bar = style.paint(" " * gutter + " |", "gutter")
    home = diagnostic.primary.span.source if diagnostic.primary else None
    for edits in _by_source(help_.edits):
        if home is not None and edits[0].span.source is not home:
            out.append(f"{style.paint(' ' * gutter + '-->', 'gutter')} {clean(str(edits[0].span))}")
        lines = preview(edits)
        out.extend(f"{bar} {fit(clean(line), style.width - gutter - 3)}".rstrip() for line in lines[:_PREVIEW])
        if len(lines) > _PREVIEW:
            out.append(style.paint("...", "gutter"))
    return out


def _by_source(edits: Sequence[Edit]) -> list[list[Edit]]:
    groups: list[list[Edit]] = []
    for edit in edits:
        for group in groups:
            if group[0].span.source is edit.span.source:
                group.append(edit)
                break
        else:
            groups.append([edit])
    return groups


def preview(edits: Sequence[Edit]) -> list[str]:
    """The lines of one source file that the edits touch, as they read afterwards; lines between them are left out."""
    source = edits[0].span.source
    out: list[str] = []
    ordered = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
    while ordered:
        first = last = ordered[0].span.line
        together = []
        while ordered and ordered[0].span.line <= last:
            edit = ordered.pop(0)
            together.append(edit)
            last = max(last, source.position(edit.span.end)[0])
        start = source.line_starts[first - 1]
        end = source.line_starts[last - 1] + len(source.line(last))
        text = source.text[start:end]
        for edit in reversed(together):
            text = text[: edit.span.start - start] + edit.text + text[edit.span.end - start :]
        out.extend(line for line in text.split("\n") if line.strip())
    return out


def _indented(text: str) -> str:
    return clean(text).replace("\n", "\n      ")
