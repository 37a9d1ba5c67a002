"""The comments of a file, as the formatter takes them one by one; and the line ends of its source."""

from __future__ import annotations

import re
from bisect import bisect_left

from specc.syntax import ast

_DOCSTRING = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""', re.DOTALL)


class Comments:
    """Comments in the order of the source. Taking one removes it: what is left at the end of a statement has found no
    place within it."""

    def __init__(self, file: ast.File) -> None:
        self.text = file.source.text
        self._left = list(file.comments)
        self._all = list(file.comments)

    def __bool__(self) -> bool:
        return bool(self._left)

    def between(self, start: int, end: int) -> list[ast.Comment]:
        """Takes those from `start` up to `end`."""
        first = bisect_left(self._left, start, key=_start)
        last = bisect_left(self._left, end, key=_start)
        taken = self._left[first:last]
        del self._left[first:last]
        return taken

    def any(self, start: int, end: int) -> bool:
        return bisect_left(self._left, start, key=_start) < bisect_left(self._left, end, key=_start)

    def trailing(self, start: int, end: int) -> list[ast.Comment]:
        """Takes those from `start` up to `end` that begin on the line of `start`."""
        newline = self.text.find("\n", start, end)
        return self.between(start, end if newline < 0 else newline)

    def newline_between(self, start: int, end: int) -> bool:
        return self.text.find("\n", start, end) >= 0

    def find(self, sign: str, start: int) -> int:
        """The first `sign` at or after `start` that stands in no comment; -1 without one."""
        at = self.text.find(sign, start)
        while at >= 0:
            n = bisect_left(self._all, at, key=_start) - 1
            if n < 0 or self._all[n].span.end <= at:
                return at
            at = self.text.find(sign, self._all[n].span.end)
        return at

    def docstring(self, start: int) -> tuple[int, int]:
        """Where the docstring after `start` begins and ends."""
        opening = self.find('"""', start)
        found = _DOCSTRING.match(self.text, opening) if opening >= 0 else None
        return (opening, found.end()) if found else (start, start)

    def blank_between(self, start: int, end: int) -> bool:
        """Is there an empty line between?"""
        gap = self.text[start:end]
        return gap.count("\n") > 1 and any(not line.strip() for line in gap.split("\n")[1:-1])


def _start(comment: ast.Comment) -> int:
    return comment.span.start
