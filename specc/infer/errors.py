"""What does not fit between tensors and layers, in words: one function per kind of misfit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specc.diagnostics import Diagnostic, Help, Label
from specc.dims.expr import Apply, Dim, Expr, FloorDiv, atoms, dim_of, evaluate
from specc.dims.printing import factor
from specc.dims.solver import Solver
from specc.infer import remedies
from specc.infer.divisibility import required
from specc.infer.edits import otherwise
from specc.infer.history import Operand, because, dimension_word, plural, progress, spatial_dimensions
from specc.infer.shortcuts import broadcast
from specc.ops.declare import Function, Op
from specc.ops.rules import Misfit
from specc.source import Span
from specc.types import DType, TensorType


class Site:
    """Where a rule ran: the op, its place and the `mark` that messages point at, its operands, the places of its arguments."""

    __slots__ = ("given", "mark", "op", "operands", "shared", "solver", "span")

    def __init__(
        self,
        op: Op,
        span: Span,
        mark: Span,
        operands: Sequence[Operand],
        solver: Solver,
        given: Mapping[str, Span],
        shared: tuple[str, Span] | None = None,
    ) -> None:
        self.op = op
        self.span = span
        self.operands = operands
        self.solver = solver
        self.given = given
        self.shared = shared
        """Name and first use of a layer that is applied again."""
        inside = any(span.start <= operand.use.start and operand.use.end <= span.end for operand in operands)
        # what an operand's label marks must stay visible: of a call, only the name is pointed at
        self.mark = _name_of(span, op) if inside and mark == span else mark

    @property
    def name(self) -> str:
        return self.op.name

    @property
    def subject(self) -> str:
        """What a message calls the operation: its sign, where it was written as one."""
        if self.op.name == "getitem":
            return "an index"
        sign = self.op.operator if isinstance(self.op, Function) else ""
        return f"`{sign if sign and self.mark.text == sign else self.op.name}`"

    @property
    def spatial(self) -> int:
        return spatial_dimensions(self.operands, self.op)

    def labels(self) -> tuple[Label, ...]:
        """Each operand's type where it is used."""
        out: list[Label] = []
        for operand in self.operands:
            if operand.use not in (self.mark, *(label.span for label in out)):
                out.append(Label(operand.use, f"{operand.words} is {operand.type}"))
        return tuple(out)

    def because(self, *sizes: Dim, origins: bool = False) -> tuple[Any, ...]:
        """How the sizes in question came about; with none, how the operands' types did."""
        wanted = {str(self.solver.resolve(size)) for size in sizes}
        backs: list[int | None] = []
        for operand in self.operands:
            found = [k for k, dim in enumerate(reversed(operand.type.shape), 1) if str(self.solver.resolve(dim)) in wanted]
            backs.append(found[-1] if found else None)
        known = [(o, back) for o, back in zip(self.operands, backs, strict=True) if back is not None or not wanted]
        return because([o for o, _ in known], [back for _, back in known], self.spatial, self.solver, origins)


def _name_of(span: Span, op: Op) -> Span:
    text = span.text
    return Span(span.source, span.start, span.start + len(op.name)) if text.startswith(op.name) else span


def misfit(problem: Misfit, site: Site) -> Diagnostic:
    """The diagnostic of a misfit at its site."""
    found = _KINDS[problem.kind](problem.data, site)
    if problem.kind not in ("argument", "other") or any(not help_.edits for help_ in found.help):
        return found
    takes = f"`specc explain {site.op.name}` tells what it takes"
    if site.name == "sub":
        takes = "subtract numbers: `mask -> to(float)`"
    if site.name == "getitem":
        takes = "there is at most one index for each dimension, and each is below its size, counted from 0"
    return found.replace(help=(*found.help, otherwise(takes)))


def _either(words: Sequence[Any]) -> str:
    texts = [str(word) for word in words]
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " or " + texts[-1]


def _rank(data: dict[str, Any], site: Site) -> Diagnostic:
    tensor: TensorType = data["tensor"]
    ranks: tuple[int, ...] = data.get("ranks") or ()
    needs = _either([f"{rank}-D" for rank in ranks]) if ranks else f"at least {data['at_least']}-D"
    return Diagnostic(
        "E0301",
        f"{site.subject} needs a {needs} input, got {tensor.rank}-D {tensor}",
        Label(site.mark, f"needs {needs}"),
        site.labels(),
        site.because(),
        help=remedies.rank(site, tensor, ranks),
    )


