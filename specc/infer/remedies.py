"""What to do about a misfit. Most are edits that are offered only if re-checking with them applied passes (`tentative`): so
they may be bold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from specc.diagnostics import Edit, Help
from specc.dims.expr import Dim
from specc.dims.solver import Solver
from specc.infer.divisibility import required
from specc.infer.edits import attempt, before, new_argument, otherwise, retyped, through, with_argument, without
from specc.infer.history import Operand, Step
from specc.infer.shortcuts import outpadded, repadded, resized
from specc.ops.declare import Kind, Op
from specc.ops.rules import Checks, Misfit
from specc.source import Span
from specc.types import DType, TensorType

if TYPE_CHECKING:
    from specc.infer.errors import Site

_LARGEST = 1 << 14  # no input is proposed to be larger


# --- ranks and kinds of number ---------------------------------------------------------------------------------


def rank(site: Site, tensor: TensorType, ranks: tuple[int, ...]) -> tuple[Help, ...]:
    operand = next((known for known in site.operands if known.type == tensor), None)
    found: list[Help] = []
    name = site.op.name
    if (
        name[-2:] in ("1d", "2d", "3d")
        and site.span.text.count(name) == 1
        and site.op.kind in (Kind.NORM, Kind.POOL, Kind.CONV)
    ):
        at = site.span.start + site.span.text.index(name)
        other = f"{name[:-2]}{tensor.rank - 2}d"
        edit = Edit(Span(site.span.source, at, at + len(name)), other)
        if tensor.rank in (3, 4, 5):
            found.append(attempt(f"`{other}` is for {tensor.rank}-D tensors", edit))
    found += _other_modes(site)
    if operand is not None and operand.use != site.span:
        for text, stage in _reshapings(site.op, tensor, ranks):
            found.append(attempt(text, through(operand, stage)))
    higher = [known for known in site.operands if known.type.rank > tensor.rank == 2]
    found += [attempt(f"flatten {known.words} first", through(known, "Flatten")) for known in higher]
    if len(site.operands) > 1:
        return tuple(found)
    if not ranks:
        return (*found, otherwise(f"`{site.name}` works on more dimensions: `unsqueeze` or `reshape` add some"))
    if tensor.rank > max(ranks):
        return (*found, otherwise(f"put `Flatten` or `reshape` before `{site.name}`, or a layer for {tensor.rank}-D tensors"))
    return (*found, otherwise(f"`unsqueeze`, `Unflatten` or `reshape` before `{site.name}` add dimensions"))


def _other_modes(site: Site) -> list[Help]:
    """A mode of interpolation is for tensors of one rank."""
    param = site.op.params.get("mode")
    out: list[Help] = []
    now = str(getattr(site.op, "mode", ""))
    choices = param.choices if param is not None else ()
    for choice in sorted(choices, key=lambda word: word not in now):  # `linear` rather than `nearest` for `bilinear`
        edit = new_argument(site.given, "mode", f'"{choice}"')
        if edit is not None:
            out.append(attempt(f'mode "{choice}" is for this rank', edit))
    return out


def _reshapings(op: Op, tensor: TensorType, ranks: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """Stages that give a tensor another rank, with why."""
    size = tensor.last if tensor.shape else 1
    if tensor.rank == 2 and 4 in ranks and isinstance(size, int) and op.kind is not Kind.NORM:
        for channels in (1, 3):
            side = round((size / channels) ** 0.5)
            if channels * side * side == size and side > 1:
                stage = f"Unflatten(1, ({channels}, {side}, {side}))"
                yield f"unfold it first, since {size} = {channels}*{side}*{side}", stage
    if ranks and tensor.rank > max(ranks):
        ones = [k for k, dim in enumerate(tensor.shape) if isinstance(dim, int) and dim == 1]
        if ones and tensor.rank - 1 in ranks:
            yield "take its dimension of size 1 away", f"squeeze({ones[0]})"
        if 2 in ranks and op.kind is not Kind.RECURRENT:
            yield "flatten it first", "Flatten"
        if tensor.rank - max(ranks) == 1 and tensor.rank > 2:
            yield "join its middle dimensions first", f"flatten(1, {tensor.rank - 2})"
    if ranks and tensor.rank + 1 in ranks and op.kind is not Kind.NORM:
        yield "add a dimension of size 1", "unsqueeze(1)"
        yield "add a dimension of size 1", "unsqueeze(0)"


def dtype(site: Site, tensor: TensorType, allowed: Sequence[DType]) -> tuple[Help, ...]:
    operand = next((known for known in site.operands if known.type == tensor), None)
    wanted = DType.FLOAT if DType.FLOAT in allowed else DType.INT if DType.INT in allowed else allowed[0]
    found: list[Help] = []
    others = [known for known in site.operands if known is not operand and known.type.dtype in allowed]
    if (
        others
        and wanted is not DType.FLOAT
        and tensor.dtype is DType.FLOAT
        and len(site.operands) == 2
        and site.name != "getitem"
    ):
        found.append(attempt(f"convert {others[0].words} to float", through(others[0], "to(float)")))
    if operand is not None:
        whole = all(step.op is not None and step.op.kind is Kind.VIEW for step in operand.steps)
        if whole and operand.origin is not None and not (wanted is DType.FLOAT and tensor.dtype is DType.INT):
            declared = retyped(operand.origin, tensor.dtype.word, wanted.word)
            if declared is not None:
                found.append(attempt(f"declare it as {wanted.word}", declared))
        found.append(attempt(f"convert it to {wanted.word}", through(operand, f"to({wanted.word})")))
    weighing = site.op.kind in (Kind.LINEAR, Kind.CONV, Kind.RECURRENT, Kind.ATTENTION)
    if wanted is DType.FLOAT and tensor.dtype is DType.INT and weighing:
        found.insert(0, Help("numbers that stand for words or classes go through `Embedding` first"))
    return (*found, otherwise(f"convert it: `to({wanted.word})`"))


# --- sizes -----------------------------------------------------------------------------------------------------


def size(site: Site, left: Dim, right: Dim, left_name: str) -> tuple[Help, ...]:
    found: list[Help] = []
    param = site.op.params.get(left_name)
    if param is not None and param.inferred and left_name in site.given:
        found += _rearranged(site, left, right)
        found.append(Help(f"leave `{left_name}` out: it follows from the input", (without(site.given[left_name]),)))
        return tuple(found)
    if "kdim" in site.op.params and left_name in ("kdim", "vdim"):
        found += _key_widths(site, right)
    if "batch_first" in site.op.params:
        given = "batch_first" in site.given
        now = getattr(site.op, "batch_first", False)
        word = "false" if now else "true"
        edit = new_argument(site.given, "batch_first", word) if given else with_argument(site.span, f"batch_first={word}")
        if edit is not None:
            found.append(attempt(f"batch_first={word} takes {'time' if now else 'the batch'} first", edit))
    for operand in site.operands:
        found += resized(operand, right, left) + resized(operand, left, right)
    if len(site.operands) == 2:
        for operand in reversed(site.operands):
            if operand.type.rank >= 2:
                found.append(attempt(f"transpose {operand.words}", through(operand, "transpose(-2, -1)")))
    if "dim" in site.op.params and "dim" in site.given:
        ranks = {operand.type.rank for operand in site.operands}
        for dim in range(max(ranks)) if len(ranks) == 1 else ():
            edit = new_argument(site.given, "dim", dim)
            if edit is not None:
                found.append(attempt(f"dim={dim} fits", edit))
    found += repadded(site.operands)
    found += outpadded(site.operands)
    found += required(site.operands, site.solver)
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
    return [attempt(f"dimension {source} has size {wanted}: bring it to dimension {target}", through(operand, stage))]


def _steps(operand: Operand, back: int) -> Iterator[Step]:
    """The steps that changed a dimension, the nearest first."""
    for step in operand.steps:
        if step.before.rank != step.after.rank:
            return
        if step.before.shape[-back] != step.after.shape[-back]:
            yield step


def small(site: Site, what: str, bound: Dim) -> tuple[Help, ...]:
    found: list[Help] = []
    if site.op.kind is Kind.CONV and "padding" not in site.given and isinstance(bound, int):
        edit = with_argument(site.span, f"padding={bound // 2}")
        if edit is not None:
            gives = f"keeps the {what}" if bound % 2 else f"makes the {what} large enough"
            found.append(attempt(f"padding={bound // 2} {gives}", edit))
    least = _least(site, what)
    if least is not None:
        found.append(Help(f"start from a {what} of at least {least}"))
        return tuple(found)
    last = next((step for operand in site.operands for step in operand.steps if step.before.shape != step.after.shape), None)
    if last is not None and last.op is not None and last.before.rank == last.after.rank:
        return (*found, otherwise(f"`{last.op.name}` before it always gives this {what}: leave one of the two out"))
    return (*found, otherwise("start from a larger input"))


def _least(site: Site, what: str) -> int | None:
    """The smallest size of the first tensor for which all steps and this one are possible."""
    from specc.infer.history import dimension_word

    for operand in site.operands[:1]:
        rank_ = operand.type.rank
        backs = [back for back in range(1, rank_ + 1) if dimension_word(back, rank_, site.spatial) == what]
        if not backs or any(step.op is None or len(step.op.operands) != 1 for step in operand.steps):
            continue
        steps = list(reversed(operand.steps))
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
    if any(op.list_operands for op in ops):
        return False
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
        edit = new_argument(site.given, by_name, divisor)
        if edit is not None:
            found.append(attempt(f"{by_name} {divisor} divides {value}", edit))
    for operand in site.operands:
        for fitting in near:
            found += resized(operand, value, fitting)
    given = [d for d in divisors if d > 1 and by_name in site.op.params]
    text = f"the nearest {what.removeprefix('the ')} that fits is {' or '.join(map(str, near))}"
    if given and not found:
        text += f"; {by_name} that fits: {' or '.join(map(str, given))}"
    return (*found, Help(text))


# --- declared types --------------------------------------------------------------------------------------------


def declared_rank(found: Operand, declared: str, call: Span | None) -> tuple[Help, ...]:
    wanted = declared.count(",") + 1
    out = [
        attempt(f"flatten before `{step.op.name}`, which works on the last dimension alone", before(step.span, "Flatten"))
        for step in found.steps
        if step.local and step.op is not None and step.op.kind is Kind.LINEAR and step.before.rank > 2
    ]
    out += [
        attempt("flatten it", Edit(Span(found.use.source, found.use.end, found.use.end), " -> Flatten"))
        for _ in found.steps[:1]
        if found.type.rank > 2
    ]
    if found.type.rank + 1 == wanted:
        out += [attempt("add a dimension of size 1", _put(found, f"unsqueeze({dim})", call)) for dim in (1, 0)]
    return tuple(out)


def declared_size(found: Operand, declared: Dim, got: Dim, span: Span) -> tuple[Help, ...]:
    return (*resized(found, got, declared, span.text), *repadded([found]), *outpadded([found]))


def _put(found: Operand, stage: str, call: Span | None) -> Edit:
    """A stage on the way to where a tensor does not fit."""
    return through(found, stage) if call is None else before(call, stage)


def declared_dtype(found: Operand, declared: str, span: Span, call: Span | None) -> tuple[Help, ...]:
    out: list[Help] = []
    edit = retyped(span, declared, found.type.dtype.word)
    if edit is not None and call is None:
        out.append(attempt(f"declare it as {found.type.dtype.word}", edit))
    out.append(attempt(f"convert it to {declared}", _put(found, f"to({declared})", call)))
    return (*out, otherwise(f"convert it: `to({declared})`"))


def _key_widths(site: Site, width: Dim) -> list[Help]:
    """Attention over keys and values of another width than the queries."""
    names = ("kdim", "vdim")
    edits = [new_argument(site.given, name, width) for name in names if name in site.given]
    missing = [f"{name}={width}" for name in names if name not in site.given]
    if missing:
        edits.append(with_argument(site.span, ", ".join(missing)))
    whole = tuple(edit for edit in edits if edit is not None)
    return [Help(f"keys and values of {width} features take `kdim={width}, vdim={width}`", whole)] if whole else []


def argument(site: Site, name: str) -> tuple[Help, ...]:
    """An argument that is possible in itself, but not with this tensor."""
    param, place = site.op.params.get(name), site.given.get(name)
    if param is None or place is None or not site.operands:
        return ()
    if name.startswith("dim") and param.type == "int":
        edits = [(k, new_argument(site.given, name, k)) for k in (-1, *range(site.operands[0].type.rank))]
        return tuple(
            attempt(f"{name}={k} is the last dimension" if k == -1 else f"{name}={k} exists", edit)
            for k, edit in edits
            if edit is not None
        )
    kernel = getattr(site.op, "kernel_size", None)
    if "padding" in site.given and isinstance(kernel, int):
        fitting = new_argument(site.given, "padding", kernel // 2)
        return (attempt(f"padding={kernel // 2} fits", fitting),) if fitting is not None else ()
    return ()


def without_batch(op: Op, argument: str, size: str, operand: Operand | None) -> tuple[str, ...]:
    """A convolution that is fed a dimension less than with a batch."""
    if operand is not None and op.name[-2:] == f"{operand.type.rank - 2}d":
        return ()
    if op.kind in (Kind.CONV, Kind.NORM, Kind.POOL) and argument in ("in_channels", "num_features", "num_channels"):
        return (f"`{op.name}` takes {size} for the channels: an input with one dimension less is one example without a batch",)
    return ()


def static_size(op: Op, operand: Operand | None, name: str, model: tuple[Span, bool]) -> tuple[Help, ...]:
    """`model`: the place of its name, and whether it has parameters."""
    found: list[Help] = []
    if operand is not None and operand.type.rank == 3 and op.kind in (Kind.CONV, Kind.NORM) and op.name.endswith("1d"):
        swapped = f"if {operand.words} is [batch, time, features], its features are the channels"
        found.append(attempt(swapped, through(operand, "transpose(1, 2)")))
    if operand is not None and op.kind is Kind.CONV and operand.type.rank == 3 and op.name.endswith("2d"):
        at = operand.use.source.text.find(op.name, operand.use.end)
        if at >= 0:  # the layer may stand in a block above
            found.append(_as_sequence(op, operand, at))
    return (*found, *as_parameter(name, model))


def as_parameter(name: str, model: tuple[Span, bool]) -> tuple[Help, ...]:
    """A size that becomes a parameter of the model."""
    span, has_parameters = model
    parameter = f"{name}: int = 64"
    text = "make it a parameter, or write a number in the input's type"
    if has_parameters:
        at = span.source.text.find("(", span.end) + 1
        return (Help(text, (Edit(Span(span.source, at, at), f"{parameter}, "),)),)
    return (Help(text, (Edit(Span(span.source, span.end, span.end), f"({parameter})"),)),)


def _as_sequence(op: Op, operand: Operand, at: int) -> Help:
    """[batch, time, features] into a layer for images, named at `at`: its sibling for sequences, with the features as
    channels."""
    rename = Edit(Span(operand.use.source, at, at + len(op.name)), f"{op.name[:-2]}1d")
    return attempt(
        f"if {operand.words} is [batch, time, features], its features are the channels",
        through(operand, "transpose(1, 2)"),
        rename,
    )
