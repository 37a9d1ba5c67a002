"""What can be neither proved nor refuted: told as a warning, and decided by an assertion in the generated code.

The doubt arises in an instance. The class that is made of it asserts at the same places; what is proved of every
instance needs no assertion, though it may be open with symbols for all parameters. Conversely, what is open in an instance
may seem settled in the class, which takes the sizes of its inputs for whatever fits: there the sizes of the very tensors are
compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from specc.diagnostics import Diagnostic, Reason
from specc.dims.expr import Dim
from specc.dims.solver import Verdict
from specc.elaborate.body import Body
from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import Require, Tensor
from specc.infer import errors as infer_errors
from specc.pycode import BinaryCode, Code, Lit, SizeOf
from specc.source import Span

Doubt = tuple[str, Dim, Dim]
"""An operator and its sides."""
Side = tuple[int, int] | int | None
"""Where a size can be read: the position of a tensor among those at hand, and an axis; or the size, where it is a number."""


def place_of(span: Span) -> tuple[int, int, int]:
    return id(span.source), span.start, span.end


def unify(left: Dim, right: Dim, what: str, span: Span, body: Body, tensors: Sequence[Tensor] = ()) -> bool:
    """Are they equal (made so by binding, where one is free)? A doubt is told and passes. `what` says which sizes they are,
    `tensors` which tensors they may be sizes of."""
    verdict = body.solver.unify(left, right, span)
    doubts = [("==", left, right)] if verdict is Verdict.UNKNOWN else []
    if doubts or (body.generic and place_of(span) in body.program.doubted):
        hold(doubts, what, span, [_told(what, doubt, span, tensors) for doubt in doubts], body, tensors)
    return verdict is not Verdict.DIFFERENT


def _told(what: str, doubt: Doubt, span: Span, tensors: Sequence[Tensor]) -> Diagnostic:
    """The warning; of a block's input it says where the block is fed."""
    made = tensors[0].made if tensors else None
    if made is None or not made.entered or made.place is None:
        return infer_errors.undecided(what, *doubt, span)
    fed = Reason(made.place, f"{made.entered} is fed {tensors[0].type} here")
    return infer_errors.undecided(what, *doubt, span).replace(because=(fed,))


def hold(
    doubts: Sequence[Doubt], what: str, span: Span, told: Sequence[Diagnostic], body: Body, tensors: Sequence[Tensor] = ()
) -> None:
    """Asserts what is open. The warnings are `told` once, of the instance; `tensors` are at hand."""
    doubted = body.program.doubted
    place = place_of(span)
    if body.generic:
        if place not in doubted:
            return
        if not doubts:
            _compare(doubted[place], what, span, body, tensors)
            return
    else:
        sides = [(_side(left, tensors), _side(right, tensors)) for operator, left, right in doubts if operator == "=="]
        doubted.setdefault(place, {}).update(dict.fromkeys(sides))
        for doubt, warning in zip(doubts, told, strict=True):
            if doubt not in body.program.doubts:
                body.program.doubts.add(doubt)
                body.report(warning)
        if len(sides) == len(doubts) and all(left is not None and right is not None for left, right in sides):
            _compare(dict.fromkeys(sides), what, span, body, tensors)
            return
    for operator, left, right in doubts:
        left, right = body.solver.resolve(left), body.solver.resolve(right)
        if isinstance(left, int) and isinstance(right, int):
            continue
        code: Code = BinaryCode(operator, dim_code(left), dim_code(right))
        code = BinaryCode("==", code, Lit(0)) if operator == "%" else code
        body.add(Require(code, f"{_where(what, span)}: {infer_errors.stated(operator, left, right)} does not hold", span))


def _compare(sides: Mapping[tuple[Side, Side], None], what: str, span: Span, body: Body, tensors: Sequence[Tensor]) -> None:
    for left, right in sides:
        if left is not None and right is not None:
            code = BinaryCode("==", _read(left, tensors), _read(right, tensors))
            body.add(Require(code, f"{_where(what, span)}: the sizes differ", span))


def _side(dim: Dim, tensors: Sequence[Tensor]) -> Side:
    """Where to read a size."""
    if isinstance(dim, int):
        return dim
    places = ((at, axis) for at, tensor in enumerate(tensors) for axis, size in enumerate(tensor.type.shape) if size == dim)
    return next(places, None)


def _read(side: tuple[int, int] | int, tensors: Sequence[Tensor]) -> Code:
    return Lit(side) if isinstance(side, int) else SizeOf(tensors[side[0]].id, side[1])


def _where(what: str, span: Span) -> str:
    return f"{what} at {span.source.name}:{span.line}"


__all__ = ["hold", "place_of", "unify"]
