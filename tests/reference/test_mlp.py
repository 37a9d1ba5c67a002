"""The dense networks: published counts, worked examples, and what each is known to learn."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.reference.compare import accuracy, build, count, difference, fit
from tests.reference.data import iris
from tests.reference.proofs import proves

LOGIC = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


@pytest.mark.parametrize(
    ("spec", "model", "variant", "parameters"),
    [
        ("mlp", "MLP", "mlp_3_4_2", 26),
        ("mlp", "MLP", "mlp_3_5_6_6_5_5", 163),
        ("mlp", "MLP", "relu_2_2_2_1", 15),
        ("pass_fail", "PassFail", None, 13),
        ("universal", "Wide", None, 256),
        ("universal", "FixedShape", None, 67),
        ("iris", "Iris", None, 739),
        ("mnist", "MnistMLP", None, 109_386),
        ("mnist", "MnistDropout", None, 203_530),
        ("mnist", "MnistBatchNorm", None, 51_018),
    ],
)
@proves("mlp/mlp MLP", "mlp/xor Xor", "mlp/iris Iris", "mlp/mnist", kind="count")
def test_count(spec: str, model: str, variant: str | None, parameters: int) -> None:
    assert count(build(f"mlp/{spec}", model, variant)) == parameters


@proves("mlp/xor Xor", kind="numbers", reference="relu(a + b) - 2 relu(a + b - 1)")
def test_xor_by_hand() -> None:
    """relu(a + b) - 2 relu(a + b - 1)."""
    module = build("mlp/xor", "Xor")
    module.load_state_dict({
        "hidden.weight": torch.ones(2, 2), "hidden.bias": torch.tensor([0.0, -1.0]),
        "readout.weight": torch.tensor([[1.0, -2.0]]), "readout.bias": torch.zeros(1),
    })  # fmt: skip
    assert module(LOGIC).tolist() == XOR.tolist()


@proves("mlp/xor Xor", kind="learns", reference="4 of 4")
def test_xor_is_learned() -> None:
    """By two hidden neurons from a start that leads there (most end where one of them is silent), and by eight."""
    for hidden, seed in ((2, 8), (8, 0)):
        torch.manual_seed(seed)
        module = build("mlp/xor", "Xor", hidden=hidden)
        fit(module, functional.mse_loss, LOGIC, XOR, steps=600, rate=0.05)
        assert difference(module(LOGIC), XOR) < 0.1, hidden


@proves("mlp/mlp MLP", kind="equal", reference="one affine map, where it is linear", figure="1e-5")
def test_a_linear_stack_is_one_affine_map() -> None:
    stack = build("mlp/mlp", "MLP", "linear")
    offset = stack(torch.zeros(1, 3))
    matrix = stack(torch.eye(3)) - offset
    x = torch.randn(16, 3)
    assert difference(stack(x), x @ matrix + offset) < 1e-5


def test_losses_of_the_lectures() -> None:
    """The figures that the pass/fail network's predictions are scored with."""
    predicted, passed = torch.tensor([0.1, 0.8, 0.6]), torch.tensor([1.0, 0.0, 1.0])
    assert functional.binary_cross_entropy(predicted, passed).item() == pytest.approx(1.474283, abs=1e-6)
    predicted, grade = torch.tensor([30.0, 80.0, 85.0]), torch.tensor([90.0, 20.0, 95.0])
    assert functional.mse_loss(predicted, grade).item() == pytest.approx(2433.33, abs=0.01)


@proves("mlp/pass_fail PassFail", kind="numbers", reference="a probability")
def test_pass_fail_gives_a_probability() -> None:
    answer = build("mlp/pass_fail", "PassFail")(torch.tensor([[4.0, 5.0]]))
    assert answer.shape == (1, 1)
    assert 0 < answer.item() < 1


@pytest.mark.parametrize(
    ("model", "settings"),
    [("Wide", {"features": 1}), ("NarrowDeep", {"features": 1, "depth": 3}), ("FixedShape", {"features": 1})],
)
def test_narrowest_widths(model: str, settings: dict[str, Any]) -> None:
    assert build("mlp/universal", model, **settings)(torch.randn(4, 1)).shape == (4, 1)


SINE = torch.linspace(-math.pi, math.pi, 256, dtype=torch.float64)[:, None]


