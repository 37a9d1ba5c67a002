"""What `import specc` offers to Python: check, build, draw, load, compare. Each takes a path, a bundled spec or a text."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from specc.diagnostics import Diagnostic, Diagnostics
from specc.record import Record
from specc.source import SourceFile

if TYPE_CHECKING:
    from types import ModuleType

    from specc.draw.compose import Drawing, Wanted
    from specc.draw.picture import Picture
    from specc.elaborate.unchanged import Unchanged
    from specc.pipeline import Options
    from specc.runtime.compare import Comparison
    from specc.runtime.entry import Entry, Module
    from specc.runtime.inputs import Given
    from specc.runtime.weights import Width

Value = bool | int | float | str | None | Sequence["Value"]
Sizes = Mapping[str, Sequence[int]]


class Report(Record):
    """What a check found, in the order of the source. True in a condition when there is no error. In a notebook it shows
    itself: the model's picture, or what is wrong."""

    _ignored = frozenset({"drawn"})

    diagnostics: tuple[Diagnostic, ...]
    drawn: Callable[[], Drawn | None] | None = None
    """The picture of the model that was checked; None where there is no model."""

    @property
    def ok(self) -> bool:
        return not any(diagnostic.is_error for diagnostic in self.diagnostics)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.text()

    def text(self, *, colour: bool = False) -> str:
        """As `specc check` prints it; empty when nothing was found."""
        from specc.report.style import Style
        from specc.report.text import render

        return render(self.diagnostics, Style(colour=colour))

    def json(self) -> str:
        """As `specc check --format json` prints it."""
        from specc.report.json import render

        return render(self.diagnostics)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        import html

        told = self.text()
        drawn = self.drawn() if self.ok and self.drawn is not None else None
        shown = drawn._repr_mimebundle_() if drawn is not None else {}
        if told and "image/svg+xml" not in shown:
            shown["text/html"] = f"<pre>{html.escape(told)}</pre>"
        return {**shown, "text/plain": told or "no mistakes found"}


class SpecError(Exception):
    """A spec with errors cannot be built; `report` holds them, and so does the message."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"the spec has errors\n\n{report.text()}")
        self.report = report


def check(
    spec: str | os.PathLike[str],
    *,
    model: str | None = None,
    variant: str | None = None,
    inputs: Sizes | None = None,
    root: str | None = None,
    settings: Mapping[str, Value] | None = None,
    **parameters: Value,
) -> Report:
    """Every mistake of a spec. Checks all its models and variants unless `model` or `variant` pick one. Parameters of the spec
    are keyword arguments, here and below; one that is called like an option goes into `settings`. In a process that
    checks again and again, definitions that have not changed since nothing was found in them are not checked again.

    Raises specc.reading.CannotRead when there is no such file.
    """
    from specc.pipeline import check as run

    diagnostics = Diagnostics()
    options, source = _options(model, variant, inputs, root, {**parameters, **(settings or {})}), source_of(spec)
    run(source, options, diagnostics, _found_right())
    return Report(tuple(diagnostics.sorted()), lambda: _drawn(source, options))


@cache
def _found_right() -> Unchanged:
    """What this process has found to be right."""
    from specc.elaborate.unchanged import Unchanged

    return Unchanged()


def build(
    spec: str | os.PathLike[str],
    *,
    model: str | None = None,
    variant: str | None = None,
    inputs: Sizes | None = None,
    root: str | None = None,
    allow_extern: Sequence[str] = (),
    settings: Mapping[str, Value] | None = None,
    **parameters: Value,
) -> str:
    """The Python source of a spec's models. Raises SpecError when the spec has errors, CannotRead when it is missing."""
    from specc.pipeline import build as run
    from specc.pipeline import check as run_check

    options = _options(model, variant, inputs, root, {**parameters, **(settings or {})}, allow_extern)
    diagnostics = Diagnostics()
    checked = run_check(source_of(spec), options, diagnostics)
    text = None if diagnostics.has_errors else run(checked, options, diagnostics)
    if text is None or diagnostics.has_errors:
        raise SpecError(Report(tuple(diagnostics.sorted())))
    return text


