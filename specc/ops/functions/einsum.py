"""Sums of products by index: `einsum("b i d, b j d -> b i j", q, k)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specc.dims.expr import Dim
from specc.ops.declare import Function, Kind, choice
from specc.ops.functions._shared import COMPLEX, FLOAT, INT, call, known, spread
from specc.ops.rules import Checks, product
from specc.pycode import Code
from specc.types import TensorType


class Einsum(Function):
    """Sum of products over the indices that the right side lacks: torch's notation, single letters, `...` broadcast."""

    example = '(q: float[B, I, D], k: float[B, J, D]) -> einsum("b i d, b j d -> b i j")'
    kind = Kind.LINEAR
    aliases = True
    torch = "torch.einsum"
    order = ("equation", "tensors")
    list_operands = frozenset({"tensors"})
    variadic = True
    equation: str = choice("the indices of each operand, separated by commas, `->`, those of the result")

    def shape(self, check: Checks, tensors: Sequence[TensorType]) -> TensorType:
        if not tensors:
            check.fail("einsum needs at least one tensor")
        sizes, order = self._index_sizes(check, tensors)
        dots = [name for name in order if name.startswith(".")]
        result = self._result(check, order)
        shape: list[Dim] = []
        for name in result:
            shape += [sizes[dot] for dot in reversed(dots)] if name == "..." else [sizes[name]]
        dtype = tensors[0].dtype
        check.dtype(tensors[0], INT, FLOAT, COMPLEX)
        for x in tensors[1:]:
            check.dtype(x, dtype)
        return TensorType(tuple(shape), dtype)

    def lower(self, args: Mapping[str, Code], types: Mapping[str, Any]) -> Code | None:
        return call(self.torch, args["equation"], *spread(args["tensors"]))

    def _terms(self, check: Checks) -> tuple[list[list[str]], list[str] | None]:
        """The indices of each operand, and of the result where they are written."""
        text = known(self.equation).replace(" ", "")
        left, arrow, right = text.partition("->")
        terms = [self._letters(check, term) for term in left.split(",")]
        return terms, self._letters(check, right) if arrow else None

    def _letters(self, check: Checks, term: str) -> list[str]:
        out: list[str] = []
        rest = term
        while rest:
            step = 3 if rest.startswith("...") else 1
            name, rest = rest[:step], rest[step:]
            if name != "..." and not (name.isascii() and name.isalpha()):
                check.argument("equation", f"`{name}` is no index: indices are single letters, or `...`")
            if name == "..." and name in out:
                check.argument("equation", "`...` can stand only once in a term")
            out.append(name)
        return out

    def _index_sizes(self, check: Checks, tensors: Sequence[TensorType]) -> tuple[dict[str, Dim], list[str]]:
        """The size of each index (those of `...` are `.1`, `.2` from the right), and the indices in order of appearance."""
        terms, _ = self._terms(check)
        if len(terms) != len(tensors):
            check.argument("equation", f"the number of its terms is {len(terms)}, that of the operands {len(tensors)}")
        shapes: dict[str, list[Dim]] = {}
        order: list[str] = []
        for term, x in zip(terms, tensors, strict=True):
            run = x.rank - len([name for name in term if name != "..."])
            if run < 0 or (run > 0 and "..." not in term):
                check.argument("equation", f"`{''.join(term)}` does not fit a tensor of rank {x.rank}")
            axes: list[str] = []
            for name in term:
                axes += [f".{run - i}" for i in range(run)] if name == "..." else [name]
            own: dict[str, Dim] = {}
            for name, n in zip(axes, x.shape, strict=True):
                if name in own:
                    check.equal(own[name], n, f"index {name}", f"index {name} further on")
                own[name] = n
            for name, n in own.items():
                shapes.setdefault(name, []).append(n)
                if name not in order:
                    order.append(name)
        sizes = {name: check.broadcast(*((n,) for n in found))[0] for name, found in shapes.items()}
        return sizes, sorted((n for n in order if n[0] == "."), key=lambda n: int(n[1:])) + [n for n in order if n[0] != "."]

    def _result(self, check: Checks, order: list[str]) -> list[str]:
        terms, result = self._terms(check)
        letters = [name for term in terms for name in term]
        if result is None:  # torch: the indices that stand once, in the order of the alphabet
            once = sorted(name for name in set(letters) if name != "..." and letters.count(name) == 1)
            return (["..."] if "..." in letters else []) + once
        for i, name in enumerate(result):
            if name in result[:i]:
                check.argument("equation", f"index {name} stands twice in the result")
            if name != "..." and name not in order:
                check.argument("equation", f"index {name} of the result stands in no operand")
        return result

    def multiply_adds(self, inputs: tuple[Any, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Of one product over all indices; a cleverer order of more than two operands needs fewer."""
        tensors: Sequence[TensorType] = inputs[0] if isinstance(inputs[0], list | tuple) else inputs
        if len(tensors) < 2:
            return 0
        sizes: dict[str, Dim] = {}
        for term, x in zip(self.equation.split("->")[0].replace(" ", "").split(","), tensors, strict=True):
            run = x.rank - len(term.replace("...", ""))
            axes: list[str] = []
            for name in term.replace("...", "."):
                axes += [f".{run - i}" for i in range(run)] if name == "." else [name]
            for name, n in zip(axes, x.shape, strict=True):
                if name not in sizes or sizes[name] == 1:
                    sizes[name] = n
        return product(list(sizes.values()))
