"""Samplers of recurrent layers and attention."""

from __future__ import annotations

from typing import Any

from specc.types import DType, TensorType
from tests.specc.ops.draw import Draw, Sample, Sampler, ints


def recurrent(kind: str) -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = draw.tensor(*draw.dims(draw.choice((2, 3, 3)) if draw.often() else draw.randint(0, 4), 1, 4))
        inside, natural = draw.off(ints(x)[-1] if x.rank else 2)
        hidden, layers = draw.randint(1, 4), draw.randint(0 if draw.rarely() else 1, 3)
        values: dict[str, Any] = {"input_size": inside, "hidden_size": hidden, "num_layers": layers}
        values |= draw.some(
            bias=[True, False], batch_first=[True, False], dropout=[0.0, 0.5, 1.0, 1.5], bidirectional=[True, False]
        )
        if kind == "LSTM":
            values |= draw.some(proj_size=[0, 1, hidden - 1, hidden])
        if kind == "RNN":
            values |= draw.some(nonlinearity=["tanh", "relu", "gelu"] if draw.rarely() else ["tanh", "relu"])
        rows = layers * (2 if values.get("bidirectional") else 1)
        batch = () if x.rank != 3 else (ints(x)[0 if values.get("batch_first") else 1],)
        state = (
            draw.tensor(*(draw.off(d)[0] for d in (rows, *batch, values.get("proj_size") or hidden))) if draw.yes() else None
        )
        if kind != "LSTM":
            return values, {"input": x, "hx": state}, ("input_size",) * natural
        cell = None if state is None else draw.tensor(*(draw.off(d)[0] for d in (rows, *batch, hidden)))
        return values, {"input": x, "h_0": state, "c_0": cell}, ("input_size",) * natural

    return sample


def cell(kind: str) -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = draw.tensor(*draw.dims(draw.choice((1, 2, 2)) if draw.often() else draw.randint(0, 3), 1, 4))
        inside, natural = draw.off(ints(x)[-1] if x.rank else 2)
        hidden = draw.randint(1, 4)
        values: dict[str, Any] = {"input_size": inside, "hidden_size": hidden, **draw.some(bias=[True, False])}
        if kind == "RNNCell":
            values |= draw.some(nonlinearity=["tanh", "relu", "relu", "gelu"])
        given = draw.yes()
        states = [draw.tensor(*(draw.off(d)[0] for d in (*ints(x)[:-1], hidden))) if given else None for _ in range(2)]
        if kind == "LSTMCell":
            return values, {"input": x, "h_0": states[0], "c_0": states[1]}, ("input_size",) * natural
        return values, {"input": x, "hx": states[0]}, ("input_size",) * natural

    return sample


def sequence(draw: Draw, batch: int | None, length: int, width: int, batch_first: bool) -> TensorType:
    """[T, N, E], [N, T, E] or [T, E]; now and then something is off."""
    shape = [length, width] if batch is None else [batch, length, width] if batch_first else [length, batch, width]
    if draw.rarely():
        at = draw.randrange(len(shape))
        shape[at] += 1
    return draw.tensor(*shape) if not draw.rarely() else draw.any_tensor(1, 4)


_MASKS = (DType.BOOL, DType.FLOAT)


def mask(draw: Draw, batch: int | None, heads: int, rows: int, columns: int) -> TensorType | None:
    if draw.yes():
        return None
    shape = (rows, columns) if draw.yes() else (heads * (1 if batch is None else batch), rows, columns)
    return TensorType(tuple(draw.off(d)[0] for d in shape) if draw.yes() else shape, draw.kind(*_MASKS))


def padding_mask(draw: Draw, batch: int | None, length: int) -> TensorType | None:
    if draw.random() < 0.6:
        return None
    return TensorType(tuple(draw.off(d)[0] for d in ((length,) if batch is None else (batch, length))), draw.kind(*_MASKS))


def attention(draw: Draw) -> Sample:
    heads = draw.randint(1, 3)
    width = heads * draw.randint(1, 3) if draw.often() else draw.dim()
    batch = draw.dim(1, 3) if draw.often() else None
    rows, columns = draw.dim(1, 4), draw.dim(1, 4)
    values: dict[str, Any] = {"num_heads": heads, "embed_dim": width}
    values |= draw.some(
        bias=[True, False],
        add_bias_kv=[True, False],
        add_zero_attn=[True, False],
        batch_first=[True, False],
        dropout=[0.0, 0.3],
    )
    first = values.get("batch_first", False)
    query = sequence(draw, batch, rows, width, first)
    key = value = None
    if draw.random() < 0.7:
        if draw.yes():
            values |= draw.some(kdim=[width, draw.dim()], vdim=[width, draw.dim()])
        key = sequence(draw, batch, columns, values.get("kdim", width), first)
        value = sequence(draw, batch, columns, values.get("vdim", width), first) if draw.often() else None
    else:
        columns = rows
    masks = {"key_padding_mask": padding_mask(draw, batch, columns), "attn_mask": mask(draw, batch, heads, rows, columns)}
    natural = query.shape[-1:] == (width,)
    return values, {"query": query, "key": key, "value": value, **masks}, ("embed_dim",) * natural


def transformer(kind: str) -> Sampler:
    def sample(draw: Draw) -> Sample:
        heads = draw.randint(1, 3)
        width = heads * draw.randint(1, 3) if draw.often() else draw.dim()
        batch = draw.dim(1, 3) if draw.often() else None
        s, t = draw.randint(1, 4), draw.randint(1, 4)
        values: dict[str, Any] = {"d_model": width, "nhead": heads, "dim_feedforward": draw.dim(1, 5)}
        values |= draw.some(bias=[True, False], activation=["relu", "gelu", "relu", "gelu", "tanh"], batch_first=[True, False],
                            norm_first=[True, False], dropout=[0.0, 0.3])  # fmt: skip
        first = values.get("batch_first", False)
        src, tgt = sequence(draw, batch, s, width, first), sequence(draw, batch, t, width, first)
        own = {"src_mask": mask(draw, batch, heads, s, s), "src_key_padding_mask": padding_mask(draw, batch, s)}
        target = {"tgt_mask": mask(draw, batch, heads, t, t), "memory_mask": mask(draw, batch, heads, t, s)}
        target |= {
            "tgt_key_padding_mask": padding_mask(draw, batch, t),
            "memory_key_padding_mask": padding_mask(draw, batch, s),
        }
        lead = tgt if kind == "decoder" else src
        natural = ("d_model",) * (lead.shape[-1:] == (width,))
        if kind == "encoder":
            return values, {"src": src, **own}, natural
        if kind == "decoder":
            return values, {"tgt": tgt, "memory": src, **target}, natural
        values |= {"num_encoder_layers": draw.randint(0 if draw.rarely() else 1, 2), "num_decoder_layers": draw.randint(1, 2)}
        return values, {"src": src, "tgt": tgt, **own, **target}, natural

    return sample
