"""Learned tensors, buffers and constants of a class: registered empty, filled by `reset_parameters`."""

from __future__ import annotations

from typing import Protocol

from specc.dims.expr import Dim
from specc.elaborate.trace import TensorMember
from specc.emit.layers import TORCH_DTYPES
from specc.emit.members import Path_, Places, is_attribute, part_code
from specc.emit.plan import Do, Stmt
from specc.emit.trace_walk import CannotEmit
from specc.pycode import CallCode, Code, Lit, Path
from specc.source import Span
from specc.types import DType


class Named(Protocol):
    def __call__(self, dim: Dim) -> Code: ...


def register(places: Places, path: Path_, layer: TensorMember, named: Named, span: Span) -> list[Stmt]:
    """`self.cls = nn.Parameter(torch.empty(1, 1, width))`, `self.register_buffer("mask", torch.empty(n, n))`."""
    dtype = layer.type.dtype
    kwargs = () if dtype is DType.FLOAT else (("dtype", Path(TORCH_DTYPES[dtype])),)
    shape = tuple(named(dim) for dim in layer.type.shape)
    empty = CallCode(Path("torch.empty"), shape or (CallCode(Path("tuple")),), kwargs)
    if layer.keyword == "param":
        return [places.assign(path, CallCode(Path("nn.Parameter"), (empty,)), span)]
    if len(path) != 1 or not is_attribute(path[0]):
        raise CannotEmit("a buffer stands directly in its module")
    persistent = () if layer.keyword == "buffer" else (("persistent", Lit(False)),)
    return [Do(CallCode(Path("self.register_buffer"), (part_code(path[0]), empty), persistent), span)]
