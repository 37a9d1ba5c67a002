"""The syntax tree: frozen nodes with spans, `if` and `for` intact, nothing decided yet.

Three sorts of node stand in a body: statements, expressions (tensors and compile-time values share one grammar)
and stages (what stands to the right of `->`). A layer written as a value, `Linear(10)` or `ConvBN`, is an
expression (`Call` or `Name`); what it means is settled by `elaborate`.
"""

from __future__ import annotations

from typing import ClassVar

from specc.source import SourceFile, Span
from specc.syntax.ast_expr import (
    Argument,
    Attribute,
    Binary,
    Call,
    CallStage,
    Chain,
    Comprehension,
    Constant,
    DimExists,
    DimRow,
    Ellipsis,  # noqa: A004 (the language's)
    Expr,
    ForStage,
    IfExpr,
    IfStage,
    Index,
    IsNone,
    Label,
    LabelPart,
    LabelRef,
    ListExpr,
    Name,
    Node,
    Number,
    OutputStage,
    Paren,
    Range,
    SequentialStage,
    Slice,
    Stage,
    String,
    TupleExpr,
    TypeExpr,
    Unary,
)

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


__all__ = [
    "Argument",
    "Assign",
    "Attribute",
    "Binary",
    "Broken",
    "Call",
    "CallStage",
    "Chain",
    "Comment",
    "Comprehension",
    "Constant",
    "Declared",
    "Definition",
    "DimExists",
    "DimRow",
    "Ellipsis",
    "Entry",
    "Expr",
    "ExprStatement",
    "Extern",
    "File",
    "For",
    "ForStage",
    "Freeze",
    "If",
    "IfExpr",
    "IfStage",
    "Import",
    "Imported",
    "Index",
    "Init",
    "InitRule",
    "Input",
    "IsNone",
    "Item",
    "Label",
    "LabelPart",
    "LabelRef",
    "LayerDecl",
    "Let",
    "ListExpr",
    "Name",
    "Next",
    "Node",
    "Number",
    "Output",
    "OutputItem",
    "OutputStage",
    "Parameter",
    "Paren",
    "Pattern",
    "Range",
    "Require",
    "SequentialStage",
    "Slice",
    "Stage",
    "State",
    "Statement",
    "String",
    "TensorDecl",
    "Tie",
    "TupleExpr",
    "TypeExpr",
    "Unary",
    "Variant",
    "Variants",
]
