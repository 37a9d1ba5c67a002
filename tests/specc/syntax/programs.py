"""Random programs: every construct of the language, in every layout that it allows."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

Tokens = list[str]
SEP = "<separator>"

_CONTINUING = {
    ",",
    "=",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "@",
    "|",
    "^",
    "&",
    "~",
    "..",
    "->",
    "and",
    "or",
    "not",
    "in",
    "is",
    "==",
    "<",
    "{",
}
_NAMES = ("x", "y", "heads", "input", "state", "layer", "output", "model", "init", "B", "_")
_LAYERS = ("Linear", "ReLU", "Conv2d", "norm", "vae.encode", "blocks[0]", "down.0.1", "layer{i}", '"in-proj"')
_LABELS = ("conv1", "resnets.0", "layer{stage + 1}", '"block{s}-{i}"', "if", "output", "for.0", "down.{l}.block.{i}", "0")


class Programs:
    """Draws programs from `random`; each method gives the tokens of one construct, at most `depth` constructs deep."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def some(self, low: int, high: int) -> range:
        return range(self.random.randint(low, high))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def listed(self, parts: list[Tokens], trailing: bool = False) -> Tokens:
        out: Tokens = []
        for n, part in enumerate(parts):
            out += ([","] if n else []) + part
        return out + ([","] if trailing and parts and self.chance(0.2) else [])

    # --- expressions ------------------------------------------------------------------------------------------------

    def expr(self, depth: int) -> Tokens:
        if self.chance(0.08):
            return [*self.binary(depth, 0), "if", *self.binary(depth, 0), "else", *self.expr(depth - 1)]
        return self.binary(depth, 0)

    def binary(self, depth: int, level: int) -> Tokens:
        """Operators from the loosest: each level holds the next, so that no parentheses are needed."""
        if level == 2:
            return ["not", *self.binary(depth, 2)] if self.chance(0.05) else self.comparison(depth)
        if level == 4:
            left = self.binary(depth, 5)
            return [*left, "..", *self.binary(depth, 5)] if self.chance(0.05) else left
        if level >= 10:
            return self.factor(depth)
        out = self.binary(depth, level + 1)
        operators = {0: ["or"], 1: ["and"], 5: ["|"], 6: ["^"], 7: ["&"], 8: ["+", "-"], 9: ["*", "/", "//", "%", "@"]}[level]
        while self.chance(0.08):
            out = [*out, self.random.choice(operators), *self.binary(depth, level + 1)]
        return out

    def comparison(self, depth: int) -> Tokens:
        left = self.binary(depth, 4)
        if self.chance(0.9):
            return left
        kind = self.random.choice(["==", "<", "in", "not in", "is none", "is not none"])
        return [*left, *kind.split()] if kind.startswith("is") else [*left, *kind.split(), *self.binary(depth, 4)]

    def factor(self, depth: int) -> Tokens:
        if self.chance(0.08):
            return [self.random.choice("-+~"), *self.factor(depth)]
        return [*self.postfix(depth), *(["**", *self.factor(depth)] if self.chance(0.04) else [])]

    def postfix(self, depth: int) -> Tokens:
        out = self.atom(depth)
        while depth > 0 and out[-1] not in ("true", "none") and self.chance(0.2):
            number = out[-1][0].isdigit()
            out += self.random.choice([self.call, self.index, *([] if number else [self.attribute])])(depth - 1, out)
        return out

    def call(self, depth: int, callee: Tokens) -> Tokens:
        # Only what has a name is called.
        named = (len(callee) == 1 and callee[0].isidentifier()) or callee[-2:-1] == ["."]
        return self.arguments(depth) if named else self.index(depth, callee)

    def attribute(self, _depth: int, _of: Tokens) -> Tokens:
        return [".", self.random.choice(["weight", "0", "shape"])]

    def index(self, depth: int, _of: Tokens) -> Tokens:
        def item() -> Tokens:
            if self.chance(0.3):
                return ["..."]
            if self.chance(0.5):
                return self.expr(depth)
            start, stop = (self.expr(depth) if self.chance(0.5) else [] for _ in range(2))
            return [*start, ":", *stop, *([":", *self.expr(depth)] if self.chance(0.3) else [])]

        return ["[", *self.listed([item() for _ in self.some(1, 3)]), "]"]

    def arguments(self, depth: int) -> Tokens:
        positional = [self.value(depth) for _ in self.some(0, 3)]
        named = [[self.random.choice(_NAMES), "=", *self.value(depth)] for _ in self.some(0, 2)]
        return ["(", *self.listed(positional + named, trailing=True), ")"]

    def atom(self, depth: int) -> Tokens:
        if depth > 0 and self.chance(0.3):
            return self.random.choice([self.paren, self.listing, self.comprehension, self.tuple, self.recipe])(depth - 1)
        if self.chance(0.5):
            return [self.random.choice(_NAMES)]
        return [self.random.choice(["0", "12", "0.5", "1e-6", "2.5E+10", "true", "none", '"text"', r'"a\"\\\n"', "ReLU"])]

    def paren(self, depth: int) -> Tokens:
        return ["(", *self.value(depth), ")"]

    def tuple(self, depth: int) -> Tokens:
        return ["(", *self.value(depth), ",", *self.listed([self.value(depth) for _ in self.some(0, 2)], trailing=False), ")"]

    def listing(self, depth: int) -> Tokens:
        return ["[", *self.listed([self.value(depth) for _ in self.some(0, 12)], trailing=True), "]"]

    def comprehension(self, depth: int) -> Tokens:
        condition = ["if", *self.binary(depth, 0)] if self.chance(0.5) else []
        return ["[", *self.value(depth), "for", "i", ",", "j", "in", *self.binary(depth, 0), *condition, "]"]

    def recipe(self, depth: int) -> Tokens:
        first = self.labelled(depth) if self.chance(0.5) else self.nested_stage(depth, ["for", "if", "else"])
        return ["(", *first, *[t for _ in self.some(0, 2) for t in ("->", *self.stage(depth))], ")"]

    # --- chains -----------------------------------------------------------------------------------------------------

    def value(self, depth: int) -> Tokens:
        return self.chain(depth) if depth > 0 and self.chance(0.3) else self.expr(depth)

    def chain(self, depth: int) -> Tokens:
        head = [self.random.choice(_NAMES)] if self.chance(0.7) else self.tuple(depth - 1)
        return [*head, *[t for _ in self.some(1, 6) for t in ("->", *self.stage(depth - 1))]]

    def stage(self, depth: int) -> Tokens:
        return self.labelled(depth) if self.chance(0.4) else self.plain_stage(depth)

    def labelled(self, depth: int) -> Tokens:
        return [self.random.choice(_LABELS) + ":", *self.plain_stage(depth)]

    def plain_stage(self, depth: int) -> Tokens:
        if depth > 0 and self.chance(0.3):
            return self.nested_stage(depth - 1)
        return [self.random.choice(_LAYERS), *(self.arguments(depth - 1) if self.chance(0.6) else [])]

    def nested_stage(self, depth: int, kinds: Sequence[str] = ("sequential", "for", "if", "else")) -> Tokens:
        kind = self.random.choice(kinds)
        inner = self.stages(depth)
        if kind == "sequential":
            return ["(", *inner, ")"]
        if kind == "for":
            return ["for", "i", "in", *self.expr(depth), "{", *inner, "}"]
        then = ["if", *self.expr(depth), "{", *inner, "}"]
        if kind == "if":
            return then
        return [*then, "else", *(["{", *self.stages(depth), "}"] if self.chance(0.6) else ["if", "b", "{", "Linear", "}"])]

    def stages(self, depth: int) -> Tokens:
        return [*self.stage(depth), *[t for _ in self.some(0, 3) for t in ("->", *self.stage(depth))]]

    # --- statements -------------------------------------------------------------------------------------------------

    def type(self, depth: int) -> Tokens:
        if self.chance(0.3):
            return [self.random.choice(["int", "float", "layer", "dim"])]
        dims = [self.random.choice([self.expr(depth - 1), ["...S"], ["?K"], ["B"], ["..."]]) for _ in self.some(0, 4)]
        return [*(["float"] if self.chance(0.6) else []), "[", *self.listed(dims), "]"]

    def declared(self, depth: int) -> Tokens:
        kind = [":", *self.type(depth)] if self.chance(0.7) else []
        return [self.random.choice(_NAMES), *kind, *(["=", *self.expr(depth)] if self.chance(0.3) else [])]

    def statement(self, depth: int) -> Tokens:
        if depth > 1 and self.chance(0.3):
            return self.compound(depth - 1)
        name = self.random.choice(_NAMES)
        match self.random.randrange(14):
            case 0:
                return [self.random.choice(["input", "given"]), *self.listed([self.declared(depth) for _ in self.some(1, 4)])]
            case 1:
                return ["state", *self.declared(depth)]
            case 2:
                return ["next", name, "=", *self.value(depth)]
            case 3:
                return ["output", *self.listed([self.output_operand(depth) for _ in self.some(1, 3)])]
            case 4:
                return ["output", name, *([":", *self.type(depth)] if self.chance(0.5) else []), "=", *self.value(depth)]
            case 5:
                return ["require", *self.expr(depth), *([",", '"why"'] if self.chance(0.5) else [])]
            case 6:
                return ["layer", self.random.choice(_LABELS) + ":", *self.expr(depth)]
            case 7:
                return [self.random.choice(["param", "buffer"]), "cls.0", ":", *self.type(depth), "=", *self.expr(depth)]
            case 8:
                return ["freeze", *self.listed([["backbone.*"], ["*.bias"]])]
            case 9:
                return ["tie", "lm_head.weight", "=", self.random.choice(["wte.weight", "layer{i}.weight"])]
            case 10:
                return ["let", "f", *(["(", *self.declared(depth), ")"] if self.chance(0.5) else []), "=", *self.value(depth)]
            case 11:
                return ["x", *[t for _ in self.some(1, 4) for t in ("->", *self.stage(depth))], "->", "output", "y"]
        targets = self.listed([[self.random.choice(["a", "h_n", "_"])] for _ in self.some(1, 3)])
        return [*targets, "=", *self.value(depth)]

    def output_operand(self, depth: int) -> Tokens:
        return ["(", *self.expr(depth), ")"] if self.chance(0.5) else ["y"]

    def compound(self, depth: int) -> Tokens:
        match self.random.randrange(6):
            case 0:
                return ["for", "i", ",", "x", "in", *self.expr(depth), *self.body(depth)]
            case 1:
                return ["entry", "encode", *self.body(depth, doc=True)]
            case 2:
                rules = [["Linear.weight", "=", *self.expr(depth)] for _ in self.some(0, 3)]
                return ["init", *self.braces(rules)]
            case 3:
                variants = [["large", ":", "(", "width", "=", *self.expr(depth), ")"] for _ in self.some(0, 3)]
                return ["variants", *self.braces(variants)]
        then = ["if", *self.expr(depth), *self.body(depth)]
        if self.chance(0.5):
            return then
        return [*then, "else", *(self.body(depth) if self.chance(0.6) else ["if", "b", *self.body(depth)])]

    def body(self, depth: int, doc: bool = False) -> Tokens:
        docs = [['"""One.\n\n    Two."""']] if doc and self.chance(0.3) else []
        return self.braces([*docs, *(self.statement(depth) for _ in self.some(0, 4))])

    def braces(self, parts: list[Tokens]) -> Tokens:
        out: Tokens = []
        for n, part in enumerate(parts):
            out += ([SEP] if n else []) + part
        return ["{", *out, *([SEP] if parts and self.chance(0.4) else []), "}"]

    def item(self, depth: int) -> Tokens:
        match self.random.randrange(6):
            case 0:
                return ["from", self.random.choice([".", "..blocks.a", "specc.lib"]), "import", "A", ",", "B", "as", "C"]
            case 1:
                return ["let", "widths", "=", *self.value(depth)]
            case 2:
                return ["extern", "layer", "Mish", "(", "beta", ":", "float", ")", "=", '"pkg:Mish"', "{", "input", "x", "}"]
        params = [
            [name, ":", *self.type(0), *(["=", *self.expr(depth)] if self.chance(0.5) else [])]
            for name in _NAMES[: self.random.randint(0, 7)]
        ]
        given = ["(", *self.listed(params, trailing=True), ")"] if params else []
        return [self.random.choice(["model", "block"]), "Net", *given, *self.body(depth, doc=True)]

    # --- text -------------------------------------------------------------------------------------------------------

    def text(self, depth: int = 3) -> str:
        tokens: Tokens = []
        for n in self.some(1, 4):
            tokens += [*([SEP] if n else []), *self.item(depth)]
        return self.laid_out(tokens)

    def laid_out(self, tokens: Tokens) -> str:
        out: list[str] = []
        depth = 0
        for n, token in enumerate(tokens):
            if token == SEP:
                ends = ["\n", "\n\n\n", "  # why\n", "\n# above\n", "\n\n# apart\n\n", "; " if depth == 0 else "\n"]
                out.append(self.random.choice(ends))
                continue
            out.append(token)
            depth += (token in ("(", "[")) - (token in (")", "]"))
            following = tokens[n + 1] if n + 1 < len(tokens) else ""
            breakable = depth > 0 or token in _CONTINUING or token.endswith(":") or following in ("->", "else")
            if following and following != SEP:
                breaks = ["\n", " # beside\n", "\n# alone\n", "\n\n\t"]
                out.append(self.random.choice(breaks) if breakable and self.chance(0.12) else " ")
        return "".join(out)
