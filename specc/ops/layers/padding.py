"""Padding: https://docs.pytorch.org/docs/stable/nn.html#padding-layers

`padding` is one number for all sides, or one per side with the last dimension first: (left, right, top, bottom, front, back).
A negative one cuts off, except from circular padding, where torch 2.13 sometimes fails on it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Kind, Layer, Param, number
from specc.ops.layers._spatial import at_least_one, words
from specc.ops.rules import Checks
from specc.types import DType, Shape, TensorType


def _sides(doc: str) -> Any:
    return Param("ints", doc)


class _Pad(Layer):
    kind = Kind.VIEW
    spatial: ClassVar[int] = 2
    padding: Any

    def _amounts(self, check: Checks) -> list[tuple[Dim, Dim]]:
        """(before, after) per spatial dimension, first dimension first."""
        n = self.spatial
        given = self.padding
        if not isinstance(given, tuple | list):
            return [(given, given)] * n
        if len(given) != 2 * n:
            check.argument("padding", f"expected one number or {2 * n}, got {len(given)}")
        return [(given[2 * i], given[2 * i + 1]) for i in reversed(range(n))]

    def _padded(self, check: Checks, input: TensorType, smallest: int) -> TensorType:
        n = self.spatial
        out: list[Dim] = []
        for h, (before, after), name in zip(input.shape[-n:], self._amounts(check), words(n), strict=True):
            result = h + before + after
            check.at_least(result, smallest, name)
            check.at_least(h + before, 0, name)  # torch cuts off before it adds
            check.at_least(h + after, 0, name)
            out.append(result)
        return input.with_shape(*input.shape[:-n], *out)

    def subtitle(self) -> str:
        given = self.padding
        return ", ".join(str(p) for p in given) if isinstance(given, tuple | list) else str(given)


class _ConstantPad(_Pad):
    keeps_input = False

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, at_least=self.spatial)
        return self._padded(check, input, 0)


class _ConstantPadValue(_ConstantPad):
    padding: Any = _sides("how much is added on each side")
    value: float = number("what it is filled with")

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.number(self.value, input.dtype, "value")
        return super().shape(check, input)


class ConstantPad1d(_ConstantPadValue):
    """Adds a constant before and after the last dimension.

    Shape: [..., L] -> [..., L + left + right]. https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html
    """

    example = "x: float[B, 2, 4] -> ConstantPad1d(2, 3.5)"
    spatial = 1


class ConstantPad2d(_ConstantPadValue):
    """Adds a constant around the last two dimensions.

    Shape: [..., H, W] -> [..., H + top + bottom, W + left + right].
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html
    """

    example = "x: float[B, 2, 4, 4] -> ConstantPad2d((3, 0, 2, 1), 3.5)"
    spatial = 2


class ConstantPad3d(_ConstantPadValue):
    """Adds a constant around the last three dimensions.

    Shape: [..., D, H, W] -> [..., D + front + back, H + top + bottom, W + left + right].
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad3d.html
    """

    example = "x: float[B, 2, 4, 4, 4] -> ConstantPad3d(1, 0.5)"
    spatial = 3


class _ZeroPad(_ConstantPad):
    padding: Any = _sides("how many zeros are added on each side")


class ZeroPad1d(_ZeroPad):
    """Adds zeros before and after the last dimension.

    Shape: [..., L] -> [..., L + left + right]. https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html
    """

    example = "x: float[B, 2, 4] -> ZeroPad1d(2)"
    spatial = 1


class ZeroPad2d(_ZeroPad):
    """Adds zeros around the last two dimensions.

    Shape: [..., H, W] -> [..., H + top + bottom, W + left + right].
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html
    """

    example = "x: float[B, 2, 4, 4] -> ZeroPad2d((1, 1, 2, 0))"
    spatial = 2


class ZeroPad3d(_ZeroPad):
    """Adds zeros around the last three dimensions.

    Shape: [..., D, H, W] -> [..., D + front + back, H + top + bottom, W + left + right].
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad3d.html
    """

    example = "x: float[B, 2, 4, 4, 4] -> ZeroPad3d(1)"
    spatial = 3


class _MirrorPad(_Pad):
    """Padding made of the input itself. torch wants a batch of n-dimensional images, or one image, and in it no empty
    dimension; the batch may be empty."""

    padding: Any = _sides("how much is added on each side")
    takes: ClassVar[tuple[DType, ...]] = (DType.UINT8, DType.INT, DType.FLOAT, DType.COMPLEX)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        n = self.spatial
        check.rank(input, n + 1, n + 2)
        check.dtype(input, *self.takes)
        inner = input.shape[-n - 1 :]
        at_least_one(check, inner, ("channels", *words(n)))
        self._fits(check, inner[1:])
        return self._padded(check, input, 1)

    def _fits(self, check: Checks, image: Shape) -> None:
        pass


class _ReflectionPad(_MirrorPad):
    def _fits(self, check: Checks, image: Shape) -> None:
        for h, sides, name in zip(image, self._amounts(check), words(self.spatial), strict=True):
            for amount in sides:
                check.at_least(h, amount + 1, name)


class ReflectionPad1d(_ReflectionPad):
    """Continues a sequence by its mirror image, without repeating the end; padding < length.

    Shape: [N, C, L] -> [N, C, L + left + right], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html
    """

    example = "x: float[B, 2, 4] -> ReflectionPad1d(2)"
    spatial = 1


class ReflectionPad2d(_ReflectionPad):
    """Continues an image by its mirror image, without repeating the border; padding < size.

    Shape: [N, C, H, W] -> [N, C, H + top + bottom, W + left + right], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html
    """

    example = "x: float[B, 3, 256, 256] -> ReflectionPad2d(3)"
    spatial = 2


class ReflectionPad3d(_ReflectionPad):
    """Continues a volume by its mirror image, without repeating the border; padding < size.

    Shape: [N, C, D, H, W] -> [N, C, D + front + back, H + top + bottom, W + left + right], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad3d.html
    """

    example = "x: float[B, 2, 4, 4, 4] -> ReflectionPad3d(1)"
    spatial = 3


class _ReplicationPad(_MirrorPad):
    """Repeats the border."""


class ReplicationPad1d(_ReplicationPad):
    """Continues a sequence by its first and last element.

    Shape: [N, C, L] -> [N, C, L + left + right], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html
    """

    example = "x: float[B, 2, 4] -> ReplicationPad1d(2)"
    spatial = 1


class ReplicationPad2d(_ReplicationPad):
    """Continues an image by its border.

    Shape: [N, C, H, W] -> [N, C, H + top + bottom, W + left + right], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html
    """

    example = "x: float[B, 2, 4, 4] -> ReplicationPad2d(2)"
    spatial = 2


class ReplicationPad3d(_ReplicationPad):
    """Continues a volume by its border.

    Shape: [N, C, D, H, W] -> [N, C, D + front + back, H + top + bottom, W + left + right], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad3d.html
    """

    example = "x: float[B, 2, 4, 4, 4] -> ReplicationPad3d(1)"
    spatial = 3


class _CircularPad(_Pad):
    padding: Any = Param("ints", "how much is added on each side", lower=0)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        n = self.spatial
        check.rank(input, n + 1, n + 2)
        for h, sides, name in zip(input.shape[-n:], self._amounts(check), words(n), strict=True):
            check.at_least(h, 1, name)
            for amount in sides:
                check.at_least(h, amount, name)
        return self._padded(check, input, 0)


class CircularPad1d(_CircularPad):
    """Continues a sequence from its other end; padding <= length.

    Shape: [N, C, L] -> [N, C, L + left + right], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html
    """

    example = "x: float[B, 2, 4] -> CircularPad1d(2)"
    spatial = 1


class CircularPad2d(_CircularPad):
    """Continues an image from its opposite side; padding <= size.

    Shape: [N, C, H, W] -> [N, C, H + top + bottom, W + left + right], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html
    """

    example = "x: float[B, 2, 4, 4] -> CircularPad2d(2)"
    spatial = 2


class CircularPad3d(_CircularPad):
    """Continues a volume from its opposite side; padding <= size.

    Shape: [N, C, D, H, W] -> [N, C, D + front + back, H + top + bottom, W + left + right], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad3d.html
    """

    example = "x: float[B, 2, 4, 4, 4] -> CircularPad3d(1)"
    spatial = 3
