"""Expressions of the generated Python as data: built by `elaborate`, read by `emit`. Printing and evaluation live in
emit; nothing here decides anything."""

from __future__ import annotations

from specc.record import Record


class Code(Record):
    """An expression of the generated program."""


class Lit(Code):
    """An int, float, bool, str or None, printed by repr."""

    value: int | float | bool | str | None


class Var(Code):
    """A name of the definition: a parameter, a constructor local, a loop variable, or a size such as `B`."""

    name: str


def base_name(variable: str) -> str:
    """`channels` of `channels#2`, the second variable that elaboration made of the name (Body.variable)."""
    return variable.partition("#")[0]


class SizeOf(Code):
    """`tensor.shape[axis]`: a size that only `forward` can read. `tensor` is the id of a trace tensor."""

    tensor: int
    axis: int


class TensorVar(Code):
    """A tensor of `forward`, by its id in the trace."""

    tensor: int


class Path(Code):
    """A dotted name of the generated file's imports: `torch.cat`, `F.pad`, `nn.ReLU`, or of its own: `make_divisible`."""

    name: str


class Attr(Code):
    value: Code
    name: str


class Item(Code):
    """`value[items]`."""

    value: Code
    items: tuple[Code, ...]


class SliceCode(Code):
    start: Code | None
    stop: Code | None
    step: Code | None


class EllipsisCode(Code):
    """`...` inside an index."""


class UnaryCode(Code):
    """`-x`, `~x`, `not x`."""

    op: str
    value: Code


class BinaryCode(Code):
    """Arithmetic, comparison, `and`, `or`, `in`: Python's operators."""

    op: str
    left: Code
    right: Code


class IfCode(Code):
    condition: Code
    then: Code
    orelse: Code


class CallCode(Code):
    """`func(*args, **kwargs)`; a method call has an Attr as func."""

    func: Code
    args: tuple[Code, ...] = ()
    kwargs: tuple[tuple[str, Code], ...] = ()


class ListCode(Code):
    items: tuple[Code, ...]


class TupleCode(Code):
    items: tuple[Code, ...]


class CompCode(Code):
    """`[element for targets in iterable if condition]`."""

    element: Code
    targets: tuple[str, ...]
    iterable: Code
    condition: Code | None = None


class FString(Code):
    """`f"layer{stage + 1}"`: literal text and expressions in order."""

    pieces: tuple[str | Code, ...]
