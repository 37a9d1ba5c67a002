"""Every model of the zoo is written once: no definition needs its instances to be written out one by one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from specc.elaborate.generic import generalise
from specc.emit import emit
from specc.reading import read_path
from tests.specc.emit.programs import checked, emitted

MODELS = [
    (str(path), name)
    for path in sorted(Path("specs").glob("*/*.nn"))
    for name in re.findall(r"^model (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize(("path", "name"), MODELS)
def test_a_class_for_each_definition(path: str, name: str) -> None:
    source = read_path(path, path)
    program = checked(source, model=name)
    emit(generalise(program), program, source)


@pytest.mark.parametrize(
    ("path", "name", "most"),
    [
        ("specs/diffusion/ddpm.nn", "UNet", 230),
        ("specs/diffusion/text_to_image.nn", "TextToImage", 300),
        ("specs/gan/stylegan.nn", "StyleGAN", 260),
        ("specs/transformers/transformer_xl.nn", "TransformerXL", 340),
    ],
)
def test_lists_of_tensors_keep_their_loops(path: str, name: str, most: int) -> None:
    """Lines of the file, where each iteration written out would make many more."""
    assert emitted(read_path(path, path), model=name).text.count("\n") <= most
