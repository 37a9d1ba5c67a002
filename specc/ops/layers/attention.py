"""Attention and transformers: https://docs.pytorch.org/docs/stable/nn.html#transformer-layers

torch's order is [T, N, E] unless `batch_first=true`; the batch may be missing. Masks are bool (true hides) or float (added
to the scores). TransformerEncoder and TransformerDecoder take layers as values in torch; in `.nn` they are a loop.
"""

from __future__ import annotations

from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Kind, Layer, Weight, choice, flag, inferred, real, size
from specc.ops.layers._spatial import elements
from specc.ops.rules import Checks
from specc.types import DType, TensorType


class _Attending(Layer):
    """What all of them share: batches, lengths and masks."""

    kind = Kind.ATTENTION
    batch_first: bool

    def _sequence(self, check: Checks, x: TensorType) -> tuple[Dim | None, Dim]:
        """Batch (None without one) and length."""
        if x.rank == 2:
            return None, x.shape[0]
        return (x.shape[0], x.shape[1]) if self.batch_first else (x.shape[1], x.shape[0])

    def _tensor(self, check: Checks, x: TensorType, rank: int | None, width: Dim, name: str, of: str) -> None:
        """A sequence of vectors of the given width."""
        if rank is None:
            check.rank(x, 2, 3)
        else:
            check.rank(x, rank)
        check.floating(x, or_complex=False)
        check.equal(width, x.last, name, f"the last dimension of {of}")

    def _same_batch(self, check: Checks, a: TensorType, b: TensorType, names: tuple[str, str]) -> None:
        first, second = self._sequence(check, a)[0], self._sequence(check, b)[0]
        if first is not None and second is not None:
            check.equal(second, first, f"the batch of {names[1]}", f"the batch of {names[0]}")

    def _mask(
        self, check: Checks, mask: TensorType | None, rows: TensorType, columns: TensorType, heads: Dim, name: str
    ) -> None:
        """[L, S] for all heads, or [N * heads, L, S]."""
        if mask is None:
            return
        check.rank(mask, 2, 3)
        check.dtype(mask, DType.BOOL, DType.FLOAT)
        batch, length = self._sequence(check, rows)
        if mask.rank == 3:
            check.equal(mask.shape[0], heads if batch is None else batch * heads, f"dimension 0 of {name}", "batch × heads")
            check.at_least(mask.shape[0], 1, "batch")
        check.equal(mask.shape[-2], length, f"dimension -2 of {name}", "the number of queries")
        check.equal(mask.shape[-1], self._sequence(check, columns)[1], f"dimension -1 of {name}", "the number of keys")

    def _padding(self, check: Checks, mask: TensorType | None, x: TensorType, name: str) -> None:
        """[N, S], or [S] without a batch."""
        if mask is None:
            return
        batch, length = self._sequence(check, x)
        check.rank(mask, x.rank - 1)
        check.dtype(mask, DType.BOOL, DType.FLOAT)
        if batch is not None:
            check.equal(mask.shape[0], batch, f"dimension 0 of {name}", "the batch")
            check.at_least(batch, 1, "batch")
        check.equal(mask.last, length, f"the last dimension of {name}", "the number of keys")


