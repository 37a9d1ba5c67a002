"""The checked program: what summary, drawing and JSON read. Frozen, and never flattened: a block that is used twelve times
in one way is one Instance, to which twelve Calls refer.

Sizes are ints, or formulas (text) over the symbols of the program: `(H + 1)//2`. `formula.evaluate` reads them back. Keys
are names of the module tree, relative to their instance: `layer1.0.conv1` is `conv1` of the instance that the Call with
member `layer1.0` refers to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic import JsonValue as JsonValue

FORMAT: Literal[1] = 1
"""Raised whenever a reader of the last format could misread the new one."""

Size = int | str
"""An int, or a formula over the symbols of the program."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(Frozen):
    """Where in the spec; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Type(Frozen):
    """`float[B, 3, H, W]`: the kind of number and the sizes in elements."""

    dtype: str
    dims: tuple[Size, ...]

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.dims))}]"


class Tensor(Frozen):
    """A value that flows. `name` is what the spec calls it, or empty; `weight` is the key of the parameter that it is, for one
    that the spec reads (`wte.weight`)."""

    name: str
    type: Type
    weight: str | None


class Weight(Frozen):
    """A learned tensor or a buffer of a member, by its own name there (`weight`, `running_mean`). `tied` is the key of the
    weight that it is one Parameter with, for a `tie` of this body."""

    shape: tuple[Size, ...]
    elements: Size
    buffer: bool
    tied: str | None


class Member(Frozen):
    """What a body introduces: a built-in layer, a block (`instance` says which), a parenthesised chain, a learned tensor.

    A layer that is applied twice is one member with two nodes. `applied` is False for one that is declared and never used.
    `labelled` is False where the spec left the naming to specc.
    """

    role: Literal["layer", "block", "sequential", "param", "buffer", "constant"]
    name: str
    labelled: bool
    applied: bool
    instance: str | None
    weights: dict[str, Weight]
    place: Place


class Wire(Frozen):
    """One tensor into one operand; an operand that takes a list has several wires, in order."""

    operand: str
    tensor: str


class Node(Frozen):
    """One thing that forward does. `id` is unique in its instance. `multiply_adds` and `activations` (bytes of the results
    that it allocates, with floats of 4 bytes) are those of one run of the node, everything inside included."""

    id: str
    place: Place
    multiply_adds: Size
    activations: Size


class Op(Node):
    """A built-in layer (`member` says which) or a tensor function (`member` is None). `reused`: an earlier node of the entry
    applies the same member.

    `arguments` has every argument, inferred and default ones too; `given` names those that the spec writes. `kind` is the
    word for colour and shape in pictures.
    """

    node: Literal["op"] = "op"
    member: str | None
    reused: bool
    name: str
    kind: str
    subtitle: str
    arguments: dict[str, JsonValue]
    given: tuple[str, ...]
    inputs: tuple[Wire, ...]
    outputs: tuple[str, ...]


class Call(Node):
    """A block or model used as a layer, or (`member` is None) another entry of the same body. An entry has sizes of its own:
    `sizes` gives them in the caller's, where the call is not the one that `instance` was made for."""

    node: Literal["call"] = "call"
    member: str | None
    reused: bool
    instance: str
    entry: str
    sizes: dict[str, Size]
    inputs: tuple[Wire, ...]
    outputs: tuple[str, ...]


class Scan(Node):
    """A cell taken along dimension `dim` of its inputs, `length` times; `given` names the inputs that every step gets whole.
    The instance is that of one step. States that no wire brings begin as the cell says."""

    node: Literal["scan"] = "scan"
    member: str
    reused: bool
    instance: str
    dim: int
    reverse: bool
    length: Size
    given: tuple[str, ...]
    inputs: tuple[Wire, ...]
    outputs: tuple[str, ...]


class Sequential(Node):
    """A parenthesised chain, with what happens inside at this application."""

    node: Literal["sequential"] = "sequential"
    member: str
    reused: bool
    inputs: tuple[Wire, ...]
    outputs: tuple[str, ...]
    nodes: tuple[AnyNode, ...]


class Carried(Frozen):
    """What a loop of the run carries: `before` it, `inside` at an iteration's start, `after` at its end, the `result`."""

    name: str
    before: str
    inside: str
    after: str
    result: str


