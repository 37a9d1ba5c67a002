"""BigGAN against a module written out after the authors' code, and its published sizes."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from tests.reference.compare import assert_same_keys, build, count, difference, randomise, share_weights
from tests.reference.proofs import proves


def conv(width: int, out: int, size: int = 3, bias: bool = True) -> nn.Module:
    return spectral_norm(nn.Conv2d(width, out, size, padding=size // 2, bias=bias))


class ConditionalNorm(nn.Module):
    """BigGAN-PyTorch/layers.py, ccbn."""

    def __init__(self, width: int, told: int) -> None:
        super().__init__()
        self.gain = spectral_norm(nn.Linear(told, width, bias=False))
        self.bias = spectral_norm(nn.Linear(told, width, bias=False))
        self.norm = nn.BatchNorm2d(width, affine=False)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        gain, bias = 1 + self.gain(told), self.bias(told)
        found: Tensor = self.norm(x) * gain[:, :, None, None] + bias[:, :, None, None]
        return found


class Attention(nn.Module):
    """BigGAN-PyTorch/layers.py, Attention."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.theta, self.phi = conv(width, width // 8, 1, False), conv(width, width // 8, 1, False)
        self.g, self.o = conv(width, width // 2, 1, False), conv(width // 2, width, 1, False)
        self.gamma = nn.Parameter(torch.tensor(0.0))

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        theta = self.theta(x).view(n, c // 8, h * w)
        phi = functional.max_pool2d(self.phi(x), 2).view(n, c // 8, h * w // 4)
        g = functional.max_pool2d(self.g(x), 2).view(n, c // 2, h * w // 4)
        beta = functional.softmax(torch.bmm(theta.transpose(1, 2), phi), -1)
        found: Tensor = self.gamma * self.o(torch.bmm(g, beta.transpose(1, 2)).view(n, c // 2, h, w)) + x
        return found


class Up(nn.Module):
    """BigGAN-PyTorch/layers.py, GBlock."""

    def __init__(self, width: int, out: int, told: int) -> None:
        super().__init__()
        self.bn1, self.bn2 = ConditionalNorm(width, told), ConditionalNorm(out, told)
        self.conv1, self.conv2, self.conv_sc = conv(width, out), conv(out, out), conv(width, out, 1)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        h = functional.interpolate(functional.relu(self.bn1(x, told)), scale_factor=2)
        h = self.conv2(functional.relu(self.bn2(self.conv1(h), told)))
        found: Tensor = h + self.conv_sc(functional.interpolate(x, scale_factor=2))
        return found


class Down(nn.Module):
    """BigGAN-PyTorch/layers.py, DBlock."""

    def __init__(self, width: int, out: int, first: bool, half: bool) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv(width, out), conv(out, out)
        if half:
            self.conv_sc = conv(width, out, 1)
        self.first, self.halves = first, half

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(functional.relu(self.conv1(x if self.first else functional.relu(x))))
        found: Tensor
        if not self.halves:
            found = h + x
            return found
        shortcut = self.conv_sc(functional.avg_pool2d(x, 2)) if self.first else functional.avg_pool2d(self.conv_sc(x), 2)
        found = functional.avg_pool2d(h, 2) + shortcut
        return found


class Generator(nn.Module):
    def __init__(self, latent: int, width: int, factors: list[int], attends: int, classes: int, shared: int) -> None:
        super().__init__()
        self.part, self.attends = latent // (len(factors) + 1), attends
        self.shared = nn.Embedding(classes, shared)
        self.linear = spectral_norm(nn.Linear(self.part, 16 * factors[0] * width))
        widths = [factors[0] * width] + [factor * width for factor in factors]
        told = shared + self.part
        self.blocks = nn.ModuleList([Up(a, b, told) for a, b in pairwise(widths)])
        self.attention = nn.ModuleDict({str(attends): Attention(widths[attends + 1])})
        self.output_norm, self.output_conv = nn.BatchNorm2d(widths[-1]), conv(widths[-1], 3)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        parts = torch.split(z, self.part, 1)
        h = self.linear(parts[0]).view(len(z), -1, 4, 4)
        for i, block in enumerate(self.blocks):
            h = block(h, torch.cat([self.shared(label), parts[i + 1]], 1))
            if i == self.attends:
                h = self.attention[str(i)](h)
        return torch.tanh(self.output_conv(functional.relu(self.output_norm(h))))


class Discriminator(nn.Module):
    def __init__(self, width: int, factors: list[int], attends: int, classes: int) -> None:
        super().__init__()
        widths = [3] + [factor * width for factor in factors]
        pairs = pairwise(widths)
        self.blocks = nn.ModuleList([Down(a, b, first=i == 0, half=True) for i, (a, b) in enumerate(pairs)])
        self.attends = attends
        self.attention = nn.ModuleDict({str(attends): Attention(widths[attends + 1])})
        self.last = Down(widths[-1], widths[-1], first=False, half=False)
        self.linear, self.embed = spectral_norm(nn.Linear(widths[-1], 1)), spectral_norm(nn.Embedding(classes, widths[-1]))

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i == self.attends:
                x = self.attention[str(i)](x)
        h = functional.relu(self.last(x)).sum([2, 3])
        found: Tensor = self.linear(h)[:, 0] + (self.embed(label) * h).sum(1)
        return found


@pytest.mark.parametrize(("model", "parameters"), [("Generator", 70_433_988), ("Discriminator", 87_982_370)])
@proves("gan/biggan", kind="count")
def test_counts(model: str, parameters: int) -> None:
    ours = build("gan/biggan", model, device="meta")
    assert count(ours) == parameters
    label = torch.zeros(2, dtype=torch.long, device="meta")
    ours.eval()  # power iteration wants numbers, which meta tensors have none of
    if model == "Generator":
        assert ours(torch.empty(2, 120, device="meta"), label).shape == (2, 3, 128, 128)
    else:
        assert ours(torch.empty(2, 3, 128, 128, device="meta"), label).shape == (2,)


def pair(model: str) -> tuple[nn.Module, nn.Module, tuple[Tensor, ...]]:
    """Ours and the one written out, small, with the same weights; and inputs."""
    label = torch.tensor([1, 4, 4])
    if model == "Generator":
        ours = build("gan/biggan", model, latent=16, width=8, factors=[4, 2, 1], attends=1, classes=5, shared=6)
        theirs: nn.Module = Generator(16, 8, [4, 2, 1], 1, 5, 6)
        fed = torch.randn(3, 16), label
    else:
        ours = build("gan/biggan", model, size=16, width=8, factors=[1, 2, 4], attends=0, classes=5)
        theirs = Discriminator(8, [1, 2, 4], 0, 5)
        fed = torch.randn(3, 3, 16, 16), label
    assert_same_keys(ours, theirs)
    randomise(theirs)
    share_weights(ours, theirs)
    return ours, theirs, fed


@pytest.mark.parametrize("training", [False, True], ids=["eval", "training"])
@pytest.mark.parametrize("model", ["Generator", "Discriminator"])
@proves("gan/biggan", kind="equal", reference="a module written out", figure="1e-5")
def test_is_the_one_written_out(model: str, training: bool) -> None:
    """In training the power iteration takes a step, too."""
    ours, theirs, fed = pair(model)
    ours.train(training)
    theirs.train(training)
    with torch.no_grad():
        assert difference(ours(*fed), theirs(*fed)) < 1e-5
    for name, tensor in theirs.state_dict().items():
        assert difference(ours.state_dict()[name], tensor) < 1e-5, name


def test_spectral_norms_are_one() -> None:
    ours, _, fed = pair("Discriminator")
    ours.train()
    with torch.no_grad():
        for _ in range(30):
            ours(*fed)
    ours.eval()
    for layer in ("blocks.1.conv1", "linear", "embed", "attention.0.theta"):
        weight = ours.get_submodule(layer).weight
        assert isinstance(weight, Tensor)
        assert abs(torch.linalg.matrix_norm(weight.detach().flatten(1), ord=2).item() - 1) < 1e-2, layer


def test_each_block_hears_its_part_of_the_latent() -> None:
    """The last part moves the picture, but no block before the last."""
    ours, _, (z, label) = pair("Generator")
    ours.eval()
    seen: list[Tensor] = []
    for i in range(3):
        ours.get_submodule(f"blocks.{i}").register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    other = z.clone()
    other[:, 12:] += 1
    with torch.no_grad():
        first, second = ours(z, label), ours(other, label)
    moved = [difference(seen[i], seen[i + 3]) > 0 for i in range(3)]
    assert moved == [False, False, True]
    assert difference(first, second) > 0


def test_weights_begin_orthogonal() -> None:
    weight = build("gan/biggan", "Generator", latent=16, width=8, factors=[4, 2, 1], attends=1).get_parameter(
        "blocks.2.conv1.parametrizations.weight.original"
    )
    rows = weight.flatten(1)
    assert difference(rows @ rows.T, torch.eye(len(rows))) < 1e-5


def test_the_class_says_scale_and_offset() -> None:
    """Class-conditional batch normalisation: pictures of one batch that are told other classes get other statistics."""
    ours, _, (z, _) = pair("Generator")
    norm = ours.get_submodule("blocks.0.bn1").train()
    x, told = torch.randn(64, 32, 4, 4), torch.randn(2, 6 + 4).repeat_interleave(32, 0)
    with torch.no_grad():
        norm(x, told)  # takes a step of the power iteration, which the next pass in eval mode does not
        norm.eval()
        gain, bias = (norm.get_submodule(part)(told) for part in ("gain", "bias"))
        norm.get_submodule("norm").train()
        found = norm(x, told)
        plain = functional.batch_norm(x, None, None, training=True)
    assert difference(found, plain * (1 + gain[:, :, None, None]) + bias[:, :, None, None]) < 1e-5
    assert difference(gain[0], gain[63]) > 1e-2
    assert z.shape[1] == 16


def test_attention_begins_as_nothing_and_sees_everything() -> None:
    """With gamma 0 the picture passes; with gamma 1 a pixel moves when one far away does."""
    attention = build("gan/biggan", "Generator", latent=16, width=8, factors=[4, 2, 1], attends=1).get_submodule("attention.1")
    x = torch.randn(1, 16, 16, 16)
    with torch.no_grad():
        for _ in range(30):
            attention(x)  # steps of the power iteration
    attention.eval()
    far = x.clone()
    far[..., 15, 15] += 3
    with torch.no_grad():
        assert torch.equal(attention(x), x)
        attention.get_parameter("gamma").fill_(1.0)
        moved = (attention(far) - attention(x)).abs().sum(dim=1)[0]
    assert (moved > 0).all()
