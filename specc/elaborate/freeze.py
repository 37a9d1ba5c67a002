"""The last step of elaboration: a model's concrete trace becomes the frozen Program of `graph`. Nothing is decided here
that the trace does not say; sizes are resolved and printed, costs are added up while they are still expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specc.dims.expr import Dim, symbols
from specc.elaborate.program import Program
from specc.elaborate.signature import runs
from specc.elaborate.trace import (
    Apply,
    BlockLayer,
    Branch,
    EntryTrace,
    FunctionUse,
    Instance,
    Introduce,
    Item,
    Loop,
    Member,
    OpLayer,
    SeqLayer,
    Static,
    Tensor,
    TensorMember,
)  # fmt: skip
from specc.elaborate.weigh import Slot, inside, settle
from specc.elaborate.words import Words, place
from specc.graph import model
from specc.ops.declare import Op
from specc.ops.rules import product
from specc.pycode import Attr, Code, Path
from specc.source import SourceFile, Span
from specc.types import DType, TensorType

BYTES = {DType.BOOL: 1, DType.UINT8: 1, DType.INT: 8, DType.FLOAT: 4, DType.COMPLEX: 8}
"""Of one element, as torch stores them by default."""


def freeze(program: Program, source: SourceFile, variant: str | None) -> model.Program:
    """The graph of an elaborated model without mistakes."""
    root = program.root
    assert root is not None, "a program has a root once it is elaborated"
    freezer = _Freezer(program)
    name = freezer.instance(root)
    demanded = [(fact.left, fact.op, fact.right) for fact in program.solver.simplified()]
    demanded += [fact for condition, _, _ in program.obligations for fact in condition.facts]
    facts = [(freezer.words.size(left), op, freezer.words.size(right)) for left, op, right in demanded]
    return model.Program(
        spec=source.name,
        model=root.definition.name,
        variant=variant,
        root=name,
        instances={name: freezer.done[name] for name in freezer.names.values()},
        frozen=tuple(key for key, slot in freezer.weights[name].items() if slot.frozen),
        symbols=_open_symbols(root, freezer.words),
        preconditions=tuple(model.Requirement(left=left, op=op, right=right) for left, op, right in dict.fromkeys(facts)),
    )


def _open_symbols(root: Instance, words: Words) -> tuple[str, ...]:
    """The names of the symbols in the types of the inputs, in order."""
    types = [value.type for _, value in root.forward.inputs if isinstance(value, Tensor)]
    found = [symbol.name for type_ in types for dim in type_.shape for symbol in symbols(words.resolve(dim))]
    return tuple(dict.fromkeys(found))


class _Cost:
    """Multiply-adds and bytes of activations, added up."""

    def __init__(self, multiply_adds: Dim = 0, activations: Dim = 0) -> None:
        self.multiply_adds = multiply_adds
        self.activations = activations

    def add(self, other: _Cost) -> None:
        self.multiply_adds = self.multiply_adds + other.multiply_adds
        self.activations = self.activations + other.activations


class _Freezer:
    """All instances. Names are in the order of first use: callers before what they call."""

    def __init__(self, program: Program) -> None:
        self.words = Words(program.solver)
        self.weight_codes = program.weight_codes
        self.done: dict[str, model.Instance] = {}
        self.names: dict[int, str] = {}
        self.costs: dict[tuple[str, str], _Cost] = {}
        self.weights: dict[str, dict[str, Slot]] = {}

    def instance(self, instance: Instance) -> str:
        """The name of the frozen instance; identical instances are one object in the trace and one here."""
        if id(instance) in self.names:
            return self.names[id(instance)]
        base = instance.definition.name
        taken = sum(1 for name in self.names.values() if name.split("#")[0] == base)
        name = self.names[id(instance)] = base if not taken else f"{base}#{taken + 1}"
        self.done[name] = _Body(self, instance, name).freeze()
        return name


class _Body:
    """One instance on its way."""

    def __init__(self, freezer: _Freezer, instance: Instance, name: str) -> None:
        self.freezer = freezer
        self.words = freezer.words
        self.instance = instance
        self.name = name
        self.members: dict[str, model.Member] = {}
        self.keys: dict[int, str] = {}
        self.applied: set[str] = set()
        self.tensors: dict[str, model.Tensor] = {}
        self.ids: dict[int, str] = {}
        self.nodes = 0
        self.weights: dict[str, Slot] = {}

    def freeze(self) -> model.Instance:
        instance = self.instance
        entries = {name: self.entry(entry) for name, entry in instance.entries.items()}
        ties = [(".".join(target), ".".join(source)) for target, source in instance.ties]
        counts = settle(self.weights, ties, instance.frozen)
        self.freezer.weights[self.name] = self.weights
        node = instance.definition.node
        return model.Instance(
            definition=instance.definition.name,
            keyword=node.keyword,
            doc=node.doc,
            place=place(node.span),
            parameters={name: self.words.plain(value) for name, value in instance.params.items()},
            members={key: self.finished(key, member, dict(ties)) for key, member in self.members.items()},
            tensors=self.tensors,
            entries=entries,
            learned=self.words.size(counts.learned),
            frozen=self.words.size(counts.frozen),
            buffers=self.words.size(counts.buffers),
        )

    def finished(self, key: str, member: model.Member, ties: Mapping[str, str]) -> model.Member:
        """The member with what is known at the end of the body."""
        weights = {
            name: weight.model_copy(update={"tied": ties.get(f"{key}.{name}".rstrip("."))})
            for name, weight in member.weights.items()
        }
        return member.model_copy(update={"applied": key in self.applied, "weights": weights})

    def entry(self, entry: EntryTrace) -> model.Entry:
        inputs = [(name, self.tensor(value) if isinstance(value, Tensor) else None) for name, value in entry.inputs]
        cost = _Cost()
        nodes = self.items(entry.items, "", cost)
        self.freezer.costs[self.name, entry.name] = cost
        outputs = []
        for name, value in entry.outputs:
            tensors = _tensors(value)
            outputs.append(
                model.Result(name=name, tensors=tuple(self.tensor(t) for t in tensors), listed=not isinstance(value, Tensor))
            )
        return model.Entry(
            doc=entry.doc,
            inputs=tuple(model.Argument(name=name, tensor=tensor) for name, tensor in inputs),
            nodes=nodes,
            outputs=tuple(outputs),
            **self.cost(cost),
        )

    def cost(self, cost: _Cost) -> dict[str, Any]:
        return {
            "multiply_adds": self.words.size(cost.multiply_adds),
            "activations": self.words.size(cost.activations),
        }

    def tensor(self, tensor: Tensor) -> str:
        """Its id in the instance: `t0`, `t1` in the order of first mention."""
        name = self.ids.get(tensor.id)
        if name is None:
            name = self.ids[tensor.id] = f"t{len(self.ids)}"
            weight = self.freezer.weight_codes.get(tensor.id)
            self.tensors[name] = model.Tensor(
                name=tensor.hint, type=self.words.type(tensor.type), weight=_dotted(weight) if weight is not None else None
            )
        return name

    # --- items ------------------------------------------------------------------------------------------------

    def items(self, items: Sequence[Item], prefix: str, total: _Cost) -> tuple[model.AnyNode, ...]:
        """The nodes of a list of items; members get `prefix` before their path, costs go to `total`."""
        nodes: list[model.AnyNode] = []
        for item in items:
            cost = _Cost()
            node: model.AnyNode | None = None
            if isinstance(item, Introduce):
                self.introduce(item.member, prefix)
            elif isinstance(item, Apply):
                node = self.apply(item, cost)
            elif isinstance(item, Loop):
                node = self.loop(item, prefix, cost)
            elif isinstance(item, Branch):
                node = self.branch(item, prefix, cost)
            if node is not None:
                nodes.append(node)
                total.add(cost)
        return tuple(nodes)

    def introduce(self, member: Member, prefix: str) -> None:
        key = prefix + ".".join(str(part) for part in member.path)
        self.keys[id(member)] = key
        layer = member.layer
        role, name, instance, weights = "sequential", "Sequential", None, {}
        if isinstance(layer, OpLayer):
            role, name = "layer", layer.op.name
            weights = {n: self.weight(f"{key}.{n}", w.shape, w.buffer) for n, w in layer.op.weights().items() if w.present}
        elif isinstance(layer, BlockLayer):
            role, name = "block", layer.definition.name
            if layer.instance is not None:
                instance = self.freezer.instance(layer.instance)
                self.weights.update(inside(key, self.freezer.weights[instance]))
        elif isinstance(layer, TensorMember):
            role, name = layer.keyword, layer.keyword
            weights = {"": self.weight(key, layer.type.shape, layer.keyword != "param")}
        self.members[key] = model.Member.model_validate(
            {
                "role": role, "name": name, "labelled": member.labelled, "applied": False, "instance": instance,
                "weights": weights, "place": place(member.span),
            }
        )  # fmt: skip

    def weight(self, key: str, shape: Sequence[Dim], buffer: bool) -> model.Weight:
        elements = product([self.words.resolve(dim) for dim in shape])
        self.weights[key] = Slot(elements, buffer)
        sizes = tuple(self.words.size(dim) for dim in shape)
        return model.Weight(shape=sizes, elements=self.words.size(elements), buffer=buffer, tied=None)

    def frame(self, span: Span, cost: _Cost) -> dict[str, Any]:
        """What every node has. Ids count in the order in which nodes are entered."""
        return {"place": place(span), **self.cost(cost)}

    def number(self) -> str:
        self.nodes += 1
        return f"n{self.nodes}"

    def apply(self, item: Apply, cost: _Cost) -> model.AnyNode:
        target, id_ = item.target, self.number()
        if isinstance(target, FunctionUse):
            return self.op(item, target.op, target.operands, target.given, None, id_, cost)
        key = self.keys[id(target)]
        layer = target.layer
        reused = key in self.applied
        self.applied.add(key)
        if isinstance(layer, OpLayer):
            return self.op(item, layer.op, item.inputs, layer.given, key, id_, cost, reused)
        if isinstance(layer, BlockLayer):
            return self.call(item, key, id_, cost, reused)
        assert isinstance(layer, SeqLayer), f"{key} is no layer"
        return self.sequential(item, key, id_, cost, reused)

    def op(
        self, item: Apply, op: Op, operands: Mapping[str, Any], given: Mapping[str, Static], key: str | None, id_: str,
        cost: _Cost, reused: bool = False,
    ) -> model.Op:  # fmt: skip
        values = {name: getattr(op, name) for name in op.params}
        types = tuple(self.operand_type(operands.get(name)) for name in op.operands)
        results = tuple(output.type for output in item.outputs)
        cost.multiply_adds = self.words.resolve(op.multiply_adds(types, results))
        if not op.aliases:
            for result in results:
                cost.activations = cost.activations + product(result.shape) * BYTES[result.dtype]
        numbers = {n: v for n, v in operands.items() if isinstance(v, Static) and not _tensors(v)}
        return model.Op(
            id=id_,
            member=key,
            reused=reused,
            name=op.name,
            kind=op.kind.value,
            subtitle=self.words.settled(op).subtitle(),
            arguments={name: self.words.plain(value) for name, value in {**numbers, **values}.items()},
            given=tuple(given),
            inputs=self.wires(operands),
            outputs=tuple(self.tensor(output) for output in item.outputs),
            **self.frame(item.span, cost),
        )

    def operand_type(self, operand: Any) -> Any:
        """What `multiply_adds` of a declaration sees: types, tuples of them, or None for what was left out."""
        if isinstance(operand, Tensor):
            return operand.type
        tensors = _tensors(operand)
        if tensors:
            return tuple(tensor.type for tensor in tensors)
        if isinstance(operand, Static):
            return TensorType((), DType.FLOAT if isinstance(operand.value, float) else DType.INT, weak=True)
        return None

    def wires(self, operands: Mapping[str, Any]) -> tuple[model.Wire, ...]:
        flat = [(name, tensor) for name, value in operands.items() for tensor in _tensors(value)]
        return tuple(model.Wire(operand=name, tensor=self.tensor(tensor)) for name, tensor in flat)

    def call(self, item: Apply, key: str, id_: str, cost: _Cost, reused: bool) -> model.Call:
        assert item.instance is not None, f"{key} was applied, but has no instance"
        name = self.freezer.instance(item.instance)
        cost.add(self.freezer.costs[name, item.entry])
        return model.Call(
            id=id_,
            member=key,
            reused=reused,
            instance=name,
            entry=item.entry,
            inputs=self.wires(item.inputs),
            outputs=tuple(self.tensor(output) for output in item.outputs),
            **self.frame(item.span, cost),
        )

    def sequential(self, item: Apply, key: str, id_: str, cost: _Cost, reused: bool) -> model.Sequential:
        inputs = self.wires(item.inputs)
        nodes = self.items(item.inner, key + ".", cost)
        if item.inner_result is not None:  # the chain's result is that of its last stage
            self.ids[item.outputs[0].id] = self.tensor(item.inner_result)
        return model.Sequential(
            id=id_,
            member=key,
            reused=reused,
            inputs=inputs,
            nodes=nodes,
            outputs=tuple(self.tensor(output) for output in item.outputs),
            **self.frame(item.span, cost),
        )

    def loop(self, item: Loop, prefix: str, cost: _Cost) -> model.Repeat | None:
        id_ = self.number()
        iterations = tuple(nodes for body in item.bodies if (nodes := self.items(body, prefix, cost)))
        if not iterations:
            return None
        return model.Repeat(
            id=id_,
            targets=item.targets,
            iterations=iterations,
            runs=runs(iterations, self.tensors, self.members),
            **self.frame(item.span, cost),
        )

    def branch(self, item: Branch, prefix: str, cost: _Cost) -> model.Choice | None:
        id_ = self.number()
        then, orelse = _Cost(), _Cost()
        nodes = self.items(item.then, prefix, then)
        others = self.items(item.orelse, prefix, orelse)
        if item.taken is False:
            nodes, others = others, ()
        if not nodes and not others:
            return None
        dearer = orelse if self.words.solver.decide(orelse.multiply_adds, ">", then.multiply_adds) is True else then
        cost.add(dearer)
        return model.Choice(
            id=id_,
            condition=_condition(item.span),
            taken=item.taken,
            nodes=nodes,
            orelse=others,
            joins=tuple(
                model.Join(result=self.tensor(join.result), then=self.tensor(join.then), orelse=self.tensor(join.orelse))
                for join in item.joins
            ),
            **self.frame(item.span, cost),
        )


def _tensors(value: Any) -> list[Tensor]:
    """The tensors of an operand or output: itself, or those in a list."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in _tensors(item)]
    return []


def _dotted(code: Code) -> str:
    """The key that `self.a.b` stands for."""
    assert isinstance(code, Attr)
    return code.name if isinstance(code.value, Path) else f"{_dotted(code.value)}.{code.name}"


def _condition(span: Span) -> str:
    """The text of an `if`'s condition, from the span of the `if` or of the condition alone."""
    return " ".join(span.text.split("{")[0].split()).removeprefix("if ")
