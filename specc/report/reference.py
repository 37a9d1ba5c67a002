"""What a layer or a tensor function is, from its declaration: for `specc explain` and for docs/OPS.md."""

from __future__ import annotations

import inspect
from enum import Enum

from specc.ops.declare import REQUIRED, Layer, Op, Param
from specc.record import Record
from specc.report.style import Style
from specc.report.table import table

_TYPES = {"ints": "int or tuple", "dims": "tuple of int", "any": "value"}
_HEADING = ("argument", "takes", "default", "meaning")
_UNCUT = 1000  # columns: a meaning is not to be cut


class Row(Record):
    """A parameter: its name, what it takes, and what it is for."""

    name: str
    takes: str
    default: str
    doc: str


class Page(Record):
    """`summary` is the first sentence of `doc`; `call` is how the op is written; `torch` is what it becomes."""

    name: str
    sort: str
    summary: str
    doc: str
    call: str
    rows: tuple[Row, ...]
    results: tuple[str, ...]
    example: str
    torch: str


def page(op: type[Op]) -> Page:
    """The page of an op."""
    doc = inspect.cleandoc(op.__doc__ or "")
    layer = issubclass(op, Layer)
    parameters = [param for param in op.params.values() if not param.inferred]
    arguments = ", ".join(
        param.name if param.default is REQUIRED else f"{param.name}={written(param.default)}" for param in parameters
    )
    if layer:
        call = f"{op.name}({arguments})" if arguments else op.name
    else:
        call = f"{op.name}({', '.join([*op.operands, *([arguments] if arguments else [])])})"
    return Page(
        op.name,
        "layer" if layer else "function",
        doc.partition("\n\n")[0].replace("\n", " "),
        doc,
        call,
        tuple(Row(param.name, _takes(param), _default(param), param.doc) for param in op.params.values()),
        op.results,
        op.example,
        op.torch or (f"torch.nn.{op.name}" if layer else f"torch.{op.name}"),
    )


def written(value: object) -> str:
    """A default as it is written in `.nn`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        return f"({', '.join(map(written, value))})"
    return str(value)


def text(found: Page) -> str:
    """For a terminal."""
    parts = [f"{found.call}\n\n{found.doc}\n"]
    if found.rows:
        parts.append(table(_HEADING, [(row.name, row.takes, row.default, row.doc) for row in found.rows], Style(width=_UNCUT)))
    if len(found.results) > 1:
        parts.append(f"results: {', '.join(found.results)}; a chain passes on {found.results[0]}\n")
    if found.example:
        parts.append(f"example: {found.example}\n")
    parts.append(f"becomes: {found.torch}\n")
    return "\n".join(parts)


def markdown(found: Page) -> str:
    """A section of docs/OPS.md."""
    lines = [f"### {found.name}", "", f"`{found.call}`", "", found.doc, ""]
    if found.rows:
        lines += [f"| {' | '.join(_HEADING)} |", "| --- | --- | --- | --- |"]
        lines += [f"| `{row.name}` | {_cell(row.takes)} | {row.default} | {_cell(row.doc)} |" for row in found.rows]
        lines.append("")
    if len(found.results) > 1:
        lines += [f"Results: {', '.join(f'`{name}`' for name in found.results)}; a chain passes on the first.", ""]
    if found.example:
        lines += ["```", found.example, "```", ""]
    return "\n".join(lines)


def _takes(param: Param) -> str:
    words = [] if param.choices and param.type == "str" else [_TYPES.get(param.type, param.type)]
    if param.lower is not None and not param.inferred:
        words[0] += f" ≥ {param.lower}"
    if param.upper is not None:
        words[0] += f" ≤ {param.upper}"
    return " or ".join([*words, *(f'"{choice}"' for choice in param.choices), *(["none"] if param.optional else [])])


def _default(param: Param) -> str:
    if param.inferred:
        return "inferred"
    return "" if param.default is REQUIRED else written(param.default)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
