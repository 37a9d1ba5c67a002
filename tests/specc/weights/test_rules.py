"""Renaming rules: what a line of a map means, and what is said of one that means nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.weights.errors import BadWeights
from specc.weights.fit import fit
from specc.weights.rules import MAX_BYTES, Pattern, Rules, parse, read
from specc.weights.wanted import Wanted


def filled(pattern: str, name: str, target: str) -> str | None:
    values = Pattern(pattern).match(name)
    return None if values is None else Pattern(target).filled(values)


def test_a_space_holds_no_dot_unless_it_may() -> None:
    assert filled("h.{i}.w", "h.11.w", "layers.{i}.weight") == "layers.11.weight"
    assert filled("h.{i}.w", "h.1.1.w", "x") is None
    assert filled("h.{at*}.w", "h.1.1.w", "{at*}.v") == "1.1.v"
    assert filled("h.{at*}.w", "h..w", "{at*}") is None
    assert filled("block{i}.conv", "block12.conv", "blocks.{i}.conv") == "blocks.12.conv"


def test_a_space_twice_is_the_same_text() -> None:
    assert filled("{a}.{a}", "x.x", "{a}") == "x"
    assert filled("{a}.{a}", "x.y", "{a}") is None
    assert filled("{a}{a*}", "x.y", "{a*}/{a}") == ".y/x"


def test_what_else_stands_in_a_name_is_itself() -> None:
    assert filled("a.b+(c)[0]", "a.b+(c)[0]", "z") == "z"
    assert filled("a.b", "axb", "z") is None


def test_lines() -> None:
    rules = parse(
        "# a map\n\nh.{i}.w -> l.{i}.w  transpose   # Conv1D\nx -> a, b dim=1\np, q -> r  permute( 2,0,1 ) reshape\n"
        "drop h.{i}.mask\nown tables.{rest*}\n"
    ).rules
    assert [rule.line for rule in rules] == [3, 4, 5, 6, 7]
    assert (rules[0].order, rules[0].text) == ((1, 0), "h.{i}.w -> l.{i}.w  transpose")
    assert (rules[1].dim, [target.text for target in rules[1].targets]) == (1, ["a", "b"])
    assert (rules[2].order, rules[2].reshape) == ((2, 0, 1), True)
    assert (rules[3].targets, rules[4].sources) == ((), ())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a", "`a` is no rule: a rule is `theirs -> ours`"),
        ("a -> b -> c", "is no rule"),
        ("a ->", "a name is missing"),
        ("drop", "a name is missing"),
        ("drop a -> b", "`a` is neither a name"),
        ("a, b -> c, d", "splits one name into several or joins several into one, not both"),
        ("h.{i} -> h.{j}", "does not stand in every name of the rule: h.{i}, h.{j}"),
        ("h.{i} -> h.{i*}", "does not stand in every name"),
        ("h.{i -> h.{i", "what stands for any text is written {i}, or {rest*}"),
        ("a -> b upside", "`upside` is neither a name nor one of transpose"),
        ("a -> b permute(0, 0)", "permute(0, 0) must name each dimension once"),
        ("a -> b permute(1, 2)", "permute(1, 2) must name each dimension once"),
        ("a -> b transpose transpose", "a rule permutes once"),
        ("a -> b dim=1", "this rule does neither"),
    ],
)
def test_a_line_that_is_no_rule(line: str, said: str) -> None:
    with pytest.raises(BadWeights) as caught:
        parse(f"# first\n{line}\n", "port.map")
    assert str(caught.value).startswith("port.map:2: ")
    assert said in str(caught.value)


@given(
    st.lists(
        st.sampled_from(["a", ".", "{i}", "{r*}", "{", "}", "->", ",", " ", "\n", "drop ", "own ", "transpose", "dim=1", "#"])
    )
)
def test_any_text_is_rules_or_is_told_not_to_be(parts: list[str]) -> None:
    try:
        rules = parse("".join(parts)).rules
    except BadWeights:
        return
    fit({"a": (1,), "a.a": (2, 2)}, {"a": Wanted((1,), "a")}, Rules("m", rules))


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "port.map"
    path.write_text("\ufeffa -> b\n", encoding="utf-8")
    assert read(str(path)).rules[0].sources == (Pattern("a"),)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadWeights, match="it is not UTF-8 text"):
        read(str(path))
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(BadWeights, match="larger than 256 KiB"):
        read(str(path))
    for absent in (tmp_path, tmp_path / "absent.map", "a\0b"):
        with pytest.raises(BadWeights, match="cannot read"):
            read(str(absent))
