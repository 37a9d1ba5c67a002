"""What a body computes in vain, read off its traces once a file has been checked without errors: outputs that no input
reaches, weights that reach no output, states that nothing reads, conditions that are always the same, loops that never run.

A place is told only if it is so in every instance of every model and variant, and only in the file itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from specc.dims.expr import Expr
from specc.elaborate.program import Program
from specc.elaborate.trace import (
    Apply,
    BlockLayer,
    Branch,
    EntryTrace,
    FunctionUse,
    Instance,
    Item,
    LayerLike,
    Loop,
    Member,
    OpLayer,
    ScanLayer,
    Static,
    Tensor,
    TensorMember,
)
from specc.pycode import Attr, Code, Lit, Path, SizeOf, Var
from specc.pycode import Item as Index
from specc.source import SourceFile, Span


class Findings:
    """Places by what is the matter there; each holds for every instance that has passed so far."""

    def __init__(self) -> None:
        self.apart: dict[Span, str] = {}
        """Outputs that do not depend on any input, by name."""
        self.idle: dict[Span, tuple[str, tuple[Span, ...]]] = {}
        """Learned tensors and layers with weights that no output depends on: their keys, and where what they make ends."""
        self.unread: dict[Span, str] = {}
        """States that nothing reads."""
        self.settled: dict[Span, bool] = {}
        """Conditions that no parameter and no size changes, with what they always are."""
        self.empty: dict[Span, str] = {}
        """Loops that never run."""


def findings(programs: Sequence[Program], source: SourceFile) -> Findings:
    """What is in vain in a file."""
    found = Findings()
    good: dict[str, set[Span]] = {"apart": set(), "idle": set(), "unread": set(), "settled": set(), "empty": set()}
    for program in programs:
        for instance in [*program.instances.values(), *([program.root] if program.root else [])]:
            if instance.definition.node.span.source is source and not instance.poisoned:
                _Body(instance, program, found, good).read()
    for word, fine in good.items():
        kept = getattr(found, word)
        setattr(found, word, {span: kept[span] for span in kept if span not in fine and span.source is source})
    return found


class _Body:
    """One instance."""

    def __init__(self, instance: Instance, program: Program, found: Findings, good: dict[str, set[Span]]) -> None:
        self.instance = instance
        self.program = program
        self.found = found
        self.good = good
        self.sources: dict[int, list[int]] = {}
        """Tensors (by id) with those that they are made from."""
        self.reading: dict[int, list[Member]] = {}
        """Tensors with the layers that make them."""
        self.sized: set[int] = set()
        """Tensors that something of the constructor or of sizes goes into."""
        self.places: dict[int, Span] = {}
        """Where tensors are made."""

    def read(self) -> None:
        instance = self.instance
        entries = list(instance.entries.values())
        for entry in entries:
            self.items(entry.items)
        for entry in entries:
            self.outputs(entry)
            self.states(entry)
            self.conditions(entry.items)
        results = [tensor for entry in entries for _, value in entry.results() for tensor in _tensors(value)]
        self.learned(self.closure([tensor.id for tensor in results]))

    # --- what is made of what ---------------------------------------------------------------------------------

    def items(self, items: Sequence[Item]) -> None:
        for item in items:
            if isinstance(item, Apply):
                self.apply(item)
            elif isinstance(item, Branch):
                self.items(item.then)
                self.items(item.orelse)
                for join in item.joins:
                    self.sources.setdefault(join.result.id, []).extend((join.then.id, join.orelse.id))
            elif isinstance(item, Loop):
                for body in item.bodies:
                    self.items(body)
                for carried in item.carried:
                    begins = [t.id for value in (carried.before, carried.after) for t in _tensors(value)]
                    for value in (carried.inside, carried.result):
                        for tensor in _tensors(value):
                            self.sources.setdefault(tensor.id, []).extend(begins)

    def apply(self, item: Apply) -> None:
        values: list[Any] = list(item.inputs.values())
        members: list[Member] = []
        if isinstance(item.target, FunctionUse):
            values += [*item.target.operands.values(), *item.target.given.values()]
        elif isinstance(item.target, Member):
            members.append(item.target)
        if item.inner:
            self.items(item.inner)
        made_from = [tensor.id for value in values for tensor in _tensors(value)]
        made_from += [item.inner_result.id] if item.inner_result is not None else []
        sized = any(_reads_names(value) for value in values if not isinstance(value, Tensor))
        for output in item.outputs:
            self.sources.setdefault(output.id, []).extend(made_from)
            self.reading.setdefault(output.id, []).extend(members)
            self.places[output.id] = item.span
            if sized:
                self.sized.add(output.id)

    def closure(self, roots: Sequence[int]) -> set[int]:
        seen = set(roots)
        waiting = list(roots)
        while waiting:
            for tensor in self.sources.get(waiting.pop(), ()):
                if tensor not in seen:
                    seen.add(tensor)
                    waiting.append(tensor)
        return seen

    def weights(self, results: set[int]) -> dict[int, Member]:
        """Tensors of the body that are weights, with the member that holds them."""
        found: dict[int, Member] = {}
        codes = self.program.weight_codes
        mentioned = {tensor for made in self.sources.values() for tensor in made} | results
        for tensor in sorted(mentioned & codes.keys()):
            parts = _dotted(codes[tensor]).split(".")
            for length in range(len(parts), 0, -1):
                member = self.instance.members.get(".".join(parts[:length]))
                if member is not None:
                    found[tensor] = member
                    break
        return found

    # --- what is told ---------------------------------------------------------------------------------------

    def note(self, word: str, span: Span, value: Any, vain: bool) -> None:
        if vain:
            getattr(self.found, word).setdefault(span, value)
        else:
            self.good[word].add(span)

    def learned(self, live: set[int]) -> None:
        """What learns must reach an output. A tie keeps what it names."""
        weights = self.weights(live)
        used = {id(member) for tensor in live for member in self.reading.get(tensor, [])}
        used |= {id(weights[tensor]) for tensor in live if tensor in weights}
        tied = [".".join(side) for pair in self.instance.ties for side in pair]
        for key, member in self.instance.members.items():
            if id(member) in used or any(name == key or name.startswith(key + ".") for name in tied):
                self.good["idle"].add(member.span)
            elif _learns(member.layer):
                self.note("idle", member.span, (key, self.ends(member, weights)), True)

    def ends(self, member: Member, weights: dict[int, Member]) -> tuple[Span, ...]:
        """Where the results are made that nothing takes, on the way from a member."""
        reached = {tensor for tensor, members in self.reading.items() if any(m is member for m in members)}
        reached |= {tensor for tensor, owner in weights.items() if owner is member}
        while True:
            more = {made for made, sources in self.sources.items() if not reached.isdisjoint(sources)} - reached
            if not more:
                break
            reached |= more
        taken = {tensor for sources in self.sources.values() for tensor in sources}
        return tuple(self.places[tensor] for tensor in sorted(reached - taken) if tensor in self.places)

    def outputs(self, entry: EntryTrace) -> None:
        given = {tensor.id for _, value in entry.inputs for tensor in _tensors(value)}
        given |= {state.tensor.id for state in entry.states}
        if not given:
            return  # it makes something of nothing, or of a number
        for name, value in entry.outputs:
            for tensor in _tensors(value):
                made_of = self.closure([tensor.id])
                self.note(
                    "apart",
                    entry.places.get(name, tensor.span),
                    name,
                    made_of.isdisjoint(given) and made_of.isdisjoint(self.sized),
                )

    def states(self, entry: EntryTrace) -> None:
        taken = {tensor for made in self.sources.values() for tensor in made}
        taken |= {tensor.id for _, value in entry.outputs for tensor in _tensors(value)}
        for state in entry.states:
            self.note("unread", state.span, state.name, state.tensor.id not in taken and state.next is not state.tensor)

    def conditions(self, items: Sequence[Item]) -> None:
        for item in items:
            if isinstance(item, Branch):
                if item.taken is not None and not item.runtime:
                    same = self.found.settled.get(item.span, item.taken) is item.taken
                    self.note("settled", item.span, item.taken, same and self.fixed(item.condition))
                self.conditions([*item.then, *item.orelse])
            elif isinstance(item, Loop):
                never = not item.bodies and isinstance(item.count, int) and item.count == 0
                self.note("empty", item.span, "", never and self.fixed(item.iterable))
                for body in item.bodies:
                    self.conditions(body)
            elif isinstance(item, Apply):
                self.conditions(item.inner)

    def fixed(self, code: Code) -> bool:
        """Does no parameter, and no size that another use may have, change its value?"""
        return all(name in self.settled_names() for name in _names(code))

    def settled_names(self) -> set[str]:
        instance = self.instance
        own = {name for item in self.all_items() if isinstance(item, Loop) for name in item.targets} | set(instance.params)
        found = set(instance.definition.scope.constants) - own
        if instance is self.program.root and not self.program.inputs:
            sizes = [size for entry in instance.entries.values() for size in entry.sizes]
            found |= {size.name for size in sizes if isinstance(size.dim, Expr)} - own
        return found

    def all_items(self) -> Iterator[Item]:
        def walk(items: Sequence[Item]) -> Iterator[Item]:
            for item in items:
                yield item
                if isinstance(item, Branch):
                    yield from walk([*item.then, *item.orelse])
                elif isinstance(item, Loop):
                    for body in item.bodies:
                        yield from walk(body)
                elif isinstance(item, Apply):
                    yield from walk(item.inner)

        for entry in self.instance.entries.values():
            yield from walk(entry.items)


def _learns(layer: LayerLike) -> bool:
    if isinstance(layer, TensorMember):
        return layer.keyword == "param"
    if isinstance(layer, OpLayer):
        return layer.applied is not None and any(w.present and not w.buffer for w in layer.state().values())
    if isinstance(layer, ScanLayer):
        return _learns(layer.cell)
    if isinstance(layer, BlockLayer):
        return layer.instance is not None and any(_learns(m.layer) for m in layer.instance.members.values())
    return False  # a sequence's layers are members of their own


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Static):
        yield from _tensors(value.value)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)


def _reads_names(value: Any) -> bool:
    if isinstance(value, Static):
        return isinstance(value.value, Expr) or any(True for _ in _names(value.code))
    return isinstance(value, list) and any(_reads_names(item) for item in value)


def _names(code: Any) -> Iterator[str]:
    if isinstance(code, Var):
        yield code.name
    elif isinstance(code, SizeOf):
        yield ""
    elif isinstance(code, Code):
        for field in code._fields:
            yield from _names(getattr(code, field))
    elif isinstance(code, tuple | list):
        for part in code:
            yield from _names(part)


def _dotted(code: Code) -> str:
    """The key that `self.a[0].b` stands for."""
    if isinstance(code, Index):
        (part,) = code.items
        return f"{_dotted(code.value)}.{part.value if isinstance(part, Lit) else ''}"
    if isinstance(code, Attr):
        return code.name if isinstance(code.value, Path) else f"{_dotted(code.value)}.{code.name}"
    return ""


__all__ = ["Findings", "findings"]
