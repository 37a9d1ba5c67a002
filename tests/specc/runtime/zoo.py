"""Which bundled specs the runtime is held against."""

from __future__ import annotations

import re
from pathlib import Path

FAMILIES = ("neurons", "mlp", "vision")

HEAVY = frozenset({"AlexNet", "VGG", "EfficientNet", "Residual", "Transfer"})
"""Models that take more than a few seconds."""


def models(path: Path) -> list[str]:
    """The models of a spec, by their keyword: collecting tests must not need the compiler that they test."""
    return re.findall(r"^model (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
