"""Operations as steps: circles for merges, boxes with a subtitle for the rest, and what joins its neighbour or stays hidden."""

from __future__ import annotations

import math

from specc.draw import words
from specc.draw.flow import Flow, Source, Sources, Step
from specc.draw.naming import Naming
from specc.graph import model
from specc.graph.formula import UnboundSymbol, number, symbols
from specc.record import Record

JOINING = ("norm", "activation", "dropout")
HOSTS = ("conv", "linear", "attention", "recurrent", "norm", "activation", "pool", "embedding", "other", "block")
_IN_TITLE = ("conv", "pool")
_PRIMES = (1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049)


class At(Record):
    """Where in the program steps are made: the instance and its words, the tensors that flow, how often each is read, the
    frame around, the condition for being there, the names in front of the keys."""

    name: str
    instance: model.Instance
    naming: Naming
    env: dict[str, Sources]
    reads: dict[str, int]
    cluster: str
    dashed: bool = False
    condition: str = ""
    path: str = ""


class OpSteps:
    """Makes the steps of operations in a flow."""

    def __init__(self) -> None:
        self.flow = Flow()
        self.fed: dict[str, str] = {}  # node of the body at hand -> the step or head that took its wires

    def op(self, node: model.Op, at: At) -> None:
        inputs = [(wire.tensor, at.env[wire.tensor]) for wire in node.inputs if wire.tensor in at.env]
        if not node.inputs or (node.kind == "create" and node.name.endswith("_like")):
            inputs = []  # of `zeros_like(x)` only the shape matters
        elif not inputs:
            return  # made of weights alone
        first = inputs[0][1] if inputs else ()
        if inputs and self.hidden(node, at):
            for tensor in node.outputs:
                shared = at.reads.get(tensor, 0) > 1 or len(node.outputs) > 1
                name = words.clean(at.instance.tensors[tensor].name) if len(node.outputs) > 1 else ""
                dims, full = at.naming.dims(tensor), at.naming.full(tensor)
                at.env[tensor] = tuple(
                    s.replace(dims=dims, full=full, name=name or s.name, shared=s.shared or shared) for s in first
                )
            self.fed[node.id] = first[0].step
            return
        host = self.host(node, first, at) if node.kind in JOINING and len(inputs) == 1 else None
        if host is not None:
            if host.kind not in JOINING and host.kind not in _IN_TITLE and host.kind != "block" and not host.notes:
                host.notes.append("")
            detail = at.naming.subtitle(node) if node.kind == "dropout" else ""
            host.notes.append(f"{node.name} {detail}".strip())
            host.hint.append(line(node))
            step = host
        else:
            step = self.box(node, at, len(inputs))
            for k, (_, sources) in enumerate(inputs):
                self.flow.wire(sources, step.id, main=k == 0)
        self.fed[node.id] = step.id
        for tensor in node.outputs:
            at.env[tensor] = (comes_from(at, tensor, step.id),)

    def box(self, node: model.Op, at: At, operands: int) -> Step:
        key = node.member or node.id
        sign = words.operator(node)
        joins = node.kind == "merge" and len({wire.operand for wire in node.inputs}) == 1
        weights = [words.clean(at.instance.tensors[wire.tensor].weight or "") for wire in node.inputs]
        weights = [name for name in weights if name]
        if joins or (node.kind == "arithmetic" and operands > 1 and sign):
            sign = sign or "‖"
            step = self.flow.step(at.path + node.id, "merge", "merge", sign, at.cluster)
            step.hint = [node.name, *types(node, at)]
        elif node.kind == "create":
            step = self.flow.step(at.path + node.id, "create", "create", node.name, at.cluster)
            step.hint = types(node, at)
        else:
            subtitle = words.grouped(words.formula(at.naming.subtitle(node)))
            title = words.spoken(node.name)
            if node.kind in _IN_TITLE and subtitle:
                shown = [part for part in subtitle.split(", ") if not part.startswith("padding")]
                title, subtitle = f"{node.name} {', '.join(shown)}".strip(), ""
            elif sign and len(weights) == 1 and operands == 1 and node.kind == "arithmetic":
                title = words.with_number(sign, weights.pop(), first=node.inputs[0].tensor not in at.env)
            elif sign and operands == 1 and node.kind == "arithmetic":
                plain = words.plain_number(node)
                found = at.naming.number(node, plain) if plain else ""
                title = words.with_number(sign, found, first=node.inputs[0].operand == "other") if found else title
            title, subtitle = words.clean(title), words.clean(subtitle)
            step = self.flow.step(at.path + key, "box", node.kind, title, at.cluster)
            if subtitle:
                step.notes.append(subtitle)
            step.notes += weights
            if node.reused:
                step.notes.append("shared")
            other = tied(node, at)
            if other:
                step.notes.append(f"tied to {other}")
            step.joins = node.kind in HOSTS
            member = at.instance.members.get(node.member or "")
            step.label = words.clean(str(node.member).rpartition(".")[2]) if member is not None and member.labelled else ""
            step.hint = [line(node), *types(node, at), *learned(node, at)]
        step.dashed = at.dashed
        step.condition = at.condition
        step.place = str(node.place)
        if node.kind == "conv":
            step.size = width(node, at)
        return step

    def host(self, node: model.Op, sources: Sources, at: At) -> Step | None:
        """The step that a norm, an activation or a dropout joins: the one that feeds it and nothing else."""
        if len(sources) != 1 or sources[0].shared:
            return None
        found = self.flow.items.get(sources[0].step)
        if not isinstance(found, Step) or not found.joins or found.cluster != at.cluster or found.dashed != at.dashed:
            return None
        return found if not found.badges else None

    def hidden(self, node: model.Op, at: At) -> bool:
        """Views are, unless they make or lose elements, as an upsampling layer does, or take what another tensor tells."""
        if node.kind != "view" or node.inputs[0].tensor not in at.env or sum(w.tensor in at.env for w in node.inputs) > 1:
            return False
        if node.member is None:
            return True
        before = next(w.tensor for w in node.inputs if w.tensor in at.env)
        tensors = at.instance.tensors
        return _elements(tensors[before].type) == _elements(tensors[node.outputs[0]].type)


