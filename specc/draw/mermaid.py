"""A picture as Mermaid text, which GitHub and many notebooks draw by themselves."""

from __future__ import annotations

from specc.draw import theme
from specc.draw.dot import MARK
from specc.draw.picture import Box, Panel, Picture, Row, Wire

_SHAPES = {"io": ("([", "])"), "merge": ("((", "))"), "create": ("[/", "/]"), "state": ("[(", ")]"), "dot": ("((", "))")}
_SHAPES |= {"neuron": ("((", "))"), "narrows": ("[\\", "/]"), "widens": ("[/", "\\]")}


def mermaid(picture: Picture) -> str:
    """The Mermaid source of a picture: a subgraph a panel and a frame."""
    lines = [f"%% {MARK}", f"flowchart {'TB' if picture.direction == 'tb' else 'LR'}"]
    kinds: dict[str, None] = {}
    for k, panel in enumerate(picture.panels):
        lines += _Panel(panel, k).lines()
        kinds.update({row.kind: None for row in panel.rows} or {box.kind: None for box in panel.boxes})
    for kind in kinds:
        paint = theme.PAINTS.get(kind, theme.PAINTS["other"])
        lines.append(f"  classDef {kind} fill:{paint.fill},stroke:{paint.border},color:{theme.INK}")
    return "\n".join(lines) + "\n"


class _Panel:
    def __init__(self, panel: Panel, number: int) -> None:
        self.panel = panel
        joined = {end for wire in panel.wires for end in (wire.source, wire.target)}
        self.boxes = [b for b in panel.boxes if b.shape != "dot" and (b.shape != "label" or b.id in joined)]
        names = [*(cluster.id for cluster in panel.clusters), *(box.id for box in self.boxes), *(row.id for row in panel.rows)]
        self.ids = {name: f"p{number}n{k}" for k, name in enumerate(names)}
        self.frames = {cluster.id for cluster in panel.clusters}
        self.dots = {box.id for box in panel.boxes if box.shape == "dot"}

    def lines(self) -> list[str]:
        lines = [f'  subgraph {self.ids.get("", "s" + next(iter(self.ids.values()), "empty"))}["{_text(self.panel.name)}"]']
        lines += self.frame("", "    ")
        lines += [f"    {line}" for wire in self.wires() for line in self.wire(wire)]
        return [*lines, "  end"]

    def frame(self, name: str, indent: str) -> list[str]:
        lines = [indent + self.box(box) for box in self.boxes if box.cluster == name]
        lines += [indent + self.row(row) for row in self.panel.rows]
        for cluster in self.panel.clusters:
            if cluster.parent == name:
                title = " ".join(part for part in (cluster.badge, cluster.title, cluster.subtitle) if part)
                lines.append(f'{indent}subgraph f{self.ids[cluster.id]}["{_text(title)}"]')
                lines.append(f"{indent}  {self.ids[cluster.id]}(( ))")
                lines += [*self.frame(cluster.id, indent + "  "), f"{indent}end"]
        return lines

    def box(self, box: Box) -> str:
        text = _text(f"{box.badge} {box.title}".strip())
        if box.subtitle:
            text += f"<br/>{_text(box.subtitle)}"
        text = text or " "
        opening, closing = _SHAPES.get(box.shape, ("[", "]"))
        return f'{self.ids[box.id]}{opening}"{text}"{closing}:::{box.kind}'

    def row(self, row: Row) -> str:
        """A row of a table: its four cells beside each other."""
        cells = f"{row.name} {row.badge}".strip(), f"{row.title} {row.subtitle}".strip(), row.input, row.output
        text = " #124; ".join(_text(cell) or " " for cell in cells)
        return f'{self.ids[row.id]}["{text}"]:::{row.kind}'

    def wires(self) -> list[Wire]:
        """The wires without the dots, which Mermaid does not need."""
        into = {wire.target: wire for wire in self.panel.wires if wire.target in self.dots}
        found = []
        for wire in self.panel.wires:
            if wire.source in self.dots:
                before = into[wire.source]
                found.append(wire.replace(source=before.source, tag=wire.tag or before.tag))
            elif wire.target not in self.dots:
                found.append(wire)
        return found

    def wire(self, wire: Wire) -> list[str]:
        arrow = "-.->" if wire.dashed or wire.backward else "==>" if wire.skip else "-->"
        label = f'|"{_text(wire.tag)}"|' if wire.tag else ""
        return [f"{self.ids[wire.source]} {arrow}{label} {self.ids[wire.target]}"]


def _text(text: str) -> str:
    """Mermaid reads entities with a `#`; everything with a meaning in its strings becomes one."""
    return "".join(f"#{ord(letter)};" if letter in '"#<>&;`|\\[]{}()' else letter for letter in text)
