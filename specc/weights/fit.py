"""Whether what is there fits what is wanted: which tensor becomes which, what is missing, left over or of another shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from specc.record import Record
from specc.weights.nearest import Neighbours, Shape, suggestions
from specc.weights.rules import Rule, Rules
from specc.weights.wanted import Wanted


class Move(Record):
    """How one wanted tensor is made: of `sources` joined along `dim`, each permuted first by `order`; or, for a split, of the
    stretch from `start` to `stop` of one. Then it has `shape`."""

    target: str
    sources: tuple[str, ...]
    shape: Shape
    order: tuple[int, ...] = ()
    dim: int = 0
    start: int = 0
    stop: int | None = None


class Problem(Record):
    """What does not agree. `kind` is missing, unexpected, shape, rule or tie; `name` is the key that it is about."""

    kind: str
    name: str
    text: str


class Covered(Record):
    """How many of their tensors a rule took; `line` is 0 for those that kept their names."""

    line: int
    rule: str
    tensors: int


class Fit(Record):
    """What comes of holding two state_dicts against each other. `ties` are pairs of wanted names that are one tensor and come
    from two: they must hold the same numbers. `own` are keys that the spec keeps for itself. `suggestions` are rules that
    would rename what looks alike."""

    moves: tuple[Move, ...]
    problems: tuple[Problem, ...]
    covered: tuple[Covered, ...]
    ties: tuple[tuple[str, str], ...]
    own: tuple[str, ...]
    suggestions: tuple[str, ...]

    @property
    def tensors(self) -> int:
        """How many of their tensors are used."""
        return len({source for move in self.moves for source in move.sources})

    @property
    def unmatched(self) -> tuple[Covered, ...]:
        """Rules that fitted nothing."""
        return tuple(covered for covered in self.covered if covered.line and not covered.tensors)

    def torn(self, pairs: Iterable[tuple[str, str]]) -> Fit:
        """The same with a problem more for each pair of names that are one tensor in the spec and two where they come from."""
        texts = [(b, f"{a} and {b} are one tensor in the spec, but come from two that differ") for a, b in pairs]
        return self.replace(problems=(*self.problems, *(Problem("tie", name, text) for name, text in texts)))

    def as_json(self) -> dict[str, object]:
        return {
            "tensors": self.tensors,
            "rules": [vars(covered) for covered in self.covered],
            "own": list(self.own),
            "problems": [vars(problem) for problem in self.problems],
            "suggestions": list(self.suggestions),
        }


def fit(found: Mapping[str, Shape], wanted: Mapping[str, Wanted], rules: Rules | None = None) -> Fit:
    """Holds the shapes that are found against those that are wanted, name by name, after the rules."""
    return _Fitting(found, wanted, rules or Rules()).result()


class _Fitting:
    def __init__(self, found: Mapping[str, Shape], wanted: Mapping[str, Wanted], rules: Rules) -> None:
        self.found = found
        self.wanted = wanted
        self.rules = rules
        self.moves: dict[str, Move] = {}
        self.problems: list[Problem] = []
        self.counts = dict.fromkeys([0, *(rule.line for rule in rules.rules)], 0)
        self.left: dict[str, Shape] = {}  # names, after the rules, that nothing wants
        self.blamed: set[str] = set()  # wanted names that a problem accounts for: they are not missing as well

    def result(self) -> Fit:
        for name in self.found:
            self._place(name)
        own = tuple(name for name in self.wanted if self._is_own(name))
        provided: dict[str, str] = {}  # by tensor: the first name that brings it
        ties = []
        for target in self.moves:
            one = self.wanted[target].one
            if one in provided:
                ties.append((provided[one], target))
            provided.setdefault(one, target)
        missing = {
            name: want.shape
            for name, want in self.wanted.items()
            if want.one not in provided and name not in own and name not in self.blamed
        }
        here, there = Neighbours(missing), Neighbours(self.left)
        problems = [
            *(_unplaced("missing", name, shape, there) for name, shape in missing.items()),
            *(_unplaced("unexpected", name, shape, here) for name, shape in self.left.items()),
            *self.problems,
        ]
        covered = [Covered(rule.line, rule.text, self.counts[rule.line]) for rule in self.rules.rules]
        return Fit(
            tuple(self.moves.values()),
            tuple(problems),
            (*covered, Covered(0, "", self.counts[0])),
            tuple(ties),
            own,
            suggestions(missing, {name: self.wanted[name].one for name in missing}, self.left),
        )

    def _is_own(self, name: str) -> bool:
        """Is it the spec's alone? The rule that says so is counted."""
        if name in self.moves:
            return False
        for rule in self.rules.rules:
            if not rule.sources and rule.targets[0].match(name) is not None:
                self.counts[rule.line] += 1
                return True
        return False

    def _place(self, name: str) -> None:
        """Finds where one of their tensors goes."""
        for rule in self.rules.rules:
            for number, source in enumerate(rule.sources):
                values = source.match(name)
                if values is not None:
                    self.counts[rule.line] += 1
                    if number == 0:
                        self._apply(rule, values)
                    elif (first := rule.sources[0].filled(values)) not in self.found:
                        self._fails(
                            rule, name, [rule.targets[0].filled(values)], f"joins {name} with {first}, which is not there"
                        )
                    return
        self.counts[0] += 1
        self._move(Move(name, (name,), self.found[name]), False)

    def _fails(self, rule: Rule, name: str, targets: list[str], why: str) -> None:
        """A rule that cannot do its work on one of their tensors: what it should have made is accounted for."""
        self.problems.append(Problem("rule", name, f"{self.rules.name}:{rule.line} {why}"))
        self.blamed.update(targets)

    def _apply(self, rule: Rule, values: Mapping[str, str]) -> None:
        names = [source.filled(values) for source in rule.sources]
        targets = [target.filled(values) for target in rule.targets]
        if not targets:
            return
        for name in names:
            if name not in self.found:
                self._fails(rule, names[0], targets, f"joins {names[0]} with {name}, which is not there")
                return
        shapes = []
        for name in names:
            shape = self.found[name]
            if rule.order and len(rule.order) != len(shape):
                self._fails(rule, name, targets, f"permutes {len(rule.order)} dimensions, but {name} is {list(shape)}")
                return
            shapes.append(tuple(shape[i] for i in rule.order) if rule.order else shape)
        if len(names) > 1:
            self._join(rule, names, shapes, targets[0])
        elif len(targets) > 1:
            self._split(rule, names[0], shapes[0], targets)
        else:
            self._move(Move(targets[0], (names[0],), shapes[0], rule.order), rule.reshape)

    def _join(self, rule: Rule, names: list[str], shapes: list[Shape], target: str) -> None:
        dim = rule.dim
        rests = {(*shape[:dim], *shape[dim + 1 :]) for shape in shapes}
        if any(dim >= len(shape) for shape in shapes) or len(rests) > 1:
            told = ", ".join(f"{name} {list(shape)}" for name, shape in zip(names, shapes, strict=True))
            self._fails(rule, names[0], [target], f"cannot join along dimension {dim}: {told}")
            return
        shape = (*shapes[0][:dim], sum(shape[dim] for shape in shapes), *shapes[0][dim + 1 :])
        self._move(Move(target, tuple(names), shape, rule.order, dim), rule.reshape)

    def _split(self, rule: Rule, name: str, shape: Shape, targets: list[str]) -> None:
        dim = rule.dim
        sizes = [self.wanted[target].shape[dim : dim + 1] if target in self.wanted else () for target in targets]
        lengths = [size[0] for size in sizes if size]
        if dim >= len(shape) or len(lengths) < len(targets) or sum(lengths) != shape[dim]:
            parts = ", ".join(f"{t} {list(self.wanted[t].shape) if t in self.wanted else '(unknown)'}" for t in targets)
            self._fails(rule, name, targets, f"cannot split {name} {list(shape)} along dimension {dim} into {parts}")
            return
        start = 0
        for target, length in zip(targets, lengths, strict=True):
            part = (*shape[:dim], length, *shape[dim + 1 :])
            self._move(Move(target, (name,), part, rule.order, dim, start, start + length), rule.reshape)
            start += length

    def _move(self, move: Move, reshape: bool) -> None:
        target = move.target
        want = self.wanted.get(target)
        before = self.moves.get(target)
        if want is None:
            self.left[target] = move.shape
        elif before is not None:
            text = f"both {before.sources[0]} and {move.sources[0]} become {target}"
            self.problems.append(Problem("rule", move.sources[0], text))
        elif want.shape == move.shape:
            self.moves[target] = move
        elif reshape and prod(want.shape) == prod(move.shape):
            self.moves[target] = move.replace(shape=want.shape)
        else:
            self.problems.append(Problem("shape", target, _misshaped(move, want.shape)))
            self.blamed.add(target)


def _unplaced(kind: str, name: str, shape: Shape, others: Neighbours) -> Problem:
    near = others.nearest(name, shape)
    told = "" if near is None else f", nearest: {near} {list(others.shapes[near])}"
    return Problem(kind, name, f"{kind}: {name} {list(shape)}{told}")


def _misshaped(move: Move, wanted: Shape) -> str:
    whence = "" if move.sources == (move.target,) else f" (from {', '.join(move.sources)})"
    text = f"{move.target}: wanted {list(wanted)}, found {list(move.shape)}{whence}"
    if len(wanted) == 2 and wanted == move.shape[::-1]:
        return f"{text}: `transpose` in a rule would make it fit"
    if sorted(wanted) == sorted(move.shape):
        return f"{text}: `permute` in a rule would make it fit"
    if prod(wanted) == prod(move.shape):
        return f"{text}: as many numbers, so `reshape` in a rule would make it fit"
    return text
