"""Makes random programs, step by step, each tried by torch."""

from __future__ import annotations

import random
from typing import Any

import torch

from tests.soundness.menu import FUNCTIONS, LAYERS
from tests.soundness.programs import Apply, Block, Branch, Compute, Input, Names, Program, Ref, Reference, Repeat, Step, Use

MOST = 60_000
"""Elements of a tensor, above which a step is dropped."""
INPUTS: tuple[tuple[str, tuple[int | str, ...]], ...] = (
    ("float", ("B", 4, "H", "W")), ("float", ("B", 3, "H", "H")), ("float", ("B", 4, 9, 12)), ("float", (2, 6, 8, 8)),
    ("float", ("B", "T", 6)), ("float", ("B", 4, "T")), ("float", (3, 7, 8)), ("float", ("B", 8)), ("float", (5, 12)),
    ("int", ("B", "T")), ("int", (3, 5)),
)  # fmt: skip
SYMBOLS = {"B": (2, 3), "T": (5, 7, 8), "H": (9, 11, 16), "W": (10, 13, 16)}
"""What symbols may stand for while a program is made."""


class Maker:
    """A body while it is made: its values by name, and their tensors."""

    def __init__(self, chance: random.Random, env: Names, params: dict[str, int], prefix: str, path: str) -> None:
        self.chance = chance
        self.env = env
        self.params = params
        self.prefix = prefix
        self.path = path
        self.steps: list[Step] = []
        self.fault = False
        self.reference = Reference()

    def name(self) -> str:
        return f"{self.prefix}{len(self.steps)}"

    def value(self) -> str:
        """A value in scope, mostly a late one."""
        names = list(self.env)
        return names[-1 - min(int(self.chance.expovariate(0.8)), len(names) - 1)]

    def partner(self, name: str) -> str:
        """Another value, mostly of the same shape."""
        shape = self.env[name].shape
        alike = [other for other in self.env if self.env[other].shape == shape and other != name]
        return self.chance.choice(alike) if alike and self.chance.random() < 0.85 else self.value()

    def argument(self, value: Any) -> Any:
        """Now and then a parameter in the place of a size."""
        if self.params and isinstance(value, int) and not isinstance(value, bool) and value > 1 and self.chance.random() < 0.25:
            return Ref(self.chance.choice(list(self.params)), self.chance.choice((1, 1, 2)))
        return value

    def layer(self, target: str, source: str) -> Apply:
        rank = self.env[source].dim()
        if not self.env[source].is_floating_point():
            return Apply(target, source, "Embedding", {"num_embeddings": 10, "embedding_dim": self.chance.choice((4, 6, 8))})
        menu = LAYERS[1]
        if self.chance.random() < 0.65:
            menu = LAYERS.get(rank, LAYERS[1])
        if self.chance.random() < 0.06:
            menu = LAYERS[self.chance.choice((3, 4))]
        op = self.chance.choice(list(menu))
        args = menu[op](self.chance)
        sizes = ("out_features", "out_channels", "hidden_size")
        return Apply(target, source, op, {k: self.argument(v) if k in sizes else v for k, v in args.items()})

    def compute(self, target: str) -> Compute:
        name = self.chance.choice(list(FUNCTIONS))
        function = FUNCTIONS[name]
        first = self.value()
        reads = (first,) if function.operands == 1 else (first, self.partner(first))
        targets = (target,) if function.results == 1 else tuple(f"{target}_{i}" for i in range(function.results))
        return Compute(targets, reads, name, function.args(self.chance))

    def try_step(self, step: Step, keep_fault: bool) -> bool:
        """Adds the step if torch takes it, or if it does not and a fault is wanted."""
        trial = Reference()
        trial.modules = dict(self.reference.modules)
        env = dict(self.env)
        try:
            with torch.no_grad():
                step.run(env, self.params, self.path, trial)
        except Exception:  # noqa: BLE001  # whatever torch raises is its way to refuse
            if keep_fault and not self.fault:
                self.steps.append(step)
                self.fault = True
                return True
            return False
        new = [env[name] for name in step.targets]
        if any(x.numel() > MOST or x.numel() == 0 or x.dim() > 6 for x in new):
            return False
        self.env, self.reference = env, trial
        self.steps.append(step)
        return True

    def step(self, blocks: list[Block], depth: int) -> Step:
        target, source = self.name(), self.value()
        roll = self.chance.random()
        if roll < 0.1 and depth == 0:
            block = self.chance.choice(blocks) if blocks and self.chance.random() < 0.5 else None
            if block is None:
                block = make_block(self.chance, f"Block{len(blocks)}", self.env[source])
                blocks.append(block)
            given = {name: self.argument(self.chance.choice((2, 4, 6, 8))) for name in block.params}
            return Use(target, source, block, given)
        if roll < 0.2 and depth == 0:
            made = self.layer(target, source)
            count = self.argument(self.chance.randint(1, 3))
            if made.op == "Embedding" or (isinstance(count, Ref) and (count.factor > 1 or self.params[count.name] > 4)):
                count = 2
            return Repeat(target, source, count, made.op, made.args, self.chance.random() < 0.5)
        if roll < 0.28 and depth == 0 and self.params:
            sides = self.layer(target, source), self.layer(target, self.value())
            return Branch(target, self.chance.choice(list(self.params)), self.chance.randint(1, 8), *sides)
        return self.layer(target, source) if roll < 0.68 else self.compute(target)


def make_block(chance: random.Random, name: str, x: torch.Tensor) -> Block:
    """A block made on one tensor; its other uses may not fit."""
    params = {"width": chance.choice((2, 4, 6))} if chance.random() < 0.6 else {}
    maker = Maker(chance, {"x": x}, params, "y", "")
    most = chance.randint(1, 5)
    for _ in range(40):
        if len(maker.steps) >= most:
            break
        maker.try_step(maker.step([], 1), keep_fault=False)
    return Block(name, tuple(params), tuple(maker.steps), maker.value() if maker.steps else "x")


def make(seed: int) -> Program:
    """A program of 5 to 30 steps: the same one for the same seed. About half have a fault."""
    chance = random.Random(seed)
    sizes = {name: chance.choice(values) for name, values in SYMBOLS.items()}
    inputs = []
    for i in range(chance.choice((1, 1, 2))):
        kind, shape = chance.choice(INPUTS)
        inputs.append(Input(f"in{i}", kind, shape))
    params = {f"p{i}": chance.choice((2, 3, 4, 8)) for i in range(chance.randint(0, 2))}
    generator = torch.Generator().manual_seed(7)
    env = {item.name: item.tensor(sizes, generator) for item in inputs}
    torch.manual_seed(seed)
    maker = Maker(chance, env, params, "v", "")
    blocks: list[Block] = []
    most = chance.randint(5, 30)
    fault_at = chance.randint(0, most - 1) if chance.random() < 0.8 else most
    for _ in range(12 * most):
        if len(maker.steps) >= most:
            break
        maker.try_step(maker.step(blocks, 0), keep_fault=len(maker.steps) >= fault_at)
    used = [block for block in blocks if any(isinstance(step, Use) and step.block is block for step in maker.steps)]
    symbols = {size for item in inputs for size in item.sizes if isinstance(size, str)}
    read = {name for step in maker.steps for name in step.reads}
    sinks = [name for name in maker.env if name not in read and name not in env] or [list(maker.env)[-1]]
    known = {name: size for name, size in sizes.items() if name in symbols}
    return Program(tuple(inputs), params, tuple(used), tuple(maker.steps), tuple(sinks), known, maker.fault)
