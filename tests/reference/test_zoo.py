"""Every model of the zoo, small: what torch computes is what was inferred, gradients are finite, and the model runs
in the width that it is moved to."""

from __future__ import annotations

import pytest
import torch

from specc.runtime.verify import verify
from tests.reference.compare import loaded, tensors
from tests.reference.zoo import Small, each, entries, seeded


@each
def test_torch_computes_what_was_inferred(small: Small) -> None:
    module = loaded(small.spec, small.model, None, tuple((name, repr(value)) for name, value in small.settings.items()))
    assert verify(small.program, module, runs=2).findings == ()


@each
def test_gradients_are_finite(small: Small) -> None:
    """In training mode, from every entry; each parameter that learns gets one from some entry."""
    module = small.build().train()
    learns = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    for entry, inputs in small.entries():
        for output in tensors((module if entry == "forward" else getattr(module, entry))(*inputs.values())):
            if output.requires_grad:
                output.sum().backward(retain_graph=True)  # type: ignore[no-untyped-call]
    for name, parameter in learns.items():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


@pytest.mark.parametrize("width", [torch.float64, torch.bfloat16], ids=["fp64", "bf16"])
@each
def test_runs_in_another_width(small: Small, width: torch.dtype) -> None:
    """`float` is a kind of number: the model runs in the width that it is moved to, and its floats are as wide and finite."""
    for entry, inputs in entries(small):
        entry.to(width)
        for tensor in seeded(entry, *(x.to(width) if x.is_floating_point() else x for x in inputs)):
            if tensor.is_floating_point():
                assert tensor.dtype is width
                assert tensor.isfinite().all()
