"""Conditions. Decided ones leave one side; in a generic trace both sides stand, each inferred under its facts, and are joined:
if one side's result equals the other's under the other's facts, it is kept. There are no join types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from specc.dims.expr import Dim
from specc.dims.opaque import NotGeneric, Opaque
from specc.dims.solver import Verdict
from specc.elaborate import errors, stacks, statics
from specc.elaborate.arguments import Written
from specc.elaborate.body import Body, Results, size_word
from specc.elaborate.doubts import unify
from specc.elaborate.scope import Scope
from specc.elaborate.stacks import stack_in
from specc.elaborate.trace import Branch, Item, Join, Local, SizeLocal, Static, Tensor
from specc.elaborate.values import POISON, Poison, Undecided, value_key
from specc.pycode import Var, base_name
from specc.syntax import ast
from specc.types import TensorType

Facts = tuple[tuple[Any, str, Any], ...]


def assume(facts: Facts, body: Body) -> None:
    for left, op, right in facts:
        if op == "%":
            body.solver.assume_divisible(left, right)
        else:
            body.solver.assume(left, op, right)


class Side:
    """What one side of an undecided branch gave: its value (a chain's) or its names (a statement's)."""

    __slots__ = ("items", "scope", "value")

    def __init__(self, scope: Scope, items: list[Item], value: Any) -> None:
        self.scope = scope
        self.items = items
        self.value = value


def run_side(facts: Facts, run: Callable[[], Any], items: list[Item], body: Body) -> Side:
    """Evaluates a side under its facts, which are taken back afterwards."""
    mark = body.solver.mark()
    scope = Scope(body.scope)
    saved = body.nested(scope, items)
    counter = body.frame.counter
    try:
        assume(facts, body)
        value = run()
    finally:
        body.leave(saved)
        body.frame.counter = counter
        body.solver.undo(mark)
    return Side(scope, items, value)


def _both(test: Undecided, then: Callable[[], Any], orelse: Callable[[], Any], branch: Branch, body: Body) -> tuple[Side, Side]:
    """Both sides of a branch that no instance takes both of: each may introduce a layer of the same name."""
    layers = body.frame.layers
    before = dict(layers.members)
    one = run_side(test.facts, then, branch.then, body)
    taken, layers.members = layers.members, before
    other = run_side(test.negated, orelse, branch.orelse, body)
    layers.members = {**taken, **layers.members}
    return one, other


def branch_stages(stage: ast.IfStage, feed: list[Written], body: Body) -> Any:
    """`if c { stages } else { stages }` in a chain; a missing side passes the tensor on."""
    from specc.elaborate.expressions import condition
    from specc.elaborate.stages import run

    test = condition(stage.condition, body)
    if isinstance(test, Poison):
        return test
    source = feed[0][1]

    def side(stages: tuple[ast.Stage, ...]) -> Any:
        value = run(stages, feed, body) if stages else source
        return value.values[0] if isinstance(value, Results) else value

    if isinstance(test.value, bool):
        branch = Branch(test.code, test.value, stage.span)
        saved = body.nested(body.scope, branch.then if test.value else branch.orelse)
        try:
            value = side(stage.stages if test.value else stage.orelse)
        finally:
            body.leave(saved)
        body.add(branch)
        return value
    decided = _must_be_generic(test, stage.condition, body)
    if isinstance(decided, Poison):
        return decided
    branch = Branch(test.code, None, stage.span)
    then, orelse = _both(decided, lambda: side(stage.stages), lambda: side(stage.orelse), branch, body)
    result = join(then.value, orelse.value, decided, branch, "", body)
    body.add(branch)
    return result


def _must_be_generic(test: Static, node: ast.Expr, body: Body) -> Undecided | Poison:
    assert isinstance(test.value, Undecided)
    if not body.generic:
        return body.report(errors.undecided_condition(sorted(test.value.names), node.span))
    return test.value


def join(then: Any, orelse: Any, test: Undecided, branch: Branch, name: str, body: Body) -> Any:
    """The value after a branch from those of its sides. Raises NotGeneric where they cannot be one."""
    if isinstance(then, Poison) or isinstance(orelse, Poison):
        return POISON
    if isinstance(then, Tensor) and isinstance(orelse, Tensor):
        if then is orelse:
            return then
        joined = join_types(then.type, orelse.type, test.facts, test.negated, body)
        sizes: tuple[tuple[str, int], ...] = ()
        if joined is None:
            if not test.names & set(body.rolled) or then.type.rank != orelse.type.rank or then.type.dtype != orelse.type.dtype:
                raise NotGeneric(test.names, f"the branches give {then.type} and {orelse.type}")
            joined, sizes = _either(then.type, orelse.type, branch, body)
        result = Tensor(body.program.fresh_id(), joined, branch.span, name or then.hint, then.reason)
        branch.joins.append(Join(result, then, orelse, sizes))
        return result
    if stack_in(then) is not None or stack_in(orelse) is not None:
        one, other = stack_in(then), stack_in(orelse)
        if one is None or other is None:
            raise NotGeneric(test.names, "one branch gives a list that a loop carries")
        return then if one is other else stacks.join(one, other, branch, body)
    if isinstance(then, Static) and isinstance(orelse, Static):
        same = value_key(then) == value_key(orelse)
        if same and (not name or then.code == orelse.code):
            return then
        if not name:
            raise NotGeneric(test.names)
        local = Var(body.variable(name))
        merged = then if same else statics.choose(Static(test, branch.condition), then, orelse, local)
        branch.then.append(Local(local.name, then))
        branch.orelse.append(Local(local.name, orelse))
        return Static(merged.value, local, then.span)
    raise NotGeneric(test.names)


def _either(then: TensorType, orelse: TensorType, branch: Branch, body: Body) -> tuple[TensorType, tuple[tuple[str, int], ...]]:
    """The type after a branch that an iteration takes or not: where the sizes differ, a variable that either side sets."""
    shape: list[Dim] = []
    sizes: list[tuple[str, int]] = []
    for axis, (a, b) in enumerate(zip(then.shape, orelse.shape, strict=True)):
        if body.solver.resolve(a) == body.solver.resolve(b):
            shape.append(a)
            continue
        name = body.variable(size_word(then.rank, axis, body))
        branch.then.append(SizeLocal(name, (a,)))
        branch.orelse.append(SizeLocal(name, (b,)))
        shape.append(body.solver.fresh(base_name(name), flexible=False, payload=Var(name)))
        sizes.append((name, axis))
    return TensorType(tuple(shape), then.dtype), tuple(sizes)


def join_types(then: TensorType, orelse: TensorType, facts: Facts, negated: Facts, body: Body) -> TensorType | None:
    """One of two types, if it equals the other under the other's facts."""
    if then.dtype != orelse.dtype or then.rank != orelse.rank:
        return None
    if then == orelse:
        return then
    for general, special, under in ((then, orelse, negated), (orelse, then, facts)):
        mark = body.solver.mark()
        assume(under, body)
        same = all(body.solver.compare(a, b) is Verdict.EQUAL for a, b in zip(general.shape, special.shape, strict=True))
        body.solver.undo(mark)
        if same:
            return general
    return None


