"""Look-up tables: https://docs.pytorch.org/docs/stable/nn.html#sparse-layers"""

from __future__ import annotations

from specc.dims.expr import Dim
from specc.ops.declare import Kind, Layer, Weight, axis, choice, flag, real, size
from specc.ops.rules import Checks
from specc.types import DType, TensorType


class _Table(Layer):
    kind = Kind.EMBEDDING
    keeps_input = False
    num_embeddings: Dim
    embedding_dim: Dim
    padding_idx: int | None

    def _padding_row(self, check: Checks) -> None:
        if self.padding_idx is None:
            return
        row = int(self.padding_idx)
        rows = self.num_embeddings
        inside = check.solver.decide(row, "<", rows) if row >= 0 else check.solver.decide(-row, "<=", rows)
        if inside is False:
            check.argument("padding_idx", f"row {row} is outside a table of {rows} rows")

    def weights(self) -> dict[str, Weight]:
        return {"weight": Weight((self.num_embeddings, self.embedding_dim))}

    def subtitle(self) -> str:
        return f"{self.num_embeddings} × {self.embedding_dim}"


class Embedding(_Table):
    """A learned vector for every integer below num_embeddings.

    Shape: int[...] -> float[..., embedding_dim]. https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html
    """

    example = "x: int[B, T] -> Embedding(50257, 768)"

    num_embeddings: Dim = size("number of rows")
    embedding_dim: Dim = size("length of a row", lower=0)
    padding_idx: int | None = axis("row that starts as zeros and gets no gradient", default=None, optional=True)
    max_norm: float | None = real("rows that are looked up are scaled down to this norm", default=None, optional=True)
    norm_type: float = real("the p of that norm", default=2.0)
    scale_grad_by_freq: bool = flag("divide gradients by how often a row occurs in the batch", default=False)
    sparse: bool = flag("sparse gradients", default=False)

    def shape(self, check: Checks, input: TensorType) -> TensorType:
        check.dtype(input, DType.INT)
        self._padding_row(check)
        return TensorType((*input.shape, self.embedding_dim), DType.FLOAT)


class EmbeddingBag(_Table):
    """Sum, mean or maximum of the embeddings in each bag, without keeping them one by one.

    Shape: int[B, n] -> float[B, embedding_dim] with bags of equal length, or int[N] with offsets int[B] to the same.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html
    """

    example = "x: int[B, 20] -> EmbeddingBag(1000, 64)"
    operand_pattern = "{0}, {1}, per_sample_weights={2}"

    num_embeddings: Dim = size("number of rows")
    embedding_dim: Dim = size("length of a row", lower=0)
    max_norm: float | None = real("rows that are looked up are scaled down to this norm", default=None, optional=True)
    norm_type: float = real("the p of that norm", default=2.0)
    scale_grad_by_freq: bool = flag("divide gradients by how often a row occurs in the batch", default=False)
    mode: str = choice("how a bag becomes one row", "sum", "mean", "max", default="mean")
    sparse: bool = flag("sparse gradients", default=False)
    include_last_offset: bool = flag("offsets end with the number of indices", default=False)
    padding_idx: int | None = axis("row that does not count", default=None, optional=True)

    def shape(
        self, check: Checks, input: TensorType, offsets: TensorType | None = None, per_sample_weights: TensorType | None = None
    ) -> TensorType:
        check.rank(input, 1, 2)
        # Of indices and offsets torch takes the wider kind.
        check.dtype(input if offsets is None or input.dtype > offsets.dtype else offsets, DType.INT)
        self._padding_row(check)
        if self.mode == "max" and (self.scale_grad_by_freq or self.sparse):
            check.argument("mode", "a maximum has neither sparse gradients nor gradients scaled by frequency")
        bags = self._bags(check, input, offsets)
        if per_sample_weights is not None:
            self._weighted(check, input, per_sample_weights)
        return TensorType((bags, self.embedding_dim), DType.FLOAT)

    def _bags(self, check: Checks, input: TensorType, offsets: TensorType | None) -> Dim:
        if input.rank == 2:
            if offsets is not None:
                check.fail("the rows of a rank-2 input are the bags, so there can be no offsets")
            check.at_least(input.shape[1], 1, "bag")
            return input.shape[0]
        if offsets is None:
            check.fail("a rank-1 input needs offsets, which say where each bag starts")
        check.rank(offsets, 1)
        bags = offsets.shape[0] - 1 if self.include_last_offset else offsets.shape[0]
        check.at_least(bags, 1, "number of bags")  # torch 2.13 writes to memory that is not its own where there is none
        return bags

    def _weighted(self, check: Checks, input: TensorType, weights: TensorType) -> None:
        if self.mode != "sum":
            check.argument("mode", f"per_sample_weights go with mode='sum' only, not {self.mode!r}")
        check.floating(weights, or_complex=False)
        check.rank(weights, input.rank)
        for i in range(input.rank):
            check.equal(weights.shape[i], input.shape[i], f"dimension {i} of per_sample_weights", f"dimension {i} of the input")
