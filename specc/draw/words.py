"""The words of a picture: shapes, titles, numbers, as they are printed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from specc.draw.theme import THIN
from specc.graph import model
from specc.graph.model import Size
from specc.ops.registry import find

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_LONGEST = 48
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def clean(text: str) -> str:
    """User text on one line of bearable length."""
    text = _CONTROL.sub(" ", text).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def grouped(text: str) -> str:
    """Digits in threes: `50 257`."""
    return re.sub(r"(?<![\w.])\d{4,}(?!\w)", lambda digits: f"{int(digits[0]):,}".replace(",", THIN), text)


def shape(dims: Sequence[str]) -> str:
    """`3 × H × W`."""
    return " × ".join(_operand(dim) for dim in dims)


def _operand(dim: str) -> str:
    text = dim.replace("//", "/").replace("**", "^").replace("*", "·")
    return f"({text})" if " + " in text or " - " in text else text


def amount(size: Size, unit: str) -> str:
    """`7.1 M parameters`; a formula has no short form and gives nothing."""
    if isinstance(size, str) or size == 0:
        return ""
    for bound, letter in _UNITS:
        if size >= bound:
            return f"{size / bound:.1f} {letter} {unit}"
    return f"{size} {unit}"


def operator(op: model.Op) -> str:
    """What a function is written as between its operands; "" for one that has only a name."""
    found = find(op.name)
    text = str(getattr(found, "operator", "") or "")
    return {"*": "×", "-": "−", "/": "÷", "@": "", "**": "^"}.get(text, text)


def value(found: object) -> str:
    """An argument as it is written: `none`, `[2, 2]`."""
    if found is None:
        return "none"
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, list):
        return f"[{', '.join(map(value, found))}]"
    if isinstance(found, dict):
        return "…"
    return grouped(f"{found:.4g}" if isinstance(found, float) else str(found))


def with_number(op: model.Op, sign: str) -> str:
    """An operator with a plain number on one side: `× 0.5`, `1 − x`; "" where there is no number."""
    known = [name for name, found in op.arguments.items() if isinstance(found, int | float) and not isinstance(found, bool)]
    if len(known) != 1 or not op.inputs:
        return ""
    number = value(op.arguments[known[0]])
    return f"{number} {sign} x" if op.inputs[0].operand == "other" and sign not in ("+", "×") else f"{sign} {number}"
