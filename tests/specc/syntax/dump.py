"""A syntax tree as indented lines, for golden files."""

from __future__ import annotations

from collections.abc import Iterator

from specc.syntax import ast


def dump(file: ast.File) -> str:
    lines = [f"doc: {file.doc!r}"] if file.doc is not None else []
    for item in file.items:
        lines += _lines(item)
    lines += [f"comment {'on its own line' if comment.own_line else 'beside'}: {comment.text}" for comment in file.comments]
    return "\n".join(lines) + "\n"


def _lines(value: object) -> Iterator[str]:
    if not isinstance(value, ast.Node):
        yield repr(value)
        return
    plain: list[tuple[str, object]] = []
    nested: list[tuple[str, object]] = []
    for name in value._fields:
        if name in value._ignored:
            continue
        field = getattr(value, name)
        (nested if _holds_nodes(field) else plain).append((name, field))
    yield " ".join([type(value).__name__, *(f"{name}={field!r}" for name, field in plain)])
    for name, field in nested:
        if isinstance(field, tuple):
            yield f"  {name}:"
            for part in field:
                yield from (f"    {line}" for line in _lines(part))
        else:
            first, *rest = _lines(field)
            yield f"  {name}: {first}"
            yield from (f"  {line}" for line in rest)


def _holds_nodes(field: object) -> bool:
    return isinstance(field, ast.Node) or (isinstance(field, tuple) and any(isinstance(part, ast.Node) for part in field))
