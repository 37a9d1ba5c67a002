"""Random programs: a DAG of layers and functions with blocks, loops and branches, as `.nn` text and as a torch program.

torch alone guides the making: a step is tried on tensors, and one that torch refuses is dropped, or kept as the program's
fault. So the programs owe nothing to the rules that they test. `Reference` runs a program without specc, layer by layer, under
the names that its state_dict should have.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from specc.record import Record
from tests.soundness.menu import FUNCTIONS, INFERRED, RUN

Names = dict[str, Any]


class Ref(Record):
    """A parameter of the definition times a number, in an argument."""

    name: str
    factor: int = 1

    def __str__(self) -> str:
        return self.name if self.factor == 1 else f"{self.name} * {self.factor}"


def value_of(value: Any, params: Mapping[str, int]) -> Any:
    if isinstance(value, Ref):
        return params[value.name] * value.factor
    return tuple(value_of(item, params) for item in value) if isinstance(value, tuple) else value


def literal(value: Any) -> str:
    """A value as `.nn` writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(literal, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def arguments(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={literal(value)}" for name, value in values.items())


class Reference:
    """torch's own run of a program. The layers are made by the first run and used by the later ones."""

    def __init__(self) -> None:
        self.modules: dict[str, nn.Module] = {}

    def layer(self, path: str, op: str, args: Mapping[str, Any], x: Tensor) -> Tensor:
        module = self.modules.get(path)
        if module is None:
            inferred = {name: of(x.shape) for name, of in INFERRED.get(op, {}).items()}
            made: nn.Module = getattr(nn, op)(**inferred, **args)
            made.train(False)
            module = self.modules[path] = made
        result: Tensor = RUN[op](module, x) if op in RUN else module(x)
        return result

    def state(self) -> dict[str, Tensor]:
        """Weights by the key that they should have."""
        return {f"{path}.{name}": t for path, module in self.modules.items() for name, t in module.state_dict().items()}


class Apply(Record):
    """`target = source -> label: Op(args)`."""

    target: str
    source: str
    op: str
    args: dict[str, Any]

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.source,)

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.target,)

    @property
    def label(self) -> str:
        return f"l_{self.target}"

    def lines(self) -> list[str]:
        return [f"{self.target} = {self.source} -> {self.label}: {self.op}({arguments(self.args)})"]

    def run(self, env: Names, params: Mapping[str, int], path: str, reference: Reference) -> None:
        args = {name: value_of(value, params) for name, value in self.args.items()}
        env[self.target] = reference.layer(f"{path}{self.label}", self.op, args, env[self.source])


class Compute(Record):
    """A tensor function or operator of values in scope."""

    targets: tuple[str, ...]
    reads: tuple[str, ...]
    function: str
    args: dict[str, Any]

    def lines(self) -> list[str]:
        shown = FUNCTIONS[self.function].text
        text = shown.format(*self.reads, **{name: literal(value) for name, value in self.args.items()})
        return [f"{', '.join(self.targets)} = {text}"]

    def run(self, env: Names, params: Mapping[str, int], path: str, reference: Reference) -> None:
        args = {name: value_of(value, params) for name, value in self.args.items()}
        found = FUNCTIONS[self.function].run(*(env[name] for name in self.reads), **args)
        found = found if isinstance(found, tuple) else (found,)
        if len(found) != len(self.targets):
            raise ValueError(f"{len(found)} results for {len(self.targets)} names")
        env.update(zip(self.targets, found, strict=True))


class Repeat(Record):
    """A layer and an activation, several times: as a statement (`l.0`, `l.1`) or as a chain (`l.0`, `l.2`)."""

    target: str
    source: str
    count: Any
    op: str
    args: dict[str, Any]
    chain: bool

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.source,)

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.target,)

    def lines(self) -> list[str]:
        layer = f"{self.op}({arguments(self.args)})"
        if self.chain:
            return [f"{self.target} = {self.source} -> l_{self.target}: for i in 0..{self.count} {{ {layer} -> ReLU }}"]
        body = f"{self.target} = {self.target} -> l_{self.target}: {layer} -> ReLU"
        return [f"{self.target} = {self.source}", f"for i in 0..{self.count} {{ {body} }}"]

    def run(self, env: Names, params: Mapping[str, int], path: str, reference: Reference) -> None:
        args = {name: value_of(value, params) for name, value in self.args.items()}
        x = env[self.source]
        for i in range(value_of(self.count, params)):
            x = reference.layer(f"{path}l_{self.target}.{2 * i if self.chain else i}", self.op, args, x).relu()
        env[self.target] = x


