"""Keys: from labels and positions to the paths of layers."""

from __future__ import annotations

from specc.dims.expr import Expr
from specc.dims.opaque import Opaque
from specc.elaborate import errors
from specc.elaborate.body import Body
from specc.elaborate.trace import PathPart, Static
from specc.elaborate.values import Poison, kind_of
from specc.ops.declare import snake
from specc.pycode import Code, FString, Lit, Var
from specc.source import Span
from specc.syntax import ast

RESERVED = frozenset(
    [
        "T_destination",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    ]
)
"""Public attributes of torch.nn.Module: a layer of that name would hide them. A test compares them with torch's."""

_USED = (
    "self super torch nn F Tensor math re range len zip enumerate getattr hasattr reversed max min int float bool str list "
    "tuple abs round sum type isinstance next print OrderedDict NamedTuple Sequence ValueError None True False"
)
GENERATED = frozenset(_USED.split())
"""Names that generated code uses itself."""


def label_path(label: ast.Label, body: Body) -> tuple[PathPart, ...] | Poison:
    """The path of a label. Without `{}` it gets the positions of the loops around its statement."""
    path = written_path(label, body)
    if isinstance(path, Poison):
        return path
    if body.frame.counter is not None:
        body.frame.counter += 1
        return path
    if path[0] in RESERVED:
        return body.report(errors.reserved_label(str(path[0]), label.parts[0].span))
    interpolated = any(not isinstance(piece, str) for part in label.parts for piece in part.pieces)
    return path if interpolated else (*path, *positions(body))


def written_path(label: ast.Label, body: Body) -> tuple[PathPart, ...] | Poison:
    """The path that a label spells, with its `{}` put in."""
    parts: list[PathPart] = []
    for part in label.parts:
        found = _part(part, body)
        if isinstance(found, Poison):
            return found
        parts.append(found)
    return tuple(parts)


def positions(body: Body) -> list[PathPart]:
    """The indices of the statement loops around, outermost first."""
    return [_text(position.index) for position in body.positions]


def _text(index: Static) -> PathPart:
    return str(index.value) if isinstance(index.value, int) else index.code


def _part(part: ast.LabelPart, body: Body) -> PathPart | Poison:
    from specc.elaborate.expressions import static

    pieces: list[str | Code] = []
    for written in part.pieces:
        if isinstance(written, str):
            pieces.append(written)
            continue
        piece: ast.Expr = written
        value = static(piece, body, "an int or string")
        if isinstance(value, Poison):
            return value
        if isinstance(value.value, bool) or not isinstance(value.value, int | str | Expr | Opaque):
            return body.report(errors.not_a_value(kind_of(value), "an int or string in a label", piece.span))
        pieces.append(value.code if isinstance(value.value, Expr | Opaque) else str(value.value))
    if all(isinstance(piece, str) for piece in pieces):
        return "".join(piece for piece in pieces if isinstance(piece, str))
    if len(pieces) == 1 and not isinstance(pieces[0], str):
        return pieces[0]
    merged: list[str | Code] = []
    for text in pieces:
        last = merged[-1] if merged else None
        if isinstance(text, str) and isinstance(last, str):
            merged[-1] = last + text
        elif text != "":
            merged.append(text)
    return FString(tuple(merged))


def sequence_path(body: Body) -> tuple[PathPart, ...]:
    """The key of an unlabelled stage in parentheses: its position."""
    assert body.frame.counter is not None
    path = (str(body.frame.counter),)
    body.frame.counter += 1
    return path


def anonymous_path(name: str, span: Span, body: Body) -> tuple[tuple[PathPart, ...], bool]:
    """A predictable key for an unlabelled stage outside parentheses, and whether it had to be numbered. In a loop the stage,
    which stands at `span`, has one name for all iterations."""
    base = snake(name)
    if base in RESERVED:
        base += "_"
    loops = positions(body)
    layers = body.frame.layers
    known = layers.repeated.get(span) if loops else None
    if known is None:
        taken = {other for other, _ in layers.repeated.values()}
        known = layers.unique(base) if not loops else (base, False)
        while known[0] in taken or known[0] in layers.members:
            known = layers.unique(base)
        if loops:
            layers.repeated[span] = known
    return (known[0], *loops), known[1]


def key_text(path: tuple[PathPart, ...]) -> str:
    """A path as people write it; what is computed stands in braces."""
    return ".".join(part if isinstance(part, str) else _braced(part) for part in path)


def _braced(part: Code) -> str:
    if isinstance(part, FString):
        return "".join(piece if isinstance(piece, str) else _braced(piece) for piece in part.pieces)
    if isinstance(part, Var):
        return "{" + part.name + "}"
    return "{" + (str(part.value) if isinstance(part, Lit) else "...") + "}"
