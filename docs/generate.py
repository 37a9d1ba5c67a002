"""Writes the pages of docs/ that are made from the program: docs/OPS.md from the declarations of layers and functions,
docs/ERRORS.md from the catalogue of diagnostics, docs/GRAMMAR.md from the grammar and its comments. `make docs` runs it; a test
holds that what is committed is what it writes."""

from __future__ import annotations

from pathlib import Path

from specc.catalogue import codes, entry
from specc.ops.registry import find, names
from specc.report.reference import Page, markdown, page

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


def _contents(pages: list[Page]) -> str:
    return " · ".join(f"[{found.name}](#{found.name.lower()})" for found in pages) + "\n"


PAGES = {"OPS.md": ops, "ERRORS.md": errors, "GRAMMAR.md": grammar}

if __name__ == "__main__":
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")
        print(f"wrote docs/{name}")
