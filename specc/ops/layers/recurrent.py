"""Recurrent layers: https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers

torch steps over dimension 0 unless `batch_first=true`. Where it nests its results, `(y, (h, c))`, a spec gets them in a row:
`y, h, c = x -> LSTM(128)`. Final states are [layers * directions, N, hidden] whatever `batch_first` says.
"""

from __future__ import annotations

from typing import Any, ClassVar

from specc.dims.expr import Dim
from specc.ops.declare import Kind, Layer, Weight, choice, flag, inferred, real, size
from specc.ops.layers._spatial import elements
from specc.ops.rules import Checks
from specc.types import Shape, TensorType


class _Recurrent(Layer):
    kind = Kind.RECURRENT
    keeps_output = True
    gates: ClassVar[int] = 1

    input_size: Dim
    hidden_size: Dim
    num_layers: Dim
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size: Dim = 0

    def _run(self, check: Checks, input: TensorType) -> tuple[Shape, TensorType]:
        """Batch (empty or one dimension), and the type of the output sequence."""
        check.rank(input, 2, 3)
        check.floating(input, or_complex=False)
        check.equal(self.input_size, input.last, "input_size", "the input's last dimension")
        check.at_least(self.input_size, 1, "input_size")
        if check.solver.decide(self.proj_size, "<", self.hidden_size) is False:
            check.argument("proj_size", f"must be smaller than hidden_size, {self.hidden_size}, but is {self.proj_size}")
        if input.rank == 2:
            batch: Shape = ()
            length = input.shape[0]
        else:
            length, batched = (input.shape[1], input.shape[0]) if self.batch_first else (input.shape[0], input.shape[1])
            batch = (batched,)
        check.at_least(length, 1, "length")
        return batch, input.with_last(self._directions() * self._real_size())

    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _real_size(self) -> Dim:
        """Size of a step's result in one direction."""
        return self.proj_size if self._projects() else self.hidden_size

    def _projects(self) -> bool:
        return int(self.proj_size) > 0

    def _state(self, batch: Shape, size: Dim) -> TensorType:
        return TensorType((self.num_layers * self._directions(), *batch, size))

    def _given(self, check: Checks, given: TensorType | None, wanted: TensorType, name: str) -> None:
        if given is None:
            return
        check.rank(given, wanted.rank)
        check.floating(given, or_complex=False)
        words = ("the number of layers", "the batch", "the size of the state")
        for i, word in enumerate(words if wanted.rank == 3 else (words[0], words[2])):
            check.equal(given.shape[i], wanted.shape[i], f"dimension {i} of {name}", word)

    def weights(self) -> dict[str, Weight]:
        out = {}
        rows, real = self.gates * self.hidden_size, self._real_size()
        for layer in range(int(self.num_layers)):
            columns = self.input_size if layer == 0 else real * self._directions()
            for suffix in ("", "_reverse")[: self._directions()]:
                end = f"l{layer}{suffix}"
                out[f"weight_ih_{end}"] = Weight((rows, columns))
                out[f"weight_hh_{end}"] = Weight((rows, real))
                out[f"bias_ih_{end}"] = Weight((rows,), present=self.bias)
                out[f"bias_hh_{end}"] = Weight((rows,), present=self.bias)
                if self._projects():
                    out[f"weight_hr_{end}"] = Weight((real, self.hidden_size))
        return out

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        x: TensorType = inputs[0]
        steps = elements(x.with_last(1))
        real, rows = self._real_size(), self.gates * self.hidden_size
        first = rows * (self.input_size + real)
        later = rows * (real * self._directions() + real) * (self.num_layers - 1)
        projection = real * self.hidden_size * self.num_layers if self._projects() else 0
        return steps * self._directions() * (first + later + projection)

    def subtitle(self) -> str:
        words = [f"{self.input_size} → {self.hidden_size}"]
        if not (isinstance(self.num_layers, int) and self.num_layers == 1):
            words.append(f"{self.num_layers} layers")
        if self.bidirectional is True:
            words.append("both ways")
        return ", ".join(words)


def _input_size() -> Any:
    return inferred("size of the input's last dimension")


def _hidden_size() -> Any:
    return size("size of the hidden state")


def _num_layers() -> Any:
    return size("how many are stacked", default=1)


def _batch_first() -> Any:
    return flag("the batch is dimension 0 and the steps dimension 1", default=False)


def _dropout() -> Any:
    return real(
        "probability of zeroing what passes from one of the stacked layers to the next", default=0.0, lower=0.0, upper=1.0
    )


def _bidirectional() -> Any:
    return flag("a second pass from the end; the results lie side by side", default=False)


def _bias() -> Any:
    return flag("add learned offsets", default=True)


class _OneState(_Recurrent):
    results = ("output", "h_n")
    result_pattern = "{0}, {1}"

    def shape(self, check: Checks, input: TensorType, hx: TensorType | None = None) -> tuple[TensorType, TensorType]:
        batch, output = self._run(check, input)
        state = self._state(batch, self.hidden_size)
        self._given(check, hx, state, "hx")
        return output, state


class RNN(_OneState):
    """Elman's recurrent network: `h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)`.

    Shape: [T, N, input_size] -> [T, N, directions * hidden_size], [layers * directions, N, hidden_size]; N first with
    batch_first, or without N. Elman 1990; https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html
    """

    example = "x: float[T, B, 10] -> RNN(20)"

    input_size: Dim = _input_size()
    hidden_size: Dim = _hidden_size()
    num_layers: Dim = _num_layers()
    nonlinearity: str = choice("what is applied to each step's sum", "tanh", "relu", default="tanh")
    bias: bool = _bias()
    batch_first: bool = _batch_first()
    dropout: float = _dropout()
    bidirectional: bool = _bidirectional()


