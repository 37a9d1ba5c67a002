"""The last step of elaboration: a model's concrete trace becomes the frozen Program of `graph`. Nothing is decided here
that the trace does not say; sizes are resolved and printed, costs are added up while they are still expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from specc.dims.expr import Dim, symbols
from specc.elaborate.nodes import Cost, Nodes
from specc.elaborate.program import Program
from specc.elaborate.requirements import requirements
from specc.elaborate.selectors import freezes, weights_of
from specc.elaborate.trace import BlockLayer, EntryTrace, Instance, Member, OpLayer, ScanLayer, Static, Tensor, TensorMember
from specc.elaborate.weigh import Slot, inside, settle
from specc.elaborate.words import Words, place, tensors_in
from specc.graph import model
from specc.ops.rules import product
from specc.pycode import Attr, Code, Item, Lit, Path
from specc.source import SourceFile


def freeze(program: Program, source: SourceFile, variant: str | None) -> model.Program:
    """The graph of an elaborated model without mistakes."""
    root = program.root
    assert root is not None, "a program has a root once it is elaborated"
    freezer = Freezer(program)
    name = freezer.instance(root)
    facts = [need.sides for need in requirements(program) if not need.text]
    main = freezer.done[name]
    return model.Program(
        spec=source.name,
        model=root.definition.name,
        variant=variant,
        root=name,
        instances={name: freezer.done[name] for name in freezer.names.values()},
        frozen=tuple(key for key, slot in freezer.weights[name].items() if slot.frozen),
        symbols=tuple(dict.fromkeys(symbol for entry in main.entries.values() for symbol in entry.symbols)),
        preconditions=tuple(model.Requirement(left=_size(left), op=op, right=_size(right)) for left, op, right in facts),
    )


def _size(side: Dim | str) -> model.Size:
    return side if isinstance(side, int) else str(side)


class Freezer:
    """All instances. Names are in the order of first use: callers before what they call."""

    def __init__(self, program: Program) -> None:
        self.words = Words(program.solver)
        self.weight_codes = program.weight_codes
        self.done: dict[str, model.Instance] = {}
        self.names: dict[int, str] = {}
        self.costs: dict[tuple[str, str], Cost] = {}
        self.weights: dict[str, dict[str, Slot]] = {}

    def instance(self, instance: Instance) -> str:
        """The name of the frozen instance; identical instances are one object in the trace and one here."""
        if id(instance) in self.names:
            return self.names[id(instance)]
        base = instance.definition.name
        taken = sum(1 for name in self.names.values() if name.split("#")[0] == base)
        name = self.names[id(instance)] = base if not taken else f"{base}#{taken + 1}"
        self.done[name] = Body(self, instance, name).freeze()
        return name


class Body:
    """One instance on its way."""

    def __init__(self, freezer: Freezer, instance: Instance, name: str) -> None:
        self.freezer = freezer
        self.words = freezer.words
        self.trace = instance
        self.name = name
        self.members: dict[str, model.Member] = {}
        self.keys: dict[int, str] = {}
        self.applied: set[str] = set()
        self.tensors: dict[str, model.Tensor] = {}
        self.ids: dict[int, str] = {}
        self.weights: dict[str, Slot] = {}
        self.entries: dict[str, model.Entry] = {}
        self.count = 0

    def freeze(self) -> model.Instance:
        trace = self.trace
        for key, member in trace.members.items():
            self.introduce(key, member)
        for name in trace.entries:
            self.entry(name)
        ties = [(".".join(target), ".".join(source)) for target, source in trace.ties]
        counts = settle(self.weights, ties, _frozen(trace))
        self.freezer.weights[self.name] = self.weights
        node = trace.definition.node
        return model.Instance(
            definition=trace.definition.name,
            keyword=node.keyword,
            doc=node.doc,
            place=place(node.span),
            parameters={name: self.words.plain(value) for name, value in trace.params.items()},
            members={key: self.finished(key, member, dict(ties)) for key, member in self.members.items()},
            tensors=self.tensors,
            entries={name: self.entries[name] for name in trace.entries},
            ties=dict(ties),
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

    def entry(self, name: str) -> model.Entry:
        """An entry by name; one that calls another comes after it."""
        if name in self.entries:
            return self.entries[name]
        entry = self.trace.entries[name]
        inputs = [(name, self.tensor(value) if isinstance(value, Tensor) else None) for name, value in entry.inputs]
        states = [(state.name, self.tensor(state.tensor)) for state in entry.states]
        nodes = Nodes(self)
        cost = Cost()
        items = nodes.items(entry.items, cost)
        self.applied |= nodes.applied
        self.freezer.costs[self.name, name] = cost
        outputs = [(name, value, tuple(self.tensor(t) for t in tensors_in(value))) for name, value in entry.outputs]
        ends = [state.next if state.next is not None else state.tensor for state in entry.states]
        found = model.Entry(
            doc=entry.doc,
            inputs=tuple(
                model.Argument(name=name, tensor=tensor)
                for name, tensor in inputs
                if tensor is not None or _is_size(entry, name)
            ),
            states=tuple(
                model.State(name=name, tensor=tensor, next=self.tensor(end))
                for (name, tensor), end in zip(states, ends, strict=True)
            ),
            symbols=self.open_symbols(entry),
            nodes=items,
            outputs=tuple(
                model.Result(name=name, tensors=tensors, listed=not isinstance(value, Tensor))
                for name, value, tensors in outputs
            ),
            multiply_adds=self.words.size(cost.multiply_adds),
            activations=self.words.size(cost.activations),
        )
        self.entries[name] = found
        return found

    def open_symbols(self, entry: EntryTrace) -> tuple[str, ...]:
        """The names of the symbols in the types of the inputs, in order."""
        found: list[str] = []
        for name, value in entry.inputs:
            dims: Sequence[Dim] = ()
            if isinstance(value, Tensor):
                dims = value.type.shape
            elif _is_size(entry, name):
                dims = (value.value,)
            found += [symbol.name for dim in dims for symbol in symbols(self.words.resolve(dim))]
        return tuple(dict.fromkeys(found))

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

    # --- members ----------------------------------------------------------------------------------------------

    def introduce(self, key: str, member: Member) -> None:
        self.keys[id(member)] = key
        layer = member.layer
        role, name, instance, weights = "sequential", "Sequential", None, {}
        if isinstance(layer, OpLayer):
            role, name = "layer", layer.op.name
            weights = {n: self.weight(f"{key}.{n}", w.shape, w.buffer) for n, w in layer.state().items() if w.present}
        elif isinstance(layer, BlockLayer | ScanLayer):
            block = layer if isinstance(layer, BlockLayer) else layer.cell
            role, name = "block", block.definition.name
            if block.instance is not None:
                instance = self.freezer.instance(block.instance)
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


def _frozen(trace: Instance) -> frozenset[str]:
    """The keys that the body freezes. Of a weight that a wrapper computes, those that it is computed from."""
    frozen = [
        held
        for held in (weights_of(trace).values() if trace.frozen else ())
        if any(freezes(pattern, layer, held) for pattern, layer in trace.frozen)
    ]
    return frozenset(key for held in frozen for key in (held.within or (held.key,)))


def _is_size(entry: EntryTrace, name: str) -> bool:
    """Is the input a plain number (`n: dim`), rather than one that this use leaves out?"""
    value = dict(entry.inputs)[name]
    return isinstance(value, Static) and value.value is not None


def _dotted(code: Code) -> str:
    """The key that `self.a[0].b` stands for."""
    if isinstance(code, Item):
        (part,) = code.items
        assert isinstance(part, Lit)
        return f"{_dotted(code.value)}.{part.value}"
    assert isinstance(code, Attr)
    return code.name if isinstance(code.value, Path) else f"{_dotted(code.value)}.{code.name}"
