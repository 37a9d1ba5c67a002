"""A plan as Python text. Decides nothing but where lines break."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from specc.emit.code import WIDTH, lines, literal, text
from specc.emit.plan import (
    Check,
    ClassPlan,
    Do,
    Emitted,
    For,
    FunctionPlan,
    If,
    Let,
    ModulePlan,
    NoGrad,
    Parameter,
    Put,
    Return,
    Stmt,
    TuplePlan,
)
from specc.emit.walk import expressions, parts
from specc.pycode import CallCode, Code, FString, IfCode, ListCode, Lit, Path, TupleCode, Var
from specc.source import Span


def render(module: ModulePlan) -> Emitted:
    """The file's text and, for its lines, the places of the spec."""
    page = _Page()
    body = _Page()
    for let in module.lets:
        if isinstance(let, FunctionPlan):
            body.blank(2)
            _function(body, let, 0, method=False)
        else:
            if not body.rows:
                body.blank(1)
            _statement(body, let, 0)
    for plan in module.classes:
        if plan.result is not None:
            body.blank(2)
            _tuple(body, plan.result)
        body.blank(2)
        _class(body, plan)
    for line in module.header:
        page.add(f"# {line}")
    _docstring(page, module.doc, 0)
    page.add("")
    page.add("from __future__ import annotations")
    page.add("")
    for line in _imports(module):
        page.add(line)
    page.add("")
    page.extend(lines(_strings(module.exports), 0, "__all__ = "))
    page.append(body)
    return Emitted("\n".join(page.rows) + "\n", page.places)


class _Page:
    """Rows of text; `places` maps 1-based row numbers to the spec."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.places: dict[int, str] = {}

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    def add(self, row: str, span: Span | None = None) -> None:
        self.rows.append(row.rstrip())
        if span is not None:
            self.places[len(self.rows)] = f"{span.source.name}:{span.line}"

    def extend(self, rows: list[str], span: Span | None = None) -> None:
        for row in rows:
            self.add(row, span)

    def blank(self, count: int) -> None:
        self.rows += [""] * count

    def append(self, other: _Page) -> None:
        shift = len(self.rows)
        self.rows += other.rows
        self.places.update({row + shift: place for row, place in other.places.items()})


def _imports(module: ModulePlan) -> list[str]:
    """Only what the file uses, in isort's order."""
    roots = set(_roots(module))
    annotations = " ".join(_annotations(module))
    rows = [f"import {name}" for name in ("math", "re") if name in roots]
    if "Sequence" in annotations:
        rows.append("from collections.abc import Sequence")
    if "OrderedDict" in roots:
        rows.append("from collections import OrderedDict")
    named = any(plan.result is not None for plan in module.classes)
    if named:
        rows.append("from typing import NamedTuple")
    rows.sort(key=lambda row: (row.startswith("from"), row.replace("import ", "")))
    rows += [""] if rows else []
    if "torch" in roots:
        rows.append("import torch")
    if "F" in roots:
        rows.append("import torch.nn.functional as F")
    rows.append("from torch import Tensor, nn")
    if named:
        rows.append("from torch.utils._pytree import _register_namedtuple")
    for source, attribute, name in module.externs:
        rows.append(f"from {source} import {attribute}" + (f" as {name}" if name != attribute else ""))
    return rows


def _functions(module: ModulePlan) -> list[FunctionPlan]:
    own = [let for let in module.lets if isinstance(let, FunctionPlan)]
    return [*own, *(method for plan in module.classes for method in plan.methods)]


def _roots(module: ModulePlan) -> Iterator[str]:
    """The first parts of the dotted names that the code uses."""
    bodies = [function.body for function in _functions(module)]
    for plan in module.classes:
        bodies += [plan.init, plan.closing]
    bodies.append(tuple(let for let in module.lets if isinstance(let, Stmt)))
    for body in bodies:
        for code in expressions(body):
            for part in parts(code):
                if isinstance(part, Path):
                    yield part.name.split(".")[0]
    for function in _functions(module):
        for decorator in function.decorators:
            yield decorator.split(".")[0]


def _annotations(module: ModulePlan) -> Iterator[str]:
    for plan in module.classes:
        for param in plan.params:
            yield param.annotation


def _strings(names: tuple[str, ...]) -> Code:
    return ListCode(tuple(Lit(name) for name in names))


def _docstring(page: _Page, doc: str, indent: int) -> None:
    if not doc:
        return
    pad = " " * indent
    raw = "r" if "\\" in doc else ""
    rows = textwrap.dedent(doc).strip("\n").split("\n")
    safe = [row.rstrip().replace('"""', "'''") for row in rows]
    if len(safe) == 1:
        tail = " " if safe[0].endswith('"') else ""
        page.add(f'{pad}{raw}"""{safe[0]}{tail}"""')
        return
    page.add(f'{pad}{raw}"""{safe[0]}')
    for row in safe[1:]:
        page.add(f"{pad}{row}" if row else "")
    page.add(f'{pad}"""')


