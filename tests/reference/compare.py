"""Holding a spec against a published implementation: same keys, same weights, same numbers, by the very functions of
`specc compare`."""

from __future__ import annotations

from ast import literal_eval
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import specc
from specc.runtime.differences import SMALL_GRADIENT, Difference, backward, gradients, hide_nothing, named
from specc.runtime.differences import measured as measure
from specc.runtime.weights import fit_to, put
from tests.reference.proofs import SPECS as SPECS
from tests.reference.proofs import measured


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
    found = sum(parameter.numel() for parameter in module.parameters())
    measured.append(("parameters", found))
    return found


def trainable(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def assert_same_keys(ours: nn.Module, reference: nn.Module) -> None:
    """The two state_dicts have the same names, with the same shapes."""
    got = {name: tuple(tensor.shape) for name, tensor in ours.state_dict().items()}
    wanted = {name: tuple(tensor.shape) for name, tensor in reference.state_dict().items()}
    assert got == wanted


def share_weights(ours: nn.Module, reference: nn.Module, rename: Callable[[str], str] = str) -> None:
    """Loads the reference's weights into ours, strictly. `rename` gives our name for a name of the reference."""
    state = {rename(name): tensor for name, tensor in reference.state_dict().items()}
    fitted = fit_to(ours, state)
    assert not fitted.problems, "\n".join(problem.text for problem in fitted.problems)
    put(ours, state, fitted)


def randomise(module: nn.Module) -> None:
    """Gives every weight and running statistic a value that hides nothing."""
    hide_nothing(module)


def tensors(output: object) -> list[Tensor]:
    """The tensors of an output, depth first: a tensor, a tuple or list, a mapping."""
    return [tensor for _, tensor in named(output)]


def differences(ours: object, reference: object) -> list[Difference]:
    """Of the tensors of two outputs, one by one; there must be as many in both, of the same types."""
    found = [measure("", *pair) for pair in zip(tensors(ours), tensors(reference), strict=True)]
    assert found, "nothing to compare"
    for difference in found:
        assert difference.ours == difference.theirs
    return found


def difference(ours: object, reference: object) -> float:
    """The largest absolute difference between two outputs of one structure."""
    found = max(one.absolute for one in differences(ours, reference))
    measured.append(("difference", found))
    return found


def relative_difference(ours: object, reference: object) -> float:
    """The norm of the difference over the norm of the reference, the worst of an output's tensors."""
    found = max(one.relative for one in differences(ours, reference))
    measured.append(("relative", found))
    return found


def assert_equal(ours: nn.Module, reference: nn.Module, *inputs: Tensor, tolerance: float = 0.0) -> None:
    """In eval mode both give the same output; `tolerance` is absolute."""
    ours.eval()
    reference.eval()
    with torch.no_grad():
        assert difference(ours(*inputs), reference(*inputs)) <= tolerance


def assert_same_gradients(ours: nn.Module, reference: nn.Module, *inputs: Tensor, relative: float = 1e-5) -> None:
    """In training mode the gradients of one random loss agree in every parameter, relative to its gradient's norm; so do
    the running statistics. Both modules must hold the same weights under the same names, and be free of chance."""
    found = []
    for module in (ours, reference):
        module.train()
        module.zero_grad()
        torch.manual_seed(1)
        backward(tensors(module(*inputs)), 2)
        found.append(gradients(module))
    assert found[0].keys() == found[1].keys()
    for name, wanted in found[1].items():
        assert measure(name, found[0][name], wanted, SMALL_GRADIENT).relative <= relative, name
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
    found = right.double().mean().item()
    measured.append(("accuracy", found))
    return found
