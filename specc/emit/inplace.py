"""Which layers may overwrite their input: `nn.ReLU(inplace=True)` saves a tensor of memory where nobody notices."""

from __future__ import annotations

from collections import Counter
from typing import Any

from specc.elaborate.trace import (
    Apply,
    Branch,
    EntryTrace,
    FunctionUse,
    Instance,
    Introduce,
    Item,
    Join,
    Loop,
    Member,
    OpLayer,
    SeqLayer,
    Tensor,
)
from specc.emit.trace_walk import operands, tensors_in
from specc.ops.declare import Op


def inplace_members(instance: Instance) -> frozenset[int]:
    """Ids of the members (`id(member)`) for which every application may be in place."""
    allowed: dict[int, bool] = {}
    for entry in instance.entries.values():
        _Entry(entry).collect(allowed)
    return frozenset(member for member, safe in allowed.items() if safe)


class _Entry:
    """Producers, scopes and numbers of uses of an entry's tensors."""

    def __init__(self, entry: EntryTrace) -> None:
        self.producers: dict[int, tuple[Op, Apply]] = {}
        self.joins: dict[int, Join] = {}
        self.sides: dict[int, set[int]] = {}
        """The scopes of the two sides of the branch that a tensor joins."""
        self.scopes: dict[int, int] = {}
        self.same: dict[int, int] = {}
        """What a parenthesised chain gives is what its last stage gives."""
        self.candidates: list[tuple[Apply, int]] = []
        self.uses: Counter[int] = self._walk(entry.items, 0)
        for _, value in entry.results():
            self._count(self.uses, value)

    def collect(self, allowed: dict[int, bool]) -> None:
        for apply, scope in self.candidates:
            assert isinstance(apply.target, Member)
            key = id(apply.target)
            operand = next(iter(apply.inputs.values()), None)
            safe = isinstance(operand, Tensor) and self._free(operand.id, {scope})
            allowed[key] = allowed.get(key, True) and safe

    def _free(self, tensor: int, scopes: set[int]) -> bool:
        """May the memory of a tensor be overwritten by its one use, which stands in one of `scopes`?"""
        tensor = self.same.get(tensor, tensor)
        if self.uses[tensor] != 1 or self.scopes.get(tensor) not in scopes:
            return False
        join = self.joins.get(tensor)
        if join is not None:
            inner = scopes | self.sides[tensor]
            return self._free(join.then.id, inner) and self._free(join.orelse.id, inner)
        if tensor not in self.producers:
            return False
        op, apply = self.producers[tensor]
        if op.keeps_output or len(apply.outputs) != 1:
            return False
        if not op.aliases:
            return True
        first = next(iter(operands(apply)), None)
        return isinstance(first, Tensor) and self._free(first.id, scopes)

    def _count(self, uses: Counter[int], value: Any) -> None:
        uses.update(self.same.get(tensor, tensor) for tensor in tensors_in(value))

    def _walk(self, items: list[Item], scope: int) -> Counter[int]:
        """Counts uses; of the two sides of a branch only one runs, so the larger count holds."""
        uses: Counter[int] = Counter()
        for item in items:
            match item:
                case Introduce():
                    if isinstance(item.member.layer, SeqLayer):
                        uses += self._walk(item.member.layer.items, id(item.member.layer))
                case Apply():
                    self._apply(item, scope, uses)
                case Branch():
                    uses += self._branch(item, scope)
                case Loop():
                    for body in item.bodies:
                        uses += self._walk(body, id(body) if item.rolled else scope)
                    for carried in item.carried:
                        self._count(uses, [carried.before, carried.after])
        return uses

    def _branch(self, branch: Branch, scope: int) -> Counter[int]:
        if branch.taken is not None:
            side = branch.then if branch.taken else branch.orelse
            return self._walk(side, scope)
        then = self._walk(branch.then, id(branch.then))
        orelse = self._walk(branch.orelse, id(branch.orelse))
        for join in branch.joins:
            self._count(then, join.then)
            self._count(orelse, join.orelse)
            self.joins[join.result.id] = join
            self.scopes[join.result.id] = scope
            self.sides[join.result.id] = {id(branch.then), id(branch.orelse)}
        return then | orelse

    def _apply(self, apply: Apply, scope: int, uses: Counter[int]) -> None:
        for operand in operands(apply):
            self._count(uses, operand)
        op: Any = None
        if isinstance(apply.target, FunctionUse):
            op = apply.target.op
        elif isinstance(apply.target, Member) and isinstance(apply.target.layer, OpLayer):
            op = apply.target.layer.op
            if op.inplace and len(apply.inputs) == 1:
                self.candidates.append((apply, scope))
        if apply.inner_result is not None and len(apply.outputs) == 1:
            self.same[apply.outputs[0].id] = apply.inner_result.id
        for output in apply.outputs:
            self.scopes[output.id] = scope
            if op is not None:
                self.producers[output.id] = (op, apply)
