"""Complex numbers and Fourier transforms."""

from __future__ import annotations

from typing import ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, axis, choice, dims, size
from specc.ops.functions._shared import BOOL, COMPLEX, FLOAT, INT, SAME, UINT8, Numbers, axis_list, kind_of, listed, replaced
from specc.ops.rules import Checks
from specc.types import TensorType


class _OfComplex(Function):
    kind = Kind.ARITHMETIC
    keeps_input = False
    numbers: ClassVar[Numbers] = {COMPLEX: FLOAT}

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return TensorType(x.shape, kind_of(check, x, self.numbers))


class Real(_OfComplex):
    """The real part."""

    example = "x: complex[B, D] -> real"
    torch = "torch.real"
    aliases = True
    numbers = {**SAME, COMPLEX: FLOAT}


class Imag(_OfComplex):
    """The imaginary part."""

    example = "x: complex[B, D] -> imag"
    torch = "torch.imag"
    aliases = True


class Angle(_OfComplex):
    """The angle of each number in the complex plane, in radians."""

    example = "x: complex[B, D] -> angle"
    torch = "torch.angle"
    keeps_input = True
    numbers = {BOOL: FLOAT, UINT8: FLOAT, INT: FLOAT, FLOAT: FLOAT, COMPLEX: FLOAT}


class Conj(_OfComplex):
    """The complex conjugate."""

    example = "x: complex[B, D] -> conj"
    torch = "torch.conj"
    aliases = True
    numbers = SAME


class ViewAsReal(Function):
    """Real and imaginary part in a new last dimension of size 2."""

    example = "x: complex[B, D] -> view_as_real"
    kind = Kind.VIEW
    torch = "torch.view_as_real"
    keeps_input = False
    aliases = True

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.dtype(x, COMPLEX)
        return TensorType((*x.shape, 2), FLOAT)


class ViewAsComplex(Function):
    """Complex numbers from a last dimension of size 2, which is real and imaginary part."""

    example = "x: float[B, D, 2] -> view_as_complex"
    kind = Kind.VIEW
    torch = "torch.view_as_complex"
    keeps_input = False
    aliases = True

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.dtype(x, FLOAT)
        check.rank(x, at_least=1)
        check.equal(x.last, 2, "the last dimension", "real and imaginary part")
        return TensorType(x.shape[:-1], COMPLEX)


class Complex(Function):
    """Complex numbers from their real and imaginary parts."""

    example = "(x: float[B, D], imag: float[B, D]) -> complex"
    kind = Kind.ARITHMETIC
    torch = "torch.complex"

    def shape(self, check: Checks, x: TensorType, imag: TensorType) -> TensorType:
        check.dtype(x, FLOAT)
        check.dtype(imag, FLOAT)
        return TensorType(check.broadcast(x.shape, imag.shape), COMPLEX)


class Polar(Function):
    """Complex numbers from their magnitude and angle."""

    example = "(x: float[B, D], angle: float[B, D]) -> polar"
    kind = Kind.ARITHMETIC
    keeps_output = True
    torch = "torch.polar"

    def shape(self, check: Checks, x: TensorType, angle: TensorType) -> TensorType:
        check.dtype(x, FLOAT)
        check.dtype(angle, FLOAT)
        return TensorType(check.broadcast(x.shape, angle.shape), COMPLEX)


class _Fourier(Function):
    """A transform along one dimension, cut or padded to `n` elements."""

    kind = Kind.OTHER
    half_in: ClassVar[bool] = False
    half_out: ClassVar[bool] = False
    n: Dim | None = size("length of the signal; that of the tensor when not given", default=None, optional=True)
    dim: int = axis("the dimension", default=-1)
    norm: str = choice("where 1/n stands", "backward", "forward", "ortho", default="backward")

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.rank(x, at_least=1)
        if self.half_out:
            check.dtype(x, BOOL, UINT8, INT, FLOAT)
        i = check.axis(x, self.dim)
        for j, size_ in enumerate(x.shape):
            check.at_least(size_, 1, f"dimension {j}")
        n = self.n if self.n is not None else (x.shape[i] - 1) * 2 if self.half_in else x.shape[i]
        check.at_least(n, 1, "the length of the signal")
        return replaced(x, i, n // 2 + 1 if self.half_out else n).with_dtype(FLOAT if self.half_in else COMPLEX)


class Fft(_Fourier):
    """Discrete Fourier transform along a dimension."""

    example = "x: float[B, T] -> fft"
    torch = "torch.fft.fft"


class Ifft(_Fourier):
    """Inverse discrete Fourier transform along a dimension."""

    example = "x: complex[B, T] -> ifft"
    torch = "torch.fft.ifft"


class Rfft(_Fourier):
    """Fourier transform of a real signal: its n // 2 + 1 frequencies that are not negative."""

    example = "x: float[B, T] -> rfft"
    torch = "torch.fft.rfft"
    half_out = True


class Irfft(_Fourier):
    """The real signal that has these frequencies; an odd length `n` must be given."""

    example = "x: complex[B, F] -> irfft(n=16)"
    torch = "torch.fft.irfft"
    half_in = True


class _Fourier2(Function):
    """A transform along two dimensions."""

    kind = Kind.OTHER
    s: tuple[Dim, ...] | None = dims("height and width of the signal; else the tensor's", default=None, optional=True)
    dim: tuple[int, ...] = dims("the two dimensions", default=(-2, -1))
    norm: str = choice("where 1/n stands", "backward", "forward", "ortho", default="backward")

    def sizes(self, check: Checks, x: TensorType, half: bool) -> tuple[int, int, Dim, Dim]:
        check.rank(x, at_least=2)
        if len(listed(check, self.dim, "dim")) != 2:
            check.argument("dim", f"two dimensions are needed, got {len(self.dim)}")
        a, b = axis_list(check, x, self.dim)
        for i, n in enumerate(x.shape):
            check.at_least(n, 1, f"dimension {i}")
        rows, columns = x.shape[a], (x.shape[b] - 1) * 2 if half else x.shape[b]
        if self.s is not None:
            if len(listed(check, self.s, "s")) != 2:
                check.argument("s", f"two sizes are needed, got {len(self.s)}")
            rows, columns = listed(check, self.s, "s")
        check.at_least(rows, 1, "the height of the signal")
        check.at_least(columns, 1, "the width of the signal")
        return a, b, rows, columns


class Rfft2(_Fourier2):
    """Fourier transform of real images: the last dimension keeps its n // 2 + 1 frequencies that are not negative."""

    example = "x: float[B, H, W] -> rfft2"
    torch = "torch.fft.rfft2"

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        check.dtype(x, BOOL, UINT8, INT, FLOAT)
        a, b, rows, columns = self.sizes(check, x, half=False)
        return replaced(replaced(x, a, rows), b, columns // 2 + 1).with_dtype(COMPLEX)


class Irfft2(_Fourier2):
    """The real images that have these frequencies; an odd width must be given by `s`."""

    example = "x: complex[B, H, F] -> irfft2"
    torch = "torch.fft.irfft2"

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        a, b, rows, columns = self.sizes(check, x, half=True)
        return replaced(replaced(x, a, rows), b, columns).with_dtype(FLOAT)
