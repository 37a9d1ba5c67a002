"""Holding what the checker says against what torch computes: types, counts, keys, gradients, copies."""

from __future__ import annotations

import copy
import io
import pickle
import random
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from specc.graph import model
from specc.record import Record
from specc.runtime.devices import device as device_of
from specc.runtime.load import built_model, forget
from specc.runtime.observe import Observer, tensors
from specc.runtime.run import call
from specc.runtime.sizes import admissible, random_sizes, smallest
from specc.weights.wanted import wanted


class NotDifferentiable(Exception):
    """The model has an operation without a derivative in torch."""


class Finding(Record):
    """Something that does not hold. `sizes` are those of the run that showed it, empty where they do not matter."""

    what: str
    place: str = ""
    sizes: str = ""


class Verification(Record):
    """What was tried and what did not hold: nothing, if all is well. `notes` tell what could not be tried."""

    model: str
    device: str
    runs: tuple[dict[str, int], ...]
    tensors: int
    parameters: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {**vars(self), "findings": [vars(finding) for finding in self.findings]}


def verify(program: model.Program, module: ModuleType, *, runs: int = 3, device: str = "cpu", seed: int = 0) -> Verification:
    """Runs the model of a live module at the smallest admissible sizes and at `runs - 1` random ones. Raises CannotRun."""
    place = device_of(device)
    torch.manual_seed(seed)
    with place:
        network = built_model(module)().eval()
    _hide_nothing(network)
    chance = random.Random(seed)
    trials = _trials(program, runs, chance)
    findings = [*_weights(program, network)]
    compared = 0
    notes: list[str] = []
    for trial, sizes in enumerate(trials):
        for entry in program.main.entries:
            seen, found = _types(program, network, entry, sizes, place, seed + trial)
            compared += seen
            findings += found
    if not findings:
        # Batch normalisation learns from more than one value.
        several = admissible(program, {name: max(size, 2) for name, size in trials[0].items()})
        try:
            findings += _gradients(program, network, several, place, seed)
        except NotDifferentiable as why:
            notes.append(f"no gradients were taken: {why}")
        findings += _twins(program, module, network, trials[0], place, seed)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Verification(program.model, str(place), tuple(trials), compared, parameters, tuple(findings), tuple(notes))


def _trials(program: model.Program, runs: int, chance: random.Random) -> list[dict[str, int]]:
    """The smallest sizes and others, no two alike as long as there are any."""
    trials = [smallest(program)]
    for _ in range(20 * runs):
        if len(trials) >= runs or not program.symbols:
            break
        drawn = random_sizes(program, chance)
        if drawn not in trials:
            trials.append(drawn)
    return trials


def _hide_nothing(network: nn.Module) -> None:
    """Fresh biases and statistics are often 0 and 1, which would hide a weight that is lost: give them other values."""
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point() and tensor.dim() == 1:
                tensor.add_(torch.rand_like(tensor), alpha=0.1)


def _weights(program: model.Program, network: nn.Module) -> list[Finding]:
    """Keys and shapes of the state_dict, and the number of parameters."""
    inferred = {name: want.shape for name, want in wanted(program).items()}
    actual = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    findings = [
        Finding(f"{name} {list(shape)} is inferred, but the module has no such weight")
        for name, shape in inferred.items()
        if name not in actual
    ]
    findings += [
        Finding(f"the module has {name} {list(shape)}, which is not inferred")
        for name, shape in actual.items()
        if name not in inferred
    ]
    findings += [
        Finding(f"{name} is inferred to be {list(shape)}, the module has {list(actual[name])}")
        for name, shape in inferred.items()
        if name in actual and actual[name] != shape
    ]
    trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    findings += [Finding(f"{name} is frozen in the spec, but gets a gradient") for name in program.frozen if name in trained]
    counted = sum(parameter.numel() for parameter in network.parameters())
    if counted != program.main.learned:
        findings.append(Finding(f"{program.main.learned} parameters are inferred, the module has {counted}"))
    return findings


