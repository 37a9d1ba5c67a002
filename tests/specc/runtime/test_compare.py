"""Comparing: models that are equal are found to be, and every way of not being equal is told as what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

import specc
from specc.reading import bundled_name, bundled_specs
from specc.runtime.compare import Comparison
from specc.runtime.errors import CannotRun
from tests.specc.runtime.zoo import HEAVY, models

SPEC = """model Net(width: int = 5, dropout: float = 0.0) {
    input x: float[B, T, 4], scale: float[B, 1, 1] = none
    y = x -> fc: Linear(width) -> norm: LayerNorm -> Tanh -> Dropout(dropout)
    output y = y if scale is none else y * scale
    output mean = y -> mean(1)
}
"""


class Net(nn.Module):
    """SPEC by hand."""

    def __init__(self, width: int = 5, activation: Callable[[Tensor], Tensor] = torch.tanh) -> None:
        super().__init__()
        self.fc = nn.Linear(4, width)
        self.norm = nn.LayerNorm(width)
        self.activation = activation

    def forward(self, x: Tensor, scale: Tensor | None = None) -> Any:
        y = self.activation(self.norm(self.fc(x)))
        y = y if scale is None else y * scale
        return y, y.mean(1)


def compared(reference: object = Net, **options: Any) -> Comparison:
    return specc.compare(SPEC, reference, repeat=1, **options)


def test_equal() -> None:
    found = compared()
    assert found
    assert (found.absolute, found.relative) == (0.0, 0.0)
    assert found.inputs == (("x", "float[2, 7, 4]"),)
    assert [output.name for output in found.outputs] == ["y", "mean"]
    assert found.parameters == (35, 35)
    assert found.weights.tensors == 4
    assert min(found.seconds) > 0
    assert not found.notes
    assert "equal: the largest relative difference is 0, at most 1e-05 is allowed" in str(found)


def test_different() -> None:
    found = compared(lambda: Net(activation=torch.sigmoid))
    assert not found
    assert found.relative > 0.1
    assert "different: mean by" in str(found) or "different: y by" in str(found)
    assert compared(lambda: Net(activation=torch.sigmoid), tolerance=100.0)


def test_width_seed_and_kwargs() -> None:
    found = compared(dtype="float64", seed=3, kwargs={"width": 6}, width=6)
    assert (found.width, found.seed, found.tolerance, found.parameters) == ("float64", 3, 1e-10, (42, 42))
    assert torch.get_default_dtype() == torch.float32
    assert compared(dtype=torch.bfloat16).width == "bfloat16"
    with pytest.raises(ValueError, match="'float46' is not one of float32, float64"):
        compared(dtype="float46")


def test_nothing_of_the_callers_is_changed() -> None:
    model = Net()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    assert compared(model, dtype="float64")
    assert torch.equal(torch.rand(1), wanted)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert model.training


class Forgets(Net):
    """Never adds the bias, which is zero when it is fresh."""

    def __init__(self) -> None:
        super().__init__()
        nn.init.zeros_(self.fc.bias)

    def forward(self, x: Tensor, scale: Tensor | None = None) -> Any:
        y = torch.tanh(self.norm(x @ self.fc.weight.T))
        return y, y.mean(1)


def test_fresh_weights_hide_nothing() -> None:
    assert not compared(Forgets)
    assert compared(Forgets, as_built=True), "which is what the noise is for"


def test_weights_that_do_not_fit_are_named_and_nothing_is_run() -> None:
    class Other(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = nn.Linear(4, 5)
            self.norm = nn.LayerNorm(6)

        def forward(self) -> None:
            raise AssertionError("nothing must be run")

    found = compared(Other)
    assert not found
    assert not found.outputs
    assert [problem.text for problem in found.weights.problems] == [
        "missing: fc.weight [5, 4], nearest: dense.weight [5, 4]",
        "missing: fc.bias [5], nearest: dense.bias [5]",
        "unexpected: dense.weight [5, 4], nearest: fc.weight [5, 4]",
        "unexpected: dense.bias [5], nearest: fc.bias [5]",
        "norm.weight: wanted [5], found [6]",
        "norm.bias: wanted [5], found [6]",
    ]
    assert "  dense.weight -> fc.weight\n" in str(found)
    assert "the weights do not fit: 6 problems; nothing was run" in str(found)


class Renamed(nn.Module):
    """The weights under other names and in other forms: the matrix transposed, the norm's in one tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(4, 5))
        self.shift = nn.Parameter(torch.randn(5))
        self.affine = nn.Parameter(torch.randn(10))
        self.register_buffer("unused", torch.zeros(3))

    def forward(self, x: Tensor) -> Any:
        weight, bias = self.affine.chunk(2)
        y = torch.tanh(nn.functional.layer_norm(x @ self.kernel + self.shift, (5,), weight, bias))
        return y, y.mean(1)


