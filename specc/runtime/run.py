"""Running a model once on random input: what comes out, how large the model is, how long it takes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from specc.graph import model
from specc.record import Record
from specc.runtime.devices import device as device_of
from specc.runtime.devices import synchronise
from specc.runtime.errors import CannotRun
from specc.runtime.load import built_model
from specc.runtime.observe import describe, tensors
from specc.runtime.sizes import admissible, random_inputs


class Flow(Record):
    """A tensor by name: its type in the spec and the one that it has."""

    name: str
    declared: str
    actual: str


class Run(Record):
    """What a run showed. Times are in seconds; `forward_seconds` is that of a second pass, since the first warms up."""

    model: str
    device: str
    sizes: dict[str, int]
    inputs: tuple[Flow, ...]
    outputs: tuple[Flow, ...]
    parameters: int
    buffers: int
    build_seconds: float
    forward_seconds: float

    def as_json(self) -> dict[str, object]:
        flows = {side: [vars(flow) for flow in getattr(self, side)] for side in ("inputs", "outputs")}
        return {**vars(self), **flows}


def run(program: model.Program, module: ModuleType, *, device: str = "auto", seed: int = 0) -> Run:
    """Builds the model of a live module on a device and runs it in eval mode: its forward, or its first entry where it has
    none. Raises CannotRun."""
    place = device_of(device)
    torch.manual_seed(seed)
    started = time.perf_counter()
    with place:
        network = built_model(module)().eval()
    synchronise(place)
    build_seconds = time.perf_counter() - started
    sizes = admissible(program, dict.fromkeys(program.symbols, 2))
    inputs, output, forward_seconds = _timed(program, network, sizes, place, seed)
    return Run(
        program.model,
        str(place),
        sizes,
        tuple(Flow(n, _declared(program, n), describe(t) if isinstance(t, Tensor) else str(t)) for n, t in inputs.items()),
        _outputs(program, output),
        sum(parameter.numel() for parameter in network.parameters()),
        sum(buffer.numel() for buffer in network.buffers()),
        build_seconds,
        forward_seconds,
    )


def call(
    network: nn.Module, program: model.Program, entry: str, sizes: Mapping[str, int], place: torch.device, seed: int
) -> tuple[dict[str, Tensor | int], Any]:
    """The random inputs of a seed and what an entry gives for them. An int may index something that has one item only: if
    so, all of them are zero."""
    way_in = network if entry == "forward" else getattr(network, entry)
    for whole in (2, 1):
        inputs = random_inputs(program, entry, sizes, place, torch.Generator().manual_seed(seed), whole=whole)
        torch.manual_seed(seed)  # for what the model itself draws
        try:
            return inputs, way_in(*inputs.values())
        except (IndexError, RuntimeError) as error:
            if whole == 1 or not any(word in str(error) for word in ("out of range", "out of bounds")):
                raise
    raise AssertionError("the last attempt returns or raises")


def _timed(
    program: model.Program, network: nn.Module, sizes: Mapping[str, int], place: torch.device, seed: int
) -> tuple[dict[str, Tensor | int], Any, float]:
    try:
        with torch.no_grad():
            call(network, program, program.main.main, sizes, place, seed)
            synchronise(place)
            started = time.perf_counter()
            inputs, output = call(network, program, program.main.main, sizes, place, seed)
            synchronise(place)
    except torch.OutOfMemoryError:
        shown = ", ".join(f"{name} = {size}" for name, size in sizes.items()) or "its sizes"
        raise CannotRun(f"{program.model} does not fit into the memory of {place} with {shown}; try --device cpu") from None
    return inputs, output, time.perf_counter() - started


def _declared(program: model.Program, name: str) -> str:
    instance = program.main
    tensor = next(argument.tensor for argument in instance.forward.inputs if argument.name == name)
    return "dim" if tensor is None else str(instance.tensors[tensor].type)


def output_names(program: model.Program) -> list[str]:
    """What the model's main entry gives, in order: outputs, those of a list one by one, then what states become."""
    return [name for name, _ in _results(program)]


def _results(program: model.Program) -> list[tuple[str, str]]:
    """Names and types."""
    instance = program.main
    named: list[tuple[str, str]] = []
    for result in instance.forward.outputs:
        for n, tensor in enumerate(result.tensors):
            named.append((f"{result.name}[{n}]" if result.listed else result.name, str(instance.tensors[tensor].type)))
    return named + [(state.name, str(instance.tensors[state.next].type)) for state in instance.forward.states]


def _outputs(program: model.Program, output: object) -> tuple[Flow, ...]:
    actual: Sequence[Tensor] = list(tensors(output))
    return tuple(Flow(name, kind, describe(tensor)) for (name, kind), tensor in zip(_results(program), actual, strict=True))