def learn_sine(module: nn.Module, iterations: int) -> None:
    optimiser = torch.optim.LBFGS(
        module.parameters(), max_iter=iterations, tolerance_grad=1e-10, tolerance_change=1e-12, line_search_fn="strong_wolfe"
    )

    def loss() -> float:
        optimiser.zero_grad()
        value = functional.mse_loss(module(SINE), SINE.sin())
        value.backward()  # type: ignore[no-untyped-call]
        return value.item()

    optimiser.step(loss)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("model", ["Wide", "FixedShape"])
@proves("mlp/universal Wide", "mlp/universal FixedShape", kind="learns", reference="the sine to a hundredth")
def test_sine_is_learned(double: None, model: str) -> None:
    """On [-pi, pi], nowhere off by more than a hundredth."""
    module = build("mlp/universal", model, features=1)
    learn_sine(module, iterations=1500)
    assert difference(module(SINE), SINE.sin()) < 1e-2


def narrow_sine(steps: int) -> nn.Module:
    """Two neurons a layer are enough (Hanin, 2017): one carries x, the other max(v, line) or min(v, line) of what was found
    so far, line after line. The sine is made of its tangents, steep ones first: those left of zero by max, right by min."""
    tangents: list[tuple[int, float, float]] = []
    for point in (math.pi * (k + 0.5) / steps for k in range(steps)):
        offset = math.sin(point) - math.cos(point) * point
        tangents += [(-1, math.cos(point), offset), (1, math.cos(point), -offset)]
    module = build("mlp/universal", "NarrowDeep", features=1, depth=len(tangents))
    state = module.state_dict()
    carried = 4.0  # x + 4 is above zero, so it passes the ReLU as it is
    value = torch.tensor([1.0, 0.0]), -carried  # the weights and offset with which the two neurons give v: here, x
    for k, (sign, slope, offset) in enumerate(tangents):
        line = torch.tensor([slope, 0.0]), offset - carried * slope
        weight, bias = state[f"layers.{2 * k}.weight"], state[f"layers.{2 * k}.bias"]
        if k == 0:  # reads x itself
            weight[:, 0], bias[:] = torch.tensor([1.0, sign * (1 - slope)]), torch.tensor([carried, -sign * offset])
        else:
            weight[0], bias[0] = torch.tensor([1.0, 0.0]), 0.0
            weight[1], bias[1] = sign * (value[0] - line[0]), sign * (value[1] - line[1])
        value = line[0] + torch.tensor([0.0, sign]), line[1]
    state[f"layers.{2 * len(tangents)}.weight"][0], state[f"layers.{2 * len(tangents)}.bias"][0] = value
    return module


@proves("mlp/universal NarrowDeep", kind="numbers", reference="the sine to a hundredth, built by hand")
def test_a_narrow_deep_network_can_be_the_sine(double: None) -> None:
    assert difference(narrow_sine(20)(SINE), SINE.sin()) < 1e-2


@proves("mlp/universal NarrowDeep", kind="learns", reference="the sine to a hundredth, from ten tangents a side")
def test_a_narrow_deep_network_learns_the_sine(double: None) -> None:
    """From random weights two neurons a layer do not find it: ReLUs that never fire let nothing through. From a coarse sine
    they do: ten tangents a side are off by more than a hundredth, and training makes less of it."""
    module = narrow_sine(10)
    assert difference(module(SINE), SINE.sin()) > 1e-2
    learn_sine(module, iterations=600)
    assert difference(module(SINE), SINE.sin()) < 1e-2


@proves("mlp/iris Iris", kind="learns", reference="iris, held out", figure="0.93")
def test_iris_is_learned() -> None:
    data = iris()
    module = build("mlp/iris", "Iris")
    fit(module, functional.cross_entropy, data.inputs, data.targets, steps=200, rate=0.01)
    assert accuracy(module, data.held_inputs, data.held_targets) >= 0.93


def test_dropout_only_in_training() -> None:
    module = build("mlp/mnist", "MnistDropout")
    image = torch.randn(2, 1, 28, 28)
    module.train()
    assert difference(module(image), module(image)) > 0
    module.eval()
    assert difference(module(image), module(image)) == 0


@proves("mlp/rbf RBF", kind="equal", reference="its formula", figure="1e-6")
def test_radial_basis_functions_are_their_formula() -> None:
    module = build("mlp/rbf", "RBF", features=2, units=5, targets=3)
    x = torch.randn(7, 2)
    centers, beta = module.get_parameter("centers"), module.get_parameter("beta")
    nearness = torch.stack([torch.exp(-beta * torch.stack([((row - center) ** 2).sum() for center in centers])) for row in x])
    by_hand = nearness @ module.get_parameter("readout.weight").T + module.get_parameter("readout.bias")
    assert difference(module(x), by_hand) < 1e-6