class Branch(Record):
    """`if parameter > bound { ... } else { ... }`: one target, made on either side by a step."""

    target: str
    param: str
    bound: int
    then: Any
    orelse: Any

    @property
    def reads(self) -> tuple[str, ...]:
        return (*self.then.reads, *self.orelse.reads)

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.target,)

    def lines(self) -> list[str]:
        sides = [[f"    {line}" for line in side.lines()] for side in (self.then, self.orelse)]
        return [f"if {self.param} > {self.bound} {{", *sides[0], "} else {", *sides[1], "}"]

    def run(self, env: Names, params: Mapping[str, int], path: str, reference: Reference) -> None:
        (self.then if params[self.param] > self.bound else self.orelse).run(env, params, path, reference)


class Use(Record):
    """`target = source -> label: Block(width=...)`."""

    target: str
    source: str
    block: Any
    args: dict[str, Any]

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.source,)

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.target,)

    def lines(self) -> list[str]:
        return [f"{self.target} = {self.source} -> l_{self.target}: {self.block.name}({arguments(self.args)})"]

    def run(self, env: Names, params: Mapping[str, int], path: str, reference: Reference) -> None:
        inner: Names = {"x": env[self.source]}
        values = {name: value_of(value, params) for name, value in self.args.items()}
        for step in self.block.steps:
            step.run(inner, values, f"{path}l_{self.target}.", reference)
        env[self.target] = inner[self.block.result]


Step = Apply | Compute | Repeat | Branch | Use


class Block(Record):
    """A definition with one input `x`, parameters, steps and the name of its result."""

    name: str
    params: tuple[str, ...]
    steps: tuple[Step, ...]
    result: str

    def text(self) -> str:
        params = ", ".join(f"{name}: int" for name in self.params)
        body = [f"    {line}" for step in self.steps for line in step.lines()]
        return "\n".join([f"block {self.name}({params}) {{", "    input x", *body, f"    output {self.result}", "}"])


class Input(Record):
    """`name: kind[sizes]`; a size is a number or the name of a symbol."""

    name: str
    kind: str
    sizes: tuple[int | str, ...]

    def tensor(self, sizes: Mapping[str, int], chance: torch.Generator) -> Tensor:
        shape = [sizes[size] if isinstance(size, str) else size for size in self.sizes]
        if self.kind == "int":
            return torch.zeros(shape, dtype=torch.int64)  # an index into anything, sums and products included
        return torch.randn(shape, generator=chance)


class Program(Record):
    """`sizes`: the numbers that the symbols had when torch tried the steps. `fault`: torch refused a step then."""

    inputs: tuple[Input, ...]
    params: dict[str, int]
    blocks: tuple[Block, ...]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    sizes: dict[str, int]
    fault: bool

    def text(self, order: Sequence[int] | None = None) -> str:
        """The spec, with its statements in another order if one is given, and its blocks the other way round."""
        steps = self.steps if order is None else [self.steps[i] for i in order]
        blocks = self.blocks if order is None else self.blocks[::-1]
        params = ", ".join(f"{name}: int = {value}" for name, value in self.params.items())
        inputs = ", ".join(f"{i.name}: {i.kind}[{', '.join(map(str, i.sizes))}]" for i in self.inputs)
        body = [f"    {line}" for step in steps for line in step.lines()]
        model = [f"model M({params}) {{", f"    input {inputs}", *body, f"    output {', '.join(self.outputs)}", "}"]
        return "\n\n".join([*(block.text() for block in blocks), "\n".join(model)]) + "\n"

    def closed(self) -> Program:
        """The same with its numbers in the place of the symbols."""

        def known(item: Input) -> Input:
            sizes = (self.sizes[size] if isinstance(size, str) else size for size in item.sizes)
            return Input(item.name, item.kind, tuple(sizes))

        return Program(tuple(map(known, self.inputs)), self.params, self.blocks, self.steps, self.outputs, {}, self.fault)

    def tensors(self, sizes: Mapping[str, int]) -> list[Tensor]:
        chance = torch.Generator().manual_seed(7)
        return [item.tensor(sizes, chance) for item in self.inputs]

    def run(self, sizes: Mapping[str, int], reference: Reference) -> list[Tensor]:
        """torch's outputs; raises what torch raises."""
        env: Names = {item.name: x for item, x in zip(self.inputs, self.tensors(sizes), strict=True)}
        with torch.no_grad():
            for step in self.steps:
                step.run(env, self.params, "", reference)
        return [env[name] for name in self.outputs]

    def shuffled(self, chance: random.Random) -> list[int]:
        """Another order of the statements in which every value is made before it is read."""
        left = list(range(len(self.steps)))
        known = {item.name for item in self.inputs}
        made = {name for step in self.steps for name in step.targets}
        order = []
        while left:
            ready = [i for i in left if all(name in known or name not in made for name in self.steps[i].reads)]
            chosen = chance.choice(ready)
            left.remove(chosen)
            order.append(chosen)
            known.update(self.steps[chosen].targets)
        return order
