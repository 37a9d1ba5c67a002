"""Patterns of named axes: `b t (h c) -> b h t c`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from specc.dims.expr import Dim
from specc.record import Record

_TOKEN = re.compile(r"\s*(\.\.\.|->|[()]|[A-Za-z_]\w*|\d+)|\s*(\S)")

Groups = tuple[tuple[str, ...], ...]


class PatternError(ValueError):
    """What is wrong with a pattern, as a clause without a full stop."""


class Pattern(Record):
    """One group of axes per dimension, on either side. The axes of `...` are called `...0`, `...1`, numbers `2#0`."""

    left: Groups
    right: Groups

    @property
    def left_axes(self) -> list[str]:
        return [axis for group in self.left for axis in group]

    @property
    def right_axes(self) -> list[str]:
        return [axis for group in self.right for axis in group]

    def literal_sizes(self) -> dict[str, int]:
        """The sizes of axes written as numbers."""
        return {axis: int(axis.split("#")[0]) for axis in self.left_axes + self.right_axes if "#" in axis}

    def check_names(self, adds: bool, drops: bool, sizes: Mapping[str, Dim]) -> None:
        left, right = self.left_axes, self.right_axes
        for side in (left, right):
            for axis in side:
                if side.count(axis) > 1:
                    raise PatternError(f"axis {axis} stands twice on one side")
        if not adds:
            extra = [axis for axis in right if axis not in left]
            if extra:
                raise PatternError(f"axis {shown(extra[0])} stands on the right only; `repeat` makes new axes")
        if not drops:
            lost = [axis for axis in left if axis not in right]
            if lost:
                raise PatternError(f"axis {shown(lost[0])} stands on the left only; `reduce` reduces axes")
        for name in sizes:
            if name not in left and name not in right:
                raise PatternError(f"a size is given for {name}, which the pattern does not name")


def shown(axis: str) -> str:
    return "..." if axis.startswith("...") else axis.split("#")[0]


def parse(text: str, rank: int) -> Pattern:
    """The pattern for a tensor of a rank, which settles what `...` stands for. Raises PatternError."""
    tokens = []
    for match in _TOKEN.finditer(text.rstrip()):
        if match[2]:
            raise PatternError(f"`{match[2]}` has no meaning in a pattern")
        tokens.append(match[1])
    if tokens.count("->") != 1:
        raise PatternError("a pattern has one `->`, between the axes before and after")
    middle = tokens.index("->")
    sides = [_side(part) for part in (tokens[:middle], tokens[middle + 1 :])]
    if any(axis == "..." for group in sides[0] for axis in group if len(group) > 1):
        raise PatternError("on the left, `...` cannot stand in parentheses")
    dots = [sum(group.count("...") for group in side) for side in sides]
    if max(dots) > 1:
        raise PatternError("`...` can stand only once on a side")
    if dots[1] and not dots[0]:
        raise PatternError("`...` stands on the right only")
    run = rank - sum(group != ["..."] for group in sides[0]) if dots[0] else 0
    if run < 0:
        raise PatternError(f"the pattern has more dimensions on the left than the tensor, which has rank {rank}")
    names = [f"...{i}" for i in range(run)]
    return Pattern(*(_expanded(side, names, which) for which, side in zip("lr", sides, strict=True)))


def _side(tokens: list[str]) -> list[list[str]]:
    groups: list[list[str]] = []
    inside = False
    for token in tokens:
        if token == "(":
            if inside:
                raise PatternError("parentheses do not nest")
            inside = True
            groups.append([])
        elif token == ")":
            if not inside:
                raise PatternError("`)` without `(`")
            inside = False
        elif inside:
            groups[-1].append(token)
        else:
            groups.append([token])
    if inside:
        raise PatternError("`(` without `)`")
    return groups


def _expanded(groups: list[list[str]], names: list[str], side: str) -> Groups:
    """`...` as its names; 1 as no axis at all; other numbers as axes of their own."""
    out: list[tuple[str, ...]] = []
    count = 0
    for group in groups:
        if group == ["..."]:
            out += [(name,) for name in names]
            continue
        axes: list[str] = []
        for token in group:
            if token == "...":
                axes += names
            elif token.isdigit():
                if token.startswith("0"):
                    raise PatternError(f"{token} cannot be the size of an axis")
                if token != "1":
                    axes.append(f"{token}#{side}{count}")
                    count += 1
            else:
                axes.append(token)
        out.append(tuple(axes))
    return tuple(out)
