"""Files and what they define: imports, and the values of `let`. Reading is given from outside; nothing here opens a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostics
from specc.elaborate import errors, file_errors, limit_errors
from specc.elaborate.names import hold_names
from specc.elaborate.scope import FileScope, Scope
from specc.elaborate.trace import DefinitionRef
from specc.elaborate.values import POISON, LetFunction, Recipe
from specc.source import SourceFile, Span
from specc.syntax import ast

if TYPE_CHECKING:
    from specc.elaborate.body import Body
    from specc.elaborate.externs import External

MOST_FILES = 64

Reader = Callable[[str], SourceFile | None]
"""Reads the file of an absolute path; None when there is none."""


class Files:
    """The files of a compilation by path, parsed once."""

    def __init__(
        self,
        parse: Callable[[SourceFile, Diagnostics], ast.File],
        read: Reader,
        library: str,
        root: str | None,
        diagnostics: Diagnostics,
    ) -> None:
        self.parse = parse
        self.read = read
        self.library = library
        """The folder of the bundled specs: `specc.lib.attention` is its lib/attention.nn."""
        self.root = root
        self.diagnostics = diagnostics
        self.scopes: dict[str, FileScope] = {}
        self.loading: list[str] = []
        self.full = False
        """There are more files than may be, which has been told."""
        self.computed = 0
        """Compile-time work that was done, over all models and variants."""
        self.externs: dict[int, type[External]] = {}
        """Layers made of `extern` declarations, by their node."""

    def load(self, source: SourceFile) -> FileScope:
        """The scope of a file with its imports followed."""
        key = source.path or source.name
        known = self.scopes.get(key)
        if known is not None:
            return known
        file = self.parse(source, self.diagnostics)
        scope = FileScope(file)
        self.scopes[key] = scope
        self.loading.append(key)
        for item in file.items:
            if isinstance(item, ast.Import):
                self._import(item, scope, source)
            elif isinstance(item, ast.Definition | ast.Let | ast.Extern):
                span = item.name_span if isinstance(item, ast.Definition) else item.span
                hold_names(item, span, self.diagnostics)
                self._define(item.name, item, span, scope)
        self.loading.pop()
        return scope

    def _define(self, name: str, item: ast.Item, span: Span, scope: FileScope) -> None:
        if name in scope.items or name in scope.imported:
            first = scope.items.get(name)
            place = first.node.name_span if isinstance(first, DefinitionRef) else first.span if first is not None else None
            self.diagnostics.add(errors.duplicate("definition", name, span, place))
            return
        scope.items[name] = DefinitionRef(item, scope.file, scope) if isinstance(item, ast.Definition) else item

    def _import(self, item: ast.Import, scope: FileScope, source: SourceFile) -> None:
        shown = "." * item.level + ".".join(item.path)
        target = self._locate(item, shown, source)
        scope.missing.update(imported.alias or imported.name for imported in item.names)
        if target is None:
            return
        if target in self.loading:
            names = [os.path.basename(path) for path in [*self.loading[self.loading.index(target) :], target]]
            self.diagnostics.add(file_errors.import_cycle(names, item.span))
            return
        other = self.scopes.get(target)
        if other is None:
            if len(self.scopes) >= MOST_FILES:
                if not self.full:
                    self.diagnostics.add(file_errors.too_many_files(MOST_FILES, item.span))
                self.full = True
                return
            found = self.read(target)
            if found is None:
                self.diagnostics.add(file_errors.import_missing(shown, target, _beside(target), item.span))
                return
            other = self.load(found)
        for imported in item.names:
            name = imported.alias or imported.name
            if other.find(imported.name) is None:
                self.diagnostics.add(file_errors.import_name(imported.name, shown, other.names(), imported.span))
            elif name in scope.items or name in scope.imported:
                self.diagnostics.add(errors.duplicate("definition", name, imported.span, None))
            else:
                scope.imported[name] = (other, imported.name)
                scope.missing.discard(name)

    def _locate(self, item: ast.Import, shown: str, source: SourceFile) -> str | None:
        """The absolute path that an import names, inside the root; None after a message."""
        if item.level == 0:
            if item.path[:2] != ("specc", "lib") or len(item.path) < 3:
                self.diagnostics.add(file_errors.import_foreign(shown, item.span))
                return None
            return os.path.join(self.library, "lib", *item.path[2:]) + ".nn"
        if source.path is None:
            self.diagnostics.add(file_errors.import_beside_text(shown, item.span))
            return None
        folder = os.path.dirname(os.path.realpath(source.path))
        root = self._root(folder)
        for _ in range(item.level - 1):
            folder = os.path.dirname(folder)
        target = os.path.realpath(os.path.join(folder, *item.path) + ".nn")
        if os.path.commonpath([root, target]) != root:
            self.diagnostics.add(file_errors.import_outside(shown, root, item.span))
            return None
        return target

    def _root(self, folder: str) -> str:
        """`--root`, else the nearest folder upwards with pyproject.toml or .git, else the file's own."""
        if self.root is not None:
            return os.path.realpath(self.root)
        here = folder
        while True:
            if os.path.exists(os.path.join(here, "pyproject.toml")) or os.path.exists(os.path.join(here, ".git")):
                return here
            above = os.path.dirname(here)
            if above == here:
                return folder
            here = above

    # --- lets -------------------------------------------------------------------------------------------------

    def value(self, scope: FileScope, name: str, body: Body) -> Any:
        """The value of a file's `let`, a block or model as a recipe; None when the file defines no such name."""
        found = scope.find(name)
        if found is None:
            return POISON if name in scope.missing else None
        owner, item = found
        if isinstance(item, DefinitionRef):
            return Recipe(name, item, item.node.name_span)
        if isinstance(item, ast.Extern):
            return Recipe(name, self._extern(item, owner), item.span)
        if not isinstance(item, ast.Let):
            return None
        if item.params is not None:
            return LetFunction(item, owner)
        return self._constant(item, owner, body)

    def _extern(self, item: ast.Extern, owner: FileScope) -> type[External]:
        from specc.elaborate.externs import declare

        known = self.externs.get(id(item))
        if known is None:
            known = self.externs[id(item)] = declare(item, owner)
        return known

    def _constant(self, let: ast.Let, owner: FileScope, body: Body) -> Any:
        from specc.elaborate.expressions import single
        from specc.elaborate.trace import Static

        known = owner.constants.get(let.name)
        if known is not None:
            return known
        if let.name in owner.pending:
            return body.report(limit_errors.let_cycle(let.name, let.span))
        if body.program.let_depth >= 64:
            return body.report(limit_errors.nested_too_deep("constants", let.span))
        body.program.let_depth += 1
        owner.pending.add(let.name)
        saved = body.scope, body.file
        body.scope, body.file = Scope(), owner
        try:
            value = single(let.value, body)
        finally:
            body.scope, body.file = saved
            owner.pending.discard(let.name)
            body.program.let_depth -= 1
        if isinstance(value, Static) and isinstance(value.value, Recipe):
            value = value.value
        if isinstance(value, Recipe):
            value = Recipe(let.name, value.target, value.span, value.args, value.scope)
        owner.constants[let.name] = value
        return value


def _beside(path: str) -> list[str]:
    """The names of the specs in the folder of a path."""
    try:
        names = os.listdir(os.path.dirname(path))
    except OSError:
        return []
    return sorted(name.removesuffix(".nn") for name in names if name.endswith(".nn"))


__all__ = ["MOST_FILES", "Files", "Reader"]
