"""What can be wrong with learned tensors, initialisation, sharing and freezing, in words."""

from __future__ import annotations

from collections.abc import Iterable

from specc.diagnostics import Diagnostic, Edit, Help, Label
from specc.elaborate.scope import suggestions
from specc.source import Span
from specc.types import TensorType


def unknown_initialiser(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    close = suggestions(name, known)
    fix = (
        (Help(f"did you mean `{close[0]}`?", (Edit(span, close[0]),)),)
        if close
        else (Help("the initialisers are those of torch.nn.init: " + ", ".join(known)),)
    )
    return Diagnostic("E0231", f"unknown initialiser `{name}`", Label(span, "no initialiser has this name"), help=fix)


def too_few_dimensions(name: str, least: int, type: TensorType, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0312",
        f"`{name}` needs a tensor of at least {least} dimensions, got {type}",
        Label(span, f"fills {type}"),
        help=(Help("use `normal`, `uniform`, `zeros` or `ones`"),),
    )


def no_gradient(name: str, type: TensorType, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0503",
        f"`{name}` is {type}, and only floats can be learned",
        Label(span, "a param of whole numbers"),
        help=(Help("make it a `buffer`, or give it a float type"),),
    )


def open_size(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0232", "the shape of a learned tensor must be complete", Label(span, "an open size"), help=(Help("write every size"),)
    )


def shape_needed(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0233",
        "an initialiser has no shape of its own",
        Label(span, "how large?"),
        help=(Help("give the tensor a type: `param w: float[n, m] = ...`"),),
    )


def not_a_weight(path: str, known: Iterable[str], span: Span, layer: bool) -> Diagnostic:
    """`layer`: the path is that of a layer."""
    if layer:
        return Diagnostic(
            "E0234",
            f"`{path}` is a layer, not a weight",
            Label(span, "a layer"),
            help=(Help("name its weight", (Edit(Span(span.source, span.end, span.end), ".weight"),)),),
        )
    close = suggestions(path, known)
    fix = (Help(f"did you mean `{close[0]}`?", (Edit(span, close[0]),)),) if close else ()
    return Diagnostic(
        "E0234", f"`{path}` is no weight of this body", Label(span, "no parameter or buffer has this path"), help=fix
    )


def tie_shapes(left: str, left_type: TensorType, right: str, right_type: TensorType, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0313",
        f"`{left}` and `{right}` cannot be one Parameter: their shapes differ",
        Label(span, f"{left_type} and {right_type}"),
        help=(Help("give both layers the same sizes, or leave out the tie"),),
    )


def rule_unmatched(pattern: str, span: Span) -> Diagnostic:
    return Diagnostic("W0608", f"the init rule `{pattern}` matches no weight", Label(span, "has no effect"))


def pattern_unmatched(pattern: str, span: Span) -> Diagnostic:
    return Diagnostic("W0609", f"`{pattern}` matches no weight: nothing is frozen by it", Label(span, "has no effect"))
