from __future__ import annotations

import json

from specc.graph.formula import number
from specc.graph.model import Program
from specc.summary.cells import rows, size_in_bytes, totals
from specc.summary.summary import Row, summarise
from tests.specc.graph.sources import graph
from tests.specc.runtime.examples import program


def fixed(batch: int) -> Program:
    """The example with its batch size known."""

    def known(value: object) -> object:
        if isinstance(value, dict):
            return {key: [] if key == "symbols" else known(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [known(item) for item in value]
        return number(value, {"B": batch}) if isinstance(value, str) and (value == "B" or value.endswith("*B")) else value

    data = known(program().model_dump(mode="json"))
    assert isinstance(data, dict)
    return Program.model_validate(data | {"preconditions": []})


def test_a_row_a_layer_and_a_repeat_folded() -> None:
    found = [(row.depth, row.key, row.last, row.times, row.name, row.output) for row in summarise(program()).rows]
    assert found == [
        (0, "blocks", "", 1, "Sequential", "float[B, 8]"),
        (1, "0", "2", 3, "Block", "float[B, 8]"),
        (2, "fc", "", 1, "Linear", "float[B, 8]"),
        (2, "norm", "", 1, "BatchNorm1d", "float[B, 8]"),
        (0, "head", "", 1, "Linear", "float[B, 10]"),
    ]


def test_leaves_add_up_to_the_totals() -> None:
    for summary in (summarise(fixed(4)), summarise(fixed(4), depth=1), summarise(fixed(4), depth=2)):
        leaves = [row for row in summary.rows if row.leaf]
        assert sum(count(row, "parameters") for row in leaves) == summary.learned == 354
        assert sum(count(row, "multiply_adds") for row in leaves) == summary.multiply_adds == 272 * 4
        assert abs(sum(row.share or 0 for row in leaves) - 1) < 1e-9


def count(row: Row, field: str) -> int:
    value = getattr(row, field)
    assert isinstance(value, int)
    return value


def test_formulas_where_symbols_are_free() -> None:
    summary = summarise(program())
    assert summary.multiply_adds == "272*B"
    assert [row.multiply_adds for row in summary.rows] == ["192*B", "192*B", "192*B", 0, "80*B"]
    assert [row.share and round(row.share, 3) for row in summary.rows] == [0.706, 0.706, 0.706, 0, 0.294]
    assert dict(totals(summary))["activation memory"] == "328*B bytes"
    assert dict(totals(summary))["holds for"] == "B >= 2"


def test_depth() -> None:
    assert [row.key for row in summarise(program(), depth=1).rows] == ["blocks", "head"]
    assert [row.key for row in summarise(program(), depth=2).rows] == ["blocks", "0", "head"]


def test_cells() -> None:
    found = rows(summarise(fixed(2)))
    assert found[1] == ("  0 … 2  × 3", "Block", "float[2, 8]", 264, 384, "70.6 %")
    assert found[3] == ("    norm", "BatchNorm1d", "float[2, 8]", 48, None, None)
    assert found[4] == ("head", "Linear 8 → 10", "float[2, 10]", 90, 160, "29.4 %")


def test_json() -> None:
    data = json.loads(json.dumps(summarise(program()).as_json()))
    assert data["rows"][1]["times"] == 3
    assert data["inputs"] == {"x": "float[B, 8]"}


def test_bytes() -> None:
    assert [size_in_bytes(n) for n in (0, 1023, 1024, 102_228_128, 5 << 30)] == [
        "0 bytes",
        "1023 bytes",
        "1.0 KiB",
        "97.5 MiB",
        "5.0 GiB",
    ]
    assert size_in_bytes("4*B") == "4*B bytes"


def test_a_learned_tensor_and_what_is_never_applied_have_rows() -> None:
    """`shared` only lends its weight to `head`, which counts for nothing of its own."""
    summary = summarise(
        graph(
            "model M { input tokens: int[B, T]\n layer shared: Embedding(20, 8)\n param scale: float[8] = ones\n"
            " x = (tokens -> wte: Embedding(20, 8)) * scale\n output y = x -> head: Linear(20, bias=false)\n"
            " tie wte.weight = shared.weight\n tie head.weight = shared.weight }"
        )
    )
    assert [(row.key, row.parameters) for row in summary.rows if row.parameters] == [("scale", 8), ("shared", 160)]
    assert summary.learned == 168


def test_a_scan_counts_its_steps_and_its_parameters_once() -> None:
    summary = summarise(
        graph(
            "block Cell(hidden: int) { input x: [B, F]\n state h: [B, hidden] = zeros\n"
            " new = cat([x, h], dim=-1) -> mix: Linear(hidden)\n next h = new\n output new }\n"
            "model M { input x: float[B, 5, 3]\n ys, _ = x -> rnn: Scan(Cell(4), dim=1)\n output ys }"
        )
    )
    assert [(row.depth, row.key, row.parameters, row.multiply_adds) for row in summary.rows] == [
        (0, "rnn", 32, "140*B"),
        (1, "mix", 32, "140*B"),
    ]


def test_a_shared_block_counts_its_parameters_once() -> None:
    summary = summarise(
        graph(
            "block Feed { input x: [B, d]\n output x -> fc: Linear(d) }\n"
            "model M { input x: float[B, 3]\n layer f: Feed\n output y = x -> f -> f }"
        )
    )
    assert [(row.key, row.parameters, row.reused) for row in summary.rows] == [
        ("f", 12, False), ("fc", 12, False), ("f", 0, True), ("fc", 0, True),
    ]  # fmt: skip
    assert summary.multiply_adds == "18*B"


TIED = """
block Head { input x: [B, d]\n param scale: float[d] = ones\n output (x * scale) -> fc: Linear(8) }
block Inner { input x: [B, 8]\n output x -> a: Linear(8) -> b: Linear(8)\n tie b.weight = a.weight }
model M {
    input x: float[B, 8]
    y = x -> fc: Linear(8) -> inner: Inner -> head: Head
    for i in 0..2 { y = y -> blocks.{i}: Head }
    output y
    tie head.fc.weight = fc.weight
    for i in 0..2 { tie blocks.{i}.fc.weight = fc.weight }
    tie inner.a.bias = fc.bias
}
"""


def test_tied_weights_are_counted_once_in_rows_too() -> None:
    summary = summarise(graph(TIED))
    top = {row.key: row.parameters for row in summary.rows if row.depth == 0}
    assert top == {"fc": 72, "inner": 72, "head": 16, "blocks.0": 32}
    assert sum(count(row, "parameters") for row in summary.rows if row.leaf) == summary.learned == 192
