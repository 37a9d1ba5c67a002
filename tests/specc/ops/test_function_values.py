"""Functions that become more than one call of torch compute what they say: shapes alone would not tell."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from specc.ops.functions._pattern import parse
from specc.types import DType, TensorType
from tests.specc.ops.draw import Draw
from tests.specc.ops.function_cases import Case, by_rule, generated
from tests.specc.ops.functions_differential import SAMPLERS


def computed(name: str, values: dict[str, Any], *, training: bool = False, **tensors: torch.Tensor) -> torch.Tensor:
    """What the generated expression gives for these tensors, which are named as the operands."""
    kinds = {torch.float32: DType.FLOAT, torch.int64: DType.INT, torch.bool: DType.BOOL}
    case = Case(name, {key: TensorType(tuple(t.shape), kinds[t.dtype]) for key, t in tensors.items()}, values)
    source, drawn = generated(case)
    scope = {"torch": torch, "F": torch.nn.functional, "self": SimpleNamespace(training=training)}
    result = eval(source, {**scope, **dict(zip(drawn, tensors.values(), strict=True))})
    assert isinstance(result, torch.Tensor)
    declared = by_rule(case).results
    assert declared is not None
    assert tuple(result.shape) == declared[0].shape
    return result


def by_axes(x: torch.Tensor, text: str, given: dict[str, int]) -> torch.Tensor:
    """`rearrange` and `repeat` with every axis taken apart: reshape, transpose, broadcast, reshape."""
    pattern = parse(text, x.ndim)
    sizes = {**given, **pattern.literal_sizes()}
    for group, n in zip(pattern.left, x.shape, strict=True):
        unknown = [axis for axis in group if axis not in sizes]
        for axis in unknown:
            sizes[axis] = n // math.prod(sizes[other] for other in group if other != axis)
    left, right = pattern.left_axes, pattern.right_axes
    apart = x.reshape([sizes[axis] for axis in left])
    kept = [axis for axis in right if axis in left]
    moved = apart.permute([left.index(axis) for axis in kept])
    spread = moved.reshape([sizes[axis] if axis in left else 1 for axis in right]).expand([sizes[axis] for axis in right])
    return spread.reshape([math.prod(sizes[axis] for axis in group) for group in pattern.right])


@pytest.mark.parametrize("name", ["rearrange", "repeat"])
def test_patterns(name: str) -> None:
    draw = Draw(zlib.crc32(name.encode()))
    seen = 0
    for _ in range(400):
        operands, values = SAMPLERS[name](draw)
        case = Case(name, operands, values)
        shape = operands["tensor"].shape
        if by_rule(case).results is None or 0 in shape:
            continue
        x = torch.arange(math.prod(shape), dtype=torch.float32).reshape(shape)
        given = {axis: n for axis, n in values.items() if axis != "pattern"}
        assert torch.equal(computed(name, values, tensor=x), by_axes(x, values["pattern"], given)), str(case)
        seen += 1
    assert seen > 100


@pytest.mark.parametrize("reduction", ["sum", "mean", "max", "min", "prod"])
def test_reduce(reduction: str) -> None:
    x = torch.randn(2, 6, 4, 3)
    got = computed("reduce", {"pattern": "b (c a) h w -> w (b c) 1", "reduction": reduction, "a": 2}, tensor=x)
    apart = x.reshape(2, 3, 2, 4, 3).permute(4, 0, 1, 2, 3).reshape(3, 6, 8)
    wanted = {
        "sum": apart.sum(-1),
        "mean": apart.mean(-1),
        "max": apart.amax(-1),
        "min": apart.amin(-1),
        "prod": apart.prod(-1),
    }
    torch.testing.assert_close(got, wanted[reduction][..., None])


def test_attention_is_the_formula() -> None:
    q, k, v = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 6, 5), torch.randn(2, 3, 6, 7)
    mask = torch.rand(2, 1, 4, 6) < 0.7
    mask[..., 0] = True
    scores = (q @ k.transpose(-1, -2) / math.sqrt(5)).masked_fill(~mask, -torch.inf)
    got = computed("attention", {}, query=q, key=k, value=v, mask=mask)
    torch.testing.assert_close(got, scores.softmax(-1) @ v)
    causal = (q @ k.transpose(-1, -2) * 0.5).masked_fill(torch.ones(4, 6, dtype=torch.bool).triu(1), -torch.inf)
    got = computed("attention", {"causal": True, "scale": 0.5}, query=q, key=k, value=v)
    torch.testing.assert_close(got, causal.softmax(-1) @ v)


def test_attention_drops_in_training_only() -> None:
    x = torch.randn(1, 2, 8, 4)
    plain = computed("attention", {}, query=x, key=x, value=x)
    assert torch.equal(computed("attention", {"dropout": 0.5}, query=x, key=x, value=x), plain)
    assert not torch.equal(computed("attention", {"dropout": 0.5}, training=True, query=x, key=x, value=x), plain)


@pytest.mark.parametrize("shape", [(6,), (6, 3), (6, 3, 2)])
def test_messages(shape: tuple[int, ...]) -> None:
    src, index = torch.randn(shape), torch.tensor([0, 2, 2, 0, 4, 2])
    ways: dict[str, Callable[..., torch.Tensor]] = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin}
    for name, way in ways.items():
        got = computed(f"scatter_{name}", {"size": 6}, src=src, index=index)
        for place in range(6):
            arriving = src[index == place]
            wanted = way(arriving, 0) if len(arriving) else torch.zeros(shape[1:])
            torch.testing.assert_close(got[place], wanted)


def test_norm_and_counts() -> None:
    x = torch.tensor([[3.0, -4.0], [0.0, 2.0]])
    assert computed("norm", {"dim": 1}, x=x).tolist() == [5.0, 2.0]
    assert computed("norm", {"p": 1.0}, x=x).item() == 9.0
    assert computed("count_nonzero", {"dim": 1, "keepdim": True}, x=x).tolist() == [[2], [1]]
    assert computed("sum", {"keepdim": True}, x=x).tolist() == [[1.0]]
