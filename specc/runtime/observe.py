"""Holding every inferred type against the tensors of a real forward pass, layer by layer, by hooks under the layers' keys.

Only layers that are attributes are seen; what a tensor function yields shows in the layers after it and in the outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from specc.graph import model
from specc.graph.formula import UnboundSymbol, number
from specc.record import Record

KINDS: dict[str, Callable[[Tensor], bool]] = {
    "float": lambda t: t.is_floating_point(),
    "complex": lambda t: t.is_complex(),
    "bool": lambda t: str(t.dtype) == "torch.bool",
    "uint8": lambda t: str(t.dtype) == "torch.uint8",
    "int": lambda t: str(t.dtype) in ("torch.int64", "torch.int32", "torch.int16", "torch.int8"),
}


class Difference(Record):
    """Where inference and torch disagree: `key` names the layer or output, `place` the line of the spec."""

    key: str
    place: str
    inferred: str
    actual: str


def tensors(output: object) -> Iterator[Tensor]:
    """The tensors of what a module returns, depth first."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, tuple | list):
        for value in output:
            yield from tensors(value)


def describe(tensor: Tensor) -> str:
    kind = next((name for name, is_kind in KINDS.items() if is_kind(tensor)), str(tensor.dtype))
    return f"{kind}[{', '.join(map(str, tensor.shape))}]"


def inferred(declared: model.Type, sizes: Mapping[str, int]) -> str:
    """The type in numbers; sizes that only the run decides are a `?`."""
    shown = []
    for dim in declared.dims:
        try:
            shown.append(str(number(dim, sizes)))
        except UnboundSymbol:
            shown.append("?")
    return f"{declared.dtype}[{', '.join(shown)}]"


def fits(declared: model.Type, sizes: Mapping[str, int], tensor: Tensor) -> bool:
    """Has the tensor the type? Sizes that only the run decides fit any."""
    if not KINDS[declared.dtype](tensor) or len(declared.dims) != tensor.dim():
        return False
    for dim, actual in zip(declared.dims, tensor.shape, strict=True):
        try:
            if number(dim, sizes) != actual:
                return False
        except UnboundSymbol:
            continue
    return True


class Observer:
    """Watches a model's entry while it runs at given sizes; `differences` grows, `compared` counts tensors. A context
    manager. Layers inside a loop of the run are left out: their types are others every time."""

    def __init__(self, program: model.Program, module: nn.Module, entry: str, sizes: Mapping[str, int]) -> None:
        self.program = program
        self.module = module
        self.entry = entry
        self.sizes = sizes
        self.differences: list[Difference] = []
        self.compared = 0
        self._handles: list[Any] = []

    def __enter__(self) -> Observer:
        main = self.program.main
        self._watch(main, main.entries[self.entry], self.module, "", {}, self.sizes)
        return self

    def __exit__(self, *error: object) -> None:
        for handle in self._handles:
            handle.remove()

    def results(self, output: object) -> None:
        """Compares what the entry gave."""
        instance = self.program.main
        self._compare("output", str(instance.place), _results(instance, self.entry), self.sizes, output)

    def _compare(self, key: str, place: str, declared: Sequence[model.Type], sizes: Mapping[str, int], output: object) -> None:
        """Each type against the tensor in its place; results that were not asked for (None) count for nothing."""
        for wanted, tensor in zip(declared, tensors(output), strict=False):
            self.compared += 1
            if not fits(wanted, sizes, tensor):
                self.differences.append(Difference(key, place, inferred(wanted, sizes), describe(tensor)))

    def _watch(
        self,
        instance: model.Instance,
        entry: model.Entry,
        module: nn.Module,
        prefix: str,
        counts: dict[str, int],
        sizes: Mapping[str, int],
    ) -> None:
        """Watches the layers of a body, and what it calls. `counts` says how often each was applied in this call."""
        expected: dict[str, list[tuple[model.Op, Mapping[str, int]]]] = {}
        calls: dict[str, model.Call | model.Scan] = {}
        unsteady: set[str] = set()
        for node, at, steady in self._uses(instance, entry, sizes):
            if node.member is None:
                continue
            if not steady:
                unsteady.add(node.member)
            elif isinstance(node, model.Op) and _has_this_name(instance, node.member):
                expected.setdefault(node.member, []).append((node, at))
            elif isinstance(node, model.Call | model.Scan):
                if node.member in calls and not _alike(node, calls[node.member]):
                    unsteady.add(node.member)
                calls[node.member] = node
        for key, uses in expected.items():
            layer = _submodule(module, key)
            if layer is not None and key not in unsteady:
                self._watch_layer(instance, layer, prefix, key, uses, counts)
        for key, call in calls.items():
            inner = _submodule(module, key)
            if inner is not None and key not in unsteady:
                self._watch_call(call, inner, f"{prefix}{key}", sizes)

    def _uses(
        self, instance: model.Instance, entry: model.Entry, sizes: Mapping[str, int]
    ) -> Iterator[tuple[model.Use, Mapping[str, int], bool]]:
        """What every run of an entry does, those entries of the body included that it calls, with the sizes that hold
        there, and whether it is done once rather than in a loop of the run."""
        for node, steady in _certain(entry.nodes, True):
            yield node, sizes, steady
            if isinstance(node, model.Call) and node.member is None:
                for use, at, once in self._uses(instance, instance.entries[node.entry], _entered(node, sizes)):
                    yield use, at, once and steady

    def _watch_call(self, call: model.Call | model.Scan, module: nn.Module, key: str, sizes: Mapping[str, int]) -> None:
        callee = self.program.instances[call.instance]
        counts: dict[str, int] = {}
        name = call.entry if isinstance(call, model.Call) else callee.main
        inner = _entered(call, sizes) if isinstance(call, model.Call) else sizes

        def enter(_module: nn.Module, _args: object) -> None:
            counts.clear()

        def leave(_module: nn.Module, _args: object, output: object) -> None:
            self._compare(key, str(call.place), _results(callee, name), inner, output)

        if name == "forward":
            self._handles.append(module.register_forward_pre_hook(enter))
            self._handles.append(module.register_forward_hook(leave))
        self._watch(callee, callee.entries[name], module, key + ".", counts, inner)

    def _watch_layer(
        self, instance: model.Instance, layer: nn.Module, prefix: str, key: str,
        uses: list[tuple[model.Op, Mapping[str, int]]], counts: dict[str, int],
    ) -> None:  # fmt: skip
        """A layer that is applied several times is held against its nodes in turn."""

        def leave(_module: nn.Module, _args: object, output: object) -> None:
            turn = counts.get(key, 0)
            counts[key] = turn + 1
            if turn < len(uses):
                node, sizes = uses[turn]
                declared = [instance.tensors[name].type for name in node.outputs]
                self._compare(prefix + key, str(node.place), declared, sizes, output)

        self._handles.append(layer.register_forward_hook(leave))


