"""The summary of a program as data: a row a layer, and totals.

A repeat is one row with the number of its equal iterations, and the numbers of a row count all the repetitions that it
stands for: the rows that have none below them add up to the totals. Where symbols are free, numbers are formulas.
Nothing is expanded: a row of twelve blocks costs as much to make as a row of one.
"""

from __future__ import annotations

from collections.abc import Sequence

from specc.dims.expr import Dim
from specc.dims.solver import Solver
from specc.graph import model
from specc.graph.formula import evaluate, symbols
from specc.graph.model import Size
from specc.record import Record


class Row(Record):
    """A layer, block or chain. `key` is its name within the row above it (`layer1.0`), `last` the last name of a folded repeat;
    `output` the type of its first result. `leaf` says that no row is below. `share` is the part of all multiply-adds, None
    where it depends on the sizes. `reused` marks a layer whose parameters an earlier row has counted."""

    depth: int
    key: str
    last: str
    name: str
    kind: str
    subtitle: str
    times: int
    output: str
    parameters: Size
    multiply_adds: Size
    share: float | None
    leaf: bool
    reused: bool


class Summary(Record):
    """`activations` is in bytes: everything that the layers allocate for one input with floats of 4 bytes, as training keeps
    it. `weights_bytes` is the same for parameters and buffers."""

    model: str
    variant: str | None
    spec: str
    parameters: dict[str, object]
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    learned: Size
    frozen: Size
    buffers: Size
    multiply_adds: Size
    activations: Size
    preconditions: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return {
            **vars(self),
            "inputs": dict(self.inputs),
            "outputs": dict(self.outputs),
            "rows": [vars(row) for row in self.rows],
            "preconditions": list(self.preconditions),
        }


def summarise(program: model.Program, depth: int | None = None) -> Summary:
    """The summary of the model's forward, `depth` levels deep (None: all)."""
    instance, entry = program.main, program.main.forward
    rows = _Rows(program, depth)
    rows.nodes(entry.nodes, instance, 0, "", 1)
    return Summary(
        program.model,
        program.variant,
        program.spec,
        dict(instance.parameters),
        tuple((a.name, str(instance.tensors[a.tensor].type) if a.tensor else "dim") for a in entry.inputs),
        tuple((r.name, ", ".join(str(instance.tensors[name].type) for name in r.tensors)) for r in entry.outputs),
        tuple(rows.done),
        instance.learned,
        instance.frozen,
        instance.buffers,
        entry.multiply_adds,
        entry.activations,
        tuple(str(fact) for fact in program.preconditions),
    )


class _Rows:
    def __init__(self, program: model.Program, depth: int | None) -> None:
        self.program = program
        self.depth = depth
        self.solver = Solver()
        self.symbols: dict[str, Dim] = {}
        self.total = self.value(program.main.forward.multiply_adds)
        self.done: list[Row] = []

    def nodes(
        self,
        nodes: Sequence[model.AnyNode],
        instance: model.Instance,
        depth: int,
        prefix: str,
        times: int,
    ) -> None:
        """Rows for the nodes of an instance whose symbols have the values of `scope`; `prefix` is left off the keys."""
        for node in nodes:
            if isinstance(node, model.Repeat):
                start = 0
                for run in node.runs:
                    first, last = node.iterations[start], node.iterations[start + run - 1]
                    at = len(self.done)
                    self.nodes(first, instance, depth, prefix, times * run)
                    if run > 1:
                        self.fold(at, depth, first, last, prefix, run)
                    start += run
            elif isinstance(node, model.Choice):
                self.nodes(node.nodes, instance, depth, prefix, times)
                if node.taken is None:
                    self.nodes(node.orelse, instance, depth, prefix, times)
            else:
                self.node(node, instance, depth, prefix, times)

    def fold(
        self, at: int, depth: int, first: Sequence[model.AnyNode], last: Sequence[model.AnyNode], prefix: str, run: int
    ) -> None:
        """Marks the rows of a folded repeat, from `at` on and at its own depth, with the count and the last name."""
        names = {a: b for a, b in zip(_members(first), _members(last), strict=True) if a != b}
        for n in range(at, len(self.done)):
            row = self.done[n]
            if row.depth == depth:
                ending = names.get(prefix + row.key, "")
                self.done[n] = row.replace(times=row.times * run, last=ending.removeprefix(prefix))

    def node(
        self, node: model.Op | model.Call | model.Sequential, instance: model.Instance, depth: int,
        prefix: str, times: int,
    ) -> None:  # fmt: skip
        if isinstance(node, model.Op) and node.member is None and node.multiply_adds == 0:
            return
        shown = self.depth is None or depth + 1 < self.depth
        key = node.member or ""
        member = instance.members[key] if key else None
        at = len(self.done)
        self.done.append(
            Row(
                depth=depth,
                key=key.removeprefix(prefix),
                last="",
                name=node.name if isinstance(node, model.Op) else member.name if member else "",
                kind=node.kind if isinstance(node, model.Op) else node.node,
                subtitle=node.subtitle if isinstance(node, model.Op) else "",
                times=1,
                output=str(instance.tensors[node.outputs[0]].type),
                parameters=_size(self.learned(node, instance, key) * times),
                multiply_adds=_size(self.value(node.multiply_adds) * times),
                share=self.share(self.value(node.multiply_adds) * times),
                leaf=True,
                reused=node.reused,
            )
        )
        if isinstance(node, model.Call) and shown:
            callee = self.program.instances[node.instance]
            self.nodes(callee.entries[node.entry].nodes, callee, depth + 1, "", times)
        elif isinstance(node, model.Sequential) and shown:
            self.nodes(node.nodes, instance, depth + 1, key + ".", times)
        if len(self.done) > at + 1:
            self.done[at] = self.done[at].replace(leaf=False)

    def value(self, size: Size) -> Dim:
        """A size as an expression, to be added and multiplied."""
        for name in symbols(size):
            if name not in self.symbols:
                self.symbols[name] = self.solver.fresh(name, flexible=False, lower=0)
        return evaluate(size, self.symbols)

    def learned(self, node: model.Op | model.Call | model.Sequential, instance: model.Instance, key: str) -> Dim:
        """Parameters that stand in this node for the first time."""
        if node.reused or not key:
            return 0
        total: Dim = 0
        inside = [
            m
            for k, m in instance.members.items()
            if k == key or (isinstance(node, model.Sequential) and k.startswith(key + "."))
        ]
        for member in inside:
            for weight in member.weights.values():
                if not weight.buffer and weight.tied is None:
                    total = total + self.value(weight.elements)
            if member.instance is not None:
                total = total + self.value(self.program.instances[member.instance].learned)
        return total

    def share(self, multiply_adds: Dim) -> float | None:
        """The part of all multiply-adds; None where they are not the same part whatever the sizes."""
        part, total = (evaluate(_size(dim), dict.fromkeys(self.symbols, 1)) for dim in (multiply_adds, self.total))
        assert isinstance(part, int)
        assert isinstance(total, int)
        if not total or multiply_adds * total != self.total * part:
            return None
        return part / total


def _members(nodes: Sequence[model.AnyNode]) -> list[str]:
    """Keys in the order of application."""
    return [n.member for n in model.walk(nodes) if isinstance(n, model.Op | model.Call | model.Sequential) and n.member]


def _size(dim: Dim) -> Size:
    return dim if isinstance(dim, int) else str(dim)