def _types(
    program: model.Program, network: nn.Module, entry: str, sizes: Mapping[str, int], place: torch.device, seed: int
) -> tuple[int, list[Finding]]:
    """Every layer's output and every result of an entry, at these sizes. Returns how many tensors were compared."""
    shown = show(sizes)
    with torch.no_grad(), Observer(program, network, entry, sizes) as observer:
        try:
            observer.results(call(network, program, entry, sizes, place, seed)[1])
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            told = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            return observer.compared, [Finding(f"torch refuses what was inferred to run: {told}", "", shown)]
    return observer.compared, [
        Finding(f"{d.key} is inferred to be {d.inferred}, torch gives {d.actual}", d.place, shown) for d in observer.differences
    ]


def _gradients(
    program: model.Program, network: nn.Module, sizes: Mapping[str, int], place: torch.device, seed: int
) -> list[Finding]:
    """In training mode, a gradient reaches every parameter of a layer that is used, from one entry or another."""
    trained = copy.deepcopy(network).train()
    parameters = {name: p for name, p in trained.named_parameters() if p.requires_grad}
    if not parameters:
        return []
    chance = torch.Generator().manual_seed(seed)
    for entry in program.main.entries:
        _, output = call(trained, program, entry, sizes, place, seed)
        results = [tensor for tensor in tensors(output) if tensor.requires_grad]
        losses = [(t * torch.randn(t.shape, generator=chance).to(t)).sum().abs() for t in results]
        try:
            if losses:
                torch.autograd.backward(losses)
        except RuntimeError as error:
            if "derivative for" in str(error) and "not implemented" in str(error):
                raise NotDifferentiable(str(error)) from None
            raise
    unused = _unused(program)
    return [
        Finding(f"no gradient reaches {name}", "", show(sizes))
        for name, parameter in parameters.items()
        if parameter.grad is None and not name.startswith(unused)
    ]


def _unused(program: model.Program) -> tuple[str, ...]:
    """Prefixes of the layers that are declared and never applied: none of their weights takes part."""
    found: list[str] = []

    def visit(instance: model.Instance, prefix: str) -> None:
        for key, member in instance.members.items():
            if member.role in ("layer", "block", "sequential") and not member.applied:
                found.append(f"{prefix}{key}.")
            elif member.instance is not None:
                visit(program.instances[member.instance], f"{prefix}{key}.")

    visit(program.main, "")
    return tuple(found)


def _twins(
    program: model.Program, module: ModuleType, network: nn.Module, sizes: Mapping[str, int], place: torch.device, seed: int
) -> list[Finding]:
    """A state_dict loaded into a fresh model, a deep copy and (where torch allows it) a pickle opened anew give the same
    outputs, bit by bit."""

    def reloaded() -> nn.Module:
        torch.manual_seed(seed + 1)  # with other weights than the first model had, before it gets them
        with place:
            other = built_model(module)().eval()
        other.load_state_dict(network.state_dict())
        return other

    def unpickled() -> nn.Module:
        data = io.BytesIO()
        pickle.dump(network, data)
        forget(module)
        data.seek(0)
        twin: nn.Module = pickle.load(data)
        return twin

    ways: dict[str, Callable[[], nn.Module]] = {
        "a state_dict loaded into a fresh model": reloaded,
        "a deep copy": lambda: copy.deepcopy(network),
    }
    if not any(is_parametrized(part) for part in network.modules()):  # torch saves those by their state_dict only
        ways["a pickle"] = unpickled
    with torch.no_grad():
        entry = program.main.main
        wanted = list(tensors(call(network, program, entry, sizes, place, seed)[1]))
        findings = []
        for way, make in ways.items():
            got = list(tensors(call(make(), program, entry, sizes, place, seed)[1]))
            if not _same(wanted, got):
                findings.append(Finding(f"{way} gives other outputs than the model", "", show(sizes)))
    return findings


def _same(left: list[Tensor], right: list[Any]) -> bool:
    """Bit by bit; a NaN equals itself. On `meta` there are types only."""
    if len(left) != len(right):
        return False
    return all(
        a.dtype == b.dtype and a.shape == b.shape and (a.is_meta or torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)))
        for a, b in zip(left, right, strict=True)
    )


def show(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
