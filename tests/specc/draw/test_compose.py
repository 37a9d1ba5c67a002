"""What is drawn: folding, joining, hiding, skips, names that hold for all uses, and what cannot be drawn."""

from __future__ import annotations

from itertools import pairwise

import pytest

from specc.draw.compose import CannotDraw, Wanted
from specc.draw.picture import Panel
from tests.specc.draw.drawings import box, family, picture, titles

SHELL = "model M {{\n    input x: float[B, 8]\n    {}\n}}\n"


def of(body: str, before: str = "") -> list[str]:
    return titles(picture(before + SHELL.format(body)).panels[0])


def test_resnet_folds_by_arguments() -> None:
    overview, block = family("resnet18").panels
    assert titles(overview) == [
        "image", "Conv2d 7×7, stride 2", "MaxPool2d 3×3, stride 2", "× 2 BasicBlock 64", "BasicBlock 128, stride 2",
        "BasicBlock 128", "BasicBlock 256, stride 2", "BasicBlock 256", "BasicBlock 512, stride 2", "BasicBlock 512",
        "AdaptiveAvgPool2d to 1×1", "Linear", "logits",
    ]  # fmt: skip
    assert block.name == "BasicBlock"
    assert block.clusters[0].subtitle == "width, stride  ·  used 8×"


def test_a_definition_is_written_in_names_that_hold_for_all_uses() -> None:
    block = family("resnet18").panels[1]
    tags = [wire.tag for wire in block.wires if wire.tag]
    assert tags == ["C × H × W", "width × H/stride × W/stride", "width × H/stride × W/stride"]


def test_a_part_that_some_uses_lack_is_dashed_and_says_when() -> None:
    block = family("resnet18").panels[1]
    shortcut = box(block, "Conv2d 1×1, stride")
    assert shortcut.dashed
    assert shortcut.subtitle == "BatchNorm2d · only if stride ≠ 1 or C ≠ width"
    skips = [(wire.source, wire.target) for wire in block.wires if wire.skip]
    assert next(target for _, target in skips) == shortcut.id
    assert all(wire.dashed for wire in block.wires if wire.skip)


def test_a_block_used_once_is_open_and_counts() -> None:
    overview = family("gpt2").panels[0]
    assert [(c.badge, c.title, c.subtitle) for c in overview.clusters] == [
        ("× 12", "Block", "7.1 M parameters"),
        ("", "Attention", "2.4 M parameters"),
    ]
    assert [wire.tag for wire in overview.wires if wire.target.startswith("out.")] == ["T × 50257"]


def test_skips_start_at_a_dot_and_end_in_a_sum() -> None:
    overview = family("gpt2").panels[0]
    shapes = {b.id: b.shape for b in overview.boxes}
    skips = [wire for wire in overview.wires if wire.skip]
    assert [(shapes[wire.source], shapes[wire.target]) for wire in skips] == [("dot", "merge"), ("merge", "merge")]


def test_other_entries_stand_beside() -> None:
    assert [(panel.name, panel.role) for panel in family("gpt2").panels] == [
        ("GPT2", "overview"), ("generate", "entry"), ("sample", "entry"),
    ]  # fmt: skip
    assert [(panel.name, panel.role) for panel in family("vae").panels] == [("VAE", "overview"), ("sample", "entry")]


def test_state_goes_back() -> None:
    panel = family("lstm").panels[0]
    states = {b.id for b in panel.boxes if b.shape == "state"}
    assert len(states) == 2
    assert {wire.target for wire in panel.wires if wire.backward} == states


def test_gates_are_no_skips() -> None:
    assert not any(wire.skip for wire in family("lstm").panels[0].wires)


def test_norm_activation_and_dropout_join_what_feeds_them() -> None:
    panel = picture(SHELL.format("x -> Linear(4) -> LayerNorm -> ReLU -> Dropout(0.5) -> output y")).panels[0]
    assert titles(panel) == ["x", "Linear", "y"]
    assert box(panel, "Linear").subtitle == "8 → 4 · LayerNorm · ReLU · Dropout 0.5"


