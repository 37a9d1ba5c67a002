"""Data sets that ship inside scikit-learn's wheel, as tensors, split once with a named seed."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from sklearn import datasets
from torch import Tensor


class Split(NamedTuple):
    """Inputs and targets to learn from, and those held out."""

    inputs: Tensor
    targets: Tensor
    held_inputs: Tensor
    held_targets: Tensor


def split(inputs: Tensor, targets: Tensor, held: float, seed: int) -> Split:
    """The share `held` of the samples, drawn by `seed`, is held out."""
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(seed))
    cut = int(len(inputs) * (1 - held))
    learn, rest = order[:cut], order[cut:]
    return Split(inputs[learn], targets[learn], inputs[rest], targets[rest])


@cache
def iris() -> Split:
    """150 flowers, standardised; a third held out, seed 0."""
    data = datasets.load_iris()
    inputs = torch.tensor(data.data, dtype=torch.float32)
    inputs = (inputs - inputs.mean(dim=0)) / inputs.std(dim=0)
    return split(inputs, torch.tensor(data.target), held=1 / 3, seed=0)


@cache
def digits() -> Split:
    """1797 pictures of 8 x 8 pixels from 0 to 1, [N, 1, 8, 8]; a quarter held out, seed 0."""
    data = datasets.load_digits()
    inputs = torch.tensor(data.images, dtype=torch.float32)[:, None] / 16
    return split(inputs, torch.tensor(data.target), held=0.25, seed=0)
