"""Blocks that no model of their file uses are checked on their own, with symbols for parameters and sizes: what is wrong
with names, arguments and structure is wrong for every value. Whether sizes fit may depend on the values; such doubts are
not told."""

from __future__ import annotations

from specc.diagnostics import Diagnostic, Diagnostics
from specc.dims.expr import TooComplex
from specc.dims.opaque import NotGeneric, Opaque
from specc.elaborate.body import Body
from specc.elaborate.entries import entries_of, open_input
from specc.elaborate.files import Files
from specc.elaborate.instantiate import bind_parameter, run_body
from specc.elaborate.program import Program, TooManyNodes
from specc.elaborate.scope import Scope
from specc.elaborate.trace import DefinitionRef, Instance, Static
from specc.elaborate.values import Poison
from specc.pycode import Lit, Var
from specc.syntax import ast


class _Alone(Program):
    def tells(self, diagnostic: Diagnostic) -> bool:
        return diagnostic.code.startswith(("E02", "E04")) and diagnostic.code not in ("E0215", "E0218", "E0219", "E0208")


def check_alone(definition: DefinitionRef, files: Files, diagnostics: Diagnostics, max_nodes: int) -> Program | None:
    """Elaborates a block without a caller. None where its types or parameters leave too much open."""
    node = definition.node
    if any(item.type is None or (item.type.dims is None and item.type.base != "dim") for item in definition.inputs):
        return None
    if any(isinstance(dim, ast.DimRow) for item in definition.inputs if item.type and item.type.dims for dim in item.type.dims):
        return None
    program = _Alone(files, diagnostics, max_nodes=max_nodes, generic=True)
    program.root_name = node.name
    args: dict[str, Static] = {}
    for param in node.params:
        value = _parameter(param, definition, program)
        if value is None:
            return None
        args[param.name] = value
    instance = Instance(definition, None, args, program.fresh_id())
    program.root = instance
    body = Body(program, definition, instance, Scope())
    program.active.append(definition)
    try:
        for name, value in args.items():
            bind_parameter(name, value, body)
        if not entries_of(node):
            for item in definition.inputs:
                open_input(item, body)
        run_body(body)
    except (NotGeneric, TooComplex, TooManyNodes):
        return None  # what remains depends on values that only a caller gives
    return program


def _parameter(param: ast.Parameter, definition: DefinitionRef, program: Program) -> Static | None:
    """A symbol of the parameter's type; a list or layer has its default."""
    from specc.elaborate.expressions import single

    kind = param.type.base if param.type is not None else None
    names = frozenset({param.name})
    if kind in ("int", "dim"):
        return Static(program.solver.fresh(param.name, flexible=False, payload=Var(param.name)), Var(param.name), param.span)
    if kind in ("float", "bool", "str"):
        return Static(Opaque(kind, (param.name,), names), Var(param.name), param.span)
    if param.default is None:
        return None
    found = single(param.default, Body(program, definition, Instance(definition, None, {}, -1), Scope()))
    if isinstance(found, Poison):
        return None
    return found if isinstance(found, Static) else Static(found, Lit(None), param.span)
