"""Filling a model from a safetensors file, or from another model's tensors."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from specc.graph import model as graph
from specc.runtime.devices import device as device_of
from specc.runtime.errors import CannotRun
from specc.runtime.load import built_model
from specc.weights import header
from specc.weights.convert import Given
from specc.weights.errors import BadWeights
from specc.weights.fit import Fit, Move, fit
from specc.weights.rules import Rules
from specc.weights.wanted import Wanted

Width = torch.dtype
"""What `dtype` is: `torch.bfloat16`."""

_SHOWN = 12
"""Keys listed in a message before it says how many more there are."""


def filled(
    module: ModuleType, *, weights: str | os.PathLike[str] | None = None, dtype: torch.dtype | None = None, device: str = "cpu"
) -> nn.Module:
    """The model that a live module was built for, on a device (as in `devices.device`), with the weights of a file (None: fresh
    ones) and its floating point numbers of a width (None: torch's default). Raises CannotRun."""
    with torch.device(device_of(device)):
        model = built_model(module)()
    if weights is not None:
        fill(model, weights)
    return model if dtype is None else model.to(dtype)


def with_model(
    module: ModuleType, *, weights: str | os.PathLike[str] | None, dtype: torch.dtype | None, device: str
) -> ModuleType:
    """The module with one more name, `model`, for an instance as in `filled`. A new module, since others share the old one."""
    view = ModuleType(module.__name__, module.__doc__)
    view.__dict__.update(vars(module))
    view.model = filled(module, weights=weights, dtype=dtype, device=device)  # type: ignore[attr-defined]
    return view


def fill(model: nn.Module, file: str | os.PathLike[str]) -> None:
    """Copies every tensor of a safetensors file into the model's tensor of that name. Raises CannotRun where names or shapes
    do not agree, and changes nothing then. Values are cast to the width that the model has."""
    path = Path(file)
    found = read(path)
    fitted = fit_to(model, found)
    if fitted.problems:
        lines = _capped([(problem.kind, problem.text) for problem in fitted.problems])
        if fitted.suggestions:
            lines += [
                "`specc weights --map` renames, by rules such as:",
                *(f"  {rule}" for rule in fitted.suggestions[:_SHOWN]),
            ]
        listed = "".join(f"\n  {line}" for line in lines)
        raise CannotRun(f"the weights in {path.name} do not fit {type(model).__name__}:{listed}")
    put(model, found, fitted)


def fit_to(model: nn.Module, found: Mapping[str, Tensor], rules: Rules | None = None) -> Fit:
    """Holds the names and shapes of tensors against those of the model's state_dict, after the rules. Tied tensors that come
    from two that differ are problems too."""
    fitted = fit({name: tuple(tensor.shape) for name, tensor in found.items()}, wanted_by(model), rules)
    if fitted.problems:
        return fitted
    moves = {move.target: move for move in fitted.moves}
    torn = [(a, b) for a, b in fitted.ties if not torch.equal(moved(moves[a], found), moved(moves[b], found))]
    return fitted.torn(torn)


def wanted_by(model: nn.Module) -> dict[str, Wanted]:
    """What the model's state_dict holds, and which names of it are one tensor."""
    first: dict[tuple[int, torch.Size, tuple[int, ...]], str] = {}
    found = {}
    for name, tensor in model.state_dict().items():
        one = name
        if tensor.data_ptr() != 0:  # on `meta`, and where there is nothing, all tensors have this address
            one = first.setdefault((tensor.data_ptr(), tensor.shape, tensor.stride()), name)
        found[name] = Wanted(tuple(tensor.shape), one)
    return found


def put(model: nn.Module, found: Mapping[str, Tensor], fitted: Fit) -> None:
    """Gives the model the tensors that it was fitted to."""
    model.load_state_dict({move.target: moved(move, found) for move in fitted.moves}, strict=False)


def moved(move: Move, found: Mapping[str, Tensor]) -> Tensor:
    """The tensor that a move makes."""
    parts = [found[source].permute(move.order) if move.order else found[source] for source in move.sources]
    whole = parts[0] if len(parts) == 1 else torch.cat(parts, dim=move.dim)
    if move.stop is not None:
        whole = whole.narrow(move.dim, move.start, move.stop - move.start)
    return whole.reshape(move.shape)


def given(module: ModuleType, names: Sequence[str]) -> dict[str, Given]:
    """Tensors of a freshly built model, as a file holds them."""
    state = built_model(module)().state_dict()
    found = {}
    for name in names:
        data = save({name: state[name].contiguous()})
        length = int.from_bytes(data[:8], "little")
        kind = json.loads(data[8 : 8 + length])[name]["dtype"]
        found[name] = Given(kind, tuple(state[name].shape), data[8 + length :])
    return found


def read_inputs(program: graph.Program, file: str | os.PathLike[str]) -> dict[str, Tensor | int]:
    """The tensors of a safetensors file as inputs of a program; what the spec has as a plain number (`n: dim`) is one.

    Raises CannotRun.
    """
    plain = [argument.name for argument in program.main.forward.inputs if argument.tensor is None]
    found: dict[str, Tensor | int] = {}
    for name, tensor in read(Path(file)).items():
        if name in plain and tensor.numel() != 1:
            raise CannotRun(f"the input {name} is a plain number; {Path(file).name} holds {list(tensor.shape)}")
        found[name] = int(tensor.item()) if name in plain else tensor
    return found


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, or of those that an index names, on the CPU. Raises CannotRun for what is not one."""
    try:
        stored = header.read(os.fspath(path))
    except BadWeights as error:
        raise CannotRun(str(error)) from None
    tensors: dict[str, Tensor] = {}
    for file in dict.fromkeys(one.file for one in stored.values()):
        try:
            with safe_open(file, framework="pt", device="cpu") as opened:
                tensors.update((name, opened.get_tensor(name)) for name, one in stored.items() if one.file == file)
        except SafetensorError as error:
            raise CannotRun(f"{os.path.basename(file)} is not a safetensors file: {error}") from None
    return tensors


def _capped(problems: list[tuple[str, str]]) -> list[str]:
    """The texts, of each kind only so many."""
    lines = []
    for kind in dict.fromkeys(kind for kind, _ in problems):
        texts = [text for its, text in problems if its == kind]
        lines += texts[:_SHOWN]
        if len(texts) > _SHOWN:
            lines.append(f"and {len(texts) - _SHOWN} more {kind}")
    return lines
