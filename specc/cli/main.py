"""The command `specc`: picks the verb, and turns whatever goes wrong into one clear line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn, TextIO

from specc.cli import BROKEN_PIPE, BUG, FINE, INTERRUPTED, MISUSE
from specc.cli.console import complain
from specc.cli.files import CannotWrite
from specc.reading import CannotRead
from specc.version import __version__

VERBS = {
    "check": "find every mistake in specs, without loading torch",
    "summary": "count parameters, operations and memory, layer by layer",
    "draw": "draw a model: SVG, PNG, PDF, HTML, DOT or Mermaid",
    "build": "write a model as a PyTorch file",
    "run": "build a model and run it once on random input",
    "verify": "hold what the checker infers against what torch computes",
    "compare": "hold a model against another implementation of it",
    "weights": "rename the weights of a safetensors file to fit a model",
    "fmt": "format specs",
    "list": "list the bundled specs",
    "explain": "explain a diagnostic code",
    "completion": "print a completion script for bash, zsh or fish",
}
# What a user sees when a package is missing, and how it is installed.
_EXTRAS = {"torch": "torch", "safetensors": "torch", "numpy": "torch", "pygraphviz": "draw", "resvg_py": "draw"}

_UNWRITABLE = "the output cannot be written: {}"


def entry_point() -> NoReturn:
    """What the installed command calls."""
    for stream in (sys.stdout, sys.stderr):
        _make_lenient(stream)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else every installed package is asked for one
    status = guarded(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = BROKEN_PIPE
    except OSError as error:
        complain(_UNWRITABLE.format(_reason(error)))
        status = MISUSE
    else:
        sys.exit(status)
    # The interpreter would flush once more at its end and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def guarded(arguments: Sequence[str]) -> int:
    """Runs a command; whatever goes wrong is told on standard error and becomes the exit code."""
    from specc.cli.arguments import Misuse

    try:
        return main(arguments)
    except (Misuse, CannotRead, CannotWrite) as mistake:
        complain(str(mistake))
        return MISUSE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return BROKEN_PIPE
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            return _bug(error)
        complain(_UNWRITABLE.format(_reason(error)))
        return MISUSE
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            return _bug(error)
        complain(f"this needs {package}, which is not installed: pip install 'specc[{_EXTRAS[package]}]'")
        return MISUSE
    except Exception as error:  # noqa: BLE001  # the one place where a bug of specc ends: it is reported, never hidden
        from specc.runtime.errors import CannotRun
        from specc.weights.errors import BadWeights

        if isinstance(error, CannotRun | BadWeights):
            complain(str(error))
            return MISUSE
        return _bug(error)


def main(arguments: Sequence[str]) -> int:
    """Runs one verb and returns its exit code. Raises Misuse, CannotRead and CannotWrite."""
    from specc.cli.arguments import Misuse, Parser, suggestion

    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage(), end="")
        return FINE if arguments else MISUSE
    verb, *rest = arguments
    if verb in ("-V", "--version", "version"):
        print(f"specc {__version__} (Python {sys.version.partition(' ')[0]})")
        return FINE
    if verb not in VERBS:
        if verb.startswith("-"):
            raise Misuse(f"{verb} stands before the verb; options come after it, as in `specc check FILE {verb}`")
        raise Misuse(f"there is no `specc {verb}`{suggestion(verb, VERBS) or '; `specc --help` lists what there is'}")
    module = import_module(f"specc.cli.{verb}")
    parser = Parser(verb, VERBS[verb], module.__doc__ or "")
    module.declare(parser)
    status: int = module.run(parser.parse(rest))
    return status


def usage() -> str:
    """The help of `specc` itself."""
    width = max(map(len, VERBS))
    verbs = "".join(f"  {verb:<{width}}  {purpose}\n" for verb, purpose in VERBS.items())
    return (
        "specc: neural network architectures as text, checked before torch is loaded.\n\n"
        "usage: specc VERB [FILE] [options]\n\n"
        f"{verbs}\n"
        "A FILE is a path, `-` for standard input (check, fmt), or a bundled spec by its name: `specc summary resnet`.\n"
        "`specc VERB --help` shows a verb's options. `specc --version` shows the version.\n"
        "Exit codes: 0 fine, 1 findings, 2 misuse, 3 a bug in specc.\n"
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _bug(error: Exception) -> int:
    if os.environ.get("SPECC_DEBUG"):
        import traceback

        traceback.print_exception(error)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        file = trace.tb_frame.f_code.co_filename.replace(os.sep, "/")
        place = f" ({'/'.join(file.split('/')[-3:])}:{trace.tb_lineno})"
    complain(f"this is a bug in specc\n  {type(error).__name__}: {error}{place}")
    print(
        "Please report it: the command, the spec, `specc --version`, and what it prints with SPECC_DEBUG=1 set.",
        file=sys.stderr,
    )
    return BUG


def _make_lenient(stream: TextIO) -> None:
    """A character that the terminal's encoding lacks must not end the program."""
    reconfigure = getattr(stream, "reconfigure", None)  # absent where an application has replaced the stream
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