def comes_from(at: At, tensor: str, step: str) -> Source:
    name = words.clean(at.instance.tensors[tensor].name)
    return Source(step, at.naming.dims(tensor), at.naming.full(tensor), name, at.reads.get(tensor, 0) > 1, at.dashed)


def line(node: model.Op) -> str:
    given = ", ".join(f"{name}={words.value(node.arguments[name])}" for name in node.given if name in node.arguments)
    name = f"{node.member}: " if node.member is not None else ""
    return f"{name}{node.name}({given})"


def types(node: model.Op | model.Call | model.Scan, at: At) -> list[str]:
    ins = ", ".join(at.naming.full(wire.tensor) for wire in node.inputs)
    return [f"{ins} → {', '.join(at.naming.full(tensor) for tensor in node.outputs)}".strip()]


def learned(node: model.Op, at: At) -> list[str]:
    member = at.instance.members.get(node.member or "")
    if member is None:
        return []
    return [f"{name}: {words.shape([str(d) for d in weight.shape])}" for name, weight in member.weights.items() if weight.shape]


def tied(node: model.Op, at: At) -> str:
    member = at.instance.members.get(node.member or "")
    found = [weight.tied for weight in member.weights.values() if weight.tied] if member is not None else []
    return words.clean(found[0].rpartition(".")[0]) if found and found[0] else ""


def width(node: model.Op | model.Call | model.Scan, at: At) -> float:
    """Inches: wider with the logarithm of the channels of a map; 0 for what makes none."""
    dims = at.instance.tensors[node.outputs[0]].type.dims if node.outputs else ()
    channels = dims[1] if len(dims) > 3 else 0
    return min(3.4, 0.22 * math.log2(channels) + 0.9) if isinstance(channels, int) and channels > 0 else 0.0


def _elements(found: model.Type) -> int:
    names = dict.fromkeys(name for dim in found.dims for name in symbols(dim))
    values = {name: _PRIMES[hash_of(name) % len(_PRIMES)] for name in names}
    try:
        return math.prod(number(dim, values) for dim in found.dims)
    except UnboundSymbol:
        return -1


def hash_of(name: str) -> int:
    """The same on every run, unlike `hash`."""
    return sum(ord(letter) * (k + 1) for k, letter in enumerate(name))
