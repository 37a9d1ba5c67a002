"""Generative adversarial networks against modules written out, and their published sizes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.reference.compare import assert_equal, assert_same_keys, build, count, difference, randomise, share_weights
from tests.reference.data import digits
from tests.reference.proofs import proves


@proves("gan/gan", kind="count")
def test_gan_counts() -> None:
    """784 pixels, 100 numbers of noise, hidden layers of 128 and 256."""
    generator = 100 * 128 + 128 + 128 * 256 + 256 + 256 * 784 + 784
    discriminator = 784 * 256 + 256 + 256 * 128 + 128 + 128 + 1
    assert count(build("gan/gan", "GAN")) == generator + discriminator
    assert count(build("gan/gan", "ConditionalGAN")) == generator + 10 * 128 + discriminator + 10 * 256 + 100


@proves("gan/gan ConditionalGAN", kind="equal", reference="a module written out")
def test_conditional_gan_is_told_the_class() -> None:
    ours = build("gan/gan", "ConditionalGAN").eval()
    z, chosen = torch.randn(4, 100), torch.tensor([0, 3, 3, 9])
    layer = ours.get_submodule
    with torch.no_grad():
        told = ours.get_parameter("label.weight")[chosen]
        image = layer("generator")(torch.cat([z, told], dim=1))
        assert difference(ours.generate(z, chosen), image) == 0.0  # type: ignore[operator]
        assert difference(ours(z, chosen), layer("discriminator")(torch.cat([image, told], dim=1))) == 0.0
        assert difference(ours(z, chosen), ours.judge(image, chosen)) == 0.0  # type: ignore[operator]
        assert difference(ours.generate(z, chosen), ours.generate(z, torch.flip(chosen, [0]))) > 0.0  # type: ignore[operator]


@proves("gan/gan GAN", kind="learns", reference="where the real pictures are")
def test_gan_learns() -> None:
    """Goodfellow et al., 2014, algorithm 1: forger and detective take turns, and the forgeries come to lie near the digits."""
    real = digits().inputs.flatten(1) * 2 - 1
    ours = build("gan/gan", "GAN", latent=16, pixels=64)
    forger, detective = ours.get_submodule("generator"), ours.get_submodule("discriminator")
    steps = [torch.optim.Adam(half.parameters(), lr=1e-3, betas=(0.5, 0.999)) for half in (forger, detective)]
    yes, no = torch.ones(64, 1), torch.zeros(64, 1)

    def distance() -> float:
        with torch.no_grad():
            return torch.cdist(ours.generate(torch.randn(100, 16)), real).min(dim=1).values.mean().item()  # type: ignore[operator]

    before = distance()
    for _ in range(400):
        z = torch.randn(64, 16)
        fake = ours.generate(z)  # type: ignore[operator]
        judged = ours.judge(real[torch.randint(len(real), (64,))]), ours.judge(fake.detach())  # type: ignore[operator]
        loss = functional.binary_cross_entropy_with_logits(judged[0], yes)
        loss = loss + functional.binary_cross_entropy_with_logits(judged[1], no)
        steps[1].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        steps[1].step()
        steps[0].zero_grad()
        functional.binary_cross_entropy_with_logits(ours(z), yes).backward()  # type: ignore[no-untyped-call]
        steps[0].step()
    assert distance() < 0.7 * before


@proves("gan/gan ConditionalGAN", kind="learns", reference="to draw the class that is asked for", figure="0.95")
def test_conditional_gan_learns() -> None:
    """Told a digit, the forger draws what lies nearer to the mean of that digit than to the other one's."""
    data = digits()
    real, kinds = data.inputs.flatten(1) * 2 - 1, data.targets
    real, kinds = real[kinds < 2], kinds[kinds < 2]
    ours = build("gan/gan", "ConditionalGAN", latent=8, pixels=64, classes=2)
    shared = list(ours.get_submodule("label").parameters())
    forger = torch.optim.Adam([*ours.get_submodule("generator").parameters(), *shared], lr=1e-3, betas=(0.5, 0.999))
    detective = torch.optim.Adam([*ours.get_submodule("discriminator").parameters(), *shared], lr=1e-3, betas=(0.5, 0.999))
    yes, no = torch.ones(64, 1), torch.zeros(64, 1)
    judge, loss = ours.judge, functional.binary_cross_entropy_with_logits
    for _ in range(300):
        chosen = torch.randint(len(real), (64,))
        fake = ours.generate(torch.randn(64, 8), kinds[chosen]).detach()  # type: ignore[operator]
        detective.zero_grad()
        charge = loss(judge(real[chosen], kinds[chosen]), yes) + loss(judge(fake, kinds[chosen]), no)  # type: ignore[operator]
        charge.backward()  # type: ignore[no-untyped-call]
        detective.step()
        forger.zero_grad()
        loss(ours(torch.randn(64, 8), kinds[chosen]), yes).backward()  # type: ignore[no-untyped-call]
        forger.step()
    wanted = torch.arange(2).repeat_interleave(50)
    means = torch.stack([real[kinds == kind].mean(dim=0) for kind in range(2)])
    with torch.no_grad():
        drawn = ours.generate(torch.randn(100, 8), wanted)  # type: ignore[operator]
    assert (torch.cdist(drawn, means).argmin(dim=1) == wanted).double().mean() > 0.95


