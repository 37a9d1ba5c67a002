"""What a body does, as a tree: the record that `elaborate` leaves and that the graph and `emit` read.

One evaluator leaves two sorts of trace. The *concrete* trace of an instance has its parameters' values: a condition was
decided and a loop has one body per iteration. The *generic* trace of a definition has symbols for its parameters and
for the static sizes of its inputs: a condition keeps both branches, a loop keeps one body. Shapes of tensors in a generic
trace are in terms of those symbols; every Symbol made for it carries in `payload` the Code that yields it.

    trace.items:  Local | Introduce | Apply | Require | Branch | Loop      (in the order of the source)

`Introduce` is the constructor's business, `Apply` forward's; Local, Require, Branch and Loop concern whichever side their
content does. A tensor is identified by its `id` (unique in the trace's program); it has one producer.
"""

from __future__ import annotations

from typing import Any, Union

from specc.dims.expr import Dim
from specc.elaborate.made import (
    BlockLayer,
    Initial,
    LayerLike,
    Made,
    Member,
    OpLayer,
    PathPart,
    ScanLayer,
    SeqLayer,
    Stack,
    Static,
    Tensor,
    TensorMember,
    Wrapping,
)
from specc.ops.declare import Function
from specc.pycode import Code
from specc.source import Span
from specc.syntax import ast


class EntryUse:
    """Another entry of the same model, called."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class FunctionUse:
    """A tensor function with its arguments: `operands` by name (a Tensor, a list of them, or a Static number), `given`
    the other arguments that were written."""

    __slots__ = ("given", "op", "operands")

    def __init__(self, op: Function, operands: dict[str, Any], given: dict[str, Static]) -> None:
        self.op = op
        self.operands = operands
        self.given = given


class StackUse:
    """What is done with a Stack: `append` its operand `item`; `drop` the last; `get` the one at `index`."""

    __slots__ = ("action", "index")

    def __init__(self, action: str, index: int = -1) -> None:
        self.action = action
        self.index = index


class SizeLocal:
    """`name = size` for the constructor; with `before`, `name = before + [size, ...]`."""

    __slots__ = ("before", "name", "sizes")

    def __init__(self, name: str, sizes: tuple[Dim, ...], before: Code | None = None) -> None:
        self.name = name
        self.sizes = sizes
        self.before = before


class Local:
    """`name = value` for a compile-time value of the body."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Static) -> None:
        self.name = name
        self.value = value


class Introduce:
    __slots__ = ("member",)

    def __init__(self, member: Member) -> None:
        self.member = member


class Apply:
    """`outputs = target(inputs)`. For a Member `inputs` are by operand name (layers: the rule's operands; blocks: the input
    names); for a FunctionUse they stand in it. A result that nobody takes is still listed. `entry` names the entry of a block.
    In a concrete trace, `instance` is what this use of a block made. For a SeqLayer, `inner` is what happened inside at this
    use and `inner_result` the tensor it ended in."""

    __slots__ = ("entry", "inner", "inner_result", "inputs", "instance", "outputs", "span", "target")

    def __init__(
        self,
        target: Member | FunctionUse | EntryUse | StackUse,
        inputs: dict[str, Any],
        outputs: list[Any],
        span: Span,
        entry: str = "forward",
    ) -> None:
        self.target = target
        self.inputs = inputs
        self.outputs = outputs
        self.span = span
        self.entry = entry
        self.inner: list[Item] = []
        self.inner_result: Tensor | None = None
        self.instance: Instance | None = None


class Require:
    """A fact that the constructor (static) or forward (dynamic) asserts. `code` is a bool."""

    __slots__ = ("code", "message", "span")

    def __init__(self, code: Code, message: str, span: Span) -> None:
        self.code = code
        self.message = message
        self.span = span


class Join:
    """After a Branch, `result` is `then` or `orelse`. After a Branch that is decided there are no joins. `sizes` are those that
    the sides disagree about: the variable that holds it, and the axis."""

    __slots__ = ("orelse", "result", "sizes", "then")

    def __init__(self, result: Any, then: Any, orelse: Any, sizes: tuple[tuple[str, int], ...] = ()) -> None:
        self.result = result
        self.sizes = sizes
        self.then = then
        self.orelse = orelse


