"""How the weights of a class begin: `reset_parameters` fills its own tensors and applies the spec's `init` rules, the weakest
first, so that the most specific one has the last word. Ties and freezing close the constructor."""

from __future__ import annotations

from collections.abc import Sequence

from specc.elaborate.trace import Instance, TensorMember
from specc.emit.code import text
from specc.emit.fill import Context, fill
from specc.emit.members import Path_, Places
from specc.emit.plan import Do, FunctionPlan, Let, Stmt
from specc.emit.rules import apply_rules, is_exact
from specc.emit.trace_walk import CannotEmit
from specc.pycode import Attr, BinaryCode, CallCode, Code, Lit, Path, UnaryCode


def reset_method(
    tensors: Sequence[tuple[Path_, TensorMember]], instance: Instance, instances: Sequence[Instance], context: Context
) -> FunctionPlan | None:
    """`reset_parameters`, or None where there is nothing to set."""
    if any(not isinstance(part, str) for path, _ in tensors for part in path):
        raise CannotEmit("a learned tensor in a loop that is not unrolled")
    plain = [(context.places.reach(path), member) for path, member in tensors if member.initial is None]
    stated = [(context.places.reach(path), member) for path, member in tensors if member.initial is not None]
    exact = [rule for rule in instance.rules if is_exact(rule)]
    body: list[Stmt] = [statement for target, member in plain for statement in _tensor(target, member, context)]
    body += apply_rules([rule for rule in instance.rules if rule not in exact], instance, instances, context)
    body += [statement for target, member in stated for statement in _tensor(target, member, context)]
    body += apply_rules(exact, instance, instances, context)
    if not body:
        return None
    return FunctionPlan("reset_parameters", (), "None", tuple(body), "Sets the initial values.", ("torch.no_grad()",))


def _tensor(target: Code, member: TensorMember, context: Context) -> list[Stmt]:
    if member.initial is not None:
        return fill(target, member.initial, context)
    if member.keyword != "param":
        return [Do(CallCode(Attr(target, "zero_")))]
    if len(member.type.shape) > 1:
        slope = CallCode(Path("math.sqrt"), (Lit(5),))
        return [Do(CallCode(Path("nn.init.kaiming_uniform_"), (target,), (("a", slope),)), member.span)]
    bound = BinaryCode("**", CallCode(Attr(target, "numel")), UnaryCode("-", Lit(0.5)))
    return [Do(CallCode(Path("nn.init.uniform_"), (target, UnaryCode("-", bound), bound)), member.span)]


# --- ties and freezing -------------------------------------------------------------------------------------------


def ties(instance: Instance, places: Places) -> list[Stmt]:
    """What the constructor does after it has made the members."""
    out: list[Stmt] = []
    for target, source in instance.ties:
        out.append(Let(text(places.weight(target)), places.weight(source)))
    return out
