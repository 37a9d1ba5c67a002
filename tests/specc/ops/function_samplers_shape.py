"""Random configurations of functions that join and view."""

from __future__ import annotations

from typing import Any

from specc.types import TensorType
from tests.specc.ops.draw import Draw
from tests.specc.ops.function_draws import C, F, I, Sample, Sampler, dim, dims, kinds, registrar, tensor
from tests.specc.ops.function_samplers import optional_dim, unary

SAMPLERS: dict[str, Sampler] = {}
sampler = registrar(SAMPLERS)


def _with(draw: Draw, base: Any, **values: Any) -> Sample:
    operands, more = base(draw)
    return operands, {**values, **more}


def _squeeze(draw: Draw) -> Sample:
    x = TensorType(tuple(draw.choice((1, 1, 2, 3)) for _ in range(draw.randint(0, 4))), kinds(draw))
    pick = draw.random()
    return {"x": x}, {"dim": dim(draw, x.rank)} if pick < 0.5 else {"dim": dims(draw, x.rank)} if pick < 0.8 else {}


def _pairs(draw: Draw) -> Sample:
    shape = (*draw.dims(draw.randint(0, 3)), draw.choice((2, 2, 2, 3)))
    return {"x": TensorType(shape[draw.choice((0, 0, 0, 1)) :], draw.choice((F, F, F, I, C)))}, {}


SAMPLERS |= {
    "chunk": lambda draw: _with(draw, optional_dim(), chunks=draw.randint(0, 5)),
    "unbind": optional_dim(),
    "squeeze": _squeeze,
    "tril": unary(diagonal=[-1, 0, 2]),
    "triu": unary(diagonal=[-1, 0, 2]),
    "diag_embed": unary(offset=[-2, 0, 1]),
    "view_as_complex": _pairs,
}


def _siblings(draw: Draw, vary: bool) -> tuple[list[TensorType], int]:
    shape = draw.dims(draw.choice((0, 1, 2, 3, 3)), 1, 4)
    at = dim(draw, len(shape))
    kind = kinds(draw)
    out = []
    for _ in range(draw.randint(1, 3)):
        sizes = list(shape)
        if vary and -len(shape) <= at < len(shape):
            sizes[at] = draw.dim()
        if sizes and draw.random() < 0.08:
            sizes[draw.randrange(len(sizes))] += 1
        out.append(TensorType((0,) if draw.random() < 0.03 else tuple(sizes), kind if draw.often() else kinds(draw)))
    return out, at


@sampler
def cat(draw: Draw) -> Sample:
    tensors, at = _siblings(draw, vary=True)
    return {"tensors": tensors}, {"dim": at} if draw.random() < 0.8 else {}


@sampler
def stack(draw: Draw) -> Sample:
    tensors, at = _siblings(draw, vary=False)
    return {"tensors": tensors}, {"dim": at} if draw.random() < 0.8 else {}


@sampler
def meshgrid(draw: Draw) -> Sample:
    kind = kinds(draw)
    tensors = [
        TensorType(draw.dims(draw.choice((1, 1, 1, 0, 2))), kind if draw.often() else kinds(draw))
        for _ in range(draw.randint(1, 3))
    ]
    return {"tensors": tensors}, draw.some(indexing=["ij", "xy"])


@sampler
def split(draw: Draw) -> Sample:
    x = tensor(draw)
    at = dim(draw, x.rank)
    n = x.shape[at] if -x.rank <= at < x.rank else 3
    assert isinstance(n, int)
    pieces: Any = draw.randint(-1, 4)
    if draw.yes():
        cut = draw.randint(0, max(n, 0))
        pieces = (cut, n - cut) if draw.often() else (cut, draw.randint(-1, 3))
    return {"x": x}, {"split_size": pieces, "dim": at}


@sampler
def tile(draw: Draw) -> Sample:
    return {"x": tensor(draw)}, {"dims": draw.dims(draw.randint(0, 4), -1 if draw.rarely() else 0, 3)}


@sampler
def repeat_interleave(draw: Draw) -> Sample:
    operands, values = optional_dim()(draw)
    return operands, {"repeats": draw.randint(-1, 3), **values}


