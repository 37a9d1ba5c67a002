"""What to do about a misfit. Most are edits that are offered only if re-checking with them applied passes (`tentative`): so they
may be bold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Edit, Help
from specc.dims.expr import Dim
from specc.dims.solver import Solver
from specc.infer.history import Operand, Step
from specc.ops.declare import Kind, Op
from specc.ops.rules import Checks, Misfit
from specc.source import Span
from specc.types import DType, TensorType

if TYPE_CHECKING:
    from specc.infer.errors import Site

_LARGEST = 1 << 14  # no input is proposed to be larger


def _attempt(text: str, *edits: Edit) -> Help:
    return Help(text, edits, tentative=True)


def _before(span: Span, stage: str) -> Edit:
    """A stage put before another one."""
    return Edit(Span(span.source, span.start, span.start), f"{stage} -> ")


def _through(operand: Operand, stage: str) -> Edit:
    """An operand taken through a stage where it is used: `x` becomes `(x -> stage)`; a stage of a chain gets one after it."""
    use = operand.use
    if use == operand.made and operand.steps:
        return Edit(Span(use.source, use.end, use.end), f" -> {stage}")
    return Edit(use, f"({use.text} -> {stage})")


def _with_argument(span: Span, argument: str) -> Edit | None:
    """An argument added to a call, or to a layer without arguments."""
    text = span.text
    if text.endswith(")"):
        empty = text.endswith("()")
        return Edit(Span(span.source, span.end - 1, span.end - 1), argument if empty else f", {argument}")
    return (
        Edit(Span(span.source, span.end, span.end), f"({argument})")
        if text.replace(":", "").replace(" ", "").isidentifier()
        else None
    )


def _without(span: Span) -> Edit:
    """An argument taken out, with the comma before it or after it."""
    text, start, end = span.source.text, span.start, span.end
    before = text[:start].rstrip()
    if before.endswith(","):
        return Edit(Span(span.source, len(before) - 1, end), "")
    after = text[end:]
    if after.startswith(","):
        end += 1 + len(after[1:]) - len(after[1:].lstrip())
    return Edit(Span(span.source, start, end), "")


def _argument(site: Site, name: str, value: object) -> Edit | None:
    """A new value for an argument that was written."""
    place = site.given.get(name)
    if place is None:
        return None
    text = place.text
    return Edit(place, f"{name}={value}" if text.startswith(name) and "=" in text else str(value))


# --- ranks and kinds of number ---------------------------------------------------------------------------------


def rank(site: Site, tensor: TensorType, ranks: tuple[int, ...]) -> tuple[Help, ...]:
    operand = next((known for known in site.operands if known.type == tensor), None)
    found: list[Help] = []
    if operand is not None and operand.use != site.span:
        for text, stage in _reshapings(tensor, ranks):
            found.append(_attempt(text, _through(operand, stage)))
    if not ranks:
        return (*found, Help(f"`{site.name}` works on more dimensions: `unsqueeze` or `reshape` add some"))
    if tensor.rank > max(ranks):
        return (*found, Help(f"put `Flatten` or `reshape` before `{site.name}`, or a layer for {tensor.rank}-D tensors"))
    return (*found, Help(f"`unsqueeze`, `Unflatten` or `reshape` before `{site.name}` add dimensions"))


def _reshapings(tensor: TensorType, ranks: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """Stages that give a tensor another rank, with why."""
    size = tensor.last if tensor.shape else 1
    if tensor.rank == 2 and 4 in ranks and isinstance(size, int):
        for channels in (1, 3):
            side = round((size / channels) ** 0.5)
            if channels * side * side == size and side > 1:
                stage = f"Unflatten(1, ({channels}, {side}, {side}))"
                yield f"unfold it first, since {size} = {channels}*{side}*{side}", stage
    if ranks and tensor.rank > max(ranks):
        if 2 in ranks:
            yield "flatten it first", "Flatten"
        if tensor.rank - max(ranks) == 1 and tensor.rank > 2:
            yield "join its middle dimensions first", f"flatten(1, {tensor.rank - 2})"
    if ranks and tensor.rank + 1 in ranks:
        yield "add a dimension of size 1", "unsqueeze(1)"
        yield "add a dimension of size 1", "unsqueeze(0)"


def dtype(site: Site, tensor: TensorType, allowed: Sequence[DType]) -> tuple[Help, ...]:
    operand = next((known for known in site.operands if known.type == tensor), None)
    wanted = DType.FLOAT if DType.FLOAT in allowed else DType.INT if DType.INT in allowed else allowed[0]
    found: list[Help] = []
    if operand is not None:
        if not operand.steps and operand.origin is not None and not (wanted is DType.FLOAT and tensor.dtype is DType.INT):
            declared = _retyped(operand.origin, tensor.dtype.word, wanted.word)
            if declared is not None:
                found.append(_attempt(f"declare {operand.words} as {wanted.word}", declared))
        found.append(_attempt(f"convert it to {wanted.word}", _through(operand, f"to({wanted.word})")))
    if wanted is DType.FLOAT and tensor.dtype is DType.INT and site.op.kind is Kind.LINEAR:
        found.insert(0, Help("numbers that stand for words or classes go through `Embedding` first"))
    return (*found, Help(f"convert it: `to({wanted.word})`")) if not found else tuple(found)


def _retyped(declared: Span, was: str, now: str) -> Edit | None:
    """The kind of number in the declaration of an input."""
    at = declared.text.find(was + "[")
    return Edit(Span(declared.source, declared.start + at, declared.start + at + len(was)), now) if at >= 0 else None


# --- sizes -----------------------------------------------------------------------------------------------------


def size(site: Site, left: Dim, right: Dim, left_name: str) -> tuple[Help, ...]:
    found: list[Help] = []
    param = site.op.params.get(left_name)
    if param is not None and param.inferred and left_name in site.given:
        found += _rearranged(site, left, right)
        found.append(Help(f"leave `{left_name}` out: it follows from the input", (_without(site.given[left_name]),)))
        return tuple(found)
    if len(site.operands) == 2:
        for operand in reversed(site.operands):
            if operand.type.rank >= 2:
                found.append(_attempt(f"transpose {operand.words}", _through(operand, "transpose(-2, -1)")))
    if "dim" in site.op.params and "dim" in site.given:
        ranks = {operand.type.rank for operand in site.operands}
        for dim in range(max(ranks)) if len(ranks) == 1 else ():
            edit = _argument(site, "dim", dim)
            if edit is not None:
                found.append(_attempt(f"dim={dim} fits", edit))
    found += _repadded(site.operands)
    return tuple(found)


def _rearranged(site: Site, wanted: Dim, got: Dim) -> list[Help]:
    """Another dimension of the input has the size that was wanted: bring it there."""
    if not site.operands:
        return []
    operand = site.operands[0]
    shape = [site.solver.resolve(dim) for dim in operand.type.shape]
    if wanted not in shape or got not in shape:
        return []
    source, target = shape.index(wanted), shape.index(got)
    rank = len(shape)
    if rank == 3 or abs(source - target) == 1:
        stage = f"transpose({min(source, target)}, {max(source, target)})"
    else:
        order = [k for k in range(rank) if k != source]
        order.insert(target, source)
        stage = f"permute({', '.join(map(str, order))})"
    return [_attempt(f"dimension {source} has size {wanted}: bring it to dimension {target}", _through(operand, stage))]


def _steps(operand: Operand, back: int) -> Iterator[Step]:
    """The steps that changed a dimension, the nearest first."""
    for step in operand.steps:
        if step.before.rank != step.after.rank:
            return
        if step.before.shape[-back] != step.after.shape[-back]:
            yield step


def _repadded(operands: Sequence[Operand]) -> list[Help]:
    """Padding for the convolutions on the way, so that they keep the size."""
    edits: list[Edit] = []
    for operand in operands:
        for step in operand.steps:
            kernel = getattr(step.op, "kernel_size", None) if step.op is not None and step.op.kind is Kind.CONV else None
            if isinstance(kernel, int) and kernel % 2 and kernel > 1 and "padding" not in step.given:
                edit = _with_argument(step.span, f"padding={kernel // 2}")
                if edit is not None and edit not in edits:
                    edits.append(edit)
    if not edits:
        return []
    several = len(edits) > 1
    return [_attempt(f"padding keeps the size{' in each of these convolutions' if several else ''}", *edits)]


def small(site: Site, what: str, bound: Dim) -> tuple[Help, ...]:
    found: list[Help] = []
    if site.op.kind is Kind.CONV and "padding" not in site.given and isinstance(bound, int):
        edit = _with_argument(site.span, f"padding={bound // 2}")
        if edit is not None:
            found.append(_attempt(f"padding={bound // 2} keeps the {what}", edit))
    least = _least(site, what)
    if least is not None:
        found.append(Help(f"start from a {what} of at least {least}"))
    return tuple(found) or (Help("start from a larger input"),)


def _least(site: Site, what: str) -> int | None:
    """The smallest size of the first tensor for which all steps and this one are possible."""
    from specc.infer.history import dimension_word

    for operand in site.operands[:1]:
        rank_ = operand.type.rank
        backs = [back for back in range(1, rank_ + 1) if dimension_word(back, rank_, site.spatial) == what]
        if not backs or any(step.op is None or len(step.op.operands) != 1 for step in operand.steps):
            continue
        steps = [step for step in reversed(operand.steps)]
        while steps and steps[0].before.rank != rank_:
            steps.pop(0)
        ops = [step.op for step in steps if step.op is not None]
        first = steps[0].before if steps else operand.type
        spatial = range(rank_ - site.spatial, rank_)
        if any(not isinstance(first.shape[k], int) for k in spatial):
            continue

        def passes(size_: int, first: TensorType = first, spatial: range = spatial, ops: list[Op] = ops) -> bool:
            tried = TensorType(tuple(size_ if k in spatial else dim for k, dim in enumerate(first.shape)), first.dtype)
            return _runs([*ops, site.op], tried)

        low, high = 1, 2
        while high <= _LARGEST and not passes(high):
            low, high = high, high * 2
        if high > _LARGEST:
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if passes(middle) else (middle + 1, high)
        return low
    return None


def _runs(ops: Sequence[Op], type: TensorType) -> bool:
    """Do all ops, one after the other, take the tensor?"""
    solver = Solver()
    for op in ops:
        try:
            result = op.shape(Checks(solver), type)
        except Misfit:
            return False
        if not isinstance(result, TensorType):
            return False
        type = result
    return True


def divide(site: Site, value: Dim, by: Dim, what: str, by_name: str) -> tuple[Help, ...]:
    if not isinstance(value, int) or not isinstance(by, int) or by <= 0:
        if str(value).isidentifier():
            return (Help(f"if it always divides, say so: `require {value} % {by} == 0`"),)
        return ()
    near = [n for n in (value // by * by, (value // by + 1) * by) if n > 0]
    divisors = (
        sorted((d for d in range(1, value + 1) if value % d == 0), key=lambda d: (abs(d - by), d))[:2]
        if value < 1 << 20
        else []
    )
    found: list[Help] = []
    for divisor in divisors:
        edit = _argument(site, by_name, divisor)
        if edit is not None:
            found.append(_attempt(f"{by_name} {divisor} divides {value}", edit))
    given = [d for d in divisors if d > 1]
    text = f"the nearest {what.removeprefix('the ')} that fits is {' or '.join(map(str, near))}"
    if given and not found:
        text += f"; {by_name} that fits: {' or '.join(map(str, given))}"
    return (*found, Help(text))


def broadcast(
    site: Site, pair: tuple[Operand, Operand] | None, backs: Sequence[int], left: Dim, right: Dim
) -> tuple[Help, ...]:
    found: list[Help] = []
    if pair is not None:
        for operand, other in (pair, pair[::-1]):
            found += _aligned(operand, other, backs)
        for operand, other in (pair[::-1], pair):
            found += _projected(operand, other)
            found += _same_stride(operand, other)
        found += _kept_dimension(pair)
        found += _repadded(pair)
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
                out.append(_attempt(f"{says} {operand.words} to the same shape", _through(operand, f"{name}({arguments})")))
            return out
    linear = next((step for step in other.steps if step.op is not None and step.op.kind is Kind.LINEAR), None)
    if linear is not None and linear.op is not None and rank_ == other.type.rank:
        return [
            _attempt(f"project {operand.words} to the same width", _through(operand, f"{linear.op.name}({other.type.last})"))
        ]
    return []


def _convolves(operand: Operand) -> bool:
    return any(step.op is not None and step.op.kind is Kind.CONV for step in operand.steps[:1])


def _same_stride(operand: Operand, other: Operand) -> list[Help]:
    """The other way has a step of more than 1: the same in this one."""
    strides: list[Any] = []
    for step in other.steps:
        stride = getattr(step.op, "stride", None) if step.op is not None and step.op.kind is Kind.CONV else None
        if isinstance(stride, int) and stride > 1:
            strides.append(stride)
    step = next((step for step in operand.steps if step.op is not None and step.op.kind is Kind.CONV), None)
    if len(strides) == 1 and step is not None and "stride" not in step.given:
        edit = _with_argument(step.span, f"stride={strides[0]}")
        if edit is not None:
            return [_attempt(f"give {operand.words} the same stride", edit)]
    return []


def _aligned(operand: Operand, other: Operand, backs: Sequence[int]) -> list[Help]:
    """A tensor of lower rank whose dimensions are the first of the other's: a mask [B, T] beside [B, T, d]."""
    missing = other.type.rank - operand.type.rank
    out: list[Help] = []
    if 0 < missing <= 2:
        if missing == 1:
            for dim in (-1, 1):
                out.append(_attempt(f"add a dimension to {operand.words}", _through(operand, f"unsqueeze({dim})")))
        else:
            out.append(_attempt(f"add two dimensions to {operand.words}", _through(operand, "unsqueeze(1) -> unsqueeze(1)")))
            out.append(_attempt(f"add two dimensions to {operand.words}", _through(operand, "unsqueeze(-1) -> unsqueeze(-1)")))
    elif missing == 0 and operand.type.rank >= 2 and backs:
        wanted = [str(dim) for dim in other.type.shape]
        got = [str(dim) for dim in operand.type.shape]
        if sorted(wanted) == sorted(got) and wanted != got:
            k, j = [at for at in range(len(got)) if got[at] != wanted[at]][:2]
            out.append(_attempt(f"transpose {operand.words}", _through(operand, f"transpose({k}, {j})")))
    return out


