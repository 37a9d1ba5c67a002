"""Mutants that change nothing that a rule says, and why."""

from __future__ import annotations

_ONE = "the list has one element, so its first is its last"
_NEXT = "the next demand refuses the same"

_BY_PLACE: dict[str, dict[str, str]] = {
    "specc.ops.layers.adaptive_pool:_AdaptivePool._size": {
        "0 -> -1 in `self.spatial == 1 and wanted[-1] is None`": _ONE,
    },
    "specc.ops.functions.einops:_Patterned._axis_sizes": {
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
    "specc.ops.functions._pattern:parse": {
        "0 -> 1 in `run = rank - sum((group != ['...'] for group in sides[0])) if dots[0] else 1`": (
            "it counts what `...` stands for, and is read only where the pattern has one"
        ),
    },
}

EQUIVALENT = {f"{place}: {change}": reason for place, changes in _BY_PLACE.items() for change, reason in changes.items()}
"""By `str` of the mutant: the reason."""
