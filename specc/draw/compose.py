"""Which panels a picture has, and which blocks are drawn open in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from specc.draw import words
from specc.draw.declared import Declared
from specc.draw.flow import Frame
from specc.draw.fold import folded, used
from specc.draw.lower import Lower
from specc.draw.naming import Naming, varying
from specc.draw.panels import panel
from specc.draw.picture import Panel, Picture
from specc.draw.placed import bounds, is_placed
from specc.draw.steps import JOINING
from specc.draw.table import table
from specc.draw.views.choose import FAMILIES, PLAIN, automatic
from specc.draw.views.choose import panels as family
from specc.draw.views.unfit import TooMuch, Unfit
from specc.graph import model
from specc.record import Record

ROOMY = 36
"""Boxes up to which a block that is used once is drawn open where it is used."""
FORMULA = 8
"""Steps of a computation that are still drawn where they are used."""
_SMALL = ("merge", "create", "arithmetic", "view")
LONG = 60
"""Boxes of a model from which on stages that differ only in sizes are drawn once, unless all is asked for."""
MOST_BESIDE = 400
"""Boxes of a view that is not asked for."""
MOST_BOXES = 3000
"""What no sheet of paper and no layout bears."""


VIEWS = ("auto", *PLAIN[:3], *FAMILIES, *PLAIN[3:])


class CannotDraw(Exception):
    """There is no such picture; the message says why and what to write instead."""


class Wanted(Record):
    """What the user asks of a picture. `depth` is how many levels of blocks are drawn open (None: as the view thinks best);
    `expand` and `collapse` are names of definitions or members. The view `auto` is the one that suits the structure."""

    view: str = "auto"
    block: str = ""
    depth: int | None = None
    expand: tuple[str, ...] = ()
    collapse: tuple[str, ...] = ()
    direction: str = ""
    shapes: bool = True


class Drawing(Record):
    """A checked program, and the names that its definitions give to sizes."""

    program: model.Program
    declared: Declared

    def compose(self, wanted: Wanted) -> Picture:
        """Raises CannotDraw."""
        return compose(self.program, wanted, self.declared)

    def views(self, wanted: Wanted) -> list[tuple[str, str, Picture]]:
        """What a page shows beside the picture that is asked for: the views that fit, where none is asked for, each definition,
        all of it open, the table; with the key that links lead to and the name. What would be too large is left out."""
        found = []
        blocks = {name: None for name in (i.definition for i in self.program.instances.values()) if name != self.program.model}
        plans = [(name, name, wanted.replace(view="block", block=name)) for name in blocks]
        drawn = self.compose(wanted).view
        others = [Wanted(name) for name in ("overview", *FAMILIES) if name != drawn]
        plans = [(f"the view {plan.view}", plan.view, plan) for plan in others if wanted.view == "auto"] + plans
        rest = [wanted.replace(view="full", depth=None), Wanted(view="table")]
        plans += [(plan.view, plan.view, plan) for plan in rest if plan.view != drawn]
        for key, name, plan in plans:
            try:
                picture = self.compose(plan)
            except CannotDraw:
                continue
            if picture.note:  # cards again
                continue
            if sum(len(panel.boxes) + len(panel.rows) for panel in picture.panels) <= MOST_BESIDE:
                found.append((key, name, picture))
        return found


def compose(program: model.Program, wanted: Wanted, declared: Declared | None = None) -> Picture:
    """The picture of a program, with the names that its definitions give to sizes. Raises CannotDraw."""
    return _Compose(program, wanted, declared or {}).picture()


class _Compose:
    def __init__(self, program: model.Program, wanted: Wanted, declared: Declared) -> None:
        self.program = program
        self.wanted = wanted
        self.instances: dict[str, list[str]] = {}
        for name, instance in program.instances.items():
            self.instances.setdefault(instance.definition, []).append(name)
        self.declared = declared
        self.namings: dict[str, Naming] = {}
        self.varying = {name: varying([program.instances[n] for n in names]) for name, names in self.instances.items()}
        self.sizes: dict[str, int] = {}
        self.bodies: dict[str, list[model.Use]] = {}
        self.check_names()
        self.sites = self.count_sites()
        self.used = used(program)
        self.closed: list[str] = []
        self.lonely = False  # is the model one block and nothing else?
        self.role = ""  # of the panel at hand
        self.main = False  # is the panel at hand that of the model's main entry?
        self.note = ""
        self.shown: set[str] = set()  # definitions that are drawn open somewhere

    def picture(self) -> Picture:
        program = self.program
        view = self.view()
        if view in FAMILIES:
            panels = self.family(view)
        elif view == "table":
            panels = [table(program, self.opens, self.naming, self.varying)]
        elif view == "block":
            panels = [self.definition(self.wanted.block)]
        else:
            panels = self.overview()
        boxes = sum(len(found.boxes) + len(found.rows) for found in panels)
        if boxes > MOST_BOXES:
            raise CannotDraw(
                f"the picture would have {words.grouped(str(boxes))} boxes; more than {words.grouped(str(MOST_BOXES))} cannot "
                "be laid out: pass --view overview, or --depth with a smaller number, or --collapse with a block's name"
            )
        variant = f" {program.variant}" if program.variant else ""
        amount = words.amount(program.main.learned, "parameters")
        direction = self.wanted.direction or ("lr" if _runs_right(panels[0]) else "tb")
        return Picture(f"{program.model}{variant}", amount, tuple(panels), "lr" if direction == "lr" else "tb", self.note, view)

    def view(self) -> str:
        """The view that is drawn; what only cards have asks for cards. Raises CannotDraw for a view that there is not, and for
        one that has not what is asked of it."""
        wanted = self.wanted
        if wanted.view not in VIEWS:
            near = get_close_matches(wanted.view, VIEWS, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(VIEWS)}"
            raise CannotDraw(f"there is no view {wanted.view}{hint}")
        options = {
            "depth": wanted.depth is not None, "expand": wanted.expand, "collapse": wanted.collapse,
            "direction": wanted.direction, "no-shapes": not wanted.shapes,
        }  # fmt: skip
        asked = [f"--{name}" for name, given in options.items() if given]
        if wanted.view == "auto":
            return "overview" if asked else automatic(self.program, self.sites)
        if wanted.view in FAMILIES and asked:
            raise CannotDraw(
                f"{', '.join(asked)} cannot change what --view {wanted.view} draws: leave it out, or pass --view overview"
            )
        return wanted.view

    def family(self, view: str) -> list[Panel]:
        """Raises CannotDraw for a model that is not of the view's family."""
        try:
            panels = family(view, self.program, self.sites)
        except Unfit as error:
            raise CannotDraw(f"{self.program.model} {error}") from None
        except TooMuch as error:
            self.note = f"{self.program.model} is drawn as cards: {error}"
            return self.overview()
        if panels[0].scene is None:
            self.shown.update(panels[0].shows)
            self.closed = [*panels[0].uses, *(box.definition for box in panels[0].boxes if box.definition)]
            panels += self.beside()
        return panels

    def check_names(self) -> None:
        """Raises CannotDraw for a name that is no definition and no member."""
        known = list(self.instances)
        members = [key for instance in self.program.instances.values() for key in instance.members]
        asked = [*self.wanted.expand, *self.wanted.collapse]
        for name, valid in [(n, known + members) for n in asked] + [(self.wanted.block, known)] * bool(self.wanted.block):
            if name not in valid:
                near = get_close_matches(name, valid, n=1, cutoff=0.5)
                hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
                raise CannotDraw(f"{self.program.model} uses no block {name}{hint}")

    # --- panels -------------------------------------------------------------------------------------------------

    def overview(self) -> list[Panel]:
        root = self.program.root
        main = self.program.main
        calls = [
            node
            for node in self.drawn(self.program.root)
            if not (isinstance(node, model.Op) and node.kind in (*JOINING, "view"))
        ]
        self.lonely, self.main = len(calls) == 1, True
        flow = self.lower().entry(root, main.main)
        if len(flow.items) > LONG and self.wanted.view != "full":
            self.closed = []
            definitions = {name: instance.definition for name, instance in self.program.instances.items()}
            flow = self.lower(definitions=definitions).entry(root, main.main)
        self.lonely, self.main = False, False
        panels = [panel(flow, self.program.model, "overview", shapes=self.wanted.shapes)]
        return panels + self.beside()

    def beside(self) -> list[Panel]:
        """The entries that the main one does not call, and the blocks that are drawn closed somewhere."""
        main = self.program.main
        inside = {call.entry for call in self.drawn(self.program.root) if isinstance(call, model.Call) and call.member is None}
        names = [name for name in main.entries if name != main.main and name not in inside]
        panels = [self.framed(self.program.root, name, name, "entry") for name in names]
        return panels + self.definitions()

    def definitions(self) -> list[Panel]:
        """The blocks that are drawn closed somewhere, each once."""
        panels: list[Panel] = []
        done = set(self.shown)
        while self.closed:
            definition = self.closed.pop(0)
            if definition not in done and definition in self.instances:
                done.add(definition)
                panels.append(self.definition(definition))
        return panels

    def definition(self, definition: str) -> Panel:
        name = self.largest(definition)
        return self.framed(name, self.program.instances[name].main, definition, "definition")

    def framed(self, name: str, entry: str, title: str, role: str) -> Panel:
        """An entry or a definition in a frame of its own."""
        self.role = role
        lower = self.lower(name if role == "definition" else "")
        instance = self.program.instances[name]
        frame = Frame(lower.flow.name(title), "panel", words.clean(title), "")
        arguments = ", ".join(instance.parameters)
        if role == "definition" and arguments:
            frame.notes.append(words.clean(arguments))
        if role == "definition":
            frame.definition = definition = instance.definition
            count = self.used[definition]
            frame.notes += [f"used {count}×"] if count > 1 else []
        frame.place = str(instance.place)
        frame.hint = [instance.doc.strip().partition("\n")[0]] if instance.doc else []
        flow = lower.entry(name, entry, frame)
        return panel(flow, title, role, shapes=self.wanted.shapes)

    def lower(self, shown: str = "", definitions: Mapping[str, str] | None = None) -> Lower:
        """What makes a panel; `shown` is the instance that stands for all of its definition. With `definitions` iterations
        that do the same at different sizes are drawn once."""

        def naming(name: str) -> Naming:
            return self.general(name) if name == shown else self.naming(name)

        return Lower(self.program, self.opens, naming, self.varying, definitions)

    def naming(self, name: str) -> Naming:
        if name not in self.namings:
            self.namings[name] = Naming(self.program, self.program.instances[name])
        return self.namings[name]

    def general(self, name: str) -> Naming:
        """The words for all instances of a definition that take part in the model's forward."""
        instance = self.program.instances[name]
        others = [self.program.instances[n] for n in self.instances[instance.definition] if n != name]
        inputs = len(instance.forward.inputs)
        others = [other for other in others if len(other.forward.inputs) == inputs]
        return Naming(self.program, instance, others, self.declared)

    # --- which blocks are open ----------------------------------------------------------------------------------

    def opens(self, node: model.Call | model.Scan, own: bool, depth: int) -> bool:
        """Is this use of a block drawn open?"""
        definition = self.program.instances[node.instance].definition
        names = {definition, node.member or ""}
        if names & set(self.wanted.collapse):
            answer = False
        elif names & set(self.wanted.expand):
            answer = True
        elif self.wanted.depth is not None:
            answer = depth < self.wanted.depth
        elif self.wanted.view in ("full", "table"):
            answer = True
        elif own:
            answer = self.main
        else:
            fits = self.size(node.instance) <= ROOMY and not self.computes(node.instance)
            answer = self.role != "entry" and ((self.lonely and depth == 0) or (self.sites.get(definition, 0) == 1 and fits))
        if answer and not own:
            self.shown.add(definition)
        elif not own and self.wanted.view not in ("full", "block", "table"):
            self.closed.append(definition)
        return answer

    def count_sites(self) -> dict[str, int]:
        """At how many places of the picture each definition would stand, with every definition drawn once."""
        found: dict[str, int] = {}
        waiting = [self.program.root]
        seen = {self.program.main.definition}
        while waiting:
            for call in self.calls(waiting.pop(0)):
                definition = self.program.instances[call.instance].definition
                found[definition] = found.get(definition, 0) + 1
                if definition not in seen:
                    seen.add(definition)
                    waiting.append(self.largest(definition))
        return found

    def drawn(self, name: str) -> list[model.Use]:
        """The nodes of an instance's forward that are drawn."""
        if name not in self.bodies:
            instance = self.program.instances[name]
            self.bodies[name] = list(folded(instance, instance.forward))
        return self.bodies[name]

    def calls(self, name: str) -> Iterator[model.Call | model.Scan]:
        """The uses of blocks in the body of an instance that are drawn."""
        for node in self.drawn(name):
            if isinstance(node, model.Call | model.Scan) and node.member is not None:
                yield node

    def largest(self, definition: str) -> str:
        """The instance of a definition that does the most, the first of those."""
        names = self.instances[definition]
        return max(names, key=lambda name: (self.size(name), -names.index(name)))

    def size(self, name: str) -> int:
        """About how many boxes the body of an instance has, drawn open."""
        if name not in self.sizes:
            ops = [n for n in self.drawn(name) if isinstance(n, model.Op) and n.kind not in ("view", *JOINING)]
            self.sizes[name] = len(ops) + sum(1 + self.size(call.instance) for call in self.calls(name))
        return self.sizes[name]

    def computes(self, name: str) -> bool:
        """Is a body arithmetic for the most part? Such detail stands beside the model."""
        steps = [node for node in self.drawn(name) if isinstance(node, model.Op) and node.kind not in ("view", *JOINING)]
        return len(steps) > FORMULA and 2 * sum(node.kind in _SMALL for node in steps) > len(steps) + len(
            list(self.calls(name))
        )


def _runs_right(panel: Panel) -> bool:
    """Small nets of dense layers run from left to right, as they are drawn on every blackboard; what a view has placed has
    its own direction."""
    if panel.rows:
        return False
    if is_placed(panel):
        left, low, right, high = bounds(panel)
        return right - left > 2 * (high - low)
    kinds = {box.kind for box in panel.boxes}
    return len(panel.boxes) <= 16 and kinds <= {"io", "linear", "activation", "dropout", "norm", *_SMALL}
