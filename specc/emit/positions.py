"""Positions in a chain that nn.Sequential cannot run, whose stages forward reaches by their index.

A rolled loop has one body for all iterations, in which a stage stands at the position of the first. Its place in the list
depends on the iteration, and that of the stages after the loop on how many there are.
"""

from __future__ import annotations

from specc.dims.expr import Dim
from specc.dims.solver import Solver
from specc.elaborate.size_code import dim_code
from specc.elaborate.trace import Branch, Introduce, Item, Loop
from specc.emit.trace_walk import CannotEmit
from specc.pycode import Code, Var


def positions(items: list[Item], solver: Solver) -> dict[int, Code]:
    """The position of every unlabelled stage, by the id of its member; empty where no loop is rolled."""
    if not _rolls(items):
        return {}
    found: dict[int, Code] = {}
    _walk(items, 0, found, solver)
    return found


def _rolls(items: list[Item]) -> bool:
    for item in items:
        if isinstance(item, Loop) and (item.rolled or any(map(_rolls, item.bodies))):
            return True
        if isinstance(item, Branch) and any(map(_rolls, _sides(item))):
            return True
    return False


def _sides(branch: Branch) -> list[list[Item]]:
    return [branch.then, branch.orelse] if branch.taken is None else [branch.then if branch.taken else branch.orelse]


def _walk(items: list[Item], at: Dim, found: dict[int, Code], solver: Solver) -> Dim:
    """Notes the positions of the stages from `at` on; returns the one after them."""
    for item in items:
        match item:
            case Introduce():
                if not item.member.labelled:
                    found[id(item.member)] = dim_code(at)
                at = at + 1
            case Branch():
                ends = [_walk(side, at, found, solver) for side in _sides(item)]
                if ends[0] != ends[-1]:
                    raise CannotEmit("where a stage stands in its chain depends on a condition")
                at = ends[0]
            case Loop() if item.rolled:
                length = _walk(item.bodies[0], 0, {}, solver)
                name = item.position or item.targets[0]
                index = solver.fresh(name, flexible=False, lower=0, payload=Var(name))
                _walk(item.bodies[0], at + length * index, found, solver)
                at = at + length * item.count
            case Loop():
                for body in item.bodies:
                    at = _walk(body, at, found, solver)
            case _:
                continue
    return at
