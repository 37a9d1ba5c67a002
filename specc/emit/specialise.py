"""Classes without parameters: every instance as one of its own, with what loops and branches became written out. The way out
where a definition cannot be written once for all its instances."""

from __future__ import annotations

from typing import Any

from specc.elaborate.generic import Generic
from specc.elaborate.trace import BlockLayer, Instance, Introduce, ScanLayer
from specc.emit.trace_walk import instance_items


def specialised(program: Any) -> list[Generic]:
    """A class for each instance of an elaborated program, callees before callers."""
    out: list[Generic] = []
    seen: set[int] = set()

    def visit(instance: Instance) -> None:
        if id(instance) in seen:
            return
        seen.add(id(instance))
        for item in instance_items(instance):
            layer = item.member.layer if isinstance(item, Introduce) else None
            layer = layer.cell if isinstance(layer, ScanLayer) else layer
            if isinstance(layer, BlockLayer) and layer.instance is not None:
                visit(layer.instance)
        rest = (program.solver, program.weight_codes, program.optional)
        out.append(Generic(instance.definition, instance, dict(instance.params), (instance,), *rest))

    visit(program.root)
    return out
