"""What a body makes: tensors, compile-time values, and the layers that it introduces. `trace` has what it does with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Union

from specc.dims.expr import Dim
from specc.ops.declare import Layer, Op, Weight
from specc.ops.wrappers.norm import Wrapper
from specc.pycode import Code
from specc.source import Span
from specc.syntax import ast
from specc.types import DType, TensorType

if TYPE_CHECKING:
    from specc.elaborate.trace import DefinitionRef, FunctionUse, Instance, Item


class Made:
    """What made a tensor, for messages: an op with what was written of its arguments; a block that was called (`inside`: its
    result and what it was fed); or that the tensor entered a block (`entered`: the block's name, `place`: its call)."""

    __slots__ = ("entered", "given", "inside", "op", "place")

    def __init__(
        self,
        op: Op | None,
        given: Mapping[str, Static],
        inside: tuple[Tensor, Mapping[str, Any]] | None = None,
        entered: str = "",
        place: Span | None = None,
    ) -> None:
        self.op = op
        self.given = given
        self.inside = inside
        self.entered = entered
        self.place = place


class Tensor:
    """A tensor value. `hint` is the name that the source gives it (or gives to the chain it is part of); `reason` is the tensor
    that it was made from, if there is one."""

    __slots__ = ("hint", "id", "made", "named", "reason", "span", "type")

    def __init__(self, id: int, type: TensorType, span: Span, hint: str = "", reason: Any = None) -> None:
        self.id = id
        self.type = type
        self.span = span
        self.hint = hint
        self.reason = reason
        self.made: Made | None = None
        self.named = False
        """`hint` is bound to this very tensor, not only to the end of its chain."""

    def __repr__(self) -> str:
        return f"%{self.id}{':' + self.hint if self.hint else ''} {self.type}"


class Static:
    """A compile-time value and the Code that yields it in the constructor. `value` is an int, Expr, float, bool, str, None,
    DType, list[Static | ...] or Opaque."""

    __slots__ = ("code", "span", "value")

    def __init__(self, value: Any, code: Code, span: Span | None = None) -> None:
        self.value = value
        self.code = code
        self.span = span

    def __repr__(self) -> str:
        return f"Static({self.value!r})"


PathPart = Union[str, Code]
"""One part of a key: text, or (in a generic trace) the Code of a str or int."""


class Wrapping:
    """A wrapper around a layer (`SpectralNorm`) with what the user gave it."""

    __slots__ = ("given", "op")

    def __init__(self, op: Wrapper, given: dict[str, Static]) -> None:
        self.op = op
        self.given = given


class OpLayer:
    """A built-in layer. `given` holds what the user wrote, by parameter; inferred parameters are solved in `op`.
    `wrappings` stand around it, innermost first."""

    __slots__ = ("applied", "given", "op", "span", "wrappings")

    def __init__(self, op: Layer, given: dict[str, Static], span: Span) -> None:
        self.applied: Span | None = None  # where first
        self.op = op
        self.given = given
        self.span = span
        self.wrappings: list[Wrapping] = []

    def state(self) -> dict[str, Weight]:
        """Its parameters and buffers by their state_dict name, as wrapped."""
        weights = self.op.weights()
        for wrapping in self.wrappings:
            weights = wrapping.op.wrap(self.op, weights)
        return weights


class Stack:
    """A list of tensors that a loop makes longer or shorter, in a generic trace. `shape` has the sizes that its tensors share,
    None where they differ: there `sizes` gives, by axis, the variable of the constructor that lists them. None as a whole: it
    has been empty so far."""

    __slots__ = ("dtype", "hint", "id", "shape", "sizes", "span")

    def __init__(
        self, id: int, shape: tuple[Dim | None, ...] | None, dtype: DType, sizes: dict[int, str], span: Span, hint: str
    ) -> None:
        self.id = id
        self.shape = shape
        self.dtype = dtype
        self.sizes = sizes
        self.span = span
        self.hint = hint


class BlockLayer:
    """A block or model used as a layer. `args` has every parameter (defaults filled in, `given` names those written).
    `inputs` are the types of its first use, in order of the definition's inputs; `instance` is what that use made
    (concrete traces), or in a generic trace the callee's instance with the caller's symbols; there `generic` is the
    class that is called (generic.Generic). `latest` is what the last use so far made (concrete traces): other input
    sizes make another instance of the same layer."""

    __slots__ = ("args", "definition", "generic", "given", "inputs", "instance", "latest", "span")

    def __init__(self, definition: DefinitionRef, args: dict[str, Static], given: frozenset[str], span: Span) -> None:
        self.definition = definition
        self.args = args
        self.given = given
        self.span = span
        self.inputs: tuple[TensorType | Dim | None, ...] = ()
        self.instance: Instance | None = None
        self.latest: Instance | None = None
        self.generic: Any = None


class SeqLayer:
    """A parenthesised chain (nn.Sequential): `items` as of its first use, with members relative to it; `input` and `output`
    are the tensors that `items` start from and end in."""

    __slots__ = ("input", "items", "layers", "output", "scope", "span", "stages")

    def __init__(self, stages: tuple[ast.Stage, ...], scope: Any, span: Span) -> None:
        self.stages = stages
        self.scope = scope
        """Where the stages were written."""
        self.span = span
        self.layers: Any = None
        """Its members by name, once it has been applied (elaboration's own)."""
        self.items: list[Item] = []
        self.input: Tensor | None = None
        self.output: Tensor | None = None


class Initial:
    """How a learned tensor begins; one of three. `call`: an initialiser with its arguments, which fills it in place.
    `literal`: numbers as nested ListCode (or one Lit). `items` and `result`: what is computed, as forward would. `target`
    stands for the tensor itself: initialisers inside an expression take its sizes, `fan_in` is read off it."""

    __slots__ = ("call", "items", "literal", "result", "span", "target")

    def __init__(self, span: Span) -> None:
        self.span = span
        self.call: FunctionUse | None = None
        self.literal: Code | None = None
        self.items: list[Item] = []
        self.result: Tensor | None = None
        self.target: Tensor | None = None


class ScanLayer:
    """A cell taken along a dimension of its inputs: `cell` is a BlockLayer whose definition has states. It adds no level
    to keys: the member *is* the cell. `given` names the inputs that are the same at every step."""

    __slots__ = ("cell", "dim", "given", "reverse", "span")

    def __init__(self, cell: BlockLayer, dim: int, reverse: bool, span: Span) -> None:
        self.cell = cell
        self.dim = dim
        self.reverse = reverse
        self.span = span
        self.given: frozenset[str] = frozenset()


class TensorMember:
    """A `param`, `buffer` or `constant`; without `initial` it begins as torch's layers do."""

    __slots__ = ("initial", "keyword", "span", "type")

    def __init__(self, keyword: str, type: TensorType, initial: Initial | None, span: Span) -> None:
        self.keyword = keyword
        self.type = type
        self.initial = initial
        self.span = span


LayerLike = Union[OpLayer, BlockLayer, SeqLayer, ScanLayer, TensorMember]


class Member:
    """A layer (or learned tensor) introduced by this body. `path` is relative to the body (or to the enclosing SeqLayer).
    `labelled` is False for a stage that the source did not name: its attribute may be chosen for readability, except in
    a SeqLayer, where positions count. `origin` is the AST node that introduces it (the same node in every iteration)."""

    __slots__ = ("labelled", "layer", "origin", "path", "span")

    def __init__(self, path: tuple[PathPart, ...], layer: LayerLike, labelled: bool, span: Span, origin: ast.Node) -> None:
        self.path = path
        self.layer = layer
        self.labelled = labelled
        self.span = span
        self.origin = origin
