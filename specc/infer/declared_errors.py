"""Declared types that do not fit, and sizes that weights need, in words."""

from __future__ import annotations

from collections.abc import Sequence

from specc.diagnostics import Diagnostic, Label
from specc.dims.expr import Dim
from specc.dims.solver import Solver
from specc.infer import remedies
from specc.infer.errors import Site, example, listed
from specc.infer.history import Operand, changes, dimension_word, spatial_dimensions
from specc.source import Span


def declared_rank(name: str, declared: str, found: Operand, span: Span, call: Span | None) -> Diagnostic:
    return Diagnostic(
        "E0307",
        f"`{name}` is declared as {declared}, but gets {found.type.rank}-D {found.type}",
        *_declared(f"declared {declared}", found, span, call),
        tuple(changes(found, None, 0, Solver())[:4]),
        help=remedies.declared_rank(found, declared, call),
    )


def _declared(words: str, found: Operand, span: Span, call: Span | None) -> tuple[Label, tuple[Label, ...]]:
    """The labels of a declared type that does not fit: an output's is wrong itself, a block's input where it is called."""
    fed = (Label(found.use, f"this is {found.type}"),) if found.use not in (span, call) else ()
    if call is None:
        return Label(span, words), fed
    return Label(call, f"gets {found.type}"), (*fed, Label(span, words))


def declared_size(
    name: str, wrong: Sequence[tuple[int, Dim, Span]], found: Operand, solver: Solver, call: Span | None
) -> Diagnostic:
    """`wrong`: each dimension from the end, its declared size and the place of that."""
    spatial = spatial_dimensions([found])
    back, declared, span = wrong[0]
    words = [dimension_word(each, found.type.rank, spatial) for each, _, _ in wrong]
    sizes = [str(solver.resolve(found.type.shape[-each])) for each, _, _ in wrong]
    size = solver.resolve(found.type.shape[-back])
    headline = f"the {listed(words)} of `{name}` {'is' if len(wrong) == 1 else 'are'} declared as "
    headline += f"{listed([str(each) for _, each, _ in wrong])}, but {'is' if len(wrong) == 1 else 'are'} {listed(sizes)}"
    primary, others = _declared(f"declared {declared}", found, span, call)
    more = tuple(Label(place, f"declared {each}") for _, each, place in wrong[1:])
    return Diagnostic(
        "E0308",
        headline,
        primary,
        (*others, *more),
        tuple(changes(found, back, spatial, solver)[:4]),
        example=example(declared, size, solver),
        help=remedies.declared_size(found, declared, size, span),
    )


def declared_dtype(name: str, declared: str, found: Operand, span: Span, call: Span | None) -> Diagnostic:
    return Diagnostic(
        "E0502",
        f"`{name}` is declared as {declared}, but gets {found.type.dtype.word}",
        *_declared(f"declared {declared}", found, span, call),
        help=remedies.declared_dtype(found, declared, span, call),
    )


def static_size(
    site: Site, argument: str, size: Dim, names: Sequence[str], declared: Span | None, model: tuple[Span, bool]
) -> Diagnostic:
    """`model`: the place of its name, and whether it has parameters."""
    op, operand = site.op, site.operands[0] if site.operands else None
    first = names[0]
    labels = (Label(declared, f"`{first}` is free here"),) if declared is not None else ()
    return Diagnostic(
        "E0309",
        f"`{op.name}` has weights whose size depends on {size}, so `{first}` needs a value",
        Label(site.mark, f"{argument} is {size}"),
        labels,
        notes=remedies.without_batch(op, argument, first, operand),
        help=remedies.static_size(op, operand, first, model),
    )


def open_weight(keyword: str, size: Dim, name: str, span: Span, declared: Span | None, model: tuple[Span, bool]) -> Diagnostic:
    """`model`: the place of its name, and whether it has parameters."""
    return Diagnostic(
        "E0309",
        f"the size of a {keyword} depends on {size}, so `{name}` needs a value",
        Label(span, "made before any input comes"),
        (Label(declared, f"`{name}` is free here"),) if declared is not None else (),
        help=remedies.as_parameter(name, model),
    )
