"""Writes the pages of docs/ that are made from the program: docs/OPS.md from the declarations of layers and functions,
docs/ERRORS.md from the catalogue of diagnostics, docs/GRAMMAR.md from the grammar and its comments, docs/LIBRARY.md from the
docstrings and examples of specs/lib. `make docs` runs it; a test holds that what is committed is what it writes."""

from __future__ import annotations

import re
from pathlib import Path

from specc.catalogue import codes, entry
from specc.diagnostics import Diagnostics
from specc.ops.registry import find, names
from specc.reading import read_path
from specc.report.reference import Page, markdown, page
from specc.syntax import ast
from specc.syntax.parse import parse

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py (make docs) from {}. -->\n"
GROUPS = {
    "E01": "Syntax",
    "E02": "Names and arguments",
    "E03": "Shapes",
    "E04": "Graph",
    "E05": "Kinds of number",
    "W06": "Warnings",
    "W08": "Undecided",
}

INTRODUCTION = """{} layers and {} functions. `specc explain NAME` shows one of them in a terminal.
An argument that is *inferred* follows from the shapes; it may be given by keyword and is then checked.
"""

LIBRARY = """Blocks written in `.nn`, which come with specc: `from specc.lib.attention import Rotary`. What a block takes stands
behind `takes`; the line with an arrow is a use of it, which the tests check, build and run.
"""


def ops() -> str:
    """docs/OPS.md."""
    pages = [page(op) for op in map(find, names()) if op is not None]
    layers = [found for found in pages if found.sort == "layer"]
    functions = [found for found in pages if found.sort == "function"]
    parts = [
        NOTE.format("specc/ops/"),
        "# Layers and tensor functions\n",
        INTRODUCTION.format(len(layers), len(functions)),
    ]
    for title, group in (("Layers", layers), ("Functions", functions)):
        parts += [f"## {title}\n", _contents(group), *map(markdown, group)]
    return "\n".join(parts)


def errors() -> str:
    """docs/ERRORS.md."""
    parts = [NOTE.format("specc/catalogue/"), "# Diagnostics\n", "`specc explain CODE` shows one of them in a terminal.\n"]
    for prefix, title in GROUPS.items():
        members = [code for code in codes() if code.startswith(prefix)]
        if members:
            parts.append(f"## {title}\n")
        for code in members:
            found = entry(code)
            parts.append(f"### {code}: {found.summary}\n\n{found.page.strip()}\n")
    return "\n".join(parts)


def grammar() -> str:
    """docs/GRAMMAR.md. In grammar/nn.lark a comment is prose, one indented further an example, `--- title ---` a heading."""
    parts = [NOTE.format("grammar/nn.lark") + "\n# The grammar"]
    kind = ""
    for line in (DOCS.parent / "grammar" / "nn.lark").read_text(encoding="utf-8").splitlines():
        now, text = _grammar_line(line)
        if now == "blank" and kind == "rules":
            parts[-1] += "\n"
        elif now in ("blank", "title"):
            kind = ""
            if now == "title":
                parts.append(f"## {text}")
        elif now == kind:
            parts[-1] += "\n" + text
        else:
            kind = now
            parts.append(text)
            if now != "prose":
                parts[-1] = f"```{'lark' if now == 'rules' else 'text'}\n{text}"
    closed = [f"{part.rstrip()}\n```" if part.startswith("```") else part for part in parts]
    return "\n\n".join(closed) + "\n"


def _grammar_line(line: str) -> tuple[str, str]:
    """What a line of the grammar is, and its text."""
    if line.startswith("// ---"):
        return "title", line.strip("/- ").capitalize()
    if line.startswith("//   "):
        return "example", line[5:]
    if line.startswith("//"):
        return ("prose", line[3:]) if line[2:].strip() else ("blank", "")
    return ("rules", line) if line.strip() else ("blank", "")


def library() -> str:
    """docs/LIBRARY.md."""
    parts = [NOTE.format("specs/lib/"), "# The library\n", LIBRARY]
    for path in sorted((DOCS.parent / "specs" / "lib").glob("*.nn")):
        file = parse(read_path(str(path)), Diagnostics())
        uses = re.findall(r"^#   (.+ -> .+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        parts.append(f"## specc.lib.{path.stem}\n\n{file.doc}\n")
        parts += [
            _block(item, [use for use in uses if re.search(rf"\b{item.name}\b", use)])
            for item in file.items
            if isinstance(item, (ast.Definition, ast.Let)) and item.name[0].isupper()
        ]
    return "\n".join(parts)


def _block(item: ast.Definition | ast.Let, uses: list[str]) -> str:
    """A block or recipe of the library: how it is called, what it takes, what it does, how it is used."""
    params = ", ".join(param.span.text for param in item.params or ())
    lines = [f"{item.name}({params})" if params else item.name]
    doc = item.doc if isinstance(item, ast.Definition) else None
    if isinstance(item, ast.Let):
        lines.append(f"= {item.value.span.text}")
    else:
        takes = [part.span.text for part in item.body if isinstance(part, ast.Input)]
        lines.append("takes " + ", ".join(take.partition(" ")[2] for take in takes))
    shown = "\n".join([*lines, *uses])
    return f"### {item.name}\n\n{doc + chr(10) + chr(10) if doc else ''}```text\n{shown}\n```\n"


def _contents(pages: list[Page]) -> str:
    return " · ".join(f"[{found.name}](#{found.name.lower()})" for found in pages) + "\n"


PAGES = {"OPS.md": ops, "ERRORS.md": errors, "GRAMMAR.md": grammar, "LIBRARY.md": library}

if __name__ == "__main__":
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")
        print(f"wrote docs/{name}")
