"""From the nodes of a body to the steps of a panel: what is drawn, what joins its neighbour, what is folded or hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from specc.draw import words
from specc.draw.flow import Edge, Flow, Frame, Source, Sources, Step
from specc.draw.fold import Definitions, flat, reads, runs, stretches
from specc.draw.naming import Naming
from specc.draw.steps import HOSTS, JOINING, At, OpSteps, comes_from, types, width
from specc.draw.stretch import Stretch
from specc.graph import model

Opens = Callable[[model.Call | model.Scan, bool, int], bool]
"""Is a use of a block drawn open? Then: is it an entry of the same body, and inside how many open blocks?"""


class Lower(OpSteps):
    """One panel."""

    def __init__(
        self,
        program: model.Program,
        opens: Opens,
        names: Callable[[str], Naming],
        varying: Mapping[str, tuple[list[str], dict[str, object]]],
        definitions: Definitions | None = None,
    ) -> None:
        """With `definitions` iterations that do the same at different sizes are drawn once."""
        super().__init__()
        self.definitions = definitions
        self.program = program
        self.varying = varying
        self.opens = opens
        self.names = names

    # --- panels -------------------------------------------------------------------------------------------------

    def entry(self, name: str, entry_name: str, frame: Frame | None = None) -> Flow:
        """A whole entry of an instance with its inputs and outputs; inside `frame` where there is one."""
        instance = self.program.instances[name]
        entry = instance.entries[entry_name]
        inside = frame.id if frame is not None else ""
        at = self.at(name, entry, inside)
        if frame is not None:
            at = at.replace(path=f"{frame.id}.")
        first = True
        plain: list[str] = []
        for argument in entry.inputs:
            if argument.tensor is None and frame is None:
                continue
            step = self.flow.step(f"in.{argument.name}", "io", "io", words.clean(argument.name), "")
            if argument.tensor is None:
                step.hint = ["a whole number"]
                plain.append(step.id)
                continue
            step.hint = [at.naming.full(argument.tensor)]
            source = comes_from(at, argument.tensor, step.id)
            if frame is not None and first:
                self.flow.items[frame.id] = frame
                self.flow.wire((source,), frame.id)
                source = source.replace(step=frame.id)
            at.env[argument.tensor] = (source,)
            first = False
        if frame is not None:
            self.flow.items[frame.id] = frame
            for name in plain:
                self.flow.wire((Source(name, (), "a whole number"),), frame.id)
        self.states(at, entry)
        self.nodes(entry.nodes, at)
        for result in entry.outputs:
            step = self.flow.step(f"out.{result.name}", "io", "io", words.clean(result.name or "output"), "")
            for tensor in result.tensors:
                self.flow.wire(at.env.get(tensor, ()), step.id)
        self.returns(at, entry)
        return self.flow

    def at(self, name: str, entry: model.Entry, cluster: str, naming: Naming | None = None) -> At:
        instance = self.program.instances[name]
        return At(name, instance, naming or self.names(name), {}, reads(entry), cluster)

    def states(self, at: At, entry: model.Entry) -> None:
        for state in entry.states:
            step = self.flow.step(f"{at.cluster}.state.{state.name}", "state", "state", words.clean(state.name), at.cluster)
            step.hint = [at.naming.full(state.tensor)]
            at.env[state.tensor] = (comes_from(at, state.tensor, step.id),)

    def returns(self, at: At, entry: model.Entry) -> None:
        """State goes back to where the next step starts."""
        for state in entry.states:
            start = at.env[state.tensor][0].step
            for source in at.env.get(state.next, ()):
                if source.step != start:
                    self.flow.edges.append(Edge(source, start, False, backward=True))

    # --- nodes --------------------------------------------------------------------------------------------------

    def nodes(self, nodes: Sequence[model.AnyNode], at: At) -> None:
        for run in stretches(nodes, at.reads):
            if len(run) > 1:
                self.alike([(node,) for node in run], at, "")
            else:
                self.node(run[0], at)

    def node(self, node: model.AnyNode, at: At) -> None:
        if isinstance(node, model.Op):
            self.op(node, at)
        elif isinstance(node, model.Call):
            self.call(node, at)
        elif isinstance(node, model.Scan):
            self.scan(node, at)
        elif isinstance(node, model.Sequential):
            self.nodes(node.nodes, at)
        elif isinstance(node, model.Repeat):
            self.repeat(node, at)
        else:
            self.choice(node, at)

    # --- blocks -------------------------------------------------------------------------------------------------

    def call(self, node: model.Call, at: At) -> None:
        callee = self.program.instances[node.instance]
        own = node.member is None
        alone = None if own else self.single(node.instance)
        if alone is not None:
            self.leaf(node, callee, alone, at)
        elif self.opens(node, own, at.path.count("/")):
            self.open(node, callee, node.entry, at, words.clean(node.entry if own else callee.definition))
        else:
            step = self.closed(node, callee, at, words.clean(node.entry if own else callee.definition))
            self.finish(node, step, at)

    def scan(self, node: model.Scan, at: At) -> None:
        callee = self.program.instances[node.instance]
        badge = f"× {words.grouped(str(node.length))}"
        if self.opens(node, False, at.path.count("/")):
            frame = self.open(node, callee, callee.main, at, words.clean(callee.definition))
            frame.badges.append(badge)
            frame.notes.insert(0, "backwards over the sequence" if node.reverse else "over the sequence")
        else:
            step = self.closed(node, callee, at, words.clean(callee.definition))
            step.badges.append(badge)
            for state in callee.forward.states[:1]:
                source = Source(step.id, (), state.name)
                self.flow.edges.append(Edge(source, step.id, False, backward=True))
            self.finish(node, step, at)

    def closed(self, node: model.Call | model.Scan, callee: model.Instance, at: At, title: str) -> Step:
        step = self.flow.step(at.path + (node.member or node.id), "box", "block", title, at.cluster)
        arguments = at.naming.parameters(node, *self.varying[callee.definition])
        if arguments:
            step.title = f"{title} {arguments}"
        step.definition = callee.definition if node.member is not None else f"{callee.definition}.{node.entry}"
        step.joins = True
        step.size = width(node, at)
        self.describe(step, node, callee, at)
        return step

    def leaf(self, node: model.Call, callee: model.Instance, inner: model.Op, at: At) -> None:
        """A block that does one thing is drawn as that thing, under its own name."""
        step = self.flow.step(at.path + (node.member or node.id), "box", inner.kind, words.clean(callee.definition), at.cluster)
        last = [at.naming.dims(name)[-1:] for name in (node.inputs[0].tensor, node.outputs[0]) if name in at.instance.tensors]
        if all(last) and inner.kind == "linear":
            step.notes.append(words.grouped(" → ".join(words.formula(dims[0]) for dims in last)))
        step.joins = inner.kind in HOSTS
        self.describe(step, node, callee, at)
        self.finish(node, step, at)

    def describe(self, step: Step | Frame, node: model.Call | model.Scan, callee: model.Instance, at: At) -> None:
        if node.reused and node.member is not None:
            step.notes.append("shared")
        if at.condition and isinstance(step, Step):
            step.condition = at.condition
        elif at.condition:
            step.notes.append(at.condition)
        step.dashed = at.dashed
        step.hint = [f"{node.member or node.entry if isinstance(node, model.Call) else node.member}: {callee.definition}"]
        step.hint += [f"{name} = {words.value(value)}" for name, value in callee.parameters.items()]
        learned = words.amount(callee.learned, "parameters")
        step.hint += [learned] if learned else []
        step.hint += types(node, at)
        step.place = str(node.place)

    def finish(self, node: model.Call | model.Scan, step: Step, at: At) -> None:
        """The wires of a closed block."""
        for k, wire in enumerate(node.inputs):
            self.flow.wire(at.env.get(wire.tensor, ()), step.id, main=k == 0)
        self.fed[node.id] = step.id
        for tensor in node.outputs:
            at.env[tensor] = (comes_from(at, tensor, step.id),)

    def open(self, node: model.Call | model.Scan, callee: model.Instance, entry_name: str, at: At, title: str) -> Frame:
        """A block drawn with what is in it: its first input enters at the head, the others where they are used."""
        entry = callee.entries[entry_name]
        arguments = at.naming.parameters(node, *self.varying[callee.definition])
        frame = self.flow.frame(at.path + (node.member or node.id), "block", f"{title} {arguments}".strip(), at.cluster)
        frame.definition = callee.definition
        naming = at.naming.inside(node)
        if node.member is not None:
            same = naming is None or len({repr(one.learned) for one in naming.all}) == 1
            amount = words.amount(callee.learned, "parameters") if same else ""
            frame.notes += [amount] if amount else []
        self.describe(frame, node, callee, at)
        inner = self.at(node.instance, entry, frame.id, naming).replace(path=f"{frame.id}/")
        outer_fed, self.fed = self.fed, {}
        names = [argument.tensor for argument in entry.inputs] + [state.tensor for state in entry.states]
        self.states(inner, entry)
        for k, (wire, name) in enumerate(zip(_in_order(node, entry), names, strict=False)):
            sources = at.env.get(wire, ()) if wire is not None else ()
            if name is None or not sources:
                continue
            if k == 0:
                self.flow.wire(sources, frame.id)
                inner.env[name] = (comes_from(inner, name, frame.id).replace(full=sources[0].full),)
            elif name in inner.env:
                self.flow.wire(sources, inner.env[name][0].step)
            else:
                dims = inner.naming.dims(name)
                shared = inner.reads.get(name, 0) > 1
                inner.env[name] = tuple(s.replace(dims=dims, shared=s.shared or shared) for s in sources)
        self.nodes(entry.nodes, inner)
        self.returns(inner, entry)
        self.fed = outer_fed
        self.fed[node.id] = frame.id
        ends = [tensor for result in entry.outputs for tensor in result.tensors] + [state.next for state in entry.states]
        for tensor, end in zip(node.outputs, ends, strict=False):
            at.env[tensor] = tuple(
                comes_from(at, tensor, s.step).replace(shared=s.shared or at.reads.get(tensor, 0) > 1, dashed=s.dashed)
                for s in inner.env.get(end, ())
            )
        return frame

    def single(self, name: str) -> model.Op | None:
        """The one thing that a block does, if it is one that has a colour of its own."""
        instance = self.program.instances[name]
        found = None
        flows = {argument.tensor for argument in instance.forward.inputs}
        if len(flows) != 1 or instance.forward.states:
            return None
        for node in instance.forward.nodes:
            if not isinstance(node, model.Op):
                return None
            if not any(wire.tensor in flows for wire in node.inputs):
                if node.kind == "create":
                    return None
                continue
            flows.update(node.outputs)
            if node.kind == "view" and node.member is None:
                continue
            if found is not None:
                return None
            found = node
        return found if found is not None and found.kind in HOSTS and found.kind not in JOINING else None

    # --- repetition and choice ----------------------------------------------------------------------------------

    def repeat(self, node: model.Repeat, at: At) -> None:
        if node.carried:
            self.loop(node, at)
            return
        start = 0
        for run in runs(node, at.instance, self.definitions):
            iterations = node.iterations[start : start + run]
            start += run
            if run == 1:
                self.nodes(iterations[0], at)
            else:
                self.alike(iterations, at, ", ".join(node.targets))

    def alike(self, iterations: Sequence[Sequence[model.AnyNode]], at: At, targets: str) -> None:
        """Equal iterations: the first is drawn, with a badge; the others' wires from elsewhere come to it too."""
        before = len(self.flow.items)
        badge = f"× {len(iterations)}"
        outer = at
        if self.definitions is not None and len(at.naming.all) == 1:
            at = at.replace(naming=Stretch(at.naming, iterations))
        outside = dict(at.env)
        if len(_drawn(iterations[0])) > 1:
            frame = self.flow.frame(at.path + "repeat", "repeat", "", at.cluster)
            frame.badges.append(badge)
            inner = at.replace(cluster=frame.id, env=dict(at.env))
            entering = _entering(iterations, at.env)
            if entering is not None:
                self.flow.wire(at.env[entering], frame.id)
                inner.env[entering] = (comes_from(at, entering, frame.id),)
                inner.env[entering] = tuple(s.replace(full=at.env[entering][0].full) for s in inner.env[entering])
            self.nodes(iterations[0], inner)
            at.env.update({name: s for name, s in inner.env.items() if name not in outside})
        else:
            frame = None
            self.nodes(iterations[0], at)
            made = list(self.flow.items.values())[before:]
            if made:
                made[0].badges.append(badge)
        first = flat(iterations[0])
        for iteration in iterations[1:]:
            for one, other in zip(first, flat(iteration), strict=True):
                for a, b in zip(one.inputs, other.inputs, strict=True):
                    if (
                        a.tensor != b.tensor
                        and b.tensor in outside
                        and one.id in self.fed
                        and not isinstance(one, model.Sequential)
                    ):
                        self.late(outside[b.tensor], self.fed[one.id])
                for a_name, b_name in zip(one.outputs, other.outputs, strict=True):
                    if a_name in at.env:
                        shared, dims = at.reads.get(b_name, 0) > 1, outer.naming.dims(b_name)
                        at.env[b_name] = tuple(s.replace(dims=dims, shared=s.shared or shared) for s in at.env[a_name])

    def late(self, sources: Sources, target: str) -> None:
        """A wire of a later iteration: only from what stands before."""
        order = list(self.flow.items)
        self.flow.wire(tuple(s for s in sources if order.index(s.step) < order.index(target)), target, main=False)

    def loop(self, node: model.Repeat, at: At) -> None:
        """A loop of the run: what it carries goes back."""
        frame = self.flow.frame(at.path + node.id, "repeat", "", at.cluster)
        frame.badges.append(f"× {words.grouped(str(node.count))}")
        inner = at.replace(cluster=frame.id, env=dict(at.env))
        for k, carried in enumerate(node.carried):
            before = at.env.get(carried.before, ())
            if before and not k:
                self.flow.wire(before, frame.id)
                before = (comes_from(at, carried.before, frame.id),)
            step = self.flow.step(f"{frame.id}.{carried.name}", "state", "state", words.clean(carried.name), frame.id)
            self.flow.wire(before, step.id)
            inner.env[carried.inside] = (comes_from(at, carried.inside, step.id).replace(shared=True),)
        self.nodes(node.iterations[0], inner)
        for carried in node.carried:
            start = inner.env[carried.inside][0].step
            ends = inner.env.get(carried.after, ())
            for source in ends:
                if source.step != start:
                    self.flow.edges.append(Edge(source, start, False, backward=True))
            at.env[carried.result] = tuple(s.replace(dims=at.naming.dims(carried.result)) for s in ends)

    def choice(self, node: model.Choice, at: At) -> None:
        if node.taken is not None:
            condition = at.naming.optional(node)
            inner = at.replace(dashed=True, condition=f"only if {words.clean(condition)}") if condition else at
            self.nodes(node.nodes, inner)
            return
        condition = words.clean(node.condition)
        self.nodes(node.nodes, at.replace(dashed=True, condition=f"if {condition}"))
        self.nodes(node.orelse, at.replace(dashed=True, condition=f"unless {condition}"))
        for join in node.joins:
            both = at.env.get(join.then, ()) + at.env.get(join.orelse, ())
            at.env[join.result] = tuple(s.replace(dashed=True, shared=True) for s in both)


