"""The type of the `golden` fixture (tests/conftest.py)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Golden = Callable[[Path, str], None]
