"""How the sizes, titles and subtitles of a body are written: as they are in one instance, or, for a definition that is used
in several ways, in the names that hold for all of them.

A name is only written where it holds: `width` stands for the sizes 64, 128, 256 of three uses if those are the values of the
parameter `width` in these uses, one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from specc.draw import words
from specc.graph import model
from specc.graph.model import Size

_NUMBER = re.compile(r"\d+")
_FACTORS = range(2, 9)

Values = tuple[object, ...]
"""A value in each instance; None where an instance has no such thing."""


class Naming:
    """The words of one instance, `others` being the further instances that the same picture stands for."""

    def __init__(
        self,
        program: model.Program,
        instance: model.Instance,
        others: Sequence[model.Instance] = (),
        declared: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.program = program
        self.instance = instance
        self.all = (instance, *others)
        self.batch = _batch(instance)
        self.names: dict[str, Values] = {}
        self.rows: dict[int, tuple[str, ...]] = {}  # rank -> the names of the first input with this rank
        self.made: dict[str, Values] = {}  # tensor -> the same tensor in each instance
        self.nodes: list[dict[tuple[object, ...], model.AnyNode]] = []
        self.keys: dict[str, tuple[object, ...]] = {}
        if others:
            self.collect(declared or {})

    # --- what one instance says ---------------------------------------------------------------------------------

    def dims(self, tensor: str) -> tuple[str, ...]:
        """The sizes of a tensor without the batch."""
        dims = self.instance.tensors[tensor].type.dims
        start = 1 if dims and dims[0] in self.batch else 0
        if len(self.all) == 1 or tensor not in self.made:
            return tuple(str(dim) for dim in dims[start:])
        row = self.rows.get(len(dims), ())
        return tuple(self.size(self.across(tensor, k), row[k] if row else "") for k in range(start, len(dims)))

    def full(self, tensor: str) -> str:
        return str(self.instance.tensors[tensor].type)

    def subtitle(self, op: model.Op) -> str:
        """The subtitle of an operation, with a parameter's name for a number that follows it."""
        if len(self.all) == 1 or op.id not in self.keys:
            return op.subtitle
        found = [nodes.get(self.keys[op.id]) for nodes in self.nodes]
        texts = [node.subtitle.split(", ") for node in found if isinstance(node, model.Op)]
        there = [k for k, node in enumerate(found) if isinstance(node, model.Op)]
        return ", ".join(self.part(part, texts, there) for part in texts[0])

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
            return self.size(tuple(known))

        return re.sub(r"\b(\w+) \1\b", r"\1", _NUMBER.sub(name, part))

    def chosen(self, number: str, values: Sequence[object], there: Sequence[int]) -> str:
        """The parameter that a number follows which only some subtitles tell, the others having its default."""
        for name, known in self.names.items():
            pairs = [(value, known[n]) for value, n in zip(values, there, strict=True)]
            if all(a == b if a is not None else b != int(number) for a, b in pairs):
                return name
        return number

    def parameters(self, callee: model.Instance, varying: Sequence[str], usual: Mapping[str, object]) -> str:
        """The arguments that tell a use of a block from its other uses: `64, stride 2`."""
        written = []
        for k, (name, value) in enumerate(callee.parameters.items()):
            if name not in varying or (k and value == usual.get(name)):
                continue
            if isinstance(value, bool):
                written.append(name if value else f"not {name}")
            elif not isinstance(value, dict | list):
                written.append(words.value(value) if not k else f"{name} {words.value(value)}")
        return ", ".join(written)

    def optional(self, choice: model.Choice) -> str:
        """The condition of a part that not all instances have; "" for one that they all have."""
        key = self.keys.get(choice.id)
        if len(self.all) == 1 or key is None:
            return ""
        twins = [nodes.get(key) for nodes in self.nodes]
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
                twins = [nodes.get(self.keys[node.id]) for nodes in self.nodes]
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
        formula of names, else the first. `first` is the name to be tried before the others."""
        if len({repr(value) for value in values if value is not None}) == 1:
            return str(values[0])
        for text, known in self.candidates(first):
            if all(a == b or a is None for a, b in zip(values, known, strict=True)):
                return text
        return str(values[0])

    def candidates(self, first: str) -> Iterator[tuple[str, Values]]:
        """Names, then names times and through small numbers, then names times and through parameters."""
        names = {name: self.names[name] for name in ([first] if first in self.names else []) + list(self.names)}
        yield from names.items()
        numbers = {name: values for name, values in names.items() if all(isinstance(v, int) for v in values)}
        for name, values in numbers.items():
            for factor in _FACTORS:
                yield f"{factor}*{name}", tuple(factor * _int(v) for v in values)
                yield f"{name}//{factor}", tuple(_int(v) // factor for v in values)
        for name, values in numbers.items():
            for other, divisors in numbers.items():
                if other != name and other in self.instance.parameters and 0 not in divisors:
                    pairs = [(_int(a), _int(b)) for a, b in zip(values, divisors, strict=True)]
                    yield f"{name}//{other}", tuple(a // b for a, b in pairs)
                    yield f"{name}*{other}", tuple(a * b for a, b in pairs)


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
    """The nodes of forward by where they stand in the source, the times they stand there told apart."""
    seen: Counter[tuple[object, ...]] = Counter()
    for node in model.walk(instance.forward.nodes):
        name = node.name if isinstance(node, model.Op) else node.node
        key = (node.place.line, node.place.column, name)
        seen[key] += 1
        yield (*key, seen[key]), node


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
    return isinstance(value, int | str) and not isinstance(value, bool)


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
