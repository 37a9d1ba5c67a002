"""How torch takes the operands of a layer and hands back its results: `self.lstm(x, (h, c))`, `y, (h, c) = ...`."""

from __future__ import annotations

import re

from specc.emit.plan import Verbatim
from specc.ops.declare import Layer
from specc.pycode import Code, Lit


def call_arguments(
    op: Layer, given: dict[str, Code], only_primary: bool
) -> tuple[tuple[Code, ...], tuple[tuple[str, Code], ...]]:
    """Positional and keyword arguments of a layer's call."""
    values = dict(given)
    for name in op.operands:
        source = op.operand_defaults.get(name)
        if name not in values and source in values:
            values[name] = values[source]
    extra = tuple((name, Lit(value)) for name, value in op.primary_only_kwargs.items()) if only_primary else ()
    if op.operand_pattern:
        args, kwargs = _packed(op, values)
        return args, (*kwargs, *extra)
    args_: list[Code] = []
    kwargs_: list[tuple[str, Code]] = []
    skipped = False
    for name in op.operands:
        if name not in values:
            skipped = True
        elif skipped:
            kwargs_.append((name, values[name]))
        else:
            args_.append(values[name])
    return tuple(args_), (*kwargs_, *extra)


def _packed(op: Layer, values: dict[str, Code]) -> tuple[tuple[Code, ...], tuple[tuple[str, Code], ...]]:
    args: list[Code] = []
    kwargs: list[tuple[str, Code]] = []
    for piece in split_pattern(op.operand_pattern):
        numbers = [int(number) for number in re.findall(r"\{(\d+)\}", piece)]
        names = [op.operands[number] for number in numbers]
        if not all(name in values for name in names):
            continue
        keyword = re.match(r"(\w+)=", piece)
        body = piece[keyword.end() :] if keyword else piece
        for count, number in enumerate(numbers):
            body = body.replace(f"{{{number}}}", f"{{{count}}}")
        code: Code = values[names[0]] if body == "{0}" else Verbatim(body, tuple(values[name] for name in names))
        if keyword:
            kwargs.append((keyword[1], code))
        else:
            args.append(code)
    return tuple(args), tuple(kwargs)


def split_pattern(pattern: str) -> list[str]:
    """The pieces between commas outside brackets."""
    return [piece.strip() for piece in re.split(r",\s*(?![^()]*\))", pattern)]


def result_target(op: Layer, names: list[str]) -> str:
    """The assignment target; a nested group that nobody takes is one `_`."""
    pattern = op.result_pattern
    if not pattern or len(names) < 2:
        return ", ".join(names)
    pieces = []
    for piece in split_pattern(pattern):
        filled = re.sub(r"\{(\d+)\}", lambda match: names[int(match[1])], piece)
        pieces.append("_" if re.fullmatch(r"\((_(, )?)+\)", filled) else filled)
    return ", ".join(pieces)
