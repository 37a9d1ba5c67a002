"""Random specs that repeat things: loops within loops and branches, over ranges and lists, that carry tensors, sizes and lists
of tensors; shared and nested layers. Most of them check; the others are nobody's concern."""

from __future__ import annotations

import random

HEAD = "model M(width: int = {width}, depth: int = {depth}, widths: list = {widths}, flag: bool = {flag})"

BLOCKS = """
block Plain(out: int) {
    input x: float[B, F]
    output x -> lin: Linear(out) -> ReLU
}
block Fitted(out: int) {
    input x: float[B, F]
    short = x -> if F != out { fit: Linear(out, bias=false) }
    output (short + (x -> lin: Linear(out))) -> Tanh
}
block Deep(out: int, count: int) {
    input x: float[B, F]
    for i in 0..count { x = x -> lin: Linear(out) }
    output x -> last: Plain(out + 1) -> back: Linear(out)
}
block Pair(out: int, swap: bool = false) {
    input x: float[B, F], y: float[B, G]
    a = x -> left: Linear(out)
    b = y -> right: Linear(out)
    if swap { a, b = [b, a] }
    output a + 0.5 * b
    output b
}
"""


class Maker:
    """Writes one spec. Names in scope are tensors (`a`), lists of tensors (`xs`) and sizes (`c`)."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.labels = 0
        self.fresh = 0
        self.loops: list[str] = []
        """Indices of the loops around, from 0."""
        self.sizes = ["width", "width", "width", "4", "6", "width * 2"]
        self.budget = self.random.randint(4, 11)

    def spec(self) -> str:
        pick = self.random
        widths = pick.choice(["[4, 6]", "[4, 4, 6]", "[6, 4, 8]", "[4, 4]", "[5]"])
        head = HEAD.format(
            width=pick.choice([4, 6]), depth=pick.choice([1, 2, 3]), widths=widths, flag=pick.choice(["true", "false"])
        )
        self.write(head + " {")
        self.write("    input a: float[B, width], b: float[B, width]")
        if pick.random() < 0.5:
            self.write("    layer shared: Linear(width)")
            self.write("    a = a -> shared -> Tanh")
        names = ["a", "b"]
        lists: list[str] = []
        if pick.random() < 0.6:
            self.write("    xs = [a]")
            lists.append("xs")
        if pick.random() < 0.2:
            self.write("    ys = []")
            self.write("    for i in 0..depth { ys = ys + [a * (i + 1)] }")
            lists.append("ys")
        if pick.random() < 0.4:
            self.write("    c = width")
            self.sizes += ["c", "c"]
        self.body(names, lists, 1)
        for name in dict.fromkeys(names):
            self.write(f"    output {name}_out = {name} * 1.0")
        for name in lists:
            self.write(f"    output {name}_first = {name}[0] * 1.0")
            self.write(f"    output {name}_last = {name}[-1] * 1.0")
        self.write("}")
        return BLOCKS.lstrip() + "\n".join(self.lines) + "\n"

    def write(self, line: str) -> None:
        self.lines.append(line)

    def body(self, names: list[str], lists: list[str], level: int) -> None:
        for _ in range(self.random.randint(1, 3) if level > 1 else 12):
            if self.budget <= 0:
                break
            self.budget -= 1
            self.statement(names, lists, level)

    def statement(self, names: list[str], lists: list[str], level: int) -> None:
        pick = self.random
        roll = pick.random()
        pad = "    " * level
        if roll < 0.3 and level < 4:
            self.loop(names, lists, level)
        elif roll < 0.4 and level < 4:
            self.write(f"{pad}if {self.condition()} {{")
            self.body(list(names), lists, level + 1)
            if pick.random() < 0.4:
                self.write(f"{pad}}} else {{")
                self.body(list(names), lists, level + 1)
            self.write(f"{pad}}}")
        elif roll < 0.55 and lists:
            self.listed(names, lists, pad)
        elif roll < 0.6 and "c" in self.sizes:
            self.write(f"{pad}c = {pick.choice(['c * 2', 'width', 'c + 1', '2 * width'])}")
        elif roll < 0.66 and not self.loops:
            path = self.label()
            step = pick.choice(["Linear({}) -> ReLU", "Plain({})", "Fitted({})", "Linear({})"]).format(self.size())
            target = self.target(names)
            self.write(
                f"{pad}{target} = {pick.choice(names)} -> {path}: for k in 0..{pick.choice(['depth', '2'])} {{ {step} }}"
            )
        elif roll < 0.7:
            one, other = self.target(names), self.target(names)
            if one != other:
                swap = pick.choice(["", f", swap={self.condition()}"])
                fed = f"({pick.choice(names)}, {pick.choice(names)})"
                self.write(f"{pad}{one}, {other} = {fed} -> {self.label()}: Pair({self.size()}{swap})")
                names += [one, other]
        else:
            target = self.target(names)
            self.write(f"{pad}{target} = {self.expression(names, lists)}")
            names.append(target)

    def loop(self, names: list[str], lists: list[str], level: int) -> None:
        pick = self.random
        pad = "    " * level
        index = f"i{level}"
        item = f"w{level}"
        head, sizes = pick.choice(
            [
                (f"{index} in 0..depth", []),
                (f"{index} in 0..3", []),
                (f"{index}, {item} in enumerate(widths)", [item, item]),
                (f"{index}, {item} in enumerate(reversed(widths))", [item, item]),
                (f"{item} in widths", [item]),
                (f"{index} in 0..depth", []),
            ]
        )
        self.write(f"{pad}for {head} {{")
        kept = list(self.sizes)
        self.sizes += sizes
        counted = index in head
        if counted:
            self.loops.append(index)
        self.body(list(names), lists, level + 1)
        if pick.random() < 0.7:  # something is surely carried
            name = pick.choice(names)
            self.write(f"{pad}    {name} = {self.expression(names, lists)}")
        if counted:
            self.loops.pop()
        self.sizes = kept
        self.write(f"{pad}}}")

    def listed(self, names: list[str], lists: list[str], pad: str) -> None:
        pick = self.random
        name = pick.choice(lists)
        roll = pick.random()
        if roll < 0.45:
            self.write(f"{pad}{name} = {name} + [{pick.choice(names)}]")
        elif roll < 0.7:
            target = self.target(names)
            self.write(f"{pad}{target} = {name}[-1]" + pick.choice(["", f" -> {self.label()}: Linear({self.size()})"]))
            self.write(f"{pad}{name} = {name}[:-1]")
            names.append(target)
        elif roll < 0.8:
            target = self.target(names)
            self.write(f"{pad}{target} = cat({name}, dim=1) -> {self.label()}: Linear({self.size()})")
            names.append(target)
        else:
            target = self.target(names)
            index = pick.choice(["0", "-1", *self.loops])
            self.write(f"{pad}{target} = {name}[{index}] -> {self.label()}: Linear({self.size()})")
            names.append(target)

    def label(self) -> str:
        self.labels += 1
        base = f"l{self.labels}"
        if self.loops and self.random.random() < 0.3:
            return base + "".join(f".{{{index}}}" for index in self.loops)
        return base

    def target(self, names: list[str]) -> str:
        if self.random.random() < 0.75:
            return self.random.choice(names)
        self.fresh += 1
        return f"t{self.fresh}"

    def size(self) -> str:
        return self.random.choice(self.sizes)

    def condition(self) -> str:
        options = ["flag", "width == 4", "depth > 2"]
        for index in self.loops:
            options += [f"{index} == 0", f"{index} % 2 == 0", f"{index} < depth - 1", f"{index} > 0 and flag"]
        return self.random.choice(options)

    def expression(self, names: list[str], lists: list[str]) -> str:
        pick = self.random
        one, other = pick.choice(names), pick.choice(names)
        size = self.size()
        options = [
            f"{one} -> {self.label()}: Linear({size})",
            f"{one} -> {self.label()}: Linear({size}) -> ReLU",
            f"{one} -> Linear({size})",
            f"{one} + {other}",
            f"({one} -> {self.label()}: Linear({size})) + ({other} -> {self.label()}: Linear({size}))",
            f"cat([{one}, {other}], dim=1) -> {self.label()}: Linear({size})",
            f"cat([{one}, {other}], dim=1)[:, 0:4]",
            f"{one} -> {self.label()}: {pick.choice(['Plain', 'Fitted'])}({size})",
            f"{one} -> {self.label()}: Deep({size}, {pick.choice(['depth', '2', *self.loops])})",
            f"{one} -> {self.label()}: (Linear({size}) -> if {self.condition()} {{ ReLU }} -> Linear(width))",
            f"({one} -> {self.label()}: Linear({size})) if {self.condition()} else ({other} -> {self.label()}: Linear({size}))",
            f"tanh({one}) * 0.5",
        ]
        if any("layer shared" in line for line in self.lines):
            options += [f"{one} -> shared", f"{one} * sum(shared.weight)"]
        return pick.choice(options)


__all__ = ["Maker"]
