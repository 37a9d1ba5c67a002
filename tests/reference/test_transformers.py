"""Transformers against transformers' models and torch's own: in fp64, 1e-10 relative."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5LayerNorm

from tests.reference.compare import (
    assert_same_gradients,
    assert_same_keys,
    build,
    count,
    difference,
    randomise,
    relative_difference,
    share_weights,
)
from tests.reference.proofs import proves


def gpt2(**settings: Any) -> nn.Module:
    config = GPT2Config(embd_pdrop=0.0, attn_pdrop=0.0, resid_pdrop=0.0, use_cache=False, **settings)
    return answers(GPT2LMHeadModel(config), "logits")


def bert(**settings: Any) -> nn.Module:
    config = BertConfig(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **settings)
    return answers(BertModel(config), "last_hidden_state", "pooler_output")


def t5(**settings: Any) -> nn.Module:
    module = T5ForConditionalGeneration(T5Config(dropout_rate=0.0, use_cache=False, decoder_start_token_id=0, **settings))
    return answers(module, "logits", order=("input_ids", "decoder_input_ids"))


def answers(
    module: nn.Module, *names: str, order: tuple[str, ...] = ("input_ids", "attention_mask", "token_type_ids")
) -> nn.Module:
    """The model, called by position too, answering with the named outputs alone, as ours does."""
    forward = module.forward

    def call(*inputs: Tensor, **named: Any) -> Any:
        output = forward(**dict(zip(order, inputs, strict=False)), **named)
        return output if named else tuple(output[name] for name in names)

    module.forward = call
    return module


SIZES: dict[str, Any] = {"vocab": 61, "width": 32, "depth": 3, "heads": 4}
THEIRS: Mapping[str, tuple[Callable[..., nn.Module], dict[str, Any], dict[str, Any], int]] = {
    "transformers/gpt2 GPT2": (
        gpt2,
        {"context": 16},
        {"vocab_size": 61, "n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 16},
        124_439_808,
    ),
    "transformers/bert Bert": (
        bert,
        {"context": 16, "hidden": 48},
        {
            "vocab_size": 61,
            "hidden_size": 32,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "intermediate_size": 48,
            "max_position_embeddings": 16,
        },
        109_482_240,
    ),
    "transformers/t5 T5": (
        t5,
        {"size": 6, "hidden": 48},
        {"vocab_size": 61, "d_model": 32, "num_layers": 3, "num_heads": 4, "d_kv": 6, "d_ff": 48},
        60_506_624,
    ),
}
each = pytest.mark.parametrize("name", THEIRS)


def built(name: str, **settings: Any) -> nn.Module:
    """Ours, by spec and model."""
    spec, model = name.split()
    return build(spec, model, **settings)


@each
@proves("transformers/gpt2 GPT2", "transformers/bert Bert", "transformers/t5 T5", kind="count")
def test_keys_and_count(name: str) -> None:
    """At the published size."""
    reference, _, _, parameters = THEIRS[name]
    ours = built(name, device="meta")
    with torch.device("meta"):
        theirs = reference()
    assert_same_keys(ours, theirs)
    assert count(ours) == parameters


@proves("transformers/gpt2 GPT2", "transformers/bert Bert", "transformers/t5 T5", kind="count")
@pytest.mark.parametrize(
    ("spec", "model", "variant", "settings", "parameters"),
    [
        ("gpt2", "GPT2", "medium", {"n_embd": 1024, "n_layer": 24, "n_head": 16}, 354_823_168),
        ("gpt2", "GPT2", "large", {"n_embd": 1280, "n_layer": 36, "n_head": 20}, 774_030_080),
        ("gpt2", "GPT2", "xl", {"n_embd": 1600, "n_layer": 48, "n_head": 25}, 1_557_611_200),
        (
            "bert",
            "Bert",
            "large",
            {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096},
            335_141_888,
        ),
        ("t5", "T5", "base", {"d_model": 768, "num_layers": 12, "num_heads": 12, "d_ff": 3072}, 222_903_552),
        ("t5", "T5", "large", {"d_model": 1024, "num_layers": 24, "num_heads": 16, "d_ff": 4096}, 737_668_096),
    ],
)
def test_larger_variants(spec: str, model: str, variant: str, settings: dict[str, Any], parameters: int) -> None:
    name = f"transformers/{spec}"
    reference, _, _, _ = THEIRS[f"{name} {model}"]
    ours = build(name, model, variant, device="meta")
    with torch.device("meta"):
        theirs = reference(**settings)
    assert_same_keys(ours, theirs)
    assert count(ours) == parameters


def widen(module: nn.Module) -> None:
    """T5's normalisation rounds to 32 bits whatever the width of the model: here it does not."""
    for norm in module.modules():
        if isinstance(norm, T5LayerNorm):
            weight, eps = norm.weight, norm.variance_epsilon
            norm.forward = lambda x, weight=weight, eps=eps: functional.rms_norm(x, weight.shape, weight, eps)


