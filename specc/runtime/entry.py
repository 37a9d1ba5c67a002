"""An entry of a model as a module of its own, for what takes modules: torch.export, torch.jit, ONNX, nn.DataParallel."""

from __future__ import annotations

from difflib import get_close_matches

from torch import nn

Module = nn.Module


class Entry(nn.Module):
    """Runs one entry of `module`, which it holds as its only child: weights are shared, keys start with `module.`. Its forward
    takes and gives what the entry does, under the same names."""

    def __init__(self, module: nn.Module, name: str) -> None:
        super().__init__()
        self.module = module
        self.entry = name
        self.train(module.training)
        self.forward = getattr(module, name)  # bound, so that whoever asks for forward's arguments sees the entry's own


def entries_of(module: nn.Module) -> tuple[str, ...]:
    """The entries of a generated module, in the order of the spec."""
    own = vars(type(module))
    return tuple(n for n, value in own.items() if callable(value) and not n.startswith("_") and n != "reset_parameters")


def entry(module: nn.Module, name: str) -> Entry:
    """Raises ValueError where the module has no such entry."""
    known = entries_of(module)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{type(module).__name__} has no entry {name!r}, only {', '.join(known)}{meant}")
    return Entry(module, name)
