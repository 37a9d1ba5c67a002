"""How far two models are apart: their outputs, their gradients, what they keep. The figures of `specc compare`, and of the
proofs of the zoo."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from math import inf

import torch
from torch import Tensor, nn

from specc.record import Record
from specc.runtime.observe import describe

SMALL_GRADIENT = 1e-2
"""The norm below which gradients are compared as if they had it: one that is zero in exact arithmetic (a bias before batch
norm) is only rounding."""


class Difference(Record):
    """Two tensors that should be equal. `absolute` is the largest difference of an element, `relative` the norm of the
    difference over the norm of theirs; both are infinite where the types differ or a number is not one."""

    name: str
    ours: str
    theirs: str
    absolute: float
    relative: float

    def as_json(self) -> dict[str, object]:
        return {name: None if value == inf else value for name, value in vars(self).items()}


def named(output: object, path: str = "") -> Iterator[tuple[str, Tensor]]:
    """The tensors of what a model gives, depth first, with the way to each: `logits`, `0`, `past.2.key`. Tuples, lists,
    mappings, named tuples and dataclasses are entered; of other things nothing is known."""
    if isinstance(output, Tensor):
        yield path, output
        return
    if isinstance(output, Mapping):
        items = [(str(key), value) for key, value in output.items()]
    elif isinstance(output, tuple | list):
        keys = getattr(output, "_fields", None) or range(len(output))
        items = [(str(key), value) for key, value in zip(keys, output, strict=True)]
    elif dataclasses.is_dataclass(output):
        items = [(field.name, getattr(output, field.name)) for field in dataclasses.fields(output)]
    else:
        return
    for key, value in items:
        yield from named(value, f"{path}.{key}" if path else key)


def measured(name: str, ours: Tensor, theirs: Tensor, least: float = 0.0) -> Difference:
    """The difference of two tensors; `least` is the norm that theirs counts as having at least."""
    types = describe(ours), describe(theirs)
    if types[0] != types[1]:
        return Difference(name, *types, inf, inf)
    wide = torch.complex128 if theirs.is_complex() else torch.float64
    left, right = (tensor.detach().cpu().to(wide) for tensor in (ours, theirs))
    apart = torch.where(left == right, 0, left - right).abs()  # infinities of one sign are equal
    if not apart.isfinite().all():
        return Difference(name, *types, inf, inf)
    off, norm = apart.norm().item(), max(torch.where(right.abs().isfinite(), right, 0).norm().item(), least)
    relative = 0.0 if off == 0 else off / norm if norm > 0 else inf
    return Difference(name, *types, apart.max().item() if apart.numel() else 0.0, relative)


def hide_nothing(module: nn.Module) -> None:
    """Gives every weight and running statistic a value that hides nothing: fresh ones are often zeros and ones, under which a
    bias that is never added goes unnoticed."""
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if not tensor.is_floating_point() or not tensor.numel():
                continue
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
            elif tensor.dim() < 2 or tensor.min() == tensor.max():
                tensor.add_(torch.randn_like(tensor), alpha=0.1)


def backward(outputs: list[Tensor], seed: int) -> None:
    """Takes the gradients of one random loss of outputs: the same for equal outputs and seeds."""
    chance = torch.Generator().manual_seed(seed)
    losses = [(t * torch.randn(t.shape, generator=chance, dtype=torch.float64).to(t)).sum() for t in outputs]
    torch.autograd.backward([loss.abs() if loss.is_complex() else loss for loss in losses if loss.requires_grad])


def gradients(module: nn.Module) -> dict[str, Tensor]:
    """By name in the state_dict, tied ones under each of their names."""
    found = {}
    for name, tensor in module.state_dict(keep_vars=True).items():
        if isinstance(tensor, nn.Parameter) and tensor.grad is not None:
            found[name] = tensor.grad
    return found
