"""From a name in a spec to its declaration. Families load when used; the families' sources are the only index."""

from __future__ import annotations

import importlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from specc.ops.declare import Op, snake

if TYPE_CHECKING:
    from specc.ops.wrappers.norm import Wrapper

_CLASS = re.compile(r"^class ([A-Z]\w*)\((\w+)", re.MULTILINE)


@cache
def _index() -> dict[str, tuple[str, str]]:
    """Name in the language -> (module, class)."""
    index = {}
    for folder, naming in (("layers", str), ("functions", snake)):
        for entry in sorted((e for e in files("specc.ops").joinpath(folder).iterdir()), key=lambda e: e.name):
            if entry.name.endswith(".py") and not entry.name.startswith("_"):
                module = f"specc.ops.{folder}.{entry.name[:-3]}"
                for match in _CLASS.finditer(entry.read_text(encoding="utf-8")):
                    index[naming(match[1])] = (module, match[1])
    return index


def names() -> list[str]:
    """Every layer and function, in a fixed order."""
    return sorted(_index())


@cache
def find(name: str) -> type[Op] | None:
    """The declaration of a layer (`Linear`) or function (`cat`)."""
    entry = _index().get(name)
    if entry is None:
        return None
    op: type[Op] = getattr(importlib.import_module(entry[0]), entry[1])
    return op


@cache
def initialiser(name: str) -> type[Op] | None:
    """The declaration of an initialiser (`kaiming_normal`)."""
    return _initialisers().get(name)


@cache
def _initialisers() -> dict[str, type[Op]]:
    from specc.ops.initialisers import fill

    found = [value for value in vars(fill).values() if isinstance(value, type) and issubclass(value, fill.Initialiser)]
    return {op.name: op for op in found if op is not fill.Initialiser}


def initialisers() -> list[str]:
    """The names of all initialisers."""
    return sorted(_initialisers())


@cache
def wrapper(name: str) -> type[Wrapper] | None:
    """The declaration of a layer around a layer (`SpectralNorm`)."""
    return _wrappers().get(name)


@cache
def _wrappers() -> dict[str, type[Wrapper]]:
    from specc.ops.wrappers import norm

    found = [value for value in vars(norm).values() if isinstance(value, type) and issubclass(value, norm.Wrapper)]
    return {op.name: op for op in found if op is not norm.Wrapper}


def wrappers() -> list[str]:
    """The names of all wrappers."""
    return sorted(_wrappers())