def pair(name: str) -> tuple[nn.Module, nn.Module]:
    """Ours and theirs, small, with the same weights in fp64 and without dropout."""
    reference, mine, settings, _ = THEIRS[name]
    theirs = reference(**settings).double().eval()
    randomise(theirs)
    widen(theirs)
    ours = built(name, dropout=0.0, **SIZES, **mine).double().eval()
    assert_same_keys(ours, theirs)
    share_weights(ours, theirs)
    return ours, theirs


def inputs(name: str) -> Iterator[tuple[Tensor, ...]]:
    tokens = torch.randint(61, (2, 11))
    if name.endswith("Bert"):
        mask = torch.ones(2, 11, dtype=torch.bool)
        mask[1, 6:] = False
        yield (tokens,)
        yield tokens, mask
        yield tokens, mask, torch.randint(2, (2, 11))
    elif name.endswith("T5"):
        yield tokens, torch.randint(61, (2, 7))
        # Farther apart than the 16 distances that have a bucket of their own, and than the 128 that are told apart.
        yield torch.randint(61, (2, 150)), torch.randint(61, (2, 140))
    else:
        yield (tokens,)


@each
@proves(
    "transformers/gpt2 GPT2",
    "transformers/bert Bert",
    "transformers/t5 T5",
    kind="equal",
    reference="transformers",
    figure="1e-10 relative",
)
def test_equal(name: str) -> None:
    ours, theirs = pair(name)
    for fed in inputs(name):
        with torch.no_grad():
            assert relative_difference(ours(*fed), theirs(*fed)) < 1e-10


@each
def test_equal_as_published(name: str) -> None:
    """In 32 bits, with nothing changed in theirs."""
    reference, mine, settings, _ = THEIRS[name]
    theirs = reference(**settings).eval()
    ours = built(name, dropout=0.0, **SIZES, **mine).eval()
    share_weights(ours, theirs)
    for fed in inputs(name):
        with torch.no_grad():
            assert relative_difference(ours(*fed), theirs(*fed)) < 1e-5


@each
def test_gradients(name: str) -> None:
    ours, theirs = pair(name)
    assert_same_gradients(ours, theirs, *list(inputs(name))[-1], relative=1e-9)


@proves("transformers/gpt2 GPT2", kind="equal", reference="transformers' generate, word by word")
def test_generation_is_greedy() -> None:
    name = "transformers/gpt2 GPT2"
    ours, theirs = pair(name)
    tokens = torch.randint(61, (2, 5))
    with torch.no_grad():
        for parameter in theirs.get_submodule("transformer.h").parameters():
            parameter.mul_(6)  # fresh weights are so small that the next word is always the last one
        share_weights(ours, theirs)
        wanted = theirs.generate(  # type: ignore[operator]
            tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=9, do_sample=False, eos_token_id=None, pad_token_id=0
        )
        got = ours.generate(tokens, 9)  # type: ignore[operator]
    assert got.shape == (2, 14)
    assert torch.equal(got, wanted)
    assert len(set(got[0, 5:].tolist())) > 1, "one word over and over: equality says little"


@proves(
    "transformers/gpt2 GPT2",
    kind="equal",
    reference="transformers' sampled generation from the same seed, word for word",
    figure="0",
)
def test_generation_is_sampled() -> None:
    name = "transformers/gpt2 GPT2"
    _, theirs = pair(name)
    with torch.no_grad():
        theirs.get_parameter("transformer.ln_f.weight").mul_(8)  # fresh logits are so small that a temperature hardly matters
    ours = built(name, dropout=0.0, temperature=0.8, **SIZES, context=16).double().eval()
    share_weights(ours, theirs)
    tokens = torch.randint(61, (2, 5))
    settings: dict[str, Any] = {"do_sample": True, "temperature": 0.8, "top_k": 0, "eos_token_id": None, "pad_token_id": 0}
    with torch.no_grad():
        torch.manual_seed(9)
        wanted = theirs.generate(tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=9, **settings)  # type: ignore[operator]
        torch.manual_seed(9)
        got = ours.sample(tokens, 9)  # type: ignore[operator]
    assert difference(got, wanted) == 0.0
    assert len(set(got[0, 5:].tolist())) > 3


