"""Cells taken along a dimension: a loop over steps that hands the states on. torch.compile and torch.export unroll it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import Apply, Member, ScanLayer, StateTrace, Tensor
from specc.emit.layers import TORCH_DTYPES
from specc.emit.members import python_name
from specc.emit.plan import Do, For, If, Let, Stmt
from specc.emit.trace_walk import all_items, operands, tensors_in
from specc.pycode import Attr, BinaryCode, CallCode, Code, Item, ListCode, Lit, Path, SliceCode, TupleCode, UnaryCode, Var
from specc.types import DType

if TYPE_CHECKING:
    from specc.emit.forward import Forward


def initial_state(forward: Forward, local: str, state: StateTrace) -> Stmt:
    """`if h is None: h = torch.zeros(B, self.hidden, ...)`: a state that was not given begins as the spec says."""
    initial = state.initial
    body: list[Stmt] = []
    if initial.target is not None and _is_read(initial.target, initial.items):
        body.append(_empty(forward, local, state))
        forward.env[initial.target.id] = Var(local)
    body += forward.items(initial.items)
    forward.now += 1
    if initial.result is not None and initial.literal is None:
        forward.settle([initial.result], "", body)
        value = forward.in_width(initial.result)
        forward.pending.clear()
        body.append(Let(local, value, state.span))
    else:
        body += _filled(forward, local, state)
    return If(BinaryCode("is", Var(local), Lit(None)), tuple(body), (), state.span)


def _is_read(target: Tensor, items: list[Any]) -> bool:
    """Does an initialiser inside the expression take the state's sizes?"""
    return any(
        target.id in tensors_in(value) for item in all_items(items) if isinstance(item, Apply) for value in operands(item)
    )


def _empty(forward: Forward, local: str, state: StateTrace) -> Stmt:
    shape, kwargs = _sizes(forward, state)
    return Let(local, CallCode(Path("torch.empty"), shape, kwargs), state.span)


def _sizes(forward: Forward, state: StateTrace) -> tuple[tuple[Code, ...], tuple[tuple[str, Code], ...]]:
    """The sizes of a state, and the width and device of a new tensor for it."""
    dtype = state.tensor.type.dtype
    shape = tuple(forward.code(dim_code(forward.context.solver.resolve(dim))) for dim in state.tensor.type.shape)
    source = forward.at_hand(dtype is DType.FLOAT)
    kwargs: list[tuple[str, Code]] = []
    if dtype is not DType.FLOAT:
        kwargs.append(("dtype", Path(TORCH_DTYPES[dtype])))
    elif source is not None:
        kwargs.append(("dtype", Attr(source, "dtype")))
    if source is not None:
        kwargs.append(("device", Attr(source, "device")))
    return shape, tuple(kwargs)


def _filled(forward: Forward, local: str, state: StateTrace) -> list[Stmt]:
    """A new tensor of the state's type with numbers, or filled by an initialiser."""
    initial = state.initial
    shape, kwargs = _sizes(forward, state)
    if initial.literal is not None:
        made = CallCode(Path("torch.full"), (TupleCode(shape), forward.code(initial.literal)), kwargs)
        if isinstance(initial.literal, ListCode):
            made = CallCode(Path("torch.tensor"), (forward.code(initial.literal),), kwargs)
        return [Let(local, made, state.span)]
    call = initial.call
    assert call is not None
    plain = {"nn.init.zeros_": "torch.zeros", "nn.init.ones_": "torch.ones"}.get(call.op.torch)
    made = CallCode(Path(plain or "torch.empty"), shape, kwargs)
    given = tuple((name, forward.value(value)) for name, value in call.given.items())
    fill: list[Stmt] = [] if plain else [Do(CallCode(Path(call.op.torch), (Var(local),), given), state.span)]
    return [Let(local, made, state.span), *fill]


def scan(forward: Forward, apply: Apply, member: Member, layer: ScanLayer, out: list[Stmt]) -> None:
    """
    steps = []
    h = None
    for x_t in x.unbind(1):
        step, h = self.rnn(x_t, h)
        steps.append(step)
    y = torch.stack(steps, dim=1)
    """
    forward.flush(out)
    position = forward.now
    names = forward.context.entry_inputs(layer.cell, "forward")
    states = forward.context.state_names(layer.cell)
    inputs = {name: forward.in_width(value) for name, value in apply.inputs.items()}
    stepped = [name for name in names if name in inputs and name not in layer.given]
    count = len(apply.outputs) - len(states)

    fresh = _Fresh(forward)
    items = {name: fresh(f"{name}_t") for name in stepped}
    carried = {}
    for name, output in zip(states, apply.outputs[count:], strict=True):
        start = inputs.get(name, Lit(None))
        local = forward.define(output, position, python_name(output.hint if forward.live.count[output.id] else name))
        carried[name] = local
        fresh.taken.add(local)
        out.append(Let(local, start, apply.span))
    used = [bool(forward.live.count[output.id]) for output in apply.outputs[:count]]
    lists = [fresh("steps") if live else "" for live in used]
    results = [fresh("step") if live else "_" for live in used]
    out += [Let(name, ListCode(()), apply.span) for name in lists if name]

    sequence = [_along(inputs[name], layer) for name in stepped]
    iterable = sequence[0] if len(sequence) == 1 else CallCode(Path("zip"), tuple(sequence))
    arguments = _arguments(names, inputs, items, carried)
    call = CallCode(forward.context.places.access(member, forward.code), *arguments)
    body: list[Stmt] = [Let(", ".join([*results, *carried.values()]), call, apply.span)]
    for name, step in zip(lists, results, strict=True):
        if name:
            body.append(Do(CallCode(Attr(Var(name), "append"), (Var(step),)), apply.span))
    out.append(For(tuple(items.values()), iterable, tuple(body), apply.span))
    for name, output in zip(lists, apply.outputs[:count], strict=True):
        if name:
            steps: Code = Item(Var(name), (SliceCode(None, None, UnaryCode("-", Lit(1))),)) if layer.reverse else Var(name)
            stacked = CallCode(Path("torch.stack"), (steps,), (("dim", Lit(layer.dim)),))
            out.append(Let(forward.define(output, position), stacked, apply.span))


def _along(tensor: Code, layer: ScanLayer) -> Code:
    steps = CallCode(Attr(tensor, "unbind"), (Lit(layer.dim),))
    return CallCode(Path("reversed"), (steps,)) if layer.reverse else steps


def _arguments(
    names: tuple[str, ...], inputs: dict[str, Code], items: dict[str, str], carried: dict[str, str]
) -> tuple[tuple[Code, ...], tuple[tuple[str, Code], ...]]:
    """Inputs by position as long as none was left out, then the states."""
    args: list[Code] = []
    kwargs: list[tuple[str, Code]] = []
    for name in names:
        if name not in inputs:
            continue
        value = Var(items[name]) if name in items else inputs[name]
        if len(args) == names.index(name):
            args.append(value)
        else:
            kwargs.append((python_name(name), value))
    if not kwargs and len(args) == len(names):
        return (*args, *map(Var, carried.values())), ()
    return tuple(args), (*kwargs, *((python_name(name), Var(local)) for name, local in carried.items()))


class _Fresh:
    """Local names that nothing else uses."""

    def __init__(self, forward: Forward) -> None:
        self.taken: set[str] = set(forward.held) | forward.size_names | forward.runtime_sizes
        self.taken |= {name for names in forward.loop_names for name in names.values()}

    def __call__(self, base: str) -> str:
        name, count = python_name(base), 1
        while name in self.taken:
            count += 1
            name = f"{base}_{count}"
        self.taken.add(name)
        return name
