"""Every class of torch.nn is a layer of the language, with torch's arguments and operands, or is left out for a reason."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch.nn import modules

from specc.ops.declare import REQUIRED, Layer
from specc.ops.registry import find, names
from tests.specc.ops.samplers import SAMPLERS

LEFT_OUT = {
    **dict.fromkeys(("Module", "Container", "RNNBase", "RNNCellBase"), "a base class"),
    **dict.fromkeys(("Sequential", "ModuleList", "ModuleDict"), "chains in parentheses, `for`, labels"),
    **dict.fromkeys(("ParameterList", "ParameterDict"), "`param`"),
    **dict.fromkeys(("TransformerEncoder", "TransformerDecoder"), "take a layer as a value: `for i in 0..depth { ... }`"),
    "AdaptiveLogSoftmaxWithLoss": "a loss",
    "LinearCrossEntropyOptions": "settings of a loss",
}

UNSPOKEN = {
    **dict.fromkeys(("device", "dtype"), "no device inside; `float` is a kind"),
    "inplace": "emission decides",
    **dict.fromkeys(("_weight", "_freeze", "_random_samples"), "private"),
    **dict.fromkeys(("custom_encoder", "custom_decoder"), "layers as values"),
    "process_group": "of the run, not of the network",
    **dict.fromkeys(("min_value", "max_value"), "deprecated names of min_val and max_val"),
}
"""Arguments of torch's constructors that a spec does not have."""

NOT_FED = {
    "output_size",
    "need_weights",
    "average_attn_weights",
    "is_causal",
    "src_is_causal",
    "tgt_is_causal",
    "memory_is_causal",
}
"""Arguments of torch's forward that are no tensors."""

SIGNATURES: dict[str, list[tuple[str, Any]]] = {
    "RNN": [("input_size", REQUIRED), ("hidden_size", REQUIRED), ("num_layers", 1), ("nonlinearity", "tanh"), ("bias", True),
            ("batch_first", False), ("dropout", 0.0), ("bidirectional", False)],
    "GRU": [("input_size", REQUIRED), ("hidden_size", REQUIRED), ("num_layers", 1), ("bias", True), ("batch_first", False),
            ("dropout", 0.0), ("bidirectional", False)],
    "LSTM": [("input_size", REQUIRED), ("hidden_size", REQUIRED), ("num_layers", 1), ("bias", True), ("batch_first", False),
             ("dropout", 0.0), ("bidirectional", False), ("proj_size", 0)],
    "Identity": [],
}  # fmt: skip
"""What torch takes where its signature says `*args`."""

LAYERS = [name for name in names() if name[0].isupper()]


def test_every_class_of_torch_nn() -> None:
    missing = []
    for name in modules.__all__:
        kind = getattr(torch.nn, name)
        if name.startswith("Lazy") or name.endswith(("Loss", "Loss2d")) or name in LEFT_OUT or not isinstance(kind, type):
            continue
        if find(name) is None:
            missing.append(name)
    assert not missing


def test_nothing_is_left_out_and_there() -> None:
    assert not [name for name in LEFT_OUT if find(name) is not None]
    assert not [name for name in LEFT_OUT if not hasattr(torch.nn, name)]


def test_every_layer_is_torchs_and_sampled() -> None:
    assert [name for name in LAYERS if not hasattr(torch.nn, name)] == []
    assert sorted(SAMPLERS) == LAYERS


def layer(name: str) -> type[Layer]:
    op = find(name)
    assert op is not None
    assert issubclass(op, Layer)
    return op


@pytest.mark.parametrize("name", LAYERS)
def test_arguments_are_torchs(name: str) -> None:
    op = layer(name)
    theirs = SIGNATURES.get(name)
    if theirs is None:
        parameters = list(inspect.signature(getattr(torch.nn, name).__init__).parameters.values())[1:]
        theirs = [
            (p.name, REQUIRED if p.default is p.empty else p.default)
            for p in parameters
            if p.name not in UNSPOKEN and p.kind is not p.VAR_POSITIONAL and p.kind is not p.VAR_KEYWORD
        ]
    assert list(op.params) == [argument for argument, _ in theirs]
    for argument, default in theirs:
        ours = op.params[argument]
        if not ours.inferred:
            assert ours.default == ("relu" if callable(default) else default), argument
    has_inplace = "inplace" in inspect.signature(getattr(torch.nn, name).__init__).parameters
    assert op.inplace == has_inplace


@pytest.mark.parametrize("name", LAYERS)
def test_operands_are_torchs(name: str) -> None:
    op = layer(name)
    theirs = [p for p in inspect.signature(getattr(torch.nn, name).forward).parameters.values() if p.name not in NOT_FED][1:]
    if name in ("LSTM", "LSTMCell"):  # torch takes a tuple `hx`
        assert op.operands == ("input", "h_0", "c_0")
        return
    ours = sorted(op.operands) if name == "MultiheadAttention" else list(op.operands)
    assert (
        ours == (sorted(p.name for p in theirs) if name == "MultiheadAttention" else [p.name for p in theirs])
        or name == "RMSNorm"
    )


@pytest.mark.parametrize("name", LAYERS)
def test_is_documented(name: str) -> None:
    op = layer(name)
    assert op.__doc__
    first, blank, rest = (op.__doc__ + "\n\n").split("\n", 2)
    assert first.strip().endswith((".", "`"))
    assert blank == ""
    assert "Shape: " in rest
    assert op.example
    assert f"-> {name}" in op.example
    assert all(param.doc for param in op.params.values())
