"""The summary of a program as data: a row a layer, and totals.

A repeat is one row with the number of its equal iterations, and the numbers of a row count all the repetitions that it
stands for: the rows that have none below them add up to the totals. Where symbols are free, numbers are formulas.
Nothing is expanded: a row of twelve blocks costs as much to make as a row of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from specc.dims.expr import Dim
from specc.dims.solver import Solver
from specc.graph import model
from specc.graph.formula import evaluate, number, symbols
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
    rows.entry(entry, _At(instance, "", 0, "", 1, 1, {}))
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


_PRIMES = (1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049, 1051, 1061)


class _At(Record):
    """Where in the program rows are made: the instance and its place in the module tree, how deep, what is left off the
    keys, how often it all stands there, how often each runs (the steps of a scan), and the sizes of its symbols where they
    are not the model's."""

    instance: model.Instance
    path: str
    depth: int
    prefix: str
    times: int
    steps: Dim
    sizes: dict[str, Dim]


class _Rows:
    def __init__(self, program: model.Program, depth: int | None) -> None:
        self.program = program
        self.depth = depth
        self.solver = Solver()
        self.symbols: dict[str, Dim] = {}
        self.total = self.value(program.main.forward.multiply_adds, {})
        self.done: list[Row] = []
        self.seen: set[str] = set()
        """Places of the module tree that have a row, which counts their parameters."""
        self.tied: dict[str, None] = {}
        """Weights, by their whole key, that a body around is one Parameter with: its row counts them where the source is."""

    def entry(self, entry: model.Entry, at: _At) -> None:
        """Rows for the tensors that a body learns itself, for what it does, then for layers that nothing applies."""
        self.tied.update((at.path + target, None) for target in at.instance.ties)
        fresh = {key: member for key, member in at.instance.members.items() if at.path + key not in self.seen}
        for key, member in fresh.items():
            if member.role == "param":
                shape = ", ".join(str(dim) for dim in member.weights[""].shape)
                self.row(at, key, member.name, "param", "", f"float[{shape}]", 0)
        self.nodes(entry.nodes, at)
        for key, member in fresh.items():
            if member.role in ("layer", "block") and not member.applied and self.learned(at, key) != 0:
                self.row(at, key, member.name, "unused", "", "", 0)

    def nodes(self, nodes: Sequence[model.AnyNode], at: _At) -> None:
        for node in nodes:
            if isinstance(node, model.Repeat) and node.runtime:
                self.nodes(node.iterations[0], at.replace(steps=at.steps * self.value(node.count, at.sizes)))
            elif isinstance(node, model.Repeat):
                start = 0
                for run in node.runs:
                    first, last = node.iterations[start], node.iterations[start + run - 1]
                    begin = len(self.done)
                    self.nodes(first, at.replace(times=at.times * run))
                    if run > 1:
                        self.fold(begin, at, first, last, run)
                    start += run
            elif isinstance(node, model.Choice):
                self.nodes(node.nodes, at)
                if node.taken is None:
                    self.nodes(node.orelse, at)
            else:
                self.node(node, at)

    def fold(self, begin: int, at: _At, first: Sequence[model.AnyNode], last: Sequence[model.AnyNode], run: int) -> None:
        """Marks the rows of a folded repeat, from `begin` on and at its own depth, with the count and the last name."""
        names = {a: b for a, b in zip(_members(first), _members(last), strict=True) if a != b}
        for n in range(begin, len(self.done)):
            row = self.done[n]
            if row.depth == at.depth:
                ending = names.get(at.prefix + row.key, "")
                self.done[n] = row.replace(times=row.times * run, last=ending.removeprefix(at.prefix))

    def node(self, node: model.Use, at: _At) -> None:
        if isinstance(node, model.Op) and node.member is None and node.multiply_adds == 0:
            return
        begin = len(self.done)
        key = node.member or ""
        name, kind, subtitle = self.title(node, at)
        types = [at.instance.tensors[name].type for name in node.outputs]
        multiply_adds = self.value(node.multiply_adds, at.sizes) * at.times * at.steps
        self.row(at, key, name, kind, subtitle, self.type(types[0], at) if types else "", multiply_adds)
        if self.depth is not None and at.depth + 1 >= self.depth:
            return
        inner = at.replace(depth=at.depth + 1, prefix="", path=f"{at.path}{key}." if key else at.path)
        if isinstance(node, model.Call):
            callee = self.program.instances[node.instance]
            sizes = {name: self.value(size, at.sizes) for name, size in node.sizes.items()} or at.sizes
            self.entry(callee.entries[node.entry], inner.replace(instance=callee, sizes=sizes))
        elif isinstance(node, model.Scan):
            callee = self.program.instances[node.instance]
            steps = at.steps * self.value(node.length, at.sizes)
            self.entry(callee.forward, inner.replace(instance=callee, steps=steps))
        elif isinstance(node, model.Sequential):
            self.nodes(node.nodes, inner.replace(prefix=key + ".", path=at.path))
        if len(self.done) > begin + 1:
            self.done[begin] = self.done[begin].replace(leaf=False)

    def title(self, node: model.Use, at: _At) -> tuple[str, str, str]:
        """Name, kind and subtitle of a row."""
        if isinstance(node, model.Op):
            return node.name, node.kind, node.subtitle
        name = at.instance.members[node.member].name if node.member is not None else node.entry
        return name, node.node, f"× {node.length}" if isinstance(node, model.Scan) else ""

    def type(self, found: model.Type, at: _At) -> str:
        if not at.sizes:
            return str(found)
        dims = tuple(_size(self.value(dim, at.sizes)) for dim in found.dims)
        return str(model.Type(dtype=found.dtype, dims=dims))

    def row(self, at: _At, key: str, name: str, kind: str, subtitle: str, output: str, multiply_adds: Dim) -> None:
        reused = bool(key) and at.path + key in self.seen
        learned = 0 if reused or not key else self.learned(at, key) * at.times
        self.seen.add(at.path + key)
        self.done.append(
            Row(
                depth=at.depth,
                key=key.removeprefix(at.prefix),
                last="",
                name=name,
                kind=kind,
                subtitle=subtitle,
                times=1,
                output=output,
                parameters=_size(learned),
                multiply_adds=_size(multiply_adds),
                share=self.share(multiply_adds),
                leaf=True,
                reused=reused,
            )
        )

    def value(self, size: Size, sizes: Mapping[str, Dim]) -> Dim:
        """A size as an expression, to be added and multiplied."""
        for name in symbols(size):
            if name not in self.symbols:
                self.symbols[name] = self.solver.fresh(name, flexible=False, lower=0)
        return evaluate(size, {**self.symbols, **sizes})

    def learned(self, at: _At, key: str) -> Dim:
        """The parameters of a member, with those of what it contains."""
        members = at.instance.members
        inside = [members[key]]
        if members[key].role == "sequential":
            inside += [member for name, member in members.items() if name.startswith(key + ".")]
        total: Dim = 0
        for member in inside:
            for weight in member.weights.values():
                if not weight.buffer and weight.tied is None:
                    total = total + self.value(weight.elements, {})
            if member.instance is not None:
                total = total + self.value(self.program.instances[member.instance].learned, {})
        for target in self.tied:
            if target == at.path + key or target.startswith(f"{at.path}{key}."):
                total = total - self.counted(at.instance, target.removeprefix(at.path))
        return total

    def counted(self, instance: model.Instance, key: str) -> Dim:
        """The elements of a weight by its key, if the body that has it counts it."""
        owners = (name for name in instance.members if key == name or key.startswith(f"{name}."))
        owner = max(owners, key=len)
        member, rest = instance.members[owner], key[len(owner) + 1 :]
        if member.instance is not None:
            inside = self.program.instances[member.instance]
            return 0 if rest in inside.ties else self.counted(inside, rest)
        weight = member.weights[rest]
        return 0 if weight.tied is not None else self.value(weight.elements, {})

    def share(self, multiply_adds: Dim) -> float | None:
        """The part of all multiply-adds; None where it depends on the sizes, as three assignments of primes show."""
        if multiply_adds == 0:
            return 0.0
        names = list(self.symbols)
        parts = []
        for shift in range(3):
            values = {name: _PRIMES[(n + shift) % len(_PRIMES)] for n, name in enumerate(names)}
            total = number(_size(self.total), values)
            parts.append(Fraction(number(_size(multiply_adds), values), total) if total else None)
        first = parts[0]
        return None if first is None or any(part != first for part in parts) else float(first)


def _members(nodes: Sequence[model.AnyNode]) -> list[str]:
    """Keys in the order of application."""
    return [n.member for n in model.walk(nodes) if isinstance(n, model.Use) and n.member]


def _size(dim: Dim) -> Size:
    return dim if isinstance(dim, int) else str(dim)
