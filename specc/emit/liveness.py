"""When the tensors of an entry are used last, so that names can be used again and single-use results written in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from specc.dims.expr import Expr
from specc.dims.solver import Solver
from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import (
    Apply,
    Branch,
    Carried,
    EntryTrace,
    Introduce,
    Item,
    Local,
    Loop,
    Member,
    Require,
    ScanLayer,
    SeqLayer,
    Stack,
    Tensor,
)
from specc.emit.trace_walk import is_sequential, operands, sides, tensors_in, vars_in
from specc.pycode import Var


def inlined(apply: Apply) -> SeqLayer | None:
    """The parenthesised chain that an application runs in place, because nn.Sequential cannot."""
    if isinstance(apply.target, Member) and isinstance(apply.target.layer, SeqLayer) and not is_sequential(apply.target.layer):
        return apply.target.layer
    return None


def threaded_axes(carried: Carried, solver: Solver) -> Iterator[tuple[str, int]]:
    """The sizes that a loop changes along with a tensor: their variable, and where forward reads them off the tensor."""
    names = {name for name, _, _ in carried.sizes}
    if isinstance(carried.inside, Tensor):
        for axis, dim in enumerate(carried.inside.type.shape):
            code = dim_code(solver.resolve(dim)) if isinstance(dim, Expr) else None
            if isinstance(code, Var) and code.name in names:
                yield code.name, axis


Path = tuple[tuple[int, bool], ...]
"""The branches around a place (`id`), with the side."""


class Liveness:
    """Positions count the steps of an entry in the order in which forward is written; `Clock` counts along while it is."""

    def __init__(self, entry: EntryTrace, sizes: dict[str, tuple[int, int]], solver: Solver) -> None:
        self.last: dict[int, int] = {}
        self.count: Counter[int] = Counter()
        self.solver = solver
        self.sizes = sizes
        """Sizes that are read off a tensor where they are used: name -> (tensor, axis)."""
        self._defined: dict[int, int] = {}
        self._uses: list[tuple[int, int]] = []
        self._path: list[tuple[int, bool]] = []
        self._places: dict[int, list[tuple[int, Path]]] = {}
        """Where tensors are read, with the sides of branches that the place stands in."""
        self._now = 0
        for _, value in entry.inputs:
            if isinstance(value, Tensor):
                self._defined[value.id] = 0
        for state in entry.states:
            self._defined[state.tensor.id] = 0
            self._items(state.initial.items)
            self._now += 1
            self._use(state.initial.result)
        self._items(entry.items)
        self._now += 1
        for _, value in entry.results():
            self._use(value)

    def dead_after(self, tensor: int, position: int, path: Path = ()) -> bool:
        """Is a tensor (or list) done with? Inside branches, what their other sides do with it does not count."""
        if self.last.get(tensor, -1) <= position:
            return True
        here = dict(path)
        return bool(path) and not any(
            at > position and all(here.get(branch, side) == side for branch, side in there)
            for at, there in self._places.get(tensor, ())
        )

    def _use(self, value: Any) -> None:
        ids = list(tensors_in(value))
        ids += [self.sizes[name][0] for name in vars_in(value) if name in self.sizes]
        for tensor in ids:
            self.count[tensor] += 1
            self.last[tensor] = max(self.last.get(tensor, 0), self._now)
            self._uses.append((tensor, self._now))
            self._places.setdefault(tensor, []).append((self._now, tuple(self._path)))

    def _define(self, tensor: Any) -> None:
        if isinstance(tensor, Tensor | Stack):
            self._defined[tensor.id] = self._now

    def _items(self, items: list[Item]) -> None:
        for item in items:
            match item:
                case Apply():
                    self._apply(item)
                case Branch():
                    self._now += 1
                    self._use(item.condition)
                    for side in sides(item):
                        self._path.append((id(item), side is item.then))
                        self._items(side)
                        self._path.pop()
                    self._now += 1
                    for join in item.joins:
                        for joined, taken in ((join.then, True), (join.orelse, False)):
                            self._path.append((id(item), taken))
                            self._use(joined)
                            self._path.pop()
                        self._define(join.result)
                        for name, axis in join.sizes:
                            self.sizes[name] = (join.result.id, axis)
                case Loop():
                    self._loop(item)
                case Require():
                    self._now += 1
                    self._use(item.code)
                case Local() | Introduce():
                    continue

    def _apply(self, apply: Apply) -> None:
        self._now += 1
        for operand in operands(apply):
            self._use(operand)
            if isinstance(apply.target, Member) and isinstance(apply.target.layer, ScanLayer):
                self._use(operand)  # it stands in a loop: never written in place
        if inlined(apply) is not None:
            self._items(apply.inner)
            self._now += 1
            self._use(apply.inner_result)
        for output in apply.outputs:
            self._define(output)

    def _loop(self, loop: Loop) -> None:
        if not loop.rolled:
            for body in loop.bodies:
                self._items(body)
            return
        self._now += 1
        start = self._now
        self._use(loop.iterable)
        for carried in loop.carried:
            self._use(carried.before)
        for carried in loop.carried:
            self._define(carried.inside)
        inside = len(self._uses)
        self._items(loop.bodies[0])
        self._now += 1
        for carried in loop.carried:
            self._use(carried.after)
        for tensor, _ in self._uses[inside:]:
            if self._defined.get(tensor, 0) < start:  # the next iteration needs it again
                self.last[tensor] = max(self.last[tensor], self._now)
                self._places[tensor].append((self._now, ()))
        for carried in loop.carried:
            self._define(carried.result)
            for name, axis in threaded_axes(carried, self.solver):
                self.sizes[name] = (carried.result.id, axis)
