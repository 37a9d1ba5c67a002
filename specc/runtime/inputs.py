"""What two models that are compared are given: random inputs of sizes that tell, or a user's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from specc.graph import model
from specc.runtime.errors import CannotRun
from specc.runtime.sizes import admissible, random_inputs

Given = Mapping[str, Tensor | int]
"""By the spec's name of an input; an int for a plain number (`n: dim`)."""

SIZES = (2, 7, 11, 13, 17, 19, 23)
"""What inputs' open sizes are, in order: small, and all different, so that no two can be taken for each other."""

_INDICES = (1000, 100, 30, 10, 5, 2, 1)
"""Ints are drawn below the first of these that the model takes as indices."""


class Inputs:
    """Draws inputs of a model's main entry. Those that have a default are left to it, unless they are given in `fed` or asked
    for by name. The model must be on the CPU when this is made, and is left in eval mode."""

    def __init__(self, program: model.Program, network: nn.Module, asked: Mapping[str, str], fed: Given | None) -> None:
        """Raises CannotRun for inputs that the model does not have, and where some that it needs are not given."""
        self.program = program
        self.fed = fed
        parameters = _parameters(program, network)
        for name in (*asked, *(fed or ())):
            if name not in parameters:
                raise CannotRun(f"{program.model} has no input {name}; it has {', '.join(parameters)}")
        self.names = [
            name
            for name, parameter in parameters.items()
            if name in asked or name in (fed or ()) or parameter.default is inspect.Parameter.empty
        ]
        absent = [] if fed is None else [name for name in self.names if name not in fed]
        if absent:
            raise CannotRun(f"the inputs that are given lack {absent[0]}: {program.model} takes {', '.join(self.names)}")
        if fed is None:
            sizes = [*SIZES, *([SIZES[-1]] * len(program.symbols))]
            self.sizes = admissible(program, dict(zip(program.symbols, sizes, strict=False)))
            self.bounds = self._bounds(network)

    def draw(self, seed: int) -> dict[str, Tensor | int]:
        """The inputs of a seed; those that were given are the same for all."""
        if self.fed is not None:
            return {name: self.fed[name] for name in self.names}
        return self._drawn(seed, self.bounds)

    def _drawn(self, seed: int, bounds: Mapping[str, int]) -> dict[str, Tensor | int]:
        chance = torch.Generator().manual_seed(seed)
        cpu = torch.device("cpu")
        found = random_inputs(self.program, self.program.main.main, self.sizes, cpu, chance, whole=bounds)
        for value in found.values():
            if isinstance(value, Tensor) and value.dtype == torch.bool and value.dim():
                value[..., 0] = True  # a mask that hides everything has no meaning
        return {name: found[name] for name in self.names}

    def _bounds(self, network: nn.Module) -> dict[str, int]:
        """Below what each input of ints is drawn: they may be indices into anything, so the model is asked."""
        instance = self.program.main
        held = {argument.name: argument.tensor for argument in instance.forward.inputs if argument.name in self.names}
        whole = [name for name, tensor in held.items() if tensor is not None and instance.tensors[tensor].type.dtype == "int"]
        network.eval()

        def takes(bounds: Mapping[str, int]) -> bool:
            inputs = self._drawn(0, bounds)
            for name, value in inputs.items():
                if isinstance(value, Tensor) and name in bounds:
                    inputs[name] = torch.full_like(value, bounds[name] - 1)
            try:
                with torch.no_grad():
                    apply(self.program, network, inputs)
            except (IndexError, RuntimeError, ValueError):
                return False  # what no bound cures is told when the model is run
            return True

        highest, lowest = dict.fromkeys(whole, _INDICES[0]), dict.fromkeys(whole, _INDICES[-1])
        if not whole or takes(highest):
            return highest
        return {name: next((n for n in _INDICES if takes({**lowest, name: n})), 1) for name in whole}


def apply(program: model.Program, network: nn.Module, inputs: Given) -> object:
    """What the main entry of a spec's model gives."""
    parameters = _parameters(program, network)
    return _entry(program, network)(**{parameters[name].name: value for name, value in inputs.items()})


def _entry(program: model.Program, network: nn.Module) -> Callable[..., object]:
    name = program.main.main
    found: Callable[..., object] = network if name == "forward" else getattr(network, name)
    return found


def _parameters(program: model.Program, network: nn.Module) -> dict[str, inspect.Parameter]:
    """Of the generated method, by the spec's name of the input: it may be called otherwise where Python has a use for it."""
    found = list(inspect.signature(getattr(network, program.main.main)).parameters.values())
    return {argument.name: found[n] for n, argument in enumerate(program.main.forward.inputs)}
