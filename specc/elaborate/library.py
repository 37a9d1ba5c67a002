"""The bundled library, where somebody uses a block of it without an import."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from specc.diagnostics import Edit, Help
from specc.source import Span
from specc.syntax import ast

if TYPE_CHECKING:
    from specc.elaborate.body import Body


def imports(name: str, body: Body) -> tuple[Help, ...]:
    """A proposal to import `name` into the file that uses it, if the library defines it."""
    files = body.program.files
    folder = os.path.join(files.library, "lib")
    defines = re.compile(rf"^(?:block|let) {re.escape(name)}\b", re.MULTILINE)
    for entry in sorted(os.listdir(folder)):
        module, extension = os.path.splitext(entry)
        found = files.read(os.path.join(folder, entry)) if extension == ".nn" else None
        if found is not None and defines.search(found.text):
            statement = f"from specc.lib.{module} import {name}"
            return (Help("it is in the bundled library: import it", (_at_top(statement, body.file.file),)),)
    return ()


def _at_top(statement: str, file: ast.File) -> Edit:
    """A line below the imports of a file, or above its first item and the comments on that."""
    source = file.source
    last = next((item for item in reversed(file.items) if isinstance(item, ast.Import)), None)
    if last is not None:
        end = source.text.find("\n", last.span.end)
        at = end if end >= 0 else len(source.text)
        return Edit(Span(source, at, at), f"\n{statement}")
    at = source.text.rfind("\n", 0, file.items[0].span.start) + 1
    while source.text[source.text.rfind("\n", 0, max(at - 1, 0)) + 1 : at].lstrip().startswith("#"):
        at = source.text.rfind("\n", 0, at - 1) + 1
    return Edit(Span(source, at, at), f"{statement}\n\n")
