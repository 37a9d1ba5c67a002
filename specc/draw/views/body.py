"""A model's main entry as one list of parts, in order: its own entries, chains and loops are entered, and of blocks those that
the view wants to see inside. What leads from the first input to the first output is the trunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from specc.graph import model
from specc.graph.formula import UnboundSymbol, holds, number, symbols
from specc.graph.model import Size
from specc.record import Record

Enter = Callable[[model.Instance], bool]
"""Does the view see what is inside a block?"""

SAMPLES = (224, 256, 64, 32, 128, 512, 1024)
"""What open sizes are drawn at, the first that the model's preconditions allow."""


_SEVERAL = ("merge", "arithmetic", "view", "other", "attention")
_LIGHT = ("merge", "arithmetic", "view", "create", "norm", "activation", "dropout")


class Value(NamedTuple):
    """A tensor anywhere in the model: by its body and its name there. A tuple, since it is a key everywhere."""

    body: str
    name: str


class Part(Record):
    """One thing done, in the body of the definition `owner`. `chain` names the parenthesised chains, entries and opened blocks
    around it, outermost first."""

    node: model.Op | model.Call | model.Scan
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    path: str
    chain: tuple[str, ...]
    owner: str

    @property
    def kind(self) -> str:
        return self.node.kind if isinstance(self.node, model.Op) else "block"


