"""A method that runs an entry: from what a trace applies to statements, in the order of the trace."""

from __future__ import annotations

from typing import Any, Protocol

from specc.dims.expr import Expr
from specc.dims.solver import Solver
from specc.elaborate.trace import (
    Apply,
    BlockLayer,
    Branch,
    Carried,
    EntryTrace,
    FunctionUse,
    Introduce,
    Item,
    Local,
    Loop,
    Member,
    OpLayer,
    Require,
    Static,
    Tensor,
)
from specc.emit.checks import check, negation
from specc.emit.code import WIDTH, text
from specc.emit.construct import Constructor, for_statement, loop_head
from specc.emit.functions import function_code
from specc.emit.iteration import iterate_modules
from specc.emit.liveness import Liveness, inlined
from specc.emit.members import SELF, RESERVED, Places, python_name
from specc.emit.patterns import call_arguments, result_target
from specc.emit.plan import If, Let, Return, Stmt
from specc.emit.sizes import dim_code
from specc.emit.trace_walk import CannotEmit, all_items, operands, tensors_in
from specc.emit.walk import parts, rebuild, target_names
from specc.pycode import Attr, BinaryCode, CallCode, Code, IfCode, ListCode, Lit, SizeOf, TensorVar, TupleCode, Var
from specc.pycode import Item as Index
from specc.source import Span
from specc.types import DType

FOLD_DEPTH = 4


class Context(Protocol):
    """What forward asks of its class: values that the constructor keeps, names of other classes."""

    places: Places
    constructor: Constructor
    solver: Solver

    def attribute(self, name: str) -> Code | None:
        """`self.heads` for a parameter or top-level local of the constructor; None for what is none."""

    def has_attribute(self, name: str) -> bool:
        """Would `attribute` find it?"""

    def entry_inputs(self, layer: BlockLayer, entry: str) -> tuple[str, ...]:
        """The names of the inputs of another class's entry, in order."""

    def weight_code(self, tensor: int) -> Code | None:
        """`self.wte.weight`, for the tensors that are weights."""

    def weight_at_hand(self) -> Code | None:
        """Some parameter of the class."""

    def is_optional(self, tensor: int) -> bool:
        """May an input be None?"""


class _Pending:
    """A result used once, by what comes next: it is written where it is used, unless that line grows too long."""

    __slots__ = ("code", "depth", "position", "span", "tensor")

    def __init__(self, tensor: Tensor, code: Code, position: int, depth: int, span: Span) -> None:
        self.tensor = tensor
        self.code = code
        self.position = position
        self.depth = depth
        self.span = span


