"""Random sizes, tensors and arguments, mostly sensible."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from specc.types import DType, TensorType

# (all arguments by name, a TensorType or None per operand, inferable arguments whose value follows from the operands)
Sample = tuple[dict[str, Any], dict[str, TensorType | None], tuple[str, ...]]


Sampler = Callable[["Draw"], Sample]


class Draw(random.Random):
    """Random sizes and tensors, mostly sensible."""

    def often(self) -> bool:
        return self.random() < 0.9

    def rarely(self) -> bool:
        return self.random() < 0.06

    def yes(self) -> bool:
        return self.random() < 0.5

    def dim(self, low: int = 1, high: int = 7) -> int:
        return 0 if self.random() < 0.02 else self.randint(low, high)

    def dims(self, n: int, low: int = 1, high: int = 7) -> tuple[int, ...]:
        return tuple(self.dim(low, high) for _ in range(n))

    def kind(self, *usual: DType) -> DType:
        """Mostly one of the usual kinds of numbers (float)."""
        return self.choice(usual or (DType.FLOAT,)) if self.often() else self.choice(list(DType))

    def tensor(self, *shape: int, usual: tuple[DType, ...] = ()) -> TensorType:
        return TensorType(tuple(shape), self.kind(*usual))

    def any_tensor(self, low: int = 0, high: int = 5, usual: tuple[DType, ...] = ()) -> TensorType:
        return self.tensor(*self.dims(self.randint(low, high), 1, 5), usual=usual)

    def image(self, n: int, channels: int, low: int = 1, high: int = 9, usual: tuple[DType, ...] = ()) -> TensorType:
        """[N, C, *sizes] or [C, *sizes]; now and then of another rank."""
        shape = (*((self.dim(1, 3),) if self.random() < 0.7 else ()), channels, *self.dims(n, low, high))
        if self.rarely():
            shape = (*shape, self.dim()) if self.yes() else shape[1:]
        return self.tensor(*shape, usual=usual)

    def per(self, n: int, low: int, high: int) -> Any:
        """One number for all, or one each; now and then one too many."""
        if self.yes():
            return self.randint(low, high)
        return tuple(self.randint(low, high) for _ in range(n + (1 if self.random() < 0.03 else 0)))

    def off(self, value: int) -> tuple[int, bool]:
        """The value, or now and then another one; whether it is the value."""
        if self.often():
            return value, True
        other = max(0, value + self.choice((-1, 1, 2)))
        return other, other == value

    def some(self, **choices: Any) -> dict[str, Any]:
        """Each of the arguments with probability one half; lists are drawn from."""
        return {name: self.choice(options) for name, options in choices.items() if self.yes()}


def ints(x: TensorType) -> tuple[int, ...]:
    """The sizes, which are numbers here."""
    return tuple(int(d) for d in x.shape)


def simple(low: int = 0, high: int = 5, **choices: list[Any]) -> Sampler:
    """A pointwise layer: any tensor, optional arguments."""

    def sample(draw: Draw) -> Sample:
        kinds = (DType.FLOAT, DType.FLOAT, DType.FLOAT, *DType)
        return draw.some(**choices), {"input": draw.any_tensor(low, high, usual=kinds)}, ()

    return sample


def required(low: int, high: int, **choices: list[Any]) -> Sampler:
    """A pointwise layer with required arguments."""

    def sample(draw: Draw) -> Sample:
        kinds = (DType.FLOAT, DType.FLOAT, *DType)
        return (
            {name: draw.choice(options) for name, options in choices.items()},
            {"input": draw.any_tensor(low, high, usual=kinds)},
            (),
        )

    return sample


def pair(**choices: list[Any]) -> Sampler:
    """Two tensors that mostly broadcast."""

    def sample(draw: Draw) -> Sample:
        x = draw.any_tensor(0, 4)
        shape = tuple(d if draw.random() < 0.8 else (1 if draw.yes() else draw.dim()) for d in ints(x))
        if draw.random() < 0.15:
            shape = shape[1:]
        return draw.some(**choices), {"x1": x, "x2": draw.tensor(*shape)}, ()

    return sample
