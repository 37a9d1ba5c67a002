"""A safetensors file for a spec out of another one: names changed, shapes as the spec wants them, every number as it was.

Tied tensors are written as safetensors' save_model writes them: once, under the first of their names in alphabetical order,
and the metadata says for each other name where it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import product
from math import prod
from typing import Literal

from specc.record import Record
from specc.weights.errors import BadWeights
from specc.weights.fit import Fit, Move, Problem
from specc.weights.header import WIDTHS, Stored
from specc.weights.nearest import Shape
from specc.weights.wanted import Wanted

MARKER = b'{"__metadata__":{"specc":"'
"""How the header of every file begins that is written here."""

_CHUNK = 16 * 1024 * 1024
_CAST: Mapping[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Given(Record):
    """A tensor that comes from no file: what the spec keeps for itself."""

    kind: str
    shape: Shape
    data: bytes


def checked(found: Mapping[str, Stored], fit: Fit) -> Fit:
    """The fit, with the problems that only the bytes show: tensors of different kinds to be joined, and tied ones that
    differ."""
    moves = {move.target: move for move in fit.moves}
    mixed = []
    for move in fit.moves:
        kinds = list(dict.fromkeys(found[source].kind for source in move.sources))
        if len(kinds) > 1:
            text = f"{', '.join(move.sources)} cannot be joined: they are {' and '.join(kinds)}"
            mixed.append(Problem("rule", move.target, text))
    if mixed or fit.problems:
        return fit.replace(problems=(*fit.problems, *mixed))
    return fit.torn([pair for pair in fit.ties if len({_digest(moves[name], found) for name in pair}) > 1])


def _digest(move: Move, found: Mapping[str, Stored]) -> tuple[str, bytes]:
    """Of the numbers and their kind."""
    digest = sha256()
    for chunk in _chunks(move, found):
        digest.update(chunk)
    return found[move.sources[0]].kind, digest.digest()


def converted(
    found: Mapping[str, Stored], fit: Fit, wanted: Mapping[str, Wanted], own: Mapping[str, Given], version: str
) -> Iterator[bytes]:
    """The new file, piece by piece. There must be no problems. Raises BadWeights where a source can no longer be read."""
    moves = {move.target: move for move in fit.moves}
    names: dict[str, list[str]] = {}
    for name in sorted(wanted):
        names.setdefault(wanted[name].one, []).append(name)
    metadata = {"specc": version, "format": "pt"}
    pieces: list[tuple[str, str, Shape, Move | Given]] = []
    for group in names.values():
        kept, *others = group
        metadata.update(dict.fromkeys(others, kept))
        source = next(moves[name] if name in moves else own[name] for name in group if name in moves or name in own)
        kind = source.kind if isinstance(source, Given) else found[source.sources[0]].kind
        pieces.append((kept, kind, source.shape, source))
    pieces.sort(key=lambda piece: (-WIDTHS[piece[1]], piece[0]))  # widest first: each is aligned to its own width
    header: dict[str, object] = {"__metadata__": metadata}
    at = 0
    for name, kind, shape, _ in pieces:
        size = prod(shape) * WIDTHS[kind]
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for _, _, _, source in pieces:
        if isinstance(source, Given):
            yield source.data
        else:
            yield from _chunks(source, found)


def _chunks(move: Move, found: Mapping[str, Stored]) -> Iterator[bytes]:
    """The bytes of a wanted tensor."""
    if len(move.sources) == 1 and not move.order and move.stop is None:
        yield from _read(found[move.sources[0]])
        return
    parts = []
    for source in move.sources:
        stored = found[source]
        data, shape = b"".join(_read(stored)), stored.shape
        if move.order:
            data, shape = permuted(data, shape, move.order, WIDTHS[stored.kind]), tuple(shape[i] for i in move.order)
        parts.append((data, shape, WIDTHS[stored.kind]))
    if move.stop is not None:
        data, shape, width = parts[0]
        parts = [(_slice(data, shape, move.dim, move.start, move.stop, width), shape, width)]
    yield parts[0][0] if len(parts) == 1 else _joined(parts, move.dim)


def _read(stored: Stored) -> Iterator[bytes]:
    try:
        with open(stored.file, "rb") as file:
            file.seek(stored.start)
            left = stored.end - stored.start
            while left:
                data = file.read(min(left, _CHUNK))
                if not data:
                    raise BadWeights(f"{stored.file} became shorter while it was read")
                left -= len(data)
                yield data
    except OSError as error:
        raise BadWeights(f"cannot read {stored.file}: {error.strerror}") from None


def permuted(data: bytes, shape: Shape, order: tuple[int, ...], width: int) -> bytes:
    """The bytes of a tensor (row by row, elements of `width` bytes) with its dimensions in another order."""
    if not shape or 0 in shape:
        return data
    view = memoryview(data).cast(_CAST[width])
    strides = [prod(shape[i + 1 :]) for i in range(len(shape))]
    *outer, last = order
    step, count = strides[last], shape[last]
    out = []
    for place in product(*(range(shape[i]) for i in outer)):
        start = sum(n * strides[i] for n, i in zip(place, outer, strict=True))
        out.append(view[start : start + step * (count - 1) + 1 : step].tobytes())
    return b"".join(out)


def _slice(data: bytes, shape: Shape, dim: int, start: int, stop: int, width: int) -> bytes:
    inner = prod(shape[dim + 1 :]) * width
    row = shape[dim] * inner
    view = memoryview(data)
    return b"".join(view[at + start * inner : at + stop * inner] for at in range(0, len(data), row)) if row else b""


def _joined(parts: Iterable[tuple[bytes, Shape, int]], dim: int) -> bytes:
    rows = [(memoryview(data), prod(shape[dim:]) * width) for data, shape, width in parts]
    outer = max((len(view) // row for view, row in rows if row), default=0)
    return b"".join(view[n * row : (n + 1) * row] for n in range(outer) for view, row in rows)
