"""The syntax tree's expressions, stages, labels and types; `ast` has the statements, and all of these names too."""

from __future__ import annotations

from typing import ClassVar

from specc.record import Record
from specc.source import Span


class Node(Record):
    """Base of all nodes. Spans do not take part in equality."""

    span: Span
    _ignored: ClassVar[frozenset[str]] = frozenset({"span"})


# --- expressions -----------------------------------------------------------------------------------------------


class Expr(Node):
    pass


class Number(Expr):
    """`10`, `0.5`, `1e-6`: an int or a float as written."""

    value: int | float


class String(Expr):
    value: str


class Constant(Expr):
    """`true`, `false`, `none`."""

    value: bool | None


class Name(Expr):
    name: str


class Attribute(Expr):
    """`lm_head.weight`, `vae.encode`; `name` may be a number in a path (`features.0.weight`)."""

    value: Expr
    name: str


class ListExpr(Expr):
    """`[1, 2, 3]`."""

    items: tuple[Expr, ...]


class TupleExpr(Expr):
    """`(a, b, mask=m)`: several values; the feed of a stage, a size like `(3, 3)`, or a variant's values."""

    items: tuple[Argument, ...]


class Paren(Expr):
    """`(e)`: kept for the formatter. Around a chain without a tensor head it is a recipe, nn.Sequential."""

    value: Expr


class Unary(Expr):
    """`-x`, `+x`, `~x`, `not x`."""

    op: str
    value: Expr


class Binary(Expr):
    """`+ - * / // % ** @ & | ^ == != < <= > >= and or in` and `not in`. `op` is the operator as written, with one space in
    `not in`."""

    op: str
    left: Expr
    right: Expr
    op_span: Span
    _ignored: ClassVar[frozenset[str]] = frozenset({"span", "op_span"})


class IfExpr(Expr):
    """`a if condition else b`."""

    condition: Expr
    then: Expr
    orelse: Expr


class IsNone(Expr):
    """`m is none`, or `m is not none` when `negated`."""

    value: Expr
    negated: bool


class Range(Expr):
    """`a..b`, half-open."""

    start: Expr
    stop: Expr


class Slice(Expr):
    """`a:b:c` inside an index; each part may be missing."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None


class Ellipsis(Expr):
    """`...` inside an index."""


class Index(Expr):
    """`x[i, 1:, ..., none]`."""

    value: Expr
    items: tuple[Expr, ...]


class Argument(Node):
    """An argument of a call: positional when `name` is None."""

    name: str | None
    value: Expr


class Call(Expr):
    """`Linear(10, bias=false)`, `cat([a, b])`, `norm(eps=1e-6)`. `func` is a Name or an Attribute."""

    func: Expr
    args: tuple[Argument, ...]


class Comprehension(Expr):
    """`[f(i) for i in 0..n if i % 2 == 0]`."""

    element: Expr
    targets: tuple[str, ...]
    iterable: Expr
    condition: Expr | None


class Chain(Expr):
    """`head -> stage -> stage`. `head` is a tensor expression, a TupleExpr that feeds several, or, in a recipe
    (a chain of layers without a tensor), None; then every member stands in `stages`."""

    head: Expr | None
    stages: tuple[Stage, ...]


# --- labels and stages -----------------------------------------------------------------------------------------


class LabelPart(Node):
    """One part of a path. `pieces` are literal text and interpolated expressions in order: `layer{stage + 1}` has
    the pieces `"layer"` and the expression; `0` has the piece `"0"`."""

    pieces: tuple[str | Expr, ...]
    quoted: bool


class Label(Node):
    """`conv1`, `resnets.0`, `down.{l}.block.{i}`, `"block{s}-{i}"`."""

    parts: tuple[LabelPart, ...]


class LabelRef(Expr):
    """`layer{i}`, `blocks.{i}.weight`, `"in-proj"` where a layer or weight is named: a path that is no plain name."""

    label: Label


class Stage(Node):
    label: Label | None


class CallStage(Stage):
    """`fc1: Linear(120)`, `ReLU`, `vae.encode`, `rearrange("b c -> c b")`. `args` is None when no parentheses
    were written."""

    func: Expr
    args: tuple[Argument, ...] | None


class SequentialStage(Stage):
    """`mlp: (Linear(4 * d) -> GELU -> Linear(d))`: nn.Sequential."""

    stages: tuple[Stage, ...]


class ForStage(Stage):
    """`h: for i in 0..depth { Block(heads) }`: spreads its stages in place; with a label, an nn.Sequential."""

    targets: tuple[str, ...]
    iterable: Expr
    stages: tuple[Stage, ...]


class IfStage(Stage):
    """`if stride != 1 { stages } else { stages }`; `orelse` is empty when there is no else."""

    condition: Expr
    stages: tuple[Stage, ...]
    orelse: tuple[Stage, ...]


class OutputStage(Stage):
    """`-> output logits: float[B, 10]` at the end of a chain in statement position."""

    name: str | None
    type: TypeExpr | None


# --- types -----------------------------------------------------------------------------------------------------


class DimRow(Node):
    """`...` or `...S` in a type: any number of dimensions, perhaps named."""

    name: str | None


class DimExists(Node):
    """`?K`: a size that depends on data."""

    name: str


class TypeExpr(Node):
    """`float[B, 3, H, W]`, `[N, C]`, `int`, `dim`, `layer`. `base` is the word before the bracket, or None;
    `dims` is None when there is no bracket."""

    base: str | None
    dims: tuple[Expr | DimRow | DimExists, ...] | None