@sampler
def roll(draw: Draw) -> Sample:
    x = tensor(draw)
    named = dims(draw, x.rank)
    shifts = tuple(draw.randint(-3, 3) for _ in (named if draw.often() else (1, 2, 3)))
    pick = draw.random()
    if pick < 0.3:
        return {"x": x}, {"shifts": draw.randint(-3, 3), **draw.some(dims=[dim(draw, x.rank)])}
    return {"x": x}, {"shifts": shifts, "dims": named}


@sampler
def flip(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {"dims": dims(draw, x.rank)}


def _factors(draw: Draw, n: int) -> list[int]:
    out = []
    for p in (2, 2, 3, 2, 3):
        if n and n % p == 0 and draw.yes():
            out.append(p)
            n //= p
    return [*out, n]


def _target(draw: Draw, sizes: list[int]) -> tuple[int, ...]:
    """Another shape of as many elements, mostly; one size may be -1."""
    total = 1
    for n in sizes:
        total *= n
    target = _factors(draw, total)
    draw.shuffle(target)
    if target and draw.yes():
        target[draw.randrange(len(target))] = -1
    if target and draw.random() < 0.3:
        target[draw.randrange(len(target))] = draw.choice((-1, 0, 1, 2, 5))
    return tuple(target)


@sampler
def reshape(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {"size": _target(draw, list(x.shape))}  # type: ignore[arg-type]


@sampler
def unflatten(draw: Draw) -> Sample:
    x = TensorType(tuple(draw.choice((1, 2, 4, 6, 12)) for _ in range(draw.randint(0, 3))), kinds(draw))
    at = dim(draw, x.rank)
    n = x.shape[at] if -x.rank <= at < x.rank else 4
    return {"x": x}, {"dim": at, "sizes": _target(draw, [n])[: None if draw.often() else 1]}  # type: ignore[list-item]


@sampler
def permute(draw: Draw) -> Sample:
    x = tensor(draw)
    order = list(range(x.rank))
    draw.shuffle(order)
    if draw.rarely():
        order = list(dims(draw, x.rank))
    return {"x": x}, {"dims": tuple(i - x.rank if draw.random() < 0.2 else i for i in order)}


@sampler
def transpose(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {"dim0": dim(draw, x.rank), "dim1": dim(draw, x.rank)}


@sampler
def movedim(draw: Draw) -> Sample:
    x = tensor(draw)
    if draw.yes():
        return {"x": x}, {"source": dim(draw, x.rank), "destination": dim(draw, x.rank)}
    source = dims(draw, x.rank)
    destination = tuple(draw.sample(range(-x.rank, 0), min(len(source), x.rank))) if draw.often() else dims(draw, x.rank)
    return {"x": x}, {"source": source, "destination": destination}


@sampler
def flatten(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, draw.some(start_dim=[dim(draw, x.rank), 0, 1], end_dim=[dim(draw, x.rank), -1])


@sampler
def unsqueeze(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {"dim": draw.randint(-x.rank - 2, x.rank + 1)}


@sampler
def expand(draw: Draw) -> Sample:
    shape = draw.dims(draw.randint(0, 3), 1, 4)
    x = TensorType(tuple(1 if draw.yes() else n for n in shape), kinds(draw))
    size = [-1 if draw.random() < 0.3 else draw.off(n)[0] for n in shape]
    front = draw.dims(draw.choice((0, 0, 1)), -1 if draw.rarely() else 1, 3)
    return {"x": x}, {"size": (*front, *size)[draw.choice((0, 0, 0, 0, 1)) :]}


@sampler
def unfold(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {"dimension": dim(draw, x.rank), "size": draw.randint(-1, 4), "step": draw.randint(0, 3)}


@sampler
def narrow(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {"dim": dim(draw, x.rank), "start": draw.randint(-4, 4), "length": draw.randint(-1, 4)}


@sampler
def select(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {"dim": dim(draw, x.rank), "index": draw.randint(-4, 4)}


@sampler
def diagonal(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {"dim1": dim(draw, x.rank), "dim2": dim(draw, x.rank), **draw.some(offset=[-2, 1, 6])}
