"""Linear layers: https://docs.pytorch.org/docs/stable/nn.html#linear-layers"""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Kind, Layer, Weight, flag, inferred, size
from specc.ops.layers._spatial import elements
from specc.ops.rules import Checks
from specc.types import TensorType


class Identity(Layer):
    """Passes its input on unchanged.

    Shape: [...] -> [...]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Identity.html
    """

    kind = Kind.OTHER
    example = "x: float[B, 64] -> Identity"
    aliases = True
    keeps_input = False

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        return input


class Linear(Layer):
    """Affine map of the last dimension: `y = x W^T + b`.

    Shape: [..., in_features] -> [..., out_features]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
    """

    kind = Kind.LINEAR
    example = "x: float[B, 64] -> Linear(10)"

    in_features: Dim = inferred("size of the input's last dimension")
    out_features: Dim = size("size of the output's last dimension", lower=0)
    bias: bool = flag("add a learned offset", default=True)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.rank(input, at_least=1)
        check.floating(input, or_complex=False)
        check.equal(self.in_features, input.last, "in_features", "the input's last dimension")
        return input.with_last(self.out_features)

    def weights(self) -> dict[str, Weight]:
        return {
            "weight": Weight((self.out_features, self.in_features)),
            "bias": Weight((self.out_features,), present=self.bias),
        }

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return elements(inputs[0]) * self.out_features

    def subtitle(self) -> str:
        return f"{self.in_features} → {self.out_features}"


class Bilinear(Layer):
    """Bilinear map of the last dimensions of two tensors: `y_k = x1^T A_k x2 + b_k`.

    Shape: [..., in1_features], [..., in2_features] -> [..., out_features].
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Bilinear.html
    """

    kind = Kind.LINEAR
    example = "(x: float[B, 20], y: float[B, 30]) -> Bilinear(40)"

    in1_features: Dim = inferred("size of the first input's last dimension")
    in2_features: Dim = inferred("size of the second input's last dimension")
    out_features: Dim = size("size of the output's last dimension", lower=0)
    bias: bool = flag("add a learned offset", default=True)

    def shape(self, check: Checks, input1: TensorType, input2: TensorType) -> TensorType:
        check.rank(input1, at_least=1)
        check.rank(input2, input1.rank)
        check.floating(input1, or_complex=False)
        check.floating(input2, or_complex=False)
        for axis in range(input1.rank - 1):
            check.equal(input1.shape[axis], input2.shape[axis], f"dimension {axis} of input1", f"dimension {axis} of input2")
        check.equal(self.in1_features, input1.last, "in1_features", "input1's last dimension")
        check.equal(self.in2_features, input2.last, "in2_features", "input2's last dimension")
        check.at_least(self.in1_features, 1, "in1_features")
        check.at_least(self.in2_features, 1, "in2_features")
        return input1.with_last(self.out_features)

    def weights(self) -> dict[str, Weight]:
        return {
            "weight": Weight((self.out_features, self.in1_features, self.in2_features)),
            "bias": Weight((self.out_features,), present=self.bias),
        }

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return elements(outputs[0]) * self.in1_features * (self.in2_features + 1)

    def subtitle(self) -> str:
        return f"{self.in1_features}, {self.in2_features} → {self.out_features}"