@proves("gan/dcgan", kind="learns", reference="to tell and to deceive")
def test_dcgan_learns() -> None:
    """A few turns of the tutorial's loop: the discriminator comes to tell real from fake, and the forger moves."""
    ours, theirs = (
        build("gan/dcgan", "Generator", width=8, channels=1),
        build("gan/dcgan", "Discriminator", width=8, channels=1),
    )
    steps = [torch.optim.Adam(half.parameters(), lr=2e-3, betas=(0.5, 0.999)) for half in (ours, theirs)]
    real = functional.interpolate(digits().inputs * 2 - 1, size=64)
    yes, no = torch.ones(16, 1, 1, 1), torch.zeros(16, 1, 1, 1)
    before = {name: parameter.clone() for name, parameter in ours.named_parameters()}
    losses = []
    for _ in range(8):
        fake = ours(torch.randn(16, 100, 1, 1))
        judged = theirs(real[torch.randint(len(real), (16,))]), theirs(fake.detach())
        loss = functional.binary_cross_entropy(judged[0], yes) + functional.binary_cross_entropy(judged[1], no)
        steps[1].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        steps[1].step()
        steps[0].zero_grad()
        functional.binary_cross_entropy(theirs(fake), yes).backward()  # type: ignore[no-untyped-call]
        steps[0].step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert all(not torch.equal(parameter, before[name]) for name, parameter in ours.named_parameters())


def tutorial_generator() -> nn.Sequential:
    """PyTorch's tutorial on DCGAN."""
    widths = [100, 512, 256, 128, 64]
    layers: list[nn.Module] = []
    for i, (width, out) in enumerate(pairwise(widths)):
        step = (1, 0) if i == 0 else (2, 1)
        layers += [nn.ConvTranspose2d(width, out, 4, *step, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())


def tutorial_discriminator() -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for width in (64, 128, 256):
        layers += [nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 0, bias=False), nn.Sigmoid())


@pytest.mark.parametrize(("model", "parameters"), [("Generator", 3_576_704), ("Discriminator", 2_765_568)])
@proves("gan/dcgan", kind="equal", reference="PyTorch's DCGAN tutorial", figure="0.0")
def test_dcgan_is_the_tutorials(model: str, parameters: int) -> None:
    ours = build("gan/dcgan", model)
    theirs = nn.Module()
    main = tutorial_generator() if model == "Generator" else tutorial_discriminator()
    theirs.main = main
    assert_same_keys(ours, theirs)
    assert count(ours) == parameters
    for name, tensor in ours.named_parameters():  # the tutorial's weights_init
        if tensor.dim() == 4:
            assert abs(tensor.std().item() - 0.02) < 2e-3, name
        elif name.endswith("weight"):
            assert abs(tensor.mean().item() - 1) < 0.02, name
        else:
            assert not tensor.any(), name
    randomise(theirs)
    share_weights(ours, theirs)
    assert_equal(ours, main, torch.randn(2, 100, 1, 1) if model == "Generator" else torch.randn(2, 3, 64, 64))


