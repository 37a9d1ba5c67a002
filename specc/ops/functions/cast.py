"""Changing the kind of number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.ops.declare import Function, Kind, dtype
from specc.ops.functions._shared import BOOL, COMPLEX, FLOAT, INT, TORCH_DTYPES, UINT8, method
from specc.ops.rules import Checks
from specc.pycode import Attr, CallCode, Code, Path
from specc.types import DType, TensorType

_METHODS = {FLOAT: "float", INT: "long", BOOL: "bool", COMPLEX: "cfloat"}


class To(Function):
    """The same numbers as another kind: `to(float)`, `to(int)`, `to(bool)`."""

    example = "x: uint8[B, 3, H, W] -> to(float)"
    kind = Kind.OTHER
    torch = ".to"
    keeps_input = False
    aliases = True
    dtype: DType = dtype("the kind: float, int, bool, uint8 or complex", optional=False)

    def shape(self, check: Checks, x: TensorType) -> TensorType:
        return TensorType(x.shape, self.dtype)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        x = types["x"]
        if self.dtype is FLOAT and x.dtype is FLOAT:
            return args["x"]  # a kind, not a width
        if self.dtype is COMPLEX and x.dtype in (FLOAT, COMPLEX):
            if x.dtype is COMPLEX:
                return args["x"]
            width = CallCode(Path("torch.promote_types"), (Attr(args["x"], "dtype"), Path("torch.complex64")))
            return method(args["x"], "to", width)
        if self.dtype is UINT8:
            return method(args["x"], "to", Path(TORCH_DTYPES[UINT8]))
        return method(args["x"], _METHODS[self.dtype])


class TypeAs(Function):
    """The same numbers, of the kind of another tensor."""

    example = "(x: int[B, D], other: float[B, D]) -> type_as"
    kind = Kind.OTHER
    torch = ".type_as"
    keeps_input = False
    aliases = True

    def shape(self, check: Checks, x: TensorType, other: TensorType) -> TensorType:
        return TensorType(x.shape, other.dtype)