def vaswani(ours: nn.Module, width: int = 32, heads: int = 4, depth: int = 2, hidden: int = 48) -> nn.Transformer:
    """torch's Transformer with our weights. It normalises once more at the end of each half, which the paper does not."""
    theirs = nn.Transformer(width, heads, depth, depth, hidden, dropout=0.0, batch_first=True)
    theirs.encoder.norm = theirs.decoder.norm = None
    names = {"linear1": "feed.0", "linear2": "feed.2", "multihead_attn": "cross_attn"}
    with torch.no_grad():
        for name, tensor in theirs.named_parameters():
            half, _, number, part, *kind = name.split(".")
            prefix, rest = f"{half}.{number}.{names.get(part, part)}", ".".join(kind)
            if rest.startswith("in_proj_"):
                sides: list[Tensor] = [ours.get_parameter(f"{prefix}.{side}.{rest.removeprefix('in_proj_')}") for side in "qkv"]
                tensor.copy_(torch.cat(sides))
            else:
                tensor.copy_(ours.get_parameter(f"{prefix}.{rest.replace('out_proj', 'out')}"))
    return theirs


@proves("transformers/transformer Transformer", kind="equal", reference="nn.Transformer, keys mapped", figure="1e-10 relative")
def test_vaswani_is_torchs(double: None) -> None:
    ours = build("transformers/transformer", "Transformer", vocab=61, width=32, depth=2, heads=4, hidden=48, dropout=0.0)
    randomise(ours)
    theirs = vaswani(ours)
    source, target = torch.randint(61, (2, 9)), torch.randint(61, (2, 7))
    weight = ours.get_parameter("embedding.weight")

    def embedded(words: Tensor) -> Tensor:
        places = torch.tensor([[t / 10000 ** (2 * (i // 2) / 32) for i in range(32)] for t in range(words.shape[1])])
        even = torch.arange(32) % 2 == 0
        found: Tensor = functional.embedding(words, weight) * 32**0.5 + torch.where(even, places.sin(), places.cos())
        return found

    mask = nn.Transformer.generate_square_subsequent_mask(7)
    wanted = theirs(embedded(source), embedded(target), tgt_mask=mask) @ weight.T
    assert relative_difference(ours(source, target), wanted) < 1e-10


@proves("transformers/transformer Transformer", kind="count")
def test_vaswani_base() -> None:
    """Encoder 6 x 3 152 384, decoder 6 x 4 204 032, and one table of words for both sides and the answer (table 3: 65 M)."""
    ours = build("transformers/transformer", "Transformer", device="meta")
    assert count(ours) == 6 * 3_152_384 + 6 * 4_204_032 + 37_000 * 512
    big = build("transformers/transformer", "Transformer", "big", device="meta")
    assert count(big) == 6 * 12_596_224 + 6 * 16_796_672 + 37_000 * 1024  # table 3: 213 M
    assert ours.get_parameter("generator.weight") is ours.get_parameter("embedding.weight")


@pytest.mark.parametrize("causal", [False, True])
@proves(
    "transformers/self_attention SelfAttention",
    kind="equal",
    reference="F.scaled_dot_product_attention",
    figure="1e-10 relative",
)
def test_self_attention_is_torchs(double: None, causal: bool) -> None:
    ours = build("transformers/self_attention", "SelfAttention", causal=causal)
    x = torch.randn(2, 7, 64)
    q, k, v = (part.unflatten(-1, (4, 16)).transpose(1, 2) for part in ours.get_submodule("qkv")(x).chunk(3, dim=-1))
    mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    y, weights = ours(x)
    assert relative_difference(y, ours.get_submodule("out")(mixed.transpose(1, 2).flatten(2))) < 1e-10
    assert difference(weights.sum(dim=-1), torch.ones(2, 4, 7)) < 1e-12
    assert (weights.triu(1) == 0).all().item() is causal
