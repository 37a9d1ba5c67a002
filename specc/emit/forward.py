"""A method that runs an entry: from what a trace applies to statements, in the order of the trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specc.elaborate.trace import (
    Apply,
    BlockLayer,
    Branch,
    Carried,
    EntryUse,
    FunctionUse,
    Introduce,
    Item,
    Local,
    Loop,
    Member,
    OpLayer,
    Require,
    ScanLayer,
    Stack,
    StackUse,
    Static,
    Tensor,
)
from specc.emit.cells import initial_state, scan
from specc.emit.checks import check, negation
from specc.emit.code import WIDTH, text
from specc.emit.functions import function_code
from specc.emit.iteration import iterate_modules
from specc.emit.layers import TORCH_DTYPES
from specc.emit.liveness import inlined, threaded_axes
from specc.emit.loops import for_statement, loop_head, moves
from specc.emit.members import SELF, python_name
from specc.emit.patterns import call_arguments, result_target
from specc.emit.plan import If, Let, Return, Stmt
from specc.emit.preconditions import conjunction
from specc.emit.stacks import stack_use
from specc.emit.trace_walk import CannotEmit, operands, tensors_in
from specc.emit.values import Pending, Values
from specc.emit.walk import parts, target_names
from specc.emit.width import in_width
from specc.pycode import Attr, BinaryCode, CallCode, Code, IfCode, Lit, Path, TupleCode, Var, base_name
from specc.pycode import Item as Index
from specc.types import DType


class Forward(Values):
    """Writes one entry."""

    # --- the method ----------------------------------------------------------------------------------------------

    def build(self, demanded: Sequence[Code] = (), message: str = "") -> list[Stmt]:
        """The statements; `demanded` are conditions on the inputs' sizes that are checked first."""
        for name, value in self.entry.inputs:
            if isinstance(value, Tensor):
                local = python_name(name)
                self.input_names[name] = local
                self.env[value.id] = Var(local)
                self.held[local] = value.id
        body = self._numbers()
        for state in self.entry.states:
            local = python_name(state.name)
            self.env[state.tensor.id] = Var(local)
            self.held[local] = state.tensor.id
            body.append(initial_state(self, local, state))
        body += self.items(self.entry.items)
        self.now += 1
        values = [value for _, value in self.entry.results()]
        self.settle(values, "", body)
        outputs = [self.in_width(value) for value in values]
        self.pending.clear()
        result = outputs[0] if len(outputs) == 1 else TupleCode(tuple(outputs))
        first = values[0] if values else None
        body.append(Return(result, first.span if isinstance(first, Tensor) else None))
        checks = [check(self.code(conjunction(list(demanded))), message, None)] if demanded else []
        wide = [] if self.wide is None else [self.wide]
        return [*self._unpacked_sizes(), *checks, *wide, *body]

    def _numbers(self) -> list[Stmt]:
        """Inputs that may be numbers become tensors, as wide and where the others are."""
        out: list[Stmt] = []
        for name, value in self.entry.inputs:
            if name in self.entry.defaults and isinstance(value, Tensor):
                local, dtype = python_name(name), value.type.dtype
                source = self.at_hand(dtype is DType.FLOAT)
                width = Attr(source, "dtype") if source is not None and dtype is DType.FLOAT else Path(TORCH_DTYPES[dtype])
                kwargs: list[tuple[str, Code]] = [("dtype", width)]
                if source is not None:
                    kwargs.append(("device", Attr(source, "device")))
                out.append(Let(local, CallCode(Path("torch.as_tensor"), (Var(local),), tuple(kwargs))))
        return out

    def _unpacked_sizes(self) -> list[Stmt]:
        """`B, T, d = x.shape` for the sizes that forward needs by name."""
        wanted: dict[str, dict[int, str]] = {}
        ranks: dict[str, int] = {}
        types = {name: value.type for name, value in self.entry.inputs if isinstance(value, Tensor)}
        for size in self.entry.sizes:
            if (
                size.name in self.sizes_used
                and size.input in types
                and size.name not in {n for axes in wanted.values() for n in axes.values()}
            ):
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

    # --- items ---------------------------------------------------------------------------------------------------

    def items(self, items: list[Item]) -> list[Stmt]:
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
                        self.flush(out)
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
            self.flush(out)
            out += self.items(apply.inner)
            self.now += 1
            assert apply.inner_result is not None
            self.settle([apply.inner_result], "", out)
            self.rename(apply.inner_result, apply.outputs[0], out, apply.span)
            return
        if isinstance(apply.target, StackUse):
            stack_use(self, apply, apply.target, out)
            return
        if isinstance(apply.target, Member) and isinstance(apply.target.layer, ScanLayer):
            scan(self, apply, apply.target, apply.target.layer, out)
            return
        values = operands(apply)
        hint = apply.outputs[0].hint if apply.outputs else ""
        depth = self.settle(values, hint, out, apply.span)
        code = self._code_of(apply)
        if depth and (len(text(code)) + len(hint or "x") + 11 > WIDTH or not self._each_once(code, values)):
            self.flush(out)
            code = self._code_of(apply)
            depth = 0
        consumed = {tensor for value in values for tensor in tensors_in(value)}
        self.pending = [item for item in self.pending if item.tensor.id not in consumed]
        if len(apply.outputs) == 1 and self.may_wait(apply.outputs[0]):
            self.pending.append(Pending(apply.outputs[0], code, position, depth + 1, apply.span))
            return
        self.flush(out)
        out.append(self._assign(apply, code, position))

    def _each_once(self, code: Code, values: list[Any]) -> bool:
        """Is every pending result that goes into the expression evaluated once there?"""
        used = {tensor for value in values for tensor in tensors_in(value)}
        found = list(parts(code))
        return all(sum(part is item.code for part in found) == 1 for item in self.pending if item.tensor.id in used)

    def _code_of(self, apply: Apply) -> Code:
        target = apply.target
        if isinstance(target, FunctionUse):
            if self.widths is None:
                return function_code(target, self.value, self.at_hand)
            return in_width(apply, self.widths, self.value, self.at_hand, self.wide_like)
        if isinstance(target, EntryUse):
            return self.call(Attr(SELF, python_name(target.name)), self.context.own_inputs(target.name), apply.inputs)
        assert isinstance(target, Member)
        callee = self.context.places.access(target, self.code)
        layer = target.layer
        if isinstance(layer, OpLayer):
            given = {name: self.in_width(value) for name, value in apply.inputs.items()}
            only_primary = all(self.live.count[output.id] == 0 for output in apply.outputs[1:])
            args, kwargs = call_arguments(layer.op, given, only_primary)
            return CallCode(callee, args, kwargs)
        if isinstance(layer, BlockLayer):
            names = self.context.entry_inputs(layer, apply.entry)
            if apply.entry != "forward":
                callee = Attr(callee, python_name(apply.entry))
            return self.call(callee, names, apply.inputs)
        return CallCode(callee, tuple(self.in_width(value) for value in apply.inputs.values()))

    def call(self, callee: Code, names: tuple[str, ...], inputs: dict[str, Any]) -> Code:
        args: list[Code] = []
        kwargs: list[tuple[str, Code]] = []
        skipped = False
        for name in names:
            if name not in inputs:
                skipped = True
            elif skipped:
                kwargs.append((python_name(name), self.in_width(inputs[name])))
            else:
                args.append(self.in_width(inputs[name]))
        return CallCode(callee, tuple(args), tuple(kwargs))

    def _assign(self, apply: Apply, code: Code, position: int) -> Stmt:
        """The statement for a call; results that nobody takes are `_`."""
        names = [self.define(output, position) if self.live.count[output.id] else "_" for output in apply.outputs]
        target = names[0] if len(names) == 1 else ", ".join(names)
        if isinstance(apply.target, Member) and isinstance(apply.target.layer, OpLayer):
            target = result_target(apply.target.layer.op, names)
        elif isinstance(apply.target, FunctionUse) and len(names) == 1 and self._gives_list(apply):
            target = f"({names[0]},)"
        return Let(target, code, apply.span)

    def _gives_list(self, apply: Apply) -> bool:
        """Does torch hand back a tuple, even of one?"""
        return isinstance(apply.target, FunctionUse) and "list" in apply.target.op.shape.__annotations__.get("return", "")

    # --- branches ------------------------------------------------------------------------------------------------

    def _branch(self, branch: Branch, out: list[Stmt]) -> None:
        self.now += 1
        if branch.taken is not None:
            out += self.items(branch.then if branch.taken else branch.orelse)
            self.now += 1
            return
        self.flush(out)
        condition = self._condition(branch)
        then, then_values = self._side(branch, branch.then, [join.then for join in branch.joins], advance=False)
        orelse, else_values = self._side(branch, branch.orelse, [join.orelse for join in branch.joins], advance=True)
        self.now += 1
        if not then and not orelse and len(branch.joins) == 1:
            self._choice(branch, condition, then_values[0], else_values[0], out)
            return
        names = [self.define(join.result, self.now) for join in branch.joins]
        for join in branch.joins:
            for variable, axis in join.sizes:
                self.sizes_read[variable] = (join.result.id, axis)
        then += moves(list(zip(names, then_values, strict=True)), branch.span)
        orelse += moves(list(zip(names, else_values, strict=True)), branch.span)
        if then == orelse:
            out += then
        elif then:
            out.append(If(condition, tuple(then), tuple(orelse), branch.span))
        elif orelse:
            out.append(If(negation(condition), tuple(orelse), (), branch.span))

    def _side(self, branch: Branch, items: list[Item], values: list[Any], *, advance: bool) -> tuple[list[Stmt], list[Code]]:
        """One side's statements and the code of what it hands on, with names as they were before the branch."""
        env, held = dict(self.env), dict(self.held)
        self.path.append((id(branch), items is branch.then))
        body = self.items(items)
        self.path.pop()
        now, self.now = self.now, self.now + (1 if advance else 0)
        self.settle(values, "", body)
        if len(values) != 1 or body:
            self.flush(body)
        codes = [self.value(value) for value in values]
        self.pending.clear()
        self.now = now
        touched = {name for name, tensor in self.held.items() if held.get(name) != tensor}
        self.env, self.held = env, {name: tensor for name, tensor in held.items() if name not in touched}
        return body, codes

    def _choice(self, branch: Branch, condition: Code, then: Code, orelse: Code, out: list[Stmt]) -> None:
        """`shortcut = x if self.downsample is None else self.downsample(x)`."""
        result = branch.joins[0].result
        if then == orelse:
            self.env[result.id] = then
            if isinstance(then, Var):
                self.held[then.name] = result.id
            else:
                out.append(Let(self.define(result, self.now), then, branch.span))
            return
        code = IfCode(condition, then, orelse)
        if text(condition).startswith("not ") or " is not " in text(condition):
            code = IfCode(negation(condition), orelse, then)
        name = self.define(result, self.now)
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
            for iteration in loop.bodies:
                out += self.items(iteration)
            return
        self.flush(out)
        self.now += 1
        names = self._loop_names(loop)
        carried = [c for c in loop.carried if isinstance(c.inside, Tensor | Stack)]
        shown = [self._enter(c, out) for c in carried]
        self.loop_names.append(names)
        env = dict(self.env)
        body = self.items(loop.bodies[0])
        self.now += 1
        for c in carried:
            self.settle([c.after], c.name, body)
        if len(self.pending) == 1 and len(carried) == 1 and self.pending[0].tensor.id == carried[0].after.id:
            item = self.pending.pop()
            body.append(Let(shown[0], item.code, item.span))
        else:
            self.flush(body)
            body += moves([(name, self.value(c.after)) for name, c in zip(shown, carried, strict=True)], loop.span)
        self.loop_names.pop()
        self.env = env
        for name, c in zip(shown, carried, strict=True):
            self.env[c.result.id] = Var(name)
            self.held[name] = c.result.id
            for variable, axis in threaded_axes(c, self.context.solver):
                self.sizes_read[variable] = (c.result.id, axis)
        if body:
            statement = for_statement(loop, self.code(loop.iterable), tuple(body), names)
            out.append(iterate_modules(statement, self.context.places, set(self.held)))

    def _loop_names(self, loop: Loop) -> dict[str, str]:
        targets, _ = loop_head(loop, loop.iterable)
        taken = set(self.held) | {name for names in self.loop_names for name in names.values()}
        out: dict[str, str] = {}
        for variable in (name for target in targets for name in target_names(target)):
            name, count = base_name(variable), 1
            while name in taken and name != variable:
                count += 1
                name = f"{base_name(variable)}_{count}"
            out[variable] = name
        return out

    def _enter(self, carried: Carried, out: list[Stmt]) -> str:
        """The name that a carried tensor has before, in and after the loop."""
        before = self.value(carried.before)
        wanted = carried.name if carried.name.isidentifier() else carried.before.hint
        wanted = python_name(wanted or "x")
        listed = isinstance(carried.before, Static)
        if not listed and before == Var(wanted) and self.live.dead_after(carried.before.id, self.now):
            self.held[wanted] = carried.inside.id
            self.env[carried.inside.id] = before
            return wanted
        name = self.define(carried.inside, self.now, wanted)
        if isinstance(carried.before, Stack):  # a list that others read stays as it is
            before = CallCode(Path("list"), (before,))
        if before != Var(name):
            out.append(Let(name, before, carried.before.span))
        return name