class MultiheadAttention(_Attending):
    """Attention of several heads, by default of a sequence to itself: the output and the mean weights.

    Without a key it is the query, without a value it is the key.
    Shape: query [L, N, E], key [S, N, kdim], value [S, N, vdim] -> [L, N, E], weights [N, L, S]; N first with batch_first, or
    without N. add_bias_kv and add_zero_attn each add one to the S of the weights.
    Vaswani et al. 2017; https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
    """

    example = "x: float[B, T, 512] -> MultiheadAttention(8, batch_first=true)"
    results = ("output", "weights")
    result_pattern = "{0}, {1}"
    operand_pattern = "{0}, {1}, {2}, key_padding_mask={3}, attn_mask={4}"
    operand_defaults = {"key": "query", "value": "key"}
    primary_only_kwargs = {"need_weights": False}

    embed_dim: Dim = inferred("size of the queries' last dimension")
    num_heads: Dim = size("number of heads; divides embed_dim")
    dropout: float = real("probability of zeroing an attention weight", default=0.0, lower=0.0, upper=1.0)
    bias: bool = flag("add learned offsets to the projections", default=True)
    add_bias_kv: bool = flag("append a learned key and value", default=False)
    add_zero_attn: bool = flag("append a key and value of zeros", default=False)
    kdim: Dim | None = size("size of the keys' last dimension; embed_dim if not given", default=None, optional=True)
    vdim: Dim | None = size("size of the values' last dimension; embed_dim if not given", default=None, optional=True)
    batch_first: bool = flag("the batch is dimension 0 and the sequence dimension 1", default=False)

    def shape(
        self, check: Checks, query: TensorType, key: TensorType | None = None, value: TensorType | None = None,
        key_padding_mask: TensorType | None = None, attn_mask: TensorType | None = None,
    ) -> tuple[TensorType, TensorType]:  # fmt: skip
        key = query if key is None else key
        value = key if value is None else value
        self._tensor(check, query, None, self.embed_dim, "embed_dim", "the query")
        check.at_least(self.embed_dim, 1, "embed_dim")
        check.divides(self.num_heads, self.embed_dim, "num_heads", "embed_dim")
        self._tensor(check, key, query.rank, *self._width("kdim"), "the key")
        self._tensor(check, value, query.rank, *self._width("vdim"), "the value")
        self._same_batch(check, query, key, ("the query", "the key"))
        self._same_batch(check, key, value, ("the key", "the value"))
        batch, length = self._sequence(check, query)
        keys = self._sequence(check, key)[1]
        check.equal(self._sequence(check, value)[1], keys, "the number of values", "the number of keys")
        self._mask(check, attn_mask, query, key, self.num_heads, "attn_mask")
        self._padding(check, key_padding_mask, key, "key_padding_mask")
        columns = keys + int(self.add_bias_kv) + int(self.add_zero_attn)
        return query, TensorType((length, columns) if batch is None else (batch, length, columns))

    def _width(self, name: str) -> tuple[Dim, str]:
        given: Dim | None = getattr(self, name)
        return (self.embed_dim, "embed_dim") if given is None else (given, name)

    def weights(self) -> dict[str, Weight]:
        e, k, v = self.embed_dim, self._width("kdim")[0], self._width("vdim")[0]
        packed = bool(k == e and v == e)
        return {
            "in_proj_weight": Weight((3 * e, e), present=packed),
            "q_proj_weight": Weight((e, e), present=not packed),
            "k_proj_weight": Weight((e, k), present=not packed),
            "v_proj_weight": Weight((e, v), present=not packed),
            "in_proj_bias": Weight((3 * e,), present=self.bias),
            "bias_k": Weight((1, 1, e), present=self.add_bias_kv),
            "bias_v": Weight((1, 1, e), present=self.add_bias_kv),
            "out_proj.weight": Weight((e, e)),
            "out_proj.bias": Weight((e,), present=self.bias),
        }

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Projections of queries, keys, values and results; scores; weighted sums."""
        query: TensorType = inputs[0]
        key: TensorType = inputs[1] or query
        value: TensorType = inputs[2] or key
        projections = (2 * elements(query) + elements(key) + elements(value)) * self.embed_dim
        return projections + 2 * elements(outputs[1]) * self.embed_dim

    def subtitle(self) -> str:
        return f"{self.num_heads} heads"


class _Block(_Attending):
    """Sizes of a transformer's layers."""

    d_model: Dim
    nhead: Dim
    dim_feedforward: Dim
    norm_first: bool
    bias: bool

    def _widths(self, check: Checks, rank: int | None, **tensors: TensorType) -> None:
        for name, x in tensors.items():
            self._tensor(check, x, rank, self.d_model, "d_model", name)
        check.at_least(self.d_model, 1, "d_model")
        check.divides(self.nhead, self.d_model, "nhead", "d_model")

    def _attention_weights(self, name: str) -> dict[str, Weight]:
        d = self.d_model
        return {
            f"{name}.in_proj_weight": Weight((3 * d, d)),
            f"{name}.in_proj_bias": Weight((3 * d,), present=self.bias),
            **self._affine(f"{name}.out_proj", d, d),
        }

    def _affine(self, name: str, *shape: Dim) -> dict[str, Weight]:
        return {f"{name}.weight": Weight(shape), f"{name}.bias": Weight(shape[:1], present=self.bias)}

    def _layer_weights(self, *attentions: str) -> dict[str, Weight]:
        d, inner = self.d_model, self.dim_feedforward
        out: dict[str, Weight] = {}
        for attention in attentions:
            out |= self._attention_weights(attention)
        out |= self._affine("linear1", inner, d) | self._affine("linear2", d, inner)
        for i in range(len(attentions) + 1):
            out |= self._affine(f"norm{i + 1}", d)
        return out

    def _self_work(self, x: TensorType) -> Dim:
        """Self-attention and the feed-forward part."""
        return self._attention_work(x, x) + 2 * elements(x) * self.dim_feedforward

    def _attention_work(self, query: TensorType, key: TensorType) -> Dim:
        keys = key.shape[0] if key.rank == 2 else key.shape[1 if self.batch_first else 0]
        return 2 * (elements(query) + elements(key)) * self.d_model + 2 * elements(query) * keys

    def subtitle(self) -> str:
        return f"{self.nhead} heads"


