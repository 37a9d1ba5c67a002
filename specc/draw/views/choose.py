"""Which view suits a model: from its structure, never from a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Protocol

from specc.draw.picture import Box, Panel, Wire
from specc.draw.views import neurons, recurrent, trapezia, twin, unet, unrolled
from specc.draw.views.body import Body
from specc.draw.views.unfit import TooMuch, Unfit
from specc.draw.views.volumes import activations, scene, sizes, volumes
from specc.graph import model

Sites = Mapping[str, int]
"""At how many places of the model each definition is used."""

PLAIN = ("overview", "full", "block", "table")
"""Views that every model has."""

_QUIET = ("view", "create")
_SMALL = ("norm", "activation", "dropout", *_QUIET)


class Family(Protocol):
    """`opens`: does it see what is in blocks that are used once?"""

    opens: bool

    def suits(self, body: Body) -> bool:
        """Is a model of this structure best known by the view?"""
        ...

    def draw(self, body: Body) -> Panel:
        """Raises Unfit and TooMuch."""
        ...


def automatic(program: model.Program, sites: Sites) -> str:
    """The view that a model of this structure is known by."""
    bodies = {opens: Body(program, _once(sites) if opens else _never) for opens in (False, True)}
    return next((name for name, family in FAMILIES.items() if family.suits(bodies[family.opens])), "overview")


def panels(view: str, program: model.Program, sites: Sites) -> list[Panel]:
    """The panels of one of FAMILIES. Raises Unfit and TooMuch."""
    family = FAMILIES[view]
    return [family.draw(Body(program, _once(sites) if family.opens else _never))]


def _never(_: model.Instance) -> bool:
    return False


def _once(sites: Sites) -> Callable[[model.Instance], bool]:
    """Blocks that are used at one place are entered (what only an entry uses is counted at none)."""
    return lambda instance: sites.get(instance.definition, 0) <= 1


class _Volumes:
    opens = True

    def suits(self, body: Body) -> bool:
        """A plain row of convolutions, pooling and dense layers, with nothing beside it."""
        trunk = body.trunk()
        plain = all(part.kind in ("conv", "pool", "linear", *_SMALL) for part in trunk)
        made = volumes(body) if plain and not body.beside(*_QUIET) else []
        return sum(not volume.flat for volume in made) > 2

    def draw(self, body: Body) -> Panel:
        made = volumes(body)
        if not made:
            raise Unfit("volumes", "convolutions or pooling on the way from its first input to its first output", "overview")
        boxes = [
            Box(
                f"v{k}",
                "io" if v.kind == "io" else "box",
                v.kind,
                f"{v.title} {v.detail}".strip(),
                sizes(v),
                f"× {v.count}" * (v.count > 1),
            )
            for k, v in enumerate(made)
        ]
        wires = [Wire(a.id, b.id, straight=True) for a, b in pairwise(boxes)]
        return Panel("volumes", "overview", tuple(boxes), (), tuple(wires), scene=scene(made, body, activations(body)))


class _Neurons:
    opens = True

    def suits(self, body: Body) -> bool:
        """Dense layers one after the other, and nothing else."""
        found = neurons.columns(body)
        return bool(found) and not neurons.too_much(found)

    def draw(self, body: Body) -> Panel:
        found = neurons.columns(body)
        if not found:
            raise Unfit("neurons", "row of dense layers and nothing else", "overview")
        reason = neurons.too_much(found)
        if reason:
            raise TooMuch(reason)
        return neurons.panel(found)


class _Unrolled:
    opens = True

    def suits(self, body: Body) -> bool:
        """Recurrent layers, with nothing but layers of single steps before and after them."""
        layers = recurrent.strips(body)
        plain = all(part.kind in ("recurrent", "linear", "embedding", "block", *_SMALL) for part in body.parts)
        scans = all(isinstance(part.node, model.Scan) for part in body.parts if part.kind == "block")
        return bool(layers) and plain and scans and not unrolled.too_much(layers)

    def draw(self, body: Body) -> Panel:
        found = recurrent.strips(body)
        if not found:
            raise Unfit("unrolled", "layer or cell that runs over a sequence (RNN, LSTM, GRU, Scan)", "overview")
        reason = unrolled.too_much(found)
        if reason:
            raise TooMuch(reason)
        return unrolled.panel(found)


class _UNet:
    opens = True

    def suits(self, body: Body) -> bool:
        """Maps that become smaller and larger again, with skips across."""
        return unet.find(body) is not None

    def draw(self, body: Body) -> Panel:
        found = unet.find(body)
        if found is None:
            raise Unfit("unet", "maps that become smaller and then larger again with skips between equal sizes", "overview")
        return unet.panel(found, body)


class _Trapezia:
    opens = True

    def suits(self, body: Body) -> bool:
        """Two halves, one that narrows and one that widens."""
        return trapezia.find(body) is not None

    def draw(self, body: Body) -> Panel:
        found = trapezia.find(body)
        if found is None:
            raise Unfit("trapezia", "halves of which one narrows and the other widens", "overview")
        return trapezia.panel(found, body)


class _Graph:
    opens = False

    def suits(self, body: Body) -> bool:
        """Layers that read edges along with the nodes."""
        return twin.find(body) is not None

    def draw(self, body: Body) -> Panel:
        found = twin.find(body)
        if found is None:
            raise Unfit("graph", "input of edges, whole numbers [2, E], that its layers read", "overview")
        return twin.panel(found, body)


FAMILIES: dict[str, Family] = {
    "unet": _UNet(),
    "graph": _Graph(),
    "trapezia": _Trapezia(),
    "unrolled": _Unrolled(),
    "neurons": _Neurons(),
    "volumes": _Volumes(),
}