class GRU(_OneState):
    """Gated recurrent units.

    Shape: [T, N, input_size] -> [T, N, directions * hidden_size], [layers * directions, N, hidden_size]; N first with
    batch_first, or without N. Cho et al. 2014; https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html
    """

    example = "x: float[T, B, 10] -> GRU(20)"
    gates = 3

    input_size: Dim = _input_size()
    hidden_size: Dim = _hidden_size()
    num_layers: Dim = _num_layers()
    bias: bool = _bias()
    batch_first: bool = _batch_first()
    dropout: float = _dropout()
    bidirectional: bool = _bidirectional()


class LSTM(_Recurrent):
    """Long short-term memory: all steps, the last hidden states and the last cell states.

    `(x, h_0=h, c_0=c) -> LSTM(20)` sets the first states.
    Shape: [T, N, input_size] -> [T, N, directions * H], [layers * directions, N, H], [layers * directions, N, hidden_size], H
    being proj_size or else hidden_size; N first with batch_first, or without N.
    Hochreiter, Schmidhuber 1997; https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
    """

    example = "x: float[B, T, 10] -> LSTM(20, batch_first=true)"
    gates = 4
    results = ("output", "h_n", "c_n")
    result_pattern = "{0}, ({1}, {2})"
    operand_pattern = "{0}, ({1}, {2})"

    input_size: Dim = _input_size()
    hidden_size: Dim = _hidden_size()
    num_layers: Dim = _num_layers()
    bias: bool = _bias()
    batch_first: bool = _batch_first()
    dropout: float = _dropout()
    bidirectional: bool = _bidirectional()
    proj_size: Dim = size("size to which each hidden state is projected; 0 for no projection", default=0, lower=0)

    def shape(
        self, check: Checks, input: TensorType, h_0: TensorType | None = None, c_0: TensorType | None = None
    ) -> tuple[TensorType, TensorType, TensorType]:
        batch, output = self._run(check, input)
        hidden, cell = self._state(batch, self._real_size()), self._state(batch, self.hidden_size)
        if (h_0 is None) != (c_0 is None):
            check.fail("LSTM starts from both h_0 and c_0, or from neither")
        self._given(check, h_0, hidden, "h_0")
        self._given(check, c_0, cell, "c_0")
        return output, hidden, cell


class _Cell(Layer):
    kind = Kind.RECURRENT
    keeps_output = True
    gates: ClassVar[int] = 1

    input_size: Dim = _input_size()
    hidden_size: Dim = _hidden_size()
    bias: bool = _bias()

    def _step(self, check: Checks, input: TensorType, **states: TensorType | None) -> TensorType:
        check.rank(input, 1, 2)
        check.floating(input, or_complex=False)
        check.equal(self.input_size, input.last, "input_size", "the input's last dimension")
        new = input.with_last(self.hidden_size)
        for name, state in states.items():
            if state is not None:
                check.rank(state, input.rank)
                if name != "c_0":
                    check.floating(state, or_complex=False)
                for i in range(input.rank):
                    check.equal(state.shape[i], new.shape[i], f"dimension {i} of {name}", "batch or hidden_size")
        return new

    def weights(self) -> dict[str, Weight]:
        rows = self.gates * self.hidden_size
        return {
            "weight_ih": Weight((rows, self.input_size)),
            "weight_hh": Weight((rows, self.hidden_size)),
            "bias_ih": Weight((rows,), present=self.bias),
            "bias_hh": Weight((rows,), present=self.bias),
        }

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return elements(outputs[0]) * self.gates * (self.input_size + self.hidden_size)

    def subtitle(self) -> str:
        return f"{self.input_size} → {self.hidden_size}"


class RNNCell(_Cell):
    """One step of RNN.

    Shape: [N, input_size] (and [N, hidden_size]) -> [N, hidden_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
    """

    example = "x: float[B, 10] -> RNNCell(20)"
    nonlinearity: str = choice("what is applied to the sum", "tanh", "relu", default="tanh")

    def shape(self, check: Checks, input: TensorType, hx: TensorType | None = None) -> TensorType:
        return self._step(check, input, hx=hx)


class GRUCell(_Cell):
    """One step of GRU.

    Shape: [N, input_size] (and [N, hidden_size]) -> [N, hidden_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
    """

    example = "x: float[B, 10] -> GRUCell(20)"
    gates = 3

    def shape(self, check: Checks, input: TensorType, hx: TensorType | None = None) -> TensorType:
        return self._step(check, input, hx=hx)


class LSTMCell(_Cell):
    """One step of LSTM: the new hidden state and the new cell state.

    Shape: [N, input_size] (and twice [N, hidden_size]) -> twice [N, hidden_size], or without N.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
    """

    example = "x: float[B, 10] -> LSTMCell(20)"
    gates = 4
    results = ("h_1", "c_1")
    result_pattern = "{0}, {1}"
    operand_pattern = "{0}, ({1}, {2})"

    def shape(
        self, check: Checks, input: TensorType, h_0: TensorType | None = None, c_0: TensorType | None = None
    ) -> tuple[TensorType, TensorType]:
        if (h_0 is None) != (c_0 is None):
            check.fail("LSTMCell goes on from both h_0 and c_0, or from neither")
        new = self._step(check, input, h_0=h_0, c_0=c_0)
        if c_0 is not None:  # meets no weight, and so may be of any kind
            new = new.with_dtype(max(new.dtype, c_0.dtype))
        return new, new
