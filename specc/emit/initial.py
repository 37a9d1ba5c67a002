"""How the weights of a class begin: `reset_parameters` fills its own tensors and applies the spec's `init` rules, the weakest
first, so that the most specific one has the last word. Ties and freezing close the constructor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from specc.dims.expr import Dim
from specc.elaborate.trace import BlockLayer, EntryTrace, Initial, Instance, OpLayer, Rule, ScanLayer, TensorMember
from specc.elaborate.walk import member_keys
from specc.emit.code import text
from specc.emit.layers import static_code
from specc.emit.members import SELF, Path_, Places
from specc.emit.plan import Do, For, FunctionPlan, If, Let, Return, Stmt
from specc.emit.trace_walk import CannotEmit, weights_of
from specc.ops import registry
from specc.ops.declare import REQUIRED, Layer
from specc.pycode import Attr, BinaryCode, CallCode, Code, FString, Item, ListCode, Lit, Path, UnaryCode, Var


class Context(Protocol):
    """What the statements of initialisation ask of their class."""

    places: Places

    def entry_statements(self, entry: EntryTrace) -> list[Stmt]:
        """What computes a value, ending in a Return."""

    def init_code(self, code: Code) -> Code:
        """Compile-time code as methods see it."""

    def class_path(self, name: str) -> str | None:
        """The generated class of a block's name."""


class Named(Protocol):
    def __call__(self, dim: Dim) -> Code: ...


def reset_method(
    tensors: Sequence[tuple[Path_, TensorMember]], instance: Instance, instances: Sequence[Instance], context: Context
) -> FunctionPlan | None:
    """`reset_parameters`, or None where there is nothing to set."""
    if any(not isinstance(part, str) for path, _ in tensors for part in path):
        raise CannotEmit("a learned tensor in a loop that is not unrolled")
    plain = [(context.places.reach(path), member) for path, member in tensors if member.initial is None]
    stated = [(context.places.reach(path), member) for path, member in tensors if member.initial is not None]
    exact = [rule for rule in instance.rules if not rule.layer and "*" not in rule.pattern]
    everywhere = (instance, *instances)
    body: list[Stmt] = [statement for target, member in plain for statement in _tensor(target, member, context)]
    body += _rules([rule for rule in instance.rules if rule not in exact], everywhere, context)
    body += [statement for target, member in stated for statement in _tensor(target, member, context)]
    body += _rules(exact, everywhere, context)
    if not body:
        return None
    return FunctionPlan("reset_parameters", (), "None", tuple(body), "Sets the initial values.", ("torch.no_grad()",))


def _tensor(target: Code, member: TensorMember, context: Context) -> list[Stmt]:
    if member.initial is not None:
        return _filled(target, member.initial, context)
    if member.keyword != "param":
        return [Do(CallCode(Attr(target, "zero_")))]
    if len(member.type.shape) > 1:
        slope = CallCode(Path("math.sqrt"), (Lit(5),))
        return [Do(CallCode(Path("nn.init.kaiming_uniform_"), (target,), (("a", slope),)), member.span)]
    bound = BinaryCode("**", CallCode(Attr(target, "numel")), UnaryCode("-", Lit(0.5)))
    return [Do(CallCode(Path("nn.init.uniform_"), (target, UnaryCode("-", bound), bound)), member.span)]


def _filled(target: Code, initial: Initial, context: Context) -> list[Stmt]:
    """The statements that give a tensor its initial value."""
    if initial.call is not None:
        op = initial.call.op
        kwargs: list[tuple[str, Code]] = []
        args: list[Code] = [target]
        for name, param in op.params.items():
            if name in initial.call.given:
                code = context.init_code(static_code(initial.call.given[name]))
                if param.default is REQUIRED and not kwargs:
                    args.append(code)
                else:
                    kwargs.append((name, code))
        return [Do(CallCode(Path(op.torch), tuple(args), tuple(kwargs)), initial.span)]
    if initial.literal is not None:
        if not isinstance(initial.literal, ListCode):
            return [Do(CallCode(Path("nn.init.constant_"), (target, context.init_code(initial.literal))), initial.span)]
        value: Code = CallCode(Path("torch.tensor"), (context.init_code(initial.literal),))
        return [Do(CallCode(Attr(target, "copy_"), (value,)), initial.span)]
    assert initial.result is not None
    entry = EntryTrace("initial")
    entry.items = initial.items
    entry.outputs = [("value", initial.result)]
    *before, last = context.entry_statements(entry)
    assert isinstance(last, Return)
    return [*before, Do(CallCode(Attr(target, "copy_"), (last.value,)), initial.span)]


# --- rules -------------------------------------------------------------------------------------------------------


def _rules(rules: Iterable[Rule], instances: Sequence[Instance], context: Context) -> list[Stmt]:
    out: list[Stmt] = []
    for rule in rules:
        statement = _rule(rule, instances, context)
        previous = out[-1] if out else None
        if isinstance(statement, For) and isinstance(previous, For) and statement.iterable == previous.iterable:
            out[-1] = previous.replace(body=_merged(previous.body, statement.body))
        else:
            out.append(statement)
    return out