def branch_statement(node: ast.If, body: Body) -> None:
    """`if c { ... } else { ... }` as a statement. A name bound in it stays if both sides, or the code before, bind it."""
    from specc.elaborate.expressions import condition, single
    from specc.elaborate.statements import assigned, execute

    runtime = single(node.condition, body) if _mentions_run(node.condition, body) else None
    if isinstance(runtime, Static) and isinstance(runtime.value, Opaque) and runtime.value.type == "run":
        _run_branch(runtime, node, body)
        return
    test = condition(node.condition, body)
    if isinstance(test, Poison):
        for name in assigned([node]):  # whether they are bound hangs on the condition, of which has been told
            body.bind(name, POISON, node.span)
        return
    if isinstance(test.value, bool):
        for name in sorted(set(assigned(node.body)) ^ set(assigned(node.orelse))):  # the other side keeps what was bound
            before = body.scope.find(name)
            if before is not None and before.span is not None:
                body.program.used(before.span)
        branch = Branch(test.code, test.value, node.span)
        saved = body.nested(body.scope, branch.then if test.value else branch.orelse)
        try:
            execute(node.body if test.value else node.orelse, body)
        finally:
            body.leave(saved)
        body.add(branch)
        return
    decided = _must_be_generic(test, node.condition, body)
    if isinstance(decided, Poison):
        return
    if _settles_weights((*node.body, *node.orelse)):
        raise NotGeneric(decided.names, "weights are made, tied or frozen under a condition")
    branch = Branch(test.code, None, node.span)
    then, orelse = _both(decided, lambda: execute(node.body, body), lambda: execute(node.orelse, body), branch, body)
    _merge(then, orelse, decided, branch, body)
    body.add(branch)


