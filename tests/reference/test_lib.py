"""The library's blocks against implementations that others wrote: same keys, same weights, in fp64 1e-10 relative."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn
from torchvision import ops
from torchvision.models import resnet
from transformers import LlamaConfig, T5Config
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaRotaryEmbedding, apply_rotary_pos_emb
from transformers.models.t5.modeling_t5 import T5Attention

import specc
from tests.reference.compare import assert_same_keys, difference, randomise, relative_difference, share_weights

pytestmark = pytest.mark.usefixtures("double")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return tmp_path / "use.nn"


def layer(spec: Path, module: str, inputs: str, stage: str) -> nn.Module:
    """A block of the library in use: `inputs` as they are declared, `stage` as it is written."""
    names = [part.split(":")[0].strip() for part in inputs.split(";")]
    fed = names[0] if len(names) == 1 else f"({', '.join(names)})"
    body = f"    input {inputs.replace(';', ',')}\n    y = {fed} -> layer: {stage}\n    output y\n"
    imported = f"from specc.lib.{module} import {stage.partition('(')[0]}\n"
    spec.write_text(f"{imported}model Use {{\n{body}}}\n", encoding="utf-8")
    made = specc.load(spec).Use().get_submodule("layer")
    assert isinstance(made, nn.Module)
    return made


def paired(ours: nn.Module, theirs: nn.Module) -> None:
    """Theirs gets random weights and statistics, ours the same under the same keys."""
    theirs.eval()
    randomise(theirs)
    assert_same_keys(ours, theirs)
    share_weights(ours, theirs)
    ours.eval()


@pytest.mark.parametrize(("heads", "groups"), [(4, 2), (4, 1), (4, 4)])
def test_grouped_queries_are_llamas(spec: Path, heads: int, groups: int) -> None:
    ours = layer(spec, "attention", "x: float[B, T, 32]", f"GroupedQueryAttention({heads}, {groups})")
    config = LlamaConfig(hidden_size=32, num_attention_heads=heads, num_key_value_heads=groups, attn_implementation="sdpa")
    theirs = LlamaAttention(config, 0)
    paired(ours, theirs)
    x = torch.randn(2, 9, 32)
    places = turns(config, 9)
    hidden = torch.full((9, 9), float("-inf")).triu(1)[None, None]
    assert relative_difference(ours(x), theirs(x, places, hidden)[0]) < 1e-10


def turns(config: LlamaConfig, steps: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the angles of transformers, which takes them in 32 bits whatever the width of the model."""
    inverse = 1.0 / config.rope_parameters["rope_theta"] ** (torch.arange(0, config.head_dim, 2) / config.head_dim)
    single = LlamaRotaryEmbedding(config)
    angles = torch.arange(steps)[:, None] * torch.cat([inverse, inverse])
    wanted = single(torch.zeros(1, dtype=torch.float32), torch.arange(steps)[None])
    assert difference((angles.cos()[None], angles.sin()[None]), wanted) < 1e-5
    return angles.cos()[None], angles.sin()[None]


def test_rotation_is_llamas_and_tells_distance(spec: Path) -> None:
    """The product of a query and a key, turned, depends on how far apart they stand and on nothing else of their places."""
    ours = layer(spec, "attention", "x: float[B, H, T, 8]", "Rotary")
    config = LlamaConfig(hidden_size=16, num_attention_heads=2)
    q, k = torch.randn(2, 2, 9, 8), torch.randn(2, 2, 9, 8)
    assert relative_difference((ours(q), ours(k)), apply_rotary_pos_emb(q, k, *turns(config, 9))) < 1e-10
    same = ours(q[:, :, :1].expand(-1, -1, 9, -1)) @ ours(k[:, :, :1].expand(-1, -1, 9, -1)).mT
    for ahead in range(-8, 9):
        diagonal = same.diagonal(ahead, -2, -1)
        assert difference(diagonal, diagonal[..., :1].expand_as(diagonal)) < 1e-12


@pytest.mark.parametrize("causal", [False, True])
def test_relative_attention_is_t5s(spec: Path, causal: bool) -> None:
    """Over distances that have a bucket each, that share one, and that are further than all buckets."""
    use = f"RelativeAttention(4, 6, causal={'true' if causal else 'false'})"
    ours = layer(spec, "attention", "x: float[B, T, 32]", use)
    config = T5Config(d_model=32, num_heads=4, d_kv=6, is_decoder=causal, use_cache=False)
    theirs = T5Attention(config, has_relative_attention_bias=True, layer_idx=0)
    paired(ours, theirs)
    x = torch.randn(2, 150, 32)
    bias = theirs.compute_bias(150, 150)
    if causal:
        bias = bias + torch.full((150, 150), float("-inf")).triu(1)
    y, table = ours(x)
    # transformers takes an input mask, and adds its own bias to it.
    mask = torch.zeros(1, 1, 150, 150) if not causal else torch.full((1, 1, 150, 150), float("-inf")).triu(1)
    assert relative_difference(y, theirs(x, mask=mask)[0]) < 1e-10
    seen = torch.isfinite(bias)
    assert difference(table.expand_as(bias)[seen], bias[seen]) < 1e-12
    assert (table.expand_as(bias)[~seen] < -1e8).all()


def test_a_later_layer_uses_the_bias_of_the_first(spec: Path) -> None:
    later = layer(
        spec, "attention", "x: float[B, T, 32]; bias: float[1, 4, T, T]", "RelativeAttention(4, 6, learns_bias=false)"
    )
    assert [name for name, _ in later.named_parameters()] == ["q.weight", "k.weight", "v.weight", "o.weight"]
    bias = torch.randn(1, 4, 5, 5)
    y, passed = later(torch.randn(2, 5, 32), bias)
    assert y.shape == (2, 5, 32)
    assert torch.equal(passed, bias)


