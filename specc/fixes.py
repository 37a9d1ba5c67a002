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


ADVICE = {
    "E0101": "write what is expected here, or take this out",
    "E0114": "no size or count is so large: is a digit too many?",
    "E0122": "give it a name first: `name = ...`",
    "E0129": "write what follows, or take it away",
    "E0203": "leave it out, or give the value to an argument that exists",
    "E0205": "leave the last one out, or give it by its name",
    "E0207": "give a value of that kind",
    "E0208": "choose a value within the bounds",
    "E0210": "use a value of the kind that is expected",
    "E0213": "bring both sides to one kind: numbers and tensors go together, text goes with text",
    "E0217": "layers are made round by round; what runs so often is an operation on tensors, or a loop over an input `n: dim`",
    "E0219": "items count from 0, or from the end with -1",
    "E0222": "choose one of those that it has",
    "E0223": "give one size for each dimension, and the declared one where it is declared",
    "E0225": "`.name` is a file beside this one, `specc.lib.name` one of the library",
    "E0227": "import a name that the file defines",
    "E0229": "feed fewer, or join them before: `cat([a, b], dim=1)`",
    "E0234": "a path is one of labels, with a weight's name at its end: `block.fc.weight`",
    "E0235": "give it values for which it is defined, or guard it by a condition",
    "E0301": "add or join dimensions before it: `unsqueeze`, `[:, none]`, `flatten`",
    "E0302": "make the two agree where they come from; `specc check --types` shows the sizes line by line",
    "E0303": "feed a larger input, or shrink it less before: smaller kernels and strides, more padding",
    "E0304": "choose a number that divides it",
    "E0307": "change the declaration, or what is fed",
    "E0308": "change the declaration, or what is fed; `specc check --types` shows the sizes line by line",
    "E0310": "bring both to one size, or line their dimensions up by `transpose`, `unsqueeze` or `[:, none]`",
    "E0317": "start with a tensor of the state's own shape",
    "E0320": "give values for which it holds",
    "E0402": "move what both need to a third file",
    "E0405": "define it by values that do not mention it",
    "E0408": "give what has another type another name, or bring it back to the first type at the end of the round",
    "E0409": "bring both sides to one type",
    "E0411": "let one of them compute what it needs itself",
    "E0501": "convert it, as in `x -> to(float)`, or feed another tensor",
    "W0608": "a pattern is made of labels, with `*` for any: `layers.*.weight`; `specc summary` lists the layers",
    "W0609": "a pattern is made of labels, with `*` for any: `layers.*`; `specc summary` lists the layers",
}
"""What to do about a mistake of which nothing more special is known, by code."""


def advise(diagnostics: Diagnostics) -> None:
    """Gives every message that has no proposal the general one of its code."""
    bare = [item for item in diagnostics.sorted() if not item.help and item.code in ADVICE]
    diagnostics.replace({id(item): item.replace(help=(Help(ADVICE[item.code]),)) for item in bare})


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
