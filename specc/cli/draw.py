"""Draw a model: as SVG, PNG or PDF for papers, as one HTML file to walk through, or as DOT and Mermaid text.

The format is that of the name after -o. Blocks that are used several times are drawn once beside the model; --view full
draws everything where it is used, --expand and --collapse choose single blocks.
"""

from __future__ import annotations

import argparse
import gc
import os

from specc.cli import FINDINGS, FINE
from specc.cli.arguments import Misuse, Parser, add_selection, number, one_of, suggestion
from specc.cli.console import tell
from specc.cli.files import write_generated, write_output
from specc.cli.sources import one_drawing
from specc.reading import SUFFIX

FORMATS = ("svg", "png", "pdf", "html", "dot", "mmd")
VIEWS = ("auto", "overview", "full", "block", "unet", "graph", "trapezia", "unrolled", "neurons", "volumes", "table")


def declare(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="a .nn file, or a bundled spec's name")
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="where to write, the ending says what; - is standard output (default: the spec's name with .svg, here)",
    )
    parser.add_argument(
        "--format", type=one_of(FORMATS), metavar="|".join(FORMATS), help="what to write, where the name after -o does not say"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that specc did not write")
    parser.add_argument(
        "--view",
        nargs="+",
        default=["auto"],
        metavar="VIEW",
        help=f"{', '.join(VIEWS)} (default: auto, what suits the model); block takes a name: --view block NAME",
    )
    parser.add_argument("--depth", type=number(0), metavar="N", help="how many levels of blocks to draw open")
    parser.add_argument("--expand", metavar="NAME", action="append", default=[], help="a block or layer to draw open")
    parser.add_argument("--collapse", metavar="NAME", action="append", default=[], help="a block or layer to draw closed")
    parser.add_argument("--direction", type=one_of(("tb", "lr")), metavar="tb|lr", help="downwards or to the right")
    parser.add_argument(
        "--theme", type=one_of(("light", "dark", "auto")), default="auto", metavar="light|dark|auto",
        help="colours (default: auto, as the reader's page)",
    )  # fmt: skip
    parser.add_argument("--shapes", action=argparse.BooleanOptionalAction, default=True, help="sizes on the wires")
    parser.add_argument("--open", action="store_true", help="show the file")
    add_selection(parser)


def run(arguments: argparse.Namespace) -> int:
    collecting = gc.isenabled()
    gc.disable()  # a drawing is made once and kept to its end: looking for garbage meanwhile costs a tenth
    try:
        return _draw(arguments)
    finally:
        if collecting:
            gc.enable()


def _draw(arguments: argparse.Namespace) -> int:
    view, block = _view(arguments)
    path, form = _target(arguments)
    from specc.draw.compose import CannotDraw, Wanted
    from specc.draw.engine import LayoutFailed, NoEngine

    wanted = Wanted(
        view,
        block,
        arguments.depth,
        tuple(arguments.expand),
        tuple(arguments.collapse),
        arguments.direction or "",
        arguments.shapes,
    )
    drawing = one_drawing(arguments)
    if drawing is None:
        return FINDINGS
    from specc.draw import render

    try:
        views = drawing.views(wanted) if form == "html" else ()
        picture = drawing.compose(wanted)
        data = render.render(picture, form, arguments.theme, views)
    except (CannotDraw, LayoutFailed, NoEngine) as error:
        raise Misuse(str(error)) from None
    if picture.note:
        tell(picture.note)
    if path == "-":
        write_output(data)
        return FINE
    write_generated(path, data, force=arguments.force, marker=render.marker(form))
    tell(f"wrote {path}")
    if arguments.open:
        import webbrowser

        webbrowser.open(f"file://{os.path.abspath(path)}")
    return FINE


def _view(arguments: argparse.Namespace) -> tuple[str, str]:
    """The view, and the block that it shows; a file that stands behind --view is found there. Raises Misuse."""
    view, *names = arguments.view
    if arguments.file is None:
        if not names:
            raise Misuse("`specc draw` wants a file: a .nn file, or a bundled spec's name")
        arguments.file = names.pop()
    if view not in VIEWS:
        raise Misuse(f"there is no view {view}{suggestion(view, VIEWS) or '; there are ' + ', '.join(VIEWS)}")
    if view == "block" and len(names) != 1:
        raise Misuse("--view block wants the name of one block, as in --view block Attention")
    if view != "block" and names:
        raise Misuse(f"--view {view} takes no name; what is {names[0]}?")
    return view, names[0] if names else ""


def _target(arguments: argparse.Namespace) -> tuple[str, str]:
    """Where to write and what. Raises Misuse."""
    path, form = arguments.output, arguments.format
    if path is None:
        stem = os.path.basename(arguments.file).removesuffix(SUFFIX) or "model"
        return f"{stem}.{form or 'svg'}", form or "svg"
    if form is None:
        form = "svg" if path == "-" else os.path.splitext(path)[1].removeprefix(".").lower()
    if form not in FORMATS:
        raise Misuse(f"{path} does not end in {', '.join('.' + f for f in FORMATS)}: give such a name, or --format")
    return path, form
