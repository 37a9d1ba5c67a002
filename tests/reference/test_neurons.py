"""Single neurons and their regressions, against the figures of the lectures."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor, nn

from tests.reference.compare import build, count, difference
from tests.reference.proofs import proves

LOGIC = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@pytest.mark.parametrize("inputs", [2, 3, 4])
@pytest.mark.parametrize("gate", [any, all])
@proves("neurons/mcculloch_pitts McCullochPitts", kind="numbers", reference="truth tables of AND and OR")
def test_mcculloch_pitts(inputs: int, gate: object) -> None:
    neuron = build("neurons/mcculloch_pitts", "McCullochPitts", features=inputs, threshold=1 if gate is any else inputs)
    rows = list(product([0, 1], repeat=inputs))
    assert neuron(torch.tensor(rows)).tolist() == [any(row) if gate is any else all(row) for row in rows]


def test_mcculloch_pitts_variants() -> None:
    rows = LOGIC.long()
    assert build("neurons/mcculloch_pitts", "McCullochPitts", "either")(rows).tolist() == [False, True, True, True]
    assert build("neurons/mcculloch_pitts", "McCullochPitts", "both")(rows).tolist() == [False, False, False, True]


def rosenblatt_rule(neuron: nn.Module, targets: Tensor, rounds: int) -> list[int]:
    """Rosenblatt's rule: each sample that comes out wrong is added to the weights, with the sign of its class. Returns how
    many samples are right after each step."""
    weight, bias = neuron.get_parameter("weight"), neuron.get_parameter("bias")
    right = []
    with torch.no_grad():
        for _ in range(rounds):
            for row, target in zip(LOGIC, targets, strict=True):
                if neuron(row[None]) != target:
                    weight.add_(target * row)
                    bias.add_(target)
                right.append(int((neuron(LOGIC) == targets).sum()))
    return right


@proves("neurons/rosenblatt Rosenblatt", kind="learns", reference="AND and OR")
def test_rosenblatt_learns_what_a_line_separates() -> None:
    conjunction = torch.tensor([-1.0, -1.0, -1.0, 1.0])
    disjunction = torch.tensor([-1.0, 1.0, 1.0, 1.0])
    for targets in (conjunction, disjunction):
        assert rosenblatt_rule(build("neurons/rosenblatt", "Rosenblatt"), targets, 20)[-1] == 4


@proves("neurons/rosenblatt Rosenblatt", kind="numbers", reference="at best 3 of 4 of XOR")
def test_rosenblatt_cannot_learn_xor() -> None:
    """Whatever it starts from, at best three of the four are right."""
    best = []
    for _ in range(5):
        neuron = build("neurons/rosenblatt", "Rosenblatt")
        torch.nn.init.normal_(neuron.get_parameter("weight"))
        torch.nn.init.normal_(neuron.get_parameter("bias"))
        best.append(max(rosenblatt_rule(neuron, torch.tensor([-1.0, 1.0, 1.0, -1.0]), 50)))
    assert max(best) == 3


@proves("neurons/perceptron Perceptron", kind="numbers", reference="g(-6) = 0.0024726")
def test_perceptron_of_the_lecture() -> None:
    answer = build("neurons/perceptron", "Perceptron")(torch.tensor([[-1.0, 2.0]]))
    assert answer.item() == pytest.approx(0.0024726, abs=1e-7)


@proves("neurons/dense Dense", kind="equal", reference="its formula", figure="1e-6")
def test_dense_layer_is_its_formula() -> None:
    layer = build("neurons/dense", "Dense", features=3, targets=2)
    x = torch.randn(5, 3)
    w, w0 = layer.get_parameter("linear.weight"), layer.get_parameter("linear.bias")
    by_hand = torch.stack([torch.stack([1 / (1 + torch.exp(-(w0[j] + (row * w[j]).sum()))) for j in range(2)]) for row in x])
    assert count(layer) == 8
    assert difference(layer(x), by_hand) < 1e-6


@proves("neurons/regression LinearRegression", kind="learns", reference="the closed form, to 1e-4")
def test_linear_regression_finds_the_closed_form() -> None:
    """Gradient descent to the end gives what the normal equations give."""
    x = torch.randn(64, 3)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.7 + 0.1 * torch.randn(64, 1)
    design = torch.cat([x, torch.ones(64, 1)], dim=1)
    closed = torch.linalg.lstsq(design, y).solution.squeeze(1)
    model = build("neurons/regression", "LinearRegression", features=3)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=100, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimiser.zero_grad()
        value: Tensor = ((model(x) - y) ** 2).mean()
        value.backward()  # type: ignore[no-untyped-call]
        return value.item()

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    found = torch.cat([model.get_parameter("linear.weight")[0], model.get_parameter("linear.bias")])
    assert difference(found.detach(), closed) < 1e-4


@proves("neurons/regression LogisticRegression", kind="equal", reference="its formula", figure="1e-6")
def test_logistic_regression_is_its_formula() -> None:
    model = build("neurons/regression", "LogisticRegression")
    x = torch.randn(4, 2)
    w, b = model.get_parameter("linear.weight"), model.get_parameter("linear.bias")
    assert difference(model(x), 1 / (1 + torch.exp(-(x @ w.T + b)))) < 1e-6


@proves("neurons/regression PolynomialRegression", kind="equal", reference="its formula", figure="1e-5")
def test_polynomial_regression_is_its_formula() -> None:
    model = build("neurons/regression", "PolynomialRegression", features=3)
    w, b = model.get_parameter("W"), model.get_parameter("b")
    with torch.no_grad():
        w.normal_()
        b.normal_()
    x = torch.randn(4, 3)
    by_hand = torch.stack([sum(w[i, j] * row[i] * row[j] for i in range(3) for j in range(3)) + b[0] for row in x])
    assert difference(model(x), by_hand) < 1e-5
