"""Initialisers: each fills a tensor in place and returns it. Source: https://docs.pytorch.org/docs/stable/nn.init.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from specc.ops.declare import REQUIRED, Function, Kind, choice, number, real, size
from specc.ops.rules import Checks
from specc.pycode import CallCode, Code, Path
from specc.types import TensorType

_TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
_GAINS = ("linear", "conv1d", "conv2d", "conv3d", *_TRANSPOSED, "sigmoid", "tanh", "relu", "leaky_relu", "selu")


class Initialiser(Function):
    """Base: `torch` is the in-place function of torch.nn.init, called with the tensor and the given arguments. Inside an
    expression it makes a new tensor in the likeness of the one that the expression fills, its only operand."""

    kind = Kind.CREATE
    keeps_input = False
    random = True
    least_rank: ClassVar[int] = 0
    """Fewest dimensions of the tensors that it fills."""
    most_rank: ClassVar[int | None] = None
    like: ClassVar[str] = ""
    """torch's function that makes such a tensor in the likeness of another, if there is one."""

    def shape(self, check: Checks, filled: TensorType) -> TensorType:
        if self.random:
            check.floating(filled, or_complex=False)
        return filled

    def fill(self, target: Code, given: Mapping[str, Code]) -> CallCode:
        """The call that fills a tensor in place, and returns it."""
        return self._call(self.torch, target, given)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code:
        given = {name: code for name, code in args.items() if name in self.params}
        if self.like:
            return self._call(self.like, args["filled"], given)
        return self.fill(CallCode(Path("torch.empty_like"), (args["filled"],)), given)

    def _call(self, path: str, target: Code, given: Mapping[str, Code]) -> CallCode:
        """Required arguments by position, the others by keyword where given."""
        required = [code for name, code in given.items() if self.params[name].default is REQUIRED]
        keywords = [(name, code) for name, code in given.items() if self.params[name].default is not REQUIRED]
        return CallCode(Path(path), (target, *required), tuple(keywords))


class Zeros(Initialiser):
    """All zeros."""

    torch = "nn.init.zeros_"
    like = "torch.zeros_like"
    random = False


class Ones(Initialiser):
    """All ones."""

    torch = "nn.init.ones_"
    like = "torch.ones_like"
    random = False


class Constant(Initialiser):
    """One value everywhere."""

    torch = "nn.init.constant_"
    like = "torch.full_like"
    random = False
    val: float = number("the value")


class Normal(Initialiser):
    """Normally distributed."""

    torch = "nn.init.normal_"
    mean: float = real("mean", default=0.0)
    std: float = real("standard deviation", default=1.0)


class TruncNormal(Initialiser):
    """Normally distributed, redrawn outside [a, b]."""

    torch = "nn.init.trunc_normal_"
    mean: float = real("mean", default=0.0)
    std: float = real("standard deviation", default=1.0)
    a: float = real("lower end", default=-2.0)
    b: float = real("upper end", default=2.0)


class Uniform(Initialiser):
    """Uniformly distributed over [a, b)."""

    torch = "nn.init.uniform_"
    a: float = real("lower end", default=0.0)
    b: float = real("upper end", default=1.0)


class XavierUniform(Initialiser):
    """Uniform with the variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010)."""

    torch = "nn.init.xavier_uniform_"
    least_rank = 2
    gain: float = real("factor of the standard deviation", default=1.0)


class XavierNormal(Initialiser):
    """Normal with the variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010)."""

    torch = "nn.init.xavier_normal_"
    least_rank = 2
    gain: float = real("factor of the standard deviation", default=1.0)


class KaimingUniform(Initialiser):
    """Uniform with a variance that rectifiers keep (He et al., 2015)."""

    torch = "nn.init.kaiming_uniform_"
    least_rank = 2
    a: float = real("negative slope of the rectifier that follows", default=0.0)
    mode: str = choice(
        "whose variance is kept: the forward pass's or the backward pass's", "fan_in", "fan_out", default="fan_in"
    )
    nonlinearity: str = choice("the function that follows", *_GAINS, default="leaky_relu")


class KaimingNormal(Initialiser):
    """Normal with a variance that rectifiers keep (He et al., 2015)."""

    torch = "nn.init.kaiming_normal_"
    least_rank = 2
    a: float = real("negative slope of the rectifier that follows", default=0.0)
    mode: str = choice(
        "whose variance is kept: the forward pass's or the backward pass's", "fan_in", "fan_out", default="fan_in"
    )
    nonlinearity: str = choice("the function that follows", *_GAINS, default="leaky_relu")


class Orthogonal(Initialiser):
    """A (semi-)orthogonal matrix (Saxe et al., 2013)."""

    torch = "nn.init.orthogonal_"
    least_rank = 2
    gain: float = real("factor", default=1.0)


class Eye(Initialiser):
    """The identity matrix."""

    torch = "nn.init.eye_"
    random = False
    least_rank = 2
    most_rank = 2


class Dirac(Initialiser):
    """Convolution weights that pass their input on."""

    torch = "nn.init.dirac_"
    random = False
    least_rank = 3
    most_rank = 5
    groups: int = size("groups of the convolution", default=1)


class Sparse(Initialiser):
    """Normally distributed, with a fraction of each column set to zero (Martens, 2010)."""

    torch = "nn.init.sparse_"
    least_rank = 2
    most_rank = 2
    sparsity: float = real("the fraction of zeros in each column", lower=0.0, upper=1.0)
    std: float = real("standard deviation of the others", default=0.01)