def _dtype(data: dict[str, Any], site: Site) -> Diagnostic:
    tensor: TensorType = data["tensor"]
    allowed: Sequence[DType] = data["allowed"]
    wants = _either([dtype.word for dtype in allowed])
    return Diagnostic(
        "E0501",
        f"{site.subject} needs a tensor of {wants}, got {tensor}",
        Label(site.mark, f"needs {wants}"),
        site.labels(),
        help=remedies.dtype(site, tensor, allowed),
    )


def _size(data: dict[str, Any], site: Site) -> Diagnostic:
    left, right = site.solver.resolve(data["left"]), site.solver.resolve(data["right"])
    left_name, right_name = data["left_name"], data["right_name"]
    param = site.op.params.get(left_name)
    if site.shared is not None and param is not None and param.inferred and left_name not in site.given:
        return _reused(site, site.shared, left_name, left, right)
    return Diagnostic(
        "E0302",
        f"{site.subject}: {left_name} is {left}, but {right_name} is {right}",
        Label(site.mark, f"{left} against {right}"),
        site.labels(),
        site.because(left, right),
        example=example(left, right, site.solver),
        help=remedies.size(site, left, right, left_name),
    )


def _reused(site: Site, shared: tuple[str, Span], argument: str, first: Dim, second: Dim) -> Diagnostic:
    name, before = shared
    return Diagnostic(
        "E0311",
        f"the layer `{name}` is shared, but its uses need different sizes: {argument} is {first} and {second}",
        Label(site.mark, f"needs {argument} {second}"),
        (*site.labels(), Label(before, f"first used with {argument} {first}")),
        site.because(second),
        help=(Help("weights of two sizes are two layers: introduce another one here, or bring both inputs to one size"),),
    )


def example(left: Dim, right: Dim, solver: Solver) -> str:
    """Sizes for which two dimensions differ, in words; empty where they are plain numbers."""
    if not (isinstance(left, Expr) or isinstance(right, Expr)):
        return ""
    found = solver.witness(left, right)
    if not found:
        return ""
    names = ", ".join(f"{symbol.name} = {value}" for symbol, value in found.items())
    return f"{names} gives {evaluate(left, found)} and {evaluate(right, found)}"


def _small(data: dict[str, Any], site: Site) -> Diagnostic:
    value, bound = site.solver.resolve(data["value"]), site.solver.resolve(data["bound"])
    what = data["what"]
    shrunk = _shrinking(what, site)
    went = f", because {' -> '.join(map(str, shrunk))}" if len(shrunk) > 1 else ""
    return Diagnostic(
        "E0303",
        f"`{site.name}`: the {what} must be at least {bound}, but is {value}",
        Label(site.mark, f"{what} {value} is smaller than {bound}{went}"),
        site.labels(),
        site.because(*shrunk[-1:]) if shrunk else site.because(),
        help=remedies.small(site, what, bound),
    )


def _shrinking(what: str, site: Site) -> list[Dim]:
    """The sizes that the dimension of this name went through."""
    for operand in site.operands:
        for back in range(1, operand.type.rank + 1):
            if dimension_word(back, operand.type.rank, site.spatial) == what:
                return progress(operand, back, site.solver)
    return []


def _divide(data: dict[str, Any], site: Site) -> Diagnostic:
    value, by = site.solver.resolve(data["value"]), site.solver.resolve(data["by"])
    what, by_name = data["what"].rstrip(","), data["by_name"]
    what = f"the {what}" if what.startswith(("size", "number")) else what
    open_ = isinstance(value, Expr) or isinstance(by, Expr)
    return Diagnostic(
        "E0304",
        f"`{site.name}`: {what} is {value}, which is not {'always ' if open_ else ''}a multiple of {by_name}, {by}",
        Label(site.mark, f"{value} / {by} leaves a remainder{' for some sizes' if open_ else ''}"),
        site.labels(),
        site.because(value, origins=True),
        help=remedies.divide(site, value, by, what, by_name),
    )


_VERBS = {"add": "added", "sub": "subtracted", "mul": "multiplied", "div": "divided", "eq": "compared", "lt": "compared"}


def _broadcast(data: dict[str, Any], site: Site) -> Diagnostic:
    left, right = site.solver.resolve(data["left_dim"]), site.solver.resolve(data["right_dim"])
    shapes = [str(operand.type.shape) for operand in site.operands]
    whole = str(data["left"]) in shapes and str(data["right"]) in shapes  # einsum compares single sizes
    pair = _pair(site, data["axis"]) if whole else None
    backs = _differing(pair, site) if pair else [data["axis"]]
    back = backs[-1]
    if pair:
        left, right = (site.solver.resolve(operand.type.shape[-back]) for operand in pair)
    ranks = {operand.type.rank for operand in pair or site.operands}
    differ = _difference(backs, ranks, site.spatial) if pair else "two of their sizes differ"
    verb = _VERBS.get(site.name)
    headline = f"cannot be {verb}" if verb else f"cannot go into `{site.name}` together"
    ours = pair or list(site.operands)
    return Diagnostic(
        "E0310",
        f"these tensors {headline}: {differ}, {left} and {right}",
        Label(site.mark, f"{left} against {right}"),
        site.labels(),
        because(ours, [back if operand.type.rank >= back else None for operand in ours], site.spatial, site.solver),
        example=example(left, right, site.solver),
        help=(*broadcast(pair, backs, left, right), *required(pair or (), site.solver)),
    )


