"""A generated file as a live module.

The classes live in a module of their own that no file stands behind. Its text is registered with `linecache`, so tracebacks and
`inspect` show it, with the place in the spec as a comment at the end of each line; what runs is the text without those
comments. Instances pickle with the text that made their class, so that a process which has neither the spec nor the class
can open them. Nothing is added to the classes, and nothing stands between a call and `forward`
(docs/decisions/live-modules.md).
"""

from __future__ import annotations

import copyreg
import hashlib
import linecache
import re
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from torch import nn

_loaded: dict[str, ModuleType] = {}
"""By content: one text, one module, so that classes loaded twice are the same and pickles find theirs."""


class Origin:
    """What made a live module: the generated text, the spec's name, and for lines of the text the place in the spec. An
    instance's pickle holds it once, however many layers it has."""

    __slots__ = ("lines", "name", "text")

    def __init__(self, text: str, name: str, lines: Mapping[int, str]) -> None:
        self.text = text
        self.name = name
        self.lines = dict(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        return Origin, (self.text, self.name, self.lines)

    def __deepcopy__(self, memo: object) -> Origin:
        return self

    def module(self) -> ModuleType:
        """The live module: the present one of this text, else a new one."""
        digest = hashlib.sha256(f"{self.name}\0{self.text}".encode()).hexdigest()[:12]
        found = _loaded.get(digest)
        if found is None:
            found = _loaded[digest] = self._execute(digest)
        return found

    def _execute(self, digest: str) -> ModuleType:
        stem = re.sub(r"\W", "_", self.name.rsplit("/", 1)[-1].removesuffix(".nn"))
        module = ModuleType(f"specc_{stem}_{digest}")
        file = f"<specc {self.name} {digest}>"
        module.__file__ = file
        module.__specc__ = self  # type: ignore[attr-defined]
        linecache.cache[file] = (len(self.text), None, self._shown(), file)
        sys.modules[module.__name__] = module  # before it runs: NamedTuple and torch.compile look there
        try:
            exec(compile(self.text, file, "exec", dont_inherit=True), module.__dict__)
        except BaseException:
            del sys.modules[module.__name__], linecache.cache[file]
            raise
        for value in list(vars(module).values()):
            for kind in (value, *vars(value).values()) if isinstance(value, type) else ():
                if isinstance(kind, type) and kind.__module__ == module.__name__:
                    copyreg.pickle(kind, _reduce)
        return module

    def _shown(self) -> list[str]:
        """The lines as people see them: with the place in the spec behind."""
        lines = self.text.splitlines()
        return [f"{line}  # {self.lines[n]}\n" if n in self.lines else f"{line}\n" for n, line in enumerate(lines, 1)]


def load(text: str, name: str, lines: Mapping[int, str]) -> ModuleType:
    """The generated file `text`, live. `name` is the spec's, for tracebacks; `lines` gives for lines of the text the place in
    the spec that they come from. The built model is the last name in `__all__`."""
    return Origin(text, name, lines).module()


def built_model(module: ModuleType) -> type[nn.Module]:
    """The class of the model that the file was built for."""
    found: type[nn.Module] = getattr(module, module.__all__[-1])
    return found


def forget(module: ModuleType) -> None:
    """Drops a module, so that its text runs anew when it is next needed, as in another process."""
    for digest, found in list(_loaded.items()):
        if found is module:
            del _loaded[digest]
    sys.modules.pop(module.__name__, None)


def _reduce(instance: Any) -> tuple[Any, ...]:
    """How copy and pickle take an instance of a generated class apart: as ever, with the class told by its text."""
    kind = type(instance)
    origin: Origin = sys.modules[kind.__module__].__specc__
    parts = object.__reduce_ex__(instance, 2)
    assert isinstance(parts, tuple), f"{kind.__qualname__} reduces to a name"
    _, arguments, *rest = parts
    return _revive, (origin, kind.__qualname__, *arguments[1:]), *rest


def _revive(origin: Origin, qualname: str, *arguments: Any) -> Any:
    """An instance without state, for pickle to fill."""
    kind: Any = origin.module()
    for part in qualname.split("."):
        kind = getattr(kind, part)
    return kind.__new__(kind, *arguments)
