"""Scaled dot-product attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, flag, real
from specc.ops.functions._shared import BOOL, FLOAT, call, lit
from specc.ops.rules import Checks, product
from specc.pycode import Code, IfCode, Lit, Path
from specc.types import TensorType


class Attention(Function):
    """softmax(query @ key.T / sqrt(E)) @ value: F.scaled_dot_product_attention.

    query [..., L, E], key [..., S, E], value [..., S, V] -> [..., L, V]; a mask [..., L, S] is true where attention may go, or
    a float that is added. Dropout acts in training only. Vaswani et al. 2017.
    """

    example = "(q: float[B, H, T, C], k: float[B, H, T, C], v: float[B, H, T, C]) -> attention(causal=true)"
    kind = Kind.ATTENTION
    keeps_output = True
    torch = "F.scaled_dot_product_attention"
    causal: bool = flag("position t sees positions up to t only", default=False)
    dropout: float = real("probability that an attention weight is dropped", default=0.0, lower=0, upper=1)
    scale: float | None = real("factor of the products; 1 / sqrt(E) when not given", default=None, optional=True)
    gqa: bool = flag("several heads of the query share a head of key and value (dimension -3)", default=False)

    def shape(
        self, check: Checks, query: TensorType, key: TensorType, value: TensorType, mask: TensorType | None = None
    ) -> TensorType:
        for x in (query, key, value):
            check.dtype(x, FLOAT)
            check.rank(x, at_least=3 if self.gqa else 2)
        check.equal(query.last, key.last, "the last dimension of query", "the last dimension of key")
        check.equal(key.shape[-2], value.shape[-2], "the number of keys", "the number of values")
        if self.gqa:
            heads = query.shape[-3]
            for x, name in ((key, "heads of key"), (value, "heads of value")):
                check.divides(x.shape[-3], heads, f"number of {name}", "number of heads of query")
            batch = (*check.broadcast(query.shape[:-3], key.shape[:-3], value.shape[:-3]), heads)
            scores = (*check.broadcast(query.shape[:-3], key.shape[:-3]), heads, query.shape[-2], key.shape[-2])
        else:
            batch = check.broadcast(query.shape[:-2], key.shape[:-2], value.shape[:-2])
            scores = (*check.broadcast(query.shape[:-2], key.shape[:-2]), query.shape[-2], key.shape[-2])
        if mask is not None:
            self._mask_fits(check, mask, scores)
        return TensorType((*batch, query.shape[-2], value.last), FLOAT)

    def _mask_fits(self, check: Checks, mask: TensorType, scores: tuple[Dim, ...]) -> None:
        """The mask is broadcast to the scores, never the scores to the mask."""
        if self.causal:
            check.argument("causal", "give a mask or causal=true, not both")
        check.dtype(mask, BOOL, FLOAT)
        if not 2 <= mask.rank <= len(scores):
            check.rank(mask, *range(2, len(scores) + 1))
        for i in range(1, mask.rank + 1):
            if not check.same(mask.shape[-i], 1):
                check.equal(mask.shape[-i], scores[-i], f"dimension {-i} of the mask", "that of query and key")

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        names = {"mask": "attn_mask", "dropout": "dropout_p", "causal": "is_causal", "scale": "scale", "gqa": "enable_gqa"}
        given = {torch: args[name] for name, torch in names.items() if name in args}
        dropout = given.get("dropout_p")
        if dropout is not None and not (isinstance(dropout, Lit) and dropout.value == 0):
            given["dropout_p"] = IfCode(Path("self.training"), dropout, lit(0.0))
        return call(self.torch, args["query"], args["key"], args["value"], **given)

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        query: TensorType = inputs[0]
        key: TensorType = inputs[1]
        rows = product(outputs[0].shape[:-1])
        return rows * key.shape[-2] * (query.last + outputs[0].last)