def _kept_dimension(pair: tuple[Operand, Operand]) -> list[Help]:
    """What a reduction took away must stay as a dimension of size 1."""
    out: list[Help] = []
    for operand in pair:
        for step in operand.steps[:1]:
            if step.op is not None and "keepdim" in step.op.params and "keepdim" not in step.given:
                edit = _with_argument(step.span, "keepdim=true")
                if edit is not None:
                    out.insert(0, _attempt(f"keep the dimension that `{step.op.name}` takes away", edit))
    return out


# --- declared types --------------------------------------------------------------------------------------------


def declared_rank(found: Operand, span: Span) -> tuple[Help, ...]:
    out: list[Help] = []
    for step in found.steps:
        if step.op is not None and step.op.kind is Kind.LINEAR and step.before.rank > 2:
            out.append(
                _attempt(
                    f"flatten before `{step.op.name}`, which works on the last dimension alone", _before(step.span, "Flatten")
                )
            )
    out += [
        _attempt("flatten it", Edit(Span(found.use.source, found.use.end, found.use.end), " -> Flatten"))
        for _ in found.steps[:1]
        if found.type.rank > 2
    ]
    return tuple(out)


def declared_size(found: Operand, declared: Dim, got: Dim, span: Span) -> tuple[Help, ...]:
    for step in found.steps:
        for name, place in step.given.items():
            if step.op is not None and str(getattr(step.op, name, None)) == str(got):
                value = f"{name}={span.text}" if "=" in place.text else span.text
                return (_attempt(f"`{step.op.name}` gives {got}: let it give {declared}", Edit(place, value)),)
    return ()


def declared_dtype(found: Operand, declared: str, span: Span) -> tuple[Help, ...]:
    out: list[Help] = []
    edit = _retyped(span, declared, found.type.dtype.word)
    if edit is not None:
        out.append(_attempt(f"declare it as {found.type.dtype.word}", edit))
    return (*out, Help(f"convert it: `to({declared})`"))


def without_batch(op: Op, argument: str, size: str) -> tuple[str, ...]:
    """A convolution that is fed a dimension less than with a batch."""
    if op.kind in (Kind.CONV, Kind.NORM, Kind.POOL) and argument in ("in_channels", "num_features", "num_channels"):
        return (f"`{op.name}` takes {size} for the channels: an input with one dimension less is one example without a batch",)
    return ()


def static_size(name: str, model: tuple[str, Span, bool]) -> tuple[Help, ...]:
    word, span, has_parameters = model
    parameter = f"{name}: int = 64"
    text = f"make it a parameter, or write a number in the input's type"
    if has_parameters:
        at = span.source.text.find("(", span.end) + 1
        return (Help(text, (Edit(Span(span.source, at, at), f"{parameter}, "),)),)
    return (Help(text, (Edit(Span(span.source, span.end, span.end), f"({parameter})"),)),)
