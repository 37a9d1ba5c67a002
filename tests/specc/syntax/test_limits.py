"""What is too large, too deep or no text at all is told in a moment, and breaks nothing."""

from __future__ import annotations

import time

import pytest

from specc.diagnostics import Diagnostics
from specc.source import SourceFile
from specc.syntax.parse import parse


def model(value: str) -> str:
    return f"model A {{ x = {value} }}"


HOSTILE = {
    "large": ("#" * (256 * 1024 + 1), "E0119"),
    "large in bytes": ("é" * (200 * 1024), "E0119"),
    "parentheses": (model("(" * 10_000 + ")" * 10_000), "E0118"),
    "open parentheses": ("(" * 10_000, "E0118"),
    "braces": ("{" * 60_000, "E0118"),
    "sixty-five": (model("(" * 64 + "1" + ")" * 64), "E0118"),
    "a thousand digits": (model("9" * 1000), "E0114"),
    "many digits": (model("9" * 200_000), "E0114"),
    "float": (model("1" * 1000 + ".0e99999"), "E0114"),
    "2**63": (model(str(2**63)), "E0114"),
    "nul": ("model A {\0}", "E0117"),
    "binary": ("\x7fELF\x02\x01\x01", "E0117"),
    "surrogate": ("model A { x = \ud800 }", "E0117"),
    "minus": (model("-" * 50_000 + "1"), "E0118"),
    "sum": (model("+".join(["a"] * 30_000)), "E0118"),
    "power": (model("**".join(["a"] * 30_000)), "E0118"),
    "not": (model("not " * 30_000 + "a"), "E0118"),
    "attributes": (model("a" + ".b" * 30_000), "E0118"),
    "indices": (model("a" + "[0]" * 30_000), "E0118"),
    "conditions": (model("a if b else " * 15_000 + "c"), "E0118"),
    "else if": ("model A { if a { }" + " else if b { }" * 10_000 + "}", "E0118"),
    "closing braces": ("}" * 100_000, "E0103"),
    "mistakes": ("model A {\n" + "x = = b\n" * 20_000 + "}", "E0101"),
    "quotes": ('"' * 100_000, "E0104"),
    "words": ("a " * 100_000, "E0101"),
    "arrows": ("->" * 100_000, "E0126"),
    "empty": ("", "E0120"),
    "spaces": (" " * (256 * 1024), "E0120"),
    "comment": ("# nothing", "E0120"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile(case: str) -> None:
    text, code = HOSTILE[case]
    diagnostics = Diagnostics()
    start = time.perf_counter()
    file = parse(SourceFile("case.nn", text), diagnostics)
    assert time.perf_counter() - start < 5, "2 seconds, on a machine that does other things as well"
    assert code in [diagnostic.code for diagnostic in diagnostics.sorted()]
    assert len(diagnostics) <= 60
    assert file.source.text == text


@pytest.mark.parametrize(
    "text",
    [
        model("(" * 63 + "1" + ")" * 63),
        model(str(2**63 - 1)),
        model("+".join(["a"] * 100)),
        model("[" + "1, " * 5000 + "]"),
        "model A {\n" + " x = a\n" + "# # # #\n" * 20_000 + "}",
        "model A { x -> " + "a." * 10_000 + "b: C }",
        'model A { x = "' + "\\n" * 50_000 + '" }',
    ],
    ids=["nesting", "integer", "sum", "list", "comments", "label", "string"],
)
def test_within_the_limits(text: str) -> None:
    diagnostics = Diagnostics()
    parse(SourceFile("case.nn", text), diagnostics)
    assert len(diagnostics) == 0
