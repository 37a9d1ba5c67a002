"""Models of text against modules written out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import Bottleneck, ResNet

from tests.reference.compare import build, count, difference, fit
from tests.reference.proofs import proves


@proves("text/bag_of_words BagOfWords", kind="equal", reference="a module written out", figure="0.0")
def test_bag_of_words_counts() -> None:
    ours = build("text/bag_of_words", "BagOfWords", vocab=5)
    tokens = torch.tensor([[0, 3, 3, 1], [4, 4, 4, 4]])
    counts = torch.tensor([[1.0, 1, 0, 2, 0], [0, 0, 0, 0, 4]])
    readout = ours.get_submodule("readout")
    assert difference(ours(tokens), readout(counts)) == 0.0
    assert difference(ours(tokens), ours(tokens.flip(1))) == 0.0
    assert count(build("text/bag_of_words", "BagOfWords")) == 1000 * 2 + 2


@proves("text/bag_of_words MeanOfWords", kind="equal", reference="nn.EmbeddingBag", figure="1e-6")
def test_mean_of_words_is_an_embedding_bag() -> None:
    ours = build("text/bag_of_words", "MeanOfWords")
    bag = nn.EmbeddingBag.from_pretrained(ours.get_parameter("embedding.weight"), freeze=False, mode="mean")
    tokens = torch.randint(1000, (3, 7))
    assert difference(ours(tokens), ours.get_submodule("readout")(bag(tokens))) < 1e-6


@proves("text/bag_of_words BagOfWords", kind="learns", reference="which word tells", figure="0.99")
def test_bag_of_words_learns_a_word() -> None:
    """Whether word 7 stands in a text."""
    tokens = torch.randint(50, (400, 10))
    targets = (tokens == 7).any(dim=1).long()
    ours = build("text/bag_of_words", "BagOfWords", vocab=50)
    fit(ours, functional.cross_entropy, tokens, targets, steps=200, rate=0.05)
    with torch.no_grad():
        assert (ours(tokens).argmax(dim=-1) == targets).double().mean() > 0.99


@proves("text/word2vec SkipGram", kind="equal", reference="a module written out", figure="1e-6")
def test_skip_gram() -> None:
    ours = build("text/word2vec", "SkipGram")
    words, contexts = ours.get_parameter("words.weight"), ours.get_parameter("contexts.weight")
    assert count(ours) == 2 * 10_000 * 100
    assert words.abs().max() <= 0.5 / 100
    assert words.std() > 0.2 / 100
    assert not contexts.any()
    with torch.no_grad():
        contexts.normal_()
    word, candidates = torch.randint(10_000, (4,)), torch.randint(10_000, (4, 6))
    wanted = torch.stack([torch.stack([words[word[b]] @ contexts[candidates[b, k]] for k in range(6)]) for b in range(4)])
    assert difference(ours(word, candidates), wanted) < 1e-6


@proves("text/word2vec SkipGram", kind="learns", reference="which words are alike")
def test_skip_gram_learns_that_alike_words_are_alike() -> None:
    """Ten words of two kinds, and a text in which words of one kind stand together (Mikolov et al., 2013)."""
    ours = build("text/word2vec", "SkipGram", vocab=10, width=4)
    word = torch.arange(10).repeat_interleave(10)
    candidates = torch.arange(10).repeat(10)[:, None]
    together = ((word < 5) == (candidates[:, 0] < 5)).float()[:, None]
    optimiser = torch.optim.Adam(ours.parameters(), lr=0.05)
    for _ in range(200):
        optimiser.zero_grad()
        functional.binary_cross_entropy_with_logits(ours(word, candidates), together).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    vectors = functional.normalize(ours.get_parameter("words.weight").detach(), dim=-1)
    alike = vectors @ vectors.T
    kinds = torch.arange(10) < 5
    same = kinds[:, None] == kinds[None, :]
    assert alike[same].min() > alike[~same].max()


@proves("text/captioning Captioning", kind="equal", reference="torchvision's ResNet and nn.LSTM", figure="0.0")
def test_captioning_is_an_lstm_that_sees_first() -> None:
    settings: dict[str, Any] = {"vocab": 50, "width": 16, "hidden": 24}
    ours = build("text/captioning", "Captioning", depths=[1, 1, 1, 1], **settings).eval()
    encoder = resnet(16, [1, 1, 1, 1])
    encoder.load_state_dict(ours.get_submodule("encoder").state_dict())
    decoder = nn.LSTM(16, 24, batch_first=True)
    decoder.load_state_dict(ours.get_submodule("decoder").state_dict())
    image, caption = torch.randn(2, 3, 224, 224), torch.randint(50, (2, 6))
    with torch.no_grad():
        fed = torch.cat([encoder(image)[:, None], ours.get_submodule("embedding")(caption)], dim=1)
        wanted: Tensor = ours.get_submodule("readout")(decoder(fed)[0])
        assert difference(ours(image, caption), wanted) == 0.0
    assert wanted.shape == (2, 7, 50)


def resnet(classes: int, depths: list[int]) -> nn.Module:
    """torchvision's."""
    module: nn.Module = ResNet(Bottleneck, depths, num_classes=classes).eval()
    return module


@proves("text/captioning Captioning", kind="count")
def test_captioning_at_full_size() -> None:
    """ResNet-50 with 256 outputs, words of 256 numbers, one LSTM of 512, 10 000 words."""
    seen = count(resnet(256, [3, 4, 6, 3]))
    lstm = 4 * 512 * (256 + 512 + 2)
    assert count(build("text/captioning", "Captioning", device="meta")) == seen + 10_000 * 256 + lstm + 512 * 10_000 + 10_000