MAP = """
kernel -> fc.weight  transpose
shift -> fc.bias
affine -> norm.weight, norm.bias
drop unused
"""


@pytest.mark.parametrize("train", [False, True])
def test_a_map(train: bool) -> None:
    found = compared(Renamed, map=MAP, train=train, dtype="float64")
    assert found
    assert found.relative < 1e-14
    assert [covered.tensors for covered in found.weights.covered] == [1, 1, 1, 1, 0]
    assert "the map:5" in str(found)


def test_training_compares_gradients_and_statistics() -> None:
    spec = "model N {\n    input x: float[B, 4]\n    x -> bn: BatchNorm1d -> fc: Linear(3) -> output y\n}\n"

    class Batch(nn.Module):
        def __init__(self, momentum: float = 0.1, detached: bool = False) -> None:
            super().__init__()
            self.bn, self.fc, self.detached = nn.BatchNorm1d(4, momentum=momentum), nn.Linear(4, 3), detached

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.fc(self.bn(x))
            return found.detach() * 0.5 + found * 0.5 if self.detached else found

    found = specc.compare(spec, Batch, train=True, repeat=1)
    assert found
    assert {one.name for one in found.gradients} == {"bn.weight", "bn.bias", "fc.weight", "fc.bias"}
    assert {one.name for one in found.buffers} == {"bn.running_mean", "bn.running_var", "bn.num_batches_tracked"}
    other = specc.compare(spec, lambda: Batch(momentum=0.2), train=True, repeat=1)
    assert not other
    assert other.relative == 0.0
    assert max(one.relative for one in other.buffers) > 0.01
    gradients = specc.compare(spec, lambda: Batch(detached=True), train=True, repeat=1)
    assert not gradients
    assert gradients.relative < 1e-6
    assert min(one.relative for one in gradients.gradients) > 0.1


def test_a_gradient_that_reaches_one_model_alone() -> None:
    class Cut(Net):
        def forward(self, x: Tensor, scale: Tensor | None = None) -> Any:
            y = torch.tanh(nn.functional.layer_norm(self.fc(x), (5,), self.norm.weight, self.norm.bias.detach()))
            return y, y.mean(1)

    with pytest.raises(CannotRun, match=r"a gradient reaches norm\.bias in one of the models alone"):
        compared(Cut, train=True)


def test_chance_is_drawn_alike() -> None:
    class Drops(Net):
        def forward(self, x: Tensor, scale: Tensor | None = None) -> Any:
            y = nn.functional.dropout(torch.tanh(self.norm(self.fc(x))), 0.5, self.training)
            return y, y.mean(1)

    assert compared(Drops, train=True, dropout=0.5)
    assert not compared(Drops, train=True)


class Pair(NamedTuple):
    first: Tensor
    second: Tensor


@dataclass
class Answer:
    loss: None
    mean: Tensor
    extra: object
    y: Tensor


def answering(make: Callable[[Tensor, Tensor], object]) -> Callable[[], nn.Module]:
    class Other(Net):
        def forward(self, x: Tensor, scale: Tensor | None = None) -> Any:
            return make(*super().forward(x, scale))

    return Other


def test_outputs_are_taken_by_name_or_in_order() -> None:
    assert compared(answering(Pair))
    assert compared(answering(lambda y, mean: {"mean": mean, "y": y}))
    assert compared(answering(lambda y, mean: [[y], [mean]]))
    beyond = compared(answering(lambda y, mean: Answer(None, mean, object(), y)))
    assert beyond
    more = compared(answering(lambda y, mean: (y, mean, {"past": y})))
    assert more
    assert more.beyond == ("2.past",)
    assert "not compared, since the spec gives no such output: 2.past" in str(more)
    assert not compared(answering(lambda y, mean: {"a": mean, "b": y}))
    assert compared(answering(lambda y, mean: {"a": mean, "b": y}), take=("b", "a"))


def test_outputs_that_cannot_be_taken() -> None:
    with pytest.raises(CannotRun, match=r"the spec gives y, mean, .* one tensor: too few to compare"):
        compared(answering(lambda *found: found[0]))
    with pytest.raises(CannotRun, match="gives no firts; did you mean first"):
        compared(answering(Pair), take=("firts", "second"))
    with pytest.raises(CannotRun, match="no tensor: too few to compare"):
        compared(answering(lambda *found: str(found)))
    with pytest.raises(CannotRun, match="--take names first, second, first, the spec gives y, mean alone"):
        compared(answering(Pair), take=("first", "second", "first"))


