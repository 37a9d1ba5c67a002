"""Random dimensions, each beside a plain Python function of the symbols' values that says what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from specc.dims.expr import Dim, Expr, Symbol, dim_of, max_, min_

Meaning = Callable[[Mapping[str, int]], int]


class Term:
    """How a dimension is built, so that it can be built over other symbols as well."""

    def __init__(self, op: str, *args: Any) -> None:
        self.op = op
        self.args = args

    def __repr__(self) -> str:
        return self.args[0] if self.op == "name" else str(self.args[0]) if self.op == "int" else self._shown()

    def _shown(self) -> str:
        return f"{self.op}({', '.join(map(repr, self.args))})"

    def build(self, symbols: Mapping[str, Any]) -> Any:
        """The term over whatever supports Python's operators: dimensions, ints, z3 terms."""
        if self.op == "name":
            return symbols[self.args[0]]
        if self.op == "int":
            return self.args[0]
        left, right = (arg.build(symbols) for arg in self.args)
        return _BUILDERS[self.op](left, right)


_BUILDERS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "max": max_,
    "min": min_,
}

NAMES = ("H", "W", "D")


def terms(names: tuple[str, ...] = NAMES, *, constants: bool = False, extrema: bool = True) -> st.SearchStrategy[Term]:
    """Terms over the names. `constants`: divisors are positive integers only."""
    numbers = st.integers(-6, 12).map(lambda n: Term("int", n))
    leaves = st.one_of(st.sampled_from(names).map(lambda n: Term("name", n)), numbers)
    divisors = st.sampled_from([1, 2, 3, 4, 5, 8, 16] if constants else [-3, -1, 1, 2, 3, 4, 5, 8, 16]).map(
        lambda n: Term("int", n)
    )

    def larger(parts: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        options = [
            st.tuples(st.sampled_from(["+", "-", "*"]), parts, parts).map(lambda t: Term(*t)),
            st.tuples(st.sampled_from(["//", "%"]), parts, divisors).map(lambda t: Term(*t)),
        ]
        if not constants:
            options.append(st.tuples(st.just("//"), parts, parts).map(lambda t: Term(*t)))
        if extrema:
            options.append(st.tuples(st.sampled_from(["max", "min"]), parts, parts).map(lambda t: Term(*t)))
        return st.one_of(options)

    return st.recursive(leaves, larger, max_leaves=9)


def fresh(names: tuple[str, ...] = NAMES, lower: int | None = 1) -> tuple[dict[str, Symbol], dict[str, Expr]]:
    symbols = {name: Symbol(name, "rigid", lower) for name in names}
    return symbols, {name: dim_of(symbol) for name, symbol in symbols.items()}


def python_value(term: Term, values: Mapping[str, int]) -> int:
    return int(term.build(values))


__all__ = ["NAMES", "Dim", "Meaning", "Term", "fresh", "python_value", "terms"]
