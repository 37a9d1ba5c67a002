"""Holds every class against the instances that it must reproduce: the same layers under the same keys with the same
arguments. A difference is a bug of specc, not of the spec."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Expr
from specc.elaborate.trace import BlockLayer, Instance, OpLayer, ScanLayer, SeqLayer, Static, TensorMember
from specc.elaborate.values import Recipe
from specc.elaborate.walk import introduced
from specc.emit.evaluate import CONTAINERS, Evaluator, Made, Wrong
from specc.emit.layers import layer_path
from specc.emit.library import EmittedClass, Library
from specc.emit.members import Places, python_name, shareable
from specc.emit.plan import FunctionPlan
from specc.ops.declare import Layer
from specc.types import DType


class InternalError(Exception):
    """A bug of specc."""


def validate(library: Library, functions: tuple[FunctionPlan, ...] = (), solver: Any = None) -> None:
    """Raises InternalError where a class would not build what an instance has."""
    evaluator = Evaluator({c.name: c.plan for c in library.classes}, {f.name: f for f in functions}, library.constants)
    for made in library.classes:
        for instance in made.generic.instances:
            _against(made, instance, evaluator, library, solver)


def _against(made: EmittedClass, instance: Instance, evaluator: Evaluator, library: Library, solver: Any) -> None:
    kwargs: dict[str, Any] = {}
    for size in made.sizes:
        fed = _input_types(instance)[size.index]
        kwargs[size.name] = plain(fed.shape[size.symbol.axis] if fed is not None else None, solver)
    taken = {param.name for param in made.plan.params}
    for name, value in instance.params.items():
        if python_name(name) in taken:
            kwargs[python_name(name)] = plain(value, solver)
    try:
        built = evaluator.construct(made.plan, (), kwargs)
    except Wrong as why:
        raise InternalError(f"{made.name}({_shown(kwargs)}): {why}") from why
    found = flat_made(built, library)
    wanted = flat_instance(instance, library, solver)
    for key, (path, values) in wanted.items():
        if key not in found:
            raise InternalError(f"{made.name}({_shown(kwargs)}) does not make {key}, {path}")
        if found[key][0] != path:
            raise InternalError(f"{made.name}({_shown(kwargs)}): {key} is {found[key][0]}, not {path}")
        got = bound(found[key][1], values)
        if got != values:
            raise InternalError(f"{made.name}({_shown(kwargs)}): {key} is {path} with {got}, not {values}")
    shared = {(name, call.partition("(")[0]) for c in library.classes for call, name in c.places.calls.items()}
    extra = [  # an activation that only other instances use weighs nothing
        key for key, (path, _) in found.items() if key not in wanted and (key.rpartition(".")[2], path) not in shared
    ]
    if extra:
        raise InternalError(f"{made.name}({_shown(kwargs)}) makes {extra[0]}, {found[extra[0]][0]}, which the instance lacks")


def _input_types(instance: Instance) -> list[Any]:
    entry = next(iter(instance.entries.values()))
    return [getattr(value, "type", None) for _, value in entry.inputs]


def _shown(kwargs: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in kwargs.items())


def plain(value: Any, solver: Any) -> Any:
    """A compile-time value as Python's: ints, floats, strings, tuples."""
    if isinstance(value, Static):
        value = value.value
    if isinstance(value, Expr):
        resolved = solver.resolve(value) if solver is not None else value
        return resolved if isinstance(resolved, int) else str(resolved)
    if isinstance(value, list | tuple):
        return tuple(plain(item, solver) for item in value)
    if isinstance(value, DType):
        return f"torch.{value.name}"
    return value


def flat_made(made: Made, library: Library, prefix: str = "") -> dict[str, tuple[str, Made]]:
    """The leaves of a module by key."""
    classes = {c.name for c in library.classes}
    out: dict[str, tuple[str, Made]] = {}
    for key, child in made.children.items():
        if not isinstance(child, Made):
            continue
        if child.kind in classes or child.kind in CONTAINERS:
            out.update(flat_made(child, library, f"{prefix}{key}."))
        else:
            out[prefix + key] = (child.kind, child)
    return out


def bound(made: Made, values: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a built layer by name, as far as `values` (the expected ones, in torch's order) names them; what
    was left out is the default."""
    names = list(values)
    out: dict[str, Any] = {}
    for name, value in zip(names, made.args, strict=False):
        out[name] = plain(value, None)
    for name, value in made.kwargs.items():
        if name != "inplace":
            out[name] = plain(value, None)
    defaults = made_defaults.get(made.kind, {})
    for name in names:
        if name not in out:
            out[name] = plain(defaults.get(name, values[name]), None)
    return {name: out[name] for name in (*names, *(extra for extra in out if extra not in values))}


made_defaults: dict[str, dict[str, Any]] = {}


def flat_instance(instance: Instance, library: Library, solver: Any, prefix: str = "") -> dict[str, tuple[str, dict[str, Any]]]:
    """The layers of an instance by key, with the values of their arguments."""
    places = next((c.places for c in library.classes if any(i is instance for i in c.generic.instances)), None)
    out: dict[str, tuple[str, dict[str, Any]]] = {}
    for entry in instance.entries.values():
        _flat_items(entry.items, instance, library, solver, prefix, places, out, top=True)
    return out


def _flat_items(
    items: list[Any], instance: Instance, library: Library, solver: Any, prefix: str, places: Places | None,
    out: dict[str, tuple[str, dict[str, Any]]], *, top: bool,
) -> None:  # fmt: skip
    for member in introduced(items):
        keys = [prefix + ".".join(str(part) for part in member.path)]
        layer = member.layer
        if top and places is not None and id(member.origin) in places.renamed_by_origin:
            keys = [prefix + places.renamed_by_origin[id(member.origin)]]
        if isinstance(layer, OpLayer):
            if top and shareable(member) and places is not None:
                names = places.shared_by_origin.get(id(member.origin))
                if names is None:
                    raise InternalError(f"nothing stands for {keys[0]}, {layer.op.name}")
                keys = [prefix + name for name in names]
            kind = layer_path(layer.op)
            for wrapping in layer.wrappings:
                kind = f"{wrapping.op.torch}({kind})"
            out.update(dict.fromkeys(keys, (kind, op_values(layer.op, kind, solver))))
        elif isinstance(layer, BlockLayer | ScanLayer):
            layer = layer.cell if isinstance(layer, ScanLayer) else layer
            if layer.instance is not None:
                out.update(flat_instance(layer.instance, library, solver, keys[0] + "."))
        elif isinstance(layer, SeqLayer):
            _flat_items(layer.items, instance, library, solver, keys[0] + ".", places, out, top=False)
        elif isinstance(layer, TensorMember):
            kind = "nn.Parameter" if layer.keyword == "param" else layer.keyword
            out[keys[0]] = (kind, {})


def op_values(op: Layer, kind: str, solver: Any) -> dict[str, Any]:
    """Every parameter of a layer, in torch's order; also tells `bound` what the defaults are."""
    made_defaults.setdefault(kind, {name: param.default for name, param in op.params.items() if not param.inferred})
    return {name: plain(getattr(op, name), solver) for name in op.params}


__all__ = ["InternalError", "Recipe", "validate"]
