"""Renaming rules: how the names of one state_dict become those of another. A rule a line, theirs on the left:

    encoder.layer.{i}.attn.{rest*} -> layers.{i}.attention.{rest*}
    h.{i}.c_attn.weight -> h.{i}.qkv.weight  transpose
    {at*}.in_proj_weight -> {at*}.q.weight, {at*}.k.weight, {at*}.v.weight    # split along dimension 0
    h.{i}.q.bias, h.{i}.k.bias, h.{i}.v.bias -> h.{i}.qkv.bias                # joined along dimension 0
    drop h.{i}.attn.mask
    own schedule.{rest*}

`{i}` stands for one or more characters without a dot, `{rest*}` for any; a name stands for the same text everywhere in its
rule. The first rule that fits a name decides, and a name that no rule fits stays as it is. `drop` leaves out what only they
have, `own` what only the spec has. After the names: `transpose`, `permute(3, 2, 0, 1)`, `reshape` (to the shape that the spec
wants), `dim=1` (to split or join along that dimension). `#` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from specc.record import Record
from specc.weights.errors import BadWeights

_SPACE = re.compile(r"\{(\w+)(\*?)\}")
_STEP = re.compile(r"transpose|reshape|permute\(\s*(\d+(?:\s*,\s*\d+)*)\s*\)|dim=(\d+)")
_EXAMPLE = "a rule is `theirs -> ours`, `drop theirs` or `own ours`"


class Pattern(Record):
    """A name with spaces to fill in: `h.{i}.weight`."""

    text: str

    @property
    def spaces(self) -> frozenset[str]:
        return frozenset(match[0] for match in _SPACE.finditer(self.text))

    def match(self, name: str) -> dict[str, str] | None:
        """What stands in the spaces, `{i}` by `3`, where the whole name fits."""
        found = _compiled(self.text).fullmatch(name)
        return None if found is None else {space: found[_group(space)] for space in self.spaces}

    def filled(self, values: Mapping[str, str]) -> str:
        return _SPACE.sub(lambda match: values[match[0]], self.text)


class Rule(Record):
    """A line of a map. One name to several splits, several to one join, along `dim`; `order` is that of a permutation. `drop`
    has no targets, `own` no sources."""

    line: int
    text: str
    sources: tuple[Pattern, ...]
    targets: tuple[Pattern, ...]
    order: tuple[int, ...] = ()
    reshape: bool = False
    dim: int = 0


class Rules(Record):
    """The rules of a map in order; `name` is the file's, for messages."""

    name: str = ""
    rules: tuple[Rule, ...] = ()


_patterns: dict[str, re.Pattern[str]] = {}


def _compiled(text: str) -> re.Pattern[str]:
    found = _patterns.get(text)
    if found is None:
        parts, at, seen = [], 0, set()
        for match in _SPACE.finditer(text):
            parts.append(re.escape(text[at : match.start()]))
            group = _group(match[0])
            parts.append(f"(?P={group})" if group in seen else f"(?P<{group}>{'.+' if match[2] else '[^.]+'})")
            seen.add(group)
            at = match.end()
        found = _patterns[text] = re.compile("".join(parts) + re.escape(text[at:]))
    return found


def _group(space: str) -> str:
    return "any_" + space[1:-2] if space.endswith("*}") else "one_" + space[1:-1]


def read(path: str) -> Rules:
    """The rules of a file. Raises BadWeights."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadWeights(f"{path} holds no renaming rules: it is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise BadWeights(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MAX_BYTES:
        raise BadWeights(f"{path} is larger than {MAX_BYTES // 1024} KiB, the limit for renaming rules")
    return parse(text, path)


MAX_BYTES = 256 * 1024


def parse(text: str, name: str = "the map") -> Rules:
    """The rules of a text. Raises BadWeights, with the number of the line."""
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        rule = line.partition("#")[0].strip()
        if rule:
            try:
                rules.append(_rule(number, rule))
            except BadWeights as error:
                raise BadWeights(f"{name}:{number}: {error}") from None
    return Rules(name, tuple(rules))


def _rule(line: int, text: str) -> Rule:
    word, _, rest = text.partition(" ")
    if word in ("drop", "own") and "->" not in text:
        patterns = (_pattern(rest.strip()),)
        return Rule(line, text, patterns if word == "drop" else (), patterns if word == "own" else ())
    left, arrow, right = text.partition("->")
    if not arrow or "->" in right:
        raise BadWeights(f"`{text}` is no rule: {_EXAMPLE}")
    right, steps = _steps(right)
    sources, targets = (tuple(_pattern(part.strip()) for part in side.split(",")) for side in (left, right))
    if len(sources) > 1 and len(targets) > 1:
        raise BadWeights("a rule splits one name into several or joins several into one, not both: write two rules")
    spaces = sources[0].spaces
    for pattern in (*sources, *targets):
        if pattern.spaces != spaces:
            odd = min(pattern.spaces ^ spaces)
            raise BadWeights(f"{odd} does not stand in every name of the rule: {sources[0].text}, {pattern.text}")
    order: tuple[int, ...] = ()
    reshape, dim = False, None
    for step in steps:
        if step[0] == "reshape":
            reshape = True
        elif step[0].startswith("dim"):
            dim = int(step[2])
        elif order:
            raise BadWeights("a rule permutes once")
        else:
            order = (1, 0) if step[0] == "transpose" else tuple(int(part) for part in step[1].split(","))
    if sorted(order) != list(range(len(order))):
        raise BadWeights(f"permute{order} must name each dimension once, from 0 on")
    if dim is not None and len(sources) == len(targets):
        raise BadWeights("`dim` says along which dimension to split or join; this rule does neither")
    return Rule(line, text, sources, targets, order, reshape, dim or 0)


def _steps(right: str) -> tuple[str, list[re.Match[str]]]:
    """The names on the right, and what stands behind them."""
    found: list[re.Match[str]] = []
    while True:
        match = re.search(rf"\s({_STEP.pattern})\s*$", right)
        if match is None:
            break
        step = _STEP.fullmatch(match[1])
        assert step is not None
        found.insert(0, step)
        right = right[: match.start()]
    return right, found


def _pattern(text: str) -> Pattern:
    if not text:
        raise BadWeights(f"a name is missing: {_EXAMPLE}")
    plain = _SPACE.sub("x", text)
    if " " in plain:
        behind = text.split()[-1]
        raise BadWeights(f"`{behind}` is neither a name nor one of transpose, permute(1, 0), reshape, dim=1")
    if "{" in plain or "}" in plain:
        raise BadWeights(f"`{text}`: what stands for any text is written {{i}}, or {{rest*}} where it may hold dots")
    return Pattern(text)
