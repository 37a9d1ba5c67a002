"""What happens to tensors: functions, operators, indexing. Each becomes an Apply in the trace with the types that its
rule gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specc.dims.expr import Expr
from specc.dims.opaque import NotGeneric, Opaque
from specc.elaborate import doubts, errors, stacks
from specc.elaborate.arguments import Written, bind_function, plain
from specc.elaborate.body import Body, Results
from specc.elaborate.history import operands_of
from specc.elaborate.trace import Apply, FunctionUse, Made, Static, Tensor
from specc.elaborate.values import POISON, Poison, Value, kind_of, names_in
from specc.infer import errors as infer_errors
from specc.infer.apply import Outcome, run_rule
from specc.ops import registry
from specc.ops.declare import Function, Op
from specc.pycode import Code, Lit, SliceCode, TensorVar
from specc.source import Span
from specc.syntax import ast
from specc.types import DType, TensorType

OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "//": "floor_divide",
    "%": "remainder",
    "**": "pow",
    "@": "matmul",
    "==": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
    "&": "bitwise_and",
    "|": "bitwise_or",
    "^": "bitwise_xor",
}
UNARY = {"-": "neg", "~": "bitwise_not"}


def code_of(value: Tensor) -> Code:
    return TensorVar(value.id)


def operand_type(value: Any) -> Any:
    """What a rule sees of an operand: a tensor's type, a plain number as a weak rank-0 type, or a list of types."""
    if isinstance(value, Tensor):
        return value.type
    if isinstance(value, list):
        return [item.type for item in value]
    number = value.value
    if isinstance(number, bool):
        return TensorType((), DType.BOOL, weak=True)
    if isinstance(number, int | Expr):
        return TensorType((), DType.INT, weak=True)
    return TensorType((), DType.FLOAT, weak=True)


class Use:
    """An operation as it is written: its place, the values that were fed to it with their places, the arguments it was given.
    `mark` is what a message points at, where that is not the whole; `shared` the layer's name and its first use, if this is
    not the first."""

    __slots__ = ("fed", "given", "mark", "shared", "span")

    def __init__(
        self, span: Span, fed: Sequence[Written] = (), given: Mapping[str, Static] | None = None, mark: Span | None = None
    ) -> None:
        self.span = span
        self.fed = fed
        self.given = given or {}
        self.mark = mark
        self.shared: tuple[str, Span] | None = None


def infer(op: Op, operands: Mapping[str, Any], use: Use, body: Body, shown: Mapping[str, Any] | None = None) -> Outcome | None:
    """Runs a rule; a misfit is reported where it is used, with the operands (or what is `shown` of them). None after a
    message."""
    types = {name: operand_type(value) for name, value in operands.items() if value is not None}
    try:
        outcome = run_rule(op, types, body.solver, body.generic, use.span)
    except NotGeneric as problem:
        if body.generic:
            raise
        body.report(errors.undecided_condition(sorted(problem.names), use.span))
        return None
    if body.generic and outcome.misfit is None:
        doubts.hold(outcome.doubts, f"`{op.name}`", use.span, (), body, _tensors(operands))
    elif outcome.misfit is not None or outcome.doubts:
        site = site_of(op, shown or operands, use, body)
        if outcome.misfit is not None:
            names = (
                names_in(*outcome.misfit.data.values()) | names_in(*(dim for part in site.operands for dim in part.type.shape))
                if body.generic
                else frozenset()
            )
            body.report(infer_errors.misfit(outcome.misfit, site), names)
            return None
        told = [infer_errors.doubt(operator, left, right, site) for operator, left, right in outcome.doubts]
        doubts.hold(outcome.doubts, f"`{op.name}`", use.span, told, body, _tensors(operands))
    return outcome


def _tensors(operands: Mapping[str, Any]) -> list[Tensor]:
    values = [item for value in operands.values() for item in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, Tensor)]


def site_of(op: Op, operands: Mapping[str, Any], use: Use, body: Body) -> infer_errors.Site:
    """What messages are told of an operation."""
    known = operands_of(operands, [(value, place) for _, value, place in use.fed])
    places = {name: value.span for name, value in use.given.items() if value.span is not None}
    return infer_errors.Site(op, use.span, use.mark or use.span, known, body.solver, places, use.shared)


def results(
    outcome: Outcome, operands: Mapping[str, Any], span: Span, body: Body, op: Op, given: Mapping[str, Static]
) -> list[Tensor]:
    """The tensors of an outcome; each remembers where it came from."""
    source = next(
        (
            item
            for value in operands.values()
            for item in (value if isinstance(value, list) else [value])
            if isinstance(item, Tensor)
        ),
        None,
    )
    outputs = [body.tensor(type, span, source) for type in outcome.types]
    made = Made(op, given)
    for output in outputs:
        output.made = made
    return outputs


def function(op: type[Op], args: Sequence[Written], span: Span, body: Body, fed: int = 0, mark: Span | None = None) -> Any:
    """A tensor function with its operands and arguments."""
    stack = next((found for _, value, _ in args if (found := stacks.stack_in(value)) is not None), None)
    if stack is not None:
        return stacks.whole(stack, op.name, args, lambda shown: function(op, shown, span, body, fed, mark), body)
    body.functions.setdefault(op.name, span)
    bound = bind_function(op, args, span, body, fed)
    if bound is None:
        return POISON
    operands, given = bound
    values = {name: plain(value) for name, value in given.items()}
    instance = op(values)
    assert isinstance(instance, Function)
    outcome = infer(instance, operands, Use(span, args, given, mark), body)
    if outcome is None:
        return POISON
    outputs = results(outcome, operands, span, body, instance, given)
    body.add(Apply(FunctionUse(instance, operands, given), {}, outputs, span))
    if outcome.is_list:
        return Static(list(outputs), Lit(None), span)
    return outputs[0] if len(outputs) == 1 else Results(op.name, outputs, span)


