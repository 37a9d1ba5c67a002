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
    """Watches a model while it runs at given sizes; `differences` grows, `compared` counts tensors. A context manager."""

    def __init__(self, program: model.Program, module: nn.Module, sizes: Mapping[str, int]) -> None:
        self.program = program
        self.module = module
        self.sizes = sizes
        self.differences: list[Difference] = []
        self.compared = 0
        self._handles: list[Any] = []

    def __enter__(self) -> Observer:
        self._watch_instance(self.program.main, self.module, "", str(self.program.main.place))
        return self

    def __exit__(self, *error: object) -> None:
        for handle in self._handles:
            handle.remove()

    def compare(self, key: str, place: str, declared: Sequence[model.Type], output: object) -> None:
        """Each type against the tensor in its place; results that were not asked for (None) count for nothing."""
        for wanted, tensor in zip(declared, tensors(output), strict=False):
            self.compared += 1
            if not fits(wanted, self.sizes, tensor):
                self.differences.append(Difference(key, place, inferred(wanted, self.sizes), describe(tensor)))

    def _watch_instance(self, instance: model.Instance, module: nn.Module, prefix: str, place: str) -> None:
        """Watches the forward of one use of an instance: its results, its layers, and what it calls."""
        counts: dict[str, int] = {}

        def enter(_module: nn.Module, _args: object) -> None:
            counts.clear()

        def leave(_module: nn.Module, _args: object, output: object) -> None:
            declared = [instance.tensors[name].type for result in instance.forward.outputs for name in result.tensors]
            self.compare(prefix.rstrip(".") or "output", place, declared, output)

        self._handles.append(module.register_forward_pre_hook(enter))
        self._handles.append(module.register_forward_hook(leave))
        expected: dict[str, list[model.Op]] = {}
        for node in _certain(instance.forward.nodes):
            if isinstance(node, model.Op) and node.member is not None:
                expected.setdefault(node.member, []).append(node)
            elif isinstance(node, model.Call) and node.entry == "forward" and not node.reused:
                inner = _submodule(module, node.member)
                if inner is not None:
                    self._watch_instance(
                        self.program.instances[node.instance], inner, f"{prefix}{node.member}.", str(node.place)
                    )
        for key, nodes in expected.items():
            layer = _submodule(module, key)
            if layer is not None:
                self._watch_layer(instance, layer, prefix, key, nodes, counts)

    def _watch_layer(
        self, instance: model.Instance, layer: nn.Module, prefix: str, key: str, nodes: list[model.Op], counts: dict[str, int]
    ) -> None:
        """A layer that is applied several times is held against its nodes in turn."""

        def leave(_module: nn.Module, _args: object, output: object) -> None:
            turn = counts.get(key, 0)
            counts[key] = turn + 1
            if turn < len(nodes):
                declared = [instance.tensors[name].type for name in nodes[turn].outputs]
                self.compare(prefix + key, str(nodes[turn].place), declared, output)

        self._handles.append(layer.register_forward_hook(leave))


def _certain(nodes: Sequence[model.AnyNode]) -> Iterator[model.AnyNode]:
    """The nodes that every run executes, in order: a side of a choice that the run makes is left out."""
    for node in nodes:
        yield node
        if isinstance(node, model.Sequential):
            yield from _certain(node.nodes)
        elif isinstance(node, model.Repeat):
            for iteration in node.iterations:
                yield from _certain(iteration)
        elif isinstance(node, model.Choice) and node.taken is not None:
            yield from _certain(node.nodes)


def _submodule(module: nn.Module, key: str) -> nn.Module | None:
    """The layer of that key, or None where the generated code has none: a function, or an activation under another name."""
    found: nn.Module = module
    for part in key.split("."):
        children = dict(found.named_children())
        if part not in children:
            return None
        found = children[part]
    return found
