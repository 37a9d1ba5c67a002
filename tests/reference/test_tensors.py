"""Tensors of every rank: read off from how they are used, moved to where they are wanted."""

from __future__ import annotations

import pytest
import torch

from tests.reference.compare import build, difference
from tests.reference.proofs import proves


@pytest.mark.parametrize(
    ("model", "inferred", "shape"),
    [
        ("Vector", "float[4]", (4,)),
        ("Table", "float[N, 3]", (5, 4)),
        ("Series", "float[N, T, 16]", (2, 7, 8)),
        ("Sound", "float[N, 16, ", (2, 2, 30)),
        ("Picture", "float[N, 16, H - 2, W - 2]", (2, 3, 12, 10)),
        ("Film", "float[N, 16, D - 2, H - 2, W - 2]", (2, 3, 5, 12, 10)),
    ],
)
@proves("tensors/ranks", kind="numbers", reference="ranks inferred with no type written")
def test_ranks_are_inferred(model: str, inferred: str, shape: tuple[int, ...]) -> None:
    """No input has a type in the spec; the generated module says what it takes."""
    module = build("tensors/ranks", model)
    assert inferred in (type(module).__doc__ or "")
    module(torch.randn(shape))
    for wrong in (shape[1:], (*shape, 2)):
        if 1 < len(wrong) != len(shape) - 1:  # layers take one sample without a batch, too
            with pytest.raises((RuntimeError, ValueError)):
                module(torch.randn(wrong))


@proves("tensors/layouts Picture", kind="numbers", reference="bytes become shares of 255")
def test_picture_of_bytes() -> None:
    pixels = torch.randint(256, (256, 256, 3), dtype=torch.uint8)
    image = build("tensors/layouts", "Picture")(pixels)
    assert image.shape == (1, 3, 256, 256)
    assert image.dtype == torch.float32
    assert image[0, 1, 17, 200] == pixels[17, 200, 1] / 255
    assert (image.min(), image.max()) == (0.0, 1.0)


@proves("tensors/layouts Film", kind="numbers", reference="106 168 320 elements, permuted without a copy")
def test_films_for_conv3d() -> None:
    """(4, 240, 256, 144, 3) becomes (4, 3, 240, 144, 256): 106 168 320 numbers, none of them copied."""
    module = build("tensors/layouts", "Film", device="meta")
    films = torch.empty(4, 240, 256, 144, 3, device="meta")
    assert films.numel() == 106_168_320
    moved, features = module(films)
    assert moved.shape == (4, 3, 240, 144, 256)
    assert moved.stride() == films.permute(0, 4, 1, 3, 2).stride()
    assert features.shape == (4, 8, 119, 34, 62)


def test_film_moves_the_right_way() -> None:
    film = torch.randn(2, 5, 16, 9, 3)
    moved, _ = build("tensors/layouts", "Film", samples=2, frames=5, width=16, height=9)(film)
    assert moved[1, 2, 4, 8, 15] == film[1, 4, 15, 8, 2]


@proves("tensors/layouts OneHot", kind="numbers", reference="rows of one one", figure="0.0")
def test_one_hot() -> None:
    rows = build("tensors/layouts", "OneHot", classes=3)(torch.tensor([2, 0]))
    assert difference(rows, torch.tensor([[0.0, 0, 1], [1, 0, 0]])) == 0.0
