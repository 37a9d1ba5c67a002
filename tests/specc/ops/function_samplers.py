"""Random configurations of functions element by element, reductions and products, about half of which torch should refuse."""

from __future__ import annotations

from typing import Any

from specc.types import DType, TensorType
from tests.specc.ops.draw import Draw
from tests.specc.ops.function_draws import B, C, F, I, Sample, Sampler, U, beside, dim, dims, kinds, registrar, tensor, weak


def unary(**choices: list[Any]) -> Sampler:
    return lambda draw: ({"x": tensor(draw)}, draw.some(**choices))


def needs(**choices: list[Any]) -> Sampler:
    return lambda draw: ({"x": tensor(draw)}, {name: draw.choice(options) for name, options in choices.items()})


def broadcast(*names: str, numbers: bool = False, **choices: list[Any]) -> Sampler:
    def sample(draw: Draw) -> Sample:
        shape = draw.dims(draw.randint(0, 4), 1, 4)
        kind = kinds(draw)
        operands: dict[str, Any] = {}
        for name in names:
            other = kind if draw.random() < 0.4 else kinds(draw)
            operands[name] = TensorType(beside(draw, shape), other)
        if numbers and draw.random() < 0.4:
            operands[draw.choice(names)] = weak(draw)
        return operands, draw.some(**choices)

    return sample


def along(**choices: list[Any]) -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = tensor(draw)
        return {"x": x}, {"dim": dim(draw, x.rank), **draw.some(**choices)}

    return sample


def optional_dim(name: str = "dim", **choices: list[Any]) -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = tensor(draw)
        return {"x": x}, {**({name: dim(draw, x.rank)} if draw.random() < 0.8 else {}), **draw.some(**choices)}

    return sample


def reduction(**choices: list[Any]) -> Sampler:
    """One dimension, several, or all."""

    def sample(draw: Draw) -> Sample:
        x = tensor(draw)
        values = draw.some(keepdim=[True, False], **choices)
        pick = draw.random()
        if pick < 0.4:
            values["dim"] = dim(draw, x.rank)
        elif pick < 0.8:
            values["dim"] = dims(draw, x.rank)
        elif pick < 0.85:
            values["dim"] = None
        return {"x": x}, values

    return sample


def one_reduction() -> Sampler:
    def sample(draw: Draw) -> Sample:
        x = tensor(draw)
        values = {"dim": dim(draw, x.rank)} if draw.random() < 0.7 else {}
        return {"x": x}, {**values, **({"keepdim": draw.yes()} if values or draw.rarely() else {})}

    return sample


def _always_dim(draw: Draw) -> Sample:
    operands, values = reduction()(draw)
    return operands, {"dim": 0, **values} if values.get("dim", 0) is not None else {**values, "dim": -1}


SAMPLERS: dict[str, Sampler] = {}
sampler = registrar(SAMPLERS)

for _name in [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "rsqrt",
    "reciprocal",
    "square",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "asinh",
    "acosh",
    "atanh",
    "sinc",
    "erf",
    "erfc",
    "erfinv",
    "lgamma",
    "digamma",
    "abs",
    "sign",
    "floor",
    "ceil",
    "trunc",
    "frac",
    "logical_not",
    "isnan",
    "isinf",
    "isfinite",
    "relu",
    "relu6",
    "sigmoid",
    "tanh",
    "logsigmoid",
    "silu",
    "mish",
    "softsign",
    "tanhshrink",
    "selu",
    "hardsigmoid",
    "hardswish",
    "neg",
    "bitwise_not",
    "detach",
    "nonzero",
    "unique",
    "zeros_like",
    "ones_like",
    "randn_like",
    "rand_like",
    "bernoulli",
    "real",
    "imag",
    "angle",
    "conj",
    "view_as_real",
]:
    SAMPLERS[_name] = unary()

