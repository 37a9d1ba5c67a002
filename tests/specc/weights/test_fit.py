"""Holding what is found against what is wanted: each disagreement once, with the nearest, and rules that would help."""

from __future__ import annotations

import time

from specc.weights.fit import Fit, fit
from specc.weights.rules import parse
from specc.weights.wanted import Wanted

Shapes = dict[str, tuple[int, ...]]


def held(found: Shapes, wanted: Shapes, rules: str = "", tied: dict[str, str] | None = None) -> Fit:
    names = {name: Wanted(shape, (tied or {}).get(name, name)) for name, shape in wanted.items()}
    return fit(found, names, parse(rules, "m.map"))


def texts(found: Fit) -> list[str]:
    return [problem.text for problem in found.problems]


def test_the_same_names() -> None:
    found = held({"a": (2,), "b": (3, 4)}, {"b": (3, 4), "a": (2,)})
    assert not found.problems
    assert [move.target for move in found.moves] == ["a", "b"]
    assert found.tensors == 2


def test_what_does_not_agree() -> None:
    found = held({"fc.wieght": (3, 4), "fc.bias": (4,), "w": (4, 3), "c": (2, 3, 1)},
                 {"fc.weight": (3, 4), "fc.bias": (3,), "w": (3, 4), "c": (3, 2, 1)})  # fmt: skip
    assert texts(found) == [
        "missing: fc.weight [3, 4], nearest: fc.wieght [3, 4]",
        "unexpected: fc.wieght [3, 4], nearest: fc.weight [3, 4]",
        "fc.bias: wanted [3], found [4]",
        "w: wanted [3, 4], found [4, 3]: `transpose` in a rule would make it fit",
        "c: wanted [3, 2, 1], found [2, 3, 1]: `permute` in a rule would make it fit",
    ]
    assert found.suggestions == ("fc.wieght -> fc.weight",)


def test_the_nearest_has_the_same_shape_and_number() -> None:
    found = held(
        {f"encoder.{i}.attn.{part}": (8, 8) for i in range(12) for part in ("q", "k")} | {"h.11.attn.qq": (8,)},
        {f"h.{i}.attn.{part}": (8, 8) for i in range(12) for part in ("q", "k")},
    )
    assert "missing: h.11.attn.q [8, 8], nearest: encoder.11.attn.q [8, 8]" in texts(found)
    assert found.suggestions == (
        "encoder.{i}.attn.q -> h.{i}.attn.q",
        "encoder.{i}.attn.k -> h.{i}.attn.k",
        "drop h.{i}.attn.qq",
    )


def test_a_prefix_too_much_or_too_little() -> None:
    assert held({"module.a": (1,), "module.b.c": (2,)}, {"a": (1,), "b.c": (2,)}).suggestions == ("module.{rest*} -> {rest*}",)
    assert held({"a": (1,), "b.c": (2,)}, {"net.a": (1,), "net.b.c": (2,)}).suggestions == ("{rest*} -> net.{rest*}",)


def test_a_published_file_of_gpt2() -> None:
    """As on the hub: without the prefix, with masks, and the tied matrix once."""
    parts = {"ln_1.weight": (8,), "attn.c_attn.weight": (8, 24), "attn.c_attn.bias": (24,)}
    ours = {f"transformer.h.{i}.{name}": shape for i in range(12) for name, shape in parts.items()}
    ours |= {"transformer.wte.weight": (50, 8), "lm_head.weight": (50, 8)}
    theirs = {name.removeprefix("transformer."): shape for name, shape in ours.items() if name != "lm_head.weight"}
    theirs |= {f"h.{i}.attn.bias": (1, 1, 16, 16) for i in range(12)}
    tied = {"lm_head.weight": "transformer.wte.weight"}
    found = held(theirs, ours, tied=tied)
    assert found.suggestions == ("drop h.{i}.attn.bias", "{rest*} -> transformer.{rest*}")
    assert not held(theirs, ours, "\n".join(found.suggestions), tied=tied).problems


def test_what_is_left_over_may_be_dropped() -> None:
    found = held({"a": (1,), "h.0.mask": (2,), "h.1.mask": (2,)}, {"a": (1,)})
    assert found.suggestions == ("drop h.{i}.mask",)
    assert not held({"a": (1,), "h.0.mask": (2,)}, {"a": (1,)}, "drop h.{i}.mask").problems


