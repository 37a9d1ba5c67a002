"""Random configurations of functions over images, patterns, losses and attention."""

from __future__ import annotations

from typing import Any

from specc.types import TensorType
from tests.specc.ops.draw import Draw
from tests.specc.ops.function_draws import B, F, I, Sample, Sampler, beside, dim, kinds, registrar, tensor
from tests.specc.ops.function_samplers import broadcast
from tests.specc.ops.samplers import SAMPLERS as LAYERS

SAMPLERS: dict[str, Sampler] = {}
sampler = registrar(SAMPLERS)


def _off(draw: Draw, *shape: int, usual: Any = F) -> TensorType:
    """A tensor of the shape, now and then with another size, rank or kind."""
    sizes = tuple(draw.off(n)[0] if draw.random() < 0.4 else n for n in shape)
    if draw.random() < 0.06:
        sizes = (*sizes, draw.dim()) if draw.yes() else sizes[1:]
    return TensorType(sizes, usual if draw.random() < 0.93 else kinds(draw))


# --- images ----------------------------------------------------------------------------------------------------------


def _conv(n: int, transposed: bool) -> Sampler:
    def sample(draw: Draw) -> Sample:
        groups = draw.choice((1, 1, 2))
        into, out = draw.randint(1, 2) * groups, draw.randint(1, 2) * groups
        kernel = tuple(draw.randint(1, 3) for _ in range(n))
        channels = (into, out // groups) if transposed else (out, into // groups)
        weight = _off(draw, *channels, *kernel)
        bias = _off(draw, out) if draw.yes() else None
        values = draw.some(stride=[1, 2, (2,) * n], padding=[0, 1, (1,) * n, (1,) * (n + 1)], dilation=[1, 2])
        if groups > 1 or draw.rarely():
            values["groups"] = groups
        if transposed:
            values |= draw.some(output_padding=[0, 1])
        return {"input": draw.image(n, into, low=2, high=5), "weight": weight, "bias": bias}, values

    return sample


SAMPLERS |= {f"conv{n}d": _conv(n, False) for n in (1, 2, 3)}
SAMPLERS |= {f"conv_transpose{n}d": _conv(n, True) for n in (1, 2)}


def _of_layer(layer: str) -> Sampler:
    """Drawn as for the layer, which has a harness of its own."""

    def sample(draw: Draw) -> Sample:
        values, operands, _ = LAYERS[layer](draw)
        values.pop("return_indices", None)
        return operands, values

    return sample


SAMPLERS |= {
    name: _of_layer(layer)
    for name, layer in {
        "max_pool1d": "MaxPool1d",
        "max_pool2d": "MaxPool2d",
        "max_pool3d": "MaxPool3d",
        "avg_pool1d": "AvgPool1d",
        "avg_pool2d": "AvgPool2d",
        "avg_pool3d": "AvgPool3d",
        "adaptive_avg_pool1d": "AdaptiveAvgPool1d",
        "adaptive_avg_pool2d": "AdaptiveAvgPool2d",
        "adaptive_avg_pool3d": "AdaptiveAvgPool3d",
        "adaptive_max_pool2d": "AdaptiveMaxPool2d",
    }.items()
}


def _renamed(layer: str) -> Sampler:
    def sample(draw: Draw) -> Sample:
        values, operands, _ = LAYERS[layer](draw)
        return {"x": operands["input"]}, values

    return sample


SAMPLERS |= {
    "pixel_shuffle": _renamed("PixelShuffle"),
    "pixel_unshuffle": _renamed("PixelUnshuffle"),
    "channel_shuffle": _renamed("ChannelShuffle"),
}


@sampler
def interpolate(draw: Draw) -> Sample:
    values, operands, _ = LAYERS["Upsample"](draw)
    return {"x": operands["input"]}, {**values, **({"antialias": draw.yes()} if draw.random() < 0.2 else {})}


@sampler
def pad(draw: Draw) -> Sample:
    x = tensor(draw, 1, 5)
    mode = draw.choice(("constant", "constant", "reflect", "replicate", "circular"))
    most = min(x.rank, 3) if mode == "constant" or draw.rarely() else max(x.rank - draw.choice((1, 2)), 1)
    count = draw.randint(0, most) if mode == "constant" else min(most, 3)
    low = -2 if draw.random() < 0.3 else 0
    amounts = tuple(draw.randint(low, 2) for _ in range(2 * count + (1 if draw.rarely() else 0)))
    values: dict[str, Any] = {"pad": amounts, **({"mode": mode} if mode != "constant" else {})}
    if (mode == "constant" and draw.yes()) or draw.rarely():
        values["value"] = draw.choice((0, 0.5))
    return {"x": x}, values


@sampler
def grid_sample(draw: Draw) -> Sample:
    n = draw.choice((2, 2, 3))
    batch = draw.randint(1, 2)
    x = _off(draw, batch, *draw.dims(n + 1, 1, 3))
    grid = _off(draw, batch, *draw.dims(n, 1, 3), n)
    values = draw.some(
        mode=["bilinear", "nearest", "bicubic"], padding_mode=["zeros", "border", "reflection"], align_corners=[True, False]
    )
    return {"x": x, "grid": grid}, values


@sampler
def affine_grid(draw: Draw) -> Sample:
    n = draw.choice((2, 2, 3))
    batch = draw.randint(1, 2)
    size = (draw.off(batch)[0], *draw.dims(n + 1, 1, 3))[draw.choice((0, 0, 0, 0, 1)) :]
    return {"theta": _off(draw, batch, n, n + 1)}, {"size": size, **draw.some(align_corners=[True, False])}


# --- products and norms ----------------------------------------------------------------------------------------------


@sampler
def linear(draw: Draw) -> Sample:
    into, out = draw.dims(2)
    kind = kinds(draw)
    x = _off(draw, *draw.dims(draw.randint(0, 3)), into, usual=kind)
    weight = _off(draw, *((out, into) if draw.random() < 0.8 else (into,)), usual=kind)
    bias = _off(draw, out, usual=kind) if draw.yes() else None
    return {"x": x, "weight": weight, "bias": bias}, {}


@sampler
def layer_norm(draw: Draw) -> Sample:
    shape = draw.dims(draw.randint(1, 4), 1, 4)
    tail = shape[-draw.randint(1, len(shape)) :]
    named = tuple(draw.off(n)[0] for n in tail) if draw.rarely() else tail
    extra = {name: _off(draw, *tail) for name in ("weight", "bias") if draw.yes()}
    return {"x": _off(draw, *shape), **extra}, {"normalized_shape": named}


@sampler
def rms_norm(draw: Draw) -> Sample:
    operands, values = layer_norm(draw)
    operands.pop("bias", None)
    return operands, values


@sampler
def group_norm(draw: Draw) -> Sample:
    groups = draw.randint(1, 3)
    channels = groups * draw.randint(1, 3)
    shape = (draw.randint(2, 3), channels, *draw.dims(draw.randint(0, 2), 2, 4))
    extra = {name: _off(draw, channels) for name in ("weight", "bias") if draw.yes()}
    return {"x": _off(draw, *shape), **extra}, {"num_groups": draw.off(groups)[0]}


@sampler
def cosine_similarity(draw: Draw) -> Sample:
    operands, _ = broadcast("x1", "x2")(draw)
    operands = {name: t.with_dtype(F) if draw.often() else t for name, t in operands.items()}
    return operands, {"dim": dim(draw, max(t.rank for t in operands.values()))} if draw.often() else {}


@sampler
def pairwise_distance(draw: Draw) -> Sample:
    operands, _ = broadcast("x1", "x2")(draw)
    return {name: t.with_dtype(F) if draw.often() else t for name, t in operands.items()}, draw.some(
        p=[1.0, 2.0], keepdim=[True, False]
    )


@sampler
def cdist(draw: Draw) -> Sample:
    p, r, m = draw.dims(3)
    batch = draw.dims(draw.randint(0, 2), 1, 3)
    return {"x1": _off(draw, *batch, p, m), "x2": _off(draw, *beside(draw, batch), r, m)}, draw.some(p=[1.0, 2.0, 0.0, -1.0])


@sampler
def attention(draw: Draw) -> Sample:
    length, keys, e, v = draw.dims(4)
    heads = draw.randint(1, 2)
    batch = draw.dims(draw.randint(0, 2), 1, 3)
    gqa = draw.random() < 0.3
    key_batch = beside(draw, batch) if draw.random() < 0.3 else batch
    if gqa:
        batch, key_batch = (*batch[:1], heads * draw.randint(1, 3)), (*key_batch[:1], heads)
    operands: dict[str, Any] = {
        "query": _off(draw, *batch, length, e),
        "key": _off(draw, *key_batch, keys, e),
        "value": _off(draw, *key_batch, keys, v),
    }
    values = draw.some(causal=[True, False], scale=[0.5, None], dropout=[0.0, 0.5])
    if draw.random() < 0.4:
        sizes = [1 if draw.random() < 0.3 else draw.off(n)[0] for n in (*batch, length, keys)]
        operands["mask"] = TensorType(tuple(sizes[draw.randint(0, len(sizes) - 1) :]), draw.choice((B, B, F, I)))
    if gqa and any(0 in t.shape for t in operands.values()):
        gqa = False  # torch divides by the number of heads, and brings the process down
    return operands, {**values, **({"gqa": True} if gqa else {})}


# --- patterns --------------------------------------------------------------------------------------------------------


def _pattern(draw: Draw, adds: bool, drops: bool) -> Sample:
    names = draw.sample("abcdefg", draw.randint(1, 4))
    size = {name: draw.randint(1, 3) for name in names}
    left: list[list[str]] = []
    for name in names:
        if left and draw.random() < 0.35:
            left[-1].append(name)
        else:
            left.append([name])
    given = {
        name: draw.off(size[name])[0]
        for group in left
        for name in group[draw.choice((0, 1)) :]
        if len(group) > 1 or draw.rarely()
    }
    shape = []
    for group in left:
        n = 1
        for name in group:
            n *= size[name]
        shape.append(draw.off(n)[0])
    right = [name for name in names if not (drops and draw.random() < 0.4)]
    draw.shuffle(right)
    if adds:
        for name in draw.sample("xyz", draw.randint(0, 2)):
            right.insert(draw.randint(0, len(right)), name)
            if draw.often():
                given[name] = draw.randint(1, 3)
        if draw.random() < 0.3:
            right.insert(draw.randint(0, len(right)), "2")
    groups: list[list[str]] = []
    for name in right:
        if groups and draw.random() < 0.35:
            groups[-1].append(name)
        else:
            groups.append([name])
    text = [[" ".join(g) if len(g) == 1 else f"({' '.join(g)})" for g in side] for side in (left, groups)]
    if draw.random() < 0.2:
        at = draw.randint(0, len(shape))
        text[0].insert(at, "...")
        text[1].insert(draw.randint(0, len(text[1])), "...")
        shape[at:at] = draw.dims(draw.randint(0, 2), 1, 3)
    if draw.random() < 0.2:
        text[1].insert(draw.randint(0, len(text[1])), draw.choice(("1", "()")))
    return {"tensor": TensorType(tuple(shape), kinds(draw))}, {
        "pattern": f"{' '.join(text[0])} -> {' '.join(text[1])}",
        **given,
    }


@sampler
def rearrange(draw: Draw) -> Sample:
    return _pattern(draw, adds=False, drops=draw.rarely())


@sampler
def repeat(draw: Draw) -> Sample:
    return _pattern(draw, adds=True, drops=draw.rarely())


@sampler
def reduce(draw: Draw) -> Sample:
    operands, values = _pattern(draw, adds=draw.rarely(), drops=True)
    return operands, {"reduction": draw.choice(("sum", "mean", "max", "min", "prod", "any", "all", "norm")), **values}


@sampler
def einsum(draw: Draw) -> Sample:
    size = {name: draw.randint(1, 3) for name in "ijkl"}
    kind = kinds(draw)
    terms, tensors = [], []
    dots = draw.random() < 0.2
    run = draw.dims(draw.randint(0, 2), 1, 3)
    for _ in range(draw.randint(1, 3)):
        letters = "".join(draw.choice("ijkl") for _ in range(draw.randint(0, 3)))
        shape = tuple(1 if draw.random() < 0.05 else draw.off(size[x])[0] for x in letters)
        if dots and draw.often():
            letters, shape = "..." + letters, (*beside(draw, run), *shape) if draw.yes() else (*run, *shape)
        terms.append(letters)
        tensors.append(TensorType(shape, kind if draw.random() < 0.95 else kinds(draw)))
    used = sorted({x for term in terms for x in term} - {"."})
    right = "".join(draw.sample(used, draw.randint(0, len(used)))) + ("z" if draw.rarely() else "")
    if dots and draw.often():
        right = "..." + right
    return {"tensors": tensors}, {"equation": ", ".join(terms) + (f" -> {right}" if draw.random() < 0.85 else "")}


# --- losses ----------------------------------------------------------------------------------------------------------

_REDUCTIONS = ["none", "mean", "sum"]


def _pair(draw: Draw, **choices: list[Any]) -> Sample:
    operands, values = broadcast("x", "target", numbers=False, reduction=_REDUCTIONS, **choices)(draw)
    if draw.yes():
        operands["target"] = operands["x"]
    return {name: t.with_dtype(F) if draw.random() < 0.8 else t for name, t in operands.items()}, values


def _kl(draw: Draw) -> Sample:
    operands, values = _pair(draw, log_target=[True, False])
    return operands, {**values, "reduction": draw.choice(("none", "batchmean", "sum", "mean"))}


SAMPLERS |= {
    "mse_loss": _pair,
    "l1_loss": _pair,
    "smooth_l1_loss": lambda draw: _pair(draw, beta=[0.0, 0.5, -1.0]),
    "huber_loss": lambda draw: _pair(draw, delta=[0.0, 0.5]),
    "kl_div": _kl,
    "hinge_embedding_loss": lambda draw: _pair(draw, margin=[1.0, 0.5]),
}


def _binary(draw: Draw, logits: bool) -> Sample:
    shape = draw.dims(draw.randint(0, 3), 1, 3)
    operands: dict[str, Any] = {"x": _off(draw, *shape), "target": _off(draw, *shape)}
    for name in ("weight", "pos_weight") if logits else ("weight",):
        if draw.random() < 0.4:
            operands[name] = TensorType(beside(draw, shape), F if draw.often() else kinds(draw))
    return operands, draw.some(reduction=_REDUCTIONS)


SAMPLERS |= {
    "binary_cross_entropy": lambda draw: _binary(draw, logits=False),
    "binary_cross_entropy_with_logits": lambda draw: _binary(draw, logits=True),
}


def _classes(draw: Draw, **choices: list[Any]) -> Sample:
    classes = draw.randint(1, 4)
    batch = draw.randint(1, 3)
    rest = draw.dims(draw.choice((0, 0, 1, 2)), 1, 3)
    single = draw.random() < 0.15
    x = _off(draw, *((classes,) if single else (batch, classes, *rest)))
    target = _off(draw, *(() if single else (batch, *rest)), usual=I)
    if draw.random() < 0.2:
        target = _off(draw, *x.shape)  # type: ignore[arg-type]
    operands: dict[str, Any] = {"x": x, "target": target}
    if draw.random() < 0.3:
        operands["weight"] = _off(draw, classes)
    return operands, draw.some(reduction=_REDUCTIONS, ignore_index=[-100, 0], **choices)


SAMPLERS |= {"nll_loss": _classes, "cross_entropy": lambda draw: _classes(draw, label_smoothing=[0.0, 0.1, 1.5])}


@sampler
def margin_ranking_loss(draw: Draw) -> Sample:
    operands, values = broadcast("x1", "x2", "target", reduction=_REDUCTIONS)(draw)
    if draw.yes():
        operands = dict.fromkeys(operands, operands["x1"])
    return {name: t.with_dtype(F) if draw.random() < 0.9 else t for name, t in operands.items()}, values


@sampler
def triplet_margin_loss(draw: Draw) -> Sample:
    shape = draw.dims(draw.randint(0, 3), 1, 3)
    return {name: _off(draw, *shape) for name in ("anchor", "positive", "negative")}, draw.some(
        reduction=_REDUCTIONS, p=[1.0, 2.0]
    )


# --- Fourier transforms ----------------------------------------------------------------------------------------------


def _fourier(draw: Draw) -> Sample:
    x = tensor(draw)
    return {"x": x}, {
        **draw.some(n=[None, 0, 1, 4, 5], norm=["ortho", "forward"]),
        **({"dim": dim(draw, x.rank)} if draw.yes() else {}),
    }


def _fourier2(draw: Draw) -> Sample:
    x = tensor(draw)
    pair = (dim(draw, x.rank), dim(draw, x.rank))
    return {"x": x}, {**draw.some(s=[(2, 4), (3, 5), (0, 2)], norm=["ortho"]), **({"dim": pair} if draw.yes() else {})}


SAMPLERS |= dict.fromkeys(("fft", "ifft", "rfft", "irfft"), _fourier) | {"rfft2": _fourier2, "irfft2": _fourier2}
