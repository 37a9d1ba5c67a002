"""Where a model runs."""

from __future__ import annotations

import torch

from specc.runtime.errors import CannotRun


def available() -> list[str]:
    """The kinds of device that this machine has, best first."""
    present = {"cuda": torch.cuda.is_available(), "xpu": torch.xpu.is_available(), "mps": torch.backends.mps.is_available()}
    return [*(name for name, there in present.items() if there), "cpu"]


def device(name: str = "auto") -> torch.device:
    """The device of a name: `auto` (the best there is), `cpu`, `cuda`, `cuda:1`, `mps`, `xpu`, `meta`. Raises CannotRun."""
    if name == "auto":
        return torch.device(available()[0])
    kind, _, index = name.partition(":")
    present = [*available(), "meta"]
    if kind not in present:
        raise CannotRun(f"there is no device {name} on this machine; there is {', '.join(present)}")
    if index and (not index.isdigit() or (kind == "cuda" and int(index) >= torch.cuda.device_count())):
        raise CannotRun(f"there is no device {name}; the machine has {torch.cuda.device_count()} cuda devices, from cuda:0")
    return torch.device(name)


def synchronise(device: torch.device) -> None:
    """Waits until the device has done what it was given: before a clock is read."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "xpu":
        torch.xpu.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
