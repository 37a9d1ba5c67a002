"""What specc says to its user, as data. Phases collect diagnostics; `report` renders them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from specc.record import Record
from specc.source import Span


class Label(Record):
    """A marked place with a few words. The primary label of a diagnostic stands at its mistake."""

    span: Span
    text: str = ""


class Reason(Record):
    """One step of a because-chain: a place and how it led to the mistake."""

    span: Span
    text: str


class Edit(Record):
    """A change of the source: the characters of `span` become `text`."""

    span: Span
    text: str


class Help(Record):
    """What to do. `certain` is set only when re-checking with the edits applied passes; what is `tentative` is kept only
    then."""

    text: str
    edits: tuple[Edit, ...] = ()
    certain: bool = False
    tentative: bool = False


class Diagnostic(Record):
    """One mistake (or doubt), told once.

    `code` names an entry of the catalogue, which gives the severity. `headline` is one line without a full stop.
    `example` is a witness: concrete sizes for which the mistake happens.
    """

    code: str
    headline: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    because: tuple[Reason, ...] = ()
    example: str = ""
    notes: tuple[str, ...] = ()
    help: tuple[Help, ...] = ()

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")


class Diagnostics:
    """Collects diagnostics. The same code at the same place is kept once: one message per root cause."""

    def __init__(self) -> None:
        self._items: list[Diagnostic] = []
        self._seen: set[tuple[str, str, int, int]] = set()

    def add(self, diagnostic: Diagnostic) -> None:
        span = diagnostic.primary.span if diagnostic.primary else None
        key = (diagnostic.code, diagnostic.headline, 0, 0)
        if span is not None:
            key = (diagnostic.code, span.source.name, span.start, span.end)
        if key not in self._seen:
            self._seen.add(key)
            self._items.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.add(diagnostic)

    @property
    def has_errors(self) -> bool:
        return any(item.is_error for item in self._items)

    def sorted(self) -> list[Diagnostic]:
        """In the order of the source, file by file; those without a place come first."""

        def key(item: Diagnostic) -> tuple[str, int, int, str]:
            span = item.primary.span if item.primary else None
            return (span.source.name, span.start, span.end, item.code) if span else ("", 0, 0, item.code)

        return sorted(self._items, key=key)

    def replace(self, changed: Mapping[int, Diagnostic]) -> None:
        """The same mistakes, told in other words: what replaces a diagnostic, by its id."""
        self._items = [changed.get(id(item), item) for item in self._items]

    def amend(self, mark: int, more: Help | None = None, note: str = "") -> None:
        """Adds a proposal or a note to what was told since a `mark`."""
        for k in range(mark, len(self._items)):
            item = self._items[k]
            helps = (more, *item.help) if more is not None else item.help
            self._items[k] = item.replace(help=helps, notes=(*item.notes, note) if note else item.notes)

    def essential(self) -> None:
        """Keeps back what errors make doubtful: warnings of style, and what is said of a line that could not be read as it
        stands (whose names may be those that the mistake took away)."""
        misread = {
            (item.primary.span.source, item.primary.span.line)
            for item in self._items
            if item.code.startswith("E01") and item.primary
        }
        self._items = [
            item
            for item in self._items
            if not item.code.startswith("W06")
            and (
                item.code.startswith("E01")
                or item.primary is None
                or (item.primary.span.source, item.primary.span.line) not in misread
            )
        ]

    def mark(self) -> int:
        """A point to which `rollback` returns: an attempt that is given up leaves no messages."""
        return len(self._items)

    def rollback(self, mark: int) -> None:
        del self._items[mark:]
        self._seen = set()
        kept, self._items = self._items, []
        self.extend(kept)

    def __len__(self) -> int:
        return len(self._items)