def _tuple(page: _Page, plan: TuplePlan) -> None:
    page.add(f"class {plan.name}(NamedTuple):")
    if plan.doc:
        _docstring(page, plan.doc, 4)
        page.add("")
    for name, annotation in plan.fields:
        page.add(f"    {name}: {annotation}")
    page.blank(2)
    call = CallCode(
        Path("_register_namedtuple"),
        (Var(plan.name),),
        (("serialized_type_name", FString((Path("__name__"), f".{plan.name}"))),),
    )
    page.add("# torch.export saves what it can name.")
    page.extend(lines(call, 0))


def _class(page: _Page, plan: ClassPlan) -> None:
    page.add(f"class {plan.name}(nn.Module):")
    if plan.doc:
        _docstring(page, plan.doc, 4)
        page.add("")
    init = FunctionPlan("__init__", plan.params, "None", (Do(CallCode(Path("super().__init__"))), *plan.init, *plan.closing))
    _function(page, init, 4, method=True)
    for method in plan.methods:
        page.add("")
        _function(page, method, 4, method=True)


def _function(page: _Page, plan: FunctionPlan, indent: int, *, method: bool) -> None:
    pad = " " * indent
    for decorator in plan.decorators:
        page.add(f"{pad}@{decorator}")
    params = (["self"] if method else []) + [_parameter(param) for param in plan.params]
    arrow = f" -> {plan.returns}" if plan.returns else ""
    single = f"{pad}def {plan.name}({', '.join(params)}){arrow}:"
    if len(single) <= WIDTH:
        page.add(single)
    else:
        page.add(f"{pad}def {plan.name}(")
        together = f"{pad}    {', '.join(params)}"
        if len(together) <= WIDTH:
            page.add(together)
        else:
            if method:
                page.add(f"{pad}    self,")
            for param in plan.params:
                page.extend(_parameter_lines(param, indent + 4))
        page.add(f"{pad}){arrow}:")
    _docstring(page, plan.doc, indent + 4)
    for statement in plan.body:
        _statement(page, statement, indent + 4)
    if not plan.body and not plan.doc:
        page.add(f"{pad}    pass")


def _parameter_lines(param: Parameter, indent: int) -> list[str]:
    single = f"{' ' * indent}{_parameter(param)},"
    if len(single) <= WIDTH or param.default is None:
        return [single]
    return lines(param.default, indent, f"{param.name}: {param.annotation} = ", ",", bracketed=True)


def _parameter(param: Parameter) -> str:
    if not param.annotation:
        return param.name if param.default is None else f"{param.name}={text(param.default)}"
    typed = f"{param.name}: {param.annotation}"
    return typed if param.default is None else f"{typed} = {text(param.default)}"


def _statement(page: _Page, statement: Stmt, indent: int) -> None:
    pad = " " * indent
    match statement:
        case Let():
            target = statement.target + (f": {statement.annotation}" if statement.annotation else "")
            page.extend(lines(statement.value, indent, f"{target} = "), statement.span)
        case Put():
            page.extend(
                lines(statement.value, indent, f"{text(statement.container)}[{text(statement.key)}] = "), statement.span
            )
        case Do():
            page.extend(lines(statement.value, indent), statement.span)
        case Return():
            value = statement.value
            bare = isinstance(value, TupleCode) and len(value.items) > 1
            single = f"{pad}return {text(value)[1:-1] if bare else text(value)}"
            page.extend([single] if len(single) <= WIDTH else lines(value, indent, "return "), statement.span)
        case Check():
            page.extend(_header("if ", statement.violated, indent), statement.span)
            page.extend(_raise(statement.message, indent + 4), statement.span)
        case If():
            _if(page, statement, indent, "if ")
        case For():
            page.extend(_header(f"for {', '.join(statement.targets)} in ", statement.iterable, indent), statement.span)
            _block(page, statement.body, indent + 4)
        case NoGrad():
            page.add(f"{pad}with torch.no_grad():")
            _block(page, statement.body, indent + 4)
        case _:
            raise AssertionError(f"no text for {type(statement).__name__}")


def _if(page: _Page, statement: If, indent: int, word: str) -> None:
    page.extend(_header(word, statement.condition, indent), statement.span)
    _block(page, statement.then, indent + 4)
    if len(statement.orelse) == 1 and isinstance(statement.orelse[0], If):
        _if(page, statement.orelse[0], indent, "elif ")
    elif statement.orelse:
        page.add(f"{' ' * indent}else:")
        _block(page, statement.orelse, indent + 4)


def _block(page: _Page, body: tuple[Stmt, ...], indent: int) -> None:
    for statement in body:
        _statement(page, statement, indent)
    if not body:
        page.add(f"{' ' * indent}pass")


def _header(word: str, condition: Code, indent: int) -> list[str]:
    if isinstance(condition, IfCode) and word.startswith("for"):
        return [f"{' ' * indent}{word}({text(condition)}):"]
    return lines(condition, indent, word, ":")


def _raise(message: str, indent: int) -> list[str]:
    pad = " " * indent
    single = f"{pad}raise ValueError({literal(message)})"
    if len(single) <= WIDTH:
        return [single]
    inner = f"{pad}    {literal(message)}"
    if len(inner) <= WIDTH:
        return [f"{pad}raise ValueError(", inner, f"{pad})"]
    pieces = textwrap.wrap(message, WIDTH - indent - 8, drop_whitespace=False, break_on_hyphens=False)
    return [f"{pad}raise ValueError(", *(f"{pad}    {literal(piece)}" for piece in pieces), f"{pad})"]
