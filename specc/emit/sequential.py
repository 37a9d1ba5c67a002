"""nn.Sequential for parenthesised chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.elaborate.trace import Apply, Branch, Introduce, Item, Local, Loop, Member, Require, SeqLayer, SizeLocal
from specc.emit.checks import check
from specc.emit.loops import loop_head, simple_head
from specc.emit.members import is_attribute, part_code, python_name
from specc.emit.plan import Do, If, Let, Star, Stmt
from specc.emit.walk import free_vars, target_names
from specc.pycode import Attr, CallCode, Code, CompCode, FString, ListCode, Path, TupleCode, Var

if TYPE_CHECKING:
    from specc.emit.construct import Constructor


class Sequences:
    """Builds the chains of a constructor."""

    def __init__(self, constructor: Constructor) -> None:
        self.constructor = constructor

    def sequential(self, layer: SeqLayer, member: Member) -> tuple[list[Stmt], Code]:
        """The expression that makes it, and the statements before: one call where that is enough, else a local to append to."""
        names = set(self.constructor.locals)
        simple = self._simple(layer.items)
        if simple is None:
            self.constructor.locals = names
        else:
            before, named = simple
            if all(name in ("*", str(at)) for at, (name, _) in enumerate(named)):
                return before, CallCode(Path("nn.Sequential"), tuple(value for _, value in named))
            if isinstance(named[0][1], CompCode):  # of pairs, and all there is
                return before, CallCode(Path("nn.Sequential"), (CallCode(Path("OrderedDict"), (named[0][1],)),))
            if all(isinstance(name, str) and is_attribute(name) for name, _ in named):
                inner = CallCode(Path("OrderedDict"), (), tuple((str(name), value) for name, value in named))
            else:
                pairs = tuple(TupleCode((part_code(name), value)) for name, value in named)
                inner = CallCode(Path("OrderedDict"), (ListCode(pairs),))
            return before, CallCode(Path("nn.Sequential"), (inner,))
        label = member.path[-1]
        base = label if is_attribute(label) and member.labelled else "layers"
        name = self.constructor.fresh(python_name(str(base)))
        return [Let(name, CallCode(Path("nn.Sequential"))), *self._builder(layer.items, name)], Var(name)

    def _simple(self, items: list[Item]) -> tuple[list[Stmt], list[tuple[str | Code, Code]]] | None:
        """The stages of a chain as arguments of nn.Sequential with their names; None where statements must build it."""
        before: list[Stmt] = []
        named: list[tuple[str | Code, Code]] = []
        for item in items:
            match item:
                case Local():
                    before += self.constructor.local(item)
                case SizeLocal():
                    before.append(self.constructor.size_local(item))
                case Introduce():
                    first, value = self.constructor.value(item.member)
                    before += first
                    named.append((item.member.path[0], value))
                case Branch() if item.taken is not None:
                    inner = self._simple(item.then if item.taken else item.orelse)
                    if inner is None:
                        return None
                    before += inner[0]
                    named += inner[1]
                case Branch():
                    return None
                case Require():
                    return None
                case Loop() if not item.rolled:
                    for body in item.bodies:
                        inner = self._simple(body)
                        if inner is None:
                            return None
                        before += inner[0]
                        named += inner[1]
                case Loop():
                    made = self._comprehension(item)
                    if made is None:
                        return None
                    named.append(made)
        loops = any(isinstance(value, Star | CompCode) for _, value in named)
        labelled = any(isinstance(name, Code) or not (name.isdigit() or name == "*") for name, _ in named)
        return None if loops and labelled and len(named) > 1 else (before, named)

    def _comprehension(self, loop: Loop) -> tuple[str | Code, Code] | None:
        """`*[Block(width) for _ in range(depth)]`, where nothing is threaded and one layer is made per iteration; with labels
        the list of pairs `[(f"block_{i}", Block(width)) for i in range(depth)]`."""
        _, after = self.constructor.threads(loop)
        made = [item for item in loop.bodies[0] if not isinstance(item, Apply)]
        if after or len(made) != 1 or isinstance(made[0], Local | Require):
            return None
        self.constructor.values.append({})
        try:
            inner = self._simple(loop.bodies[0])
        finally:
            self.constructor.values.pop()
        if inner is None or inner[0] or len(inner[1]) != 1:
            return None
        name, value = inner[1][0]
        if isinstance(name, Code) and free_vars(name).keys() - _targets(loop):
            return None
        head = loop_head(loop, loop.iterable)
        if isinstance(name, FString):
            pair = TupleCode((part_code(name), value))
            return name, CompCode(pair, *simple_head(*head, set(free_vars(pair))))
        if isinstance(name, str) and not (name.isdigit() or name == "*"):
            return None
        return "*", Star(CompCode(value, *simple_head(*head, set(free_vars(value)))))

    def _builder(self, items: list[Item], name: str) -> list[Stmt]:
        """Statements that append the stages of a chain to the nn.Sequential of that name."""
        out: list[Stmt] = []
        for item in items:
            match item:
                case Local():
                    out += self.constructor.local(item)
                case SizeLocal():
                    out.append(self.constructor.size_local(item))
                case Introduce():
                    before, value = self.constructor.value(item.member)
                    label = item.member.path[0]
                    if item.member.labelled:
                        add = CallCode(Attr(Var(name), "add_module"), (part_code(label), value))
                    else:
                        add = CallCode(Attr(Var(name), "append"), (value,))
                    out += [*before, Do(add, item.member.span)]
                case Branch():
                    out += self._builder_branch(item, name)
                case Loop():
                    out += self.constructor.loop(item, lambda body: self._builder(body, name))
                case Require():
                    out.append(check(item.code, item.message, item.span))
        return out

    def _builder_branch(self, branch: Branch, name: str) -> list[Stmt]:
        if branch.taken is not None:
            return self._builder(branch.then if branch.taken else branch.orelse, name)
        self.constructor.values.append({})
        then = self._builder(branch.then, name)
        self.constructor.values[-1] = {}
        orelse = self._builder(branch.orelse, name)
        self.constructor.values.pop()
        return [If(branch.condition, tuple(then), tuple(orelse), branch.span)]


def _targets(loop: Loop) -> set[str]:
    return {name for target in loop.targets for name in target_names(target)} | {loop.position}
