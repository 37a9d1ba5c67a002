"""Random configurations of functions that index and create."""

from __future__ import annotations

from typing import Any

from specc.types import TensorType
from tests.specc.ops.draw import Draw
from tests.specc.ops.function_draws import (
    B,
    C,
    F,
    I,
    Sample,
    Sampler,
    U,
    beside,
    dim,
    index_kind,
    kinds,
    mask_kind,
    registrar,
    tensor,
)

SAMPLERS: dict[str, Sampler] = {}
sampler = registrar(SAMPLERS)


# --- indexing --------------------------------------------------------------------------------------------------------


def _index_for(draw: Draw, x: TensorType) -> TensorType:
    sizes = tuple(draw.randint(1, n + 1) if isinstance(n, int) and draw.random() < 0.3 else n for n in x.shape)
    if draw.rarely():
        sizes = (*sizes, 2) if draw.yes() else sizes[1:]
    return TensorType(sizes, index_kind(draw))


@sampler
def gather(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x, "index": _index_for(draw, x)}, {"dim": dim(draw, x.rank)}


def _scatter(draw: Draw, number: bool) -> Sample:
    x = tensor(draw)
    index = _index_for(draw, x)
    src = TensorType(tuple(n + draw.choice((0, 0, 0, 1, -1)) for n in index.shape), x.dtype if draw.often() else kinds(draw))
    if any(isinstance(n, int) and n < 0 for n in src.shape):
        src = TensorType(index.shape, x.dtype)
    if number and draw.random() < 0.3:
        src = TensorType((), draw.choice((I, F)), weak=True)
    return {"x": x, "index": index, "src": src}, {"dim": dim(draw, x.rank)}


@sampler
def scatter(draw: Draw) -> Sample:
    return _scatter(draw, number=True)


@sampler
def scatter_add(draw: Draw) -> Sample:
    return _scatter(draw, number=False)


@sampler
def scatter_reduce(draw: Draw) -> Sample:
    operands, values = _scatter(draw, number=False)
    return operands, {
        **values,
        "reduce": draw.choice(("sum", "prod", "mean", "amax", "amin", "max")),
        **draw.some(include_self=[True, False]),
    }


def _message(draw: Draw) -> Sample:
    src = tensor(draw, 0, 3)
    n = src.shape[0] if src.rank else 2
    assert isinstance(n, int)
    index = TensorType((draw.off(n)[0],) if draw.often() else (n, 1), index_kind(draw))
    return {"src": src, "index": index}, {"size": draw.randint(1, 4)}


SAMPLERS |= dict.fromkeys(("scatter_sum", "scatter_mean", "scatter_max", "scatter_min"), _message)


@sampler
def index_select(draw: Draw) -> Sample:
    x = tensor(draw)
    index = TensorType(draw.dims(draw.choice((1, 1, 1, 0, 2))), index_kind(draw))
    return {"x": x, "index": index}, {"dim": dim(draw, x.rank)}


@sampler
def take_along_dim(draw: Draw) -> Sample:
    x = tensor(draw)
    at = dim(draw, x.rank)
    sizes = list(beside(draw, x.shape)) if draw.random() < 0.3 else list(x.shape)  # type: ignore[arg-type]
    if -len(sizes) <= at < len(sizes):
        sizes[at] = draw.dim()
    return {"x": x, "indices": TensorType(tuple(sizes), index_kind(draw))}, {"dim": at} if draw.often() else {}


@sampler
def masked_fill(draw: Draw) -> Sample:
    shape = draw.dims(draw.randint(0, 3), 1, 4)
    value = (
        TensorType((), draw.choice((B, I, F)), weak=True)
        if draw.yes()
        else TensorType(draw.choice(((), (), (1,))), draw.choice((B, I, F)))
    )
    return {
        "x": TensorType(beside(draw, shape), kinds(draw)),
        "mask": TensorType(beside(draw, shape), mask_kind(draw)),
        "value": value,
    }, {}


@sampler
def where(draw: Draw) -> Sample:
    shape = draw.dims(draw.randint(0, 3), 1, 4)

    def side() -> TensorType:
        return (
            TensorType((), draw.choice((B, I, F)), weak=True)
            if draw.random() < 0.3
            else TensorType(beside(draw, shape), kinds(draw))
        )

    return {"condition": TensorType(beside(draw, shape), mask_kind(draw)), "x": side(), "other": side()}, {}


@sampler
def masked_select(draw: Draw) -> Sample:
    shape = draw.dims(draw.randint(0, 3), 1, 4)
    return {
        "x": TensorType(beside(draw, shape), kinds(draw)),
        "mask": TensorType(beside(draw, shape), mask_kind(draw)),
    }, {}


@sampler
def one_hot(draw: Draw) -> Sample:
    return {"x": TensorType(draw.dims(draw.randint(0, 3)), index_kind(draw))}, draw.some(num_classes=[-2, -1, 0, 1, 5])


@sampler
def bincount(draw: Draw) -> Sample:
    n = draw.dim()
    x = TensorType((n,) if draw.often() else draw.dims(2), index_kind(draw))
    weights = TensorType((draw.off(n)[0],) if draw.often() else (n, 1), kinds(draw)) if draw.yes() else None
    return {"x": x, "weights": weights}, draw.some(minlength=[0, 3])


