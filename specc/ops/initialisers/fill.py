"""Initialisers: each fills a tensor in place and returns it. Source: https://docs.pytorch.org/docs/stable/nn.init.html"""

from __future__ import annotations

from typing import ClassVar

from specc.ops.declare import Function, Kind, choice, number, real

_GAINS = ("linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")


class Initialiser(Function):
    """Base: `torch` is the in-place function of torch.nn.init, called with the tensor and the given arguments."""

    kind = Kind.CREATE
    least_rank: ClassVar[int] = 0
    """Fewest dimensions of the tensors that it fills."""


class Zeros(Initialiser):
    """All zeros."""

    torch = "nn.init.zeros_"


class Ones(Initialiser):
    """All ones."""

    torch = "nn.init.ones_"


class Constant(Initialiser):
    """One value everywhere."""

    torch = "nn.init.constant_"
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
    least_rank = 2


class Dirac(Initialiser):
    """Convolution weights that pass their input on."""

    torch = "nn.init.dirac_"
    least_rank = 3
