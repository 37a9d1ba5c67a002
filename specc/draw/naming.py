"""How the sizes, titles and subtitles of a body are written: as they are in one instance, or, for a definition that is used
in several ways, in the names that hold for all of them.

A name is only written where it holds: `width` stands for the sizes 64, 128, 256 of three uses if those are the values of the
parameter `width` in these uses, one by one. Sizes in symbols are compared by their values at samples.SAMPLES.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from specc.draw import words
from specc.draw.declared import Declared
from specc.draw.samples import SAMPLES, sampled
from specc.graph import model
from specc.graph.model import Size

_NUMBER = re.compile(r"\d+")
_FACTORS = range(2, 9)
Values = tuple[object, ...]
"""A value in each instance; None where an instance has no such thing."""


class Naming:
    """The words of one instance, `others` being the further instances that the same picture stands for. `outer` are the words
    of the surroundings, with the numbers of the instances there that these are parts of: their names hold here too."""

    def __init__(
        self,
        program: model.Program,
        instance: model.Instance,
        others: Sequence[model.Instance] = (),
        declared: Declared | None = None,
        outer: Naming | None = None,
        there: Sequence[int] = (),
    ) -> None:
        self.program = program
        self.instance = instance
        self.all = (instance, *others)
        self.batch = _batch(instance)
        self.declared = declared or {}
        names = outer.names if outer is not None else {}
        self.names: dict[str, Values] = {name: tuple(values[k] for k in there) for name, values in names.items()}
        self.scales: list[str] = [
            *instance.parameters,
            *(outer.scales if outer is not None else ()),
        ]  # what sizes are divided by
        self.rows: dict[int, tuple[str, ...]] = {}  # rank -> the names of the first input with this rank
        self.before: dict[tuple[int, int], tuple[str, Values]] = {}  # rank, dimension -> what was written last, and its values
        self.made: dict[str, Values] = {}  # tensor -> the same tensor in each instance
        self.nodes: list[dict[tuple[object, ...], model.AnyNode]] = []
        self.keys: dict[str, tuple[object, ...]] = {}
        if others:
            self.collect(self.declared.get(instance.definition, {}))

    def inside(self, node: model.Call | model.Scan) -> Naming | None:
        """The words of a block that this body uses, for all instances that have this use; None where there is one."""
        twins = self.twins(node)
        there = [k for k, twin in enumerate(twins) if isinstance(twin, model.Call | model.Scan)]
        callees = [self.program.instances[twin.instance] for twin in twins if isinstance(twin, model.Call | model.Scan)]
        if len(self.all) == 1 or len({callee.definition for callee in callees}) != 1:
            return None
        return Naming(self.program, callees[0], callees[1:], self.declared, self, there)

    def twins(self, node: model.AnyNode) -> list[model.AnyNode | None]:
        """The same node in each instance."""
        key = self.keys.get(node.id)
        return [None if key is None else nodes.get(key) for nodes in self.nodes]

    # --- what one instance says ---------------------------------------------------------------------------------

    def dims(self, tensor: str) -> tuple[str, ...]:
        """The sizes of a tensor without the batch."""
        dims = self.instance.tensors[tensor].type.dims
        start = 1 if dims and dims[0] in self.batch else 0
        if len(self.all) == 1 or tensor not in self.made:
            return tuple(str(dim) for dim in dims[start:])
        row = self.rows.get(len(dims), ())
        return tuple(
            self.flowing(self.across(tensor, k), row[k] if row else "", (len(dims), k)) for k in range(start, len(dims))
        )

    def flowing(self, values: Values, first: str, place: tuple[int, int]) -> str:
        """A size of a tensor. Where not all instances have the tensor, it is called what it was before on its way, or by
        the one name that it can have."""
        wanted = tuple(map(sampled, values))
        if None not in wanted:
            text = self.size(values, first)
            self.before[place] = text, wanted
            return text
        text, known = self.before.get(place, ("", ()))
        if known and _agree(wanted, known):
            return text
        possible = [name for name in self.names if self.is_called(name, wanted)]
        return possible[0] if len(possible) == 1 else self.size(values, first)

    def full(self, tensor: str) -> str:
        return str(self.instance.tensors[tensor].type)

    def subtitle(self, op: model.Op) -> str:
        """The subtitle of an operation, with a parameter's name for a number that follows it."""
        if len(self.all) == 1 or op.id not in self.keys:
            return op.subtitle
        found = self.twins(op)
        texts = [node.subtitle.split(", ") for node in found if isinstance(node, model.Op)]
        there = [k for k, node in enumerate(found) if isinstance(node, model.Op)]
        return ", ".join(self.part(part, texts, there) for part in texts[0])

    def number(self, op: model.Op, argument: str) -> str:
        """A plain number that an operation is given; "" where it is another in other uses and no name tells how."""
        value = op.arguments[argument]
        if len(self.all) == 1 or op.id not in self.keys:
            return words.value(value)
        found = [twin.arguments.get(argument) if isinstance(twin, model.Op) else None for twin in self.twins(op)]
        if found.count(value) == len(found):
            return words.value(value)
        shown = self.size(tuple(found))
        return "" if shown == words.UNSAID else words.operand(shown)

    def part(self, part: str, texts: Sequence[Sequence[str]], there: Sequence[int]) -> str:
        """One of the parts between commas; `there` are the instances that the texts are of."""
        skeleton = _NUMBER.sub("#", part)
        same = [next((t for t in text if _NUMBER.sub("#", t) == skeleton), None) for text in texts]
        numbers = [None if text is None else [int(n) for n in _NUMBER.findall(text)] for text in same]
        position = iter(range(len(numbers[0] or ())))

        def name(match: re.Match[str]) -> str:
            k = next(position)
            values = [None if found is None else found[k] for found in numbers]
            if None in values:
                return self.chosen(match[0], values, there)
            known: list[object] = [None] * len(self.all)
            for n, value in zip(there, values, strict=True):
                known[n] = value
            return self.size(tuple(known), named)

        named = _NUMBER.split(part)[0].strip()  # `stride 2`: the parameter `stride`, if it is that here
        return re.sub(r"\b(\w+) \1\b", r"\1", _NUMBER.sub(name, part))

    def chosen(self, number: str, values: Sequence[object], there: Sequence[int]) -> str:
        """The parameter that a number follows which only some subtitles tell, the others having its default."""
        for name, known in self.names.items():
            pairs = [(value, known[n]) for value, n in zip(values, there, strict=True)]
            if all(a == b if a is not None else b != int(number) for a, b in pairs):
                return name
        return number

    def parameters(self, node: model.Call | model.Scan, varying: Sequence[str], usual: Mapping[str, object]) -> str:
        """The arguments that tell a use of a block from its other uses: `64, stride 2`."""
        written = []
        twins = [twin.instance if isinstance(twin, model.Call | model.Scan) else None for twin in self.twins(node)]
        for k, (name, value) in enumerate(self.program.instances[node.instance].parameters.items()):
            if name not in varying or (k and value == usual.get(name)):
                continue
            if isinstance(value, bool):
                written.append(name if value else f"not {name}")
            elif not isinstance(value, dict | list):
                shown = words.value(value)
                if len(self.all) > 1 and _is_size(value):
                    found = [None if t is None else self.program.instances[t].parameters.get(name) for t in twins]
                    shown = words.formula(self.size(tuple(found), name))
                written.append(shown if not k else f"{name} {shown}".replace(f"{name} {name}", name))
        return ", ".join(written)

    def optional(self, choice: model.Choice) -> str:
        """The condition of a part that not all instances have; "" for one that they all have."""
        key = self.keys.get(choice.id)
        if len(self.all) == 1 or key is None:
            return ""
        twins = self.twins(choice)
        if all(isinstance(twin, model.Choice) and twin.taken == choice.taken for twin in twins):
            return ""
        condition = choice.condition.replace("!=", "≠").replace("<=", "≤").replace(">=", "≥").replace("==", "=")
        return condition if choice.taken else f"not ({condition})"

    # --- what holds for all -------------------------------------------------------------------------------------

    def collect(self, declared: Mapping[str, tuple[str, ...]]) -> None:
        """Brings the instances' nodes and tensors together by their places in the source, and names what varies."""
        for instance in self.all:
            self.nodes.append(dict(_keyed(instance)))
        self.keys = {node.id: key for key, node in self.nodes[0].items()}
        for node in self.nodes[0].values():
            if isinstance(node, model.Use):
                twins = self.twins(node)
                for k, tensor in enumerate(node.outputs):
                    self.made[tensor] = tuple(
                        t.outputs[k] if isinstance(t, model.Use) and k < len(t.outputs) else None for t in twins
                    )
        for name in self.instance.parameters:
            self.name(name, tuple(instance.parameters.get(name) for instance in self.all))
        for k, argument in enumerate(self.instance.forward.inputs):
            tensors = tuple(i.forward.inputs[k].tensor if k < len(i.forward.inputs) else None for i in self.all)
            if argument.tensor is not None:
                self.made[argument.tensor] = tensors
                row = declared.get(argument.name, ())
                self.rows.setdefault(len(row), row)
                for n, name in enumerate(row):
                    self.name(name, self.across(argument.tensor, n))

    def name(self, name: str, values: Values) -> None:
        if name and name not in self.names and len(set(map(repr, values))) > 1 and all(_is_size(value) for value in values):
            self.names[name] = values

    def across(self, tensor: str, dim: int) -> Values:
        """A size of a tensor in each instance."""
        found: list[object] = []
        for instance, twin in zip(self.all, self.made[tensor], strict=True):
            dims = instance.tensors[str(twin)].type.dims if twin is not None else ()
            found.append(dims[dim] if dim < len(dims) else None)
        return tuple(found)

    def size(self, values: Values, first: str = "") -> str:
        """What is written for sizes that the instances have: a number if all agree, a name that has these values, a simple
        formula of names, else that it is not said. `first` is the name to be tried before the others."""
        wanted = tuple(None if value is None else sampled(value) for value in values)
        there = [value for value in values if value is not None]
        missing = len(there) < len(values)
        if len(set(map(repr, there))) == 1 and not (missing and self.is_called(first, wanted)):
            return str(there[0])
        if self.is_called(first, wanted):
            return first
        holding = [(text, name) for text, name, known in self.formulas if _agree(wanted, known)]
        best = [text for text, name in holding if name in (first, text)]  # plain names come first, then what is said of `first`
        return (best or [text for text, _ in holding] or [words.UNSAID])[0]

    def is_called(self, name: str, wanted: Values) -> bool:
        """Does a name hold where there is such a size at all?"""
        known = tuple(map(sampled, self.names.get(name, ())))
        return bool(known) and _agree(wanted, known)

    @cached_property
    def formulas(self) -> list[tuple[str, str, Values]]:
        """What can be said of a size and the name that it is said with, the simplest first: names; names through parameters
        and times them; names times and through small numbers; products of names; one less or more."""
        names = {name: tuple(map(sampled, values)) for name, values in self.names.items()}
        found: list[tuple[str, str, Values]] = [(name, name, values) for name, values in names.items()]
        names = {name: values for name, values in names.items() if None not in values}
        for name, values in names.items():
            for other, by in names.items():
                if other != name and other in self.scales and not any(0 in _row(one) for one in by):
                    found.append((f"{name}//{other}", name, _each(values, by, lambda a, b: a // b)))
                    found.append((f"({name} + {other} - 1)//{other}", name, _each(values, by, lambda a, b: -(-a // b))))
                    found.append((f"{name}*{other}", name, _each(values, by, lambda a, b: a * b)))
        for name, values in names.items():
            for factor in _FACTORS:
                by = ((factor,) * SAMPLES,) * len(values)
                found.append((f"{factor}*{name}", name, _each(values, by, lambda a, b: a * b)))
                found.append((f"{name}//{factor}", name, _each(values, by, lambda a, b: a // b)))
                found.append((f"({name} + {factor - 1})//{factor}", name, _each(values, by, lambda a, b: -(-a // b))))
        for k, (name, values) in enumerate(names.items()):
            for other, by in list(names.items())[k + 1 :]:
                found.append((f"{name}*{other}", name, _each(values, by, lambda a, b: a * b)))
        for name, values in names.items():
            found.append((f"{name} + 1", name, _each(values, values, lambda a, _: a + 1)))
            found.append((f"{name} - 1", name, _each(values, values, lambda a, _: a - 1)))
            found.append((f"1 - {name}", name, _each(values, values, lambda a, _: 1 - a)))
        return found


def varying(instances: Sequence[model.Instance]) -> tuple[list[str], dict[str, object]]:
    """The parameters that differ between the uses of a definition, and the value that each has most often."""
    names: list[str] = []
    usual: dict[str, object] = {}
    for name in instances[0].parameters:
        values = [instance.parameters.get(name) for instance in instances]
        counts = Counter(map(repr, values))
        if len(counts) > 1:
            names.append(name)
        most = counts.most_common(1)[0][0]
        usual[name] = next(value for value in values if repr(value) == most)
    return names, usual


def _keyed(instance: model.Instance) -> Iterator[tuple[tuple[object, ...], model.AnyNode]]:
    """The nodes of forward by where they stand in the source and what they stand in, the times they stand there told apart."""
    yield from _within((), instance.forward.nodes)


def _within(parent: tuple[object, ...], nodes: Sequence[model.AnyNode]) -> Iterator[tuple[tuple[object, ...], model.AnyNode]]:
    seen: Counter[tuple[object, ...]] = Counter()
    for node in nodes:
        name = node.name if isinstance(node, model.Op) else node.node
        place = (node.place.line, node.place.column, name)
        seen[place] += 1
        key = (*parent, (*place, seen[place]))
        yield key, node
        if isinstance(node, model.Sequential):
            yield from _within(key, node.nodes)
        elif isinstance(node, model.Repeat):
            for k, iteration in enumerate(node.iterations):
                yield from _within((*key, k), iteration)
        elif isinstance(node, model.Choice):
            yield from _within((*key, "then"), node.nodes)
            yield from _within((*key, "else"), node.orelse)


def _batch(instance: model.Instance) -> frozenset[Size]:
    """The symbols that come first in the first input of an entry: what runs side by side. A row of numbers is such a batch
    where the outputs begin with the same size."""
    found: set[Size] = set()
    for entry in instance.entries.values():
        first = next((a.tensor for a in entry.inputs if a.tensor is not None), None)
        dims = instance.tensors[first].type.dims if first is not None else ()
        ends = [instance.tensors[name].type.dims[:1] for result in entry.outputs for name in result.tensors]
        if dims and isinstance(dims[0], str) and dims[0].isidentifier() and (len(dims) > 1 or all(e == dims[:1] for e in ends)):
            found.add(dims[0])
    return frozenset(found)


def _is_size(value: object) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _agree(wanted: Values, known: Values) -> bool:
    """Are these the values wherever there is one?"""
    return all(a == b or a is None for a, b in zip(wanted, known, strict=True))


def _row(value: object) -> tuple[float, ...]:
    assert isinstance(value, tuple)
    return value


def _each(values: Values, others: Values, do: Callable[[float, float], float]) -> Values:
    """Sample by sample, in each instance."""
    pairs = zip(values, others, strict=True)
    return tuple(tuple(do(a, b) for a, b in zip(_row(one), _row(other), strict=True)) for one, other in pairs)
