"""From generic traces to a Python file: plan (data) -> held against the instances -> text."""

from __future__ import annotations

from specc.emit.module import emit, emit_program
from specc.emit.plan import Emitted

__all__ = ["Emitted", "emit", "emit_program"]
