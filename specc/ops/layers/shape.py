"""Layers that only change the shape: Flatten and Unflatten."""

from __future__ import annotations

from typing import Any

from specc.ops.declare import Kind, Layer, axis, dims
from specc.ops.rules import Checks, product
from specc.types import TensorType


class Flatten(Layer):
    """Merges a run of dimensions into one.

    Shape: [N, *dims] -> [N, prod(dims)]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html
    """

    kind = Kind.VIEW
    example = "x: float[B, 16, 5, 5] -> Flatten"
    aliases = True
    keeps_input = False

    start_dim: int = axis("first dimension to merge", default=1)
    end_dim: int = axis("last dimension to merge", default=-1)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        start = check.axis(input, self.start_dim, "start_dim")
        end = check.axis(input, self.end_dim, "end_dim")
        if start > end:
            check.argument("start_dim", f"dimension {self.start_dim} comes after end_dim={self.end_dim}")
        return input.with_shape(*input.shape[:start], product(input.shape[start : end + 1]), *input.shape[end + 1 :])


class Unflatten(Layer):
    """Splits one dimension into several; one of them may be -1.

    Shape: [..., prod(sizes), ...] -> [..., *sizes, ...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
    """

    kind = Kind.VIEW
    example = "x: float[B, 784] -> Unflatten(1, (1, 28, 28))"
    aliases = True
    keeps_input = False

    dim: int = axis("dimension to split")
    unflattened_size: tuple[Any, ...] = dims("sizes it becomes", lower=-1)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        at = check.axis(input, self.dim)
        check.rank(input, at_least=1)
        return input.with_shape(
            *input.shape[:at], *split_into(check, input.shape[at], self.unflattened_size), *input.shape[at + 1 :]
        )

    def subtitle(self) -> str:
        return " × ".join(str(d) for d in self.unflattened_size)


def split_into(check: Checks, whole: Any, parts: Any) -> tuple[Any, ...]:
    """The sizes of a split of `whole`, with at most one -1 among `parts` worked out."""
    if not parts:
        check.argument("unflattened_size", "expected at least one size, got none")
    if any(part is None for part in parts):
        check.argument("unflattened_size", "none is no size")
    known = [part for part in parts if not _wild(part)]
    if len(known) == len(parts):
        check.equal(product(parts), whole, "the product of unflattened_size", "the dimension that is split")
        return tuple(parts)
    if len(known) < len(parts) - 1:
        check.argument("unflattened_size", "only one of the sizes can be -1")
    rest = product(known)
    if check.same(rest, 0):
        check.argument("unflattened_size", "-1 says nothing where another size is 0")
    quotient = check.divides(rest, whole, "the product of the other sizes", "the dimension that is split")
    return tuple(quotient if _wild(part) else part for part in parts)


def _wild(part: Any) -> bool:
    return isinstance(part, int) and part == -1