def test_outputs_of_other_types() -> None:
    found = compared(answering(lambda y, mean: (y[:, :3], mean > 0)))
    assert not found
    assert [(one.ours, one.theirs, one.relative) for one in found.outputs] == [
        ("float[2, 7, 5]", "float[2, 3, 5]", inf),
        ("float[2, 5]", "bool[2, 5]", inf),
    ]
    assert "different: y is float[2, 7, 5] here and float[2, 3, 5] there" in str(found)
    assert found.as_json()["outputs"][0]["relative"] is None  # type: ignore[index]


def test_inputs_with_a_default_are_left_to_it_unless_asked_for() -> None:
    assert [name for name, _ in compared(keywords={"scale": "scale"}).inputs] == ["x", "scale"]
    fed = {"x": torch.randn(3, 2, 4), "scale": torch.ones(3, 1, 1)}
    found = compared(fed=fed)
    assert found
    assert found.inputs == (("x", "float[3, 2, 4]"), ("scale", "float[3, 1, 1]"))
    with pytest.raises(CannotRun, match="Net has no input xx; it has x, scale"):
        compared(fed={"xx": torch.ones(1)})
    with pytest.raises(CannotRun, match="the inputs that are given lack x: Net takes x, scale"):
        compared(fed={"scale": torch.ones(3, 1, 1)})
    with pytest.raises(CannotRun, match="Net does not take these inputs: "):
        compared(fed={"x": torch.randn(3, 2, 5)})
    with pytest.raises(CannotRun, match=r"does not take x: TypeError: .*unexpected keyword argument 'z'"):
        compared(keywords={"x": "z"})


def test_indices_are_as_large_as_the_model_takes() -> None:
    spec = """model E {
        input word: int[B, T], kind: int[B, T], mask: bool[B, T]
        output y = (word -> words: Embedding(40, 3)) + (kind -> kinds: Embedding(2, 3)) * mask[..., none]
    }
    """
    seen: list[dict[str, Tensor]] = []

    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.kinds = nn.Embedding(40, 3), nn.Embedding(2, 3)

        def forward(self, word: Tensor, kind: Tensor, mask: Tensor) -> Tensor:
            seen.append({"word": word, "kind": kind, "mask": mask})
            found: Tensor = self.words(word) + self.kinds(kind) * mask[..., None]
            return found

    assert specc.compare(spec, Words, repeat=1)
    assert 20 < seen[0]["word"].max().item() < 30
    assert seen[0]["kind"].max().item() == 1
    assert seen[0]["mask"][:, 0].all()


@pytest.mark.parametrize("path", bundled_specs(), ids=bundled_name)
def test_every_model_is_equal_to_itself(path: str) -> None:
    """Whatever a spec takes and gives, both sides get the same of it."""
    for model in models(Path(path)):
        if model not in HEAVY:
            found = specc.compare(path, getattr(specc.load(path, model=model), model), model=model, repeat=1)
            assert found.relative == 0.0, str(found)
            assert found.equal, str(found)


def test_outputs_that_do_not_depend_on_the_input_say_little() -> None:
    spec = "model C {\n    input x: float[B, 4]\n    output y = (x -> fc: Linear(3)) * 0.0\n}\n"

    class Zero(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return torch.zeros(len(x), 3)

    found = specc.compare(spec, Zero, repeat=1)
    assert found
    assert "note: other inputs hardly change the outputs" in str(found)


def test_tied_here_and_two_there() -> None:
    spec = """model T {
        input x: int[B]
        x -> wte: Embedding(5, 3) -> head: Linear(5, bias=false) -> output y
        tie head.weight = wte.weight
    }
    """

    class Two(nn.Module):
        def __init__(self, tied: bool = False) -> None:
            super().__init__()
            self.wte, self.head = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
            if tied:
                self.head.weight = self.wte.weight

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.head(self.wte(x))
            return found

    assert specc.compare(spec, lambda: Two(tied=True), repeat=1)
    (problem,) = specc.compare(spec, Two, repeat=1).weights.problems
    assert "are one tensor in the spec, but come from two that differ" in problem.text


class Configuration:
    def __init__(self, width: int = 7) -> None:
        self.width = width


class Configured(Net):
    """As in transformers: made from a configuration."""

    config_class = Configuration

    def __init__(self, config: Configuration) -> None:
        super().__init__(config.width)


def test_a_class_that_is_made_from_a_configuration() -> None:
    assert compared(Configured, kwargs={"width": 6}, width=6)
    assert compared(Configured, kwargs={"config": Configuration(6)}, width=6)


def test_a_spec_with_errors() -> None:
    with pytest.raises(specc.SpecError):
        specc.compare(SPEC.replace("Linear", "Lineer"), Net)
