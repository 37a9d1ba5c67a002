"""Names and what they stand for: in a file, in a body, in a branch or loop of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from specc.elaborate.trace import DefinitionRef, Member
from specc.elaborate.values import Value, value_key
from specc.source import Span
from specc.syntax import ast


class Binding:
    """A name's value; `span` is where it was bound (None for what the language gives)."""

    __slots__ = ("span", "value")

    def __init__(self, value: Value, span: Span | None) -> None:
        self.value = value
        self.span = span


class Scope:
    """Tensors and compile-time values by name. Branches and loops have a scope of their own, so that what they bind can
    be joined or carried; so has a recipe, which sees the scope it was written in."""

    __slots__ = ("names", "parent")

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.names: dict[str, Binding] = {}

    def find(self, name: str) -> Binding | None:
        scope: Scope | None = self
        while scope is not None:
            binding = scope.names.get(name)
            if binding is not None:
                return binding
            scope = scope.parent
        return None

    def bind(self, name: str, value: Value, span: Span | None = None) -> None:
        self.names[name] = Binding(value, span)

    def all_names(self) -> list[str]:
        found: dict[str, None] = {}
        scope: Scope | None = self
        while scope is not None:
            found.update(dict.fromkeys(scope.names))
            scope = scope.parent
        return list(found)

    def key(self) -> object:
        """Equal for scopes with equal values: recipes of a `let` are compared by the arguments they were made with."""
        own = tuple((name, value_key(binding.value)) for name, binding in self.names.items())
        return (own, self.parent.key() if self.parent is not None else None)


class FileScope:
    """The top level of a file: its definitions, lets and imports by name."""

    def __init__(self, file: ast.File) -> None:
        self.file = file
        self.items: dict[str, ast.Item | DefinitionRef] = {}
        self.imported: dict[str, tuple[FileScope, str]] = {}
        self.missing: set[str] = set()
        """Names whose import failed, which has been told."""
        self.constants: dict[str, Value] = {}
        """Values of `let` constants, once evaluated."""
        self.pending: set[str] = set()
        """`let` constants under evaluation: meeting one again is a circle."""
        self.used: set[str] = set()

    def find(self, name: str) -> tuple[FileScope, ast.Item | DefinitionRef] | None:
        """The item of this name and the file it stands in."""
        item = self.items.get(name)
        if item is not None:
            self.used.add(name)
            return self, item
        if name in self.imported:
            self.used.add(name)
            scope, original = self.imported[name]
            return scope.find(original)
        return None

    def names(self) -> list[str]:
        return [*self.items, *self.imported]

    def key(self) -> object:
        return id(self)


class Layers:
    """The layers of a body: a namespace of their own, by path."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.counts: dict[str, int] = {}
        """How often a predictable name was given out."""
        self.repeated: dict[Span, tuple[str, bool]] = {}
        """The names of unlabelled stages in loops, by place, and whether they had to be numbered."""

    def unique(self, base: str) -> tuple[str, bool]:
        """A free name made from `base`, and whether it had to be numbered."""
        count = self.counts.get(base, 0)
        name = base if count == 0 else f"{base}_{count}"
        while name in self.members:
            count += 1
            name = f"{base}_{count}"
        self.counts[base] = count + 1
        return name, count > 0


def suggestions(name: str, known: Any) -> list[str]:
    """The nearest known names, best first."""
    if len(name) > _LONGEST:
        return []
    like = name[:1].isupper()
    backwards = [*known][::-1]
    ordered = sorted(backwards, key=lambda candidate: candidate[:1].isupper() == like)  # `softmax` for `sofmax`
    lowered = {candidate.lower(): candidate for candidate in ordered if len(candidate) <= _LONGEST}
    close = _close(name.lower(), tuple(lowered))
    return [lowered[c] for c in close]


_LONGEST = 80  # characters of a name that a person misspells


@lru_cache(maxsize=256)
def _close(name: str, known: tuple[str, ...]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name, known, n=3, cutoff=0.6)