SAMPLERS |= {
    "round": unary(decimals=[0, 1, 2, -1]),
    "logit": unary(eps=[None, 1e-3, 0.1]),
    "clamp": unary(min=[0, 0.5, None], max=[3, 1.5, None]),
    "nan_to_num": unary(nan=[0.0, 1.0], posinf=[None, 9.0], neginf=[None, -9.0]),
    "gelu": unary(approximate=["none", "tanh", "erf"]),
    "softplus": unary(beta=[1.0, 2.0], threshold=[10.0, 20.0]),
    "softplus_inverse": unary(),
    "elu": unary(alpha=[1.0, 0.5]),
    "celu": unary(alpha=[1.0, 0.5, 0.0]),
    "leaky_relu": unary(negative_slope=[0.1, 0.2]),
    "hardtanh": unary(min_val=[-1.0, -2.0], max_val=[1.0, 2.0]),
    "softshrink": unary(lambd=[0.5, 0.1, -0.1]),
    "hardshrink": unary(lambd=[0.5, 0.1, -0.1]),
    "threshold": needs(threshold=[0.1, 1], value=[0.0, 2]),
    "glu": optional_dim(),
    "full_like": needs(fill_value=[1, 0.5]),
    "to": needs(dtype=[B, U, I, F, C]),
    "type_as": broadcast("x", "other"),
    **{
        name: broadcast("x", "other", numbers=True)
        for name in [
            "add",
            "sub",
            "mul",
            "div",
            "floor_divide",
            "remainder",
            "pow",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "bitwise_and",
            "bitwise_or",
            "bitwise_xor",
        ]
    },
    **{
        name: broadcast("x", "other")
        for name in ["maximum", "minimum", "atan2", "logaddexp", "logical_and", "logical_or", "logical_xor", "expand_as"]
    },
    "complex": broadcast("x", "imag"),
    "polar": broadcast("x", "angle"),
    "heaviside": broadcast("x", "values"),
    "addcmul": broadcast("x", "tensor1", "tensor2", value=[1, 2]),
    "addcdiv": broadcast("x", "tensor1", "tensor2", value=[1, 2]),
    **{name: reduction() for name in ["sum", "mean", "amax", "amin", "count_nonzero", "all", "any"]},
    "var": reduction(correction=[0, 1]),
    "std": reduction(correction=[0, 1]),
    "norm": reduction(p=[1.0, 2.0, 0.0, float("inf"), -1.0]),
    "logsumexp": _always_dim,
    **{name: one_reduction() for name in ["prod", "max", "min", "median", "argmax", "argmin"]},
    **{
        name: along() for name in ["softmax", "log_softmax", "softmin", "cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"]
    },
    "sort": optional_dim(descending=[True, False]),
    "argsort": optional_dim(descending=[True, False]),
    "normalize": optional_dim(p=[1.0, 2.0]),
}


@sampler
def fmod(draw: Draw) -> Sample:
    operands, _ = broadcast("x", "other")(draw)
    return operands | ({"other": weak(draw)} if draw.random() < 0.3 else {}), {}


@sampler
def lerp(draw: Draw) -> Sample:
    operands, _ = broadcast("x", "end", "weight")(draw)
    if draw.yes():
        operands["end"] = operands["end"].with_dtype(operands["x"].dtype)
        operands["weight"] = operands["weight"].with_dtype(operands["x"].dtype)
    if draw.yes():
        operands["weight"] = TensorType((), F, weak=True)
    return operands, {}


@sampler
def prelu(draw: Draw) -> Sample:
    x = tensor(draw)
    n = draw.choice((1, x.shape[1] if x.rank > 1 else 2))
    assert isinstance(n, int)
    return {"x": x, "weight": TensorType(draw.choice(((n,), (), (n, 1))), x.dtype if draw.often() else kinds(draw))}, {}


@sampler
def topk(draw: Draw) -> Sample:
    x = tensor(draw)
    values = {"k": draw.randint(0, 4)}
    return {"x": x}, {**values, **({"dim": dim(draw, x.rank)} if draw.yes() else {}), **draw.some(largest=[True, False])}


@sampler
def diff(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {**draw.some(n=[0, 1, 2, 3]), **({"dim": dim(draw, x.rank)} if draw.yes() else {})}


def _linked(draw: Draw, kind: DType, *shapes: tuple[int, ...]) -> list[TensorType]:
    """Tensors of these shapes, now and then with another size, rank or kind."""
    out = []
    for shape in shapes:
        sizes = tuple(draw.off(n)[0] if draw.random() < 0.5 else n for n in shape)
        if draw.random() < 0.08:
            sizes = (*sizes, draw.dim()) if draw.yes() else sizes[1:]
        out.append(TensorType(sizes, kind if draw.random() < 0.9 else kinds(draw)))
    return out


@sampler
def matmul(draw: Draw) -> Sample:
    m, k, n = draw.dims(3)
    batch = draw.dims(draw.randint(0, 2))
    left = draw.choice(((k,), (m, k), (*batch, m, k)))
    right = draw.choice(((k,), (k, n), (*beside(draw, batch), k, n)))
    x, other = _linked(draw, kinds(draw), left, right)
    return {"x": x, "other": other}, {}


@sampler
def mm(draw: Draw) -> Sample:
    m, k, n = draw.dims(3)
    x, other = _linked(draw, kinds(draw), (m, k), (k, n))
    return {"x": x, "mat2": other}, {}


@sampler
def bmm(draw: Draw) -> Sample:
    b, m, k, n = draw.dims(4)
    x, other = _linked(draw, kinds(draw), (b, m, k), (b, k, n))
    return {"x": x, "mat2": other}, {}


@sampler
def mv(draw: Draw) -> Sample:
    m, k = draw.dims(2)
    x, other = _linked(draw, kinds(draw), (m, k), (k,))
    return {"x": x, "vec": other}, {}


@sampler
def dot(draw: Draw) -> Sample:
    n = draw.dim()
    x, other = _linked(draw, kinds(draw), (n,), (n,))
    return {"x": x, "tensor": other}, {}


@sampler
def outer(draw: Draw) -> Sample:
    x, other = _linked(draw, kinds(draw), draw.dims(1), draw.dims(1))
    return {"x": x, "vec2": other}, {}


@sampler
def cross(draw: Draw) -> Sample:
    shape = list(draw.dims(draw.randint(1, 3)))
    at = draw.randrange(len(shape))
    shape[at] = 3
    x, other = _linked(draw, kinds(draw), tuple(shape), tuple(shape))
    return {"x": x, "other": other}, {"dim": at if draw.often() else dim(draw, len(shape))}
