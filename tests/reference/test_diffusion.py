"""Diffusion against diffusers: same keys, same weights, in fp64 1e-10 relative."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from diffusers import DDPMScheduler, UNet2DConditionModel, UNet2DModel
from torch import Tensor, nn

from tests.reference.compare import (
    assert_same_gradients,
    assert_same_keys,
    build,
    count,
    difference,
    differences,
    randomise,
    relative_difference,
    share_weights,
)
from tests.reference.proofs import proves


class Waves(nn.Module):
    """diffusers' sines and cosines of the step, in the width of the model: theirs are 32 bits wide in every model."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.waves = width // 2

    def forward(self, t: Tensor) -> Tensor:
        angles = t[:, None] * torch.exp(-math.log(10_000) * torch.arange(self.waves, dtype=torch.float64) / self.waves)
        return torch.cat([angles.cos(), angles.sin()], dim=-1)


def answering_tensors(module: nn.Module) -> nn.Module:
    """The same model, answering with a tensor."""
    forward = module.forward
    module.forward = lambda *inputs: forward(*inputs).sample
    return module


def ddpm_unet(widths: tuple[int, ...] = (128, 256, 256, 256), layers: int = 2, groups: int = 32) -> nn.Module:
    attends = [i == 1 for i in range(len(widths))]
    return answering_tensors(
        UNet2DModel(
            sample_size=32,
            layers_per_block=layers,
            block_out_channels=widths,
            norm_num_groups=groups,
            down_block_types=["AttnDownBlock2D" if attends[i] else "DownBlock2D" for i in range(len(widths))],
            up_block_types=["AttnUpBlock2D" if attends[i] else "UpBlock2D" for i in reversed(range(len(widths)))],
            attention_head_dim=None,
        )
    )


SMALL: dict[str, Any] = {"widths": (16, 32, 32), "layers": 1, "groups": 8}


def small(**settings: Any) -> dict[str, Any]:
    return {
        "attends": [False, True, False],
        **{name: list(v) if name == "widths" else v for name, v in SMALL.items()},
        **settings,
    }


@proves("diffusion/ddpm", kind="count")
def test_unet_at_full_size() -> None:
    ours = build("diffusion/ddpm", "UNet", device="meta")
    with torch.device("meta"):
        theirs = ddpm_unet()
    assert_same_keys(ours, theirs)
    assert count(ours) == 35_746_307
    assert count(build("diffusion/ddpm", "DDPM", device="meta")) == 35_746_307


@pytest.fixture
def unets(double: None) -> tuple[nn.Module, nn.Module]:
    """Ours and theirs, small, with the same weights in fp64."""
    ours, theirs = build("diffusion/ddpm", "UNet", **small()).eval(), ddpm_unet(**SMALL).eval()
    assert_same_keys(ours, theirs)
    randomise(theirs)
    share_weights(ours, theirs)
    theirs.time_proj = Waves(16)
    return ours, theirs


@proves("diffusion/ddpm UNet", kind="equal", reference="diffusers' UNet2DModel", figure="1e-10 relative")
def test_unet(unets: tuple[nn.Module, nn.Module]) -> None:
    ours, theirs = unets
    image, t = torch.randn(2, 3, 16, 16), torch.tensor([3, 871])
    with torch.no_grad():
        assert relative_difference(ours(image, t), theirs(image, t)) < 1e-10


def test_unet_gradients(unets: tuple[nn.Module, nn.Module]) -> None:
    assert_same_gradients(*unets, torch.randn(2, 3, 16, 16), torch.tensor([3, 871]), relative=1e-9)


def test_unet_as_published() -> None:
    """In 32 bits, with nothing changed in theirs."""
    ours, theirs = build("diffusion/ddpm", "UNet", **small()).eval(), ddpm_unet(**SMALL).eval()
    share_weights(ours, theirs)
    image, t = torch.randn(2, 3, 16, 16), torch.tensor([3, 871])
    with torch.no_grad():
        assert relative_difference(ours(image, t), theirs(image, t)) < 1e-5


@pytest.fixture
def ddpm() -> nn.Module:
    return build("diffusion/ddpm", "DDPM", size=16, widths=[8, 8, 8, 8], groups=4).eval()


