"""What to do about two tensors that cannot be combined: a shortcut and a main way, a mask, a table of positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specc.diagnostics import Edit, Help
from specc.dims.expr import Dim
from specc.infer.edits import attempt, through, with_argument
from specc.infer.history import Operand
from specc.ops.declare import Kind


def broadcast(pair: tuple[Operand, Operand] | None, backs: Sequence[int], left: Dim, right: Dim) -> tuple[Help, ...]:
    found: list[Help] = []
    if pair is not None:
        for operand, other in (pair, pair[::-1]):
            found += _aligned(operand, other, backs)
        for operand, other in (pair[::-1], pair):
            if len(backs) == 1:
                size_, wanted = operand.type.shape[-backs[0]], other.type.shape[-backs[0]]
                found += resized(operand, size_, wanted, kinds=(Kind.LINEAR, Kind.EMBEDDING, Kind.RECURRENT))
        for operand, other in (pair[::-1], pair):
            found += _projected(operand, other)
            found += _same_stride(operand, other)
        found += _kept_dimension(pair)
        found += _cut(pair, backs)
        found += repadded(pair)
        found += outpadded(pair)
    if str(left).isidentifier() and str(right).isidentifier():
        found.append(
            Help(f"if {left} and {right} are always equal, give them one name, or say so: `require {left} == {right}`")
        )
    return tuple(found)


def _projected(operand: Operand, other: Operand) -> list[Help]:
    """A shortcut of another width: a 1×1 convolution (or Linear) brings it to the other's."""
    step = next((step for step in other.steps if step.op is not None and step.op.kind is Kind.CONV), None)
    rank_ = operand.type.rank
    if step is not None and step.op is not None and rank_ == other.type.rank:
        n = int(step.op.name[-2]) if step.op.name[-2:-1].isdigit() else 0
        if n and rank_ in (n + 1, n + 2) and not _convolves(operand):
            name = f"Conv{n}d"
            channels = other.type.shape[-n - 1]
            out = []
            for stride in (1, 2, 4):
                arguments = f"{channels}, 1" + (f", stride={stride}" if stride > 1 else "")
                says = "project" if operand.type.shape[-n - 1] != channels else "scale"
                out.append(attempt(f"{says} {operand.words} to the same shape", through(operand, f"{name}({arguments})")))
            return out
    if operand.made == other.made:
        return []  # two results of one function
    linear = next((step for step in other.steps if step.op is not None and step.op.kind is Kind.LINEAR), None)
    if linear is not None and linear.op is not None and rank_ == other.type.rank:
        return [attempt(f"project {operand.words} to the same width", through(operand, f"{linear.op.name}({other.type.last})"))]
    return []


def _convolves(operand: Operand) -> bool:
    return any(step.local and step.op is not None and step.op.kind is Kind.CONV for step in operand.steps[:1])


def _same_stride(operand: Operand, other: Operand) -> list[Help]:
    """The other way has a step of more than 1: the same in this one."""
    strides: list[Any] = []
    for step in other.steps:
        convolution = step.op is not None and step.op.kind is Kind.CONV
        stride = getattr(step.op, "stride", None) if convolution and step.local else None
        if isinstance(stride, int) and stride > 1:
            strides.append(stride)
    convolutions = [step for step in operand.steps if step.local and step.op is not None and step.op.kind is Kind.CONV]
    if len(strides) == 1 and convolutions and "stride" not in convolutions[0].given:
        edit = with_argument(convolutions[0].span, f"stride={strides[0]}")
        if edit is not None:
            return [attempt(f"give {operand.words} the same stride", edit)]
    return []


def _aligned(operand: Operand, other: Operand, backs: Sequence[int]) -> list[Help]:
    """A tensor of lower rank whose dimensions are the first of the other's: a mask [B, T] beside [B, T, d]."""
    missing = other.type.rank - operand.type.rank
    out: list[Help] = []
    if 0 < missing <= 2:
        if missing == 1:
            out += [attempt(f"add a dimension to {operand.words}", through(operand, f"unsqueeze({dim})")) for dim in (-1, 1)]
        else:
            out.append(attempt(f"add two dimensions to {operand.words}", through(operand, "unsqueeze(1) -> unsqueeze(1)")))
            out.append(attempt(f"add two dimensions to {operand.words}", through(operand, "unsqueeze(-1) -> unsqueeze(-1)")))
    elif missing == 0 and operand.type.rank >= 2 and backs:
        wanted = [str(dim) for dim in other.type.shape]
        got = [str(dim) for dim in operand.type.shape]
        if sorted(wanted) == sorted(got) and wanted != got:
            k, j = [at for at in range(len(got)) if got[at] != wanted[at]][:2]
            out.append(attempt(f"transpose {operand.words}", through(operand, f"transpose({k}, {j})")))
    return out