@sampler
def embedding(draw: Draw) -> Sample:
    weight = TensorType(draw.dims(2 if draw.often() else draw.choice((1, 3))), kinds(draw))
    return {"x": TensorType(draw.dims(draw.randint(0, 3)), index_kind(draw)), "weight": weight}, {}


@sampler
def getitem(draw: Draw) -> Sample:
    x = tensor(draw, 0, 4)
    sizes = list(x.shape)
    count = draw.dims(1, 1, 3)
    items: list[tuple[Any, ...]] = []
    at = 0
    while at < x.rank + (1 if draw.random() < 0.1 else 0) and draw.random() < 0.85:
        n = sizes[at] if at < x.rank else 2
        assert isinstance(n, int)
        pick = draw.random()
        if pick < 0.12:
            items.append(("none",))
            continue
        if pick < 0.2 and ("ellipsis",) not in items:
            items.append(("ellipsis",))
            at += draw.randint(0, max(0, x.rank - at))
            continue
        if pick < 0.4:
            items.append(("int", draw.randint(-n - (1 if draw.rarely() else 0), max(n - (0 if draw.rarely() else 1), -n))))
        elif pick < 0.65:
            bounds = [None if draw.yes() else draw.randint(-n - 1, n + 1) for _ in range(2)]
            items.append(("slice", *bounds, draw.choice((None, None, 1, 2, 3, 0 if draw.rarely() else 1))))
        elif pick < 0.9:
            shape = draw.choice((count, (), (draw.dim(), *count), (1,)))
            items.append(("tensor", TensorType(shape, I if draw.often() else draw.choice((F, C)))))
        else:
            rank = draw.choice((1, 1, 2))
            found = tuple(draw.off(m)[0] for m in sizes[at : at + rank] if isinstance(m, int))
            if not found:
                continue
            items.append(("tensor", TensorType(found, B)))
            at += len(found) - 1
        at += 1
    masks = [item for item in items if item[0] == "tensor" and item[1].dtype is B]
    tensors = [item for item in items if item[0] == "tensor"]
    if masks and len(tensors) > 1:  # whether these go together depends on how many elements are true
        items = [item for item in items if item[0] != "tensor"]
    return {"x": x}, {"items": tuple(items or [("ellipsis",)])}


# --- creation --------------------------------------------------------------------------------------------------------


@sampler
def arange(draw: Draw) -> Sample:
    numbers = (-3, 0, 1, 4, 5, 2.5, -0.3) if draw.yes() else (0, 2, 5, 7)
    values: dict[str, Any] = {"start": draw.choice(numbers)}
    if draw.yes():
        values["end"] = draw.choice(numbers)
    if draw.random() < 0.4:
        values["step"] = draw.choice((1, 2, 3, -1, -2, 0, 0.3))
    return {}, {**values, **draw.some(dtype=[I, F])}


def _sized(draw: Draw) -> Sample:
    return {}, {"size": draw.dims(draw.randint(1, 3), -1 if draw.rarely() else 0, 3), **draw.some(dtype=[F, I, B, C, U])}


SAMPLERS |= dict.fromkeys(("zeros", "ones", "randn", "rand"), _sized)


@sampler
def full(draw: Draw) -> Sample:
    operands, values = _sized(draw)
    return operands, {"size": values.pop("size"), "fill_value": draw.choice((1, 0.5)), **values}


@sampler
def randint(draw: Draw) -> Sample:
    return {}, {"low": draw.randint(-2, 3), "high": draw.randint(0, 5), "size": draw.dims(draw.randint(1, 3), 0, 3)}


@sampler
def randperm(draw: Draw) -> Sample:
    return {}, {"n": draw.randint(-1, 4)}


@sampler
def eye(draw: Draw) -> Sample:
    return {}, {"n": draw.randint(-1, 4), **draw.some(m=[-1, 0, 3], dtype=[F, I, B])}


@sampler
def linspace(draw: Draw) -> Sample:
    return {}, {"start": draw.choice((0, 0.5)), "end": draw.choice((1, 2.5)), "steps": draw.randint(-1, 4)}


def _triangle(draw: Draw) -> Sample:
    return {}, {"row": draw.randint(-1, 5), "col": draw.randint(-1, 5), **draw.some(offset=[-7, -2, -1, 1, 2, 7])}


SAMPLERS |= {"tril_indices": _triangle, "triu_indices": _triangle}


@sampler
def tensor_(draw: Draw) -> Sample:
    def nested(depth: int, width: int) -> Any:
        if not depth:
            return draw.choice((1, 2, 0.5, True)) if draw.rarely() else 1
        return tuple(nested(depth - 1, 2) for _ in range(width + (1 if draw.rarely() else 0)))

    return {}, {"data": nested(draw.randint(1, 3), draw.randint(0, 3)), **draw.some(dtype=[F, I])}


@sampler
def multinomial(draw: Draw) -> Sample:
    x = TensorType(draw.dims(draw.choice((1, 2, 2, 3)), 1, 4), F if draw.often() else kinds(draw))
    return {"x": x}, {"num_samples": draw.randint(0, 4), **draw.some(replacement=[True, False])}
