"""Who lays out and draws: graphviz inside this process (pygraphviz), else a `dot` program, else nobody."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from shutil import which

FONTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fonts")
_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{0}</dir><cachedir>{0}/cache</cachedir></fontconfig>
"""
"""Only the shipped fonts: a picture must not depend on what a machine has installed."""
SECONDS = 120.0
"""What a layout by the `dot` program may take."""

Engine = Callable[[str, str, str], bytes]
"""DOT source, how to lay it out (`dot`, or `nop2` where positions stand), what to write (`dot`, `svg`, `json`, ...)."""


class NoEngine(Exception):
    """Neither pygraphviz nor dot is here; the message says what to install."""

    def __init__(self) -> None:
        super().__init__(
            "neither pygraphviz nor a `dot` program is installed: pip install 'specc[draw]', or pass -o with a name ending in "
            ".html, .dot or .mmd"
        )


class LayoutFailed(Exception):
    """Graphviz gave up; the message holds what it said."""


@cache
def engine() -> Engine:
    """The best one there is. Raises NoEngine."""
    if find_spec("pygraphviz") is not None:
        with suppress(ImportError):  # a wheel whose libraries this system lacks
            return _inside()
    program = which("dot")
    if program is None:
        raise NoEngine
    return _outside(program)


@cache
def _configuration() -> str:
    """A fontconfig file for this process. The fonts are copied beside it, since fontconfig leaves files where it reads."""
    import atexit
    import shutil

    folder = tempfile.mkdtemp(prefix="specc-fonts-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in sorted(os.listdir(FONTS)):
        if name.endswith(".ttf"):
            shutil.copy(os.path.join(FONTS, name), folder)
    path = os.path.join(folder, "fonts.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(_CONFIGURATION.format(folder.replace("&", "&amp;").replace("<", "&lt;")))
    return path


def _inside() -> Engine:
    os.environ["FONTCONFIG_FILE"] = _configuration()  # read when graphviz measures its first text
    with _quiet():
        import pygraphviz

    def run(source: str, layout: str, form: str) -> bytes:
        with _quiet() as said:
            try:
                drawn = pygraphviz.AGraph(string=source).draw(format=form, prog=layout)
            except (OSError, ValueError, RuntimeError) as error:
                raise LayoutFailed(f"graphviz could not lay the picture out: {error} {said()}".strip()) from None
        if not drawn:
            raise LayoutFailed("graphviz drew nothing")
        return bytes(drawn)

    return run


def _outside(program: str) -> Engine:
    def run(source: str, layout: str, form: str) -> bytes:
        environment = {**os.environ, "FONTCONFIG_FILE": _configuration()}
        command = [program, f"-K{layout}", f"-T{form}"]
        try:
            done = subprocess.run(
                command, input=source.encode(), capture_output=True, env=environment, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise LayoutFailed(f"{program} did not finish in {SECONDS:g} seconds") from None
        if done.returncode:
            raise LayoutFailed(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    return run


@contextmanager
def _quiet() -> Iterator[Callable[[], str]]:
    """What C libraries say on standard error goes to a file; fontconfig warns about every machine's set-up."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed
        yield lambda: ""
        return
    with tempfile.TemporaryFile() as heard:
        os.dup2(heard.fileno(), 2)

        def said() -> str:
            heard.seek(0)
            return heard.read().decode(errors="replace")

        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)
