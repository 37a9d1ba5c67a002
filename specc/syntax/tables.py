"""Compiles grammar/nn.lark to the table that the parser loads: `python -m specc.syntax.tables`.

Building the table takes lark 150 ms, loading it 5; a pickle in a temporary directory, lark's own cache, would be an
untrusted load. The table is JSON: the terminals, the rules, and one line for each state of the LALR(1) automaton, where a
number says which state comes next, or, below zero, by which rule to reduce (-1 is rule 0). States are numbered in the order
in which they are reached, so that the same grammar gives the same bytes.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from specc.syntax.parse import STARTS, TABLE, compile_grammar


def render() -> str:
    """The table's text for the grammar as it stands."""
    lark = compile_grammar(files("specc").joinpath("grammar", "nn.lark").read_text(encoding="utf-8"))
    automaton: Any = lark.parser.parser._parse_table
    number = {rule: n for n, rule in enumerate(lark.rules)}
    order = [automaton.start_states[start] for start in STARTS]
    renamed = {state: n for n, state in enumerate(order)}
    rows = []
    for state in order:  # grows as states are reached
        row = {}
        for symbol, (action, to) in sorted(automaton.states[state].items()):
            if action.name == "Reduce":
                row[symbol] = -1 - number[to]
                continue
            if to not in renamed:
                renamed[to] = len(order)
                order.append(to)
            row[symbol] = renamed[to]
        rows.append(row)
    terminals = [
        [t.name, t.pattern.value, t.pattern.type == "re", "".join(sorted(t.pattern.flags)), t.priority]
        for t in sorted(lark.terminals, key=lambda t: t.name)
        if not t.name.startswith("__IGNORE")
    ]
    rules = [[rule.origin.name, [s.name for s in rule.expansion], rule.alias, rule.options.expand1] for rule in lark.rules]
    starts = {start: [renamed[automaton.start_states[start]], renamed[automaton.end_states[start]]] for start in STARTS}
    parts = {"terminals": _lines(terminals), "rules": _lines(rules), "starts": json.dumps(starts), "states": _lines(rows)}
    return "{" + ",\n".join(f'"{name}": {text}' for name, text in parts.items()) + "}\n"


def _lines(values: list[Any]) -> str:
    return "[\n" + ",\n".join(json.dumps(value, separators=(",", ":")) for value in values) + "\n]"


def main() -> None:
    path = Path(str(files("specc.syntax").joinpath(TABLE)))
    path.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