@proves("diffusion/ddpm DDPM", kind="equal", reference="diffusers' DDPMScheduler.add_noise", figure="0.0")
def test_noise_is_added_as_by_the_scheduler(ddpm: nn.Module) -> None:
    scheduler = DDPMScheduler(num_train_timesteps=1000, beta_start=0.0001, beta_end=0.02, beta_schedule="linear")
    assert difference(ddpm.get_buffer("betas"), scheduler.betas) == 0.0
    assert difference(ddpm.get_buffer("kept"), scheduler.alphas_cumprod) == 0.0
    image, noise, t = torch.randn(5, 3, 16, 16), torch.randn(5, 3, 16, 16), torch.tensor([0, 1, 500, 998, 999])
    assert difference(ddpm.add_noise(image, noise, t), scheduler.add_noise(image, noise, t)) == 0.0  # type: ignore[operator]


@proves("diffusion/ddpm DDPM", kind="equal", reference="diffusers' DDPMScheduler.step", figure="1e-9")
def test_one_step_back_is_the_schedulers(double: None, ddpm: nn.Module) -> None:
    """Algorithm 2 with the variance beta, which diffusers calls `fixed_large`; it clips no picture."""
    ddpm.double()
    scheduler = DDPMScheduler(
        num_train_timesteps=1000,
        beta_start=0.0001,
        beta_end=0.02,
        beta_schedule="linear",
        variance_type="fixed_large",
        clip_sample=False,
    )
    scheduler.betas, scheduler.alphas_cumprod = ddpm.get_buffer("betas"), ddpm.get_buffer("kept")
    scheduler.alphas = 1 - scheduler.betas
    noisy = torch.randn(2, 3, 16, 16)
    for step in (999, 500, 1):
        t = torch.full((2,), step)
        with torch.no_grad():
            found = ddpm(noisy, t)
            wanted = scheduler.step(found, step, noisy, generator=torch.Generator().manual_seed(5)).prev_sample
            fresh = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(5))
            assert difference(ddpm.denoise(noisy, t, fresh), wanted) < 1e-9  # type: ignore[operator]


def conditioned(**settings: Any) -> nn.Module:
    return answering_tensors(
        UNet2DConditionModel(
            sample_size=16,
            block_out_channels=(32, 64),
            layers_per_block=1,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            cross_attention_dim=32,
            attention_head_dim=8,
            norm_num_groups=8,
            **settings,
        )
    )


TINY: dict[str, Any] = {"widths": [32, 64], "attends": [True, False], "layers": 1, "words": 32, "groups": 8}


@pytest.mark.parametrize(
    "width",
    [
        32,
        pytest.param(
            64,
            marks=proves(
                "diffusion/text_to_image TextToImage",
                kind="equal",
                reference="diffusers' UNet2DConditionModel",
                figure="1e-10 relative",
            ),
        ),
    ],
)
def test_text_to_image(width: int) -> None:
    """As published in 32 bits; in 64 with their waves of the step widened."""
    torch.set_default_dtype(torch.float64 if width == 64 else torch.float32)
    try:
        ours, theirs = build("diffusion/text_to_image", "TextToImage", **TINY).eval(), conditioned().eval()
        assert_same_keys(ours, theirs)
        assert count(ours) == 792_964
        share_weights(ours, theirs)
        if width == 64:
            theirs.time_proj = Waves(32)
        fed = torch.randn(2, 4, 16, 16), torch.tensor([7, 900]), torch.randn(2, 5, 32)
        with torch.no_grad():
            assert relative_difference(ours(*fed), theirs(*fed)) < (1e-10 if width == 64 else 1e-5)
            other = ours(fed[0], fed[1], torch.randn(2, 5, 32))
        assert differences(other, ours(*fed))[0].relative > 1e-6, "the text does not reach the picture"
    finally:
        torch.set_default_dtype(torch.float32)


@proves("diffusion/text_to_image TextToImage", kind="count")
def test_text_to_image_at_full_size() -> None:
    """The U-Net of Stable Diffusion 1 (859 520 964): diffusers' defaults with text of 768 numbers a word."""
    ours = build("diffusion/text_to_image", "TextToImage", device="meta")
    with torch.device("meta"):
        theirs = UNet2DConditionModel(cross_attention_dim=768)
    assert_same_keys(ours, theirs)
    assert count(ours) == 859_520_964
