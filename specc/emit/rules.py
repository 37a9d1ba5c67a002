"""`init` rules as statements of `reset_parameters`: loops over modules and parameters, and the weights with full paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specc.elaborate.selectors import regular_expression, selected
from specc.elaborate.selectors import weights_of as held_by
from specc.elaborate.trace import BlockLayer, Instance, OpLayer, Rule, ScanLayer
from specc.elaborate.walk import member_keys
from specc.emit.fill import Context, fill
from specc.emit.members import SELF
from specc.emit.plan import For, If, Stmt
from specc.emit.trace_walk import weights_of
from specc.ops import registry
from specc.ops.declare import Layer
from specc.pycode import Attr, BinaryCode, CallCode, Code, FString, Item, Lit, Path, Var

MODULES = CallCode(Path("self.modules"))


def apply_rules(rules: Iterable[Rule], trace: Instance, instances: Sequence[Instance], context: Context) -> list[Stmt]:
    """Rules in their order, for a class that stands for `instances`; `trace` is what it was written from."""
    out: list[Stmt] = []
    for rule in rules:
        for statement in _rule(rule, trace, instances, context):
            previous = out[-1] if out else None
            if _joined(statement, previous):
                assert isinstance(statement, For)
                assert isinstance(previous, For)
                out[-1] = previous.replace(body=_merged(previous.body, statement.body))
            else:
                out.append(statement)
    return out


def _joined(statement: Stmt, previous: Stmt | None) -> bool:
    """May two loops be one? Each weight then meets the rules in their order."""
    return (
        isinstance(statement, For)
        and isinstance(previous, For)
        and (statement.targets, statement.iterable) == (previous.targets, previous.iterable)
        and all(isinstance(part, If) for part in (*statement.body, *previous.body))
    )


def _merged(first: tuple[Stmt, ...], second: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
    """The bodies of two loops over the same things; two rules for one type of layer share their `if`, and so do two in a row
    for one pattern."""
    (new,) = second
    assert isinstance(new, If)
    for at, statement in enumerate(first):
        alike = isinstance(statement, If) and statement.condition == new.condition
        if alike and isinstance(statement, If) and (at == len(first) - 1 or _is_type(new.condition)):
            return (*first[:at], statement.replace(then=(*statement.then, *new.then)), *first[at + 1 :])
    return (*first, new)


def is_type(name: str, context: Context) -> Code:
    """`isinstance(module, nn.Linear)`: is it a layer of that type, wrapped or not, or a block of that name?"""
    return CallCode(Path("isinstance"), (Var("module"), Path(context.class_path(name) or _module_path(name))))


def _is_type(condition: Code) -> bool:
    """`type(module) is nn.Linear`: no other condition of this form holds for the same module."""
    return isinstance(condition, BinaryCode) and condition.op == "is"


def is_exact(rule: Rule) -> bool:
    return not rule.layer and "*" not in rule.pattern


class Reach:
    """What a rule names in the instances of a class: learned tensors, and weights that wrappers compute."""

    def __init__(self, rule: Rule, instances: Sequence[Instance]) -> None:
        named = [held for instance in instances for held in selected(rule.pattern, rule.layer, held_by(instance))]
        self.computed = list(dict.fromkeys(held.key.split(".")[-1] for held in named if held.within))
        """The names of the weights that wrappers compute: mostly `weight`."""
        self.wrapped = any(held.wrapped and not held.within for held in named)
        """Some are beside such a weight, in a layer whose class torch has replaced."""
        self.plain = not named or any(not held.within for held in named)


def _rule(rule: Rule, trace: Instance, instances: Sequence[Instance], context: Context) -> list[Stmt]:
    reach = Reach(rule, instances)
    if is_exact(rule):
        target = context.places.weight(rule.pattern)
        return fill(target, rule.initial, context, computed=bool(reach.computed))
    out = []
    if reach.plain:
        out.append(
            _layer_rule(rule, (trace, *instances), reach.wrapped, context)
            if rule.layer
            else _by_name(rule.pattern, rule, context)
        )
    return out + [_computed_rule(rule, name, context) for name in reach.computed]


def _layer_rule(rule: Rule, instances: Sequence[Instance], wrapped: bool, context: Context) -> Stmt:
    """`for module in self.modules(): if type(module) is nn.Linear: ...`."""
    name, rest = rule.pattern[0], rule.pattern[1:]
    block = context.class_path(name)
    if block is None and rest and "*" not in rest:
        target: Code = Var("module")
        for part in rest:
            target = Attr(target, part)
        body = fill(target, rule.initial, context)
        if not _always_present(name, rest[-1], instances):
            body = [If(BinaryCode("is not", target, Lit(None)), tuple(body))]
        type_of = Path("nn.utils.parametrize.type_before_parametrizations" if wrapped else "type")
        condition = BinaryCode("is", CallCode(type_of, (Var("module"),)), Path(_module_path(name)))
        return For(("module",), MODULES, (If(condition, tuple(body), (), rule.span),))
    inner = _by_name(("*", *rest), rule, context, owner=Var("module"))
    return For(("module",), MODULES, (If(is_type(name, context), (inner,), (), rule.span),))


def is_wrapped(weight: str) -> Code:
    """Does a wrapper compute that weight of `module`?"""
    if weight == "weight":
        return CallCode(Path("hasattr"), (Var("module"), Lit("parametrizations")))
    return CallCode(Path("nn.utils.parametrize.is_parametrized"), (Var("module"), Lit(weight)))


def _module_path(name: str) -> str:
    op = registry.find(name)
    return (op.torch if op is not None else "") or f"nn.{name}"


def _computed_rule(rule: Rule, weight: str, context: Context) -> Stmt:
    """The same for weights that wrappers compute, which named_parameters does not list."""
    target = Attr(Var("module"), weight)
    body = fill(target, rule.initial, context, computed=True)
    wrapped = is_wrapped(weight)
    block = context.class_path(rule.pattern[0])
    if rule.layer and block is None:
        return For(
            ("module",),
            MODULES,
            (If(BinaryCode("and", is_type(rule.pattern[0], context), wrapped), tuple(body), (), rule.span),),
        )
    pattern = ("*", *rule.pattern[1:]) if rule.layer else rule.pattern
    always = pattern == ("*", weight)
    condition = None if always else name_condition(pattern, FString((Var("name"), f".{weight}")))
    found = BinaryCode("and", wrapped, condition) if condition is not None else wrapped
    owner: Code = Var("owner") if rule.layer else SELF
    loop = For(
        ("name", "module"), CallCode(Attr(owner, "named_modules")), (If(found, tuple(body), (), rule.span),)
    )  # fmt: skip
    if not rule.layer:
        return loop
    is_one = CallCode(Path("isinstance"), (owner, Path(str(block))))
    return For(("owner",), MODULES, (If(is_one, (loop,), (), rule.span),))


def _by_name(pattern: tuple[str, ...], rule: Rule, context: Context, owner: Code = SELF) -> Stmt:
    """`for name, parameter in self.named_parameters(): if name.endswith(...): ...`."""
    body = fill(Var("parameter"), rule.initial, context)
    condition = name_condition(pattern, Var("name"))
    if rule.least:  # a more specific rule fills the others
        enough = BinaryCode(">=", CallCode(Path("parameter.dim")), Lit(rule.least))
        condition = BinaryCode("and", condition, enough) if condition is not None else enough
    if condition is None:
        return For(("parameter",), CallCode(Attr(owner, "parameters")), tuple(body), rule.span)
    loop = CallCode(Attr(owner, "named_parameters"))
    return For(("name", "parameter"), loop, (If(condition, tuple(body), (), rule.span),))


def name_condition(pattern: tuple[str, ...], name: Code) -> Code | None:
    """Does a name fit a pattern? None for the pattern `*`, which every name fits."""
    rest = pattern[1:]
    if pattern[0] == "*" and "*" not in rest:
        if not rest:
            return None
        if len(rest) == 1:
            last = CallCode(Attr(name, "split"), (Lit("."),))
            return BinaryCode("==", Item(last, (Lit(-1),)), Lit(rest[0]))
        return CallCode(Attr(_dotted(name), "endswith"), (Lit("." + ".".join(rest)),))
    if pattern[-1] == "*" and "*" not in pattern[:-1]:
        return CallCode(Attr(name, "startswith"), (Lit(".".join(pattern[:-1]) + "."),))
    return BinaryCode("is not", CallCode(Path("re.fullmatch"), (Lit(regular_expression(pattern)), name)), Lit(None))


def _dotted(name: Code) -> Code:
    return FString((".", *name.pieces)) if isinstance(name, FString) else FString((".", name))


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
