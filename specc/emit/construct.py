"""The constructor of a class: from the members that a generic trace introduces to statements that make them."""

from __future__ import annotations

from typing import Protocol

from specc.dims.expr import Dim, Expr
from specc.dims.solver import Solver
from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import (
    BlockLayer,
    Branch,
    Instance,
    Introduce,
    Item,
    Local,
    Loop,
    Member,
    OpLayer,
    Require,
    ScanLayer,
    SeqLayer,
    SizeLocal,
    Static,
    TensorMember,
)
from specc.emit.checks import check
from specc.emit.inplace import inplace_members
from specc.emit.layers import layer_call
from specc.emit.loops import for_statement, moves
from specc.emit.members import Path_, Places, is_attribute, path_key, shareable, vars_of
from specc.emit.plan import If, Let, Stmt
from specc.emit.positions import positions
from specc.emit.sequential import Sequences
from specc.emit.tensors import register
from specc.emit.trace_walk import CannotEmit, all_items, introductions, is_sequential, vars_in
from specc.emit.walk import free_vars, parts, target_names
from specc.pycode import BinaryCode, CallCode, Code, ListCode, Lit, SizeOf, Var

Frames = list[tuple[list[Item], int, frozenset[str]]]
"""The lists of items around a place, outermost first: where in each the place is, and the names that a loop there binds."""


class Blocks(Protocol):
    """How other classes of the file are called."""

    def call(self, layer: BlockLayer, named: Named) -> CallCode: ...


class Named(Protocol):
    def __call__(self, dim: Dim) -> Code: ...


