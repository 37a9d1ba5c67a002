"""Generated networks against the published ones, in eager mode with the same weights: forward, and forward with backward."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

import tests.reference.torchvision_shim  # noqa: F401  # before torchvision
from specc.record import Record
from tests.benchmarks.harness import Row, compare, show
from tests.reference.compare import build, relative_difference, share_weights, tensors

WORDS = 128
"""Tokens of a text."""


class Pair(Record):
    """A generated network and the published one, with the same weights, and what both are fed."""

    ours: nn.Module
    theirs: nn.Module
    fed: tuple[Tensor, ...]
    runs: int


def picture(spec: str, model: str, name: str, batch: int, runs: int) -> Pair:
    import torchvision

    ours, theirs = build(f"vision/{spec}", model, name), torchvision.models.get_model(name)
    share_weights(ours, theirs)
    return Pair(ours, theirs, (torch.randn(batch, 3, 224, 224),), runs)


def tokens(vocabulary: int, length: int = WORDS) -> Tensor:
    return torch.randint(vocabulary, (2, length))


def text(name: str, fed: tuple[Tensor, ...]) -> Pair:
    from tests.reference.test_transformers import THEIRS

    spec, model = name.split()
    ours, theirs = build(spec, model, dropout=0.0), THEIRS[name][0]()
    share_weights(ours, theirs)
    return Pair(ours, theirs, fed, 7)


class Embedded(nn.Module):
    """nn.Transformer between the embedding, the positions and the projection of Vaswani et al."""

    def __init__(self, ours: nn.Module, transformer: nn.Transformer) -> None:
        super().__init__()
        self.embedding = ours.get_submodule("embedding")
        self.transformer = transformer
        self.waves = nn.Buffer(waves(WORDS, transformer.d_model), persistent=False)
        self.mask = nn.Buffer(nn.Transformer.generate_square_subsequent_mask(WORDS), persistent=False)

    def embed(self, words: Tensor) -> Tensor:
        found: Tensor = self.embedding(words) * self.transformer.d_model**0.5 + self.waves[: words.shape[1]]
        return found

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        found = self.transformer(self.embed(source), self.embed(target), tgt_mask=self.mask, tgt_is_causal=True)
        return nn.functional.linear(found, self.embedding.get_parameter("weight"))


def waves(positions: int, width: int) -> Tensor:
    """The sines and cosines of section 3.5, [positions, width]."""
    angles = torch.arange(positions)[:, None] / 10000 ** (torch.arange(0, width, 2) / width)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def vaswani() -> Pair:
    from tests.reference.test_transformers import vaswani as torchs

    ours = build("transformers/transformer", "Transformer", dropout=0.0)
    theirs = Embedded(ours, torchs(ours, 512, 8, 6, 2048))
    return Pair(ours, theirs, (tokens(37_000), tokens(37_000)), 7)


def unet() -> Pair:
    from tests.reference.test_diffusion import ddpm_unet

    ours, theirs = build("diffusion/ddpm", "UNet"), ddpm_unet()
    share_weights(ours, theirs)
    return Pair(ours, theirs, (torch.randn(2, 3, 32, 32), torch.tensor([3, 871])), 5)


def graph() -> Pair:
    """A graph of the size of Cora: 2708 papers, 1433 words, 10 556 citations, 7 classes."""
    from tests.reference.geometric import GCNConv
    from tests.reference.test_graph import Two, edges

    ours = build("graph/gcn", "GCN", features=1433, hidden=16, classes=7, dropout=0.0)
    theirs = Two(GCNConv(1433, 16), GCNConv(16, 7), nn.ReLU())
    share_weights(ours, theirs)
    return Pair(ours, theirs, (torch.rand(2708, 1433), edges(2708, 10_556)), 31)


NETWORKS: dict[str, Callable[[], Pair]] = {
    "ResNet-50, torchvision": lambda: picture("resnet", "ResNet", "resnet50", 2, 9),
    "EfficientNet-B0, torchvision": lambda: picture("efficientnet", "EfficientNet", "efficientnet_b0", 2, 9),
    "GPT-2 small, transformers": lambda: text("transformers/gpt2 GPT2", (tokens(50_257),)),
    "BERT base, transformers": lambda: text("transformers/bert Bert", (tokens(30_522),)),
    "T5 small, transformers": lambda: text("transformers/t5 T5", (tokens(32_128), tokens(32_128))),
    "Transformer base, torch": vaswani,
    "DDPM U-Net, diffusers": unet,
    "GCN on a Cora, torch_geometric": graph,
}


def step(module: nn.Module, fed: tuple[Tensor, ...]) -> None:
    """Forward and backward of the sum of all that comes out."""
    module.zero_grad()
    found: Any = sum(output.sum() for output in tensors(module(*fed)))
    found.backward()


def rows(name: str, pair: Pair) -> list[Row]:
    """Two rows for a network, after it was seen that both give the same."""
    ours, theirs, fed = pair.ours.eval(), pair.theirs.eval(), pair.fed

    def forward(module: nn.Module) -> Callable[[], object]:
        return torch.no_grad()(lambda: module(*fed))

    assert relative_difference(forward(ours)(), forward(theirs)()) < 1e-4, f"{name} differs"
    found = [compare("forward", forward(ours), forward(theirs), pair.runs)]
    ours.train()
    theirs.train()
    trained = compare("forward, backward", lambda: step(ours, fed), lambda: step(theirs, fed), pair.runs)
    return [*found, trained]


def main(*names: str) -> None:
    """All networks, or those whose name has one of `names` in it."""
    torch.manual_seed(0)
    print(f"generated and published networks, the same weights, {torch.get_num_threads()} threads")
    for name, made in NETWORKS.items():
        if not names or any(part in name for part in names):
            show(name, rows(name, made()))


if __name__ == "__main__":
    main(*sys.argv[1:])
