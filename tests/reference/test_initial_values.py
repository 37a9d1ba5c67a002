"""How models begin: as the reference's do, number by number where both draw in one order, else in distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tests.reference.compare import build
from tests.reference.geometric import GATConv, GCNConv, GINEConv
from tests.reference.test_diffusion import SMALL, TINY, conditioned, ddpm_unet, small
from tests.reference.test_transformers import bert, gpt2, t5

NUMBERS = [
    ("alexnet", "AlexNet", "alexnet"),
    ("vgg", "VGG", "vgg11_bn"),
    ("resnet", "ResNet", "resnet18"),
    ("resnet", "ResNet", "resnet50"),
    ("efficientnet", "EfficientNet", "efficientnet_b0"),
]


@pytest.mark.parametrize(("spec", "model", "name"), NUMBERS, ids=[name for _, _, name in NUMBERS])
def test_torchvisions_numbers(spec: str, model: str, name: str) -> None:
    """From one seed, each weight of a new model is bit by bit torchvision's."""
    torch.manual_seed(3)
    ours = build(f"vision/{spec}", model, name if name != spec else None).state_dict()
    torch.manual_seed(3)
    theirs = torchvision.models.get_model(name, weights=None).state_dict()
    assert list(ours) == list(theirs)
    assert [key for key, tensor in theirs.items() if not torch.equal(ours[key], tensor)] == []


def assert_alike(ours: Tensor, theirs: Tensor, name: str) -> None:
    """Two samples of one distribution: their distribution functions differ by less than chance makes them (Kolmogorov and
    Smirnov; once in ten thousand it makes them differ more). What is not drawn is equal."""
    a, b = ours.detach().flatten().double(), theirs.detach().flatten().double()
    assert a.shape == b.shape, name
    if (b == b[0]).all():
        assert torch.equal(a, b), name
        return
    values = torch.cat([a, b]).sort().values
    found = torch.searchsorted(a.sort().values, values, right=True) - torch.searchsorted(b.sort().values, values, right=True)
    assert found.abs().max() / len(a) < math.sqrt(-math.log(1e-4 / 2) / len(a)), name


def zeroed(ours: nn.Module, theirs: nn.Module) -> list[str]:
    """Rows that are zero in theirs, such as that of a padding token, are zero in ours; returns where they are."""
    found = []
    for name, tensor in theirs.state_dict().items():
        if tensor.dim() == 2:
            rows = (tensor == 0).all(dim=1)
            assert torch.equal(rows, (ours.state_dict()[name] == 0).all(dim=1)), name
            found += [name] if rows.any() else []
    return found


CASES: dict[str, tuple[Callable[[], nn.Module], Callable[[], nn.Module]]] = {
    "gpt2": (
        lambda: build("transformers/gpt2", "GPT2", vocab=500, context=32, width=64, depth=3, heads=4),
        lambda: gpt2(vocab_size=500, n_positions=32, n_embd=64, n_layer=3, n_head=4, bos_token_id=0, eos_token_id=0),
    ),
    "bert": (
        lambda: build("transformers/bert", "Bert", vocab=500, context=32, width=64, depth=2, heads=4, hidden=96),
        lambda: bert(
            vocab_size=500,
            max_position_embeddings=32,
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=96,
        ),
    ),
    "t5": (
        lambda: build("transformers/t5", "T5", vocab=500, width=64, depth=2, heads=4, size=12, hidden=96),
        lambda: t5(vocab_size=500, d_model=64, num_layers=2, num_heads=4, d_kv=12, d_ff=96),
    ),
    "ddpm": (lambda: build("diffusion/ddpm", "UNet", **small()), lambda: ddpm_unet(**SMALL)),
    "text_to_image": (lambda: build("diffusion/text_to_image", "TextToImage", **TINY), conditioned),
    "gcn": (lambda: build("graph/gcn", "GCN", hidden=160).get_submodule("conv1"), lambda: GCNConv(34, 160)),
    "gat": (lambda: build("graph/gat", "GAT", hidden=16, heads=40).get_submodule("conv1"), lambda: GATConv(34, 16, heads=40)),
    "gine": (
        lambda: build("graph/message_passing", "NodeClassifier").get_submodule("conv2"),
        lambda: GINEConv(nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 32))),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_distributions_of_the_reference(name: str) -> None:
    ours, theirs = (make() for make in CASES[name])
    found = ours.state_dict()
    for key, tensor in theirs.state_dict().items():
        assert_alike(found[key], tensor, key)
    assert zeroed(ours, theirs) == (["embeddings.word_embeddings.weight"] if name == "bert" else [])


def initialised(module: nn.Module) -> nn.Module:
    """As PyTorch's tutorial on DCGAN and the authors of CycleGAN do: 0.02 wide, norms around 1."""
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(part.weight, 0.0, 0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, _BatchNorm):
            nn.init.normal_(part.weight, 1.0, 0.02)
    return module


@pytest.mark.parametrize(
    ("spec", "model", "settings"),
    [
        ("dcgan", "Generator", {"width": 16}),
        ("dcgan", "Discriminator", {"width": 16}),
        ("cyclegan", "CycleGAN", {"size": 64, "blocks": 0}),
    ],
)
def test_adversarial_networks_begin_small(spec: str, model: str, settings: dict[str, Any]) -> None:
    found = build(f"gan/{spec}", model, **settings).state_dict()
    for key, tensor in initialised(build(f"gan/{spec}", model, **settings)).state_dict().items():
        assert_alike(found[key], tensor, key)


def test_transformer_xl_begins_as_the_authors_do() -> None:
    """Weights 0.02 wide, projections of words 0.01, norms around 1."""
    sizes: dict[str, Any] = {"ends": [0, 200, 400, 900], "width": 64, "depth": 2, "heads": 4, "size": 16, "hidden": 96}
    ours = build("transformers/transformer_xl", "TransformerXL", divide=2, **sizes)
    for name, parameter in ours.named_parameters():
        wide = 0.01 if "_projs" in name else 0.02
        if name.endswith("bias") and not name.endswith(("r_r_bias", "r_w_bias")):
            assert not parameter.any(), name
        else:
            mean = 1.0 if "layer_norm" in name else 0.0
            assert_alike(parameter, mean + wide * torch.randn_like(parameter), name)


def test_vaswani_begins_as_torchs() -> None:
    """Xavier's bound for each matrix, and an embedding that has deviation one once it is scaled."""
    ours = build("transformers/transformer", "Transformer", vocab=500, width=64, depth=1, heads=4, hidden=96)
    for name, parameter in ours.named_parameters():
        if "embedding" in name:
            assert_alike(8 * parameter, torch.randn_like(parameter), name)
        elif parameter.dim() == 2:
            assert_alike(parameter, nn.init.xavier_uniform_(torch.empty_like(parameter)), name)
        else:
            assert (parameter == float("norm" in name and name.endswith("weight"))).all(), name


def test_lecun1989_begins_as_the_paper_says() -> None:
    """Between -2.4 / F and 2.4 / F, where F is how many inputs a unit has."""
    ours = build("vision/lecun1989", "LeCun1989")
    for name, fan in (("h1", 25), ("h2.0", 200), ("h3", 192), ("out", 30)):
        weight = ours.get_parameter(f"{name}.weight")
        assert_alike(weight, torch.empty_like(weight).uniform_(-2.4 / fan, 2.4 / fan), name)
