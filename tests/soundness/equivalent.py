"""Mutants that change nothing that a rule says, and why."""

from __future__ import annotations

_ONE = "the list has one element, so its first is its last"
_NEXT = "the next demand refuses the same"
_BOUND = "elaboration holds arguments, symbols among them, against their bounds before the rule runs"
_WORD = "these items are one word, and no other item ends with a word"
_PLACE = "it only keeps the place of an index tensor, which `_placed` fills"


def _bounded(name: str, least: int, words: str = "") -> dict[str, str]:
    """The rule says again what the declaration of the argument does."""
    demand = f"check.at_least(self.{name}, {{}}, '{words or name}')"
    less = f"{least} -> {least - 1} in `{demand.format(least - 1)}`"
    return {f"{demand.format(least)} -> left out": _BOUND, less: _BOUND}


_BY_PLACE: dict[str, dict[str, str]] = {
    "specc.ops.layers.adaptive_pool:_AdaptivePool._size": {
        "0 -> -1 in `self.spatial == 1 and wanted[-1] is None`": _ONE,
    },
    "specc.ops.functions.einops:_Patterned._axis_sizes": {
        "1 -> 2 in `label = f\"({' '.join(group)})\" if len(group) != 2 else group[0]`": "the group's name in messages",
        "0 -> -1 in `sizes[unknown[-1]] = check.divides(known, n, by, label)`": _ONE,
    },
    "specc.ops.layers.pool:_Pool._pooled": {
        "2 -> 1 in `check.solver.decide(1 * p, '<=', k) is False`": _NEXT,
        "check.argument('padding', f'must be at most half of kernel_size, {k}, but is {p}') -> left out": _NEXT,
        "2 -> 1 in `check.at_least(k, 1 * p, 'kernel_size, of which padding is at most half,')`": (
            "numbers are refused by the line above, and so is each instance of a definition with unknown arguments"
        ),
    },
    "specc.ops.layers.pool:_Pool._positions": {
        "0 -> -1 in `check.solver.decide(spare, '<=', -1)`": "where nothing is spared the two quotients are equal",
    },
    "specc.ops.layers.pool:_FractionalMaxPool._size": {
        "0 -> -1 in `not -1 < numeric(share) < 1`": _NEXT,
    },
    "specc.ops.functions.join:Cat.shape": {
        "0 -> -1 in `kept = [x for x in tensors if x.rank != 1 or not check.same(x.shape[-1], 0)]`": _ONE,
    },
    "specc.ops.functions.along:Topk.shape": _bounded("k", 0),
    "specc.ops.functions.create:Eye.shape": _bounded("n", 0),
    "specc.ops.functions.create:Linspace.shape": _bounded("steps", 0),
    "specc.ops.functions.create:Multinomial.shape": _bounded("num_samples", 1),
    "specc.ops.functions.create:Randperm.shape": _bounded("n", 0),
    "specc.ops.functions.create:_TriangleIndices.shape": {**_bounded("row", 0), **_bounded("col", 0)},
    "specc.ops.functions.einsum:Einsum.shape": {
        "1 -> 0 in `for x in tensors[0:]:`": "the first is held against itself, too",
    },
    "specc.ops.functions.join:Stack.shape": {
        "1 -> 0 in `for x in tensors[0:]:`": "the first is held against itself, too",
    },
    "specc.ops.functions.join:RepeatInterleave.shape": _bounded("repeats", 0, "the number of repeats"),
    "specc.ops.functions.view:Narrow.shape": _bounded("length", 0),
    "specc.ops.functions.view:Unfold.shape": {**_bounded("size", 0, "the size of a window"), **_bounded("step", 1, "the step")},
    "specc.ops.functions.getitem:Getitem.shape": {
        "1 -> 0 in `out += [0] * index.rank`": _PLACE,
        "1 -> 2 in `out += [2] * index.rank`": _PLACE,
        "1 -> 0 in `out.append(0)` (2)": _PLACE,
        "1 -> 2 in `out.append(2)` (2)": _PLACE,
    },
    "specc.ops.functions.getitem:_slice": {
        "1 -> 0 in `return length if isinstance(step, int) and step == 0 else check.solver.resolve((length + s`": (
            "for a step of 1 the formula gives the length too"
        ),
    },
    "specc.ops.functions.getitem:_without_ellipsis": {
        "0 -> -1 in `item[-1] not in ('none', 'ellipsis')`": _WORD,
        "0 -> -1 in `places = [i for i, item in enumerate(items) if item[-1] == 'ellipsis']`": _WORD,
        "1 -> 0 in `items[i:i + 0] = [('slice', None, None, None)] * missing`": "the rule passes over the `...` that is left",
    },
    "specc.ops.functions._pattern:parse": {
        "0 -> 1 in `run = rank - sum((group != ['...'] for group in sides[0])) if dots[0] else 1`": (
            "it counts what `...` stands for, and is read only where the pattern has one"
        ),
    },
}

EQUIVALENT = {f"{place}: {change}": reason for place, changes in _BY_PLACE.items() for change, reason in changes.items()}
"""By `str` of the mutant: the reason."""
