"""The names that a definition gives to the sizes of its inputs: `[N, C, H, W]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specc.elaborate.scope import FileScope
from specc.elaborate.trace import DefinitionRef
from specc.syntax import ast

Declared = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Definition -> input -> a name for each dimension, "" where what is written is no name."""


def declared(scopes: Mapping[str, FileScope]) -> Declared:
    """The names in all files of a compilation; of two definitions with one name the first counts."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for scope in scopes.values():
        for item in scope.items.values():
            if isinstance(item, DefinitionRef) and item.name not in found:
                found[item.name] = dict(_inputs(item.node.body))
    return found


def _inputs(body: tuple[ast.Statement, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for statement in body:
        if isinstance(statement, ast.Input):
            for item in statement.items:
                dims = item.type.dims if item.type is not None else None
                if dims is not None and not any(isinstance(dim, ast.DimRow | ast.DimExists) for dim in dims):
                    yield item.name, tuple(dim.name if isinstance(dim, ast.Name) else "" for dim in dims)
