"""Compiles grammar/nn.lark to the table that the parser loads: `python -m specc.syntax.tables`.

The table is lark's own serialised parser as JSON, one entry a line. Building it takes lark 150 ms, loading it 10; a
pickle in a temporary directory, lark's own cache, would be an untrusted load.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from specc.syntax.parse import TABLE, compile_grammar


def render() -> str:
    """The table's text for the grammar as it stands."""
    grammar = files("specc").joinpath("grammar", "nn.lark").read_text(encoding="utf-8")
    data, memo = compile_grammar(grammar)
    lines = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in sorted(memo.items(), key=lambda e: int(e[0]))]
    entries = ",\n".join(lines)
    return f'{{"memo": {{\n{entries}\n}},\n"data": {json.dumps(data, separators=(",", ":"))}}}\n'


def main() -> None:
    path = Path(str(files("specc.syntax").joinpath(TABLE)))
    path.write_text(render(), encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
