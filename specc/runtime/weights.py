"""Filling a model from a safetensors file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from specc.runtime.devices import device as device_of
from specc.runtime.errors import CannotRun
from specc.runtime.load import built_model

Width = torch.dtype
"""What `dtype` is: `torch.bfloat16`."""

_SHOWN = 12
"""Keys listed in a message before it says how many more there are."""

_CONVERT = (
    'python -c "import torch, safetensors.torch as s; '
    "s.save_file(torch.load('{0}', map_location='cpu', weights_only=True), '{1}')\""
)


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
    state = model.state_dict()
    problems = _differences(state, found)
    if problems:
        listed = "".join(f"\n  {line}" for line in problems)
        raise CannotRun(f"the weights in {path.name} do not fit {type(model).__name__}:{listed}")
    # A tied weight has several names and stands in the file once.
    model.load_state_dict({name: found[_kept(name, state, found)] for name in state})


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, on the CPU. Raises CannotRun for what is not one."""
    try:
        with path.open("rb") as stream:
            start = stream.read(9)
    except OSError as error:
        raise CannotRun(f"cannot read {path}: {error.strerror}") from None
    # A safetensors file may begin with the same byte: eight bytes of length stand before its brace.
    if start[:4] == b"PK\x03\x04" or (start[:1] == b"\x80" and start[8:] != b"{"):
        command = _CONVERT.format(path, path.with_suffix(".safetensors").name)
        raise CannotRun(
            f"{path.name} is a pickle, and opening a pickle can run any code; specc reads safetensors only. "
            f"If you trust the file, convert it:\n  {command}"
        )
    try:
        with safe_open(str(path), framework="pt", device="cpu") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  # it is no mapping
    except SafetensorError as error:
        raise CannotRun(f"{path.name} is not a safetensors file: {error}") from None


def _kept(name: str, state: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str:
    """The name under which the file has the tensor `name`: its own or, for a tied one, a twin's. Empty where there is none."""
    if name in found:
        return name
    wanted = state[name]
    for twin, tensor in state.items():
        if twin in found and tensor.data_ptr() == wanted.data_ptr() != 0 and tensor.shape == wanted.shape:
            return twin
    return ""


def _differences(state: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """What does not agree, a line each, with the nearest name on the other side."""
    missing = [name for name in state if not _kept(name, state, found)]
    unexpected = [name for name in found if name not in state]
    lines = []
    prefix = _common_prefix(missing, unexpected)
    if prefix:
        lines.append(f"the names in the file start with {prefix!r}: remove it from them")
    lines += _listed([f"missing: {name} {_shape(state[name])}{_nearest(name, unexpected)}" for name in missing])
    lines += _listed([f"unexpected: {name} {_shape(found[name])}{_nearest(name, missing)}" for name in unexpected])
    return lines + _listed(
        [
            f"{name}: the model has {_shape(state[name])}, the file {_shape(found[name])}"
            for name in state
            if name in found and state[name].shape != found[name].shape
        ]
    )


def _common_prefix(missing: list[str], unexpected: list[str]) -> str:
    """What stands before every name in the file and before none in the model: `module.`, `model.`."""
    if not missing or not unexpected:
        return ""
    first = unexpected[0].partition(".")[0] + "."
    if not all(name.startswith(first) for name in unexpected):
        return ""
    return first if any(name.removeprefix(first) in missing for name in unexpected) else ""


def _listed(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return lines if more <= 0 else [*lines[:_SHOWN], f"and {more} more {lines[0].partition(':')[0]}"]


def _shape(tensor: Tensor) -> str:
    return str(list(tensor.shape))


def _nearest(name: str, others: list[str]) -> str:
    near = get_close_matches(name, others, n=1, cutoff=0.6)
    return f", nearest: {near[0]}" if near else ""
