"""Records what transformers' Transformer-XL answers: `python -m tests.reference.record_transformer_xl` in a venv with
transformers 4.57.6, the last to have one, writes fixtures/transformer_xl.safetensors.

Two segments of five words go through a model of three layers that remembers six words; the weights are 32 bits wide, the
arithmetic 64.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

import tests.reference.torchvision_shim  # noqa: F401

FIXTURE = Path(__file__).parent / "fixtures" / "transformer_xl.safetensors"


def record() -> None:
    from transformers.models.deprecated.transfo_xl import TransfoXLConfig, TransfoXLLMHeadModel

    # Its forward calls type_as with a dtype, and rounds scores to 32 bits before it masks them.
    setattr(torch.Tensor, "type_as", lambda self, other=None, dtype=None: self.to(dtype or other.dtype))  # noqa: B010
    setattr(torch.Tensor, "float", lambda self: self)  # noqa: B010

    torch.manual_seed(0)
    config = TransfoXLConfig(
        vocab_size=61,
        cutoffs=[20, 40],
        d_model=32,
        d_embed=32,
        n_head=4,
        d_head=8,
        d_inner=48,
        div_val=2,
        n_layer=3,
        mem_len=6,
        clamp_len=7,
        dropout=0.0,
        dropatt=0.0,
    )
    model = TransfoXLLMHeadModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.2 * torch.randn_like(parameter) + (parameter == 1))
    kept = {f"weight.{name}": tensor.clone() for name, tensor in model.state_dict().items()}
    model.double()
    half = torch.arange(0, 32, 2, dtype=torch.float64) / 32
    model.transformer.pos_emb.inv_freq = 1 / 10_000**half
    mems: list[Tensor] | None = None
    for segment in (0, 1):
        tokens = torch.randint(61, (2, 5))
        with torch.no_grad():
            answer = model(tokens, mems=mems)
        mems = answer.mems
        kept[f"tokens.{segment}"] = tokens
        kept[f"log_probabilities.{segment}"] = answer.prediction_scores.contiguous()
        kept[f"remembered.{segment}"] = torch.stack(answer.mems).transpose(1, 2).contiguous()
    FIXTURE.parent.mkdir(exist_ok=True)
    save_file(kept, FIXTURE)


if __name__ == "__main__":
    record()
