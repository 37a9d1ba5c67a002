"""What became of the names, in words: which rule took how many, what does not fit, and what might help."""

from __future__ import annotations

from collections.abc import Iterator

from specc.weights.fit import Fit
from specc.weights.rules import Rules


def lines(fit: Fit, rules: Rules | None) -> Iterator[str]:
    """How many tensors each rule took, in the order of the rules; those that fit nothing are said to."""
    kept = fit.covered[-1].tensors
    if rules is None or not rules.rules:
        yield f"{fit.tensors} of {kept} tensors fit by their own names"
        return
    name = rules.name.rpartition("/")[2]
    rows = [(f"{covered.tensors}", f"{name}:{covered.line}", covered.rule) for covered in fit.covered if covered.line]
    if kept:
        rows.append((f"{kept}", "", "their own names"))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for count, place, rule in rows:
        nothing = "   fits nothing" if count == "0" and place else ""
        yield f"{count:>{widths[0]}}  {place:<{widths[1]}}  {rule}{nothing}"


def problems(fit: Fit, rules: Rules | None) -> Iterator[str]:
    """Everything that does not agree, a line each, then the rules that would rename what looks alike."""
    for problem in fit.problems:
        yield problem.text
    if fit.suggestions:
        yield f"rules that might help, in {'a file for --map' if rules is None or not rules.rules else rules.name}:"
        for rule in fit.suggestions:
            yield f"  {rule}"
