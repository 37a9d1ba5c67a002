"""A generated file as emission writes it, and the program it was made from, by hand: the runtime is tested without the
phases before it."""

from __future__ import annotations

from specc.graph.model import Program

TEXT = '''"""Two blocks and a head."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

__all__ = ["Block", "Tiny"]


class Block(nn.Module):
    def __init__(self, d: int, width: int):
        super().__init__()
        self.fc = nn.Linear(d, width)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        x = self.norm(x)
        return torch.relu(x)


class TinyOutput(NamedTuple):
    logits: Tensor
    features: Tensor


class Tiny(nn.Module):
    def __init__(self, classes: int = 10):
        super().__init__()
        self.blocks = nn.Sequential(*[Block(8, 8) for i in range(3)])
        self.head = nn.Linear(8, classes)

    def forward(self, x: Tensor) -> TinyOutput:
        if x.shape[0] < 2:
            raise ValueError("B must be at least 2")
        features = self.blocks(x)
        return TinyOutput(self.head(features), features)
'''

_MARKED = {"x = self.fc(x)": "tiny.nn:3", "x = self.norm(x)": "tiny.nn:4", "features = self.blocks(x)": "tiny.nn:9"}
LINES = {n: _MARKED[line.strip()] for n, line in enumerate(TEXT.splitlines(), 1) if line.strip() in _MARKED}

PLACE = {"file": "tiny.nn", "line": 1, "column": 1}


def _linear(id_: str, member: str, source: str, result: str, inside: int, outside: int, batch: str) -> dict[str, object]:
    return {
        "node": "op", "id": id_, "place": PLACE, "multiply_adds": f"{inside * outside}*{batch}",
        "activations": f"{4 * outside}*{batch}", "member": member, "reused": False, "name": "Linear", "kind": "linear",
        "subtitle": f"{inside} → {outside}", "arguments": {"in_features": inside, "out_features": outside, "bias": True},
        "given": ["out_features"], "inputs": [{"operand": "input", "tensor": source}], "outputs": [result],
    }  # fmt: skip


def _plain(id_: str, member: str | None, name: str, source: str, result: str, batch: str) -> dict[str, object]:
    return {
        "node": "op", "id": id_, "place": PLACE, "multiply_adds": 0, "activations": f"32*{batch}", "member": member,
        "reused": False, "name": name, "kind": "norm", "subtitle": "", "arguments": {}, "given": [],
        "inputs": [{"operand": "input", "tensor": source}], "outputs": [result],
    }  # fmt: skip


def _member(role: str, name: str, weights: dict[str, tuple[list[int], bool]], instance: str | None = None) -> dict[str, object]:
    sized = {
        key: {"shape": shape, "elements": _product(shape), "buffer": buffer, "tied": None}
        for key, (shape, buffer) in weights.items()
    }
    return {
        "role": role, "name": name, "labelled": True, "applied": True, "instance": instance, "weights": sized, "place": PLACE,
    }  # fmt: skip


def _product(shape: list[int]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def _tensor(name: str, *dims: int | str) -> dict[str, object]:
    return {"name": name, "type": {"dtype": "float", "dims": dims}, "weight": None}


def _call(n: int) -> dict[str, object]:
    return {
        "node": "call", "id": f"c{n}", "place": PLACE, "multiply_adds": "64*B", "activations": "96*B", "member": f"blocks.{n}",
        "reused": False, "instance": "Block", "entry": "forward", "sizes": {},
        "inputs": [{"operand": "x", "tensor": f"t{n}"}], "outputs": [f"t{n + 1}"],
    }  # fmt: skip


def program(**changes: object) -> Program:
    """The program of TEXT; `changes` replace the types of the block's tensors: `fc="float[B, 9]"` would be wrong."""
    block = {
        "definition": "Block", "keyword": "block", "doc": None, "place": PLACE, "parameters": {"width": 8},
        "members": {
            "fc": _member("layer", "Linear", {"weight": ([8, 8], False), "bias": ([8], False)}),
            "norm": _member("layer", "BatchNorm1d", {
                "weight": ([8], False), "bias": ([8], False), "running_mean": ([8], True), "running_var": ([8], True),
                "num_batches_tracked": ([], True),
            }),
        },
        "tensors": {
            "t0": _tensor("x", "B", 8), "t1": _tensor("", "B", changes.get("fc", 8)),  # type: ignore[arg-type]
            "t2": _tensor("", "B", 8), "t3": _tensor("", "B", 8),
        },
        "entries": {"forward": {
            "doc": None, "inputs": [{"name": "x", "tensor": "t0"}], "states": [], "symbols": ["B"],
            "nodes": [
                _linear("n1", "fc", "t0", "t1", 8, 8, "B"), _plain("n2", "norm", "BatchNorm1d", "t1", "t2", "B"),
                _plain("n3", None, "relu", "t2", "t3", "B"),
            ],
            "outputs": [{"name": "output", "tensors": ["t3"], "listed": False}],
            "multiply_adds": "64*B", "activations": "96*B",
        }},
        "learned": 88, "frozen": 0, "buffers": 17,
    }  # fmt: skip
    repeat = {
        "node": "repeat", "id": "r", "place": PLACE, "multiply_adds": "192*B", "activations": "288*B", "targets": ["i"],
        "runtime": False, "count": 3, "carried": [],
        "iterations": [[_call(0)], [_call(1)], [_call(2)]], "runs": [3],
    }  # fmt: skip
    blocks = {
        "node": "sequential", "id": "s", "place": PLACE, "multiply_adds": "192*B", "activations": "288*B", "member": "blocks",
        "reused": False, "inputs": [{"operand": "x", "tensor": "t0"}], "outputs": ["t3"], "nodes": [repeat],
    }  # fmt: skip
    tiny = {
        "definition": "Tiny", "keyword": "model", "doc": None, "place": PLACE, "parameters": {"classes": 10},
        "members": {
            "blocks": _member("sequential", "Sequential", {}),
            **{f"blocks.{n}": _member("block", "Block", {}, "Block") for n in range(3)},
            "head": _member("layer", "Linear", {"weight": ([10, 8], False), "bias": ([10], False)}),
        },
        "tensors": {**{f"t{n}": _tensor("", "B", 8) for n in range(4)}, "t4": _tensor("logits", "B", changes.get("head", 10))},  # type: ignore[arg-type]
        "entries": {"forward": {
            "doc": None, "inputs": [{"name": "x", "tensor": "t0"}], "states": [], "symbols": ["B"],
            "nodes": [blocks, _linear("n1", "head", "t3", "t4", 8, 10, "B")],
            "outputs": [
                {"name": "logits", "tensors": ["t4"], "listed": False},
                {"name": "features", "tensors": ["t3"], "listed": False},
            ],
            "multiply_adds": "272*B", "activations": "328*B",
        }},
        "learned": 3 * 88 + 90, "frozen": 0, "buffers": 51,
    }  # fmt: skip
    return Program.model_validate({
        "spec": "tiny.nn", "model": "Tiny", "variant": None, "root": "Tiny", "symbols": ["B"], "frozen": [],
        "instances": {"Tiny": tiny, "Block": block}, "preconditions": [{"left": "B", "op": ">=", "right": 2}],
    })  # fmt: skip
