"""What can be wrong with learned tensors, initialisation, sharing and freezing, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specc.diagnostics import Diagnostic, Edit, Help, Label
from specc.elaborate.scope import suggestions
from specc.ops import registry
from specc.source import Span
from specc.types import TensorType


def unknown_initialiser(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    close = suggestions(name, known)
    fix = (
        (Help(f"did you mean `{close[0]}`?", (Edit(span, close[0]),)),)
        if close
        else (Help("the initialisers are those of torch.nn.init: " + ", ".join(registry.initialisers())),)
    )
    return Diagnostic("E0231", f"unknown initialiser `{name}`", Label(span, "no initialiser has this name"), help=fix)


def wrong_dimensions(name: str, least: int, most: int | None, type: TensorType, key: str, span: Span) -> Diagnostic:
    """`key`: the weight of a layer that is filled, where it is one."""
    if type.rank < least:
        needed = f"a tensor of at least {least} dimensions"
        remedy = "use `normal`, `uniform`, `zeros` or `ones`"
    else:
        needed = f"a tensor of {least} dimensions" if least == most else f"a tensor of {least} to {most} dimensions"
        remedy = "use `orthogonal`, `normal` or `uniform`"
    if key:
        remedy += ", or let the rule name only weights that it can fill: `Linear.weight`, `Conv2d.weight`"
    return Diagnostic(
        "E0312",
        f"`{name}` needs {needed}, got {f'`{key}`: ' if key else ''}{type}",
        Label(span, f"fills {f'`{key}`, ' if key else ''}{type}"),
        help=(Help(remedy),),
    )


def floats_only(name: str, type: TensorType, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0501",
        f"`{name}` makes floats, got {type}",
        Label(span, f"fills {type}"),
        help=(Help("use `zeros`, `ones`, `constant` or what computes whole numbers (`arange(n)`), or declare it `float`"),),
    )


def other_shape(key: str, wanted: TensorType, found: TensorType, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0319",
        f"the init rule gives `{key}` a value of another shape: it is {wanted}, the value {found}",
        Label(span, f"{found}, where {wanted} is filled"),
        help=(Help("give a value of the weight's shape, one number for all of it, or an initialiser, which takes its shape"),),
    )


def no_gradient(name: str, type: TensorType, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0503",
        f"`{name}` is {type}, and only floats can be learned",
        Label(span, "a param of whole numbers"),
        help=(Help("make it a `buffer`, or give it a float type"),),
    )


def buffer_inside(keyword: str, path: str, span: Span) -> Diagnostic:
    name = path.split(".")[0]
    return Diagnostic(
        "E0244",
        f"the {keyword} `{path}` stands inside a list, and torch keeps lists of layers and learned tensors only",
        Label(span, f"becomes `{path}`"),
        help=(Help(f"give it a name with the number in it: `{name}_{{i}}`"),),
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


def computed_weight(path: str, within: Sequence[str], span: Span) -> Diagnostic:
    return Diagnostic(
        "E0234",
        f"`{path}` is computed by a wrapper and is no Parameter",
        Label(span, "computed from " + " and ".join(f"`{key}`" for key in within)),
        help=(Help(f"name what it is computed from: `{within[-1]}`"),),
    )


def depends_on_run(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "E0243",
        f"an initial value cannot depend on `{name}`, which exists only when the model runs",
        Label(span, f"computed from `{name}`"),
        help=(Help("compute it of initialisers, numbers, parameters of the model and weights"),),
    )


def rule_unmatched(pattern: str, known: Iterable[str], span: Span, place: Span) -> Diagnostic:
    return Diagnostic(
        "W0608",
        f"the init rule `{pattern}` matches no weight",
        Label(span, "has no effect"),
        help=_nearest(pattern, known, place),
    )


def pattern_unmatched(pattern: str, known: Iterable[str], span: Span) -> Diagnostic:
    return Diagnostic(
        "W0609",
        f"`{pattern}` matches no weight: nothing is frozen by it",
        Label(span, "has no effect"),
        help=_nearest(pattern, known, span),
    )


def _nearest(pattern: str, known: Iterable[str], place: Span) -> tuple[Help, ...]:
    close = suggestions(pattern, known)
    return (Help(f"did you mean `{close[0]}`?", (Edit(place, close[0]),)),) if close else ()
