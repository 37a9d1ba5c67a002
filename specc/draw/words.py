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
_ROUNDED = re.compile(r"\((\w+) \+ (\w+) - 1\)//\2\b")
_ROUNDED_BY = re.compile(r"\((\w+) \+ (\d+)\)//(\d+)\b")
"""Division that rounds up."""
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def clean(text: str) -> str:
    """User text on one line of bearable length."""
    text = _CONTROL.sub(" ", text).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def grouped(text: str) -> str:
    """Digits in threes: `50 257`."""
    return re.sub(r"(?<![\w.])\d{4,}(?!\w)", lambda digits: f"{int(digits[0]):,}".replace(",", THIN), text)


UNSAID = "…"
"""What stands where uses differ and no name tells how."""


def told(dims: Sequence[str]) -> bool:
    """Is anything known of these sizes?"""
    return any(dim != UNSAID for dim in dims)


def shape(dims: Sequence[str]) -> str:
    """`3 × H × W`."""
    return " × ".join(operand(dim) for dim in dims)


def formula(dim: str) -> str:
    """As it is written in a formula: `⌈H/2⌉`, `4·width`."""
    text = _ROUNDED.sub(r"⌈\1/\2⌉", dim)
    text = _ROUNDED_BY.sub(lambda m: f"⌈{m[1]}/{m[3]}⌉" if int(m[2]) == int(m[3]) - 1 else m[0], text)
    return text.replace("//", "/").replace("**", "^").replace("*", "·").replace(" - ", " − ")


def operand(dim: str) -> str:
    """A formula beside an operator."""
    text = formula(dim)
    return f"({text})" if " + " in text or " − " in text else text


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


def plain_number(op: model.Op) -> str:
    """The argument of an operator that is a plain number; "" where none or several are."""
    known = [name for name, found in op.arguments.items() if isinstance(found, int | float) and not isinstance(found, bool)]
    return known[0] if len(known) == 1 and op.inputs else ""


def with_number(sign: str, number: str, *, first: bool) -> str:
    """An operator with a number or a weight on one side: `× 0.5`, `1 − x`."""
    return f"{number} {sign} x" if first and sign not in ("+", "×") else f"{sign} {number}"


def spoken(name: str) -> str:
    """A function as people say it."""
    return {"getitem": "gather"}.get(name, name)
