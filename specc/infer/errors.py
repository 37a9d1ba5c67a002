"""What does not fit between tensors and layers, in words: one function per kind of misfit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specc.diagnostics import Diagnostic, Help, Label, Reason
from specc.dims.expr import Dim, Expr
from specc.dims.solver import Solver
from specc.ops.rules import Misfit
from specc.source import Span
from specc.types import DType, TensorType


class Site:
    """Where a rule ran: the stage or operator, its name, the operands with the places they come from."""

    __slots__ = ("because", "name", "operands", "solver", "span")

    def __init__(
        self,
        name: str,
        span: Span,
        operands: Sequence[tuple[str, TensorType, Span | None]],
        solver: Solver,
        because: tuple[Reason, ...] = (),
    ) -> None:
        self.name = name
        self.span = span
        self.operands = operands
        self.solver = solver
        self.because = because

    def labels(self) -> tuple[Label, ...]:
        """Each operand's type at the place where it was made."""
        out = []
        seen = set()
        for text, type, span in self.operands:
            if span is None or (span.start, span.end) in seen or (span.start, span.end) == (self.span.start, self.span.end):
                continue
            seen.add((span.start, span.end))
            out.append(Label(span, f"`{text}` is {type}" if text else f"this is {type}"))
        return tuple(out)


def misfit(problem: Misfit, site: Site) -> Diagnostic:
    """The diagnostic of a misfit at its site."""
    return _KINDS[problem.kind](problem.data, site)


def _plural(words: Sequence[Any]) -> str:
    texts = [str(word) for word in words]
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " or " + texts[-1]


def _rank(data: dict[str, Any], site: Site) -> Diagnostic:
    tensor: TensorType = data["tensor"]
    ranks: tuple[int, ...] = data.get("ranks") or ()
    needs = _plural([f"{rank}-D" for rank in ranks]) if ranks else f"at least {data['at_least']}-D"
    found = f"got {tensor.rank}-D {tensor}"
    return Diagnostic(
        "E0301",
        f"`{site.name}` needs a {needs} input, {found}",
        Label(site.span, f"needs {needs}, got {tensor.rank}-D"),
        site.labels(),
        site.because,
        help=_rank_help(tensor, ranks, site),
    )


def _rank_help(tensor: TensorType, ranks: tuple[int, ...], site: Site) -> tuple[Help, ...]:
    if not ranks:
        return ()
    if tensor.rank == 2 and 4 in ranks and isinstance(tensor.last, int):
        side = round(tensor.last**0.5)
        for channels in (1, 3):
            side = round((tensor.last / channels) ** 0.5)
            if channels * side * side == tensor.last and side > 1:
                return (
                    Help(
                        f"unfold it first: `Unflatten(1, ({channels}, {side}, {side}))`, "
                        f"since {tensor.last} = {channels}*{side}*{side}"
                    ),
                )
    if tensor.rank > max(ranks):
        return (Help(f"put `Flatten` or `reshape` before `{site.name}`"),)
    return (Help(f"add a dimension before `{site.name}`: `unsqueeze(...)` or `reshape(...)`"),)


def _dtype(data: dict[str, Any], site: Site) -> Diagnostic:
    tensor: TensorType = data["tensor"]
    allowed: Sequence[DType] = data["allowed"]
    wants = _plural([dtype.word for dtype in allowed])
    if DType.FLOAT in allowed and tensor.dtype <= DType.INT:
        fix = "convert it: `to(float)`"
        if tensor.dtype == DType.INT and site.name == "Linear":
            fix = "token numbers go through `Embedding`; otherwise convert with `to(float)`"
    elif DType.INT in allowed:
        fix = "convert it: `to(int)`"
    else:
        fix = f"convert it: `to({allowed[0].word})`"
    return Diagnostic(
        "E0501",
        f"`{site.name}` needs a tensor of {wants}, got {tensor}",
        Label(site.span, f"needs {wants}, got {tensor.dtype.word}"),
        site.labels(),
        site.because,
        help=(Help(fix),),
    )


def _size(data: dict[str, Any], site: Site) -> Diagnostic:
    left, right = site.solver.resolve(data["left"]), site.solver.resolve(data["right"])
    left_name, right_name = data["left_name"], data["right_name"]
    return Diagnostic(
        "E0302",
        f"`{site.name}`: {left_name} is {left}, but {right_name} is {right}",
        Label(site.span, f"{left} against {right}"),
        site.labels(),
        site.because,
        example=example(left, right, site.solver),
    )


def example(left: Dim, right: Dim, solver: Solver) -> str:
    """Sizes for which two dimensions differ, in words; empty where they are plain numbers."""
    if not (isinstance(left, Expr) or isinstance(right, Expr)):
        return ""
    from specc.dims.expr import evaluate

    found = solver.witness(left, right)
    if not found:
        return ""
    names = ", ".join(f"{symbol.name} = {value}" for symbol, value in found.items())
    return f"{names} gives {evaluate(left, found)} and {evaluate(right, found)}"


def _small(data: dict[str, Any], site: Site) -> Diagnostic:
    value, bound = site.solver.resolve(data["value"]), site.solver.resolve(data["bound"])
    what = data["what"]
    return Diagnostic(
        "E0303",
        f"`{site.name}`: {what} would be {value}, but at least {bound} is needed",
        Label(site.span, f"{what} is {value} here"),
        site.labels(),
        site.because,
        help=(Help("start from a larger input, use padding, or take a step less"),),
    )


