"""The items of a trace as nodes of the graph, with what each costs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from specc.dims.expr import Dim, Expr, Symbol, substitute, symbols
from specc.elaborate.signature import runs
from specc.elaborate.trace import (
    Apply,
    BlockLayer,
    Branch,
    EntryTrace,
    EntryUse,
    FunctionUse,
    Item,
    Loop,
    Member,
    OpLayer,
    ScanLayer,
    SeqLayer,
    Static,
    Tensor,
)
from specc.elaborate.words import place, tensors_in
from specc.graph import model
from specc.ops.declare import Op
from specc.ops.rules import product
from specc.source import Span
from specc.types import DType, TensorType

if TYPE_CHECKING:
    from specc.elaborate.freeze import Body

BYTES = {DType.BOOL: 1, DType.UINT8: 1, DType.INT: 8, DType.FLOAT: 4, DType.COMPLEX: 8}
"""Of one element, as torch stores them by default."""

Values = Mapping[Symbol, Dim]


class Cost:
    """Multiply-adds and bytes of activations, added up."""

    def __init__(self, multiply_adds: Dim = 0, activations: Dim = 0) -> None:
        self.multiply_adds = multiply_adds
        self.activations = activations

    def add(self, other: Cost, times: Dim = 1) -> None:
        self.multiply_adds = self.multiply_adds + other.multiply_adds * times
        self.activations = self.activations + other.activations * times

    def at(self, values: Values) -> Cost:
        """The cost with other sizes for its symbols."""
        return Cost(substitute(self.multiply_adds, values), substitute(self.activations, values))


class Nodes:
    """Makes the nodes of one entry. `applied` are the members it has applied so far."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.words = body.words
        self.applied: set[str] = set()

    def items(self, items: Sequence[Item], total: Cost) -> tuple[model.AnyNode, ...]:
        """The nodes of a list of items; their costs go to `total`."""
        nodes: list[model.AnyNode] = []
        for item in items:
            cost = Cost()
            node: model.AnyNode | None = None
            if isinstance(item, Apply):
                node = self.apply(item, cost)
            elif isinstance(item, Loop):
                node = self.loop(item, cost)
            elif isinstance(item, Branch):
                node = self.branch(item, cost)
            if node is not None:
                nodes.append(node)
                total.add(cost)
        return tuple(nodes)

    def apply(self, item: Apply, cost: Cost) -> model.AnyNode:
        target = item.target
        if isinstance(target, FunctionUse):
            return self.op(item, target.op, target.operands, target.given, None, cost)
        if isinstance(target, EntryUse):
            return self.call(item, None, cost)
        assert isinstance(target, Member)
        key = self.body.keys[id(target)]
        layer = target.layer
        if isinstance(layer, OpLayer):
            return self.op(item, layer.op, item.inputs, layer.given, key, cost)
        if isinstance(layer, BlockLayer):
            return self.call(item, key, cost)
        if isinstance(layer, ScanLayer):
            return self.scan(item, layer, key, cost)
        assert isinstance(layer, SeqLayer), f"{key} is no layer"
        return self.sequential(item, key, cost)

    def frame(self, span: Span, cost: Cost) -> dict[str, Any]:
        """What every node has. Ids count over the instance, each node after what it contains."""
        self.body.count += 1
        return {
            "id": f"n{self.body.count}",
            "place": place(span),
            "multiply_adds": self.words.size(cost.multiply_adds),
            "activations": self.words.size(cost.activations),
        }

    def use(self, item: Apply, key: str | None, operands: Mapping[str, Any], cost: Cost) -> dict[str, Any]:
        """What every node with inputs and outputs has."""
        reused = key in self.applied
        if key is not None:
            self.applied.add(key)
        flat = [(name, tensor) for name, value in operands.items() for tensor in tensors_in(value)]
        wires = tuple(model.Wire(operand=name, tensor=self.body.tensor(tensor)) for name, tensor in flat)
        outputs = tuple(self.body.tensor(output) for output in item.outputs)
        return {"member": key, "reused": reused, "inputs": wires, "outputs": outputs, **self.frame(item.span, cost)}

    def op(
        self, item: Apply, op: Op, operands: Mapping[str, Any], given: Mapping[str, Static], key: str | None, cost: Cost
    ) -> model.Op:
        types = tuple(self.operand_type(operands.get(name)) for name in op.operands)
        results = tuple(output.type for output in item.outputs)
        cost.multiply_adds = self.words.resolve(op.multiply_adds(types, results))
        if not op.aliases:
            for result in results:
                cost.activations = cost.activations + self.words.resolve(product(result.shape)) * BYTES[result.dtype]
        values: dict[str, Any] = {n: v for n, v in operands.items() if isinstance(v, Static) and not tensors_in(v)}
        values.update({name: getattr(op, name) for name in op.params})
        return model.Op(
            name=op.name,
            kind=op.kind.value,
            subtitle=self.words.settled(op).subtitle(),
            arguments={name: self.words.plain(value) for name, value in values.items()},
            given=tuple(given),
            **self.use(item, key, operands, cost),
        )

    def operand_type(self, operand: Any) -> Any:
        """What `multiply_adds` of a declaration sees: types, tuples of them, or None for what was left out."""
        if isinstance(operand, Tensor):
            return operand.type
        tensors = tensors_in(operand)
        if tensors:
            return tuple(tensor.type for tensor in tensors)
        if isinstance(operand, Static):
            return TensorType((), DType.FLOAT if isinstance(operand.value, float) else DType.INT, weak=True)
        return None

    def call(self, item: Apply, key: str | None, cost: Cost) -> model.Call:
        """A use of a block, which was elaborated for these very inputs, or of an entry, which was for those it declares."""
        body = self.body
        values: dict[Symbol, Dim] = {}
        if key is None:
            name = body.name
            body.entry(item.entry)
            values = self.sizes(body.trace.entries[item.entry], item)
        elif item.instance is not None:
            name = body.freezer.instance(item.instance)
        else:
            layer = body.trace.members[key].layer
            assert isinstance(layer, BlockLayer)
            assert layer.instance is not None, f"{key} was applied, but has no instance"
            name = body.freezer.instance(layer.instance)
            values = self.sizes(layer.instance.entries[item.entry], item)
        cost.add(body.freezer.costs[name, item.entry].at(values))
        sizes = {symbol.name: self.words.size(dim) for symbol, dim in values.items()}
        return model.Call(instance=name, entry=item.entry, sizes=sizes, **self.use(item, key, item.inputs, cost))

    def sizes(self, entry: EntryTrace, item: Apply) -> dict[Symbol, Dim]:
        """The symbols that an entry's inputs introduce, in the sizes of what this call feeds."""
        values: dict[Symbol, Dim] = {}
        for name, declared in entry.inputs:
            fed = item.inputs.get(name)
            if isinstance(declared, Tensor) and isinstance(fed, Tensor):
                pairs = list(zip(declared.type.shape, fed.type.shape, strict=True))
            elif isinstance(declared, Static) and isinstance(fed, Static):
                pairs = [(declared.value, fed.value)]
            else:
                continue
            for mine, theirs in pairs:
                own = self.words.resolve(mine) if isinstance(mine, Expr) else mine
                if isinstance(own, Expr) and len(symbols(own)) == 1 and str(own) == symbols(own)[0].name:
                    values.setdefault(symbols(own)[0], self.words.resolve(theirs))
        return values

    def scan(self, item: Apply, layer: ScanLayer, key: str, cost: Cost) -> model.Scan:
        assert item.instance is not None, f"{key} was applied, but has no instance"
        name = self.body.freezer.instance(item.instance)
        stepped = next(value for operand, value in item.inputs.items() if operand not in layer.given)
        shape = stepped.type.shape
        length = self.words.resolve(shape[layer.dim % len(shape)])
        cost.add(self.body.freezer.costs[name, item.instance.forward.name], length)
        return model.Scan(
            instance=name,
            dim=layer.dim,
            reverse=layer.reverse,
            length=self.words.size(length),
            given=tuple(operand for operand in item.inputs if operand in layer.given),
            **self.use(item, key, item.inputs, cost),
        )

    def sequential(self, item: Apply, key: str, cost: Cost) -> model.Sequential:
        for value in item.inputs.values():
            for tensor in tensors_in(value):
                self.body.tensor(tensor)
        nodes = self.items(item.inner, cost)
        if item.inner_result is not None:  # the chain's result is that of its last stage
            self.body.ids[item.outputs[0].id] = self.body.tensor(item.inner_result)
        return model.Sequential(nodes=nodes, **self.use(item, key, item.inputs, cost))

    def loop(self, item: Loop, cost: Cost) -> model.Repeat | None:
        if item.runtime:
            return self.run_loop(item, cost)
        iterations = tuple(nodes for body in item.bodies if (nodes := self.items(body, cost)))
        if not iterations:
            return None
        return model.Repeat(
            targets=item.targets,
            runtime=False,
            count=len(iterations),
            carried=(),
            iterations=iterations,
            runs=runs(iterations, self.body.tensors, self.body.members),
            **self.frame(item.span, cost),
        )

    def run_loop(self, item: Loop, cost: Cost) -> model.Repeat:
        tensor = self.body.tensor
        once = Cost()
        before = {carried.name: (tensor(carried.before), tensor(carried.inside)) for carried in item.carried}
        nodes = self.items(item.bodies[0], once)
        last = {
            symbol: item.count
            for dim in (once.multiply_adds, once.activations)
            for symbol in symbols(dim)
            if symbol.name in item.targets
        }
        cost.add(once.at(last), item.count)
        carried = tuple(
            model.Carried(
                name=c.name, before=before[c.name][0], inside=before[c.name][1], after=tensor(c.after), result=tensor(c.result)
            )
            for c in item.carried
        )
        return model.Repeat(
            targets=item.targets,
            runtime=True,
            count=self.words.size(item.count),
            carried=carried,
            iterations=(nodes,),
            runs=(1,),
            **self.frame(item.span, cost),
        )

    def branch(self, item: Branch, cost: Cost) -> model.Choice | None:
        then, orelse = Cost(), Cost()
        nodes = self.items(item.then, then)
        others = self.items(item.orelse, orelse)
        if item.taken is False:
            nodes, others = others, ()
        if not nodes and not others:
            return None
        dearer = orelse if self.words.solver.decide(orelse.multiply_adds, ">", then.multiply_adds) is True else then
        cost.add(orelse if item.taken is False else dearer)
        tensor = self.body.tensor
        return model.Choice(
            condition=_condition(item.span),
            taken=item.taken,
            nodes=nodes,
            orelse=others,
            joins=tuple(
                model.Join(result=tensor(join.result), then=tensor(join.then), orelse=tensor(join.orelse))
                for join in item.joins
            ),
            **self.frame(item.span, cost),
        )


def _condition(span: Span) -> str:
    """The text of a condition: of `if c { ... }`, or of `a if c else b`."""
    text = " ".join(span.text.split())
    inline = None if text.startswith("if ") else re.search(r"\bif (.+?) else\b", text)
    return inline[1] if inline is not None else text.split("{")[0].removeprefix("if ").strip()
