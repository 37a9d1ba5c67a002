"""What a `for` runs over: ranges, lists, `enumerate`, `zip`, `reversed`; with known items, or with items in symbols."""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim, Expr, apply
from specc.dims.opaque import NotGeneric, Opaque
from specc.elaborate import argument_errors, errors
from specc.elaborate.body import Body
from specc.elaborate.trace import Static, Tensor
from specc.elaborate.values import POISON, Poison, Recipe, SymbolicList, kind_of, names_in, value_key
from specc.pycode import CallCode, Code, Item, Lit, Path, TupleCode, Var
from specc.source import Span
from specc.syntax import ast


class Iterable:
    """`count` may be symbolic. `symbolic`: the items themselves are not known (a list parameter, a symbolic bound)."""

    __slots__ = ("code", "columns", "count", "known", "names", "start")

    def __init__(
        self, code: Code, count: Dim, known: list[Any] | None, *, start: Dim | None = None, columns: list[Iterable] |
        None = None, names: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.code = code
        self.count = count
        self.known = known
        """Its items, or samples of what they may be when `names` is not empty; None for a range."""
        self.start = start
        """The first item of a range."""
        self.columns = columns
        """The parts of `enumerate` and `zip`."""
        self.names = names
        """The parameters that the items depend on."""

    @property
    def symbolic(self) -> bool:
        return bool(self.names) or isinstance(self.count, Expr) or isinstance(self.start, Expr)

    def items(self, body: Body, span: Span) -> list[Any] | Poison:
        """The items, where they are known. Bounded: a loop over a billion is told, not run."""
        if self.symbolic:
            raise NotGeneric(self.names | names_in(self.count, self.start), "the items of the loop are needed")
        assert isinstance(self.count, int)
        if self.count > body.program.max_nodes:
            return body.report(errors.too_many_rounds(f"{self.count:,}", body.program.max_nodes, span))
        if not body.program.computes(self.count, span, body):
            return POISON
        if self.columns is not None:
            parts: list[list[Any]] = []
            for column in self.columns:
                part = column.items(body, span)
                if isinstance(part, Poison):
                    return part
                parts.append(part)
            return [Static(list(row), TupleCode(tuple(map(_code, row)))) for row in zip(*parts, strict=False)]
        if self.start is not None:
            assert isinstance(self.start, int)
            return [Static(i, Lit(i)) for i in range(self.start, self.start + self.count)]
        assert self.known is not None
        return self.known

    def element(self, targets: tuple[str, ...], body: Body, position: str) -> list[tuple[str, Any]]:
        """Names and symbolic values that stand for any item. Raises NotGeneric where one symbol cannot stand for them."""
        if self.columns is not None and len(targets) == len(self.columns):
            return [
                pair
                for target, column in zip(targets, self.columns, strict=True)
                for pair in column.element((target,), body, position)
            ]
        if self.start is not None and len(targets) == 1:
            lower = body.solver.bounds(self.start)[0] or 0
            symbol = body.solver.fresh(targets[0], flexible=False, lower=lower, payload=Var(targets[0]))
            body.solver.assume(symbol, "<", self.start + self.count)
            return [(targets[0], Static(symbol, Var(targets[0])))]
        if self.known is None:
            raise NotGeneric(self.names)
        if len(targets) == 1:
            return [(targets[0], symbolize(targets[0], self.known, body))]
        rows = [item.value if isinstance(item, Static) else None for item in self.known]
        if not all(isinstance(row, list) and len(row) == len(targets) for row in rows):
            raise NotGeneric(frozenset(targets))
        return [(name, symbolize(name, [row[k] for row in rows], body)) for k, name in enumerate(targets) if name != "_"]  # type: ignore[index]


def _code(part: Any) -> Code:
    return part.code if isinstance(part, Static) else Lit(None)


def symbolize(name: str, samples: list[Any], body: Body) -> Static:
    """A symbol that stands for any of the samples; its Code is the name. All the same: that value."""
    values = [sample.value if isinstance(sample, Static) else sample for sample in samples]
    if not values or any(isinstance(value, Tensor | Recipe) for value in values):
        raise NotGeneric(frozenset({name}))
    if all(isinstance(value, int | Expr) and not isinstance(value, bool) for value in values):
        lower = min(body.solver.bounds(value)[0] or 0 for value in values)
        return Static(body.solver.fresh(name, flexible=False, lower=lower, payload=Var(name)), Var(name))
    body.program.next_tensor += 1
    key = (name, body.program.next_tensor)
    names = frozenset({name})
    for kind, types in (("bool", bool), ("float", int | float), ("str", str)):
        if all(isinstance(value, types) or (isinstance(value, Opaque) and value.type == kind) for value in values):
            return Static(Opaque(kind, key, names), Var(name))
    if all(isinstance(value, list) for value in values):
        return Static(SymbolicList(name, Var(name), values, names), Var(name))
    raise NotGeneric(names)


def elements(items: SymbolicList, index: Static, body: Body) -> Static:
    """`depths[i]` for a list parameter that is not known."""
    code = Item(items.code, (index.code,))
    samples = [item.value for prototype in items.prototypes for item in prototype]
    names = items.names | names_in(index)
    key = ("item", items.name, value_key(index))
    if samples and all(isinstance(value, int) and not isinstance(value, bool) for value in samples):
        return Static(apply(key, text=f"{items.name}[{index.value}]", lower=min(samples), payload=code, names=names), code)
    for kind, types in (("bool", bool), ("float", int | float), ("str", str)):
        if samples and all(isinstance(value, types) for value in samples):
            return Static(Opaque(kind, key, names), code)
    if samples and all(isinstance(value, list) for value in samples):
        return Static(SymbolicList(f"{items.name}[{index.value}]", code, samples, names), code)
    raise items.needed()


def length(items: SymbolicList) -> Static:
    code = CallCode(Path("len"), (items.code,))
    lower = min((len(prototype) for prototype in items.prototypes), default=0)
    return Static(apply(("len", items.name), text=f"len({items.name})", lower=lower, payload=code, names=items.names), code)


def total(items: SymbolicList) -> Static:
    """`sum(depths)` for a list of ints that is not known."""
    code = CallCode(Path("sum"), (items.code,))
    samples = [item.value for prototype in items.prototypes for item in prototype]
    if not all(isinstance(value, int | Expr) and not isinstance(value, bool) for value in samples):
        raise items.needed()
    lower = 0 if all((_least(value) or 0) >= 0 for value in samples) else None
    return Static(apply(("sum", items.name), text=f"sum({items.name})", lower=lower, payload=code, names=items.names), code)


def _least(value: Dim) -> int:
    """A lower bound that needs no solver: of an unknown size 0."""
    return value if isinstance(value, int) else 0


def iterable_of(node: ast.Expr, body: Body) -> Iterable | Poison:
    """What `for ... in node` runs over; anything else is reported."""
    from specc.elaborate.expressions import single

    if isinstance(node, ast.Paren):
        return iterable_of(node.value, body)
    if isinstance(node, ast.Range):
        return _range([node.start, node.stop], node, body)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = node.func.name
        if name in ("range", "enumerate", "zip", "reversed") and body.scope.find(name) is None:
            return _named(name, node, body)
    value = single(node, body)
    if isinstance(value, Poison):
        return value
    if isinstance(value, Static):
        if isinstance(value.value, SymbolicList):
            samples = [item for prototype in value.value.prototypes for item in prototype]
            return Iterable(value.code, length(value.value).value, samples, names=value.value.names)
        if isinstance(value.value, list):
            return Iterable(value.code, len(value.value), value.value)
    return body.report(errors.not_iterable(kind_of(value), node.span))


def _named(name: str, node: ast.Call, body: Body) -> Iterable | Poison:
    args = [arg.value for arg in node.args]
    if any(arg.name is not None for arg in node.args) or not args:
        return body.report(
            argument_errors.too_many_arguments(name, 1, [], node.span)
            if args
            else argument_errors.missing_argument(name, "items", "", node.span)
        )
    if name == "range":
        return _range(args, node, body)
    if name != "zip" and len(args) > 1:
        return body.report(argument_errors.too_many_arguments(name, 1, ["items"], args[1].span))
    parts: list[Iterable] = []
    for arg in args:
        part = iterable_of(arg, body)
        if isinstance(part, Poison):
            return part
        parts.append(part)
    code = CallCode(Path(name), tuple(part.code for part in parts))
    names = frozenset().union(*(part.names for part in parts))
    if name == "enumerate":
        index = Iterable(Lit(None), parts[0].count, None, start=0)
        return Iterable(code, parts[0].count, None, columns=[index, parts[0]], names=names)
    if name == "zip":
        counts = [part.count for part in parts]
        count: Dim = min(c for c in counts if isinstance(c, int)) if all(isinstance(c, int) for c in counts) else counts[0]
        return Iterable(code, count, None, columns=parts, names=names)
    inner = parts[0]
    if inner.symbolic:
        if inner.start is not None:
            return Iterable(code, inner.count, None, start=inner.start, names=names)
        return Iterable(code, inner.count, inner.known, names=names)
    items = inner.items(body, node.span)
    return items if isinstance(items, Poison) else Iterable(code, inner.count, list(reversed(items)))


def _range(args: list[ast.Expr], node: ast.Expr, body: Body) -> Iterable | Poison:
    from specc.elaborate.expressions import static

    bounds: list[Static] = []
    for arg in args[:3]:
        bound = static(arg, body, "an int")
        if isinstance(bound, Poison):
            return bound
        if isinstance(bound.value, bool) or not isinstance(bound.value, int | Expr):
            return body.report(errors.not_a_value(kind_of(bound), "an int", arg.span))
        bounds.append(bound)
    if len(args) > 3:
        return body.report(argument_errors.too_many_arguments("range", 3, ["start", "stop", "step"], args[3].span))
    code = CallCode(Path("range"), tuple(b.code for b in bounds if len(bounds) != 2 or b is not bounds[0] or b.value != 0))
    if len(bounds) == 3:
        values = [b.value for b in bounds]
        if any(isinstance(v, Expr) for v in values):
            raise NotGeneric(names_in(*values))
        if values[2] == 0:
            return body.report(errors.not_a_value("a step of 0", "another step", args[2].span))
        numbers = range(*values)
        if len(numbers) > body.program.max_nodes:
            return body.report(errors.too_many_rounds(f"{len(numbers):,}", body.program.max_nodes, node.span))
        return Iterable(code, len(numbers), [Static(i, Lit(i)) for i in numbers])
    start: Dim = bounds[0].value if len(bounds) == 2 else 0
    stop: Dim = bounds[-1].value
    count = stop - start
    if isinstance(count, int) and count < 0:
        count = 0
    return Iterable(code, count, None, start=start)


__all__ = ["Iterable", "elements", "iterable_of", "length", "symbolize", "total"]