def _results(instance: model.Instance, entry: str) -> list[model.Type]:
    """The types of an entry's results: outputs, then what states become."""
    found = instance.entries[entry]
    names = [name for result in found.outputs for name in result.tensors]
    return [instance.tensors[name].type for name in [*names, *(state.next for state in found.states)]]


def _has_this_name(instance: model.Instance, key: str) -> bool:
    """Is the attribute surely called that? Layers without label and weights may share one, under a name of their own."""
    member = instance.members[key]
    outer = instance.members.get(key.rpartition(".")[0])
    return member.labelled or bool(member.weights) or (outer is not None and outer.role == "sequential")


def _alike(one: model.Call | model.Scan, other: model.Call | model.Scan) -> bool:
    """Do two uses of a shared block run the same instance?"""
    if isinstance(one, model.Call) and isinstance(other, model.Call):
        return (one.instance, one.entry, one.sizes) == (other.instance, other.entry, other.sizes)
    return one.instance == other.instance


def _entered(call: model.Call, sizes: Mapping[str, int]) -> dict[str, int]:
    """The sizes that hold in the entry that is called; those that only the run decides are unknown there."""
    found = {name: size for name, size in sizes.items() if name not in call.sizes}
    for name, size in call.sizes.items():
        try:
            found[name] = number(size, sizes)
        except UnboundSymbol:
            continue
    return found


def _certain(nodes: Sequence[model.AnyNode], steady: bool) -> Iterator[tuple[model.Use, bool]]:
    """The nodes that every run executes, in order: a side of a choice that the run makes is left out."""
    for node in nodes:
        if isinstance(node, model.Repeat):
            for iteration in node.iterations:
                yield from _certain(iteration, steady and not node.runtime)
        elif isinstance(node, model.Choice):
            if node.taken is not None:
                yield from _certain(node.nodes, steady)
        else:
            yield node, steady
            if isinstance(node, model.Sequential):
                yield from _certain(node.nodes, steady)


def _submodule(module: nn.Module, key: str) -> nn.Module | None:
    """The layer of that key, or None where the generated code has none: a function, or an activation under another name."""
    found: nn.Module = module
    for part in key.split("."):
        children = dict(found.named_children())
        if part not in children:
            return None
        found = children[part]
    return found