def test_they_do_not_where_something_else_reads_it_too() -> None:
    assert of("h = x -> Linear(4)\n    output (h -> ReLU) + h") == ["x", "Linear", "ReLU", "+", "output"]


def test_views_are_hidden() -> None:
    assert of("x -> reshape(B, 2, 4) -> transpose(1, 2) -> flatten(1) -> Linear(3) -> output y") == ["x", "Linear", "y"]


def test_adjacent_equal_calls_fold_without_a_loop() -> None:
    block = "block Same {\n    input x: float[B, d]\n    x -> Linear(d) -> ReLU -> Linear(d) -> output y\n}\n"
    overview = picture(block + SHELL.format("x -> Same -> Same -> Same -> output y")).panels[0]
    assert [cluster.badge for cluster in overview.clusters] == ["× 3"]


def test_different_arguments_do_not_fold() -> None:
    block = "block Wide(n: int) {\n    input x: float[B, d]\n    x -> Linear(n) -> ReLU -> Linear(n) -> output y\n}\n"
    assert of("x -> Wide(8) -> Wide(8) -> Wide(9) -> output y", block) == ["x", "× 2 Wide 8", "Wide 9", "y"]


def test_what_is_read_in_between_keeps_equal_calls_apart() -> None:
    block = "block Same {\n    input x: float[B, d]\n    x -> Linear(d) -> ReLU -> Linear(d) -> output y\n}\n"
    both = "h = x -> a: Same\n    output first = h\n    output second = h -> b: Same"
    assert picture(block + SHELL.format(both)).panels[0].clusters == ()
    assert of(both, block) == ["x", "Same", "Same", "first", "second"]


def test_iterations_that_take_another_part_of_a_tensor_fold() -> None:
    body = "parts = []\n    for i in 0..8 { parts = parts + [x[:, i:i + 1] -> Linear(3)] }\n    output cat(parts, dim=1)"
    assert of(body) == ["x", "× 8 Linear", "‖", "output"]


def test_stages_that_differ_in_sizes_fold_where_the_picture_is_long() -> None:
    stage = "-> Conv2d(2 ** {0}, 3, padding=1) -> MaxPool2d(2) -> Conv2d(2 ** {0}, 3, padding=1) -> Conv2d(2 ** {0}, 1)"
    shell = "model M {{\n    input x: float[B, 3, 65536, 65536]\n    x -> for i in 0..{} {{ {} }} -> output y\n}}\n"
    short, long = (picture(shell.format(n, stage.format("i")[3:])).panels[0] for n in (4, 16))
    assert len(titles(short)) == 18
    (frame,) = long.clusters
    assert frame.badge == "× 16"
    assert [w.tag for w in long.wires if w.target.startswith("out.")] == ["32768 × 1 × 1"]
    assert "1…32768 × 65536…2 × 65536…2" in [w.tag for w in long.wires]


def test_sizes_of_uses_that_follow_a_symbol_are_told_in_the_names_of_the_definition() -> None:
    block = next(panel for panel in picture("efficientnet").panels if panel.name == "MBConv")
    tags = [wire.tag for wire in block.wires if wire.tag]
    assert tags[:3] == ["C × H × W", "C·expand × H × W", "C·expand × ⌈H/stride⌉ × ⌈W/stride⌉"]
    assert box(block, "Conv2d kernel×kernel, groups C·expand").kind == "conv"
    assert {c.title for c in block.clusters} == {"MBConv", "SqueezeExcitation C/4", "StochasticDepth drop"}
    assert box(block, "÷ (1 − drop)").kind == "arithmetic"


def test_a_gather_is_no_concatenation() -> None:
    panel = next(panel for panel in family("gcn").panels if panel.name == "GCNConv")
    assert {"gather", "scatter_sum"} <= set(titles(panel))
    assert titles(panel).count("gather") >= 2


