"""Lists of tensors that loops make longer and shorter (the skips of a U-Net), where the loop is written once.

What the tensors are is known of every instance, whose loops are written out when it is checked. A generic trace that keeps
such a loop says less: which sizes differ along the list, and where the constructor finds them. So it is made only of a
definition that has been elaborated with the loop written out before, with the same parameters fixed (Generic.typed).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from specc.dims.expr import Dim
from specc.dims.opaque import NotGeneric
from specc.elaborate.arguments import Written
from specc.elaborate.body import Body
from specc.elaborate.trace import Apply, Branch, Carried, FunctionUse, Join, Local, SizeLocal, Stack, StackUse, Static, Tensor
from specc.pycode import CallCode, Item, Lit, Path, SliceCode, Var
from specc.source import Span
from specc.types import DType, TensorType


def stack_in(value: Any) -> Stack | None:
    return value.value if isinstance(value, Static) and isinstance(value.value, Stack) else None


def is_listed(value: Any) -> bool:
    """A list of tensors (or an empty one, which may become one) that can be carried as a Stack."""
    if not isinstance(value, Static):
        return False
    return isinstance(value.value, Stack) or (
        isinstance(value.value, list) and all(isinstance(item, Tensor) for item in value.value)
    )


class Entering:
    """A list at the start of an iteration, as far as the rounds so far have shown."""

    def __init__(self, name: str, before: Static, body: Body) -> None:
        self.name = name
        self.before = before
        self.shape: tuple[Dim | None, ...] | None = None
        self.dtype = DType.FLOAT
        self.sizes: dict[int, str] = {}
        stack = stack_in(before)
        if stack is not None:
            self.shape, self.dtype = stack.shape, stack.dtype
        elif before.value:
            tensors: list[Tensor] = before.value
            if any(t.type.rank != tensors[0].type.rank or t.type.dtype != tensors[0].type.dtype for t in tensors):
                raise NotGeneric(frozenset(), "a list of tensors of several ranks or dtypes")
            self.dtype = tensors[0].type.dtype
            shapes = zip(*(map(body.solver.resolve, t.type.shape) for t in tensors), strict=True)
            self.shape = tuple(dims[0] if len(set(dims)) == 1 else None for dims in shapes)
        self._name(body)

    def _name(self, body: Body) -> None:
        for axis, dim in enumerate(self.shape or ()):
            if dim is None and axis not in self.sizes:
                self.sizes[axis] = body.variable(f"{self.name}_{_word(axis, len(self.shape or ()))}")

    def enter(self, body: Body, span: Span) -> Static:
        return _static(Stack(body.program.fresh_id(), self.shape, self.dtype, self.sizes, span, self.name))

    def widen(self, after: Any, body: Body) -> bool:
        """Takes in what an iteration made of the list. True when another round is needed."""
        stack = stack_in(after)
        if stack is None:
            raise NotGeneric(frozenset(), "a list becomes something else")
        shape = _merged(self.shape, stack, self.dtype, body)
        changed = shape != self.shape
        self.shape, self.dtype = shape, stack.dtype
        self._name(body)
        return changed

    def carried(self, inside: Static, after: Static, span: Span, body: Body) -> Carried:
        first, start, end = stack_in(self.before), stack_in(inside), stack_in(after)
        assert start is not None
        assert end is not None
        result = Stack(body.program.fresh_id(), self.shape, self.dtype, self.sizes, span, self.name)
        out = Carried(self.name, first or self.before, start, end, result)
        for axis, name in self.sizes.items():
            if first is None:
                before: Any = tuple(tensor.type.shape[axis] for tensor in self.before.value)
            elif axis in first.sizes:
                before = first.sizes[axis]
            else:
                raise NotGeneric(frozenset(), "how long the list is is not known")
            out.lists.append((name, before, end.sizes.get(axis, name)))
        return out


def _static(stack: Stack) -> Static:
    return Static(stack, Lit(None))


def _word(axis: int, rank: int) -> str:
    return "channels" if axis == 1 and rank >= 3 else "features" if axis == rank - 1 else f"size{axis}"


def _merged(shape: tuple[Dim | None, ...] | None, other: Stack, dtype: DType, body: Body) -> tuple[Dim | None, ...] | None:
    """What the tensors of both lists share."""
    if shape is None or other.shape is None:
        return shape or other.shape
    if len(shape) != len(other.shape) or dtype != other.dtype:
        raise NotGeneric(frozenset(), "a list of tensors of several ranks or dtypes")
    return tuple(_alike(a, b, body) for a, b in zip(shape, other.shape, strict=True))


def _alike(a: Dim | None, b: Dim | None, body: Body) -> Dim | None:
    if a is None or b is None:
        return None
    return a if body.solver.resolve(a) == body.solver.resolve(b) else None


# --- what a body does with them --------------------------------------------------------------------------------


def append(left: Static, right: Static, span: Span, body: Body) -> Static:
    """`xs + [x]`."""
    stack = stack_in(left)
    if stack is None or not isinstance(right.value, list) or not all(isinstance(item, Tensor) for item in right.value):
        raise NotGeneric(frozenset(), "a list that a loop carries grows at its end")
    for tensor in right.value:
        one = Stack(0, tensor.type.shape, tensor.type.dtype, {}, span, "")
        shape = _merged(stack.shape, one, stack.dtype if stack.shape is not None else tensor.type.dtype, body)
        longer = _next(stack, shape, tensor.type.dtype, span, body)
        for axis, name in longer.sizes.items():
            before = Var(stack.sizes[axis]) if axis in stack.sizes else Var("")
            body.add(SizeLocal(name, (tensor.type.shape[axis],), before))
        body.add(Apply(StackUse("append"), {"list": stack, "item": tensor}, [longer], span))
        stack = longer
    return _static(stack)


def drop(stack: Stack, span: Span, body: Body) -> Static:
    """`xs[:-1]`."""
    shorter = _next(stack, stack.shape, stack.dtype, span, body)
    for axis, name in shorter.sizes.items():
        body.add(Local(name, Static(None, Item(Var(stack.sizes[axis]), (SliceCode(None, Lit(-1), None),)))))
    body.add(Apply(StackUse("drop"), {"list": stack}, [shorter], span))
    return _static(shorter)


def get(stack: Stack, index: int, span: Span, body: Body) -> Tensor:
    """`xs[-1]`: a tensor whose own sizes are those that its use wants, as they are in every instance."""
    if stack.shape is None:
        raise NotGeneric(frozenset(), "an item of a list that is empty so far")
    shape: list[Dim] = []
    for axis, dim in enumerate(stack.shape):
        if dim is None:
            word = stack.sizes[axis].partition("#")[0]
            single = word.removeprefix(f"{stack.hint}_")
            base = stack.hint.removesuffix("s")
            name = body.variable(f"{base}_{single}" if base != stack.hint else f"last_{single}")
            body.add(Local(name, Static(None, Item(Var(stack.sizes[axis]), (Lit(index),)))))
            dim = body.solver.fresh(single, flexible=True, payload=Var(name))
        shape.append(dim)
    found = body.tensor(TensorType(tuple(shape), stack.dtype), span)
    body.add(Apply(StackUse("get", index), {"list": stack}, [found], span))
    return found


def whole(stack: Stack, name: str, args: Sequence[Written], apply: Callable[[list[Written]], Any], body: Body) -> Any:
    """`cat(xs, dim=1)`, `stack(xs)`: inferred of two items that stand for all, with a size of its own where they are put
    together."""
    if name not in ("cat", "stack") or stack.shape is None:
        raise NotGeneric(frozenset(), "a list that a loop carries as a whole")
    free = {axis: body.solver.fresh(f"size{axis}", flexible=True) for axis, dim in enumerate(stack.shape) if dim is None}
    shape = tuple(free[axis] if dim is None else dim for axis, dim in enumerate(stack.shape))
    items = [Tensor(body.program.fresh_id(), TensorType(shape, stack.dtype), stack.span) for _ in range(2)]
    shown = Static(items, Lit(None), stack.span)
    result = apply([(key, shown if stack_in(value) is stack else value, span) for key, value, span in args])
    use = body.frame.items[-1]
    if not isinstance(result, Tensor) or not isinstance(use, Apply) or not isinstance(use.target, FunctionUse):
        raise NotGeneric(frozenset(), "a list that a loop carries as a whole")
    axis = int(getattr(use.target.op, "dim", 0)) % result.type.rank
    word = _word(axis, result.type.rank)
    local = body.variable(word)
    if name == "cat":
        if axis not in stack.sizes:
            raise NotGeneric(frozenset(), "how long the list is is not known")
        body.frame.items.insert(-1, Local(local, Static(None, CallCode(Path("sum"), (Var(stack.sizes[axis]),)))))
    dims = list(result.type.shape)
    dims[axis] = body.solver.fresh(word, flexible=True, payload=Var(local))
    result.type = TensorType(tuple(dims), result.type.dtype)
    use.target.operands = {
        key: _static(stack) if isinstance(value, list | Static) and tensors_of(value) == items else value
        for key, value in use.target.operands.items()
    }
    return result


def tensors_of(value: Any) -> Any:
    return value.value if isinstance(value, Static) else value


def join(then: Stack, orelse: Stack, branch: Branch, body: Body) -> Static:
    """A list after a branch that has not run on both sides alike."""
    shape = _merged(then.shape, orelse, then.dtype if then.shape is not None else orelse.dtype, body)
    result = _next(then, shape, then.dtype if then.shape is not None else orelse.dtype, branch.span, body)
    for axis, name in result.sizes.items():
        for side, items in ((then, branch.then), (orelse, branch.orelse)):
            items.append(Local(name, Static(None, Var(side.sizes.get(axis, "")))))
    branch.joins.append(Join(result, then, orelse))
    return _static(result)


def _next(stack: Stack, shape: tuple[Dim | None, ...] | None, dtype: DType, span: Span, body: Body) -> Stack:
    """The list that comes of another, with variables of its own for the sizes that differ."""
    sizes: dict[int, str] = {}
    for axis, dim in enumerate(shape or ()):
        if dim is None:
            known = stack.sizes.get(axis, "").partition("#")[0]
            sizes[axis] = body.variable(known or f"{stack.hint}_{_word(axis, len(shape or ()))}")
    return Stack(body.program.fresh_id(), shape, dtype, sizes, span, stack.hint)


__all__ = ["Entering", "append", "drop", "get", "is_listed", "join", "stack_in"]
