"""What layers over spatial dimensions share: output sizes, the words of their subtitles, the split of a shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from specc.dims.expr import Dim, Expr
from specc.dims.opaque import NotGeneric, Opaque
from specc.ops.rules import Checks, product
from specc.types import Shape, TensorType

_WORDS = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def words(n: int) -> tuple[str, ...]:
    """What people call the n spatial dimensions."""
    return _WORDS[n]


def conv_size(h: Dim, k: Dim, s: Dim, p: Dim, d: Dim) -> Dim:
    """Number of positions of a window of k taps (dilation d, stride s) over h elements padded by p on both sides."""
    return (h + 2 * p - d * (k - 1) - 1) // s + 1


def split(check: Checks, x: TensorType, n: int) -> tuple[Shape, Dim, Shape]:
    """Batch (empty or one dimension), channels and the n spatial dimensions of an image that may lack the batch."""
    check.rank(x, n + 1, n + 2)
    return x.shape[: -n - 1], x.shape[-n - 1], x.shape[-n:]


def known(value: Any) -> Any:
    """The value, which must not be an unknown one: raises NotGeneric while a definition is checked for all its instances."""
    if isinstance(value, Opaque):
        raise NotGeneric(value.names)
    return value


def numeric(value: Any) -> Any:
    """The value, which must be a number and no symbol: raises NotGeneric otherwise."""
    return int(value) if isinstance(value, Expr) else known(value)


def count(check: Checks, name: str, value: Any, n: int) -> tuple[Any, ...]:
    """An int or tuple as a tuple of n; another length is a misfit of the argument."""
    if not isinstance(known(value), tuple | list):
        return (value,) * n
    if len(value) != n:
        check.argument(name, f"expected one number or {n}, got {len(value)}")
    return tuple(value)


def at_least_one(check: Checks, dims: Sequence[Dim], names: Sequence[str]) -> None:
    """torch refuses empty dimensions here."""
    for dim, name in zip(dims, names, strict=True):
        check.at_least(dim, 1, name)


def by(values: Any, n: int) -> str:
    """`3×3` for a kernel of 3 or (3, 3)."""
    items = values if isinstance(values, tuple | list) else (values,) * n
    return "×".join(str(v) for v in items)


def settings(plain: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """`stride 2`, `padding 1`: those of `given` that differ from `plain`."""
    out = []
    for name, value in given.items():
        default = plain[name]
        items = value if isinstance(value, tuple | list) else (value,)
        if value is None or all(item == default for item in items):
            continue
        text = str(items[0]) if len(set(map(str, items))) == 1 else by(items, len(items))
        out.append(f"{name} {text}")
    return out


def elements(x: TensorType) -> Dim:
    """Number of elements of a tensor."""
    return product(x.shape)


def scaled(check: Checks, h: Dim, scale: Any, name: str) -> Dim:
    """`floor(h * scale)` as torch computes it, in double precision.

    For a symbolic h the product is exact, and so a formula, only if the factor is a fraction with a small power of two below.
    """
    if isinstance(known(scale), Expr):
        return h * scale  # type: ignore[no-any-return]
    if isinstance(scale, bool) or not isinstance(scale, int | float):
        check.argument(name, f"expected a number, got {scale!r}")
    if isinstance(scale, int):
        return h * scale
    if not math.isfinite(scale):
        check.argument(name, f"expected a finite number, got {scale}")
    if isinstance(h, int):
        return math.floor(h * scale)
    above, below = scale.as_integer_ratio()
    if below > 2**20:
        check.argument(name, f"the size {h} × {scale} depends on how {scale} is rounded; a factor such as 0.5 or 1.25 does not")
    return h * above // below