def test_weights_that_arithmetic_reads_are_named() -> None:
    body = "param w: float[8] = ones\n    param b: float[8] = zeros\n    output w * x + b - w"
    assert of(body) == ["x", "× w", "+ b", "− w", "output"]
    assert of("param b: float[8] = zeros\n    output b - x") == ["x", "b − x", "output"]


def test_uses_are_counted_with_repeats_and_inside_repeats() -> None:
    attention = next(panel for panel in family("transformer").panels if panel.name == "Attention")
    assert attention.clusters[0].subtitle == "heads, causal  ·  used 18×"


def test_formulas_for_the_most_part_stand_beside() -> None:
    assert next(panel.name for panel in family("ddpm").panels if panel.role == "definition") == "TimeEmbedding"


def test_a_shared_layer_is_told() -> None:
    panel = picture(SHELL.format("layer f: Linear(8)\n    x -> f -> ReLU -> f -> output y")).panels[0]
    assert [b.subtitle for b in panel.boxes if b.title == "Linear"] == ["8 → 8 · ReLU", "8 → 8 · shared"]


def test_what_the_run_decides_is_dashed() -> None:
    panel = picture("cells", model="Noisy").panels[0]
    assert box(panel, "× 0.1").dashed
    assert box(panel, "× 0.1").subtitle == "if training"


def test_columns_of_an_encoder_and_a_decoder() -> None:
    panel = family("transformer").panels[0]
    tracks = {cluster.title: cluster.track for cluster in panel.clusters}
    assert tracks["EncoderLayer"] != tracks["DecoderLayer"]


def test_layers_that_look_the_same_are_told_by_name() -> None:
    attention = next(panel for panel in family("transformer").panels if panel.name == "Attention")
    assert [b.subtitle[0] for b in attention.boxes if b.title == "Linear"][:3] == ["q", "k", "v"]


def test_what_goes_everywhere_is_named_instead_of_wired() -> None:
    panel = family("ddpm").panels[0]
    assert sum("with time" in b.subtitle for b in panel.boxes) > 5
    assert box(panel, "time").shape == "state"


@pytest.mark.parametrize(
    ("wanted", "open_blocks"),
    [
        (Wanted(depth=0), []),
        (Wanted(depth=1), ["Block"]),
        (Wanted(collapse=("Attention",)), ["Block"]),
        (Wanted(depth=0, expand=("Block",)), ["Block"]),
        (Wanted(view="full"), ["Block", "Attention"]),
    ],
)
def test_what_is_open_can_be_chosen(wanted: Wanted, open_blocks: list[str]) -> None:
    assert [cluster.title for cluster in picture("gpt2", wanted).panels[0].clusters] == open_blocks


def test_one_block_alone() -> None:
    (panel,) = picture("gpt2", Wanted("block", "Attention")).panels
    assert panel.role == "definition"
    assert "attention" in titles(panel)


def table_of(spec: str, wanted: Wanted | None = None, model: str | None = None) -> Panel:
    (panel,) = picture(spec, wanted or Wanted("table"), model).panels
    return panel


def arrows(panel: Panel) -> set[tuple[str, str]]:
    """Which rows are joined, by the names of their layers, or what they do."""
    names = {row.id: row.name or row.title for row in panel.rows}
    return {(names[wire.source], names[wire.target]) for wire in panel.wires}


def test_the_table() -> None:
    panel = table_of("lenet5", model="LeNet5")
    row = next(row for row in panel.rows if row.name == "conv2")
    assert (row.title, row.subtitle) == ("Conv2d 5×5", "Tanh")
    assert (row.input, row.output) == ("float[B, 6, 14, 14]", "float[B, 16, 10, 10]")