def _settles_weights(statements: Sequence[ast.Statement]) -> bool:
    """Is there something in it that stands at the end of a constructor, where no branch is open any more?"""
    return any(
        _settles_weights(statement.body)
        if isinstance(statement, ast.For)
        else _settles_weights((*statement.body, *statement.orelse))
        if isinstance(statement, ast.If)
        else isinstance(statement, ast.Tie | ast.Init | ast.Freeze | ast.TensorDecl)
        for statement in statements
    )


def _merge(then: Side, orelse: Side, test: Undecided, branch: Branch, body: Body) -> None:
    names = dict.fromkeys([*then.scope.names, *orelse.scope.names])
    for name in names:
        left, right = then.scope.find(name), orelse.scope.find(name)
        if left is None or right is None:
            continue
        body.scope.bind(name, join(left.value, right.value, test, branch, name, body), left.span or right.span)


def _mentions_run(node: ast.Expr, body: Body) -> bool:
    """Does a condition speak of the run (`training`, `m is none`)? Cheap: looks at names only."""
    if isinstance(node, ast.Name):
        return node.name == "training" and body.scope.find("training") is None
    if isinstance(node, ast.IsNone):
        return True
    if isinstance(node, ast.Binary):
        return _mentions_run(node.left, body) or _mentions_run(node.right, body)
    if isinstance(node, ast.Unary | ast.Paren):
        return _mentions_run(node.value, body)
    return False


def run_choice(test: Static, node: ast.IfExpr, body: Body) -> Any:
    """`a if training else b`: both sides have one type; only the chosen one runs."""
    from specc.elaborate.expressions import single

    branch = Branch(test.code, None, node.span, runtime=True)
    then = run_side((), lambda: single(node.then, body), branch.then, body)
    orelse = run_side((), lambda: single(node.orelse, body), branch.orelse, body)
    if isinstance(then.value, Static) and isinstance(orelse.value, Static):
        if value_key(then.value) == value_key(orelse.value):
            return then.value
        return body.report(
            errors.not_at_run_time("a compile-time value cannot depend on the run", node.span, "choose between tensors")
        )
    result = _run_join(then.value, orelse.value, branch, "", node, body)
    body.add(branch)
    return result


def _run_join(then: Any, orelse: Any, branch: Branch, name: str, node: ast.Node, body: Body) -> Any:
    if isinstance(then, Poison) or isinstance(orelse, Poison):
        return POISON
    if not isinstance(then, Tensor) or not isinstance(orelse, Tensor):
        return body.report(errors.branch_types(f"`{name}`" if name else "the result", str(then), str(orelse), node.span))
    if then is orelse:
        return then
    same = then.type.dtype == orelse.type.dtype and then.type.rank == orelse.type.rank
    for a, b in zip(then.type.shape, orelse.type.shape, strict=False):
        same = same and unify(a, b, "the two sides of `if`", node.span, body)
    if not same:
        return body.report(
            errors.branch_types(f"`{name}`" if name else "the result", str(then.type), str(orelse.type), node.span)
        )
    result = Tensor(body.program.fresh_id(), then.type, branch.span, name or body.hint or then.hint, then.reason)
    branch.joins.append(Join(result, then, orelse))
    return result


def _run_branch(test: Static, node: ast.If, body: Body) -> None:
    from specc.elaborate.statements import execute

    branch = Branch(test.code, None, node.span, runtime=True)
    then = run_side((), lambda: execute(node.body, body), branch.then, body)
    orelse = run_side((), lambda: execute(node.orelse, body), branch.orelse, body)
    for name in dict.fromkeys([*then.scope.names, *orelse.scope.names]):
        left, right = then.scope.find(name), orelse.scope.find(name)
        if left is None or right is None:
            continue
        if (
            isinstance(left.value, Static)
            and isinstance(right.value, Static)
            and value_key(left.value) == value_key(right.value)
        ):
            continue
        for binding in (left, right):  # the name stands for both from here on
            if binding.span is not None:
                body.program.used(binding.span)
        body.scope.bind(name, _run_join(left.value, right.value, branch, name, node, body), left.span or right.span)
    body.add(branch)
