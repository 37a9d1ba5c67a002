"""From what a user names to a source file: a path, `-` for standard input, or a spec of the bundled zoo by its stem.

The only place where specc reads sources. What is wrong is told in one line that ends with what to do.
"""

from __future__ import annotations

import os
import sys

from specc.source import SourceFile

MAX_BYTES = 256 * 1024  # a spec is written by hand; what is larger is something else
SUFFIX = ".nn"


class CannotRead(Exception):
    """A source that cannot be read; the message names it, says why, and what to do."""


def read(name: str) -> SourceFile:
    """The source that `name` stands for: an existing path first, then a bundled spec (`resnet`, `vision/resnet`).

    Raises CannotRead for what is missing, a folder, too large, binary, not UTF-8 or not permitted.
    """
    if name == "-":
        return read_standard_input()
    if os.path.exists(name):
        return read_path(name)
    bundled = bundled_path(name)
    if bundled is not None:
        return read_path(bundled, display=display_name(bundled))
    raise CannotRead(_missing(name))


def read_standard_input() -> SourceFile:
    """Standard input as a source named `<stdin>`."""
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    return SourceFile("<stdin>", _decoded("standard input", data))


def read_path(path: str, display: str | None = None) -> SourceFile:
    """The source file at a path; `display` is its name in messages (the path, unless given)."""
    shown = display or path
    try:
        if os.path.isdir(path):
            raise CannotRead(f"{shown} is a folder: name a {SUFFIX} file in it")
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise CannotRead(f"{shown} does not exist (any more)") from None
    except PermissionError:
        raise CannotRead(f"{shown} may not be read: permission denied; `ls -l` shows whose it is") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise CannotRead(f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return SourceFile(shown, _decoded(shown, data), os.path.abspath(path))


def _decoded(shown: str, data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise CannotRead(
            f"{shown} is larger than {MAX_BYTES // 1024} KiB, the limit for a spec: split it into files that import each other"
        )
    if b"\0" in data:
        raise CannotRead(f"{shown} is a binary file: specc reads {SUFFIX} source text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise CannotRead(f"{shown} is not UTF-8 text (line {line}): save it as UTF-8") from None


def display_name(path: str) -> str:
    """A path as it is shown: relative to the working directory when it lies inside it. A bundled spec is `specs/...`
    wherever specc is installed, since its name goes into what is generated."""
    absolute = os.path.abspath(path)
    for folder, prefix in ((zoo_root(), "specs"), (os.getcwd(), "")):
        if absolute.startswith(folder + os.sep):
            return os.path.join(prefix, os.path.relpath(absolute, folder)).replace(os.sep, "/")
    return absolute


def zoo_root() -> str:
    """The folder of the bundled specs."""
    return os.path.realpath(os.path.join(os.path.dirname(__file__), "specs"))


def bundled_specs() -> list[str]:
    """Paths of the bundled specs, sorted, without the library of blocks."""
    root = zoo_root()
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if folder != root or name != "lib")
        found += [os.path.join(folder, file) for file in sorted(files) if file.endswith(SUFFIX)]
    return found


def bundled_name(path: str) -> str:
    """`vision/resnet`: how a bundled spec is named without its path."""
    return os.path.relpath(path, zoo_root()).removesuffix(SUFFIX).replace(os.sep, "/")


def bundled_path(name: str) -> str | None:
    """The bundled spec called `resnet` or `vision/resnet`, or None. Raises CannotRead where a stem is ambiguous."""
    if not name or name.endswith(SUFFIX):
        return None
    wanted = name.lower()
    matches = [path for path in bundled_specs() if wanted in (bundled_name(path), bundled_name(path).rpartition("/")[2])]
    if len(matches) > 1:
        raise CannotRead(f"{name} could be any of {', '.join(map(bundled_name, matches))}: name the one that is meant")
    return matches[0] if matches else None


def specs_below(folder: str) -> list[str]:
    """Paths of all `.nn` files in a folder and its subfolders, sorted; hidden folders are left out."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [os.path.join(place, file) for file in sorted(files) if file.endswith(SUFFIX)]
    return found


def _missing(name: str) -> str:
    from difflib import get_close_matches

    folder, base = os.path.split(name)
    try:
        neighbours = [file for file in sorted(os.listdir(folder or ".")) if file.endswith(SUFFIX)]
    except OSError:
        neighbours = []
    near = [os.path.join(folder, file) for file in get_close_matches(base, neighbours, n=1)]
    near = near or [os.path.join(folder, file) for file in neighbours if file == base + SUFFIX]
    if not near and not name.endswith(SUFFIX):
        names = [bundled_name(path).rpartition("/")[2] for path in bundled_specs()]
        near = get_close_matches(base.lower(), names, n=1)
    if near:
        return f"{name} does not exist; did you mean {near[0]}?"
    if name.endswith(SUFFIX):
        return f"{name} does not exist"
    return f"{name} is neither a file nor a bundled spec; `specc list` shows those"
