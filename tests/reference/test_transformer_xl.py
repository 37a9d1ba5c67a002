"""Transformer-XL against what transformers 4.57.6 answered (record_transformer_xl.py): later ones have none."""

from __future__ import annotations

import re

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from tests.reference.compare import build, count, difference, relative_difference
from tests.reference.proofs import proves
from tests.reference.record_transformer_xl import FIXTURE


def recorded() -> dict[str, Tensor]:
    kept: dict[str, Tensor] = load_file(FIXTURE)
    return kept


def small() -> nn.Module:
    """With the recorded weights. What transformers keeps as a bare matrix is the weight of a layer here."""
    ours = build(
        "transformers/transformer_xl",
        "TransformerXL",
        ends=[0, 20, 40, 61],
        width=32,
        depth=3,
        heads=4,
        size=8,
        hidden=48,
        divide=2,
        furthest=7,
        dropout=0.0,
    )
    weights = {name.removeprefix("weight."): tensor for name, tensor in recorded().items() if name.startswith("weight.")}
    weights = {re.sub(r"(_projs\.\d+)$", r"\1.weight", name): tensor for name, tensor in weights.items()}
    ours.load_state_dict(weights, strict=True)
    ours = ours.double().eval()
    inverse = ours.get_buffer("transformer.pos_emb.inv_freq")
    inverse.copy_(1 / 10_000 ** (torch.arange(0, 32, 2, dtype=torch.float64) / 32))
    return ours


@proves(
    "transformers/transformer_xl TransformerXL",
    kind="equal",
    reference="recorded outputs of transformers 4.57.6",
    figure="1e-10 relative",
)
def test_two_segments() -> None:
    """The second segment is read with the memory of the first."""
    ours, kept = small(), recorded()
    memory = torch.zeros(3, 2, 6, 32, dtype=torch.float64)
    for segment in (0, 1):
        with torch.no_grad():
            found = ours(kept[f"tokens.{segment}"], memory)
        assert relative_difference(found.log_probabilities, kept[f"log_probabilities.{segment}"]) < 1e-10
        assert relative_difference(found.remembered, kept[f"remembered.{segment}"]) < 1e-10
        memory = found.remembered


def test_probabilities_sum_to_one() -> None:
    ours, kept = small(), recorded()
    found = ours(kept["tokens.0"], torch.randn(3, 2, 6, 32, dtype=torch.float64)).log_probabilities
    assert found.shape == (2, 5, 61)
    assert difference(found.exp().sum(dim=-1), torch.ones(2, 5)) < 1e-12


def test_a_word_sees_as_far_back_as_the_memory_and_not_ahead() -> None:
    """With three layers, six words of memory each."""
    ours = small()
    tokens, memory = torch.randint(61, (1, 9)), torch.zeros(3, 1, 3, 32, dtype=torch.float64)
    with torch.no_grad():
        before = ours(tokens, memory).log_probabilities
        changed = tokens.clone()
        changed[0, 1] = (changed[0, 1] + 1) % 61
        moved = (ours(changed, memory).log_probabilities - before).abs().amax(dim=-1)[0] > 1e-12
    # A memory of M words: each layer sees the word itself and M - 1 before it; three layers reach 3 (M - 1) back.
    assert moved.tolist() == [False] + [True] * 7 + [False]


def test_words_of_a_part_share_their_matrix() -> None:
    ours = small()
    for part in range(3):
        read, said = f"transformer.word_emb.emb_layers.{part}.weight", f"crit.out_layers.{part}.weight"
        assert ours.get_parameter(read) is ours.get_parameter(said)
    assert ours.get_parameter("crit.out_projs.0.weight") is not ours.get_parameter("transformer.word_emb.emb_projs.0.weight")
    for part in (1, 2):
        read, said = f"transformer.word_emb.emb_projs.{part}.weight", f"crit.out_projs.{part}.weight"
        assert ours.get_parameter(read) is ours.get_parameter(said)


@proves("transformers/transformer_xl TransformerXL", kind="count")
def test_count() -> None:
    """As transformers' at its defaults, the model of WikiText-103: 285 205 322."""
    ours = build("transformers/transformer_xl", "TransformerXL", device="meta")
    words = 20_000 * 1024 + 20_000 * 256 + 160_000 * 64 + 67_735 * 16
    projections = 1024 * (1024 + 256 + 64 + 16)
    layer = 5 * 1024 * 1024 + 2 * 16 * 64 + 2 * 1024 * 4096 + 4096 + 1024 + 4 * 1024
    crit = 3 * 1024 + 3 + 1024 * 1024 + 267_735
    assert count(ours) == 285_205_322 == words + projections + 18 * layer + crit
