"""Compile-time values that are not known yet: what a definition's own parameters are while it is checked once for all
its instances."""

from __future__ import annotations

from typing import Any, NoReturn

from specc.record import Record


class NotGeneric(Exception):
    """A rule or condition needs the value of parameters that are symbolic here. `names` are those parameters."""

    def __init__(self, names: frozenset[str], why: str = "") -> None:
        super().__init__(why or ", ".join(sorted(names)))
        self.names = names
        self.why = why


class Opaque(Record):
    """An unknown bool, float, str, list or layer. Equal terms are equal values. A rule that looks inside raises NotGeneric,
    which fixes the parameter for this emission."""

    type: str  # "bool" | "float" | "str" | "list" | "layer" | "none"
    key: tuple[Any, ...]
    names: frozenset[str]

    def _needed(self, *_: object, **__: object) -> NoReturn:
        raise NotGeneric(self.names)

    __bool__ = __int__ = __float__ = __index__ = __iter__ = __len__ = __getitem__ = _needed
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __sub__ = __mul__ = __truediv__ = __contains__ = _needed
