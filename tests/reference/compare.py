"""Holding a spec against a published implementation: same keys, same weights, same numbers."""

from __future__ import annotations

from ast import literal_eval
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import specc

SPECS = Path(__file__).parents[2] / "specs"


@cache
def loaded(spec: str, model: str, variant: str | None, settings: tuple[tuple[str, str], ...]) -> ModuleType:
    """The generated module; the same for the same spec, variant and settings (values as Python writes them)."""
    parameters = {name: literal_eval(value) for name, value in settings}
    return specc.load(SPECS / f"{spec}.nn", model=model, variant=variant, **parameters)


def build(spec: str, model: str, variant: str | None = None, *, device: str | None = None, **parameters: Any) -> nn.Module:
    """The model of `specs/<spec>.nn`, in its variant, with hyper-parameters overridden, on `device`."""
    namespace = loaded(spec, model, variant, tuple((name, repr(value)) for name, value in parameters.items()))
    with torch.device(device or "cpu"):
        module = getattr(namespace, model)()
    assert isinstance(module, nn.Module)
    return module


def count(module: nn.Module) -> int:
    """Parameters, each counted once however many names it has. Buffers are not parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


def trainable(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def assert_same_keys(ours: nn.Module, reference: nn.Module) -> None:
    """The two state_dicts have the same names, with the same shapes."""
    got = {name: tuple(tensor.shape) for name, tensor in ours.state_dict().items()}
    wanted = {name: tuple(tensor.shape) for name, tensor in reference.state_dict().items()}
    assert got == wanted


def share_weights(ours: nn.Module, reference: nn.Module, rename: Callable[[str], str] = str) -> None:
    """Loads the reference's weights into ours, strictly. `rename` gives our name for a name of the reference."""
    ours.load_state_dict({rename(name): tensor for name, tensor in reference.state_dict().items()}, strict=True)


def randomise(module: nn.Module) -> None:
    """Gives every weight and running statistic a value that hides nothing: fresh ones are often zeros and ones."""
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                if name.endswith("running_var"):
                    tensor.uniform_(0.5, 1.5)
                elif tensor.dim() < 2:
                    tensor.add_(torch.randn_like(tensor), alpha=0.1)


def tensors(output: object) -> Iterator[Tensor]:
    """The tensors of an output, depth first: a tensor, a tuple or list, a mapping."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, Mapping):
        for value in output.values():
            yield from tensors(value)
    elif isinstance(output, (tuple, list)):
        for value in output:
            yield from tensors(value)


def difference(ours: object, reference: object) -> float:
    """The largest absolute difference between two outputs of one structure."""
    pairs = list(zip(tensors(ours), tensors(reference), strict=True))
    assert pairs, "nothing to compare"
    for got, wanted in pairs:
        assert got.shape == wanted.shape
    return max((got.double() - wanted.double()).abs().max().item() for got, wanted in pairs)


def relative_difference(ours: object, reference: object) -> float:
    """The norm of the difference over the norm of the reference, the worst of an output's tensors."""
    pairs = list(zip(tensors(ours), tensors(reference), strict=True))
    assert pairs, "nothing to compare"
    for got, wanted in pairs:
        assert got.shape == wanted.shape
        assert torch.isfinite(got).all()
    return max(float((got.detach() - wanted.detach()).norm() / wanted.detach().norm()) for got, wanted in pairs)


def assert_equal(ours: nn.Module, reference: nn.Module, *inputs: Tensor, tolerance: float = 0.0) -> None:
    """In eval mode both give the same output; `tolerance` is absolute."""
    ours.eval()
    reference.eval()
    with torch.no_grad():
        assert difference(ours(*inputs), reference(*inputs)) <= tolerance


def assert_same_gradients(ours: nn.Module, reference: nn.Module, *inputs: Tensor, relative: float = 1e-5) -> None:
    """In training mode the gradients of one random loss agree in every parameter, relative to its gradient's norm; so do
    the running statistics. Both modules must hold the same weights under the same names, and be free of chance."""
    gradients = []
    for module in (ours, reference):
        module.train()
        module.zero_grad()
        torch.manual_seed(1)
        outputs = list(tensors(module(*inputs)))
        torch.manual_seed(2)
        loss = sum(((output * torch.randn_like(output)).sum() for output in outputs), torch.zeros(()))
        loss.backward()  # type: ignore[no-untyped-call]
        gradients.append({name: parameter.grad for name, parameter in module.named_parameters()})
    assert gradients[0].keys() == gradients[1].keys()
    for name, wanted in gradients[1].items():
        got = gradients[0][name]
        assert wanted is not None, name
        assert got is not None, name
        # A gradient that is zero in exact arithmetic (a bias before batch norm) is only rounding: hence the floor.
        assert (got - wanted).norm() <= relative * max(wanted.norm().item(), 1e-2), name
    kept = ours.state_dict()
    for name, buffer in reference.named_buffers():
        assert name not in reference.state_dict() or torch.allclose(kept[name], buffer, rtol=1e-5), name


class _Counted(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        self.operations[str(func)] += 1
        return func(*args, **(kwargs or {}))


def dispatched(module: nn.Module, *inputs: Tensor) -> Counter[str]:
    """The aten operations that a forward pass runs, counted."""
    mode = _Counted()
    with torch.no_grad(), mode:
        module(*inputs)
    return mode.operations


def fit(
    module: nn.Module,
    loss: Callable[[Any, Tensor], Tensor],
    inputs: Tensor,
    targets: Tensor,
    *,
    steps: int,
    rate: float,
    batch: int | None = None,
) -> float:
    """Trains with Adam for `steps` steps, on everything or on random batches; returns the last loss."""
    optimiser = torch.optim.Adam(module.parameters(), lr=rate)
    module.train()
    value = torch.zeros(())
    for _ in range(steps):
        chosen = torch.arange(len(inputs)) if batch is None else torch.randint(len(inputs), (batch,))
        optimiser.zero_grad()
        value = loss(module(inputs[chosen]), targets[chosen])
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    module.eval()
    return value.item()


def accuracy(module: nn.Module, inputs: Tensor, targets: Tensor) -> float:
    """The share of samples whose largest logit is the target's."""
    module.eval()
    with torch.no_grad():
        right: Tensor = module(inputs).argmax(dim=-1) == targets
    return right.double().mean().item()