def _merged(first: tuple[Stmt, ...], second: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
    """The bodies of two loops over the same things; two rules for one type of layer share their `if`."""
    (new,) = second
    assert isinstance(new, If)
    for at, statement in enumerate(first):
        if isinstance(statement, If) and statement.condition == new.condition:
            return (*first[:at], statement.replace(then=(*statement.then, *new.then)), *first[at + 1 :])
    return (*first, new)


def _rule(rule: Rule, instances: Sequence[Instance], context: Context) -> Stmt:
    pattern = rule.pattern
    if rule.layer:
        return _layer_rule(rule, instances, context)
    if "*" not in pattern:
        (statement,) = _one(_filled(context.places.weight(pattern), rule.initial, context))
        return statement
    return _by_name(pattern, _filled(Var("parameter"), rule.initial, context), rule)


def _one(statements: list[Stmt]) -> list[Stmt]:
    if len(statements) != 1:
        raise CannotEmit("an initial value that takes several statements, in a rule")
    return statements


def _layer_rule(rule: Rule, instances: Sequence[Instance], context: Context) -> Stmt:
    """`for module in self.modules(): if type(module) is nn.Linear: ...`."""
    name, rest = rule.pattern[0], rule.pattern[1:]
    block = context.class_path(name)
    if block is None and rest and "*" not in rest:
        op = registry.find(name)
        assert op is not None
        assert issubclass(op, Layer)
        target: Code = Var("module")
        for part in rest:
            target = Attr(target, part)
        body = _one(_filled(target, rule.initial, context))
        if not _always_present(name, rest[-1], instances):
            body = [If(BinaryCode("is not", target, Lit(None)), tuple(body))]
        condition = BinaryCode("is", CallCode(Path("type"), (Var("module"),)), Path(op.torch or f"nn.{name}"))
        return For(("module",), CallCode(Path("self.modules")), (If(condition, tuple(body), (), rule.span),))
    path = block or f"nn.{name}"
    inner = _by_name(("*", *rest), _filled(Var("parameter"), rule.initial, context), rule, owner=Var("module"))
    is_one = CallCode(Path("isinstance"), (Var("module"), Path(path)))
    return For(("module",), CallCode(Path("self.modules")), (If(is_one, (inner,), (), rule.span),))


def _by_name(pattern: tuple[str, ...], body: list[Stmt], rule: Rule, owner: Code = SELF) -> Stmt:
    """`for name, parameter in self.named_parameters(): if name.endswith(...): ...`."""
    loop = CallCode(Attr(owner, "named_parameters"))
    condition = name_condition(pattern)
    if condition is None:
        return For(("parameter",), CallCode(Attr(owner, "parameters")), tuple(body), rule.span)
    return For(("name", "parameter"), loop, (If(condition, tuple(body), (), rule.span),))


def name_condition(pattern: tuple[str, ...]) -> Code | None:
    """Does `name` fit a pattern? None for the pattern `*`, which every name fits."""
    name = Var("name")
    rest = pattern[1:]
    if pattern[0] == "*" and "*" not in rest:
        if not rest:
            return None
        if len(rest) == 1:
            last = CallCode(Path("name.split"), (Lit("."),))
            return BinaryCode("==", Item(last, (Lit(-1),)), Lit(rest[0]))
        return CallCode(Attr(FString((".", name)), "endswith"), (Lit("." + ".".join(rest)),))
    if pattern[-1] == "*" and "*" not in pattern[:-1]:
        return CallCode(Path("name.startswith"), (Lit(".".join(pattern[:-1]) + "."),))
    expression = r"\.".join(
        r"(?:.+\.)?"
        if part == "*" and at == 0
        else r".+"
        if part == "*" and at == len(pattern) - 1
        else r"[^.]+"
        if part == "*"
        else re.escape(part)
        for at, part in enumerate(pattern)
    ).replace(r"(?:.+\.)?\.", r"(?:.+\.)?")
    return BinaryCode("is not", CallCode(Path("re.fullmatch"), (Lit(expression), name)), Lit(None))


def _always_present(layer: str, weight: str, instances: Sequence[Instance]) -> bool:
    """Has every layer of this type that weight?"""
    for instance in instances:
        for op in _ops(instance):
            if op.name == layer:
                weights = weights_of(op)
                found = weights.get(weight) if weights is not None else None
                if found is None or found.present is not True:
                    return False
    return True


def _ops(instance: Instance) -> Iterable[Layer]:
    for entry in instance.entries.values():
        for member in member_keys(entry.items).values():
            layer = member.layer
            if isinstance(layer, OpLayer):
                yield layer.op
            elif isinstance(layer, BlockLayer | ScanLayer):
                cell = layer.cell if isinstance(layer, ScanLayer) else layer
                inner = cell.generic.trace if cell.generic is not None else cell.instance
                if inner is not None:
                    yield from _ops(inner)


# --- ties and freezing -------------------------------------------------------------------------------------------


def ties(instance: Instance, places: Places) -> list[Stmt]:
    """What the constructor does after it has made the members."""
    out: list[Stmt] = []
    for target, source in instance.ties:
        out.append(Let(text(places.weight(target)), places.weight(source)))
    return out


def freezing(instance: Instance, places: Places) -> list[Stmt]:
    out: list[Stmt] = []
    for pattern in instance.frozen:
        off = (Lit(False),)
        if "*" not in pattern:
            out.append(Do(CallCode(Attr(places.weight(pattern), "requires_grad_"), off)))
        elif pattern[-1] == "*" and "*" not in pattern[:-1] and len(pattern) > 1:
            out.append(Do(CallCode(Attr(_module(pattern[:-1], places), "requires_grad_"), off)))
        elif pattern == ("*",):
            out.append(Do(CallCode(Path("self.requires_grad_"), off)))
        else:
            condition = name_condition(pattern)
            assert condition is not None
            turn_off = Do(CallCode(Attr(Var("parameter"), "requires_grad_"), off))
            out.append(For(("name", "parameter"), CallCode(Path("self.named_parameters")), (If(condition, (turn_off,)),)))
    return out


def _module(path: tuple[str, ...], places: Places) -> Code:
    if any(part.isdigit() for part in path):
        return CallCode(Path("self.get_submodule"), (Lit(".".join(path)),))
    return places.weight(path)
