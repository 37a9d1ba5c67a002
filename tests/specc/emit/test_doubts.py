"""What the checker leaves open is told as a warning, and the generated code decides it: with sizes for which it holds the
model runs, with others it says what does not hold."""

from __future__ import annotations

import pytest
import torch

from specc.diagnostics import Diagnostics
from specc.pipeline import Options, build, check
from specc.report.text import render
from specc.source import SourceFile

ODD = "(1 // (1 + (S * T - 323) * (S * T - 323)))"
"""1 for S = 17, T = 19, else 0: no proof tells, and no small sizes show it."""
GOOD, BAD = (3, 4), (17, 19)

BODIES = {
    "add": "output zeros(ODD + 5) + zeros(5)",
    "matmul": "output ones(2, ODD + 5) @ ones(5, 2)",
    "cat": "output cat([zeros(3, ODD + 5), zeros(2, 5)], dim=0)",
    "stack": "output stack([zeros(ODD + 5), zeros(5)])",
    "where": "output where(zeros(ODD + 5) > 0, zeros(5), 1.0)",
    "einsum": 'output einsum("i, i -> i", zeros(ODD + 5), zeros(5))',
    "reshape": "output zeros(ODD + 5) -> reshape(5)",
    "reshape with -1": "output zeros(3 * ODD + 4) -> reshape(2, -1)",
    "rearrange": 'output zeros(4, 3 * ODD + 4) -> rearrange("b (c d) -> b c d", c=2)',
    "split": "a, b = zeros(2, 3 * ODD + 4) -> split([2, 2], dim=1)\n output a + b",
    "expand": "output zeros(ODD + 5) -> expand(5)",
    "declared output": "output y: float[5] = zeros(ODD + 5)",
    "Linear": "output zeros(2, ODD + 5) -> Linear(3, in_features=5)",
    "Conv1d": "output zeros(2, ODD + 5, 9) -> Conv1d(3, 2, in_channels=5)",
    "shared layer": "layer fc: Linear(3)\n a = zeros(2, 5) -> fc\n output b = zeros(2, ODD + 5) -> fc\n output a",
    "loop": "y = zeros(5)\n for i in 0..3 { y = y + zeros(ODD + 5) }\n output y",
    "chain": "output zeros(ODD + 5) -> (ReLU -> Linear(2, in_features=5) -> Tanh)",
    "sides of if": "y = zeros(5)\n if training { y = zeros(ODD + 5) }\n output y",
    "steps of Scan": "output (ones(ODD + 5, 2), ones(5, 2)) -> Scan(Cell, dim=0)",
    "state of a cell": "output x -> Scan(Odd, dim=0)",
    "input of a block": "output zeros(ODD + 5) -> Five",
    "inputs of a block": "output (zeros(ODD + 5), zeros(5)) -> Alike",
    "sum in a block": "output (zeros(ODD + 5), zeros(5)) -> Sum",
    "layer in a block": "output zeros(3, ODD + 5) -> Wide(5)",
    "size in a block": "output x -> Inside(5)",
}
BLOCKS = """
block Cell { input x: [S], z: [S]; state h: float[S] = zeros; new = h + x + z; next h = new; output new }
block Odd {
    input x: [T]
    state h: float[T] = zeros
    new = h + x + zeros(1 // (1 + (T - 19) * (T - 19)) + T)
    next h = new
    output new
}
block Five { input x: [5]; output x }
block Alike { input x: [P], y: [P]; output x * 2 + y }
block Sum { input x: [P], y: [R]; output x + y }
block Wide(d: int) { input x: [P, R]; output x -> Linear(2, in_features=d) }
block Inside(k: int) { input x: [S, T]; output zeros(ODD + k) + zeros(5) }
"""


def built(body: str) -> tuple[list[str], str, str]:
    """Codes of the messages, the messages, and the generated file."""
    source = SourceFile("odd.nn", f"{BLOCKS}model Net {{\n input x: float[S, T]\n {body}\n}}\n".replace("ODD", ODD))
    diagnostics = Diagnostics()
    text = build(check(source, Options(), diagnostics), Options(), diagnostics)
    told = [item for item in diagnostics.sorted() if not item.code.startswith("W06")]
    assert text is not None, render(told)
    return [item.code for item in told], render(told), text


def made(text: str) -> torch.nn.Module:
    names: dict[str, type[torch.nn.Module]] = {}
    exec(compile(text, "odd.py", "exec"), names)
    return names["Net"]()


@pytest.mark.parametrize("name", BODIES)
def test_undecided(name: str) -> None:
    codes, told, text = built(BODIES[name])
    assert codes == ["W0801"], told
    module = made(text)
    module(torch.zeros(GOOD))
    with pytest.raises(ValueError, match=r"odd\.nn:\d+: .*(does not hold|sizes differ)"):
        module(torch.zeros(BAD))


def test_what_is_proved_needs_no_assertion() -> None:
    codes, _, text = built("output zeros(S * T + 5) + zeros(5 + T * S)")
    assert codes == []
    assert "raise" not in text


def test_a_requirement_is_no_doubt() -> None:
    codes, _, text = built(f"require {ODD} == 0\n output zeros(ODD + 5) + zeros(5)")
    assert codes == []
    made(text)(torch.zeros(GOOD))
    with pytest.raises(ValueError, match="does not hold"):
        made(text)(torch.zeros(BAD))


def test_a_bound_is_a_precondition() -> None:
    codes, _, text = built("output zeros(2, 4, 5 - ODD) -> MaxPool1d(5)")
    assert codes == []
    made(text)(torch.zeros(GOOD))
    with pytest.raises(ValueError, match="Net needs"):
        made(text)(torch.zeros(BAD))


@pytest.mark.parametrize("name", ["add", "reshape", "Linear", "size in a block"])
def test_compiled_and_exported(name: str) -> None:
    module = made(built(BODIES[name])[2])
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager", dynamic=True)
    compiled(torch.zeros(GOOD))
    with pytest.raises(Exception, match=r"(?i)exception|does not hold"):
        compiled(torch.zeros(BAD))
    dim = torch.export.Dim.AUTO
    exported = torch.export.export(module, (torch.zeros(GOOD),), dynamic_shapes={"x": (dim, dim)}).module()
    exported(torch.zeros(5, 6))
    with pytest.raises(AssertionError, match="Guard failed"):
        exported(torch.zeros(BAD))
