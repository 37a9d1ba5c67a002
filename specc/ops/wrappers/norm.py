"""Reparameterised weights: torch.nn.utils.parametrizations, with torch's key names.

`SpectralNorm(Conv2d(64, 3))` is a Conv2d whose weight is divided by its largest singular value.
"""

from __future__ import annotations

from typing import ClassVar

from specc.ops.declare import Kind, Layer, Op, Weight, axis, choice, real, size
from specc.ops.rules import product


class Wrapper(Op):
    """Base: `torch` is the function that wraps a module and returns it; its parameters are those after the module."""

    kind = Kind.NORM
    weight: str
    transposed: ClassVar[tuple[str, ...]] = ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
    """Layers whose weight has its outputs in dimension 1."""

    def wrap(self, layer: Layer, weights: dict[str, Weight]) -> dict[str, Weight]:
        """The state of the wrapped layer from that of the layer. Shapes are in elements."""
        raise AssertionError(f"{self.name} declares no state")


class SpectralNorm(Wrapper):
    """A weight divided by its spectral norm, which is estimated by power iteration (Miyato et al., 2018).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.spectral_norm.html
    """

    example = "x: float[B, 3, 32, 32] -> SpectralNorm(Conv2d(64, 3))"
    torch = "nn.utils.parametrizations.spectral_norm"
    weight: str = choice("the parameter to wrap", default="weight")
    n_power_iterations: int = size("power iterations at every step of training", default=1)
    eps: float = real("keeps norms away from zero", default=1e-12)
    dim: int | None = axis("the dimension of the outputs; 1 for transposed convolutions, else 0", default=None, optional=True)

    def wrap(self, layer: Layer, weights: dict[str, Weight]) -> dict[str, Weight]:
        shape = weights[self.weight].shape
        at = self.dim if self.dim is not None else int(layer.name in self.transposed)
        rest = product([dim for k, dim in enumerate(shape) if k != at])
        prefix = f"parametrizations.{self.weight}."
        kept = {name: value for name, value in weights.items() if name != self.weight}
        found = {**kept, prefix + "original": Weight(shape)}
        if len(shape) > 1:
            found[prefix + "0._u"] = Weight((shape[at],), buffer=True)
            found[prefix + "0._v"] = Weight((rest,), buffer=True)
        return found


class WeightNorm(Wrapper):
    """A weight as a length times a direction (Salimans and Kingma, 2016).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.weight_norm.html
    """

    example = "x: float[B, 64] -> WeightNorm(Linear(10))"
    torch = "nn.utils.parametrizations.weight_norm"
    weight: str = choice("the parameter to wrap", default="weight")
    dim: int | None = axis(
        "the dimension whose slices have a length each; none for one length in all", default=0, optional=True
    )

    def wrap(self, layer: Layer, weights: dict[str, Weight]) -> dict[str, Weight]:
        shape = weights[self.weight].shape
        at = None if self.dim is None else self.dim % len(shape)
        length = () if at is None else tuple(dim if k == at else 1 for k, dim in enumerate(shape))
        prefix = f"parametrizations.{self.weight}."
        kept = {name: value for name, value in weights.items() if name != self.weight}
        return {**kept, prefix + "original0": Weight(length), prefix + "original1": Weight(shape)}
