"""The compiler on one page: parse -> resolve -> instantiate (elaborate and infer) -> emit, draw or summarise.

SourceFile --parse--> File --resolve--> FileScope --instantiate--> Program (traces) --freeze--> graph --> summary, picture
                                                                      |--generalise--> generic traces --emit--> Python
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostics
from specc.elaborate import file_errors, selection_errors
from specc.elaborate.alone import check_alone
from specc.elaborate.files import Files, Reader
from specc.elaborate.open_types import Assumed, infer_types, open_inputs
from specc.elaborate.program import Program, model_arguments
from specc.elaborate.scope import FileScope
from specc.elaborate.trace import DefinitionRef, Instance, Static, Tensor
from specc.elaborate.unused import warn_unmentioned, warn_unused
from specc.reading import CannotRead, read_path, zoo_root
from specc.record import Record
from specc.source import SourceFile, Span
from specc.syntax import ast
from specc.syntax.parse import parse, parse_expression

if TYPE_CHECKING:
    from specc.draw.compose import Drawing
    from specc.elaborate.listing import Listing
    from specc.elaborate.unchanged import Unchanged
    from specc.graph.model import Program as Graph


class Options(Record):
    """What the user selects: a model, a variant, settings (`name`, `.nn` expression), sizes of inputs, limits."""

    model: str | None = None
    variant: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, tuple[int, ...]], ...] = ()
    root: str | None = None
    max_nodes: int = 50_000
    allow_extern: tuple[str, ...] = ()


class Elaborated(Record):
    """A model with one set of parameters, elaborated. `variant` is None for the defaults."""

    definition: DefinitionRef
    variant: str | None
    program: Program


class Checked(Record):
    """A file and the models of it that were checked."""

    source: SourceFile
    scope: FileScope
    files: Files
    models: tuple[Elaborated, ...]


def check(source: SourceFile, options: Options, diagnostics: Diagnostics, unchanged: Unchanged | None = None) -> Checked:
    """Checks every model and variant of a file (or the selected one) and every block that no model uses. While there are
    errors, warnings of style are kept back, and proposals are tried out. What is `unchanged` since it was found to be right
    is left out of the check and of the result."""
    collecting, depth = gc.isenabled(), sys.getrecursionlimit()
    sys.setrecursionlimit(max(depth, _DEPTH))
    gc.disable()  # what a check makes it keeps: looking for garbage meanwhile costs a third of a large one
    try:
        checked = _check(source, options, diagnostics, _read, unchanged)
        if diagnostics.has_errors:
            _refine(checked, options, diagnostics)
        if len(diagnostics):
            from specc.fixes import advise

            advise(diagnostics)
        return checked
    finally:
        sys.setrecursionlimit(depth)
        if collecting:
            gc.enable()


_DEPTH = 20_000  # calls of Python: 64 blocks within each other, with expressions 64 deep in each


def _refine(checked: Checked, options: Options, diagnostics: Diagnostics) -> None:
    from specc.fixes import certify

    def again(source: SourceFile, edited: Mapping[str, SourceFile]) -> Diagnostics:
        found = Diagnostics()
        _check(source, options, found, lambda path: edited.get(path) or _read(path))
        found.essential()
        return found

    diagnostics.essential()
    tensors = sum(model.program.next_tensor for model in checked.models)
    certify(checked.source, diagnostics, tensors + len(checked.source.text) // 20 + 50 * len(diagnostics), again)


def _check(
    source: SourceFile, options: Options, diagnostics: Diagnostics, read: Reader, unchanged: Unchanged | None = None
) -> Checked:
    files = Files(parse, read, zoo_root(), options.root, diagnostics)
    scope = files.load(source)
    right = unchanged.names(scope, files, options) if unchanged is not None else frozenset[str]()
    models: list[Elaborated] = []
    for definition in _definitions(scope, options, diagnostics):
        if definition.name in right:
            continue
        for variant in _variants(definition, options, diagnostics):
            program = Program(files, diagnostics, max_nodes=options.max_nodes, inputs=dict(options.inputs))
            settings = _settings(program, definition, variant, options, diagnostics)
            if settings is not None:
                if open_inputs(definition):
                    program.assumed = _open_types(definition, variant, files, options)
                told = diagnostics.mark()
                program.elaborate_model(definition, settings)
                if variant is not None and models:
                    diagnostics.amend(told, note=f"in the variant `{variant.name}`")
                models.append(Elaborated(definition, variant.name if variant is not None else None, program))
    _hold_inputs(models, options, diagnostics)
    if options.model is None:
        _check_blocks(scope, files, models, options, diagnostics, right)
    if not diagnostics.has_errors:
        warn_unused([model.program for model in models], source, diagnostics)
        warn_unmentioned(scope, diagnostics)
        if unchanged is not None:
            unchanged.learn(scope, files, options, diagnostics.sorted())
    return Checked(source, scope, files, tuple(models))


def _open_types(definition: DefinitionRef, variant: ast.Variant | None, files: Files, options: Options) -> dict[str, Assumed]:
    """Types for the inputs whose types are left out: what the body admits."""

    def make(found: Diagnostics) -> tuple[Program, Callable[[Program], Instance]] | None:
        trial = Program(files, found, max_nodes=options.max_nodes, inputs=dict(options.inputs))
        settings = _settings(trial, definition, variant, options, found)
        return None if settings is None else (trial, lambda program: program.elaborate_model(definition, settings))

    return infer_types(definition, make) or {}


def _check_blocks(
    scope: FileScope,
    files: Files,
    models: list[Elaborated],
    options: Options,
    diagnostics: Diagnostics,
    right: frozenset[str],
) -> None:
    """Blocks that no model uses are checked with symbols for their parameters; not those that are known to be `right`."""
    used = {id(instance.definition) for model in models for instance in model.program.instances.values()}
    for item in scope.items.values():
        if isinstance(item, DefinitionRef) and item.node.keyword == "block" and id(item) not in used and item.name not in right:
            check_alone(item, files, diagnostics, options.max_nodes)


def listings(checked: Checked, options: Options, failed: bool) -> list[Listing]:
    """What inference found out of every definition of a file, with each model's default (or selected) parameters. `failed`
    says that the check found errors; what could be inferred nevertheless is there."""
    from specc.elaborate.listing import listings as collect

    programs: list[Program] = []
    chosen: set[int] = set()
    for model in checked.models:
        if id(model.definition) not in chosen:
            chosen.add(id(model.definition))
            programs.append(model.program)
    alone: list[Program] = []
    if options.model is None:
        used = {id(instance.definition) for program in programs for instance in program.instances.values()}
        for item in checked.scope.items.values():
            if isinstance(item, DefinitionRef) and item.node.keyword == "block" and id(item) not in used:
                found = check_alone(item, checked.files, Diagnostics(), options.max_nodes)
                alone += [found] if found is not None else []
    return collect(programs, alone, checked.source, failed)


def selected(checked: Checked) -> Elaborated | None:
    """The model to build: the selected one, or the last of the file with its default parameters."""
    if not checked.models:
        return None
    last = checked.models[-1].definition
    return next(model for model in checked.models if model.definition is last)


def program(checked: Checked, options: Options, diagnostics: Diagnostics) -> Graph | None:
    """The checked graph of the selected model; None after a message."""
    from specc.elaborate.freeze import freeze

    chosen = _chosen(checked, diagnostics)
    return None if chosen is None else freeze(chosen.program, checked.source, chosen.variant)


def drawing(checked: Checked, options: Options, diagnostics: Diagnostics) -> Drawing | None:
    """The selected model, ready to be drawn in any view; None after a message."""
    from specc.draw.compose import Drawing
    from specc.draw.declared import declared

    graph = program(checked, options, diagnostics)
    return None if graph is None else Drawing(graph, declared(checked.files.scopes))


def build(checked: Checked, options: Options, diagnostics: Diagnostics) -> str | None:
    """The Python source of the selected model and what it uses; None after a message."""
    emitted = emit(checked, options, diagnostics)
    return None if emitted is None else emitted.text


def emit(checked: Checked, options: Options, diagnostics: Diagnostics) -> Any:
    """The Python file with the place in the spec for its lines; None after a message."""
    from specc.emit import emit_program as run

    chosen = _chosen(checked, diagnostics)
    if chosen is not None and not _externs_allowed(chosen.program, options, diagnostics):
        return None
    return None if chosen is None else run(chosen.program, checked.source)


def _externs_allowed(program: Program, options: Options, diagnostics: Diagnostics) -> bool:
    """Code that a spec names is imported by what is built only if the user said so."""
    good = True
    for name, item in program.externs.items():
        module, _, attribute = item.target.partition(":")
        if not all(part.isidentifier() for part in module.split(".")) or not attribute.isidentifier():
            diagnostics.add(file_errors.extern_target(item.target, item.span))
            good = False
        elif module not in options.allow_extern:
            diagnostics.add(file_errors.extern_not_allowed(name, module, item.span))
            good = False
    return good


def _chosen(checked: Checked, diagnostics: Diagnostics) -> Elaborated | None:
    if diagnostics.has_errors:
        return None
    chosen = selected(checked)
    if chosen is None:
        diagnostics.add(selection_errors.no_models(checked.source.name))
    return chosen


def _read(path: str) -> SourceFile | None:
    from specc.reading import display_name

    try:
        return read_path(path, display_name(path))
    except CannotRead:
        return None


def _definitions(scope: FileScope, options: Options, diagnostics: Diagnostics) -> list[DefinitionRef]:
    models = [item for item in scope.items.values() if isinstance(item, DefinitionRef) and item.node.keyword == "model"]
    if options.model is None:
        return models
    chosen = [model for model in models if model.name == options.model]
    if not chosen:
        diagnostics.add(selection_errors.unknown_model(options.model, [model.name for model in models], scope.file.source.name))
    return chosen


def variants_of(definition: DefinitionRef) -> list[ast.Variant]:
    return [item for statement in definition.node.body if isinstance(statement, ast.Variants) for item in statement.items]


def _variants(definition: DefinitionRef, options: Options, diagnostics: Diagnostics) -> list[ast.Variant | None]:
    known = variants_of(definition)
    if options.variant is None:
        return [None] if options.settings or options.model else [None, *(v for v in known if v.values)]
    chosen: list[ast.Variant | None] = [variant for variant in known if variant.name == options.variant]
    if not chosen:
        diagnostics.add(selection_errors.unknown_variant(options.variant, [variant.name for variant in known], definition.name))
    return chosen


def _hold_inputs(models: Sequence[Elaborated], options: Options, diagnostics: Diagnostics) -> None:
    """Sizes given for an input must be those of an input, one for each of its dimensions."""
    for name, sizes in options.inputs:
        inputs = [item for model in models if model.program.root for item in model.program.root.forward.inputs]
        found = [value for known, value in inputs if known == name]
        if models and not found and not diagnostics.has_errors:
            names = list(dict.fromkeys(known for known, _ in inputs))
            diagnostics.add(selection_errors.unknown_input(name, names, models[-1].definition.name))
        ranks = [value.type.rank for value in found if isinstance(value, Tensor)]
        if ranks and len(sizes) not in ranks:
            diagnostics.add(selection_errors.wrong_sizes(name, len(sizes), ranks[-1]))


def _settings(
    program: Program, definition: DefinitionRef, variant: ast.Variant | None, options: Options, diagnostics: Diagnostics
) -> dict[str, Static] | None:
    """Values by parameter: a variant's, then the user's. None after a message."""
    from specc.elaborate.arguments import written
    from specc.elaborate.body import Body
    from specc.elaborate.scope import Scope
    from specc.elaborate.values import Poison

    body = Body(program, definition, Instance(definition, None, {}, -1), Scope())
    values: dict[str, Static] = {}
    if variant is not None:
        args = written(variant.values, body)
        bound = None if isinstance(args, Poison) else model_arguments(program, definition, args, variant.span)
        if bound is None:
            return None
        values.update(bound)
    names = [param.name for param in definition.node.params]
    for name, text in options.settings:
        if name not in names:
            diagnostics.add(selection_errors.unknown_setting(name, names, definition.name))
            return None
        node = parse_expression(text, diagnostics, f"--set {name}")
        if node is None:
            return None
        span: Span = node.span
        args = written((ast.Argument(span=span, name=name, value=node),), body)
        bound = None if isinstance(args, Poison) else model_arguments(program, definition, args, span)
        if bound is None:
            return None
        values.update(bound)
    return values
