"""Frozen records: what a dataclass gives, without its start-up cost.

`dataclasses` compiles source for every class (about 0.4 ms each); the compiler has more than a hundred record
classes, and `specc check` must start in a fraction of that. The decorator below tells type checkers that these
behave like frozen dataclasses.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """A class whose annotations are its fields, in order; a class attribute of the same name is a default.

    Equality and hash compare the class and every field except those named in `_ignored` (spans, say).
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _ignored: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        inherited = cls._fields
        own = [name for name in cls.__dict__.get("__annotations__", ()) if not name.startswith("_")]
        cls._fields = tuple(name for name in inherited if name not in own) + tuple(own)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        values = self.__dict__
        fields = self._fields
        if len(args) > len(fields):
            raise TypeError(f"{type(self).__name__} takes {len(fields)} fields, got {len(args)}")
        values.update(zip(fields, args, strict=False))
        if kwargs:
            for name in kwargs:
                if name not in fields or name in values:
                    raise TypeError(f"{type(self).__name__} has no free field {name!r}")
            values.update(kwargs)
        if len(values) != len(fields):
            for name in fields:
                if name not in values and not hasattr(type(self), name):
                    raise TypeError(f"{type(self).__name__} lacks {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; use replace()")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields if name not in self._ignored)
        return f"{type(self).__name__}({fields})"

    def _key(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._fields if name not in self._ignored)

    def replace(self, **changes: Any) -> Self:
        """The same record with some fields changed."""
        values = {name: getattr(self, name) for name in self._fields}
        values.update(changes)
        return type(self)(**values)