def test_the_first_rule_that_fits_decides() -> None:
    found = held({"x.a": (1,), "x.b": (2,)}, {"y": (1,), "z.b": (2,)}, "x.a -> y\nx.{n} -> z.{n}\nx.{n} -> w.{n}")
    assert not found.problems
    assert [(covered.line, covered.tensors) for covered in found.covered] == [(1, 1), (2, 1), (3, 0), (0, 0)]
    assert [covered.line for covered in found.unmatched] == [3]


def test_transposed_and_reshaped() -> None:
    found = held({"w": (3, 4), "k": (5, 6, 1, 1)}, {"w": (4, 3), "k": (5, 6)}, "w -> w transpose\nk -> k reshape")
    assert not found.problems
    assert [(move.order, move.shape) for move in found.moves] == [((1, 0), (4, 3)), ((), (5, 6))]
    assert texts(held({"k": (2, 3, 1)}, {"k": (6,)}, "k -> k transpose")) == [
        "m.map:1 permutes 2 dimensions, but k is [2, 3, 1]"
    ]


def test_split() -> None:
    wanted: Shapes = {"q": (4, 8), "k": (2, 8), "v": (2, 8)}
    found = held({"qkv": (8, 8)}, wanted, "qkv -> q, k, v")
    assert [(move.target, move.start, move.stop) for move in found.moves] == [("q", 0, 4), ("k", 4, 6), ("v", 6, 8)]
    assert texts(held({"qkv": (9, 8)}, wanted, "qkv -> q, k, v")) == [
        "m.map:1 cannot split qkv [9, 8] along dimension 0 into q [4, 8], k [2, 8], v [2, 8]"
    ]
    assert "x (unknown)" in texts(held({"qkv": (8, 8)}, wanted, "qkv -> q, k, x"))[-1]


def test_join() -> None:
    found = held({"h.0.q": (4, 8), "h.0.k": (2, 8)}, {"h.0.qk": (6, 8)}, "h.{i}.q, h.{i}.k -> h.{i}.qk")
    assert not found.problems
    assert found.moves[0].sources == ("h.0.q", "h.0.k")
    assert found.covered[0].tensors == 2
    rule = "q, k -> qk"
    assert texts(held({"q": (4, 8)}, {"qk": (6, 8)}, rule)) == ["m.map:1 joins q with k, which is not there"]
    assert texts(held({"k": (4, 8)}, {"qk": (6, 8)}, rule)) == ["m.map:1 joins k with q, which is not there"]
    assert texts(held({"q": (4, 8), "k": (4, 7)}, {"qk": (8, 8)}, rule)) == [
        "m.map:1 cannot join along dimension 0: q [4, 8], k [4, 7]"
    ]


def test_two_for_one_place() -> None:
    assert texts(held({"a": (1,), "b": (1,)}, {"c": (1,)}, "a -> c\nb -> c")) == ["both a and b become c"]


def test_tied() -> None:
    wanted: Shapes = {"wte": (5, 3), "head": (5, 3)}
    tied = {"head": "wte"}
    assert not held({"head": (5, 3)}, wanted, tied=tied).problems
    both = held({"head": (5, 3), "wte": (5, 3)}, wanted, tied=tied)
    assert both.ties == (("head", "wte"),)
    assert "missing: wte [5, 3]" in texts(held({}, wanted, tied=tied))


def test_what_the_spec_keeps_for_itself() -> None:
    found = held({"a": (1,)}, {"a": (1,), "table.x": (3,)}, "own table.{rest*}")
    assert not found.problems
    assert found.own == ("table.x",)
    assert held({"a": (1,), "table.x": (3,)}, {"a": (1,), "table.x": (3,)}, "own table.{rest*}").own == ()


def test_names_without_end_take_no_time() -> None:
    """All different, and as long as they may be."""
    letters = [chr(97 + i // 26) + chr(97 + i % 26) for i in range(500)]
    found: Shapes = {two * 500: (i,) for i, two in enumerate(letters)}
    wanted: Shapes = {two * 400 + "x": (i,) for i, two in enumerate(letters)}
    start = time.process_time()
    assert len(held(found, wanted).problems) == 1000
    assert time.process_time() - start < 10


def test_thousands_of_names_take_no_time() -> None:
    found: Shapes = {f"encoder.layers.{i}.part{j}.weight": (8, j) for i in range(300) for j in range(10)}
    wanted: Shapes = {f"h.{i}.piece{j}.weight": (8, j) for i in range(300) for j in range(10)}
    start = time.process_time()
    assert len(held(found, wanted).problems) == 6000
    assert time.process_time() - start < 5
