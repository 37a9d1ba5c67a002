"""What need not be checked again in a process that runs on: definitions about which nothing was found, and whose text, with
that of everything they mention, is as it was.

An editor that checks after every change so pays for what changed. Definitions that mention one another stand or fall
together; about the others nothing is known, so they are checked.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from specc.diagnostics import Diagnostic
from specc.elaborate.files import Files
from specc.elaborate.scope import FileScope
from specc.source import Span
from specc.syntax import ast

MOST_REMEMBERED = 10_000
_WORD = re.compile(r"[A-Za-z_]\w*")


class Unchanged:
    """Groups of definitions that were found to be right, by their text."""

    def __init__(self) -> None:
        self._right: set[bytes] = set()

    def names(self, scope: FileScope, files: Files, selected: object) -> frozenset[str]:
        """The definitions of a file that need no check. `selected` is what else a check depends on."""
        return frozenset(name for group, key in _groups(scope, files, selected) if key in self._right for name in group)

    def learn(self, scope: FileScope, files: Files, selected: object, found: list[Diagnostic]) -> None:
        """Remembers what was checked, in a file without errors, and gave no warning."""
        if len(self._right) > MOST_REMEMBERED:
            self._right.clear()
        if any(item.primary is None or item.primary.span.source is not scope.file.source for item in found):
            return  # what made a warning elsewhere is not known
        places = [label.span for item in found for label in (item.primary, *item.secondary) if label is not None]
        for group, key in _groups(scope, files, selected):
            if not any(_span(scope, name).contains(place) for place in places for name in group):
                self._right.add(key)


def _groups(scope: FileScope, files: Files, selected: object) -> list[tuple[list[str], bytes]]:
    """Definitions that mention one another, each group with what its check depends on."""
    texts = {name: _span(scope, name).text for name in scope.items}
    home = {name: name for name in texts}

    def root(name: str) -> str:
        while home[name] != name:
            name = home[name]
        return name

    for name, text in texts.items():
        for word in sorted(set(_WORD.findall(text)) & texts.keys()):
            home[root(word)] = root(name)
    groups: dict[str, list[str]] = {}
    for name in texts:
        groups.setdefault(root(name), []).append(name)
    imports = [item.span.text for item in scope.file.items if isinstance(item, ast.Import)]
    others = [text for path, other in files.scopes.items() if other is not scope for text in (path, other.file.source.text)]
    around = _digest([repr(selected), *imports, *others])
    return [(names, around + _digest([texts[name] for name in names])) for names in groups.values()]


def _digest(texts: list[str]) -> bytes:
    made = blake2b(digest_size=16)
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        made.update(len(encoded).to_bytes(8, "big") + encoded)
    return made.digest()


def _span(scope: FileScope, name: str) -> Span:
    item = scope.items[name]
    return item.span if isinstance(item, ast.Item) else item.node.span


__all__ = ["Unchanged"]