def _in_order(node: model.Call | model.Scan, entry: model.Entry) -> list[str | None]:
    """The tensor that comes in for each input and then each state; None where there is none."""
    wires = {wire.operand: wire.tensor for wire in reversed(node.inputs)}
    names = [argument.name for argument in entry.inputs] + [state.name for state in entry.states]
    return [wires.get(name) for name in names]


def _drawn(nodes: Sequence[model.AnyNode]) -> list[model.AnyNode]:
    """The outermost things of an iteration that will be boxes or frames of their own, roughly: joined ones do not count."""
    found: list[model.AnyNode] = []
    for node in nodes:
        if isinstance(node, model.Sequential):
            found += _drawn(node.nodes)
        elif isinstance(node, model.Choice):
            found += _drawn(node.nodes) + _drawn(node.orelse)
        elif isinstance(node, model.Op):
            if node.kind not in ("view", "create") and not (node.kind in JOINING and found):
                found.append(node)
        else:
            found.append(node)
    return found


def _entering(iterations: Sequence[Sequence[model.AnyNode]], env: dict[str, Sources]) -> str | None:
    """The tensor that an iteration takes over from the one before; where there is none, the first that comes from outside."""
    first, second = flat(iterations[0]), flat(iterations[1])
    made = {tensor for node in first for tensor in node.outputs}
    outside = [
        (a.tensor, b.tensor)
        for one, other in zip(first, second, strict=True)
        for a, b in zip(one.inputs, other.inputs, strict=True)
        if a.tensor in env
    ]
    return next((a for a, b in outside if b in made), outside[0][0] if outside else None)
