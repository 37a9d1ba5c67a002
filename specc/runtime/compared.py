"""A comparison in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specc.report.style import Style, clean
from specc.report.table import duration, grouped, table
from specc.runtime.compare import Comparison
from specc.runtime.differences import Difference
from specc.weights import coverage


def text(found: Comparison, style: Style | None = None) -> str:
    """The whole report, as `specc compare` prints it."""
    style = style or Style()
    mode = "training" if found.train else "eval"
    title = f"{found.model} against {found.reference}"
    parts = [f"{style.paint(title, 'strong')} on {found.device}, {found.width}, {mode} mode, seed {found.seed}\n"]
    parts.append(_part("weights", coverage.lines(found.weights, found.rules)))
    if found.weights.problems:
        parts.append("".join(f"{clean(line)}\n" for line in coverage.problems(found.weights, found.rules)))
        rows: list[tuple[str, str, str]] = []
    else:
        parts.append(_part("inputs", [f"{name}: {kind}" for name, kind in found.inputs]))
        parts.append(_differences(found.outputs, "output", style))
        for title, differences in (("gradient", found.gradients), ("buffer", found.buffers)):
            if differences:
                worst = max(differences, key=lambda one: one.relative)
                parts.append(_differences([worst], f"worst of {len(differences)} {title}s", style))
        ours, theirs = found.seconds
        rows = [("a pass forward and back" if found.train else "a forward pass", duration(ours), duration(theirs))]
    rows.insert(0, ("parameters", grouped(found.parameters[0]), grouped(found.parameters[1])))
    parts.append(table(("", "ours", "theirs"), rows, style, right=("ours", "theirs")))
    if found.beyond:
        parts.append(f"not compared, since the spec gives no such output: {clean(', '.join(found.beyond))}\n")
    parts += [f"note: {note}\n" for note in found.notes]
    parts.append(verdict(found) + "\n")
    return "\n".join(parts)


def verdict(found: Comparison) -> str:
    if found.weights.problems:
        count = len(found.weights.problems)
        return f"the weights do not fit: {count} problem{'' if count == 1 else 's'}; nothing was run"
    worst = max(found.all, key=lambda one: one.relative)
    allowed = f"at most {number(found.tolerance)} is allowed"
    if found.equal:
        return f"equal: the largest relative difference is {number(worst.relative)}, {allowed}"
    if worst.ours != worst.theirs:
        return f"different: {worst.name} is {worst.ours} here and {worst.theirs} there"
    return f"different: {worst.name} by {number(worst.relative)} (relative), {allowed}"


def number(value: float) -> str:
    return f"{value:.2g}"


def _part(title: str, lines: Iterable[str]) -> str:
    out = ""
    for line in lines:
        out += f"{title:<8} {clean(line)}\n"
        title = ""
    return out


def _differences(found: Sequence[Difference], title: str, style: Style) -> str:
    rows = [(one.name, one.ours, one.theirs, number(one.absolute), number(one.relative)) for one in found]
    heading = (title, "ours", "theirs", "largest", "relative")
    return table(heading, rows, style, right=("largest", "relative"))
