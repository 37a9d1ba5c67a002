"""The weights that a checked program has: the names, shapes and ties of its state_dict, without building it."""

from __future__ import annotations

from specc.graph import model
from specc.graph.formula import number
from specc.record import Record


class Wanted(Record):
    """A tensor of a state_dict. Names with the same `one` are one tensor: it is the first of them."""

    shape: tuple[int, ...]
    one: str


def wanted(program: model.Program) -> dict[str, Wanted]:
    """The whole state_dict by key, as inferred."""
    shapes: dict[str, tuple[int, ...]] = {}
    tied: dict[str, str] = {}

    def visit(instance: model.Instance, prefix: str) -> None:
        for key, member in instance.members.items():
            if member.role != "constant":
                for name, weight in member.weights.items():
                    full = f"{prefix}{key}.{name}".rstrip(".")
                    shapes[full] = tuple(number(dim, {}) for dim in weight.shape)
                    if weight.tied is not None:
                        tied[full] = prefix + weight.tied
            if member.instance is not None:
                visit(program.instances[member.instance], f"{prefix}{key}.")

    visit(program.main, "")

    def one(name: str) -> str:
        while name in tied:
            name = tied[name]
        return name

    return {name: Wanted(shape, one(name)) for name, shape in shapes.items()}
