"""Reductions of truth values, apart from the others because `Any` is a name of theirs."""

from __future__ import annotations

from specc.ops.functions._shared import TO_BOOL, UINT8
from specc.ops.functions.reduce import _Reduce
from specc.ops.rules import Checks
from specc.types import TensorType


class _Truth(_Reduce):
    numbers = {**TO_BOOL, UINT8: UINT8}
    keeps_input = False

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        if self.dim == () and x.rank:
            check.argument("dim", "at least one dimension must be named; leave it out for all")
        return super().shape(check, x)


class All(_Truth):
    """True where no element is zero or false."""

    example = "x: bool[B, T] -> all(1)"
    torch = "torch.all"


class Any(_Truth):
    """True where some element is neither zero nor false."""

    example = "x: bool[B, T] -> any(1)"
    torch = "torch.any"