class Drawn:
    """A picture. `save` writes it; in a notebook it shows itself."""

    def __init__(self, drawing: Drawing, wanted: Wanted, theme: str) -> None:
        self._drawing = drawing
        self._wanted = wanted
        self._theme = theme

    @property
    def picture(self) -> Picture:
        """The boxes and wires as plain data."""
        return self._drawing.compose(self._wanted)

    def render(self, form: str) -> bytes:
        """The bytes of a svg, png, pdf, html, dot or mmd file.

        Raises specc.draw.engine.NoEngine where svg, png or pdf are wanted and neither pygraphviz nor `dot` is there.
        """
        from specc.draw.render import FORMATS, render

        if form not in FORMATS:
            raise ValueError(f"{form!r} is not one of {', '.join(FORMATS)}")
        views = self._drawing.views(self._wanted) if form == "html" else ()
        return render(self.picture, form, self._theme, views)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the picture; the ending of the name says what. Replaces what is there. Raises ValueError, OSError."""
        name = os.fspath(path)
        data = self.render(os.path.splitext(name)[1].removeprefix(".").lower())
        with open(name, "wb") as file:
            file.write(data)

    @property
    def svg(self) -> str:
        return self.render("svg").decode("utf-8")

    @property
    def dot(self) -> str:
        return self.render("dot").decode("utf-8")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Without graphviz notebooks get Mermaid text, which many of them draw."""
        from specc.draw.engine import NoEngine

        picture = self.picture
        name = {"text/plain": f"{picture.title}: {picture.subtitle}" if picture.subtitle else picture.title}
        try:
            return {**name, "image/svg+xml": self.svg}
        except NoEngine:
            return {**name, "text/markdown": f"```mermaid\n{self.render('mmd').decode('utf-8')}```\n"}


def _drawn(source: SourceFile, options: Options) -> Drawn | None:
    """The picture of a source without errors, in the view that suits it."""
    from specc.draw.compose import Wanted
    from specc.pipeline import check as run
    from specc.pipeline import drawing

    diagnostics = Diagnostics()
    made = drawing(run(source, options, diagnostics), options, diagnostics)
    return None if made is None else Drawn(made, Wanted(), "auto")


def draw(
    spec: str | os.PathLike[str],
    *,
    model: str | None = None,
    variant: str | None = None,
    inputs: Sizes | None = None,
    root: str | None = None,
    view: str = "auto",
    block: str = "",
    depth: int | None = None,
    expand: Sequence[str] = (),
    collapse: Sequence[str] = (),
    direction: str = "",
    theme: str = "auto",
    shapes: bool = True,
    settings: Mapping[str, Value] | None = None,
    **parameters: Value,
) -> Drawn:
    """A picture of a model, without torch: `specc.draw("gpt2").save("gpt2.svg")`. The options are those of `specc draw`.

    Raises SpecError when the spec has errors, CannotRead when it is missing, specc.draw.compose.CannotDraw where there is no
    such view or block.
    """
    from specc.draw.compose import Wanted
    from specc.pipeline import check as run_check
    from specc.pipeline import drawing

    options = _options(model, variant, inputs, root, {**parameters, **(settings or {})})
    diagnostics = Diagnostics()
    checked = run_check(source_of(spec), options, diagnostics)
    made = None if diagnostics.has_errors else drawing(checked, options, diagnostics)
    if made is None or diagnostics.has_errors:
        raise SpecError(Report(tuple(diagnostics.sorted())))
    wanted = Wanted("block" if block else view, block, depth, tuple(expand), tuple(collapse), direction, shapes)
    made.compose(wanted)  # what cannot be drawn is told here
    return Drawn(made, wanted, theme)


def entry(module: Module, name: str) -> Entry:
    """An entry of a generated module as a module of its own, for what takes modules: torch.export, ONNX, a profiler.

        decode = specc.entry(vae, "decode")
        torch.export.export(decode, (z,), dynamic_shapes={"z": {0: torch.export.Dim.DYNAMIC}})

    It shares the weights; its state_dict has their keys behind `module.`. Raises ValueError where there is no such entry.
    """
    from specc.runtime.entry import entry as run

    return run(module, name)


def load(
    spec: str | os.PathLike[str],
    model: str | None = None,
    variant: str | None = None,
    *,
    inputs: Sizes | None = None,
    root: str | None = None,
    allow_extern: Sequence[str] = (),
    weights: str | os.PathLike[str] | None = None,
    dtype: Width | None = None,
    device: str | None = None,
    settings: Mapping[str, Value] | None = None,
    **parameters: Value,
) -> ModuleType:
    """The spec's Python module, live: `load("lenet5.nn").LeNet5(classes=12)` is a torch.nn.Module.

    With `weights` (a safetensors file), `dtype` (of its floats) or `device` (`cuda`, or `auto` for the best there is) the
    module has `model` too: the built model, made and filled so. Raises as `build`, and specc.runtime.errors.CannotRun
    where weights or device do not fit.
    """
    from specc.pipeline import check as run_check
    from specc.pipeline import emit
    from specc.runtime.load import load as live

    source = source_of(spec)
    options = _options(model, variant, inputs, root, {**parameters, **(settings or {})}, allow_extern)
    diagnostics = Diagnostics()
    checked = run_check(source, options, diagnostics)
    emitted = None if diagnostics.has_errors else emit(checked, options, diagnostics)
    if emitted is None or diagnostics.has_errors:
        raise SpecError(Report(tuple(diagnostics.sorted())))
    module = live(emitted.text, source.name, emitted.lines)
    if weights is None and dtype is None and device is None:
        return module
    from specc.runtime.weights import with_model

    return with_model(module, weights=weights, dtype=dtype, device=device or "cpu")