class Branch:
    """`if condition`. `taken` is True or False where decided (then only that side has items), None where both sides stand.
    `runtime` marks a condition of the run (`training`, `m is none`)."""

    __slots__ = ("condition", "joins", "orelse", "runtime", "span", "taken", "then")

    def __init__(self, condition: Code, taken: bool | None, span: Span, runtime: bool = False) -> None:
        self.condition = condition
        self.taken = taken
        self.span = span
        self.runtime = runtime
        self.then: list[Item] = []
        self.orelse: list[Item] = []
        self.joins: list[Join] = []


class Carried:
    """A tensor that a loop carries: `before` enters the first iteration, `inside` is it at an iteration's start, `after` at
    its end, `result` after the loop. `sizes` lists the sizes that change on the way: (name of a constructor local, the
    size before the loop, the size at the iteration's end); a symbol with the payload Var(name) stands for it inside and
    after. Only those that constructor code mentions need to be threaded. Of a Stack (`before` may be a plain list still)
    `lists` has such variables: what they list before the loop (a variable, or sizes), and the variable at an iteration's
    end."""

    __slots__ = ("after", "before", "inside", "lists", "name", "result", "sizes")

    def __init__(self, name: str, before: Any, inside: Any, after: Any, result: Any) -> None:
        self.name = name
        self.before = before
        self.inside = inside
        self.after = after
        self.result = result
        self.sizes: list[tuple[str, Dim, Dim]] = []
        self.lists: list[tuple[str, str | tuple[Dim, ...], str]] = []


class Loop:
    """`for targets in iterable`. Rolled: `bodies` has one body, in terms of `targets`, with `carried` between iterations.
    Unrolled (concrete traces, and where a generic one cannot be rolled): a body an iteration, nothing carried: the bodies
    simply follow one another. `spread` is True inside a SeqLayer, where members go on counting."""

    __slots__ = ("bodies", "carried", "count", "iterable", "position", "rolled", "runtime", "span", "spread", "targets")

    def __init__(self, targets: tuple[str, ...], iterable: Code, count: Dim, rolled: bool, spread: bool, span: Span) -> None:
        self.targets = targets
        self.iterable = iterable
        self.count = count
        self.rolled = rolled
        self.spread = spread
        self.span = span
        self.runtime = False
        """How often it runs is known at run time only: `for t in 0..n` with an input `n: dim`. It introduces no layers."""
        self.position: str = ""
        """Rolled: the Var that counts iterations from 0, where a label needs it and no target is it; else empty."""
        self.bodies: list[list[Item]] = []
        self.carried: list[Carried] = []


Item = Union[Local, SizeLocal, Introduce, Apply, Require, Branch, Loop]


class SizeSymbol:
    """A size of an input: `name` as the source (or specc) calls it; `input` and `axis` say where it is read."""

    __slots__ = ("axis", "dim", "input", "name")

    def __init__(self, name: str, input: str, axis: int, dim: Dim) -> None:
        self.name = name
        self.input = input
        self.axis = axis
        self.dim = dim


class DefinitionRef:
    """A definition with the scope of its file. Identity is the definition."""

    __slots__ = ("file", "given", "inputs", "node", "scope", "states")

    def __init__(self, node: ast.Definition, file: ast.File, scope: Any) -> None:
        self.node = node
        self.file = file
        self.scope = scope
        declared = [statement for statement in node.body if isinstance(statement, ast.Input)]
        self.inputs = tuple(item for statement in declared for item in statement.items)
        """The inputs of its forward, in order, those that are `given` included."""
        self.given = frozenset(item.name for statement in declared if statement.keyword == "given" for item in statement.items)
        self.states = tuple(statement.item for statement in node.body if isinstance(statement, ast.State))
        """The states of a cell; empty for a block that is none."""

    @property
    def name(self) -> str:
        return self.node.name


