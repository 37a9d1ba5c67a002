"""The syntax tree: frozen nodes with spans, `if` and `for` intact, nothing decided yet.

Three sorts of node stand in a body: statements, expressions (tensors and compile-time values share one grammar)
and stages (what stands to the right of `->`). A layer written as a value, `Linear(10)` or `ConvBN`, is an
expression (`Call` or `Name`); what it means is settled by `elaborate`.
"""

from __future__ import annotations

from typing import ClassVar

from specc.record import Record
from specc.source import SourceFile, Span


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


# --- statements ------------------------------------------------------------------------------------------------


class Statement(Node):
    pass


class Declared(Node):
    """One name of an `input`, `given` or `state`: `image: float[B, 3, 32, 32]`, `m: bool[B, T] = none`."""

    name: str
    type: TypeExpr | None
    default: Expr | None


class Input(Statement):
    """`input x: T, y: U`; `keyword` is `input` or `given` (in a cell: the same at every step)."""

    keyword: str
    items: tuple[Declared, ...]


class State(Statement):
    """`state y: [B, size] = zeros`: carried between the steps of a cell."""

    item: Declared


class Next(Statement):
    """`next y = new`."""

    name: str
    value: Expr


class Output(Statement):
    """`output logits = x -> fc`, `output a, b`, `output (a + b) -> ReLU`. One item per result; `name` is None where the
    result is given as an expression without a name (a bare name names itself)."""

    items: tuple[OutputItem, ...]


class OutputItem(Node):
    name: str | None
    type: TypeExpr | None
    value: Expr


class Require(Statement):
    condition: Expr
    message: str | None


class Assign(Statement):
    """`q, k, v = chain`; a target `_` discards."""

    targets: tuple[str, ...]
    value: Expr


class ExprStatement(Statement):
    """A chain whose result goes to its OutputStage, or is unused."""

    value: Expr


class For(Statement):
    targets: tuple[str, ...]
    iterable: Expr
    body: tuple[Statement, ...]


class If(Statement):
    condition: Expr
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class LayerDecl(Statement):
    """`layer mu: Linear(latent)`: introduces a layer without applying it."""

    label: Label
    value: Expr


class TensorDecl(Statement):
    """`param cls: float[1, 1, d] = normal(std=0.02)`; `keyword` is `param`, `buffer` or `constant`."""

    keyword: str
    label: Label
    type: TypeExpr | None
    value: Expr | None


class Pattern(Node):
    """`Linear.weight`, `*.bias`, `backbone.*`: parts between dots, each a name or `*`."""

    parts: tuple[str, ...]


class InitRule(Node):
    pattern: Pattern
    value: Expr


class Init(Statement):
    rules: tuple[InitRule, ...]


class Freeze(Statement):
    patterns: tuple[Pattern, ...]


class Tie(Statement):
    """`tie lm_head.weight = wte.weight`."""

    target: Expr
    source: Expr


class Entry(Statement):
    """`entry encode { ... }`."""

    name: str
    doc: str | None
    body: tuple[Statement, ...]


class Variant(Node):
    name: str
    values: tuple[Argument, ...]


class Variants(Statement):
    items: tuple[Variant, ...]


# --- the file --------------------------------------------------------------------------------------------------


class Item(Node):
    """What stands at the top level of a file."""


class Parameter(Node):
    """`classes: int = 10`; in a `let` the type may be missing."""

    name: str
    type: TypeExpr | None
    default: Expr | None


class Definition(Item):
    """A `model` or a `block` (`keyword`)."""

    keyword: str
    name: str
    name_span: Span
    params: tuple[Parameter, ...]
    doc: str | None
    body: tuple[Statement, ...]
    _ignored: ClassVar[frozenset[str]] = frozenset({"span", "name_span"})


class Let(Item, Statement):
    """`let widths = [64, 128]`, `let f(v, by=8) = ...`, `let ConvBN(out) = (Conv2d(out) -> BatchNorm2d)`; also in a body.
    `params` is None for a constant."""

    name: str
    params: tuple[Parameter, ...] | None
    value: Expr


class Imported(Node):
    name: str
    alias: str | None


class Import(Item):
    """`from .blocks.transformer import EncoderLayer as Layer`. `level` counts leading dots (0: absolute)."""

    level: int
    path: tuple[str, ...]
    names: tuple[Imported, ...]


class Extern(Item):
    """`extern layer Mish2(beta: float = 1.0) = "mypkg.layers:Mish2" { input x: [...S]; output y: [...S] }`."""

    name: str
    params: tuple[Parameter, ...]
    target: str
    body: tuple[Statement, ...]


class Broken(Item, Statement):
    """Stands where an item or a statement could not be read. It has been reported; nothing more is to be said of it."""


class Comment(Node):
    """`# text`; `own_line` when nothing but white space stands before it."""

    text: str
    own_line: bool


class File(Node):
    """A parsed file. `comments` are in source order; the formatter accounts for each."""

    source: SourceFile
    doc: str | None
    items: tuple[Item, ...]
    comments: tuple[Comment, ...]
