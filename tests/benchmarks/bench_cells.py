"""An LSTM cell, written in `.nn` and stepped by `Scan`, against the same cell and loop by hand: eager mode, same weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.benchmarks.harness import Row, compare, show
from tests.reference.compare import build, difference, share_weights

BATCH, STEPS, FEATURES, HIDDEN = 16, 100, 32, 64


class Cell(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.ih = nn.Linear(features, 4 * hidden)
        self.hh = nn.Linear(hidden, 4 * hidden)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        i, f, g, o = (self.ih(x) + self.hh(h)).chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class ByHand(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.rnn = Cell(features, hidden)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = x.new_zeros(x.shape[0], self.hidden)
        c = x.new_zeros(x.shape[0], self.hidden)
        outputs = []
        for x_t in x.unbind(1):
            h, c = self.rnn(x_t, h, c)
            outputs.append(h)
        return torch.stack(outputs, dim=1), h, c


def rows() -> list[Row]:
    ours = build("sequence/lstm", "LSTMByHand", features=FEATURES, hidden=HIDDEN)
    theirs = ByHand(FEATURES, HIDDEN)
    share_weights(ours, theirs)
    x = torch.randn(BATCH, STEPS, FEATURES)

    def forward(module: nn.Module) -> object:
        with torch.no_grad():
            return module(x)

    def step(module: nn.Module) -> None:
        module.zero_grad()
        module(x)[0].sum().backward()

    assert difference(tuple(ours(x)), theirs(x)) == 0.0
    return [
        compare("forward", lambda: forward(ours), lambda: forward(theirs), runs=31),
        compare("forward, backward", lambda: step(ours), lambda: step(theirs), runs=31),
    ]


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)  # the steps are too small to share
    show(f"a Scan over an LSTM cell, {STEPS} steps of {BATCH} x {FEATURES} -> {HIDDEN}, and the loop by hand", rows())


if __name__ == "__main__":
    main()
