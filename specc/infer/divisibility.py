"""Sizes that are divided and multiplied again come back only where nothing is left over: a fact that a model may require."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm
from typing import Any

from specc.diagnostics import Edit, Help
from specc.dims.atoms import FloorDiv
from specc.dims.solver import Solver
from specc.dims.traverse import atoms, symbols
from specc.infer.edits import attempt
from specc.infer.history import Operand
from specc.source import Span


def required(operands: Sequence[Operand], solver: Solver) -> list[Help]:
    """Sizes of an input that the operands hold in parts (`H//16`) become multiples, by a `require` below that input: the one
    that introduces the symbols, not one of a block that the tensors went through."""
    divisors: dict[str, int] = {}
    introduced: dict[str, Any] = {}
    for operand in operands:
        for dim in operand.type.shape:
            for atom in atoms(solver.resolve(dim)):
                if isinstance(atom, FloorDiv) and isinstance(atom.den, int):
                    for symbol in symbols(atom.num):
                        divisors[symbol.name] = lcm(divisors.get(symbol.name, 1), atom.den)
                        introduced[symbol.name] = solver.reason(symbol)
    places = [place for place in introduced.values() if isinstance(place, Span)]
    if places and len(places) == len(divisors):
        return [_help(divisors, max(places, key=lambda place: place.end))]
    for operand in operands:
        declared = {str(solver.resolve(dim)) for dim in operand.origin_type.shape}
        if operand.origin is not None and divisors and divisors.keys() <= declared:
            return [_help(divisors, operand.origin)]
    return []


def _help(divisors: Mapping[str, int], place: Span) -> Help:
    facts = " and ".join(f"{name} % {divisor} == 0" for name, divisor in divisors.items())
    return attempt(f"if {_multiples(divisors)}, say so", _below(place, f"require {facts}"))


def _multiples(divisors: Mapping[str, int]) -> str:
    if len(divisors) > 1 and len(set(divisors.values())) == 1:
        return f"{' and '.join(divisors)} are always multiples of {next(iter(divisors.values()))}"
    return " and ".join(f"{name} is always a multiple of {divisor}" for name, divisor in divisors.items())


def _below(span: Span, statement: str) -> Edit:
    """A statement on a line of its own, below the line on which a span ends."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end
    line = text[start:end]
    indent = line[: len(line) - len(line.lstrip())]
    return Edit(Span(span.source, end, end), f"\n{indent}{statement}")