def _d_model() -> Any:
    return inferred("size of the vectors")


def _feedforward() -> Any:
    return size("size of the feed-forward part's hidden layer", default=2048, lower=0)


def _dropout() -> Any:
    return real("probability of zeroing, everywhere", default=0.1, lower=0.0, upper=1.0)


def _activation() -> Any:
    return choice("activation of the feed-forward part", "relu", "gelu", default="relu")


def _batch_first() -> Any:
    return flag("the batch is dimension 0 and the sequence dimension 1", default=False)


def _norm_first() -> Any:
    return flag("normalise before attention and feed-forward instead of after", default=False)


def _bias() -> Any:
    return flag("add learned offsets in linear maps and norms", default=True)


def _epsilon() -> Any:
    return real("added to the variance in the norms", default=1e-5)


class TransformerEncoderLayer(_Block):
    """Self-attention and a feed-forward network, each with a shortcut and LayerNorm.

    Shape: [S, N, d_model], unchanged; N first with batch_first, or without N. src_mask [S, S] or [N * nhead, S, S],
    src_key_padding_mask [N, S]. Vaswani et al. 2017;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
    """

    example = "x: float[B, T, 512] -> TransformerEncoderLayer(8, batch_first=true)"

    d_model: Dim = _d_model()
    nhead: Dim = size("number of heads; divides d_model")
    dim_feedforward: Dim = _feedforward()
    dropout: float = _dropout()
    activation: str = _activation()
    layer_norm_eps: float = _epsilon()
    batch_first: bool = _batch_first()
    norm_first: bool = _norm_first()
    bias: bool = _bias()

    def shape(
        self, check: Checks, src: TensorType, src_mask: TensorType | None = None, src_key_padding_mask: TensorType | None = None
    ) -> TensorType:
        self._widths(check, None, src=src)
        self._mask(check, src_mask, src, src, self.nhead, "src_mask")
        self._padding(check, src_key_padding_mask, src, "src_key_padding_mask")
        return src

    def weights(self) -> dict[str, Weight]:
        return self._layer_weights("self_attn")

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return self._self_work(inputs[0])


