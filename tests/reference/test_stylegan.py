"""StyleGAN against a module written out after the authors' code, and its published size."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.reference.compare import build, count, difference, randomise
from tests.reference.proofs import proves

SMALL: dict[str, Any] = {"latent": 12, "depth": 3, "widths": [8, 6, 4]}


@proves("gan/stylegan StyleGAN", kind="count")
def test_counts() -> None:
    """The mapping, and all of it at 1024 x 1024 with the last to-RGB layer only."""
    ours = build("gan/stylegan", "StyleGAN", device="meta")
    assert count(ours.get_submodule("mapping")) == 2_101_248
    assert count(ours) == 26_212_019


@pytest.fixture
def stylegan(double: None) -> nn.Module:
    module = build("gan/stylegan", "StyleGAN", **SMALL)
    randomise(module)
    return module


def mapped(ours: nn.Module, z: Tensor) -> Tensor:
    """G_mapping: weights of deviation 100, used at a hundredth, times He's constant."""
    w = z / torch.sqrt((z**2).mean(dim=1, keepdim=True) + 1e-8)
    for i in range(3):
        weight, bias = ours.get_parameter(f"mapping.{i}.weight"), ours.get_parameter(f"mapping.{i}.bias")
        w = functional.leaky_relu(functional.linear(w, weight * (math.sqrt(2 / 12) * 0.01), bias * 0.01), 0.2)
    return w


def painted(ours: nn.Module, styles: Tensor) -> Tensor:
    """G_synthesis. Noise is drawn layer by layer."""

    def epilogue(x: Tensor, name: str, w: Tensor) -> Tensor:
        p = ours.get_parameter
        noise = torch.randn(len(x), 1, *x.shape[2:])
        x = x + p(f"{name}.noise").view(1, -1, 1, 1) * noise
        x = functional.leaky_relu(x + p(f"{name}.bias").view(1, -1, 1, 1), 0.2)
        x = x - x.mean(dim=(2, 3), keepdim=True)
        x = x * torch.rsqrt((x**2).mean(dim=(2, 3), keepdim=True) + 1e-8)
        style = functional.linear(w, p(f"{name}.style.weight") * math.sqrt(1 / 12), p(f"{name}.style.bias"))
        style = style.view(-1, 2, x.shape[1], 1, 1)
        return x * (style[:, 0] + 1) + style[:, 1]

    def conv(x: Tensor, name: str, gain: float = math.sqrt(2)) -> Tensor:
        weight = ours.get_parameter(f"{name}.weight")
        return functional.conv2d(x, weight * (gain / math.sqrt(weight[0].numel())), padding=weight.shape[-1] // 2)

    x = ours.get_parameter("constant").repeat(len(styles), 1, 1, 1)
    for i in range(3):
        if i > 0:
            x = conv(functional.interpolate(x, scale_factor=2), f"synthesis.{i}.up")
            kernel = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
            x = torch.stack(
                [functional.conv2d(x[:, c : c + 1], kernel[None, None], padding=1)[:, 0] for c in range(x.shape[1])], 1
            )
        x = epilogue(x, f"synthesis.{i}.style1", styles[:, 2 * i])
        x = conv(x, f"synthesis.{i}.conv")
        x = epilogue(x, f"synthesis.{i}.style2", styles[:, 2 * i + 1])
    return conv(x, "to_rgb", 1.0) + ours.get_parameter("to_rgb.bias").view(1, -1, 1, 1)


def drawn(function: Any, *inputs: Any) -> Tensor:
    """With the same noise every time."""
    torch.manual_seed(11)
    found: Tensor = function(*inputs)
    return found


@proves("gan/stylegan StyleGAN", kind="equal", reference="a module written out", figure="1e-10")
def test_is_the_one_written_out(stylegan: nn.Module) -> None:
    z = torch.randn(2, 12)
    w = mapped(stylegan, z)
    assert difference(stylegan.map(z), w) < 1e-12  # type: ignore[operator]
    wanted = drawn(painted, stylegan, w[:, None].repeat(1, 6, 1))
    assert wanted.shape == (2, 3, 16, 16)
    assert difference(drawn(stylegan, z), wanted) < 1e-10


def test_noise_differs_from_picture_to_picture(stylegan: nn.Module) -> None:
    z = torch.randn(1, 12).repeat(2, 1)
    first, second = stylegan(z)
    assert difference(first, second) > 1e-3
    with torch.no_grad():
        for name, parameter in stylegan.named_parameters():
            if name.endswith("noise"):
                parameter.zero_()
    first, second = stylegan(z)
    assert difference(first, second) < 1e-12


@pytest.mark.parametrize("cut", [0, 1, 4, 6])
def test_mixing(stylegan: nn.Module, cut: int) -> None:
    coarse, fine = torch.randn(2, 12), torch.randn(2, 12)
    styles = [mapped(stylegan, coarse if layer < cut else fine) for layer in range(6)]
    wanted = drawn(painted, stylegan, torch.stack(styles, dim=1))
    assert difference(drawn(stylegan.mix, coarse, fine, cut), wanted) < 1e-10


def test_truncation(stylegan: nn.Module) -> None:
    z, mean = torch.randn(2, 12), torch.randn(12)
    stylegan.get_buffer("w_mean").copy_(mean)
    styles = (mean + 0.7 * (mapped(stylegan, z) - mean))[:, None].repeat(1, 6, 1)
    assert difference(drawn(stylegan.truncated, z), drawn(painted, stylegan, styles)) < 1e-10


def test_weights_begin_with_deviation_one() -> None:
    """Equalised learning rate: the scale is in the use, not in the weight."""
    ours = build("gan/stylegan", "StyleGAN", latent=64, depth=1, widths=[64, 64])
    assert abs(ours.get_parameter("synthesis.1.up.weight").std().item() - 1) < 0.02
    assert abs(ours.get_parameter("mapping.0.weight").std().item() - 100) < 4


def test_paints_a_thousand_pixels() -> None:
    """Nine resolutions from 4 to 1024, two styled layers each; at 256 pixels seven."""
    for variant, size, layers in ((None, 1024, 18), ("faces_256", 256, 14)):
        ours = build("gan/stylegan", "StyleGAN", variant, device="meta")
        assert ours(torch.empty(1, 512, device="meta")).shape == (1, 3, size, size)
        assert sum(type(part).__name__ == "Style" for part in ours.modules()) == layers


def test_a_style_sets_mean_and_deviation(double: None) -> None:
    """AdaIN: whatever comes in, a channel leaves with the mean and deviation that the style says."""
    style = build("gan/stylegan", "StyleGAN", **SMALL).get_submodule("synthesis.1.style1")
    randomise(style)
    w = torch.randn(2, 12)
    with torch.no_grad():
        told = w @ (style.get_parameter("style.weight") * math.sqrt(1 / 12)).T + style.get_parameter("style.bias")
        painted = style(5 + 3 * torch.randn(2, 6, 16, 16), w)
    scale, shift = told.chunk(2, dim=1)
    assert difference(painted.mean(dim=(2, 3)), shift) < 1e-9
    assert difference(painted.std(dim=(2, 3), correction=0), (1 + scale).abs()) < 1e-6
