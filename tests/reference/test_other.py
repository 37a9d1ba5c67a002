"""Energy, contrast, capsules and the zoo's cells against loops written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.reference.compare import accuracy, build, count, difference, fit
from tests.reference.data import digits
from tests.reference.proofs import proves


@proves("other/energy Energy", kind="equal", reference="a module written out", figure="0.0")
def test_energy() -> None:
    ours = build("other/energy", "Energy")
    by_hand = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.SiLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.SiLU(),
        nn.Flatten(), nn.Linear(512, 64), nn.SiLU(), nn.Linear(64, 1),
    )  # fmt: skip
    with torch.no_grad():
        for mine, tensor in zip(by_hand.parameters(), ours.parameters(), strict=True):
            mine.copy_(tensor)
    image = torch.randn(5, 1, 8, 8)
    assert difference(ours(image), by_hand(image)[:, 0]) == 0.0


@proves("other/energy Energy", kind="learns", reference="where the digits are", figure="0.97")
def test_energy_learns_where_the_digits_are() -> None:
    """Contrasted with noise, the energy of digits never seen is lower than that of pictures with their pixels shuffled."""
    data = digits()
    ours = build("other/energy", "Energy")

    def shuffled(image: Tensor) -> Tensor:
        order = torch.rand(len(image), 64).argsort(dim=1)
        return image.flatten(1).gather(1, order).reshape(-1, 1, 8, 8)

    def contrast(low: Tensor, image: Tensor) -> Tensor:
        return functional.softplus(low - ours(shuffled(image))).mean() + 1e-3 * low.square().mean()

    fit(ours, contrast, data.inputs, data.inputs, steps=200, rate=1e-3, batch=128)
    with torch.no_grad():
        lower = ours(data.held_inputs) < ours(shuffled(data.held_inputs))
    assert lower.double().mean() > 0.97


@proves("other/energy Joint", kind="equal", reference="its formula", figure="1e-5")
def test_energy_of_a_classifier() -> None:
    """E(x) = -log sum exp f(x)[y] (Grathwohl et al., 2019, equation 6)."""
    found = build("other/energy", "Joint")(torch.randn(5, 1, 8, 8))
    assert difference(found.energy, -found.logits.exp().sum(dim=-1).log()) < 1e-5
    assert found.logits.shape == (5, 10)


@proves("other/simclr SimCLR", kind="equal", reference="its formula, one encoder for both views")
def test_both_views_go_through_one_encoder() -> None:
    ours = build("other/simclr", "SimCLR", temperature=0.1)
    encoder = 16 * 9 + 16 + 32 * 16 * 9 + 32
    assert count(ours) == encoder + 32 * 64 + 64 + 64 * 64 + 64, "the layers are there once"
    first, second = torch.randn(3, 1, 8, 8), torch.randn(3, 1, 8, 8)
    found = ours(first, second)
    views = torch.cat([ours.get_submodule("head")(ours.get_submodule("encoder")(view)) for view in (first, second)])
    for i in range(6):
        for j in range(6):
            wanted = functional.cosine_similarity(views[i], views[j], dim=0) / 0.1 if i != j else torch.tensor(-1e9)
            assert difference(found[i, j], wanted) < 1e-4 * max(1.0, wanted.abs().item())
    found.softmax(dim=-1)[0, 3].backward()
    gradient = ours.get_parameter("encoder.0.weight").grad
    assert gradient is not None
    assert gradient.any()


@proves("other/simclr SimCLR", kind="learns", reference="digits without labels", figure="0.8")
def test_simclr_learns_without_labels() -> None:
    """Two views of a digit (shifted, noisy) find each other among 127 others."""
    ours, image = build("other/simclr", "SimCLR", temperature=0.1), digits().inputs

    def view(chosen: Tensor) -> Tensor:
        shift = int(torch.randint(-1, 2, ()))
        return chosen.roll(shift, dims=3) + 0.1 * torch.randn_like(chosen)

    pairs = torch.cat([torch.arange(64, 128), torch.arange(64)])
    optimiser = torch.optim.Adam(ours.parameters(), lr=3e-3)
    right = 0.0
    for step in range(300):
        chosen = image[torch.randint(len(image), (64,))]
        logits = ours(view(chosen), view(chosen))
        optimiser.zero_grad()
        functional.cross_entropy(logits, pairs).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step >= 290:
            right += (logits.argmax(dim=-1) == pairs).double().mean().item() / 10
    assert right > 0.8


def squash(x: Tensor) -> Tensor:
    """Equation 1."""
    length: Tensor = x.norm(dim=-1, keepdim=True)
    return length**2 / (1 + length**2) * x / length


def routed(votes: Tensor, rounds: int) -> Tensor:
    """Procedure 1 of Sabour et al., 2017, capsule by capsule. `votes` is [below, above, size]."""
    below, above, _ = votes.shape
    b = torch.zeros(below, above)
    v = torch.zeros(votes.shape[1:])
    for _ in range(rounds):
        c = torch.stack([torch.softmax(b[i], dim=0) for i in range(below)])
        v = torch.stack(
            [squash(sum((c[i, j] * votes[i, j] for i in range(below)), torch.zeros(votes.shape[2]))) for j in range(above)]
        )
        b = b + torch.stack([torch.stack([votes[i, j] @ v[j] for j in range(above)]) for i in range(below)])
    return v


@proves("other/capsules CapsNet", kind="equal", reference="a loop written out")
def test_capsules_are_routed_by_agreement() -> None:
    ours = build("other/capsules", "CapsNet", size=18, channels=4, maps=2, classes=3).eval()
    layer = ours.get_submodule
    image = torch.randn(2, 1, 18, 18)
    with torch.no_grad():
        maps = layer("primary")(torch.relu(layer("conv")(image)))
        assert maps.shape == (2, 16, 1, 1)
        # Capsules are 8 neighbouring channels at one place.
        below = squash(
            torch.stack([maps[:, 8 * m : 8 * m + 8, y, x] for m in range(2) for y in range(1) for x in range(1)], dim=1)
        )
        weight = ours.get_parameter("digits.weight")
        with torch.no_grad():
            weight.mul_(20)
        votes = torch.stack(
            [torch.stack([torch.stack([below[n, i] @ weight[i, j] for j in range(3)]) for i in range(2)]) for n in range(2)]
        )
        wanted = torch.stack([routed(vote, 3) for vote in votes])
        found = ours(image)
        assert difference(found.digits, wanted) < 1e-5
        assert difference(found.lengths, wanted.norm(dim=-1)) < 1e-5
        assert difference(torch.stack([routed(vote, 1) for vote in votes]), wanted) > 1e-3, "routing changes nothing here"


@proves("other/capsules CapsNet", kind="count")
def test_capsnet_count() -> None:
    """Figure 1, without the decoder: 9 x 9 x 256, 9 x 9 x 256 x 256, 1152 x 10 matrices of 8 x 16."""
    ours = build("other/capsules", "CapsNet", device="meta")
    assert count(ours) == 20_992 + 5_308_672 + 1_474_560


@proves("other/capsules CapsNet", kind="learns", reference="digits", figure="0.9")
def test_capsules_learn_digits() -> None:
    """By the margin loss (equation 4)."""

    def margin(output: tuple[Tensor, Tensor], targets: Tensor) -> Tensor:
        lengths, right = output[1], functional.one_hot(targets, 10)
        present, absent = functional.relu(0.9 - lengths) ** 2, functional.relu(lengths - 0.1) ** 2
        return (right * present + 0.5 * (1 - right) * absent).sum(dim=-1).mean()

    data = digits()
    ours = build("other/capsules", "CapsNet", size=17, channels=16, maps=4)
    large = [functional.interpolate(part, size=17) for part in (data.inputs, data.held_inputs)]
    fit(ours, margin, large[0], data.targets, steps=120, rate=3e-3, batch=64)

    class Lengths(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = ours(x).lengths
            return found

    assert accuracy(Lengths(), large[1], data.held_targets) > 0.9


@pytest.fixture
def series() -> Tensor:
    return torch.randn(3, 7, 8)


@proves("other/cells Spiking", kind="equal", reference="a loop written out", figure="0.0")
def test_spiking_cell_is_its_loop(series: Tensor) -> None:
    """Leaky integrate-and-fire: v <- 0.9 v + W x; at 1 it fires and starts again from 0."""
    ours = build("other/cells", "Spiking")
    weight = ours.get_parameter("cell.weight.weight")
    with torch.no_grad():
        weight.mul_(3)
    charge, wanted = torch.zeros(3, 16), torch.zeros(3, 7, 16)
    for t in range(7):
        for n in range(3):
            for i in range(16):
                charge[n, i] = 0.9 * charge[n, i] + weight[i].detach() @ series[n, t]
                if charge[n, i] >= 1:
                    wanted[n, t, i], charge[n, i] = 1.0, 0.0
    found = ours(series)
    assert difference(found, wanted) == 0.0
    assert 0.1 < found.mean() < 0.9


def test_spiking_cell_learns_by_a_surrogate(series: Tensor) -> None:
    """Firing has no gradient: in its place stands that of a sigmoid ten times as steep (Neftci et al., 2019)."""
    ours = build("other/cells", "Spiking")
    weight, x = ours.get_parameter("cell.weight.weight"), series[:, :1]
    ours(x).sum().backward()
    slope = torch.sigmoid(10 * (x[:, 0] @ weight.detach().T - 1))
    assert weight.grad is not None
    assert difference(weight.grad, (10 * slope * (1 - slope)).T @ x[:, 0]) < 1e-5


@proves("other/cells Spiking", kind="learns", reference="to fire 3 times in 10")
def test_spiking_cell_learns() -> None:
    """To fire 3 times in 10 steps of an input that never changes, from weights that make every cell fire at times."""
    ours, x = build("other/cells", "Spiking", features=2, hidden=4), torch.ones(1, 10, 2)
    with torch.no_grad():
        ours.get_parameter("cell.weight.weight").abs_()
    wanted = torch.full((1, 4), 0.3)

    def rate(spikes: Tensor, wanted: Tensor) -> Tensor:
        return functional.mse_loss(spikes.mean(dim=1), wanted)

    fit(ours, rate, x, wanted, steps=100, rate=0.02)
    assert ours(x).sum(dim=1).tolist() == [[3.0] * 4]


@proves("other/cells Memory", kind="equal", reference="a loop written out", figure="1e-6")
def test_memory_cell_forgets_nothing(series: Tensor) -> None:
    ours = build("other/cells", "Memory")
    gates = ours.get_submodule("cell.gates")
    h = c = torch.zeros(3, 16)
    steps = []
    for t in range(7):
        i, g, o = gates(torch.cat([series[:, t], h], dim=-1)).chunk(3, dim=-1)
        c = c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        steps.append(h)
    assert difference(tuple(ours(series)), (torch.stack(steps, dim=1), h, c)) < 1e-6


@proves("other/cells GatedMemory", kind="equal", reference="a loop written out", figure="1e-6")
def test_gated_memory_cell_is_its_loop(series: Tensor) -> None:
    ours = build("other/cells", "GatedMemory")
    forget, write = ours.get_submodule("cell.forget"), ours.get_submodule("cell.write")
    h, steps = torch.zeros(3, 16), []
    for t in range(7):
        f = torch.sigmoid(forget(torch.cat([series[:, t], h], dim=-1)))
        h = (1 - f) * h + f * torch.tanh(write(torch.cat([series[:, t], f * h], dim=-1)))
        steps.append(h)
    assert difference(tuple(ours(series)), (torch.stack(steps, dim=1), h)) < 1e-6


@proves("other/cells Noisy", kind="equal", reference="a loop written out")
def test_noisy_and_probabilistic_cells() -> None:
    """In training: noise of deviation 0.1, then ones and zeros of the probability; in use, the probability."""
    ours = build("other/cells", "Noisy")
    weight = ours.get_submodule("cell.weight")
    x = torch.randn(4, 8)
    with torch.no_grad():
        torch.manual_seed(3)
        found = ours(x)
        torch.manual_seed(3)
        p = torch.sigmoid(weight(x + 0.1 * torch.randn_like(x)))
        assert difference(found, torch.bernoulli(p)) == 0.0
        mean = torch.stack([ours(x) for _ in range(2000)]).mean(dim=0)
        ours.eval()
        assert difference(ours(x), torch.sigmoid(weight(x))) == 0.0
        assert difference(mean, ours(x)) < 0.06
