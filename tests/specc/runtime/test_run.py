from __future__ import annotations

import json
import random

import pytest
import torch

from specc.graph.model import Program
from specc.runtime.devices import device
from specc.runtime.errors import CannotRun
from specc.runtime.load import load
from specc.runtime.run import run
from specc.runtime.sizes import random_sizes, smallest
from tests.specc.runtime.examples import LINES, TEXT, program


def constrained(*facts: tuple[int | str, str, int | str], symbols: str = "BHW") -> Program:
    """A program with these symbols, which must meet these facts."""
    wanted = [{"left": left, "op": op, "right": right} for left, op, right in facts]
    return Program.model_validate(program().model_dump() | {"symbols": list(symbols), "preconditions": wanted})


def test_run_shows_what_comes_out() -> None:
    shown = run(program(), load(TEXT, "tiny.nn", LINES), device="cpu")
    assert shown.sizes == {"B": 2}
    assert [(flow.name, flow.declared, flow.actual) for flow in shown.inputs] == [("x", "float[B, 8]", "float[2, 8]")]
    assert [(flow.name, flow.declared, flow.actual) for flow in shown.outputs] == [
        ("logits", "float[B, 10]", "float[2, 10]"),
        ("features", "float[B, 8]", "float[2, 8]"),
    ]
    assert shown.parameters == 354
    assert json.loads(json.dumps(shown.as_json()))["outputs"][0]["actual"] == "float[2, 10]"


def test_run_on_meta() -> None:
    assert run(program(), load(TEXT, "tiny.nn", LINES), device="meta").device == "meta"


def test_smallest_sizes_meet_the_preconditions() -> None:
    assert smallest(constrained(("H", ">=", 29), ("W", ">=", 29), ("B", ">=", 1))) == {"B": 1, "H": 29, "W": 29}
    assert smallest(constrained(("(H - 1)//2 + 1", ">=", 7))) == {"B": 1, "H": 13, "W": 1}
    assert smallest(constrained(("H % 32", "==", 0), ("W", "==", "H"))) == {"B": 1, "H": 32, "W": 32}
    assert smallest(constrained(("H", ">=", "W + 5"), ("W", ">=", 3))) == {"B": 1, "H": 8, "W": 3}


def test_impossible_preconditions_are_told() -> None:
    with pytest.raises(CannotRun, match=r"found no sizes up to 4096 for which H >= 9000; give the inputs' sizes with --input"):
        smallest(constrained(("H", ">=", 9000)))


def test_random_sizes_meet_the_preconditions() -> None:
    constraint = constrained(("H % 8", "==", 0), ("W", ">=", "H"))
    chance = random.Random(1)
    drawn = [random_sizes(constraint, chance) for _ in range(20)]
    assert all(sizes["H"] % 8 == 0 and sizes["W"] >= sizes["H"] for sizes in drawn)
    assert len({tuple(sizes.values()) for sizes in drawn}) > 5


def test_devices() -> None:
    assert device("cpu") == torch.device("cpu")
    assert device("meta") == torch.device("meta")
    assert device("auto").type in ("cuda", "xpu", "mps", "cpu")
    with pytest.raises(CannotRun, match="there is no device gpu on this machine; there is "):
        device("gpu")
