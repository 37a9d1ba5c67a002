"""Writes docs/zoo.md: every model of the zoo with its variants, parameters, proofs and picture. `make docs` runs it; a test
holds that what is committed is what it writes, and that no model is without a proof.

A proof is what a test of tests/reference says of itself with `@proves`. It is read there, not run: `make test` runs it, and
fails where it does not hold, or is skipped.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from specc.diagnostics import Diagnostics
from specc.elaborate.freeze import freeze
from specc.pipeline import Options, check, variants_of
from specc.reading import bundled_name, bundled_specs, read_path

DOCS = Path(__file__).parent
TESTS = DOCS.parent / "tests" / "reference"
NOTE = "<!-- Written by docs/zoo.py (make docs) from specs/ and from what the tests of tests/reference prove. -->\n"
INTRODUCTION = """# The zoo

{} specs with {} models, each proved by tests that `make test` runs. *Equal* is with the same weights and the same input, up to
the difference that stands there (of an element, or relative in the norm); *count* is as many parameters as published; *numbers*
are those of a worked example; *learns* is a training run that reaches its figure. `specc compare` makes such a comparison for a
model of your own ([WEIGHTS.md](WEIGHTS.md)).
"""
FAMILIES = {
    "neurons": "Neurons",
    "mlp": "Feed-forward networks",
    "tensors": "Tensors",
    "vision": "Vision",
    "sequence": "Recurrent networks",
    "transformers": "Transformers",
    "autoencoders": "Autoencoders",
    "gan": "Adversarial networks",
    "diffusion": "Diffusion",
    "graph": "Graph networks",
    "text": "Text",
    "other": "Energy, contrast, capsules and cells",
}
KINDS = ("equal", "count", "numbers", "learns")


class Proof(NamedTuple):
    """What a test says that it proves. `models` are `vision/resnet ResNet`, or `vision/resnet` for all of a spec."""

    models: tuple[str, ...]
    kind: str
    reference: str
    figure: str
    file: str
    test: str

    def of(self, spec: str, model: str) -> bool:
        return spec in self.models or f"{spec} {model}" in self.models

    def __str__(self) -> str:
        figure = f"difference {self.figure}" if self.figure == "0.0" else self.figure
        if self.kind == "learns" and figure:
            figure = f"at least {figure}"
        said = ", ".join(part for part in (self.reference, figure) if part)
        return f'[{self.kind}](../tests/reference/{self.file} "{self.test}")' + (f": {said}" if said else "")


class Model(NamedTuple):
    """A model of the zoo, and how many parameters it has, by variant; the empty variant is that of the defaults."""

    spec: str
    name: str
    parameters: dict[str, int | str]


def proofs() -> list[Proof]:
    """Everything that the tests claim, in the order of the files. Raises ValueError where a claim is not written out."""
    found = []
    for path in sorted(TESTS.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found += [
                    _proof(call, path.name, node.name) for decorator in node.decorator_list for call in _claims(decorator)
                ]
    return found


def _claims(decorator: ast.expr) -> Iterator[ast.Call]:
    """The calls of `proves` in a decorator: itself, or marks of single parameters."""
    for part in ast.walk(decorator):
        if isinstance(part, ast.Call) and ast.unparse(part.func) == "proves":
            yield part


def _proof(call: ast.Call, file: str, test: str) -> Proof:
    models = tuple(map(ast.literal_eval, call.args))
    named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    return Proof(models, named["kind"], named.get("reference", ""), named.get("figure", ""), file, test)


@cache
def models() -> list[Model]:
    """Every model of the bundled specs, as `specc check` sees it."""
    zoo: list[Model] = []
    for path in bundled_specs():
        source = read_path(path)
        checked = check(source, Options(), Diagnostics())
        found: dict[str, Model] = {}
        for made in checked.models:
            model = found.setdefault(made.definition.name, Model(bundled_name(path), made.definition.name, {}))
            default = next((variant.name for variant in variants_of(made.definition) if not variant.values), "")
            model.parameters[made.variant or default] = freeze(made.program, source, made.variant).main.learned
        zoo += found.values()
    return zoo


def unproved() -> list[str]:
    """The models that no test proves, and the claims about models that there are not."""
    claims, zoo = proofs(), models()
    missing = [f"{model.spec} {model.name}" for model in zoo if not any(claim.of(model.spec, model.name) for claim in claims)]
    known = {name for model in zoo for name in (model.spec, f"{model.spec} {model.name}")}
    return missing + [f"{claim.test}: {name}" for claim in claims for name in claim.models if name not in known]


def markdown() -> str:
    """docs/zoo.md."""
    claims, zoo = proofs(), models()
    parts = [NOTE, INTRODUCTION.format(len({model.spec for model in zoo}), len(zoo))]
    for family in dict.fromkeys([*FAMILIES, *(model.spec.partition("/")[0] for model in zoo)]):
        members = [model for model in zoo if model.spec.startswith(f"{family}/")]
        if members:
            parts.append(f"## {FAMILIES.get(family, family.capitalize())}\n")
            rows = ["| spec | model | parameters | proof | picture |", "| --- | --- | --- | --- | --- |"]
            rows += [_row(model, [claim for claim in claims if claim.of(model.spec, model.name)]) for model in members]
            parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _row(model: Model, claims: list[Proof]) -> str:
    stem = model.spec.rpartition("/")[2]
    counts = [f"{name} {_grouped(count)}".strip() for name, count in model.parameters.items()]
    told = [str(claim) for kind in KINDS for claim in claims if claim.kind == kind]
    cells = (
        f"[{stem}](../specs/{model.spec}.nn)",
        model.name,
        "<br>".join(counts),
        "<br>".join(told) or "**not proved**",
        f"[picture](gallery/{stem}.svg)",
    )
    return f"| {' | '.join(cells)} |"


def _grouped(count: int | str) -> str:
    return f"{count:,}".replace(",", " ") if isinstance(count, int) else f"`{count}`"


def main() -> None:
    (DOCS / "zoo.md").write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