class TransformerDecoderLayer(_Block):
    """Self-attention, attention to a memory and a feed-forward network, each with a shortcut and LayerNorm.

    Shape: tgt [T, N, d_model], memory [S, N, d_model] -> [T, N, d_model]; N first with batch_first, or without N. tgt_mask
    [T, T], memory_mask [T, S] (or N * nhead of them), padding masks [N, T] and [N, S].
    Vaswani et al. 2017; https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html
    """

    example = "(x: float[B, T, 512], m: float[B, S, 512]) -> TransformerDecoderLayer(8, batch_first=true)"

    d_model: Dim = _d_model()
    nhead: Dim = size("number of heads; divides d_model")
    dim_feedforward: Dim = _feedforward()
    dropout: float = _dropout()
    activation: str = _activation()
    layer_norm_eps: float = _epsilon()
    batch_first: bool = _batch_first()
    norm_first: bool = _norm_first()
    bias: bool = _bias()

    def shape(
        self, check: Checks, tgt: TensorType, memory: TensorType,
        tgt_mask: TensorType | None = None, memory_mask: TensorType | None = None,
        tgt_key_padding_mask: TensorType | None = None, memory_key_padding_mask: TensorType | None = None,
    ) -> TensorType:  # fmt: skip
        self._widths(check, None, tgt=tgt)
        self._widths(check, tgt.rank, memory=memory)
        self._same_batch(check, tgt, memory, ("tgt", "memory"))
        self._mask(check, tgt_mask, tgt, tgt, self.nhead, "tgt_mask")
        self._mask(check, memory_mask, tgt, memory, self.nhead, "memory_mask")
        self._padding(check, tgt_key_padding_mask, tgt, "tgt_key_padding_mask")
        self._padding(check, memory_key_padding_mask, memory, "memory_key_padding_mask")
        return tgt

    def weights(self) -> dict[str, Weight]:
        return self._layer_weights("self_attn", "multihead_attn")

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return self._self_work(inputs[0]) + self._attention_work(inputs[0], inputs[1])


class Transformer(_Block):
    """An encoder and a decoder of as many layers as given, each closed by a LayerNorm.

    Shape: src [S, N, d_model], tgt [T, N, d_model] -> [T, N, d_model]; N first with batch_first, or without N. Masks as for the
    layers. Vaswani et al. 2017; https://docs.pytorch.org/docs/stable/generated/torch.nn.Transformer.html
    """

    example = "(x: float[B, S, 512], y: float[B, T, 512]) -> Transformer(batch_first=true)"

    d_model: Dim = _d_model()
    nhead: Dim = size("number of heads; divides d_model", default=8)
    num_encoder_layers: Dim = size("number of layers of the encoder", default=6)
    num_decoder_layers: Dim = size("number of layers of the decoder", default=6)
    dim_feedforward: Dim = _feedforward()
    dropout: float = _dropout()
    activation: str = _activation()
    layer_norm_eps: float = _epsilon()
    batch_first: bool = _batch_first()
    norm_first: bool = _norm_first()
    bias: bool = _bias()

    def shape(
        self, check: Checks, src: TensorType, tgt: TensorType, src_mask: TensorType | None = None,
        tgt_mask: TensorType | None = None, memory_mask: TensorType | None = None,
        src_key_padding_mask: TensorType | None = None,
        tgt_key_padding_mask: TensorType | None = None, memory_key_padding_mask: TensorType | None = None,
    ) -> TensorType:  # fmt: skip
        self._widths(check, None, src=src)
        self._widths(check, src.rank, tgt=tgt)
        self._same_batch(check, src, tgt, ("src", "tgt"))
        self._mask(check, src_mask, src, src, self.nhead, "src_mask")
        self._mask(check, tgt_mask, tgt, tgt, self.nhead, "tgt_mask")
        self._mask(check, memory_mask, tgt, src, self.nhead, "memory_mask")
        self._padding(check, src_key_padding_mask, src, "src_key_padding_mask")
        self._padding(check, tgt_key_padding_mask, tgt, "tgt_key_padding_mask")
        self._padding(check, memory_key_padding_mask, src, "memory_key_padding_mask")
        return tgt

    def weights(self) -> dict[str, Weight]:
        out: dict[str, Weight] = {}
        for part, count, attentions in (
            ("encoder", self.num_encoder_layers, ("self_attn",)),
            ("decoder", self.num_decoder_layers, ("self_attn", "multihead_attn")),
        ):
            for i in range(int(count)):
                out |= {f"{part}.layers.{i}.{name}": weight for name, weight in self._layer_weights(*attentions).items()}
            out |= self._affine(f"{part}.norm", self.d_model)
        return out

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        src, tgt = inputs[0], inputs[1]
        decoding = self._self_work(tgt) + self._attention_work(tgt, src)
        return self.num_encoder_layers * self._self_work(src) + self.num_decoder_layers * decoding

    def subtitle(self) -> str:
        return f"{self.num_encoder_layers} + {self.num_decoder_layers} layers, {self.nhead} heads"