class StateTrace:
    """A state of a cell: `tensor` is its value at the step's start, `initial` what it begins as, `next` what it becomes."""

    __slots__ = ("initial", "name", "next", "span", "tensor")

    def __init__(self, name: str, tensor: Tensor, initial: Initial, span: Span) -> None:
        self.name = name
        self.tensor = tensor
        self.initial = initial
        self.span = span
        self.next: Tensor | None = None


class EntryTrace:
    """One entry of a body: its inputs in order (a Tensor, or a Static for `n: dim`), what it does, its outputs by name.

    A cell's `states` follow its inputs as operands that may be left out (they begin as `initial` then), and their next values
    follow its outputs as results, in order of declaration; `given` names the inputs that are not stepped over."""

    __slots__ = ("defaults", "doc", "given", "inputs", "items", "name", "outputs", "places", "sizes", "states")

    def __init__(self, name: str, doc: str | None = None) -> None:
        self.name = name
        self.doc = doc
        self.inputs: list[tuple[str, Any]] = []
        self.items: list[Item] = []
        self.outputs: list[tuple[str, Any]] = []
        self.places: dict[str, Span] = {}
        """Where outputs stand."""
        self.sizes: list[SizeSymbol] = []
        self.states: list[StateTrace] = []
        self.given: list[str] = []
        self.defaults: dict[str, int | float | bool] = {}
        """Numbers that stand in for inputs which a call leaves out."""

    def results(self) -> list[tuple[str, Any]]:
        """Outputs, then the next values of states."""
        return [*self.outputs, *((state.name, state.next) for state in self.states)]


class Rule:
    """An `init` rule. `pattern` has names and `*`; `layer` is True when its first part is a type of layer (`Linear.weight`).
    Weights of fewer than `least` dimensions are left to the rules that are more specific."""

    __slots__ = ("initial", "layer", "least", "pattern", "span")

    def __init__(self, pattern: tuple[str, ...], layer: bool, initial: Initial, span: Span, least: int = 0) -> None:
        self.pattern = pattern
        self.layer = layer
        self.initial = initial
        self.span = span
        self.least = least


class Instance:
    """A definition with its arguments and input types: the result of elaboration. `params` has every parameter's Static.
    `poisoned` says that errors were reported inside; its outputs are then unknown to callers.
    `members` lists what it introduces with full keys: `conv1`, `layer1.0`. `rules` are its init rules, the weakest
    first; `frozen` the patterns without gradient, each with whether it begins with a type of layer; `ties` pairs of weights
    (target, source) by their parts, which are one Parameter."""

    __slots__ = ("definition", "entries", "frozen", "key", "members", "params", "poisoned", "rules", "serial", "ties")

    def __init__(self, definition: DefinitionRef, key: Any, params: dict[str, Static], serial: int) -> None:
        self.definition = definition
        self.key = key
        self.params = params
        self.serial = serial
        self.entries: dict[str, EntryTrace] = {}
        self.members: dict[str, Member] = {}
        self.poisoned = False
        self.rules: list[Rule] = []
        self.frozen: list[tuple[tuple[str, ...], bool]] = []
        self.ties: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    @property
    def forward(self) -> EntryTrace:
        return self.entries.get("forward") or next(iter(self.entries.values()))


__all__ = [
    "Apply",
    "BlockLayer",
    "Branch",
    "Carried",
    "DefinitionRef",
    "EntryTrace",
    "EntryUse",
    "FunctionUse",
    "Initial",
    "Instance",
    "Introduce",
    "Item",
    "Join",
    "LayerLike",
    "Local",
    "Loop",
    "Made",
    "Member",
    "OpLayer",
    "PathPart",
    "Require",
    "Rule",
    "ScanLayer",
    "SeqLayer",
    "SizeLocal",
    "SizeSymbol",
    "Stack",
    "StackUse",
    "StateTrace",
    "Static",
    "Tensor",
    "TensorMember",
    "Wrapping",
]
