"""What a name without a place may have been meant to be, and rules that would say so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

Shape = tuple[int, ...]

_LEAST, _LEAST_OTHERWISE = 0.4, 0.6  # how alike names must be that are told as near: of one shape, of different ones
_PATIENCE = 10_000_000  # letters of names that are compared for one list: a second or two
_LETTERS = "ijklmnopq"


class Neighbours:
    """Names and shapes, to find the nearest of another name among them. Layers that differ in their number alone are one
    group, which is what keeps a thousand of them cheap; who asks of too many kinds of names gets no more answers."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self.shapes = shapes
        self.patience = _PATIENCE
        self.groups: dict[tuple[str, Shape], dict[tuple[str, ...], str]] = {}
        for name, shape in shapes.items():
            self.groups.setdefault((template(name), shape), {}).setdefault(_digits(name), name)
        self.known: dict[tuple[str, Shape], dict[tuple[str, ...], str] | None] = {}

    def nearest(self, name: str, shape: Shape) -> str | None:
        """The most alike, one of the same shape before others, and with the same numbers in its name before others; None
        where none is alike."""
        key = (template(name), shape)
        if key not in self.known:
            self.known[key] = self._group(*key)
        members = self.known[key]
        return None if members is None else members.get(_digits(name)) or next(iter(members.values()))

    def _group(self, kind: str, shape: Shape) -> dict[tuple[str, ...], str] | None:
        best, found = (False, 0.0), None
        for (other, its), members in self.groups.items():
            self.patience -= len(kind) + len(other)
            if self.patience < 0:
                break
            rank = (its == shape, alike(kind, other))
            if rank > best and rank[1] >= (_LEAST if rank[0] else _LEAST_OTHERWISE):
                best, found = rank, members
        return found


def suggestions(missing: Mapping[str, Shape], one: Mapping[str, str], left: Mapping[str, Shape]) -> tuple[str, ...]:
    """Rules, a line each, that would bring what is missing from what is left and has its shape: one for each kind of name, and
    one for a prefix that most have or lack. `one` says which missing names are one tensor. Where nothing else is missing,
    what is left over may be dropped."""
    last, placed, used = _prefix(missing, left)
    rules: dict[str, None] = {}
    rest = {name: shape for name, shape in left.items() if name not in used}
    brought = {one[name] for name in placed}
    neighbours = Neighbours(rest)
    best: dict[str, tuple[float, str]] = {}  # by theirs: each goes to the one name that is most like it
    for name, shape in missing.items():
        near = None if one[name] in brought else neighbours.nearest(name, shape)
        if near is not None and rest[near] == shape:
            likeness = alike(template(name), template(near))
            if near not in best or likeness > best[near][0]:
                best[near] = (likeness, name)
    for near, (_, name) in best.items():
        brought.add(one[name])
        theirs, ours = template(near), template(name)
        same = _digits(near) == _digits(name) and len(_digits(name)) <= len(_LETTERS)
        rules[f"{_with_spaces(theirs)} -> {_with_spaces(ours)}" if same else f"{near} -> {name}"] = None
    if all(one[name] in brought for name in missing):
        rules.update((f"drop {_with_spaces(template(name))}", None) for name in rest if name not in best)
    return (*rules, *last)


def _prefix(missing: Mapping[str, Shape], left: Mapping[str, Shape]) -> tuple[tuple[str, ...], set[str], set[str]]:
    """The rule for a prefix (`module.`, `model.`) that most names on one side have and those on the other lack; the names on
    both sides that it brings together. It fits whatever other rules leave, so it stands last."""
    for rule, longer, shorter in (
        ("{0}{{rest*}} -> {{rest*}}", left, missing),
        ("{{rest*}} -> {0}{{rest*}}", missing, left),
    ):
        for prefix in dict.fromkeys(name.partition(".")[0] + "." for name in longer):
            pairs = {name: name.removeprefix(prefix) for name in longer if name.startswith(prefix)}
            pairs = {long: short for long, short in pairs.items() if shorter.get(short) == longer[long]}
            if pairs and 2 * len(pairs) > len(missing):
                ours, theirs = (set(pairs), set(pairs.values())) if longer is missing else (set(pairs.values()), set(pairs))
                return (rule.format(prefix),), ours, theirs
    return (), set(), set()


def alike(left: str, right: str) -> float:
    """From 0 to 1: the share of pairs of neighbouring letters that both have (Dice, 1945), which takes no more time however
    the names were made."""
    a, b = _pairs(left), _pairs(right)
    return 2 * len(a & b) / (len(a) + len(b))


@lru_cache(maxsize=4096)
def _pairs(name: str) -> frozenset[tuple[str, int]]:
    """Each pair of neighbours, with how often it was there before."""
    seen: Counter[str] = Counter()
    found = set()
    for left, right in zip(f" {name}", f"{name} ", strict=True):
        seen[left + right] += 1
        found.add((left + right, seen[left + right]))
    return frozenset(found)


def template(name: str) -> str:
    """`h.#.attn.weight` for `h.11.attn.weight`: layers that differ in their number are alike."""
    return re.sub(r"\d+", "#", name)


def _digits(name: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\d+", name))


def _with_spaces(kind: str) -> str:
    """`h.{i}.attn.weight` for `h.#.attn.weight`."""
    letters = iter(_LETTERS)
    return "".join(f"{{{next(letters)}}}" if part == "#" else part for part in re.split("(#)", kind))
