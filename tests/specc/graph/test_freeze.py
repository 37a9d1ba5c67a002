"""What the graph of a spec says: from text to Program, since the trace between them has no form of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from specc.graph.exchange import from_json, to_json
from specc.graph.formula import holds, number
from specc.graph.model import Call, Choice, Node, Op, Program, Repeat, Scan, Sequential, walk
from tests.specc.graph.sources import graph

ROOT = Path(__file__).parents[3]


def nodes(program: Program, instance: str | None = None) -> list[Node]:
    return list(walk(program.instances[instance or program.root].forward.nodes))


def ops(program: Program, name: str) -> list[Op]:
    return [node for node in nodes(program) if isinstance(node, Op) and node.name == name]


def type_of(program: Program, tensor: str) -> str:
    return str(program.main.tensors[tensor].type)


def test_a_layer() -> None:
    program = graph("model M { input x: float[B, 3]\n output y = x -> fc: Linear(2, bias=false) }")
    (fc,) = nodes(program)
    assert isinstance(fc, Op)
    assert (fc.member, fc.name, fc.kind, fc.reused) == ("fc", "Linear", "linear", False)
    assert fc.arguments == {"in_features": 3, "out_features": 2, "bias": False}
    assert fc.given == ("out_features", "bias")
    assert [(wire.operand, type_of(program, wire.tensor)) for wire in fc.inputs] == [("input", "float[B, 3]")]
    assert [type_of(program, name) for name in fc.outputs] == ["float[B, 2]"]
    assert fc.multiply_adds == "6*B"
    assert fc.activations == "8*B", "two floats of 4 bytes a sample"
    assert (fc.place.file, fc.place.line) == ("test.nn", 2)
    weight = program.main.members["fc"].weights["weight"]
    assert (weight.shape, weight.elements, weight.buffer) == ((2, 3), 6, False)
    assert program.symbols == ("B",)
    assert [(result.name, result.tensors) for result in program.main.forward.outputs] == [("y", fc.outputs)]


def test_counts() -> None:
    program = graph("model M { input x: float[B, 3]\n output y = x -> Linear(4) -> BatchNorm1d -> Linear(2) }")
    assert program.main.learned == (3 * 4 + 4) + 8 + (4 * 2 + 2)
    assert program.main.buffers == 4 + 4 + 1
    assert program.main.forward.multiply_adds == "20*B"


def test_a_shared_layer_is_one_member_and_two_nodes() -> None:
    program = graph("model M { input x: float[B, 3]\n layer f: Linear(3)\n output y = x -> f -> f }")
    first, second = ops(program, "Linear")
    assert (first.member, first.reused, second.member, second.reused) == ("f", False, "f", True)
    assert second.inputs[0].tensor == first.outputs[0]
    assert program.main.learned == 12
    assert program.main.forward.multiply_adds == "18*B"


def test_a_shared_chain_stands_at_each_application() -> None:
    program = graph(
        "model M { input a: float[B, 3], b: float[C, 3]\n layer f: (Linear(3) -> ReLU)\n"
        " output p = a -> f\n output q = b -> f }"
    )
    first, second = [node for node in nodes(program) if isinstance(node, Sequential)]
    assert [inner.reused for inner in second.nodes if isinstance(inner, Op)] == [True, True]
    assert type_of(program, first.outputs[0]) == "float[B, 3]"
    assert type_of(program, second.outputs[0]) == "float[C, 3]"
    assert program.main.learned == 12
    assert program.main.forward.multiply_adds in ("9*B + 9*C", "9*C + 9*B")


def test_a_shared_block_at_two_sizes_has_an_instance_for_each() -> None:
    program = graph(
        "block Feed { input x: [B, T, d]\n output x -> fc: Linear(d) }\n"
        "model M { input a: float[B, S, 3], b: float[B, T, 3]\n layer f: Feed\n output p = a -> f\n output q = b -> f }"
    )
    first, second = [node for node in nodes(program) if isinstance(node, Call)]
    assert (first.member, second.member, second.reused) == ("f", "f", True)
    assert first.instance != second.instance
    assert (first.multiply_adds, second.multiply_adds) == ("9*B*S", "9*B*T")
    assert program.main.learned == 12


def test_a_block_used_alike_is_one_instance() -> None:
    program = graph(
        "block Feed { input x: [B, d]\n output x -> fc: Linear(d) }\n"
        "model M { input x: float[B, 3]\n output y = x -> f: for i in 0..4 { Feed } }"
    )
    assert list(program.instances) == ["M", "Feed"]
    (repeat,) = [node for node in nodes(program) if isinstance(node, Repeat)]
    assert len(repeat.iterations) == 4
    assert repeat.runs == (4,)
    assert [node.member for node in nodes(program) if isinstance(node, Call)] == ["f.0", "f.1", "f.2", "f.3"]
    assert program.main.learned == 4 * 12
    assert repeat.multiply_adds == "36*B"


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("Linear(8)", (4,)),
        ("Linear(8 if i < 3 else 4)", (3, 1)),
        ("Linear(8) -> Dropout(0.1 * i)", (1, 1, 1, 1)),
        ("(Linear(8) -> ReLU)", (4,)),
        ("Linear(8) -> if i % 2 == 0 { ReLU }", (1, 1, 1, 1)),
        ("for j in 0..i { Linear(8) }", (1, 1, 1)),
        ("shared", (1, 3)),
    ],
)
def test_only_equal_adjacent_iterations_fold(stage: str, expected: tuple[int, ...]) -> None:
    """Of four; one that does nothing is none. The first use of a shared layer is its introduction, so it stands apart."""
    declared = "layer shared: Linear(8)\n" if stage == "shared" else ""
    program = graph(f"model M {{ input x: float[B, 8]\n {declared} output y = x -> h: for i in 0..4 {{ {stage} }} }}")
    assert next(node for node in nodes(program) if isinstance(node, Repeat)).runs == expected


def test_a_statement_loop() -> None:
    program = graph("model M { input x: float[B, 8]\n for i in 0..3 { x = x + (x -> fc: Linear(8)) }\n output x }")
    (repeat,) = [node for node in nodes(program) if isinstance(node, Repeat)]
    assert repeat.runs == (3,)
    assert [node.member for node in ops(program, "Linear")] == ["fc.0", "fc.1", "fc.2"]
    assert program.main.forward.outputs[0].tensors == ops(program, "add")[-1].outputs


def test_a_decided_choice() -> None:
    text = (
        "model M(deep: bool = true) { input x: float[B, 8]\n x = x -> fc: Linear(8)\n"
        " if deep { x = x -> more: Linear(8) }\n output x }"
    )
    program = graph(text)
    (choice,) = [node for node in nodes(program) if isinstance(node, Choice)]
    assert (choice.condition, choice.taken, len(choice.nodes)) == ("deep", True, 1)
    assert not [node for node in nodes(graph(text, deep="false")) if isinstance(node, Choice)]


def test_symbols_and_preconditions() -> None:
    program = graph("model M { input x: float[B, 3, H, W]\n output y = x -> Conv2d(4, 5, stride=2) -> MaxPool2d(2) }")
    assert program.symbols == ("B", "H", "W")
    for height, admitted in ((6, False), (7, True)):
        facts = [fact for fact in program.preconditions if "H" in f"{fact.left}{fact.right}"]
        assert facts
        assert all(_holds(fact.left, fact.op, fact.right, {"H": height}) for fact in facts) is admitted


def _holds(left: int | str, op: str, right: int | str, sizes: dict[str, int]) -> bool:
    assert op == ">="
    return number(left, sizes) >= number(right, sizes)


def test_what_a_spec_requires_stands_as_it_was_written() -> None:
    """Assumed, `T % 4 == 0` makes T a multiple of 4, and says nothing of itself any more."""
    program = graph(
        "block Half(k: int) { input x: [B, T]\n require T % k == 0\n output reshape(x, B, k, T // k) }\n"
        "model M(most: int = 9) { input x: float[B, T], y: float[B, S]\n require T <= most and S == T\n"
        " output x -> Half(4)\n output (x + y) -> ReLU }"
    )
    assert program.symbols == ("B", "T"), "S is T"
    for size, admitted in ((8, True), (6, False), (12, False)):
        assert all(holds(fact, {"B": 1, "T": size}) for fact in program.preconditions) is admitted


def test_a_scan() -> None:
    program = graph(
        "block Cell(hidden: int) { input x: [B, F]\n state h: [B, hidden] = zeros\n"
        " new = cat([x, h], dim=-1) -> mix: Linear(hidden)\n next h = new\n output new }\n"
        "model M { input x: float[B, T, 3]\n ys, last = x -> rnn: Scan(Cell(4), dim=1)\n output ys, last }"
    )
    (scan,) = [node for node in nodes(program) if isinstance(node, Scan)]
    assert (scan.member, scan.instance, scan.dim, scan.length, scan.given) == ("rnn", "Cell", 1, "T", ())
    assert scan.multiply_adds == "28*B*T"
    assert [type_of(program, name) for name in scan.outputs] == ["float[B, T, 4]", "float[B, 4]"]
    (state,) = program.instances["Cell"].forward.states
    assert state.name == "h"
    assert state.next == program.instances["Cell"].forward.outputs[0].tensors[0]
    assert program.main.learned == 7 * 4 + 4


def test_entries() -> None:
    """What another entry does is counted in the sizes of the call."""
    program = graph(
        "model M { layer f: Linear(4)\n"
        " entry encode { input x: float[B, 3]; output z = x -> f }\n"
        " entry forward { input a: float[N, 3]; output z = cat([a, a], dim=0) -> encode } }"
    )
    assert list(program.main.entries) == ["encode", "forward"]
    assert program.main.entries["encode"].multiply_adds == "12*B"
    assert program.main.forward.multiply_adds == "24*N"
    (call,) = [node for node in nodes(program) if isinstance(node, Call)]
    assert (call.member, call.instance, call.entry, call.sizes) == (None, "M", "encode", {"B": "2*N"})
    assert program.symbols == ("B", "N")


def test_a_loop_of_the_run() -> None:
    program = graph(
        "model M { layer f: Linear(3)\n entry forward { input x: float[B, 3], n: dim\n"
        " for t in 0..n { x = x -> f }\n output x } }"
    )
    (repeat,) = [node for node in nodes(program) if isinstance(node, Repeat)]
    assert (repeat.runtime, repeat.count, repeat.runs) == (True, "n", (1,))
    assert [carried.name for carried in repeat.carried] == ["x"]
    assert repeat.multiply_adds == "9*B*n"
    assert program.main.forward.outputs[0].tensors == (repeat.carried[0].result,)


def test_a_choice_of_the_run() -> None:
    program = graph("model M { input x: float[B, 3]\n y = (x -> fc: Linear(3)) if training else x\n output y }")
    (choice,) = [node for node in nodes(program) if isinstance(node, Choice)]
    assert (choice.condition, choice.taken) == ("training", None)
    assert choice.multiply_adds == "9*B"
    assert program.main.forward.outputs[0].tensors == (choice.joins[0].result,)


def test_functions_and_numbers() -> None:
    program = graph("model M { input x: float[B, 8]\n output cat([x, 2.0 * x], dim=-1) }")
    (cat,) = ops(program, "cat")
    assert [wire.operand for wire in cat.inputs] == ["tensors", "tensors"]
    assert cat.member is None
    assert type_of(program, cat.outputs[0]) == "float[B, 16]"
    (multiply,) = ops(program, "mul")
    assert 2.0 in multiply.arguments.values()
    assert len(multiply.inputs) == 1


def test_every_tensor_has_one_producer() -> None:
    program = graph((ROOT / "specs/vision/resnet.nn").read_text(encoding="utf-8"))
    for instance in program.instances.values():
        made = [argument.tensor for argument in instance.forward.inputs]
        read = [name for result in instance.forward.outputs for name in result.tensors]
        for node in walk(instance.forward.nodes):
            if isinstance(node, Op | Call):
                made += node.outputs
                read += [wire.tensor for wire in node.inputs]
        assert len(made) == len(set(made))
        assert set(read) <= set(made)
        ids = [node.id for node in walk(instance.forward.nodes)]
        assert len(ids) == len(set(ids))


def test_parameters_ties_and_frozen_weights() -> None:
    program = graph(
        "model M { input tokens: int[B, T]\n x = tokens -> wte: Embedding(20, 8)\n param scale: float[8]\n x = x * scale\n"
        " x = x -> body: (Linear(8) -> ReLU -> Linear(8))\n output y = x -> head: Linear(20, bias=false)\n"
        " tie head.weight = wte.weight\n freeze body.* }"
    )
    assert program.main.learned == 20 * 8 + 8 + 2 * 72
    assert program.main.frozen == 2 * 72
    assert program.frozen == ("body.0.weight", "body.0.bias", "body.2.weight", "body.2.bias")
    assert program.main.members["head"].weights["weight"].tied == "wte.weight"
    assert program.main.members["scale"].role == "param"


def test_resnet50() -> None:
    """Parameters as published; multiply-adds as torchvision gives them (4.089 G)."""
    text = (ROOT / "specs/vision/resnet.nn").read_text(encoding="utf-8")
    program = graph(text, block="Bottleneck", depths="[3, 4, 6, 3]")
    assert program.main.learned == 25_557_032
    assert program.main.forward.multiply_adds == "4089184256*N"
    assert [node.runs for node in nodes(program) if isinstance(node, Repeat)] == [(1, 1, 1, 1), (1, 2), (1, 3), (1, 5), (1, 2)]
    assert program.main.parameters == {"classes": 1000, "block": "Bottleneck", "depths": [3, 4, 6, 3]}
    assert from_json(to_json(program)) == program


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    script = (
        "import hashlib\nfrom specc.graph.exchange import to_json\nfrom tests.specc.graph.sources import graph\n"
        "print(hashlib.sha256(to_json(graph(open('specs/vision/resnet.nn').read())).encode()).hexdigest())"
    )
    digests = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        ran = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        digests.add(ran.stdout)
    assert len(digests) == 1
