"""Names that a spec cannot give, since the Python file has them for itself. Locals and arguments are renamed (`class_`) where
they must be; what users call by name is not."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from specc.diagnostics import Diagnostic, Diagnostics, Help, Label
from specc.elaborate.labels import GENERATED, RESERVED
from specc.source import Span
from specc.syntax import ast

_KEPT = {"self": "it is the module itself", "training": "it says whether the model is in training mode"}


def hold_names(item: ast.Item, span: Span, diagnostics: Diagnostics) -> None:
    """Reports the names of a definition, or within it, that cannot be. `span` is that of its own name."""
    if isinstance(item, ast.Definition | ast.Extern) or (isinstance(item, ast.Let) and item.params is not None):
        what = item.keyword if isinstance(item, ast.Definition) else "layer" if isinstance(item, ast.Extern) else "function"
        spelled = what != "model" and item.name in ("None", "True", "False")  # a misspelling, which every use tells
        _hold(what, item.name, span, diagnostics, not spelled and (keyword.iskeyword(item.name) or item.name in GENERATED))
    if isinstance(item, ast.Definition):
        for param in item.params:
            _hold("parameter", param.name, param.span, diagnostics)
        _statements(item.body, frozenset(param.name for param in item.params), diagnostics)


def _statements(statements: Iterable[ast.Statement], params: frozenset[str], diagnostics: Diagnostics) -> None:
    for statement in statements:
        match statement:
            case ast.Input():
                for declared in statement.items:
                    _declared(declared, params, diagnostics)
            case ast.State():
                _declared(statement.item, params, diagnostics)
            case ast.Assign() | ast.For():
                for name in statement.targets:
                    _hold("value", name, statement.span, diagnostics)
                if isinstance(statement, ast.For):
                    _statements(statement.body, params, diagnostics)
            case ast.Let():
                _hold("value", statement.name, statement.span, diagnostics)
            case ast.If():
                _statements((*statement.body, *statement.orelse), params, diagnostics)
            case ast.TensorDecl():
                name = statement.label.span.text
                if name not in RESERVED:  # of which labels tell
                    _hold("learned tensor", name, statement.label.span, diagnostics, keyword.iskeyword(name))
            case ast.Entry():
                taken = keyword.iskeyword(statement.name) or (statement.name in RESERVED and statement.name != "forward")
                _hold("entry", statement.name, statement.span, diagnostics, taken or statement.name == "reset_parameters")
                _statements(statement.body, params, diagnostics)


def _declared(item: ast.Declared, params: frozenset[str], diagnostics: Diagnostics) -> None:
    _hold("input", item.name, item.span, diagnostics)
    for dim in (item.type.dims if item.type is not None else None) or ():
        if isinstance(dim, ast.Name) and dim.name not in params:
            _hold("size", dim.name, dim.span, diagnostics)


def _hold(what: str, name: str, span: Span, diagnostics: Diagnostics, taken: bool = False) -> None:
    if not taken and name not in _KEPT:
        return
    if name in _KEPT:
        why = _KEPT[name]
    elif keyword.iskeyword(name):
        why = "it is a word of Python"
    else:
        why = "every torch module has an attribute of that name" if name in RESERVED else "generated code uses that name itself"
    article = "an" if what[0] in "aeiou" else "a"
    diagnostics.add(
        Diagnostic(
            "E0245",
            f"{article} {what} cannot be called `{name}`: {why}",
            Label(span, "a name that is taken"),
            help=(Help("choose another name"),),
        )
    )