class Body:
    """The parts of a program's main entry; `enter` says which blocks are opened."""

    def __init__(self, program: model.Program, enter: Enter = lambda _: False) -> None:
        self.program = program
        self.enter = enter
        self.parts: list[Part] = []
        self.types: dict[Value, model.Type] = {}
        self.names: dict[Value, str] = {}
        self.made: dict[Value, int] = {}  # value -> the part that makes it
        self.layers: dict[Value, int] = {}  # value -> how many layers lie behind each other before it
        self.anew: set[Value] = set()  # what is made of no input
        self.alias: dict[Value, Value] = {}
        main = program.main
        self.entry = main.forward
        self._bodies = 0
        self._trunk: list[Part] = []
        top = self._body(main, self.entry.nodes, {}, "", ())
        self.inputs = [Value(top, a.tensor) for a in self.entry.inputs if a.tensor is not None]
        self.outputs = [self.resolved(Value(top, name)) for result in self.entry.outputs for name in result.tensors]
        self.values = sample(program)

    # --- reading ------------------------------------------------------------------------------------------------

    def resolved(self, value: Value) -> Value:
        while value in self.alias:
            value = self.alias[value]
        return value

    def dims(self, value: Value) -> tuple[Size, ...]:
        return self.types[value].dims

    def sizes(self, value: Value) -> tuple[int, ...]:
        """The sizes as numbers, open ones at a sample."""
        return tuple(self.number(dim) for dim in self.dims(value))

    def number(self, size: Size) -> int:
        try:
            return number(size, self.values)
        except (UnboundSymbol, ZeroDivisionError):
            return 1

    def instance(self, part: Part) -> model.Instance:
        """The block that a part is a use of."""
        assert not isinstance(part.node, model.Op)
        return self.program.instances[part.node.instance]

    def main_input(self, part: Part) -> Value | None:
        """The input that a body goes on with: of a layer or block the first; of an operation on several the one with the most
        layers behind it, the last of those made. What is made of no input does not count."""
        flows = [value for value in part.inputs if value not in self.anew]
        if part.kind not in _SEVERAL:
            return flows[0] if flows else None
        return max(flows, key=lambda v: (self.layers.get(v, 0), self.made.get(v, -1), -flows.index(v)), default=None)

    def maker(self, value: Value) -> Part | None:
        """The part that makes a value; None for an input."""
        return self.parts[self.made[value]] if value in self.made else None

    def trunk(self) -> list[Part]:
        """The parts from the start to the first output, each feeding the next."""
        if not self._trunk and self.outputs:
            at: Value | None = self.outputs[0]
            while at is not None and (part := self.maker(at)) is not None:
                self._trunk.append(part)
                at = self.main_input(part)
            self._trunk.reverse()
        return self._trunk

    def beside(self, *quiet: str) -> list[Part]:
        """The parts that are not on the trunk, but for those of some kinds."""
        trunk = {id(part) for part in self.trunk()}
        return [part for part in self.parts if id(part) not in trunk and part.kind not in quiet]

    # --- entering -----------------------------------------------------------------------------------------------

    def _body(
        self,
        instance: model.Instance,
        nodes: Sequence[model.AnyNode],
        given: dict[str, Value],
        path: str,
        chain: tuple[str, ...],
    ) -> str:
        """The parts of a body whose own names are new; `given` are the tensors that stand for its inputs."""
        self._bodies += 1
        body = str(self._bodies)
        for name, tensor in instance.tensors.items():
            self.types[Value(body, name)] = tensor.type
            self.names[Value(body, name)] = tensor.name
        self.alias.update({Value(body, name): value for name, value in given.items()})
        self._nodes(instance, nodes, body, path, chain)
        return body

    def _nodes(
        self, instance: model.Instance, nodes: Sequence[model.AnyNode], body: str, path: str, chain: tuple[str, ...]
    ) -> None:
        for node in nodes:
            if isinstance(node, model.Sequential):
                inner = (*chain, path + node.member) if instance.members[node.member].labelled else chain
                self._nodes(instance, node.nodes, body, path, inner)
            elif isinstance(node, model.Repeat):
                for iteration in node.iterations[: 1 if node.carried else None]:
                    self._nodes(instance, iteration, body, path, chain)
                for carried in node.carried:
                    self.alias.setdefault(Value(body, carried.inside), Value(body, carried.before))
                    self.alias[Value(body, carried.result)] = Value(body, carried.after)
            elif isinstance(node, model.Choice):
                self._nodes(instance, node.nodes, body, path, chain)
                self._nodes(instance, node.orelse, body, path, chain)
                for join in node.joins:
                    self.alias[Value(body, join.result)] = Value(body, join.then)
            elif isinstance(node, model.Call) and self._entered(node):
                self._call(instance, node, body, path, chain)
            else:
                self._part(instance, node, body, path, chain)

    def _entered(self, node: model.Call) -> bool:
        return node.member is None or self.enter(self.program.instances[node.instance])

    def _call(self, instance: model.Instance, node: model.Call, body: str, path: str, chain: tuple[str, ...]) -> None:
        callee = self.program.instances[node.instance]
        entry = callee.entries[node.entry]
        wires = {wire.operand: self.resolved(Value(body, wire.tensor)) for wire in node.inputs}
        given = {a.tensor: wires[a.name] for a in entry.inputs if a.tensor is not None and a.name in wires}
        label = path + (node.member or node.entry)
        inside = f"{path}{node.member}." if node.member is not None else path
        inner = self._body(callee, entry.nodes, given, inside, (*chain, label))
        ends = [name for result in entry.outputs for name in result.tensors]
        for name, end in zip(node.outputs, ends, strict=False):
            value = self.alias[Value(body, name)] = self.resolved(Value(inner, end))
            self.names[value] = instance.tensors[name].name or self.names[value]

    def _part(
        self,
        instance: model.Instance,
        node: model.Op | model.Call | model.Scan,
        body: str,
        path: str,
        chain: tuple[str, ...],
    ) -> None:
        flows = [wire.tensor for wire in node.inputs if instance.tensors[wire.tensor].weight is None]
        inputs = tuple(self.resolved(Value(body, name)) for name in flows)
        outputs = tuple(Value(body, name) for name in node.outputs)
        self.made.update(dict.fromkeys(outputs, len(self.parts)))
        behind = max((self.layers.get(value, 0) for value in inputs), default=0)
        if all(value in self.anew for value in inputs):
            self.anew.update(outputs)
        part = Part(node, inputs, outputs, path, chain, instance.definition)
        self.layers.update(dict.fromkeys(outputs, behind + (part.kind not in _LIGHT)))
        self.parts.append(part)


def sample(program: model.Program) -> dict[str, int]:
    """A number for each open size, the same for all where that is allowed."""
    for value in SAMPLES:
        values = dict.fromkeys(program.symbols, value)
        if all(_holds(fact, values) for fact in program.preconditions):
            return values
    return dict.fromkeys(program.symbols, SAMPLES[0])


def _holds(fact: model.Requirement, values: dict[str, int]) -> bool:
    try:
        return holds(fact, values)
    except (UnboundSymbol, ZeroDivisionError):
        return True


def used(program: model.Program, size: Size) -> Iterator[str]:
    """The program's open sizes that a size depends on."""
    for name in symbols(size):
        if name in program.symbols:
            yield name