def _op(name: str) -> type[Op]:
    op = registry.find(name)
    assert op is not None, name
    return op


def binary(op: str, left: Value, right: Value, node: ast.Binary, body: Body) -> Any:
    """An operator with at least one tensor beside it."""
    for side, place in ((left, node.left.span), (right, node.right.span)):
        number = isinstance(side, Static) and (
            isinstance(side.value, int | float | bool | Expr) or (isinstance(side.value, Opaque) and side.value.type == "float")
        )
        if not (isinstance(side, Tensor) or number):
            return body.report(errors.bad_operands(op, kind_of(left), kind_of(right), place))
    name = OPERATORS.get(op)
    if name is None:
        return body.report(errors.bad_operands(op, kind_of(left), kind_of(right), node.span))
    return function(_op(name), [(None, left, node.left.span), (None, right, node.right.span)], node.span, body, 0, node.op_span)


def unary(op: str, operand: Tensor, span: Span, body: Body) -> Any:
    if op == "+":
        return operand
    if op == "not":
        return body.report(errors.not_a_condition("a tensor", span))
    return function(_op(UNARY[op]), [(None, operand, span)], span, body)


def index(value: Tensor, node: ast.Index, body: Body) -> Any:
    """`x[...]`: integers, slices, `...`, `none` and tensors, as torch indexes."""
    from specc.elaborate.expressions import single

    items: list[tuple[Any, ...]] = []
    tensors_inside: list[Tensor] = []
    fed: list[Written] = []
    codes: list[Code] = []
    for item in node.items:
        if isinstance(item, ast.Ellipsis):
            items.append(("ellipsis",))
            continue
        if isinstance(item, ast.Slice):
            found = _slice(item, body)
            if found is None:
                return POISON
            items.append(("slice", *(plain(part) for part in found)))
            codes.append(SliceCode(*(part.code if part.value is not None else None for part in found)))
            continue
        part = single(item, body)
        if isinstance(part, Poison):
            return part
        if isinstance(part, Tensor):
            items.append(("tensor", part.type))
            tensors_inside.append(part)
            fed.append((None, part, item.span))
        elif isinstance(part, Static) and part.value is None:
            items.append(("none",))
        elif isinstance(part, Static) and isinstance(part.value, int | Expr) and not isinstance(part.value, bool):
            items.append(("int", part.value))
            codes.append(part.code)
        elif isinstance(part, Static) and isinstance(part.value, list):
            return body.report(errors.not_a_value("a list", "an int, slice, `...`, none or tensor", item.span))
        else:
            return body.report(errors.not_a_value(kind_of(part), "an int, slice, `...`, none or tensor", item.span))
    head = node.value.span
    use = Use(node.span, [(None, value, head), *fed], mark=Span(head.source, head.end, node.span.end))
    return getitem(value, items, tensors_inside, codes, use, body)


def getitem(value: Tensor, items: list[tuple[Any, ...]], inside: list[Tensor], codes: list[Code], use: Use, body: Body) -> Any:
    span = use.span
    op = _op("getitem")({"items": tuple(items)})
    assert isinstance(op, Function)
    operands: dict[str, Any] = {op.operands[0]: value}
    if inside:
        operands["indices"] = inside
    outcome = infer(op, {op.operands[0]: value}, use, body, operands)
    if outcome is None:
        return POISON
    outputs = results(outcome, {op.operands[0]: value}, span, body, op, {})
    given = {"items": Static(list(items), _index_code(items, inside, codes), span)}
    body.add(Apply(FunctionUse(op, operands, given), {}, outputs, span))
    return outputs[0]


def _index_code(items: list[tuple[Any, ...]], inside: list[Tensor], codes: list[Code]) -> Code:
    from specc.pycode import EllipsisCode, TupleCode

    plain_codes, tensor_codes = iter(codes), iter(inside)
    parts: list[Code] = []
    for item in items:
        if item[0] == "ellipsis":
            parts.append(EllipsisCode())
        elif item[0] == "none":
            parts.append(Lit(None))
        elif item[0] == "tensor":
            parts.append(code_of(next(tensor_codes)))
        else:
            parts.append(next(plain_codes))
    return TupleCode(tuple(parts))


def _slice(node: ast.Slice, body: Body) -> list[Static] | None:
    from specc.elaborate.expressions import static

    parts: list[Static] = []
    for part in (node.start, node.stop, node.step):
        if part is None:
            parts.append(Static(None, Lit(None)))
            continue
        value = static(part, body, "an int")
        if isinstance(value, Poison):
            return None
        if value.value is not None and (isinstance(value.value, bool) or not isinstance(value.value, int | Expr)):
            body.report(errors.not_a_value(kind_of(value), "an int", part.span))
            return None
        parts.append(value)
    return parts


def weight(node: ast.Attribute | ast.LabelRef, body: Body) -> Any:
    """`wte.weight`: a parameter or buffer of a layer as a tensor."""
    from specc.elaborate.weights import weight_tensor

    return weight_tensor(node, body)
