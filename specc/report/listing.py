"""A spec with what inference found out beside its lines, as text and as data.

     12 │   x -> conv: Conv2d(64, 3) -> ReLU    float[N, 64, H - 2, W - 2]  in_channels = 3

A line that makes several tensors shows the types on the way with arrows between them, those that do not change once; a line
that a loop passes several times has a row for each difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specc.dims.expr import Dim
from specc.elaborate.listing import Inferred, Listing, Need, Typed, Use
from specc.report.json import Json, place
from specc.report.style import Style, clean, fit, text_width
from specc.source import Span
from specc.types import TensorType

_GAP = 2
_LEAST_SOURCE = 40  # columns that the source gets before types go below their line
_ROWS = 5  # differences of one line, at most
_USES = 6  # uses of a block, at most
_EXCERPT = 50  # columns of what demands something
_WORDS = 11  # columns of what stands before a fact


def render(listings: Sequence[Listing], style: Style | None = None) -> str:
    """All definitions, a blank line between them."""
    style = style or Style()
    return "\n".join("".join(f"{line}\n" for line in _definition(listing, style)) for listing in listings)


def _definition(listing: Listing, style: Style) -> Iterator[str]:
    span = listing.span
    given = ", ".join(f"{name} = {value}" for name, value in listing.parameters if name != value)
    head = style.paint(f"{listing.keyword} {clean(listing.name)}", "strong")
    yield f"{head}{f' with {fit(clean(given), 2 * style.width)}' if given else ''}" + style.paint(f"  {span}", "faint")
    first = span.line
    last = span.source.position(max(span.start, span.end - 1))[0]
    gutter = len(str(last))
    notes: dict[int, list[Typed | Inferred]] = {}
    for note in listing.notes:
        notes.setdefault(note.span.line, []).append(note)
    rows = {number: _rows(found) for number, found in notes.items()}
    sources = {number: clean(span.source.line(number)) for number in range(first, last + 1)}
    column = _column(sources, rows, style.width - gutter - 3)
    for number, source in sources.items():
        beside = rows.get(number, [])
        begin = style.paint(f"{number:>{gutter}} │ ", "gutter")
        if not beside:
            yield (begin + source).rstrip()
            continue
        if text_width(source) + _GAP > column:
            yield begin + source
            source = ""
            begin = style.paint(f"{'':>{gutter}} │ ", "gutter")
        for text, extra in beside:
            padding = " " * (column - text_width(source))
            between = "  " if text and extra else ""
            yield begin + source + padding + style.paint(text, "type") + between + style.paint(extra, "faint")
            source = ""
            begin = style.paint(f"{'':>{gutter}} │ ", "gutter")
    yield from _facts(listing, style)


def _column(sources: dict[int, str], rows: dict[int, list[tuple[str, str]]], width: int) -> int:
    """Where types begin: right of the longest line that has some, or as far to the right as they need."""
    longest = max((text_width(sources[number]) for number in rows), default=0) + _GAP
    widest = max((text_width(f"{text}  {extra}") for found in rows.values() for text, extra in found), default=0)
    return longest if longest + widest <= width else max(min(longest, width - widest), min(longest, _LEAST_SOURCE))


def _rows(notes: Sequence[Typed | Inferred]) -> list[tuple[str, str]]:
    """What stands beside one line: types and inferred arguments, a row for each pass that differs from the one before."""
    passes: list[list[Typed | Inferred]] = [[]]
    seen: set[tuple[type, int, int, str]] = set()
    for note in notes:
        key = (type(note), note.span.start, note.span.end, note.argument if isinstance(note, Inferred) else "")
        if key in seen:
            passes.append([])
            seen.clear()
        seen.add(key)
        passes[-1].append(note)
    rows = dict.fromkeys((_flow(one), _inferred(one)) for one in passes)
    shown = list(rows)
    if len(shown) > _ROWS:
        shown = [*shown[: _ROWS - 2], (f"… {len(shown) - _ROWS + 1} more", ""), shown[-1]]
    return shown


def _flow(notes: Sequence[Typed | Inferred]) -> str:
    """`float[N, 64] → [N, 10]`: what does not change is said once, the kind of number as well."""
    out = ""
    before: TensorType | None = None
    for note in notes:
        if not isinstance(note, Typed):
            continue
        (_, first), *others = note.made
        if note.named or others:
            part = _named(note)
        elif first == before:
            continue
        else:
            part = str(first).removeprefix(first.dtype.word if before is not None and before.dtype == first.dtype else "")
        out += f"{', ' if note.named else ' → '}{part}" if out else part
        before = note.made[-1][1]
    return clean(out)


def _named(note: Typed) -> str:
    """`q, k, v: float[B, 8, T, 64]`."""
    names: dict[str, list[str]] = {}
    for name, type_ in note.made:
        names.setdefault(str(type_), []).append(name)
    shown = ", ".join(f"{', '.join(found)}: {type_}" for type_, found in names.items())
    return shown + (" (inferred)" if note.open else "")


def _inferred(notes: Sequence[Typed | Inferred]) -> str:
    found = [note for note in notes if isinstance(note, Inferred)]
    several = len({note.span for note in found}) > 1
    return clean(", ".join(f"{f'{note.layer}.' if several else ''}{note.argument} = {note.value}" for note in found))


def _facts(listing: Listing, style: Style) -> Iterator[str]:
    facts = [
        ("static", ", ".join(listing.static)),
        ("dynamic", ", ".join(listing.dynamic)),
        *((("needs" if not at else ""), _need(need)) for at, need in enumerate(listing.needs)),
        *((("used" if not at else ""), text) for at, text in enumerate(_uses(listing.uses))),
    ]
    for word, text in facts:
        if text:
            yield style.paint(f"   {word:<{_WORDS}}", "strong") + clean(text)


def _need(need: Need) -> str:
    if need.span is None:
        return need.text
    return f"{need.text}  (line {need.span.line}: {fit(' '.join(need.span.text.split()), _EXCERPT)})"


def _uses(uses: Sequence[Use]) -> list[str]:
    shown = [_use(use) for use in uses[:_USES]]
    if len(uses) > _USES:
        shown.append(f"… {len(uses) - _USES} more")
    return shown


def _use(use: Use) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in use.arguments)
    taken, given = (", ".join(type_ for _, type_ in flows) for flows in (use.inputs, use.outputs))
    return f"{f'({arguments}) ' if arguments else ''}{taken} -> {given}"


def as_json(listing: Listing) -> Json:
    """One definition. `tensors` and `inferred` are in the order of the computation."""
    return {
        "keyword": listing.keyword,
        "name": listing.name,
        "place": place(listing.span),
        "parameters": dict(listing.parameters),
        "tensors": [
            {"name": name, "type": _type(type_), "open": note.open, "place": place(note.span)}
            for note in listing.notes
            if isinstance(note, Typed)
            for name, type_ in note.made
        ],
        "inferred": [
            {"layer": note.layer, "argument": note.argument, "value": note.value, "place": place(note.span)}
            for note in listing.notes
            if isinstance(note, Inferred)
        ],
        "symbols": [
            {"name": name, "static": static}
            for names, static in ((listing.static, True), (listing.dynamic, False))
            for name in names
        ],
        "preconditions": [{"text": need.text, "place": _optional(need.span)} for need in listing.needs],
        "uses": [
            {"arguments": dict(use.arguments), "inputs": dict(use.inputs), "outputs": dict(use.outputs)} for use in listing.uses
        ],
    }


def _type(found: TensorType) -> Json:
    return {"text": str(found), "dtype": found.dtype.word, "dims": [_dim(dim) for dim in found.shape]}


def _dim(dim: Dim) -> Json:
    return dim if isinstance(dim, int) else str(dim)


def _optional(span: Span | None) -> Json:
    return None if span is None else place(span)


__all__ = ["as_json", "render"]
