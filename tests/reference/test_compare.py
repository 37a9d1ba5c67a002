"""`specc.compare` as a user has it, on the published models with nothing wrapped around them: in training mode too, and with
the rules of a map where keys differ."""

from __future__ import annotations

from typing import Any

import torchvision
from diffusers import UNet2DModel
from torch import nn
from transformers import BertModel, GPT2LMHeadModel, T5ForConditionalGeneration

import specc
from tests.reference.geometric import GCNConv
from tests.reference.proofs import proves


def test_torchvision() -> None:
    """To the last bit."""
    found = specc.compare(
        "resnet", torchvision.models.resnet18, variant="resnet18", inputs={"image": (2, 3, 224, 224)}, repeat=1
    )
    assert found.relative == 0.0
    assert found.weights.tensors == 122
    assert found.parameters == (11_689_512, 11_689_512)


@proves("transformers/gpt2 GPT2", kind="equal", reference="transformers, with every gradient", figure="1e-10 relative")
def test_gpt2() -> None:
    config = {"vocab_size": 61, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 16}
    config |= dict.fromkeys(("embd_pdrop", "attn_pdrop", "resid_pdrop"), 0)
    sizes: dict[str, Any] = {"vocab": 61, "width": 32, "depth": 2, "heads": 4, "context": 16, "dropout": 0.0}
    found = specc.compare("gpt2", GPT2LMHeadModel, kwargs=config, dtype="float64", train=True, repeat=1, **sizes)
    assert found, str(found)
    assert len(found.gradients) == 29
    other = specc.compare("gpt2", GPT2LMHeadModel, kwargs={**config, "n_layer": 3}, dtype="float64", **sizes)
    assert not other
    assert {problem.kind for problem in other.weights.problems} == {"unexpected"}


def test_bert() -> None:
    config = {"vocab_size": 61, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    sizes: dict[str, Any] = {"vocab": 61, "width": 32, "depth": 2, "heads": 4, "hidden": 48}
    keywords = {"tokens": "input_ids", "mask": "attention_mask", "segments": "token_type_ids"}
    found = specc.compare("bert", BertModel, kwargs=config, dtype="float64", keywords=keywords, repeat=1, **sizes)
    assert found, str(found)
    assert [name for name, _ in found.inputs] == list(keywords)
    assert [output.name for output in found.outputs] == ["hidden_states", "pooled"]


def test_t5() -> None:
    """Its normalisation rounds to 32 bits, so that is the width."""
    config = {"vocab_size": 61, "d_model": 32, "num_layers": 2, "num_heads": 4, "d_kv": 6, "d_ff": 48, "use_cache": False}
    sizes: dict[str, Any] = {"vocab": 61, "width": 32, "depth": 2, "heads": 4, "size": 6, "hidden": 48}
    found = specc.compare(
        "t5", T5ForConditionalGeneration, kwargs=config, keywords={"target": "decoder_input_ids"}, repeat=1, **sizes
    )
    assert found, str(found)
    assert found.beyond == ("encoder_last_hidden_state",)


def test_diffusers() -> None:
    """The schedule is the spec's own; the weights have the names of the published ones."""
    config = {
        "sample_size": 32,
        "layers_per_block": 1,
        "block_out_channels": (16, 32),
        "norm_num_groups": 8,
        "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
        "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": None,
    }
    sizes: dict[str, Any] = {"widths": [16, 32], "attends": [False, True], "layers": 1, "groups": 8}
    found = specc.compare("ddpm", UNet2DModel, model="UNet", kwargs=config, repeat=1, **sizes)
    assert found, str(found)


def test_torch_geometric() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = GCNConv(34, 16), GCNConv(16, 4)

        def forward(self, x: Any, edges: Any) -> Any:
            return self.second(self.first(x, edges).relu(), edges)

    rules = "first.{rest*} -> conv1.{rest*}\nsecond.{rest*} -> conv2.{rest*}"
    found = specc.compare("gcn", Two, map=rules, dtype="float64", train=True, repeat=1, dropout=0.0)
    assert found, str(found)
    assert [covered.tensors for covered in found.weights.covered] == [2, 2, 0]


def test_torch() -> None:
    """An LSTM written in .nn, with nn.LSTM's weights under the names of the cell."""
    rules = "\n".join(f"{kind}_{side}_l0 -> rnn.{side}.{kind}" for kind in ("weight", "bias") for side in ("ih", "hh"))
    found = specc.compare(
        "lstm", nn.LSTM, model="LSTMByHand", map=rules, dtype="float64", repeat=1, train=True,
        kwargs={"input_size": 8, "hidden_size": 16, "batch_first": True},
    )  # fmt: skip
    assert not found, "nn.LSTM gives its last state with a dimension for its layers"
    assert found.outputs[0].relative < 1e-10
    assert (found.outputs[1].ours, found.outputs[1].theirs) == ("float[2, 16]", "float[1, 2, 16]")


def test_a_port_that_forgets_a_bias_is_found() -> None:
    """One is enough, though it is zero when it is fresh."""

    def forgetful() -> nn.Module:
        model = torchvision.models.resnet18()
        model.layer4[1].bn2.register_forward_hook(lambda *called: called[2] - called[0].bias[:, None, None])
        return model  # type: ignore[no-any-return]

    found = specc.compare("resnet", forgetful, variant="resnet18", repeat=1)
    assert not found
    assert found.relative > 1e-3
    assert specc.compare("resnet", forgetful, variant="resnet18", repeat=1, as_built=True)