class Repeat(Node):
    """A `for`, one list of nodes an iteration. `runs` gives the lengths of stretches of equal iterations: (1, 3) says that
    the first stands alone and the other three do the same as each other, with layers of their own.

    A loop of the run (`runtime`: `count` is not known when the model is built) has one iteration, that of any `targets`,
    with what it carries; its costs are an upper bound, as if every iteration were the last."""

    node: Literal["repeat"] = "repeat"
    targets: tuple[str, ...]
    runtime: bool
    count: Size
    carried: tuple[Carried, ...]
    iterations: tuple[tuple[AnyNode, ...], ...]
    runs: tuple[int, ...]


class Join(Frozen):
    """After a Choice of the run, `result` is `then` or `orelse`."""

    result: str
    then: str
    orelse: str


class Choice(Node):
    """An `if`. Decided: `taken` says how, and `nodes` is the side that stands. Left to the run (`taken` is None): both stand,
    and the costs are those of the dearer side."""

    node: Literal["choice"] = "choice"
    condition: str
    taken: bool | None
    nodes: tuple[AnyNode, ...]
    orelse: tuple[AnyNode, ...]
    joins: tuple[Join, ...]


AnyNode = Annotated[Op | Call | Scan | Sequential | Repeat | Choice, Field(discriminator="node")]
Use = Op | Call | Scan | Sequential
"""Nodes with inputs and outputs."""


class Result(Frozen):
    """An output by name; a list of tensors has several ids."""

    name: str
    tensors: tuple[str, ...]
    listed: bool


class Argument(Frozen):
    """An input by name; `tensor` is None for a plain number (`n: dim`), which is then a symbol of that name."""

    name: str
    tensor: str | None


class State(Frozen):
    """What a cell carries from step to step: the tensor at a step's start, and what it becomes. Those that come in follow the
    inputs, those that go out the outputs."""

    name: str
    tensor: str
    next: str


class Entry(Frozen):
    """A way in. `symbols` are the sizes of its inputs that are left open, in order."""

    doc: str | None
    inputs: tuple[Argument, ...]
    states: tuple[State, ...]
    symbols: tuple[str, ...]
    nodes: tuple[AnyNode, ...]
    outputs: tuple[Result, ...]
    multiply_adds: Size
    activations: Size


class Requirement(Frozen):
    """A fact that must hold of the symbols: `left op right`."""

    left: Size
    op: str
    right: Size

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


class Instance(Frozen):
    """A definition with its arguments and input types. `parameters` here are the spec's (`width = 64`). `ties` are this body's
    own, by the keys of the weights, at whatever depth: target -> source. Elements of learned tensors (`learned`), of those
    among them that get no gradient (`frozen`), and of `buffers` are counted with everything inside, what is shared or tied
    once."""

    definition: str
    keyword: str
    doc: str | None
    place: Place
    parameters: dict[str, JsonValue]
    members: dict[str, Member]
    tensors: dict[str, Tensor]
    entries: dict[str, Entry]
    ties: dict[str, str] = {}
    learned: Size
    frozen: Size
    buffers: Size

    @property
    def main(self) -> str:
        """The entry that a call means: forward, else the first."""
        return "forward" if "forward" in self.entries else next(iter(self.entries))

    @property
    def forward(self) -> Entry:
        return self.entries[self.main]


class Program(Frozen):
    """A model as built: what a `.nn` file, a variant and `--set` come to. `symbols` are the sizes of its inputs that are left
    open, of all entries; where the preconditions hold of them, it runs. `frozen` are the keys of parameters without
    gradient."""

    format: Literal[1] = 1
    spec: str
    model: str
    variant: str | None
    root: str
    instances: dict[str, Instance]
    frozen: tuple[str, ...]
    symbols: tuple[str, ...]
    preconditions: tuple[Requirement, ...]

    @property
    def main(self) -> Instance:
        return self.instances[self.root]


def walk(nodes: Iterable[AnyNode]) -> Iterator[Op | Call | Scan | Sequential | Repeat | Choice]:
    """Every node in the order of the source, each before what it contains; calls are not entered."""
    for node in nodes:
        yield node
        if isinstance(node, Sequential):
            yield from walk(node.nodes)
        elif isinstance(node, Repeat):
            for iteration in node.iterations:
                yield from walk(iteration)
        elif isinstance(node, Choice):
            yield from walk(node.nodes)
            yield from walk(node.orelse)