def _difference(backs: Sequence[int], ranks: set[int], spatial: int) -> str:
    """`their heights and widths differ`, `their last two dimensions differ`, `they differ in dimension 1`."""
    rank = max(ranks)
    words = [dimension_word(back, rank, spatial) for back in reversed(backs)]
    if not any(word.startswith("dimension") or word == "last dimension" for word in words):
        several = [plural(word) for word in words]
        return f"their {listed(several)} differ"
    if list(backs) == [1]:
        return "their last dimensions differ"
    if len(ranks) > 1 and list(backs) == [1, 2]:
        return "their last two dimensions differ"
    numbers = [str(rank - back) for back in reversed(backs)]
    if len(ranks) > 1 and len(backs) == 1:
        return f"they differ in dimension {-backs[0]}"
    return f"they differ in dimension{'s' * (len(numbers) > 1)} {listed(numbers)}"


def listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _pair(site: Site, axis: int) -> tuple[Operand, Operand] | None:
    """The two operands whose sizes differ."""
    reach = [operand for operand in site.operands if operand.type.rank >= axis]
    for k, first in enumerate(reach):
        for second in reach[k + 1 :]:
            a, b = (site.solver.resolve(operand.type.shape[-axis]) for operand in (first, second))
            if a != b and 1 not in (a, b):
                return first, second
    return None


def _differing(pair: tuple[Operand, Operand], site: Site) -> list[int]:
    """The dimensions, from the end, in which two operands cannot be combined."""
    first, second = pair
    found = []
    for back in range(1, min(first.type.rank, second.type.rank) + 1):
        a, b = site.solver.resolve(first.type.shape[-back]), site.solver.resolve(second.type.shape[-back])
        if a != b and not any(isinstance(size, int) and size == 1 for size in (a, b)):
            found.append(back)
    return found


def _argument(data: dict[str, Any], site: Site) -> Diagnostic:
    name, why = data["name"], data["why"]
    place = site.given.get(name, site.mark)
    label = Label(place, "" if name in site.given else f"of this `{site.name}`")
    return Diagnostic(
        "E0305",
        f"`{name}` of `{site.name}` does not fit: {why}",
        label,
        site.labels(),
        site.because(),
        help=remedies.argument(site, name),
    )


def _other(data: dict[str, Any], site: Site) -> Diagnostic:
    why = data["why"] if site.name == "getitem" else f"{site.subject}: {data['why']}"
    return Diagnostic("E0306", why, Label(site.mark), site.labels(), site.because())


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
    """What a rule demands and nobody can tell."""
    found = undecided(f"`{site.name}`", op, left, right, site.mark)
    return found.replace(secondary=site.labels(), because=site.because(left, right))


def undecided(what: str, op: str, left: Dim, right: Dim, span: Span) -> Diagnostic:
    """As `doubt`, of what is no layer or function."""
    condition = stated(op, left, right)
    return Diagnostic(
        "W0801",
        f"{what}: could not decide whether {condition}",
        Label(span, "checked when the model runs"),
        notes=(f"neither a proof was found nor sizes for which it fails{_obstacle(left, right)}",),
        help=(Help(f"if it always holds, say so: `require {condition}`"),),
    )


def _obstacle(left: Dim, right: Dim) -> str:
    """What the algebra knows too little of."""
    found = [atom for dim in (left, right) if isinstance(dim, Expr) for atom in atoms(dim)]
    for atom in found:
        if isinstance(atom, Apply):
            return f": of {atom.text} nothing is known before it runs"
    for atom in found:
        if isinstance(atom, FloorDiv) and not isinstance(atom.den, int):
            return f": {dim_of(atom)} rounds a quotient of two sizes"
    if any(len(m) > 1 for dim in (left, right) if isinstance(dim, Expr) for m in dim.terms):
        return ": it multiplies sizes with each other"
    return ""


def stated(op: str, left: Dim, right: Dim) -> str:
    """A demand as a condition of the language; `%` stands for divisibility."""
    return f"{factor(left)} % {factor(right)} == 0" if op == "%" else f"{left} {op} {right}"
