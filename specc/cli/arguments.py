"""Arguments that several verbs share, and how their misuse is told."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from specc.pipeline import Options

MAX_NODES = 500_000  # what --max-nodes may be raised to
DEVICES = ("auto", "cpu", "cuda", "mps", "xpu", "meta")


class Misuse(Exception):
    """The command line does not fit; the message says what was expected and what to write."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the nearest known word, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


class Parser(argparse.ArgumentParser):
    """argparse with mistakes raised as Misuse, options never abbreviated, and unknown ones answered with the nearest."""

    def __init__(self, verb: str, purpose: str, documentation: str) -> None:
        super().__init__(
            prog=f"specc {verb}",
            description=documentation.strip() or purpose,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        raise Misuse(f"{message}; `{self.prog} --help` shows the options")

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The parsed arguments; raises Misuse, and SystemExit(0) after --help."""
        namespace, unknown = self.parse_known_args(arguments)
        if unknown:
            word = unknown[0].partition("=")[0]
            if not word.startswith("-"):
                raise Misuse(f"`{self.prog}` takes one file; what is {word}?")
            raise Misuse(f"`{self.prog}` has no option {word}{suggestion(word, self.option_names())}")
        return namespace

    def option_names(self) -> list[str]:
        """Every option as it is written: `--format`."""
        return [name for action in self._actions for name in action.option_strings]

    def actions(self) -> list[argparse.Action]:
        """What the completion scripts are made from."""
        return list(self._actions)


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """An argument's type: one of some words; a wrong one is answered with the nearest."""

    def word(text: str) -> str:
        if text not in names:
            listed = ", ".join(names[:-1]) + " or " + names[-1]
            raise argparse.ArgumentTypeError(f"{text!r} is not {listed}{suggestion(text, names)}")
        return text

    return word


def number(least: int, most: int | None = None) -> Callable[[str], int]:
    """An argument's type: an integer within bounds, both included."""

    def integer(text: str) -> int:
        try:
            value = int(text.replace("_", ""))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not an integer") from None
        if value < least or (most is not None and value > most):
            upper = "" if most is None else f" and at most {most}"
            raise argparse.ArgumentTypeError(f"{value} is out of range: at least {least}{upper}")
        return value

    return integer


def positive(text: str) -> float:
    """An argument's type: a number that is 0 or more."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is out of range: at least 0")
    return value


def add_format(parser: Parser, formats: Sequence[str] = ("text", "json")) -> None:
    parser.add_argument(
        "--format",
        type=one_of(formats),
        default=formats[0],
        metavar="|".join(formats),
        help=f"how to print (default: {formats[0]})",
    )


def add_device(parser: Parser, default: str = "auto") -> None:
    parser.add_argument(
        "--device",
        type=one_of(DEVICES),
        default=default,
        metavar="|".join(DEVICES),
        help=f"where to run (default: {default}{', the best there is' if default == 'auto' else ''})",
    )


def add_selection(parser: Parser) -> None:
    """Which model of a file, with which parameters and input sizes, and what it may use."""
    parser.add_argument("--model", metavar="NAME", help="the model, where a file holds several (default: the last)")
    parser.add_argument("--variant", metavar="NAME", help="one of the model's variants")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=_setting,
        help="a parameter's value, as a .nn expression; may be given several times",
    )
    parser.add_argument(
        "--input",
        metavar="NAME=SIZES",
        action="append",
        default=[],
        type=_input,
        help="an input's sizes, as in image=2,3,224,224; may be given several times",
    )
    parser.add_argument("--root", metavar="DIR", help="the folder that imports must stay in (default: the project's)")
    parser.add_argument(
        "--max-nodes",
        metavar="N",
        type=number(1, MAX_NODES),
        default=50_000,
        help=f"the most layers and operations a model may have (default: 50000, at most {MAX_NODES})",
    )
    parser.add_argument(
        "--allow-extern",
        metavar="MODULE",
        action="append",
        default=[],
        help="a Python module that `extern` layers may come from; may be given several times",
    )


def options(arguments: argparse.Namespace) -> Options:
    """What `add_selection` declared, as the pipeline takes it."""
    from specc.pipeline import Options

    if arguments.root is not None and not os.path.isdir(arguments.root):
        raise Misuse(f"--root {arguments.root} is no folder")
    return Options(
        model=arguments.model,
        variant=arguments.variant,
        settings=tuple(arguments.set),
        inputs=tuple(arguments.input),
        root=arguments.root,
        max_nodes=arguments.max_nodes,
        allow_extern=tuple(arguments.allow_extern),
    )


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, as in --set depth=4")
    return name.strip(), value.strip()


def _input(text: str) -> tuple[str, tuple[int, ...]]:
    name, equals, sizes = text.partition("=")
    try:
        if not equals or not name.strip():
            raise ValueError
        shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SIZES, as in --input image=2,3,224,224") from None
    if any(size < 0 for size in shape):
        raise argparse.ArgumentTypeError(f"{text!r} has a negative size")
    return name.strip(), shape
