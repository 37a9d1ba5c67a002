"""Which bundled specs the runtime is held against."""

from __future__ import annotations

import re
from pathlib import Path

HEAVY = frozenset(
    [
        "AlexNet",
        "Bert",
        "Captioning",
        "CycleGAN",
        "DDPM",
        "EfficientNet",
        "GPT2",
        "Residual",
        "ResNet",
        "T5",
        "Transfer",
        "Transformer",
        "UNet",
        "VGG",
    ]
)
"""Models that take more than a few seconds."""

TOO_HEAVY = frozenset({"TextToImage", "CycleGAN", "StyleGAN", "TransformerXL", "biggan", "Film"})
"""Models, and specs by their stems: 860 million parameters; deep generators of up to 1024 pixels; a vocabulary of 267 735
words; 106 million numbers: many seconds each. tests/reference/test_zoo.py holds them in small configurations."""


def models(path: Path) -> list[str]:
    """The models of a spec, by their keyword: collecting tests must not need the compiler that they test."""
    found = re.findall(r"^model (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for name in found if TOO_HEAVY.isdisjoint((name, path.stem))]
