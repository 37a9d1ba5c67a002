"""verify finds nothing in what is right, and something in everything that is wrong."""

from __future__ import annotations

import pytest

from specc.graph.model import Program
from specc.runtime.load import load
from specc.runtime.verify import verify
from tests.specc.runtime.examples import LINES, TEXT, program


def findings(text: str, checked: Program) -> list[str]:
    return [finding.what for finding in verify(checked, load(text, "tiny.nn", LINES), runs=2).findings]


def replaced(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


def test_what_is_right_passes() -> None:
    result = verify(program(), load(TEXT, "tiny.nn", LINES), runs=3)
    assert result.findings == ()
    assert result.runs[0] == {"B": 2}
    assert len(result.runs) == 3
    assert result.tensors == 3 * (3 * 3 + 1 + 2), "fc, norm and the block's result three times, head, two results"
    assert result.parameters == 354


_RETURN = "TinyOutput(self.head(features), features)"
_HEAD = "nn.Linear(8, classes)"
_BLOCKS = "features = self.blocks(x)"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (_HEAD, "nn.Linear(8, classes, bias=False)", "head.bias [10] is inferred, but the module has no such weight"),
        (
            "self.fc = ",
            "self.a = nn.Linear(1, 1); self.fc = ",
            "the module has blocks.0.a.weight [1, 1], which is not inferred",
        ),
        (_HEAD, "nn.Linear(8, classes + 1)", "head.weight is inferred to be [10, 8], the module has [11, 8]"),
        (_HEAD, "nn.Linear(8, classes + 1)", "354 parameters are inferred, the module has 363"),
        (
            _RETURN,
            "TinyOutput(self.head(features), features[:, :7])",
            "output is inferred to be float[2, 8], torch gives float[2, 7]",
        ),
        (
            _RETURN,
            "TinyOutput(self.head(features), features > 0)",
            "output is inferred to be float[2, 8], torch gives bool[2, 8]",
        ),
        ("x.shape[0] < 2", "x.shape[0] < 3", "torch refuses what was inferred to run: ValueError: B must be at least 2"),
        (_BLOCKS, f"{_BLOCKS}.detach()", "no gradient reaches blocks.0.fc.weight"),
        (_BLOCKS, f"{_BLOCKS} * (1 + id(self) % 1000)", "a deep copy gives other outputs than the model"),
    ],
)
def test_what_is_wrong_is_found(old: str, new: str, expected: str) -> None:
    assert expected in findings(replaced(old, new), program())


def test_a_wrong_type_inside_a_block_is_found_at_its_layer() -> None:
    result = verify(program(fc=9), load(TEXT, "tiny.nn", LINES), runs=1)
    assert {finding.what for finding in result.findings} == {
        f"blocks.{n}.fc is inferred to be float[2, 9], torch gives float[2, 8]" for n in range(3)
    }
    assert {(finding.place, finding.sizes) for finding in result.findings} == {("tiny.nn:1:1", "B = 2")}


def test_a_weight_that_the_state_dict_lacks_is_found() -> None:
    text = replaced("self.head(features)", "self.head(features) * self.scale").replace(
        "self.head = nn.Linear(8, classes)", "self.head = nn.Linear(8, classes)\n        self.scale = float(torch.rand(()))"
    )
    assert "a state_dict loaded into a fresh model gives other outputs than the model" in findings(text, program())
