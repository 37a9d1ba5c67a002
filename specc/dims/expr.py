"""Symbolic integers in one canonical form. INTERFACE: bodies are to be written."""

from __future__ import annotations

from typing import Union


class Symbol:
    """An unknown integer. Rigid: the user's (>= `lower`). Flexible: the solver may bind it. Existential: depends on data.

    Ordered by creation (`serial`), never by hash. `name` is for people. `payload` belongs to whoever made it.
    """

    name: str
    kind: str  # "rigid" | "flexible" | "existential"
    lower: int
    serial: int
    payload: object


class Apply:
    """An uninterpreted integer term such as `2 ** stage` or `depths[i]`: equal when `key` is equal."""

    key: tuple[object, ...]
    lower: int | None
    text: str  # how people read it
    payload: object


class Expr:
    """A polynomial over atoms (Symbol, FloorDiv, Min/Max, Apply). Never constant: constants are plain ints."""

    def __add__(self, other: Dim) -> Dim: ...  # and - * // % ** neg, with int on either side


Dim = Union[int, Expr]
