"""Which proposals are offered as certain: those with which, once applied, the mistake is gone and no new one appears.

Only a file with errors pays for this, and no more than a fixed amount of work, so that the answer is the same on every machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from specc.diagnostics import Diagnostic, Diagnostics, Edit, Help
from specc.source import SourceFile

MOST_CHECKS = 40
MOST_WORK = 40_000  # of all re-checks together, in tensors elaborated

Recheck = Callable[[SourceFile, Mapping[str, SourceFile]], Diagnostics]
"""Checks an edited file again; the mapping holds edited files that it imports, by path."""


def certify(source: SourceFile, diagnostics: Diagnostics, work: int, recheck: Recheck) -> None:
    """Re-checks each proposal with its edits applied and marks those that pass. Where one passes, those that do not are
    dropped; a tentative one stays only if it passes and none before it has. `work` is what one check takes, in tensors."""
    left = min(MOST_CHECKS, MOST_WORK // max(work, 1))
    known = _counted(diagnostics)
    changed: dict[int, Diagnostic] = {}
    for diagnostic in diagnostics.sorted():
        if not any(help_.edits or help_.tentative for help_ in diagnostic.help):
            continue
        kept: list[Help] = []
        settled = False
        for help_ in diagnostic.help:
            if not help_.edits:
                kept.append(help_)
                continue
            if settled and help_.tentative:
                continue
            passes = False
            if left > 0 and diagnostic.is_error:
                left -= 1
                passes = _passes(help_, diagnostic, source, known, recheck)
            if passes or not help_.tentative:
                kept.append(help_.replace(certain=passes))
            settled = settled or passes
        if settled:
            kept = [help_ for help_ in kept if help_.certain or not (help_.edits or help_.tentative)]
        changed[id(diagnostic)] = diagnostic.replace(help=tuple(kept))
    diagnostics.replace(changed)


def _passes(help_: Help, diagnostic: Diagnostic, source: SourceFile, known: Counter[tuple[str, str]], recheck: Recheck) -> bool:
    edited: dict[str, SourceFile] = {}
    main = source
    home = diagnostic.primary.span.source if diagnostic.primary is not None else source
    if any(file is not source and file is not home for file in _files(help_.edits)):
        return False  # neither the file that is checked nor the one with the mistake: perhaps of the library
    for file in _files(help_.edits):
        changed = SourceFile(
            file.name, applied(file.text, [edit for edit in help_.edits if edit.span.source is file]), file.path
        )
        if file is source:
            main = changed
        elif file.path is not None:
            edited[file.path] = changed
        else:
            return False  # a value of the command line
    found = _counted(recheck(main, edited))
    key = (diagnostic.code, diagnostic.headline)
    return found[key] < known[key] and not found - known


def _counted(diagnostics: Diagnostics) -> Counter[tuple[str, str]]:
    """Errors and doubts. Warnings of style come and go with what is found wrong before them."""
    return Counter((item.code, item.headline) for item in diagnostics.sorted() if not item.code.startswith("W06"))


def _files(edits: tuple[Edit, ...]) -> list[SourceFile]:
    found: list[SourceFile] = []
    for edit in edits:
        if not any(edit.span.source is file for file in found):
            found.append(edit.span.source)
    return found


def applied(text: str, edits: list[Edit]) -> str:
    """A text with the edits applied."""
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end), reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
