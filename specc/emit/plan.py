"""What a generated file says, as data: the printer (render) decides nothing, and the constructor can be evaluated
(evaluate) without running Python."""

from __future__ import annotations

from specc.pycode import Code
from specc.record import Record
from specc.source import Span

# --- expressions that only emission makes ------------------------------------------------------------------------


class Star(Code):
    """`*value` among the arguments of a call."""

    value: Code


class DictCode(Code):
    """`{"a": 1}`."""

    items: tuple[tuple[Code, Code], ...]


class Verbatim(Code):
    """An expression as text: patterns of ops that torch packs (`(h, c)`), with the code that fills `{0}`, `{1}`."""

    pattern: str
    parts: tuple[Code, ...]


# --- statements --------------------------------------------------------------------------------------------------


class Stmt(Record):
    """A statement of the generated program."""


class Let(Stmt):
    """`target = value`. `target` is a name, `self.x`, or several separated by commas; `annotation` is a type or empty."""

    target: str
    value: Code
    span: Span | None = None
    annotation: str = ""


class Put(Stmt):
    """`container[key] = value`."""

    container: Code
    key: Code
    value: Code
    span: Span | None = None


class Do(Stmt):
    """An expression for its effect."""

    value: Code
    span: Span | None = None


class If(Stmt):
    condition: Code
    then: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()
    span: Span | None = None


class For(Stmt):
    targets: tuple[str, ...]
    iterable: Code
    body: tuple[Stmt, ...]
    span: Span | None = None


class Check(Stmt):
    """`if not condition: raise ValueError(message)`; `violated` is the negation, ready to print."""

    violated: Code
    message: str
    span: Span | None = None


class Return(Stmt):
    value: Code
    span: Span | None = None


class NoGrad(Stmt):
    """`with torch.no_grad():`."""

    body: tuple[Stmt, ...]


# --- definitions -------------------------------------------------------------------------------------------------


class Parameter(Record):
    """A parameter of a function: a name, a type and a default. `keyword_only` starts after a bare star."""

    name: str
    annotation: str
    default: Code | None = None


class FunctionPlan(Record):
    """A function or, with `self` left to the printer, a method."""

    name: str
    params: tuple[Parameter, ...]
    returns: str
    body: tuple[Stmt, ...]
    doc: str = ""
    decorators: tuple[str, ...] = ()


class TuplePlan(Record):
    """A NamedTuple of tensors: what a model with several outputs returns."""

    name: str
    fields: tuple[tuple[str, str], ...]
    doc: str = ""


class ClassPlan(Record):
    """A torch.nn.Module. `init` assigns the members; `params` are the constructor's arguments in order."""

    name: str
    doc: str
    params: tuple[Parameter, ...]
    init: tuple[Stmt, ...]
    methods: tuple[FunctionPlan, ...]
    closing: tuple[Stmt, ...] = ()
    """What `__init__` does with the members once they are there: ties, initial values, freezing."""
    result: TuplePlan | None = None


class ModulePlan(Record):
    """The whole file. `lets` are the module's own functions and constants, in order of need."""

    header: tuple[str, ...]
    doc: str
    lets: tuple[Stmt | FunctionPlan, ...]
    classes: tuple[ClassPlan, ...]
    exports: tuple[str, ...]
    externs: tuple[tuple[str, str, str], ...] = ()
    """Code of the user's own: (module, attribute, name here)."""


class Emitted(Record):
    """The text of the generated file, and for its lines the place in the spec that they come from (`resnet.nn:14`)."""

    text: str
    lines: dict[int, str]