def _cut(pair: tuple[Operand, Operand], backs: Sequence[int]) -> list[Help]:
    """The first so many rows of a table, `positions[:, 0:T]`: one size is a number, the other a symbol."""
    out: list[Help] = []
    for operand, other in (pair, pair[::-1]):
        if len(backs) == 1 and operand.name and not operand.steps:
            size, wanted = operand.type.shape[-backs[0]], other.type.shape[-backs[0]]
            if isinstance(size, int) and str(wanted).isidentifier():
                cut = ", ".join([*[":"] * (operand.type.rank - backs[0]), f"0:{wanted}"])
                out.append(
                    attempt(f"take the first {wanted} of {operand.words}", Edit(operand.use, f"{operand.use.text}[{cut}]"))
                )
    return out


def _kept_dimension(pair: tuple[Operand, Operand]) -> list[Help]:
    """What a reduction took away must stay as a dimension of size 1."""
    out: list[Help] = []
    for operand in pair:
        for step in operand.steps[:1]:
            if step.op is not None and "keepdim" in step.op.params and "keepdim" not in step.given:
                edit = with_argument(step.span, "keepdim=true")
                if edit is not None:
                    out.insert(0, attempt(f"keep the dimension that `{step.op.name}` takes away", edit))
    return out


_SIZING = (Kind.LINEAR, Kind.EMBEDDING, Kind.RECURRENT, Kind.CONV)


def resized(operand: Operand, got: Dim, wanted: Dim, written: str = "", kinds: Sequence[Kind] = _SIZING) -> list[Help]:
    """The layer that gave an operand its size gives another one: `Linear(32)` becomes `Linear(64)`."""
    step = next((step for step in operand.steps if step.op is not None and step.op.kind in kinds), None)
    if step is None or step.op is None or not step.local or not (isinstance(wanted, int) or written):
        return []
    for name, place in step.given.items():
        param = step.op.params.get(name)
        if param is not None and param.type == "int" and str(getattr(step.op, name)) == str(got):
            value = written or str(wanted)
            named = place.text.startswith(name) and "=" in place.text
            edit = Edit(place, f"{name}={value}" if named else value)
            return [attempt(f"`{step.op.name}` gives {got}: let it give {wanted}", edit)]
    return []


def outpadded(operands: Sequence[Operand]) -> list[Help]:
    """What a transposed convolution with a stride leaves out at the end, `output_padding` gives back."""
    edits: list[Edit] = []
    for operand in operands:
        for step in operand.steps:
            if step.local and step.op is not None and "output_padding" in step.op.params and "output_padding" not in step.given:
                edit = with_argument(step.span, "output_padding=1")
                if edit is not None and getattr(step.op, "stride", 1) != 1:
                    edits.append(edit)
    text = "output_padding gives back the row that the stride leaves out"
    several = [attempt(text, *edits)] if len(edits) > 1 else []
    return [*several, *(attempt(text, edit) for edit in edits[:3])]


def repadded(operands: Sequence[Operand]) -> list[Help]:
    """Padding for the convolutions on the way, so that they keep the size."""
    edits: list[Edit] = []
    for operand in operands:
        for step in operand.steps:
            kernel = getattr(step.op, "kernel_size", None) if step.op is not None and step.op.kind is Kind.CONV else None
            if step.local and isinstance(kernel, int) and kernel % 2 and kernel > 1 and "padding" not in step.given:
                edit = with_argument(step.span, f"padding={kernel // 2}")
                if edit is not None and edit not in edits:
                    edits.append(edit)
    if not edits:
        return []
    several = len(edits) > 1
    return [attempt(f"padding keeps the size{' in each of these convolutions' if several else ''}", *edits)]