class Residual(nn.Module):
    """junyanz/pytorch-CycleGAN-and-pix2pix, ResnetBlock."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for act in (nn.ReLU(), None):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width)]
            layers += [act] if act is not None else []
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        moved: Tensor = x + self.conv_block(x)
        return moved


def authors_generator(blocks: int) -> Iterator[nn.Module]:
    yield from (nn.ReflectionPad2d(3), nn.Conv2d(3, 64, 7), nn.InstanceNorm2d(64), nn.ReLU())
    for width in (64, 128):
        yield from (nn.Conv2d(width, 2 * width, 3, 2, 1), nn.InstanceNorm2d(2 * width), nn.ReLU())
    yield from (Residual(256) for _ in range(blocks))
    for width in (256, 128):
        yield from (nn.ConvTranspose2d(width, width // 2, 3, 2, 1, 1), nn.InstanceNorm2d(width // 2), nn.ReLU())
    yield from (nn.ReflectionPad2d(3), nn.Conv2d(64, 3, 7), nn.Tanh())


def authors_discriminator() -> Iterator[nn.Module]:
    yield from (nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2))
    for width, stride in ((64, 2), (128, 2), (256, 1)):
        yield from (nn.Conv2d(width, 2 * width, 4, stride, 1), nn.InstanceNorm2d(2 * width), nn.LeakyReLU(0.2))
    yield nn.Conv2d(512, 1, 4, 1, 1)


@proves("gan/cyclegan CycleGAN", kind="count")
def test_cyclegan_counts() -> None:
    ours = build("gan/cyclegan", "CycleGAN", device="meta")
    assert count(ours) == 28_285_832
    assert {name: count(half) for name, half in ours.named_children()} == {
        "G_A": 11_378_179,
        "G_B": 11_378_179,
        "D_A": 2_764_737,
        "D_B": 2_764_737,
    }


@proves("gan/cyclegan CycleGAN", kind="equal", reference="a module written out", figure="0.0")
def test_cyclegan_is_four_networks() -> None:
    ours = build("gan/cyclegan", "CycleGAN", size=64, blocks=2).eval()
    parts: dict[str, nn.Module] = {}
    for name in ("G_A", "G_B", "D_A", "D_B"):
        parts[name] = nn.Sequential(*(authors_generator(2) if name[0] == "G" else authors_discriminator()))
        parts[name].load_state_dict(ours.get_submodule(f"{name}.model").state_dict())
    a, b = torch.randn(2, 3, 64, 64), torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        found = ours(a, b)
        fake_b, fake_a = parts["G_A"](a), parts["G_B"](b)
        wanted = {
            "fake_b": fake_b,
            "back_a": parts["G_B"](fake_b),
            "fake_a": fake_a,
            "back_b": parts["G_A"](fake_a),
            "judged_b": parts["D_A"](fake_b),
            "judged_a": parts["D_B"](fake_a),
        }
    assert list(found._fields) == list(wanted)
    for name, picture in wanted.items():
        assert difference(getattr(found, name), picture) == 0.0, name


@proves("gan/cyclegan CycleGAN", kind="learns", reference="to go there and back")
def test_cyclegan_learns_to_go_there_and_back() -> None:
    """A few steps on the cycle's loss: each generator comes to undo the other."""
    ours = build("gan/cyclegan", "CycleGAN", size=32, blocks=1)
    a, b = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32)
    optimiser = torch.optim.Adam(ours.parameters(), lr=2e-3)
    losses = []
    for _ in range(6):
        found = ours(a, b)
        loss = functional.l1_loss(found.back_a, a) + functional.l1_loss(found.back_b, b)
        for judged in (found.judged_a, found.judged_b):
            loss = loss + 0.1 * functional.mse_loss(judged, torch.ones_like(judged))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
