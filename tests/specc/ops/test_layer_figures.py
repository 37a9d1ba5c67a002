"""Multiply-adds against torch's own counter, and the words under a layer's name."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from specc.dims.solver import Solver
from specc.infer.apply import settle
from specc.ops.declare import Layer
from specc.ops.rules import Checks
from specc.types import DType, TensorType
from tests.specc.ops.differential import layer_of, tensor_of
from tests.specc.ops.draw import ints

pytestmark = pytest.mark.filterwarnings("ignore")

WORK: list[tuple[str, dict[str, Any], tuple[tuple[int, ...], ...]]] = [
    ("Linear", {"out_features": 5}, ((2, 3, 4),)),
    ("Conv1d", {"out_channels": 6, "kernel_size": 3, "padding": 1}, ((2, 4, 9),)),
    ("Conv2d", {"out_channels": 6, "kernel_size": (3, 2), "stride": 2, "groups": 2}, ((2, 4, 9, 8),)),
    ("Conv3d", {"out_channels": 2, "kernel_size": 2, "bias": False}, ((4, 5, 5, 5),)),
    ("ConvTranspose2d", {"out_channels": 6, "kernel_size": 3, "stride": 2, "groups": 2}, ((2, 4, 5, 5),)),
    ("RNNCell", {"hidden_size": 5}, ((2, 4),)),
    ("GRUCell", {"hidden_size": 5}, ((2, 4),)),
    ("LSTMCell", {"hidden_size": 5}, ((2, 4),)),
    ("RNN", {"hidden_size": 5, "num_layers": 2, "bidirectional": True}, ((3, 2, 4),)),
    ("GRU", {"hidden_size": 5, "num_layers": 3, "batch_first": True}, ((3, 2, 4),)),
    ("LSTM", {"hidden_size": 5, "num_layers": 2, "bidirectional": True}, ((3, 2, 4),)),
    ("LSTM", {"hidden_size": 5, "num_layers": 2, "proj_size": 3}, ((3, 2, 4),)),
    ("MultiheadAttention", {"num_heads": 2}, ((3, 2, 8),)),
    ("MultiheadAttention", {"num_heads": 2, "kdim": 6, "vdim": 4, "batch_first": True}, ((2, 3, 8), (2, 5, 6), (2, 5, 4))),
    ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16}, ((3, 2, 8),)),
    ("TransformerDecoderLayer", {"nhead": 2, "dim_feedforward": 16}, ((3, 2, 8), (5, 2, 8))),
    (
        "Transformer",
        {"nhead": 2, "dim_feedforward": 16, "num_encoder_layers": 2, "num_decoder_layers": 3},
        ((5, 2, 8), (3, 2, 8)),
    ),
    ("ReLU", {}, ((2, 3),)),
    ("MaxPool2d", {"kernel_size": 2}, ((2, 3, 4, 4),)),
    ("BatchNorm2d", {}, ((2, 3, 4, 4),)),
]


def settled(name: str, values: dict[str, Any], shapes: tuple[tuple[int, ...], ...]) -> tuple[Layer, list[TensorType], Any]:
    """A layer with its sizes inferred, its operands and the types of its results."""
    op = layer_of(name)
    solver = Solver()
    fresh = {p.name: solver.fresh(p.name, lower=0) for p in op.params.values() if p.inferred and p.name not in values}
    layer = op({**values, **fresh})
    operands = [TensorType(shape, DType.FLOAT) for shape in shapes]
    result = layer.shape(Checks(solver), *operands)
    settle(layer, solver)
    return layer, operands, result


@pytest.mark.parametrize(("name", "values", "shapes"), WORK, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(WORK)])
def test_multiply_adds(name: str, values: dict[str, Any], shapes: tuple[tuple[int, ...], ...]) -> None:
    layer, operands, result = settled(name, values, shapes)
    given = (*operands, *[None] * (len(layer.operands) - len(operands)))
    ours = layer.multiply_adds(given, result if isinstance(result, tuple) else (result,))
    inferred = {param.name: getattr(layer, param.name) for param in layer.params.values() if param.inferred}
    module = getattr(torch.nn, name)(**values, **inferred)
    tensors = [tensor_of("x", x) for x in operands]
    if name == "MultiheadAttention" and len(tensors) == 1:
        tensors *= 3
    counter = FlopCounterMode(display=False)
    with counter, torch.backends.mkldnn.flags(enabled=False):  # one fused call for LSTM, which the counter does not know
        module(*tensors)
    assert 2 * ours == counter.get_total_flops()


@pytest.mark.parametrize(
    ("name", "values", "shape", "words"),
    [
        ("Conv2d", {"out_channels": 8, "kernel_size": 3}, (1, 4, 8, 8), "3×3"),
        (
            "Conv2d",
            {"out_channels": 8, "kernel_size": (3, 1), "stride": 2, "padding": (1, 0)},
            (1, 4, 8, 8),
            "3×1, stride 2, padding 1×0",
        ),
        (
            "Conv2d",
            {"out_channels": 8, "kernel_size": 3, "padding": "same", "groups": 4},
            (1, 4, 8, 8),
            "3×3, padding same, groups 4",
        ),
        ("ConvTranspose2d", {"out_channels": 8, "kernel_size": 2, "stride": 2, "padding": 0}, (1, 4, 8, 8), "2×2, stride 2"),
        ("MaxPool2d", {"kernel_size": 2}, (1, 4, 8, 8), "2×2"),
        ("MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, (1, 4, 8, 8), "3×3, stride 2, padding 1"),
        ("AdaptiveAvgPool2d", {"output_size": 1}, (1, 4, 8, 8), "to 1×1"),
        ("Linear", {"out_features": 10}, (2, 64), "64 → 10"),
        ("Embedding", {"num_embeddings": 9, "embedding_dim": 4}, (2, 3), "9 × 4"),
        ("GroupNorm", {"num_groups": 2}, (1, 4, 8), "2 groups"),
        ("LSTM", {"hidden_size": 8, "num_layers": 2, "bidirectional": True}, (3, 2, 4), "4 → 8, 2 layers, both ways"),
        ("MultiheadAttention", {"num_heads": 2}, (3, 2, 8), "2 heads"),
        ("Dropout", {}, (2, 3), "0.5"),
        ("ReLU", {}, (2, 3), ""),
        ("Upsample", {"scale_factor": 2}, (1, 4, 8, 8), "× 2"),
    ],
)
def test_subtitles(name: str, values: dict[str, Any], shape: tuple[int, ...], words: str) -> None:
    op = layer_of(name)
    if name == "Embedding":
        assert op(values).subtitle() == words
        return
    layer, operands, _ = settled(name, values, (shape,))
    assert ints(operands[0]) == shape
    assert layer.subtitle() == words
