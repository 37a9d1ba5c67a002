"""`freeze` as the last statements of a constructor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specc.elaborate.selectors import Held, freezes, names, regular_expression, weights_of
from specc.elaborate.trace import Instance
from specc.emit.fill import Context
from specc.emit.members import Places
from specc.emit.plan import Do, For, If, Stmt
from specc.emit.rules import MODULES, is_type, is_wrapped, name_condition
from specc.pycode import Attr, BinaryCode, CallCode, Code, FString, Lit, Path, Var

Pattern = tuple[str, ...]


def freezing(trace: Instance, instances: Sequence[Instance], context: Context) -> list[Stmt]:
    """What turns off gradients, for a class that stands for `instances`."""
    out: list[Stmt] = []
    for pattern, layer in trace.frozen:
        held = [
            h for instance in instances for h in weights_of(instance).values() if freezes(pattern, layer, h) and not h.buffer
        ]
        if layer:
            out.append(_of_type(pattern, held, context))
        elif "*" not in pattern:
            out.append(
                _off(_computed(context.places.weight(pattern)) if held and held[0].within else context.places.weight(pattern))
            )
        elif pattern == ("*",):
            out.append(Do(CallCode(Path("self.requires_grad_"), (Lit(False),))))
        elif pattern[-1] == "*" and "*" not in pattern[:-1]:
            out.append(_off(_module(pattern[:-1], context.places)))
        else:
            out += _by_name(pattern, held)
    return out


def _off(target: Code) -> Stmt:
    return Do(CallCode(Attr(target, "requires_grad_"), (Lit(False),)))


def _computed(weight: Code) -> Code:
    """What a wrapper computes a weight from: `self.conv.parametrizations.weight`."""
    assert isinstance(weight, Attr)
    return Attr(Attr(weight.value, "parametrizations"), weight.name)


def _of_type(pattern: Pattern, held: Sequence[Held], context: Context) -> Stmt:
    """`for module in self.modules(): if isinstance(module, nn.BatchNorm2d): module.requires_grad_(False)`."""
    target: Code = Var("module")
    for part in pattern[1:]:
        if part != "*":
            target = Attr(target, part)
    if any(h.within for h in held) and isinstance(target, Attr):
        target = _computed(target)
    return For(("module",), MODULES, (If(is_type(pattern[0], context), (_off(target),)),))


def _by_name(pattern: Pattern, held: Sequence[Held]) -> Iterator[Stmt]:
    name = Var("name")
    whole_layers = any(not names(pattern, False, h) for h in held)
    condition = name_condition(pattern, name)
    if whole_layers:
        condition = BinaryCode(
            "is not", CallCode(Path("re.fullmatch"), (Lit(regular_expression(pattern) + r"(?:\..+)?"), name)), Lit(None)
        )
    assert condition is not None
    if not held or not all(h.within for h in held):
        yield For(("name", "parameter"), CallCode(Path("self.named_parameters")), (If(condition, (_off(Var("parameter")),)),))
    for weight in dict.fromkeys(h.key.split(".")[-1] for h in held if h.within and names(pattern, False, h)):
        fits = name_condition(pattern, FString((name, f".{weight}")))
        assert fits is not None
        test = If(BinaryCode("and", is_wrapped(weight), fits), (_off(_computed(Attr(Var("module"), weight))),))
        yield For(("name", "module"), CallCode(Path("self.named_modules")), (test,))


def _module(path: Pattern, places: Places) -> Code:
    if any(part.isdigit() for part in path):
        return CallCode(Path("self.get_submodule"), (Lit(".".join(path)),))
    return places.weight(path)