def compare(
    spec: str | os.PathLike[str],
    reference: object,
    *,
    model: str | None = None,
    variant: str | None = None,
    inputs: Sizes | None = None,
    root: str | None = None,
    allow_extern: Sequence[str] = (),
    kwargs: Mapping[str, object] | None = None,
    map: str | os.PathLike[str] | None = None,
    keywords: Mapping[str, str] | None = None,
    take: Sequence[str] = (),
    fed: Given | None = None,
    dtype: str | Width = "float32",
    device: str = "cpu",
    tolerance: float | None = None,
    train: bool = False,
    as_built: bool = False,
    repeat: int = 5,
    seed: int = 0,
    settings: Mapping[str, Value] | None = None,
    **parameters: Value,
) -> Comparison:
    """A spec's model against another: `reference` is a torch.nn.Module, something to call that makes one of `kwargs`, or
    `package.module:name` for one. Its weights are loaded into the spec's model by the rules of `map` (a file, or a text with
    `->` in it), both get the same inputs (`fed`, by the spec's names, or random ones), and the report says how far the outputs
    are apart: true in a condition where that is within the tolerance. The other options are those of `specc compare`.

    Raises as `build`, specc.weights.errors.BadWeights where the map cannot be used, specc.runtime.errors.CannotRun
    where the models cannot be built or run, and ValueError for a width that is none.
    """
    from specc.pipeline import check as run_check
    from specc.pipeline import emit, program
    from specc.runtime.compare import WIDTHS, Terms
    from specc.runtime.compare import compare as run
    from specc.runtime.load import load as live
    from specc.runtime.reference import imported
    from specc.weights import rules as renaming

    rules = None
    if map is not None:
        is_text = isinstance(map, str) and ("->" in map or "\n" in map)
        rules = renaming.parse(str(map)) if is_text else renaming.read(os.fspath(map))
    source = source_of(spec)
    options = _options(model, variant, inputs, root, {**parameters, **(settings or {})}, allow_extern)
    diagnostics = Diagnostics()
    checked = run_check(source, options, diagnostics)
    graph = None if diagnostics.has_errors else program(checked, options, diagnostics)
    emitted = None if graph is None else emit(checked, options, diagnostics)
    if graph is None or emitted is None:
        raise SpecError(Report(tuple(diagnostics.sorted())))
    width = str(dtype).removeprefix("torch.")
    if width not in WIDTHS:
        raise ValueError(f"{width!r} is not one of {', '.join(WIDTHS)}")
    terms = Terms(width, device, seed, train, rules, keywords or {}, tuple(take), fed, as_built, tolerance, repeat)
    name = reference if isinstance(reference, str) else getattr(reference, "__qualname__", type(reference).__qualname__)
    other = imported(reference) if isinstance(reference, str) else reference
    return run(graph, live(emitted.text, source.name, emitted.lines), other, name, kwargs or {}, terms)


def source_of(spec: str | os.PathLike[str]) -> SourceFile:
    """The source that a path, a bundled spec's name or a text stands for: what holds a brace or a newline is a text."""
    from specc.reading import read

    if isinstance(spec, str) and ("{" in spec or "\n" in spec):
        return SourceFile("<text>", spec)
    return read(os.fspath(spec))


def expression(value: Value) -> str:
    """A Python value as a `.nn` expression. Raises TypeError for what has none."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        import json

        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(expression, value))}]"
    raise TypeError(f"{value!r} cannot be a parameter of a spec: expected a number, bool, str, None or a list of those")


def _options(
    model: str | None,
    variant: str | None,
    inputs: Sizes | None,
    root: str | None,
    parameters: Mapping[str, Value],
    allow_extern: Sequence[str] = (),
) -> Options:
    from specc.pipeline import Options

    return Options(
        model=model,
        variant=variant,
        settings=tuple((name, expression(value)) for name, value in parameters.items()),
        inputs=tuple((name, tuple(sizes)) for name, sizes in (inputs or {}).items()),
        root=root,
        allow_extern=tuple(allow_extern),
    )