class Forward:
    def __init__(self, entry: EntryTrace, context: Context) -> None:
        self.entry = entry
        self.context = context
        self.env: dict[int, Code] = {}
        self.held: dict[str, int] = {}
        """The tensor that a local name stands for."""
        self.pending: list[_Pending] = []
        self.now = 0
        self.loop_names: list[set[str]] = []
        self.locals: dict[str, Code] = {}
        self.sizes_used: dict[str, None] = {}
        self.size_names = {size.name for size in entry.sizes}
        self.runtime_sizes = {name for name, value in entry.inputs if not isinstance(value, Tensor)}
        self.sizes_read: dict[str, tuple[int, int]] = {}
        self._find_threaded(entry.items)
        self.live = Liveness(entry, self.sizes_read)
        self.input_names: dict[str, str] = {}

    # --- the method ----------------------------------------------------------------------------------------------

    def build(self) -> list[Stmt]:
        for name, value in self.entry.inputs:
            if isinstance(value, Tensor):
                local = python_name(name)
                self.input_names[name] = local
                self.env[value.id] = Var(local)
                self.held[local] = value.id
        body = self._items(self.entry.items)
        self.now += 1
        values = [value for _, value in self.entry.outputs]
        self._settle(values, "", body)
        outputs = [self.value(value) for value in values]
        self.pending.clear()
        result = outputs[0] if len(outputs) == 1 else TupleCode(tuple(outputs))
        span = self.entry.outputs[0][1].span if self.entry.outputs and isinstance(self.entry.outputs[0][1], Tensor) else None
        body.append(Return(result, span))
        return [*self._unpacked_sizes(), *body]

    def _unpacked_sizes(self) -> list[Stmt]:
        """`B, T, d = x.shape` for the sizes that forward needs by name."""
        wanted: dict[str, dict[int, str]] = {}
        ranks: dict[str, int] = {}
        types = {name: value.type for name, value in self.entry.inputs if isinstance(value, Tensor)}
        for size in self.entry.sizes:
            if size.name in self.sizes_used and size.input in types and size.name not in {n for axes in wanted.values() for n in axes.values()}:
                wanted.setdefault(size.input, {})[size.axis] = size.name
                ranks[size.input] = types[size.input].rank
        out: list[Stmt] = []
        for name, axes in wanted.items():
            shape = Attr(Var(self.input_names[name]), "shape")
            if len(axes) == 1 and ranks[name] > 1:
                ((axis, local),) = axes.items()
                out.append(Let(local, Index(shape, (Lit(axis),))))
            else:
                positions = {axis % ranks[name]: local for axis, local in axes.items()}
                target = ", ".join(positions.get(axis, "_") for axis in range(ranks[name]))
                out.append(Let(target + ("," if ranks[name] == 1 else ""), shape))
        return out

    def _find_threaded(self, items: list[Item]) -> None:
        """Sizes that loops change are read off the tensors that carry them."""
        for item in all_items(items):
            if isinstance(item, Loop):
                for carried in item.carried:
                    names = {name for name, _, _ in carried.sizes}
                    if isinstance(carried.inside, Tensor):
                        for axis, dim in enumerate(carried.inside.type.shape):
                            code = dim_code(self.context.solver.resolve(dim)) if isinstance(dim, Expr) else None
                            if isinstance(code, Var) and code.name in names:
                                self.sizes_read.setdefault(code.name, (carried.inside.id, axis))

    # --- values --------------------------------------------------------------------------------------------------

    def value(self, value: Any) -> Code:
        """An operand as an expression of forward."""
        if isinstance(value, Tensor):
            return self.tensor(value.id)
        if isinstance(value, Static):
            if isinstance(value.value, list) and any(isinstance(item, Tensor) for item in value.value):
                return ListCode(tuple(self.value(item) for item in value.value))
            return self.code(value.code)
        if isinstance(value, list | tuple):
            return ListCode(tuple(self.value(item) for item in value))
        assert isinstance(value, Code), value
        return self.code(value)

    def tensor(self, id: int) -> Code:
        for item in self.pending:
            if item.tensor.id == id:
                return item.code
        found = self.env.get(id)
        if found is None:
            found = self.context.weight_code(id)
            if found is None:
                raise CannotEmit(f"tensor %{id} has no producer here")
        return found

    def code(self, code: Code) -> Code:
        """Compile-time code as forward sees it: parameters are attributes, sizes are read off tensors."""
        if isinstance(code, TensorVar):
            return self.tensor(code.tensor)
        if isinstance(code, SizeOf):
            return Index(Attr(self.tensor(code.tensor), "shape"), (Lit(code.axis),))
        if isinstance(code, Var):
            return self.name(code.name)
        return rebuild(code, self.code)

    def name(self, name: str) -> Code:
        if name == "training":
            return Attr(SELF, "training")
        if any(name in names for names in self.loop_names):
            return Var(name)
        if name in self.runtime_sizes:
            return Var(python_name(name))
        if name in self.sizes_read:
            tensor, axis = self.sizes_read[name]
            return Index(Attr(self.tensor(tensor), "shape"), (Lit(axis),))
        if name in self.size_names:
            self.sizes_used[name] = None
            return Var(name)
        if name in self.locals:
            return self.locals[name]
        found = self.context.attribute(name)
        if found is None:
            raise CannotEmit(f"forward needs {name}, which only the constructor knows")
        return found

    # --- items ---------------------------------------------------------------------------------------------------

    def _items(self, items: list[Item]) -> list[Stmt]:
        out: list[Stmt] = []
        for item in items:
            match item:
                case Apply():
                    self._apply(item, out)
                case Branch():
                    self._branch(item, out)
                case Loop():
                    self._loop(item, out)
                case Require():
                    self.now += 1
                    if id(item) in self.context.constructor.dynamic:
                        self._flush(out)
                        out.append(check(self.code(item.code), item.message, item.span))
                case Local():
                    self._local(item)
                case Introduce():
                    continue
        return out

    def _local(self, local: Local) -> None:
        if self.loop_names or not self.context.has_attribute(local.name):
            try:
                self.locals[python_name(local.name)] = self.code(local.value.code)
            except CannotEmit:
                self.locals.pop(python_name(local.name), None)

    def _apply(self, apply: Apply, out: list[Stmt]) -> None:
        self.now += 1
        position = self.now
        if inlined(apply) is not None:
            self._flush(out)
            out += self._items(apply.inner)
            self.now += 1
            assert apply.inner_result is not None
            self._settle([apply.inner_result], "", out)
            self._rename(apply.inner_result, apply.outputs[0], out, apply.span)
            return
        values = operands(apply)
        hint = apply.outputs[0].hint if apply.outputs else ""
        depth = self._settle(values, hint, out, apply.span)
        code = self._code_of(apply)
        if depth and (len(text(code)) + len(hint or "x") + 11 > WIDTH or not self._each_once(code, values)):
            self._flush(out)
            code = self._code_of(apply)
            depth = 0
        consumed = {tensor for value in values for tensor in tensors_in(value)}
        self.pending = [item for item in self.pending if item.tensor.id not in consumed]
        if len(apply.outputs) == 1 and self._may_wait(apply.outputs[0]):
            self.pending.append(_Pending(apply.outputs[0], code, position, depth + 1, apply.span))
            return
        self._flush(out)
        out.append(self._assign(apply, code, position))

    def _each_once(self, code: Code, values: list[Any]) -> bool:
        """Is every pending result that goes into the expression evaluated once there?"""
        used = {tensor for value in values for tensor in tensors_in(value)}
        found = list(parts(code))
        return all(sum(part is item.code for part in found) == 1 for item in self.pending if item.tensor.id in used)

    def _may_wait(self, tensor: Tensor) -> bool:
        return self.live.count[tensor.id] == 1

    def _code_of(self, apply: Apply) -> Code:
        target = apply.target
        if isinstance(target, FunctionUse):
            return function_code(target, self.value, self._at_hand)
        callee = self.context.places.access(target)
        layer = target.layer
        if isinstance(layer, OpLayer):
            given = {name: self.value(value) for name, value in apply.inputs.items()}
            only_primary = all(self.live.count[output.id] == 0 for output in apply.outputs[1:])
            args, kwargs = call_arguments(layer.op, given, only_primary)
            return CallCode(callee, args, kwargs)
        if isinstance(layer, BlockLayer):
            names = self.context.entry_inputs(layer, apply.entry)
            if apply.entry != "forward":
                callee = Attr(callee, python_name(apply.entry))
            return self._call(callee, names, apply.inputs)
        return CallCode(callee, tuple(self.value(value) for value in apply.inputs.values()))

    def _call(self, callee: Code, names: tuple[str, ...], inputs: dict[str, Any]) -> Code:
        args: list[Code] = []
        kwargs: list[tuple[str, Code]] = []
        skipped = False
        for name in names:
            if name not in inputs:
                skipped = True
            elif skipped:
                kwargs.append((python_name(name), self.value(inputs[name])))
            else:
                args.append(self.value(inputs[name]))
        return CallCode(callee, tuple(args), tuple(kwargs))

    def _assign(self, apply: Apply, code: Code, position: int) -> Stmt:
        """The statement for a call; results that nobody takes are `_`."""
        names = []
        for output in apply.outputs:
            names.append(self._define(output, position) if self.live.count[output.id] else "_")
        target = names[0] if len(names) == 1 else ", ".join(names)
        if isinstance(apply.target, Member) and isinstance(apply.target.layer, OpLayer):
            target = result_target(apply.target.layer.op, names)
        elif isinstance(apply.target, FunctionUse) and len(names) == 1 and self._gives_list(apply):
            target = f"({names[0]},)"
        return Let(target, code, apply.span)

    def _gives_list(self, apply: Apply) -> bool:
        return isinstance(apply.target, FunctionUse) and apply.target.op.name in ("split", "chunk", "unbind", "meshgrid")

    # --- folding -------------------------------------------------------------------------------------------------

    def _settle(self, values: list[Any], hint: str, out: list[Stmt], span: Span | None = None) -> int:
        """Decides which pending results may be written inside the expression that uses `values` now: those last on the list, in the
        order of their evaluation. The others become statements. Returns how deep the nesting is."""
        order = [tensor for value in values for tensor in tensors_in(value)]
        keep = 0
        at = len(order) - 1
        for item in reversed(self.pending):
            while at >= 0 and order[at] != item.tensor.id:
                at -= 1
            if at < 0 or not self._may_fold(item, hint, span):
                break
            at -= 1
            keep += 1
        waiting = {item.tensor.id for item in self.pending[: len(self.pending) - keep]}
        if waiting & set(order):
            last = max(n for n, item in enumerate(self.pending) if item.tensor.id in waiting & set(order))
            self._flush(out, last + 1)
        return max((item.depth for item in self.pending if item.tensor.id in order), default=0)

    def _may_fold(self, item: _Pending, hint: str, span: Span | None) -> bool:
        if span is None:  # returned or handed on as it is
            return True
        if item.depth >= FOLD_DEPTH:
            return False
        if item.tensor.hint and hint and item.tensor.hint != hint:
            return False
        return item.span.source is span.source and _line(item.span) == _line(span)

    def _flush(self, out: list[Stmt], count: int | None = None) -> None:
        """Pending results become statements."""
        count = len(self.pending) if count is None else count
        for _ in range(count):
            item = self.pending.pop(0)
            out.append(Let(self._define(item.tensor, item.position), item.code, item.span))

    # --- names ---------------------------------------------------------------------------------------------------

    def _free(self, name: str, position: int) -> bool:
        if name in self.size_names or name in self.runtime_sizes or any(name in names for names in self.loop_names):
            return False
        holder = self.held.get(name)
        if any(name in _names(item.code) for item in self.pending):
            return False
        return holder is None or self.live.dead_after(holder, position)

    def _define(self, tensor: Tensor, position: int, wanted: str = "") -> str:
        """A local name for a tensor: its hint, if the value that has that name now is not needed any more."""
        base = python_name(wanted or tensor.hint or "x")
        base = base if base.isidentifier() and base not in RESERVED else "x"
        name, count = base, 1
        while not self._free(name, position):
            count += 1
            name = f"{base}_{count}"
        self.held[name] = tensor.id
        self.env[tensor.id] = Var(name)
        return name

    def _rename(self, source: Tensor, target: Tensor, out: list[Stmt], span: Span) -> None:
        """`target` is the same tensor as `source`."""
        for item in self.pending:
            if item.tensor.id == source.id:
                if self._may_wait(target):
                    item.tensor = target
                    return
                self._flush(out)
                break
        self.env[target.id] = self.tensor(source.id)
        for name, held in list(self.held.items()):
            if held == source.id:
                self.held[name] = target.id

    def _at_hand(self, floating: bool) -> Code | None:
        """A tensor that has a name: preferably an input."""
        for _, value in self.entry.inputs:
            if isinstance(value, Tensor) and (not floating or value.type.dtype is DType.FLOAT):
                code = self.env.get(value.id)
                if isinstance(code, Var) and self.held.get(code.name) == value.id and not self._optional(value):
                    return code
        return self.context.weight_at_hand()

    def _optional(self, tensor: Tensor) -> bool:
        return self.context.is_optional(tensor.id)

    # --- branches ------------------------------------------------------------------------------------------------

    def _branch(self, branch: Branch, out: list[Stmt]) -> None:
        self.now += 1
        if branch.taken is not None:
            out += self._items(branch.then if branch.taken else branch.orelse)
            self.now += 1
            return
        self._flush(out)
        condition = self._condition(branch)
        then, then_values = self._side(branch.then, [join.then for join in branch.joins], advance=False)
        orelse, else_values = self._side(branch.orelse, [join.orelse for join in branch.joins], advance=True)
        self.now += 1
        if not then and not orelse and len(branch.joins) == 1:
            self._choice(branch, condition, then_values[0], else_values[0], out)
            return
        for join, a, b in zip(branch.joins, then_values, else_values, strict=True):
            name = self._define(join.result, self.now)
            if a != Var(name):
                then.append(Let(name, a, branch.span))
            if b != Var(name):
                orelse.append(Let(name, b, branch.span))
        if then == orelse:
            out += then
        elif then:
            out.append(If(condition, tuple(then), tuple(orelse), branch.span))
        elif orelse:
            out.append(If(negation(condition), tuple(orelse), (), branch.span))

    def _side(self, items: list[Item], values: list[Any], *, advance: bool) -> tuple[list[Stmt], list[Code]]:
        """One side's statements and the code of what it hands on, with names as they were before the branch."""
        env, held = dict(self.env), dict(self.held)
        body = self._items(items)
        now, self.now = self.now, self.now + (1 if advance else 0)
        self._settle(values, "", body)
        if len(values) != 1 or body:
            self._flush(body)
        codes = [self.value(value) for value in values]
        self.pending.clear()
        self.now = now
        touched = {name for name, id in self.held.items() if held.get(name) != id}
        self.env, self.held = env, {name: id for name, id in held.items() if name not in touched}
        return body, codes

    def _choice(self, branch: Branch, condition: Code, then: Code, orelse: Code, out: list[Stmt]) -> None:
        """`shortcut = x if self.downsample is None else self.downsample(x)`."""
        result = branch.joins[0].result
        if then == orelse:
            self.env[result.id] = then
            if isinstance(then, Var):
                self.held[then.name] = result.id
            else:
                out.append(Let(self._define(result, self.now), then, branch.span))
            return
        code = IfCode(condition, then, orelse)
        if text(condition).startswith("not ") or " is not " in text(condition):
            code = IfCode(negation(condition), orelse, then)
        name = self._define(result, self.now)
        if Var(name) == orelse and not isinstance(then, Var):
            out.append(If(condition, (Let(name, then, branch.span),), (), branch.span))
        elif len(text(code)) + len(name) + 11 <= WIDTH:
            out.append(Let(name, code, branch.span))
        else:
            out.append(If(condition, (Let(name, then, branch.span),), (Let(name, orelse, branch.span),), branch.span))

    def _condition(self, branch: Branch) -> Code:
        guard = self.context.constructor.optional.get(id(branch))
        if guard is not None and not self.loop_names:
            return BinaryCode("is not", self.context.places.access(guard), Lit(None))
        return self.code(branch.condition)

    # --- loops ---------------------------------------------------------------------------------------------------

    def _loop(self, loop: Loop, out: list[Stmt]) -> None:
        if not loop.rolled:
            for body in loop.bodies:
                out += self._items(body)
            return
        self._flush(out)
        self.now += 1
        targets, _ = loop_head(loop, loop.iterable)
        names = {name for target in targets for name in target_names(target)}
        carried = [c for c in loop.carried if isinstance(c.before, Tensor)]
        shown = [self._enter(c, out) for c in carried]
        self.loop_names.append(names)
        env = dict(self.env)
        body = self._items(loop.bodies[0])
        self.now += 1
        for c in carried:
            self._settle([c.after], c.name, body)
        if len(self.pending) == 1 and len(carried) == 1 and self.pending[0].tensor.id == carried[0].after.id:
            item = self.pending.pop()
            body.append(Let(shown[0], item.code, item.span))
        else:
            self._flush(body)
            moves = [(name, self.value(c.after)) for name, c in zip(shown, carried, strict=True) if self.value(c.after) != Var(name)]
            if len(moves) == 1:
                body.append(Let(moves[0][0], moves[0][1], loop.span))
            elif moves:
                body.append(Let(", ".join(name for name, _ in moves), TupleCode(tuple(code for _, code in moves)), loop.span))
        self.loop_names.pop()
        self.env = env
        for name, c in zip(shown, carried, strict=True):
            self.env[c.result.id] = Var(name)
            self.held[name] = c.result.id
        if body:
            statement = for_statement(loop, self.code(loop.iterable), tuple(body))
            out.append(iterate_modules(statement, self.context.places, set(self.held)))

    def _enter(self, carried: Carried, out: list[Stmt]) -> str:
        """The name that a carried tensor has before, in and after the loop."""
        before = self.value(carried.before)
        wanted = carried.name if carried.name.isidentifier() else carried.before.hint
        wanted = python_name(wanted or "x")
        if isinstance(before, Var) and before.name == wanted and self.live.dead_after(carried.before.id, self.now):
            name = before.name
            self.held[name] = carried.inside.id
            self.env[carried.inside.id] = before
            return name
        name = self._define(carried.inside, self.now, wanted)
        if before != Var(name):
            out.append(Let(name, before, carried.before.span))
        return name


def _names(code: Code) -> set[str]:
    return {part.name for part in parts(code) if isinstance(part, Var)}


def _line(span: Span) -> int:
    return span.source.position(span.start)[0]

