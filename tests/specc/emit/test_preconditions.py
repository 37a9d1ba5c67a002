"""What layers demand of sizes: collected, simplified, printed, and asserted where the model leaves it open."""

from __future__ import annotations

import re

import pytest
import torch

from specc.diagnostics import Diagnostics
from specc.elaborate.requirements import requirements
from specc.pipeline import Options, build, check, program, selected
from specc.source import SourceFile
from specc.summary.summary import summarise

DOWN = "block Down(width: int) { input x: [N, C, H, W]; output x -> Conv2d(width, 3) -> ReLU -> MaxPool2d(2) }\n"
HALF = """block Half {
    input x: [N, T, d]
    require T % 2 == 0, "an even number of steps"
    output x -> reshape(N, T // 2, 2 * d)
}
"""


def told(text: str) -> tuple[list[str], str]:
    """What the summary says it holds for, and the generated file; `check --types` says the same."""
    source = SourceFile("net.nn", text)
    diagnostics = Diagnostics()
    checked = check(source, Options(), diagnostics)
    graph, code = program(checked, Options(), diagnostics), build(checked, Options(), diagnostics)
    assert graph is not None
    assert code is not None
    found = list(summarise(graph).preconditions)
    chosen = selected(checked)
    assert chosen is not None
    assert found == [str(need) for need in requirements(chosen.program)]
    return found, code


def made(code: str) -> torch.nn.Module:
    names: dict[str, type[torch.nn.Module]] = {}
    exec(compile(code, "net.py", "exec"), names)
    return names["Net"]()


def needs(code: str) -> list[str]:
    return re.findall(r"needs (.*?)(?:\"|\.\n)", code)


def test_simplified_and_asserted() -> None:
    found, code = told("model Net { input x: [N, 3, H, W]; output x -> MaxPool2d(2) -> Conv2d(4, 3) -> MaxPool2d(2) }")
    assert found == ["H >= 8", "W >= 8"]
    assert needs(code) == ["H >= 8 and W >= 8"]
    made(code)(torch.zeros(1, 3, 8, 9))
    with pytest.raises(ValueError, match="Net needs H >= 8 and W >= 8"):
        made(code)(torch.zeros(1, 3, 7, 9))


def test_a_block_asserts_what_its_caller_leaves_open() -> None:
    found, code = told(DOWN + "model Net { input x: [N, 3, H, W]; for i in 0..2 { x = x -> d{i}: Down(8) }; output x }")
    assert found == ["H >= 10", "W >= 10"]
    assert needs(code) == ["H >= 4 and W >= 4", "H >= 10 and W >= 10"]
    made(code)(torch.zeros(1, 3, 10, 10))
    with pytest.raises(ValueError, match="Down needs H >= 4 and W >= 4"):
        made(code)(torch.zeros(1, 3, 9, 10))


def test_a_block_asserts_nothing_that_is_certain() -> None:
    found, code = told(DOWN + "model Net { input x: [N, 3, 32, 32]; x -> a: Down(8) -> b: Down(8) -> output y }")
    assert found == []
    assert "raise" not in code


def test_requirements_of_blocks_add_up() -> None:
    found, code = told(HALF + "model Net { input x: [N, T, 8]; output x -> Half -> Half -> Linear(3) }")
    assert found == ["T % 4 == 0"]
    assert needs(code) == ["T % 4 == 0"]
    assert "float[N, T, 8] -> " in code
    made(code)(torch.zeros(1, 8, 8))
    with pytest.raises(ValueError, match="an even number of steps"):
        made(code)(torch.zeros(1, 6, 8))


def test_two_symbols() -> None:
    found, code = told("model Net { input x: [N, T], y: [N, S]; output cat([x, y], dim=1)[:, 6]; output z = x[:, S:] }")
    assert found == ["T + S >= 7", "T >= S"]
    made(code)(torch.zeros(1, 5), torch.zeros(1, 3))
    for sizes in ((3, 3), (3, 5)):
        with pytest.raises(ValueError, match="Net needs"):
            made(code)(*(torch.zeros(1, size) for size in sizes))


def test_a_static_symbol_is_asked_for() -> None:
    diagnostics = Diagnostics()
    check(SourceFile("net.nn", "model Net { input x: [N, D]; output x -> Linear(3) }\n"), Options(), diagnostics)
    (found,) = diagnostics.sorted()
    assert found.code == "E0309"
    assert found.help[0].certain
    assert found.help[0].edits[0].text == "(D: int = 64)"