class Constructor:
    """Builds the statements of `__init__` that introduce members. Names are still the spec's; the caller renames sizes."""

    def __init__(
        self,
        instance: Instance,
        solver: Solver,
        places: Places,
        blocks: Blocks,
        dynamic_sizes: frozenset[str],
        needed: frozenset[str] | None,
    ) -> None:
        self.instance = instance
        self.solver = solver
        self.places = places
        self.positions: dict[int, Code] = {}
        """Where stages of chains stand that forward reaches by index, by member, if a loop makes it depend."""
        self.blocks = blocks
        self.dynamic_sizes = dynamic_sizes
        """Names of inputs' sizes that only forward knows."""
        self.needed = needed
        """Names that constructor code reads, where that is known already."""
        self.inplace = inplace_members(instance)
        self.statements: list[Stmt] = []
        self.dynamic: set[int] = set()
        """Requirements (`id`) that only forward can check."""
        self.optional: dict[int, Member] = {}
        """Branches (`id`) that a member's being None stands for."""
        self.tensors: list[tuple[Path_, TensorMember]] = []
        self.values: list[dict[Expr, str]] = [{}]
        """What sizes the constructor's locals have, by scope: an argument equal to one is printed as its name."""
        self._pending: dict[tuple[int, int], list[Path_]] = {}
        """Containers to make before an item of a list."""
        self._shared: list[Stmt] = []
        """Activations that the current item of the body needs: made before it, whatever branch or loop they stand in."""
        self.locals: set[str] = set()

    def build(self) -> list[Stmt]:
        for entry in self.instance.entries.values():
            self._plan(entry.items, (), [])
        self.places.settle()
        for entry in self.instance.entries.values():
            for at in range(len(entry.items)):
                made = self._items(entry.items, (), at)
                self.statements += [*self._shared, *made]
                self._shared = []
        return self.statements

    def named(self, dim: Dim) -> Code:
        """A size as code: as the constructor's local of that value where there is one."""
        dim = self.solver.resolve(dim)
        if isinstance(dim, Expr):
            for scope in reversed(self.values):
                if dim in scope:
                    return Var(scope[dim])
        return dim_code(dim)

    # --- where members go ----------------------------------------------------------------------------------------

    def _plan(self, items: list[Item], prefix: Path_, frames: Frames) -> None:
        """Places every member, and decides where its containers are made: as far out as the names in their paths allow."""
        for at, item in enumerate(items):
            here = [*frames, (items, at, frozenset[str]())]
            match item:
                case Introduce():
                    self._plan_member(item.member, prefix, here)
                case Branch():
                    sides = [item.then, item.orelse] if item.taken is None else [item.then if item.taken else item.orelse]
                    for side in sides:
                        self._plan(side, prefix, here)
                case Loop():
                    names = {name for target in item.targets for name in target_names(target)} | {item.position}
                    here = [*frames, (items, at, frozenset(names) if item.rolled else frozenset())]
                    for body in item.bodies:
                        self._plan(body, prefix, here)

    def _plan_member(self, member: Member, prefix: Path_, frames: Frames) -> None:
        position = self.positions.get(id(member))
        path = (*prefix, *member.path) if position is None else (*prefix, position)
        if self._is_shared(member, prefix, frames):
            return
        known = set(self.places.containers)
        self.places.place(member, path, _scattered(path, frames))
        fresh = [path[:count] for count in range(1, len(path)) if path_key(path[:count]) not in known]
        if isinstance(member.layer, SeqLayer) and not is_sequential(member.layer):
            self.positions |= positions(member.layer.items, self.solver)
            self._plan(member.layer.items, path, frames)
        for container in fresh:
            level = 0
            for count, (_, _, names) in enumerate(frames[:-1]):
                if names & vars_of(container):
                    level = count + 1
            while level < len(frames) - 1 and _always_runs(frames[level][0][frames[level][1]]):
                level += 1
            items, at, _ = frames[level]
            self._pending.setdefault((id(items), at), []).append(container)

    def _is_shared(self, member: Member, prefix: Path_, frames: Frames) -> bool:
        """Does one module serve for this activation and all equal ones? Not where its arguments change with a loop."""
        if prefix or not shareable(member):
            return False
        around = {name for _, _, names in frames for name in names}
        for items, at, _ in frames:
            item = items[at]
            if isinstance(item, Loop):
                around |= {name for carried in item.carried for name, _, _ in carried.sizes}
                around |= {name for carried in item.carried for name in vars_in(carried.inside)}
                around |= {local.name for body in item.bodies for local in all_items(body) if isinstance(local, Local)}
        return not around & free_vars(self._layer(member)).keys()

    # --- statements ----------------------------------------------------------------------------------------------

    def _items(self, items: list[Item], prefix: Path_, only: int | None = None) -> list[Stmt]:
        out: list[Stmt] = []
        for at, item in enumerate(items):
            if only is not None and at != only:
                continue
            out += [self.places.new_container(path) for path in self._pending.pop((id(items), at), [])]
            match item:
                case Local():
                    out += self.local(item)
                case SizeLocal():
                    out.append(self.size_local(item))
                case Introduce():
                    out += self._introduce(item.member, prefix)
                case Require():
                    if self._is_static(item.code):
                        out.append(check(item.code, item.message, item.span))
                    else:
                        self.dynamic.add(id(item))
                case Branch():
                    out += self._branch(item, prefix)
                case Loop():
                    out += self.loop(item, lambda body: self._items(body, prefix))
        return out

    def _is_static(self, code: Code) -> bool:
        names = list(vars_in(code))
        if any(isinstance(part, SizeOf) for part in parts(code)):
            return False
        return not any(name in self.dynamic_sizes or name == "training" for name in names)

    def local(self, local: Local) -> list[Stmt]:
        name = local.name
        value = local.value.value
        if isinstance(value, Expr):
            resolved = self.solver.resolve(value)
            if isinstance(resolved, Expr) and not isinstance(dim_code(resolved), Var):
                self._forget(name)
                self.values[-1].setdefault(resolved, name)
        self.locals.add(name)
        return [Let(name, local.value.code, local.value.span)]

    def size_local(self, item: SizeLocal) -> Stmt:
        """`channels = width`, `skips_channels = skips_channels + [width]`."""
        sizes = tuple(map(self.named, item.sizes))
        value = sizes[0] if item.before is None else BinaryCode("+", item.before, ListCode(sizes))
        return Let(item.name, value)

    def _forget(self, name: str) -> None:
        for scope in self.values:
            for dim in [dim for dim, local in scope.items() if local == name]:
                del scope[dim]

    def _introduce(self, member: Member, prefix: Path_) -> list[Stmt]:
        path = (*prefix, *member.path)
        layer = member.layer
        if isinstance(layer, SeqLayer) and not is_sequential(layer):
            return self._items(layer.items, path)
        if isinstance(layer, TensorMember):
            self.tensors.append((path, layer))
            return register(self.places, path, layer, self.named, member.span)
        if shareable(member) and not prefix and id(member) not in self.places.paths:
            call = self._layer(member)
            assert isinstance(call, CallCode)
            name, new = self.places.share(member, call)
            if new:
                self._shared.append(Let(f"self.{name}", call, member.span))
            return []
        before, value = self.value(member)
        return [*before, self.places.assign(self.places.paths.get(id(member), path), value, member.span)]

    def value(self, member: Member) -> tuple[list[Stmt], Code]:
        """The expression that makes a layer, and the statements before it."""
        layer = member.layer
        if isinstance(layer, SeqLayer):
            return Sequences(self).sequential(layer, member)
        return [], self._layer(member)

    def _layer(self, member: Member) -> Code:
        layer = member.layer
        if isinstance(layer, OpLayer):
            return layer_call(layer, self.solver, self.named, inplace=id(member) in self.inplace)
        if isinstance(layer, BlockLayer):
            return self.blocks.call(layer, self.named)
        if isinstance(layer, ScanLayer):
            return self.blocks.call(layer.cell, self.named)
        raise CannotEmit(f"a {type(layer).__name__} is no layer of its own")

    def _branch(self, branch: Branch, prefix: Path_) -> list[Stmt]:
        if branch.taken is not None:
            return self._items(branch.then if branch.taken else branch.orelse, prefix)
        if branch.runtime:
            return [*self._items(branch.then, prefix), *self._items(branch.orelse, prefix)]
        self.values.append({})
        then = self._items(branch.then, prefix)
        self.values[-1] = {}
        orelse = self._items(branch.orelse, prefix)
        self.values.pop()
        out: list[Stmt] = [If(branch.condition, tuple(then), tuple(orelse), branch.span)]
        guard = self._guard(branch, prefix)
        if guard is not None:
            self.optional[id(branch)] = guard
            name = str(self.places.paths[id(guard)][0])
            out.insert(0, Let(f"self.{name}", Lit(None), None, "nn.Module | None"))
        return out

    def _guard(self, branch: Branch, prefix: Path_) -> Member | None:
        """A member that exists exactly where the condition holds."""
        if prefix or len(self.values) > 2:
            return None
        other = {path_key(m.path) for m in introductions(branch.orelse)}
        for item in branch.then:
            if isinstance(item, Introduce) and not isinstance(item.member.layer, TensorMember):
                member = item.member
                place = self.places.paths.get(id(member))
                inline = isinstance(member.layer, SeqLayer) and not is_sequential(member.layer)
                if (
                    place is not None
                    and len(place) == 1
                    and is_attribute(place[0])
                    and path_key(place) not in other
                    and not inline
                ):
                    return member
        return None

    def loop(self, loop: Loop, inner: _Inner) -> list[Stmt]:
        if not loop.rolled:
            return [statement for body in loop.bodies for statement in inner(body)]
        before, _ = self.threads(loop)
        self.values.append({})
        body = inner(loop.bodies[0])
        _, after = self.threads(loop)
        self.values.pop()
        return [*before, for_statement(loop, loop.iterable, (*body, *after))]

    def threads(self, loop: Loop) -> tuple[list[Stmt], list[Stmt]]:
        """What sets the sizes that a loop changes before it, and at the end of an iteration."""
        before: list[Stmt] = []
        after: list[tuple[str, Code]] = []
        for carried in loop.carried:
            for name, start, end in carried.sizes:
                self._thread(name, self.named(start), self.named(end), before, after)
            for name, listed, last in carried.lists:
                first = Var(listed) if isinstance(listed, str) else ListCode(tuple(map(self.named, listed)))
                self._thread(name, first, Var(last), before, after)
            if isinstance(carried.inside, Static) and isinstance(carried.inside.code, Var):
                self._thread(carried.inside.code.name, carried.before.code, carried.after.code, before, after)
        return list(dict.fromkeys(before)), moves(after)

    def _thread(self, name: str, start: Code, end: Code, before: list[Stmt], after: list[tuple[str, Code]]) -> None:
        if self.needed is not None and name not in self.needed:
            return
        if start != Var(name):
            before.append(Let(name, start))
        if end != Var(name):
            after.append((name, end))

    def fresh(self, base: str) -> str:
        taken = self.locals | self.dynamic_sizes | set(self.instance.params)
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        self.locals.add(name)
        return name


def _scattered(path: Path_, frames: Frames) -> frozenset[int]:
    """How long the parts of the path are whose container only some iterations fill: those that a condition on the index
    itself chooses, and whose other side does not fill it."""
    out: set[int] = set()
    for items, at, _ in frames:
        item = items[at]
        if isinstance(item, Branch) and item.taken is None and not item.runtime:
            sides = [{path_key(member.path) for member in introductions(side)} for side in (item.then, item.orelse)]
            for count in range(1, len(path)):
                index = vars_of((path[count],))
                inside = [any(key[: count + 1] == path_key(path[: count + 1]) for key in side) for side in sides]
                if index & set(vars_in(item.condition)) and not all(inside):
                    out.add(count)
    return frozenset(out)


def _always_runs(item: Item) -> bool:
    """Are the statements inside made once, where the item stands?"""
    match item:
        case Branch():
            return item.taken is not None
        case Loop():
            return not item.rolled
    return False


class _Inner(Protocol):
    def __call__(self, body: list[Item]) -> list[Stmt]: ...