def test_the_table_of_iris_reads_as_that_of_keras() -> None:
    """A row a layer, the input first: (B, 4) -> (B, 4) -> (B, 32) -> (B, 16) -> (B, 3), joined by arrows."""
    panel = table_of("iris")
    assert [(row.name, f"{row.title} {row.subtitle}".strip(), row.input, row.output) for row in panel.rows] == [
        ("flower", "input", "float[B, 4]", "float[B, 4]"),
        ("dense", "Linear 4 → 32 · ReLU", "float[B, 4]", "float[B, 32]"),
        ("dense_1", "Linear 32 → 16 · ReLU", "float[B, 32]", "float[B, 16]"),
        ("dense_2", "Linear 16 → 3", "float[B, 16]", "float[B, 3]"),
    ]
    ids = [row.id for row in panel.rows]
    assert [(wire.source, wire.target) for wire in panel.wires] == list(pairwise(ids))
    for wire, (above, below) in zip(panel.wires, pairwise(panel.rows), strict=True):
        (left, top), (right, low) = wire.route[0], wire.route[-1]
        assert (left, top) == (right, above.at[1] + above.height / 2)
        assert low == below.at[1] - below.height / 2


def test_the_table_leads_wires_as_they_go() -> None:
    """Past the rows that do not read them, in lanes; equal blocks are one row, and its own rows stand in."""
    panel = table_of("resnet")
    block = next(row for row in panel.rows if row.name == "layer1.0")
    assert (block.badge, block.depth) == ("× 2", 0)
    assert next(row for row in panel.rows if row.title == "+").input == "float[N, 64, 56, 56] × 2"
    joined = arrows(panel)
    assert {("layer1.0", "conv1"), ("layer1.0", "+"), ("layer2.0", "downsample.0"), ("downsample.0", "+")} <= joined
    assert ("conv2", "downsample.0") not in joined
    right = max(row.at[0] + sum(row.widths) / 2 for row in panel.rows)
    number = {row.id: k for k, row in enumerate(panel.rows)}
    for wire in panel.wires:
        straight = number[wire.target] == number[wire.source] + 1
        assert (max(x for x, _ in wire.route) <= right) == straight


def test_the_table_opens_what_is_asked_for() -> None:
    assert {row.depth for row in table_of("gpt2").rows} == {0, 1, 2}
    shut = table_of("gpt2", Wanted("table", depth=0))
    assert {row.depth for row in shut.rows} == {0}
    assert ("transformer.h.0", "transformer.ln_f") in arrows(shut)
    assert {row.depth for row in table_of("gpt2", Wanted("table", collapse=("Attention",))).rows} == {0, 1}


def test_without_shapes() -> None:
    assert not any(wire.tag for wire in picture("lenet5", Wanted(shapes=False), "LeNet5").panels[0].wires)


def test_small_dense_nets_run_to_the_right() -> None:
    assert picture("mlp").direction == "lr"
    assert family("resnet18").direction == "tb"


def test_an_unknown_block_is_answered_with_the_nearest() -> None:
    with pytest.raises(CannotDraw, match="GPT2 uses no block Atention; did you mean Attention"):
        picture("gpt2", Wanted("block", "Atention"))
    with pytest.raises(CannotDraw, match="did you mean Block"):
        picture("gpt2", Wanted(collapse=("Blok",)))


def test_ten_thousand_layers_fold_or_are_refused() -> None:
    loop = SHELL.format("x -> for i in 0..10000 { Linear(8) -> ReLU } -> output y")
    assert titles(picture(loop).panels[0]) == ["x", "× 10000 Linear", "y"]
    unlike = SHELL.format("x -> for i in 0..3100 { Linear(i + 1) } -> output y")
    assert [(b.badge, b.title, b.subtitle) for b in picture(unlike).panels[0].boxes[1:-1]] == [
        ("× 3100", "Linear", "8…3\u2009099 → 1…3\u2009100")
    ]
    with pytest.raises(CannotDraw, match=r"boxes; more than 3.000 cannot .* --collapse"):
        picture(unlike, Wanted("full"))