RESIDUAL: dict[str, tuple[str, Any]] = {
    "basic": ("BasicBlock(8)", lambda: resnet.BasicBlock(8, 8)),
    "basic, smaller and wider": (
        "BasicBlock(16, stride=2)",
        lambda: resnet.BasicBlock(8, 16, 2, nn.Sequential(nn.Conv2d(8, 16, 1, 2, bias=False), nn.BatchNorm2d(16))),
    ),
    "bottleneck": (
        "Bottleneck(4, stride=2)",
        lambda: resnet.Bottleneck(8, 4, 2, nn.Sequential(nn.Conv2d(8, 16, 1, 2, bias=False), nn.BatchNorm2d(16))),
    ),
    "bottleneck as it is": ("Bottleneck(2)", lambda: resnet.Bottleneck(8, 2)),
}


@pytest.mark.parametrize("name", RESIDUAL)
def test_residual_blocks_are_torchvisions(spec: Path, name: str) -> None:
    stage, make = RESIDUAL[name]
    ours, theirs = layer(spec, "residual", "x: float[N, 8, 10, 12]", stage), make()
    paired(ours, theirs)
    x = torch.randn(2, 8, 10, 12)
    assert difference(ours(x), theirs(x)) == 0.0


def test_convolution_blocks_are_torchvisions(spec: Path) -> None:
    x = torch.randn(2, 8, 10, 12)
    ours = layer(spec, "convolution", "x: float[N, 8, H, W]", "ConvNormAct(6, 3, BatchNorm2d, stride=2, groups=2)")
    theirs: nn.Module = ops.Conv2dNormActivation(8, 6, 3, 2, groups=2, activation_layer=nn.SiLU)
    paired(ours, theirs)
    assert difference(ours(x), theirs(x)) == 0.0
    ours = layer(spec, "convolution", "x: float[N, 8, H, W]", "SqueezeExcitation(3)")
    theirs = ops.SqueezeExcitation(8, 3, activation=nn.SiLU)
    paired(ours, theirs)
    assert difference(ours(x), theirs(x)) == 0.0


def test_stochastic_depth_is_torchvisions(spec: Path) -> None:
    ours, theirs = (
        layer(spec, "regularization", "x: float[N, 8, H, W]", "StochasticDepth(0.4)"),
        ops.StochasticDepth(0.4, "row"),
    )
    x = torch.randn(64, 8, 3, 3)
    for training in (False, True):
        outputs = []
        for module in (ours.train(training), theirs.train(training)):
            torch.manual_seed(4)
            outputs.append(module(x))
        assert difference(outputs[0], outputs[1]) < 1e-12


@pytest.mark.parametrize("width", [8, 16])
def test_unet_block_is_diffusers(spec: Path, width: int) -> None:
    ours = layer(spec, "unet", "x: float[N, 8, H, W]; time: float[N, 12]", f"ResnetBlock({width}, groups=4)")
    theirs = ResnetBlock2D(in_channels=8, out_channels=width, temb_channels=12, groups=4, eps=1e-5)
    paired(ours, theirs)
    x, time = torch.randn(2, 8, 6, 7), torch.randn(2, 12)
    assert relative_difference(ours(x, time), theirs(x, time)) < 1e-10


def test_attention_over_pixels_is_diffusers(spec: Path) -> None:
    ours = layer(spec, "unet", "x: float[N, 8, H, W]", "SpatialAttention(2, groups=4)")
    theirs = Attention(8, heads=2, dim_head=4, norm_num_groups=4, eps=1e-5, bias=True, residual_connection=True)
    paired(ours, theirs)
    x = torch.randn(2, 8, 5, 6)
    assert relative_difference(ours(x), theirs(x)) < 1e-10


def test_encoder_and_decoder_layers_are_torchs(spec: Path) -> None:
    x, memory = torch.randn(2, 7, 16), torch.randn(2, 5, 16)
    encoder = layer(spec, "transformer", "x: float[B, T, 16]", "EncoderLayer(4, 32, 0.0)")
    theirs: nn.Module = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True)
    copied(encoder, theirs)
    assert relative_difference(encoder(x), theirs(x)) < 1e-10
    decoder = layer(spec, "transformer", "x: float[B, T, 16]; memory: float[B, S, 16]", "DecoderLayer(4, 32, 0.0)")
    theirs = nn.TransformerDecoderLayer(16, 4, 32, dropout=0.0, batch_first=True)
    copied(decoder, theirs)
    mask = nn.Transformer.generate_square_subsequent_mask(7)
    assert relative_difference(decoder(x, memory), theirs(x, memory, tgt_mask=mask)) < 1e-10


def copied(ours: nn.Module, theirs: nn.Module) -> None:
    """torch's layer gets our weights under its names."""
    randomise(ours)
    names = {"linear1": "feed.0", "linear2": "feed.2", "multihead_attn": "cross_attn"}
    with torch.no_grad():
        for name, tensor in theirs.named_parameters():
            part, _, kind = name.partition(".")
            prefix = names.get(part, part)
            if kind.startswith("in_proj_"):
                sides: list[Tensor] = [ours.get_parameter(f"{prefix}.{s}.{kind.removeprefix('in_proj_')}") for s in "qkv"]
                tensor.copy_(torch.cat(sides))
            else:
                tensor.copy_(ours.get_parameter(f"{prefix}.{kind.replace('out_proj', 'out')}"))
