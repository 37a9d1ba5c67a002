"""The table that Keras users know: a row a layer, with its name, class, input and output, joined by arrows. Its rows are the
steps of the cards with every block open; a norm, an activation or a dropout stands in the row of the layer that feeds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from specc.draw.column import placed
from specc.draw.flow import Frame, Step
from specc.draw.lower import Lower, Opens
from specc.draw.naming import Naming
from specc.draw.panels import joined, subtitle
from specc.draw.picture import Panel, Row, Wire
from specc.draw.steps import At
from specc.graph import model


def table(
    program: model.Program,
    opens: Opens,
    names: Callable[[str], Naming],
    varying: Mapping[str, tuple[list[str], dict[str, object]]],
) -> Panel:
    """The rows of the model's main entry, blocks open where `opens` says so."""
    return _Rows(program, opens, names, varying).panel()


class _Rows(Lower):
    """Steps that know their types and their names in the module tree."""

    def __init__(
        self,
        program: model.Program,
        opens: Opens,
        names: Callable[[str], Naming],
        varying: Mapping[str, tuple[list[str], dict[str, object]]],
    ) -> None:
        super().__init__(program, opens, names, varying)
        self.inputs: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self.members: dict[str, str] = {}

    def panel(self) -> Panel:
        program = self.program
        flow = self.entry(program.root, program.main.main)
        rows = [
            self.row(item) for key, item in flow.items.items() if not (key.startswith("out.") and _shape(item) == "io")
        ]  # what a model gives is the output of a row
        known = {row.id for row in rows}
        wires = [
            Wire(
                edge.source,
                edge.target,
                skip=_shape(flow.items[edge.target]) == "merge",
                dashed=edge.dashed or edge.backward,
                backward=edge.backward,
                full=edge.full,
            )
            for edge in flow.edges
            if edge.source in known and edge.target in known
        ]
        return placed(program.model, rows, wires)

    def row(self, item: Step | Frame) -> Row:
        badge = " ".join(item.badges)
        depth = len(list(self.above(item)))
        if isinstance(item, Frame):
            kind, title, told = "block", item.title or item.role, joined(item.notes)
        else:
            kind, title, told = item.kind, item.title, subtitle(item)
        name = self.members.get(item.id, "")
        before, after = self.inputs.get(item.id), self.outputs.get(item.id)
        if isinstance(item, Step) and item.shape in ("io", "state"):
            name, title = title, "input" if item.shape == "io" else "state"
            after = item.hint[0] if item.hint else None
            before = after if item.shape == "io" else None
        if before is None:
            before = _told(edge.full for edge in self.flow.edges if edge.target == item.id and not edge.backward)
        if after is None:
            after = next((edge.full for edge in self.flow.edges if edge.source == item.id), "")
        return Row(item.id, depth, kind, name, title, told, before, after, badge, item.hints())

    def above(self, item: Step | Frame) -> Iterator[str]:
        """The frames around an item, innermost first."""
        name = self.flow.around(item.id)
        while name:
            yield name
            name = self.flow.around(name)

    # --- what is noted as steps are made ------------------------------------------------------------------------

    def hidden(self, node: model.Op, at: At) -> bool:
        """A view that is a layer has a row; one in a formula has none."""
        return node.member is None and super().hidden(node, at)

    def op(self, node: model.Op, at: At) -> None:
        hidden = bool(node.inputs) and self.hidden(node, at)
        super().op(node, at)
        if not hidden and node.id in self.fed:
            self.note(self.fed[node.id], node, at)

    def finish(self, node: model.Call | model.Scan, step: Step, at: At) -> None:
        super().finish(node, step, at)
        self.note(step.id, node, at)

    def open(self, node: model.Call | model.Scan, callee: model.Instance, entry_name: str, at: At, title: str) -> Frame:
        frame = super().open(node, callee, entry_name, at, title)
        self.note(frame.id, node, at)
        return frame

    def note(self, step: str, node: model.Op | model.Call | model.Scan, at: At) -> None:
        """What a step is called, takes and gives; with a layer that joins it, it gives what that gives."""
        tensors = at.instance.tensors
        flowing = [wire.tensor for wire in node.inputs if tensors[wire.tensor].weight is None]
        self.members.setdefault(step, node.member or "")
        self.inputs.setdefault(step, _told(str(tensors[name].type) for name in flowing))
        self.outputs[step] = _told(str(tensors[name].type) for name in node.outputs)


def _told(types: Iterable[str]) -> str:
    """Types in a cell; of equal ones in a row, one: `float[B, 8] × 3`."""
    runs = [(found, len(list(same))) for found, same in groupby(types)]
    return ", ".join(f"{found} × {times}" if times > 1 else found for found, times in runs)


def _shape(item: Step | Frame) -> str:
    return item.shape if isinstance(item, Step) else ""