def _divide(data: dict[str, Any], site: Site) -> Diagnostic:
    value, by = site.solver.resolve(data["value"]), site.solver.resolve(data["by"])
    what, by_name = data["what"], data["by_name"]
    fixes: tuple[Help, ...] = ()
    if isinstance(value, int) and isinstance(by, int) and by > 0:
        below, above = value // by * by, (value // by + 1) * by
        near = [n for n in (below, above) if n > 0]
        divisors = [d for d in range(max(1, by - 4), by + 5) if value > 0 and value % d == 0 and d != by]
        text = f"the nearest {what} that fits {'is' if len(near) == 1 else 'are'} {_plural(near)}"
        if divisors:
            text += f"; or {by_name} = {_plural(divisors)}"
        fixes = (Help(text),)
    return Diagnostic(
        "E0304",
        f"`{site.name}`: {what} {value} is not a multiple of {by_name} {by}",
        Label(site.span, f"{value} / {by} leaves a remainder"),
        site.labels(),
        site.because,
        help=fixes,
    )


AXES = {1: "last dimensions", 2: "last but one dimensions"}


def _broadcast(data: dict[str, Any], site: Site) -> Diagnostic:
    left, right = site.solver.resolve(data["left_dim"]), site.solver.resolve(data["right_dim"])
    axis: int = data["axis"]
    where = AXES.get(axis, f"dimensions {-axis}")
    fixes: tuple[Help, ...] = ()
    if isinstance(left, Expr) or isinstance(right, Expr):
        simple = all(str(side).isidentifier() for side in (left, right))
        if simple:
            fixes = (Help(f"if they are meant to be equal, say so: `require {left} == {right}`"),)
    return Diagnostic(
        "E0310",
        f"these tensors cannot go into `{site.name}` together: their {where} differ, {left} and {right}",
        Label(site.span, f"{left} against {right}"),
        site.labels(),
        site.because,
        example=example(left, right, site.solver),
        help=fixes,
    )


def _argument(data: dict[str, Any], site: Site) -> Diagnostic:
    name, why = data["name"], data["why"]
    return Diagnostic(
        "E0305", f"`{name}` of `{site.name}` does not fit: {why}", Label(site.span, why), site.labels(), site.because
    )


def _other(data: dict[str, Any], site: Site) -> Diagnostic:
    return Diagnostic("E0306", f"`{site.name}`: {data['why']}", Label(site.span, data["why"]), site.labels(), site.because)


_KINDS = {
    "rank": _rank,
    "dtype": _dtype,
    "size": _size,
    "small": _small,
    "divide": _divide,
    "broadcast": _broadcast,
    "argument": _argument,
    "other": _other,
}


def doubt(op: str, left: Dim, right: Dim, site: Site) -> Diagnostic:
    return Diagnostic(
        "W0801",
        f"`{site.name}`: could not decide whether {left} {op} {right}",
        Label(site.span, "checked when the model runs"),
        site.labels(),
        site.because,
    )


# --- declared types --------------------------------------------------------------------------------------------


def declared_rank(name: str, declared: str, found: TensorType, span: Span, fed: Span | None) -> Diagnostic:
    labels = (Label(fed, f"this is {found}"),) if fed is not None else ()
    return Diagnostic(
        "E0307",
        f"`{name}` is declared as {declared}, but gets {found.rank}-D {found}",
        Label(span, f"declared {declared}"),
        labels,
    )


def declared_size(
    name: str, axis: int, declared: Dim, found: Dim, type: TensorType, span: Span, fed: Span | None, solver: Solver
) -> Diagnostic:
    labels = (Label(fed, f"this is {type}"),) if fed is not None else ()
    return Diagnostic(
        "E0308",
        f"dimension {axis} of `{name}` is declared as {declared}, but is {found}",
        Label(span, f"declared {declared}"),
        labels,
        example=example(solver.resolve(declared), solver.resolve(found), solver),
    )


def declared_dtype(name: str, declared: str, found: TensorType, span: Span, fed: Span | None) -> Diagnostic:
    labels = (Label(fed, f"this is {found}"),) if fed is not None else ()
    return Diagnostic(
        "E0502", f"`{name}` is declared as {declared}, but gets {found.dtype.word}", Label(span, f"declared {declared}"), labels
    )


def static_size(
    op: str, argument: str, size: Dim, names: Sequence[str], span: Span, declared: Span | None, model: str
) -> Diagnostic:
    first = names[0] if names else "size"
    labels = (Label(declared, f"`{first}` is free here"),) if declared is not None else ()
    return Diagnostic(
        "E0309",
        f"`{op}` is made with {argument} = {size}, so `{first}` needs a value when the model is built",
        Label(span, f"{argument} is {size}"),
        labels,
        help=(Help(f"make it a parameter: `model {model}({first}: int = 64)`, or write a number in the input's type"),),
    )


def reused_layer(name: str, argument: str, first: Dim, second: Dim, span: Span, introduced: Span) -> Diagnostic:
    return Diagnostic(
        "E0311",
        f"the layer `{name}` is shared, but its uses need different sizes: {argument} is {first} and {second}",
        Label(span, f"needs {argument} = {second}"),
        (Label(introduced, f"made with {argument} = {first}"),),
        help=(Help("use a new layer here, or bring both inputs to one size"),),
    )
