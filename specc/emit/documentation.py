"""Docstrings of generated classes: the spec's own words, shapes, what is demanded of sizes and what was fixed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from specc.dims.expr import Dim
from specc.dims.solver import Solver
from specc.elaborate.generic import Generic
from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import EntryTrace, Static, Tensor
from specc.elaborate.values import Recipe
from specc.emit.code import WIDTH, text
from specc.emit.parameters import literal_code
from specc.emit.walk import free_vars, replace_vars
from specc.pycode import Code, Var, base_name
from specc.types import TensorType

if TYPE_CHECKING:
    from specc.emit.library import SizeParameter


def class_doc(
    generic: Generic, sizes: Sequence[SizeParameter], solver: Solver, entries: Sequence[EntryTrace], needs: str
) -> str:
    """The definition's doc, then `Shape: x [N, in_channels, H, W] -> [N, width, H, W]`."""
    renames: dict[str, Code] = {size.symbol.name: Var(size.name) for size in sizes}
    paragraphs = []
    if generic.definition.node.doc:
        paragraphs.append(textwrap.dedent(generic.definition.node.doc).strip())
    if len(entries) == 1:
        paragraphs.append(_shape(signature(entries[0], solver, renames)))
    if needs:
        paragraphs.append(_filled(f"With the default arguments it needs {needs}."))
    if generic.fixed:
        fixed = ", ".join(f"{name} = {_shown(value)}" for name, value in generic.fixed.items())
        paragraphs.append(_filled(f"Made for {fixed}."))
    return "\n\n".join(paragraphs)


def method_doc(entry: EntryTrace, sizes: Sequence[SizeParameter], solver: Solver) -> str:
    """Of one entry among several: its own words and shapes."""
    renames: dict[str, Code] = {size.symbol.name: Var(size.name) for size in sizes}
    shape = _shape(signature(entry, solver, renames))
    return f"{textwrap.dedent(entry.doc).strip()}\n\n{shape}" if entry.doc else shape


def signature(entry: EntryTrace, solver: Solver, renames: dict[str, Code]) -> str:
    """`x float[N, C, H, W], n -> float[N, 10]`."""

    def shown(name: str, value: object) -> str:
        if isinstance(value, Tensor):
            return f"{name} {type_text(value.type, solver, renames)}"
        return name

    taken = [(name, value) for name, value in entry.inputs if not (isinstance(value, Static) and value.value is None)]
    inputs = ", ".join(shown(name, value) for name, value in taken)
    if len(entry.outputs) == 1 and isinstance(entry.outputs[0][1], Tensor):
        outputs = type_text(entry.outputs[0][1].type, solver, renames)
    else:
        outputs = ", ".join(shown(name, value) for name, value in entry.outputs)
    return f"{inputs} -> {outputs}." if inputs else f"{outputs}."


def type_text(type: TensorType, solver: Solver, renames: dict[str, Code]) -> str:
    return f"{type.dtype.word}[{', '.join(_size(solver.resolve(dim), renames) for dim in type.shape)}]"


def _size(dim: Dim, renames: dict[str, Code]) -> str:
    """A size in the terms of a caller; what loops make of it has a word at most (`features`)."""
    code = replace_vars(dim_code(dim), renames)
    if isinstance(code, Var) and "#" in code.name:
        word = base_name(code.name)
        return word if word.isalpha() else "_"
    return "_" if any("#" in name for name in free_vars(code)) else text(code)


def _shown(value: Static) -> str:
    if isinstance(value.value, Recipe):
        return value.value.name
    try:
        return text(literal_code(value))
    except AssertionError:
        return "a list of layers"


def _shape(found: str) -> str:
    """On one line if it fits, else with the outputs on the next."""
    whole = f"Shape: {found}"
    if len(whole) <= WIDTH - 14:
        return whole
    before, arrow, after = whole.rpartition(" -> ")
    return f"{before}\n{_filled(f'-> {after}')}" if arrow and len(before) <= WIDTH - 4 else _filled(whole)


def _filled(paragraph: str) -> str:
    return textwrap.fill(paragraph, WIDTH - 6, break_long_words=False, break_on_hyphens=False)
