"""Recurrent networks against torch's, and against loops written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.reference.compare import build, count, difference
from tests.reference.proofs import proves


def torch_names(ours: nn.Module, prefix: str, layer: nn.Module, names: dict[str, str]) -> None:
    """Copies the weights of a layer of torch (`weight_ih_l0`) to ours under `prefix` (`ih.weight`)."""
    with torch.no_grad():
        for theirs, mine in names.items():
            ours.get_parameter(f"{prefix}.{mine}").copy_(layer.get_parameter(theirs))


TORCH = {"weight_ih_l0": "ih.weight", "weight_hh_l0": "hh.weight", "bias_ih_l0": "ih.bias", "bias_hh_l0": "hh.bias"}


@pytest.mark.parametrize("shape", ["ManyToOne", "ManyToMany", "OneToOne", "OneToMany", "ManyThenMany"])
@proves("sequence/rnn", kind="equal", reference="nn.RNN", figure="0.0")
def test_five_shapes(shape: str) -> None:
    """Each shape is nn.RNN, fed and read in its own way."""
    ours = build("sequence/rnn", shape).eval()

    def rnn(name: str, fed: Tensor, start: Tensor | None = None) -> tuple[Tensor, Tensor]:
        layer = nn.RNN(fed.shape[-1], 16, batch_first=True)
        layer.load_state_dict(ours.get_submodule(name).state_dict())
        ys, last = layer(fed, start)
        return ys, last

    def read(steps: Tensor) -> Tensor:
        return functional.linear(steps, ours.get_parameter("readout.weight"), ours.get_parameter("readout.bias"))

    series, one = torch.randn(3, 7, 8), torch.randn(3, 8)
    with torch.no_grad():
        if shape == "OneToOne":
            assert difference(ours(one), read(rnn("rnn", one[:, None])[1][0])) == 0.0
        elif shape == "OneToMany":
            fed = torch.cat([one[:, None], torch.zeros(3, 4, 8)], dim=1)
            assert difference(ours(one), read(rnn("rnn", fed)[0])) == 0.0
        elif shape == "ManyToOne":
            assert difference(ours(series), read(rnn("rnn", series)[1][0])) == 0.0
        elif shape == "ManyToMany":
            assert difference(ours(series), read(rnn("rnn", series)[0])) == 0.0
        else:
            _, heard = rnn("encoder", series)
            assert difference(ours(series), read(rnn("decoder", torch.zeros(3, 5, 1), heard)[0])) == 0.0


@proves("sequence/elman Elman", kind="equal", reference="nn.RNN", figure="1e-6")
def test_elman_is_torchs_rnn() -> None:
    ours, theirs = build("sequence/elman", "Elman"), nn.RNN(8, 16, batch_first=True)
    torch_names(ours, "rnn", theirs, TORCH)
    x = torch.randn(3, 7, 8)
    ys, last = theirs(x)
    assert difference(tuple(ours(x)), (ys, last[0])) < 1e-6


@proves("sequence/jordan Jordan", kind="equal", reference="a loop written out", figure="0.0")
def test_jordan_is_its_loop() -> None:
    ours = build("sequence/jordan", "Jordan")
    mix, readout = ours.get_submodule("rnn.mix"), ours.get_submodule("rnn.readout")
    x = torch.randn(3, 7, 8)
    said, steps = torch.zeros(3, 4), []
    for t in range(7):
        said = torch.sigmoid(readout(torch.sigmoid(mix(torch.cat([x[:, t], said], dim=-1)))))
        steps.append(said)
    assert difference(tuple(ours(x)), (torch.stack(steps, dim=1), said)) == 0.0


@proves("sequence/lstm LSTMByHand", kind="equal", reference="nn.LSTM", figure="1e-6")
def test_lstm_cell_is_torchs() -> None:
    ours, theirs = build("sequence/lstm", "LSTMByHand"), nn.LSTM(8, 16, batch_first=True)
    torch_names(ours, "rnn", theirs, TORCH)
    x = torch.randn(3, 7, 8)
    ys, (h, c) = theirs(x)
    assert difference(tuple(ours(x)), (ys, h[0], c[0])) < 1e-6


@proves("sequence/gru GRUByHand", kind="equal", reference="nn.GRU", figure="1e-6")
def test_gru_cell_is_torchs() -> None:
    ours, theirs = build("sequence/gru", "GRUByHand"), nn.GRU(8, 16, batch_first=True)
    torch_names(ours, "rnn", theirs, TORCH)
    x = torch.randn(3, 7, 8)
    ys, last = theirs(x)
    assert difference(tuple(ours(x)), (ys, last[0])) < 1e-6


def test_gradients_flow_through_the_steps() -> None:
    """A scan's gradient is that of torch's loop."""
    ours, theirs = build("sequence/gru", "GRUByHand"), nn.GRU(8, 16, batch_first=True)
    torch_names(ours, "rnn", theirs, TORCH)
    x = torch.randn(3, 7, 8)
    ours(x)[0].square().sum().backward()
    theirs(x)[0].square().sum().backward()
    for name, mine in TORCH.items():
        wanted, got = theirs.get_parameter(name).grad, ours.get_parameter(f"rnn.{mine}").grad
        assert wanted is not None
        assert got is not None
        assert difference(got, wanted) < 1e-4


@proves("sequence/lstm Forecast", kind="count")
@proves("sequence/lstm Forecast", kind="equal", reference="nn.LSTM, twice", figure="0.0")
def test_forecast() -> None:
    ours = build("sequence/lstm", "Forecast").eval()
    assert count(ours) == 31_051
    layers = nn.LSTM(1, 50, batch_first=True), nn.LSTM(50, 50, batch_first=True)
    for n, layer in enumerate(layers, 1):
        layer.load_state_dict(ours.get_submodule(f"lstm{n}").state_dict())
    series = torch.randn(2, 100, 1)
    with torch.no_grad():
        steps = layers[1](layers[0](series)[0])[0]
        wanted = ours.get_submodule("dense")(steps[:, -1])
        assert wanted.shape == (2, 1)
        assert difference(ours(series), wanted) == 0.0


@proves("sequence/lstm Bidirectional", kind="equal", reference="nn.LSTM", figure="0.0")
def test_bidirectional_lstm_is_torchs() -> None:
    ours = build("sequence/lstm", "Bidirectional").eval()
    theirs = nn.LSTM(8, 16, batch_first=True, bidirectional=True)
    theirs.load_state_dict(ours.get_submodule("lstm").state_dict())
    x = torch.randn(3, 7, 8)
    with torch.no_grad():
        assert difference(ours(x), ours.get_submodule("readout")(theirs(x)[0])) == 0.0


@proves("sequence/gru GRUTagger", kind="equal", reference="nn.GRU", figure="0.0")
def test_gru_tagger_is_torchs() -> None:
    ours = build("sequence/gru", "GRUTagger").eval()
    theirs = nn.GRU(8, 16, num_layers=2, batch_first=True)
    theirs.load_state_dict(ours.get_submodule("gru").state_dict())
    x = torch.randn(3, 7, 8)
    with torch.no_grad():
        assert difference(ours(x), ours.get_submodule("readout")(theirs(x)[0])) == 0.0


@proves("sequence/attention_lstm AttentionLSTM", kind="equal", reference="a loop written out", figure="1e-5")
def test_attention_lstm_weighs_steps() -> None:
    ours = build("sequence/attention_lstm", "AttentionLSTM").eval()
    tokens = torch.randint(1000, (3, 7))
    lstm = nn.LSTM(32, 32, batch_first=True, bidirectional=True)
    lstm.load_state_dict(ours.get_submodule("lstm").state_dict())
    with torch.no_grad():
        steps = lstm(ours.get_submodule("embedding")(tokens))[0]
        scores = ours.get_submodule("question")(torch.tanh(ours.get_submodule("key")(steps)))[..., 0]
        weights = torch.stack([torch.exp(row) / torch.exp(row).sum() for row in scores])
        summary = torch.stack(
            [
                sum((w * h for w, h in zip(row, step, strict=True)), torch.zeros(64))
                for row, step in zip(weights, steps, strict=True)
            ]
        )
        logits, given = ours(tokens)
        assert difference(given[..., 0], weights) < 1e-6
        assert difference(logits, ours.get_submodule("readout")(summary)) < 1e-5


@proves("sequence/seq2seq Seq2Seq", kind="equal", reference="a loop written out", figure="1e-5")
def test_seq2seq_is_its_loop() -> None:
    """One step at a time, the decoder says what it says all at once."""
    ours = build("sequence/seq2seq", "Seq2Seq").eval()
    source, target = torch.randint(1000, (3, 6)), torch.randint(1000, (3, 5))
    encoder, decoder = ours.get_submodule("encoder"), ours.get_submodule("decoder")
    with torch.no_grad():
        state = encoder(ours.get_submodule("source_embedding")(source))[1]
        steps = []
        for t in range(5):
            said, state = decoder(ours.get_submodule("target_embedding")(target[:, t : t + 1]), state)
            steps.append(ours.get_submodule("readout")(said))
        assert difference(ours(source, target), torch.cat(steps, dim=1)) < 1e-5


@proves("sequence/bahdanau Bahdanau", kind="equal", reference="a loop written out", figure="1e-5")
def test_bahdanau_is_its_loop() -> None:
    ours = build("sequence/bahdanau", "Bahdanau").eval()
    source, target = torch.randint(1000, (3, 6)), torch.randint(1000, (3, 5))
    layer = ours.get_submodule
    with torch.no_grad():
        memory = layer("encoder")(layer("source_embedding")(source))[0]
        h = torch.tanh(layer("bridge")(memory[:, 0]))
        logits, alignment = [], []
        for t in range(5):
            scores = [
                layer("decoder.score")(torch.tanh(layer("decoder.query")(h) + layer("decoder.key")(memory[:, s])))
                for s in range(6)
            ]
            weights = torch.softmax(torch.cat(scores, dim=1), dim=1)
            context = sum((weights[:, s : s + 1] * memory[:, s] for s in range(6)), torch.zeros(3, 128))
            word = layer("target_embedding")(target[:, t])
            h = layer("decoder.gru")(torch.cat([word, context], dim=-1), h)
            logits.append(layer("readout")(h))
            alignment.append(weights)
        by_hand = (torch.stack(logits, dim=1), torch.stack(alignment, dim=1))
        assert difference(tuple(ours(source, target)), by_hand) < 1e-5
