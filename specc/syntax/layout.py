"""Text that knows where its lines may break: a small algebra of documents, and its printer.

After Wadler, "A prettier printer", with the fills and line suffixes of Prettier. A document is a string, a tuple of
documents in a row, or one of the classes below.
"""

from __future__ import annotations

from typing import TypeAlias


class Line:
    """A line's end, or `flat` where its group fits on one line. A hard one always ends the line."""

    __slots__ = ("flat", "hard")

    def __init__(self, flat: str = " ", hard: bool = False) -> None:
        self.flat = flat
        self.hard = hard


class Group:
    """Stands on one line if it fits and holds nothing hard; otherwise all of its own lines break."""

    __slots__ = ("doc", "hard")

    def __init__(self, *doc: Doc) -> None:
        self.doc = doc
        self.hard = is_hard(doc)


class Indent:
    """Lines that break within are indented by `by` more."""

    __slots__ = ("by", "doc", "hard")

    def __init__(self, by: int, *doc: Doc) -> None:
        self.by = by
        self.doc = doc
        self.hard = is_hard(doc)


class Fill:
    """A space, or a line's end if `doc` does not fit on this line, and then `doc`: on a new line, indented by `by`.

    What fits on no line must break within. It goes on a new line, or (`hugs`) stays: brackets that open here. That it
    breaks is all that counts, not why, or laying out what was laid out would give something else.
    """

    __slots__ = ("by", "doc", "hard", "hugs")

    def __init__(self, *doc: Doc, by: int = 0, hugs: bool = False) -> None:
        self.by = by
        self.hugs = hugs
        self.doc = doc
        self.hard = is_hard(doc)


class Broken:
    """A text that stands only where the group is broken: the comma after the last of several lines."""

    __slots__ = ("hard", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.hard = False


class Suffix:
    """A comment: moves to the end of the line it is on (or, `alone`, to a line of its own after it), takes no part in its
    width, and keeps its group from one line."""

    __slots__ = ("alone", "hard", "text")

    def __init__(self, text: str, alone: bool = False) -> None:
        self.text = text
        self.alone = alone
        self.hard = True


Doc: TypeAlias = "str | tuple[Doc, ...] | Line | Group | Indent | Fill | Broken | Suffix"

HARD = Line(hard=True)
LINE = Line()
EDGE = Line("")


def is_hard(doc: Doc) -> bool:
    if isinstance(doc, str):
        return False
    if isinstance(doc, tuple):
        return any(is_hard(part) for part in doc)
    return doc.hard


def joined(separator: Doc, docs: list[Doc]) -> tuple[Doc, ...]:
    out: list[Doc] = []
    for doc in docs:
        if out:
            out.append(separator)
        out.append(doc)
    return tuple(out)


def brackets(opening: str, items: list[Doc], closing: str, last: str = ",") -> Doc:
    """Items on the line at hand, or indented on the next, or each on its own with `last` after the last one."""
    if not items:
        return opening + closing
    return Group(opening, Indent(4, EDGE, Group(joined((",", LINE), items), Broken(last))), EDGE, closing)


_Command: TypeAlias = "tuple[int, bool, Doc]"


def render(doc: Doc, width: int) -> str:
    """The text of a document, with lines of at most `width` where they can be broken so."""
    out: list[str] = []
    suffixes: list[tuple[Suffix, int]] = []
    column = line_indent = 0
    stack: list[_Command] = [(0, True, doc)]
    while stack:
        indent, breaking, now = stack.pop()
        if isinstance(now, str):
            out.append(now)
            column += len(now)
        elif isinstance(now, tuple):
            stack.extend((indent, breaking, part) for part in reversed(now))
        elif isinstance(now, Indent):
            stack.append((indent + now.by, breaking, now.doc))
        elif isinstance(now, Group):
            breaks = now.hard or (breaking and not _fits(width - column, (indent, False, now.doc), stack))
            stack.append((indent, breaks, now.doc))
        elif isinstance(now, Fill):
            if breaking and _moves(now, width - column - 1, width - indent - now.by, stack):
                stack.append((indent + now.by, breaking, now.doc))
                stack.append((indent + now.by, True, HARD))
            else:
                out.append(" ")
                column += 1
                stack.append((line_indent, breaking, now.doc))
        elif isinstance(now, Suffix):
            suffixes.append((now, indent))
        elif isinstance(now, Broken):
            if breaking:
                out.append(now.text)
                column += len(now.text)
        elif breaking or now.hard:
            _end_line(out, suffixes, indent)
            column = line_indent = indent
        else:
            out.append(now.flat)
            column += len(now.flat)
    _end_line(out, suffixes, 0)
    return "".join(out)


def _end_line(out: list[str], suffixes: list[tuple[Suffix, int]], indent: int) -> None:
    """Ends the line with its comment. A second comment gets a line of its own."""
    while out and not out[-1].strip(" "):
        out.pop()
    if out and out[-1] != "\n":
        out[-1] = out[-1].rstrip(" ")
    for n, (suffix, own_indent) in enumerate(suffixes):
        out.append(f"\n{' ' * own_indent}{suffix.text}" if n or suffix.alone else f"  {suffix.text}")
    suffixes.clear()
    out.append("\n")
    if indent:
        out.append(" " * indent)


def _moves(fill: Fill, here: int, below: int, rest: list[_Command]) -> bool:
    """Does a fill go on a new line, with so many columns left on this one and on a new one?"""
    flat = (0, False, fill.doc)
    if not fill.hard and _fits(here, flat, rest):
        return False
    return not fill.hugs or (not fill.hard and _fits(below, flat, rest))


def _fits(room: int, command: _Command, rest: list[_Command]) -> bool:
    """Does the command, and what follows it up to the first place where a line can end, fit into `room` columns?"""
    stack = [command]
    at = len(rest)
    while room >= 0:
        if not stack:
            if at == 0:
                return True
            at -= 1
            stack.append(rest[at])
            continue
        indent, breaking, now = stack.pop()
        if isinstance(now, str):
            room -= len(now)
        elif isinstance(now, tuple):
            stack.extend((indent, breaking, part) for part in reversed(now))
        elif isinstance(now, Indent):
            stack.append((indent, breaking, now.doc))
        elif isinstance(now, Group):
            stack.append((indent, now.hard or breaking, now.doc))
        elif isinstance(now, Fill):
            if breaking:
                return True
            room -= 1
            stack.append((indent, breaking, now.doc))
        elif isinstance(now, Broken):
            room -= len(now.text) if breaking else 0
        elif isinstance(now, Line):
            if breaking or now.hard:
                return True
            room -= len(now.flat)
    return False
