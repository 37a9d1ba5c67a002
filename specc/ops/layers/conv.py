"""Convolutions: https://docs.pytorch.org/docs/stable/nn.html#convolution-layers

An image may lack the batch dimension. Sizes per spatial dimension are one int for all, or a tuple.
"""

from __future__ import annotations

from typing import Any, ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Kind, Layer, Param, Weight, choice, flag, inferred, size, sizes
from specc.ops.layers._spatial import at_least_one, by, conv_size, count, elements, known, settings, split, words
from specc.ops.rules import Checks, product
from specc.types import DType, Shape, TensorType

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Layer):
    kind = Kind.CONV
    spatial: ClassVar[int] = 2

    in_channels: Dim = inferred("channels of the input")
    out_channels: Dim = size("channels of the output, one per filter")
    kernel_size: Any = sizes("size of the filters")
    stride: Any = sizes("step between two positions of a filter", default=1)
    padding: Any = Param("ints", "zeros added on both sides, `same` (keeps the size; stride 1) or `valid` (none)", 0, lower=0,
                         choices=("same", "valid"))  # fmt: skip
    dilation: Any = sizes("distance between two taps of a filter", default=1)
    groups: Dim = size("number of groups of channels that do not see each other", default=1)
    bias: bool = flag("add a learned offset per output channel", default=True)
    padding_mode: str = choice("what the padding is filled with", *_PADDING_MODES, default="zeros")

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        n = self.spatial
        batch, channels, image = split(check, input, n)
        check.floating(input, or_complex=False)
        kernel, stride = count(check, "kernel_size", self.kernel_size, n), count(check, "stride", self.stride, n)
        dilation = count(check, "dilation", self.dilation, n)
        check.equal(self.in_channels, channels, "in_channels", "the number of channels of the input")
        at_least_one(check, (self.in_channels,), ("in_channels",))
        check.divides(self.groups, self.in_channels, "groups", "in_channels")
        check.divides(self.groups, self.out_channels, "groups", "out_channels")
        return input.with_shape(*batch, self.out_channels, *self._positions(check, image, kernel, stride, dilation))

    def _positions(self, check: Checks, image: Shape, kernel: Shape, stride: Shape, dilation: Shape) -> Shape:
        n = self.spatial
        at_least_one(check, image, words(n))
        if known(self.padding) == "same":
            for step in stride:
                if not check.same(step, 1):
                    check.argument("stride", f"padding='same' keeps the size, so stride must be 1, not {step}")
            both = tuple(d * (k - 1) for d, k in zip(dilation, kernel, strict=True))
            before = tuple(total // 2 for total in both)
            after = tuple(total - start for total, start in zip(both, before, strict=True))
        else:
            before = (0,) * n if self.padding == "valid" else count(check, "padding", self.padding, n)
            after = before
        self._padding_fits(check, image, before, after)
        out = []
        for h, k, s, d, lo, hi, name in zip(image, kernel, stride, dilation, before, after, words(n), strict=True):
            check.at_least(h + lo + hi, d * (k - 1) + 1, name)
            out.append((h + lo + hi - d * (k - 1) - 1) // s + 1)
        return tuple(out)

    def _padding_fits(self, check: Checks, image: Shape, before: Shape, after: Shape) -> None:
        """Reflection needs more elements than it adds, a turn around as many, repetition one."""
        if known(self.padding_mode) == "zeros":
            return
        spare = {"reflect": 1, "circular": 0, "replicate": 0}[self.padding_mode]
        for h, lo, hi, name in zip(image, before, after, words(self.spatial), strict=True):
            if self.padding_mode == "replicate":
                check.at_least(h, 1, name)
                continue
            check.at_least(h, lo + spare, name)
            check.at_least(h, hi + spare, name)

    def weights(self) -> dict[str, Weight]:
        kernel = self.pair("kernel_size", self.spatial)
        return {
            "weight": Weight((self.out_channels, self.in_channels // self.groups, *kernel)),
            "bias": Weight((self.out_channels,), present=self.bias),
        }

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return elements(outputs[0]) * product(self.pair("kernel_size", self.spatial)) * (self.in_channels // self.groups)

    def subtitle(self) -> str:
        words = settings(
            {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
            {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups},
        )
        return ", ".join([by(self.kernel_size, self.spatial), *words])


class Conv1d(_ConvNd):
    """Filters slid along a sequence.

    Shape: [N, C_in, L] -> [N, C_out, (L + 2 padding - dilation (kernel - 1) - 1) // stride + 1], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
    """

    example = "x: float[B, 16, 50] -> Conv1d(33, 3, stride=2)"
    spatial = 1


class Conv2d(_ConvNd):
    """Filters slid over an image.

    Shape: [N, C_in, H, W] -> [N, C_out, H_out, W_out], H_out = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1,
    or without N. https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
    """

    example = "x: float[B, 3, 224, 224] -> Conv2d(64, 7, stride=2, padding=3)"
    spatial = 2


class Conv3d(_ConvNd):
    """Filters slid over a volume or video.

    Shape: [N, C_in, D, H, W] -> [N, C_out, D_out, H_out, W_out], each size as for Conv2d, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv3d.html
    """

    example = "x: float[B, 3, 16, 112, 112] -> Conv3d(64, 3, padding=1)"
    spatial = 3


class _ConvTransposeNd(Layer):
    kind = Kind.CONV
    spatial: ClassVar[int] = 2

    in_channels: Dim = inferred("channels of the input")
    out_channels: Dim = size("channels of the output")
    kernel_size: Any = sizes("size of the filters")
    stride: Any = sizes("how far apart neighbouring inputs land in the output", default=1)
    padding: Any = sizes("rows cut off on both sides of the output", default=0, lower=0)
    output_padding: Any = sizes("rows added on one side of the output; less than stride or dilation", default=0, lower=0)
    groups: Dim = size("number of groups of channels that do not see each other", default=1)
    bias: bool = flag("add a learned offset per output channel", default=True)
    dilation: Any = sizes("distance between two taps of a filter", default=1)
    padding_mode: str = choice("torch has nothing but zeros here", "zeros", default="zeros")

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        n = self.spatial
        batch, channels, image = split(check, input, n)
        check.floating(input, or_complex=False)
        check.equal(self.in_channels, channels, "in_channels", "the number of channels of the input")
        at_least_one(check, (self.in_channels,), ("in_channels",))
        check.divides(self.groups, self.in_channels, "groups", "in_channels")
        check.divides(self.groups, self.out_channels, "groups", "out_channels")
        given = (
            count(check, name, getattr(self, name), n)
            for name in ("kernel_size", "stride", "padding", "output_padding", "dilation")
        )
        out = []
        for h, name, k, s, p, extra, d in zip(image, words(n), *given, strict=True):
            check.at_least(h, 1, name)
            if not (check.solver.decide(extra, "<", s) or check.solver.decide(extra, "<", d)):
                check.argument("output_padding", f"must be less than the stride {s} or the dilation {d}, but is {extra}")
            result = (h - 1) * s - 2 * p + d * (k - 1) + extra + 1
            check.at_least(result, 1, name)
            out.append(result)
        return input.with_shape(*batch, self.out_channels, *out)

    def weights(self) -> dict[str, Weight]:
        kernel = self.pair("kernel_size", self.spatial)
        return {
            "weight": Weight((self.in_channels, self.out_channels // self.groups, *kernel)),
            "bias": Weight((self.out_channels,), present=self.bias),
        }

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return elements(inputs[0]) * product(self.pair("kernel_size", self.spatial)) * (self.out_channels // self.groups)

    def subtitle(self) -> str:
        words = settings(
            {"stride": 1, "padding": 0, "output padding": 0, "dilation": 1, "groups": 1},
            {"stride": self.stride, "padding": self.padding, "output padding": self.output_padding,
             "dilation": self.dilation, "groups": self.groups},
        )  # fmt: skip
        return ", ".join([by(self.kernel_size, self.spatial), *words])


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of Conv1d: every input element paints a filter into the output.

    Shape: [N, C_in, L] -> [N, C_out, (L - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
    """

    example = "x: float[B, 16, 50] -> ConvTranspose1d(33, 3, stride=2)"
    spatial = 1


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of Conv2d: every input element paints a filter into the output; upsamples with stride > 1.

    Shape: [N, C_in, H, W] -> [N, C_out, H_out, W_out], sizes as for ConvTranspose1d, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
    """

    example = "x: float[B, 100, 1, 1] -> ConvTranspose2d(512, 4)"
    spatial = 2


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of Conv3d: every input element paints a filter into the output.

    Shape: [N, C_in, D, H, W] -> [N, C_out, D_out, H_out, W_out], sizes as for ConvTranspose1d, or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html
    """

    example = "x: float[B, 16, 10, 50, 100] -> ConvTranspose3d(33, 3, stride=2)"
    spatial = 3


_MOVED = (DType.BOOL, DType.FLOAT, DType.COMPLEX)


class Unfold(Layer):
    """Cuts the sliding blocks out of an image, each as a column (im2col).

    Shape: [N, C, H, W] -> [N, C prod(kernel_size), number of blocks], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html
    """

    kind = Kind.VIEW
    example = "x: float[B, 3, 32, 32] -> Unfold(4, stride=4)"
    keeps_input = False

    kernel_size: Any = sizes("size of the blocks")
    dilation: Any = sizes("distance between two elements of a block", default=1)
    padding: Any = sizes("zeros added on both sides", default=0, lower=0)
    stride: Any = sizes("step between two blocks", default=1)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        batch, channels, image = split(check, input, 2)
        check.dtype(input, *_MOVED)
        at_least_one(check, (channels, *image), ("channels", "height", "width"))
        kernel, columns = _blocks(self, check, image)
        return input.with_shape(*batch, channels * product(kernel), product(columns))

    def subtitle(self) -> str:
        return by(self.kernel_size, 2)


class Fold(Layer):
    """Adds columns of sliding blocks up into an image (col2im), the reverse of Unfold.

    Shape: [N, C prod(kernel_size), number of blocks] -> [N, C, *output_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Fold.html
    """

    kind = Kind.VIEW
    example = "x: float[B, 48, 64] -> Fold(32, 4, stride=4)"
    keeps_input = False

    output_size: Any = sizes("height and width of the image")
    kernel_size: Any = sizes("size of the blocks")
    dilation: Any = sizes("distance between two elements of a block", default=1)
    padding: Any = sizes("zeros added on both sides", default=0, lower=0)
    stride: Any = sizes("step between two blocks", default=1)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, 2, 3)
        check.dtype(input, *_MOVED)
        *batch, rows, columns = input.shape
        at_least_one(check, (rows, columns), ("rows", "blocks"))
        image = count(check, "output_size", self.output_size, 2)
        kernel, blocks = _blocks(self, check, image)
        channels = check.divides(product(kernel), rows, "the size of a block", "the size of a column")
        check.equal(columns, product(blocks), "the number of columns", "the number of blocks in output_size")
        return input.with_shape(*batch, channels, *image)

    def subtitle(self) -> str:
        return by(self.kernel_size, 2)


def _blocks(layer: Layer, check: Checks, image: Shape) -> tuple[Shape, Shape]:
    """Kernel of Fold or Unfold, and the number of its positions along height and width."""
    kernel, dilation, padding, stride = (
        count(check, name, getattr(layer, name), 2) for name in ("kernel_size", "dilation", "padding", "stride")
    )
    out = []
    for h, k, s, p, d, name in zip(image, kernel, stride, padding, dilation, words(2), strict=True):
        check.at_least(h + 2 * p, d * (k - 1) + 1, name)
        out.append(conv_size(h, k, s, p, d))
    return kernel, tuple(out)
