"""Generated classes at work: written once for all instances and once for each alone, they hold the same weights and compute the
same; torch compiles and exports them."""

from __future__ import annotations

import io
from typing import Any

import pytest

from specc.emit import emit
from specc.emit.specialise import specialised
from specc.reading import read_path
from tests.specc.emit.programs import checked, emitted, from_path, load

torch: Any = pytest.importorskip("torch")

IMAGE = (2, 3, 64, 64)
SMALL: list[tuple[str, dict[str, Any], list[tuple[int, ...]]]] = [
    ("specs/vision/resnet.nn", {"settings": (("classes", "7"), ("depths", "[1, 2]"))}, [(1, 3, 224, 224)]),
    (
        "specs/vision/vgg.nn",
        {"settings": (("stages", "[[8], [8, 16]]"), ("batch_norm", "true")), "inputs": (("image", IMAGE),)},
        [IMAGE],
    ),
    ("tests/cases/emit/residual_blocks.nn", {}, [(2, 3, 64, 64)]),
    ("tests/cases/emit/containers.nn", {}, [(4, 8)]),
    ("specs/sequence/jordan.nn", {}, [(3, 5, 8)]),
    ("specs/sequence/lstm.nn", {"model": "LSTMByHand"}, [(3, 5, 8)]),
]


def results(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize(("path", "options", "shapes"), SMALL, ids=[path.rsplit("/", 1)[-1] for path, _, _ in SMALL])
def test_generic_and_specialised_agree(path: str, options: dict[str, Any], shapes: list[tuple[int, ...]]) -> None:
    source = read_path(path, path)
    program = checked(source, **options)
    generic = load(from_path(path, **options), "specc_generic")
    alone = load(emit(specialised(program), program, source), "specc_alone")
    torch.manual_seed(0)
    first = getattr(generic, generic.__all__[-1])().eval()
    second = getattr(alone, alone.__all__[-1])().eval()
    assert list(first.state_dict()) == list(second.state_dict())
    second.load_state_dict(first.state_dict())
    inputs = [torch.randn(shape) for shape in shapes]
    with torch.no_grad():
        for one, other in zip(results(first(*inputs)), results(second(*inputs)), strict=True):
            assert torch.equal(one, other)


PAIR = """
model Pair(width: int = 4) {
    input x: float[B, 3]
    require B <= 64
    y = x -> a: Linear(width) -> ReLU
    output last = y -> b: Linear(2)
    output state = y + (randn_like(y) if training else y)
}
"""


def test_compiled_in_one_graph_and_exported_with_named_outputs() -> None:
    module = load(emitted(PAIR))
    net = module.Pair().eval()
    x = torch.randn(2, 3)
    wanted = net(x)
    compiled = torch.compile(net, backend="aot_eager", fullgraph=True)(x)
    assert torch.equal(wanted.last, compiled.last)
    buffer = io.BytesIO()
    torch.export.save(torch.export.export(net, (x,)), buffer)
    buffer.seek(0)
    again = torch.export.load(buffer).module()(x)
    assert type(again) is module.PairOutput
    assert torch.equal(again.state, wanted.state)


def test_gpt_trains_and_demands_what_the_spec_demands() -> None:
    module = load(from_path("tests/cases/emit/gpt.nn"))
    net = module.GPT()
    assert net.lm_head.weight is net.wte.weight
    assert not net.h[0].attn.qkv.bias.any()
    tokens = torch.randint(0, 50, (2, 16))
    net(tokens).sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())
    with pytest.raises(ValueError, match="T <= context"):
        net(torch.zeros(1, 17, dtype=torch.long))
    with pytest.raises(ValueError, match="multiple of the number of heads"):
        module.GPT(heads=5)
    length = torch.export.Dim("T", max=16)
    exported = torch.export.export(net.eval(), (tokens,), dynamic_shapes=({1: length},))
    assert exported.module()(tokens[:, :7]).shape == (2, 7, 50)


def test_weights_begin_again_after_the_meta_device() -> None:
    module = load(from_path("tests/cases/emit/outputs.nn"))
    with torch.device("meta"):
        net = module.Outputs()
    net.to_empty(device="cpu")
    net.reset_parameters()
    assert net.scale.tolist() == [1.0] * 4
    assert net.mask.tolist() == [True, False, True, True]


INPLACE = """
model M {{
    input x: float[N, 4]
    {body}
}}
"""


@pytest.mark.parametrize(
    ("body", "inplace"),
    [
        ("output x -> a: Linear(4) -> b: ReLU", True),
        ("output x -> b: ReLU", False),  # the caller's tensor
        ("y = x -> a: Linear(4)\n    output (y -> b: ReLU) + y", False),  # used again
        ("output x -> s: Sigmoid -> b: ReLU", False),  # Sigmoid keeps its output for the backward pass
        ("output x -> a: Linear(4) -> reshape(N, 2, 2) -> b: ReLU", True),
        ("y = x -> a: Linear(4)\n    z = y -> reshape(N, 2, 2) -> b: ReLU\n    output z\n    output y", False),  # a view of y
        ("output x -> a: Linear(4) -> d: Dropout(0.1) -> b: ReLU", True),
        ("y = x -> a: Linear(4)\n    output y -> b: ReLU\n    output y", False),
    ],
)
def test_in_place_only_where_nobody_notices(body: str, inplace: bool) -> None:
    made = emitted(INPLACE.format(body=body))
    assert ("nn.ReLU(inplace=True)" in made.text) is inplace
    net = load(made).M()
    x = torch.randn(3, 4, requires_grad=True)
    kept = x.clone()
    sum(value.sum() for value in results(net(x))).backward()
    assert torch.equal(x, kept)


CHOSEN = """
model Chosen(which: int = 0) {
    input x: float[B, 4]
    for i in 0..3 {
        x = x -> each: Linear(4)
        if i == which { x = x -> extra: Linear(4) }
    }
    output x
}
"""


@pytest.mark.parametrize("which", [0, 2])
def test_a_layer_of_some_iterations_keeps_its_key(which: int) -> None:
    """A list would number it anew; the class serves for every choice."""
    net = load(emitted(CHOSEN)).Chosen(which=which)
    assert f"extra.{which}.weight" in net.state_dict()
    assert net(torch.randn(2, 4)).shape == (2, 4)
