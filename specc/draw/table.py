"""The table that Keras users know: a row a layer, with its name, class, input and output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specc.draw import words
from specc.draw.fold import reads, stretches
from specc.draw.picture import Row
from specc.graph import model
from specc.record import Record


class _At(Record):
    """The body whose rows are made, how often each of its tensors is read, how deep it stands, how often it is run."""

    instance: model.Instance
    reads: dict[str, int]
    depth: int
    times: int = 1


def table(program: model.Program, depth: int | None) -> tuple[Row, ...]:
    """The rows of the model's main entry, `depth` levels of blocks deep (None: all). Equal layers in a row are one row."""
    main = program.main
    rows = [Row(0, "io", a.name, "input", "", _type(main, a.tensor)) for a in main.forward.inputs]
    rows += _rows(program, main.forward.nodes, _At(main, reads(main.forward), 0), depth)
    for result in main.forward.outputs:
        rows.append(Row(0, "io", result.name, "output", _type(main, *result.tensors), ""))
    return tuple(rows)


def _rows(program: model.Program, nodes: Sequence[model.AnyNode], at: _At, depth: int | None) -> Iterator[Row]:
    for run in stretches(nodes, at.reads):
        node = run[0]
        times = at.times * len(run)
        if isinstance(node, model.Repeat):
            start = 0
            for length in node.runs if not node.carried else (1,):
                yield from _rows(program, node.iterations[start], at.replace(times=at.times * length), depth)
                start += length
        elif isinstance(node, model.Choice):
            yield from _rows(program, node.nodes, at, depth)
            yield from _rows(program, node.orelse, at, depth)
        elif isinstance(node, model.Sequential):
            yield from _rows(program, node.nodes, at, depth)
        elif isinstance(node, model.Op):
            if node.member is not None or node.kind not in ("view", "create"):
                title = f"{node.name} {words.grouped(words.clean(node.subtitle))}".strip()
                yield _row(node, node.kind, node.member or "", title, at, times)
        else:
            callee = program.instances[node.instance]
            yield _row(
                node,
                "block",
                node.member or node.entry if isinstance(node, model.Call) else node.member,
                callee.definition,
                at,
                times,
            )
            if depth is None or at.depth < depth:
                entry = callee.entries[node.entry] if isinstance(node, model.Call) else callee.forward
                yield from _rows(program, entry.nodes, _At(callee, reads(entry), at.depth + 1), depth)


def _row(node: model.Op | model.Call | model.Scan, kind: str, name: str, title: str, at: _At, times: int) -> Row:
    inputs = [wire.tensor for wire in node.inputs if at.instance.tensors[wire.tensor].weight is None]
    return Row(at.depth, kind, name, words.clean(title), _type(at.instance, *inputs), _type(at.instance, *node.outputs), times)


def _type(instance: model.Instance, *tensors: str | None) -> str:
    return ", ".join("dim" if name is None else str(instance.tensors[name].type) for name in tensors)
