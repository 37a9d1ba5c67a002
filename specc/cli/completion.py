"""Print a completion script for a shell, made from the options themselves.

bash: specc completion bash > ~/.local/share/bash-completion/completions/specc
zsh:  specc completion zsh > ~/.zfunc/_specc            (with ~/.zfunc in fpath)
fish: specc completion fish > ~/.config/fish/completions/specc.fish
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from importlib import import_module

from specc.cli import FINE
from specc.cli.arguments import Parser, one_of
from specc.record import Record

SHELLS = ("bash", "zsh", "fish")


class _Option(Record):
    names: tuple[str, ...]
    help: str
    words: tuple[str, ...]  # what it may be set to, where those are few
    takes_value: bool


class _Verb(Record):
    name: str
    purpose: str
    options: tuple[_Option, ...]
    words: tuple[str, ...]  # what its argument may be, where that is no file


def declare(parser: Parser) -> None:
    parser.add_argument("shell", type=one_of(SHELLS), metavar="|".join(SHELLS), help="the shell")


def run(arguments: argparse.Namespace) -> int:
    verbs = _verbs()
    print({"bash": _bash, "zsh": _zsh, "fish": _fish}[arguments.shell](verbs), end="")
    return FINE


def _verbs() -> list[_Verb]:
    from specc.cli.main import VERBS

    out = []
    for verb, purpose in VERBS.items():
        module = import_module(f"specc.cli.{verb}")
        parser = Parser(verb, purpose, "")
        module.declare(parser)
        options = []
        words: tuple[str, ...] = ()
        for action in parser.actions():
            values = _words(action)
            if action.option_strings:
                options.append(_Option(tuple(action.option_strings), action.help or "", values, action.nargs != 0))
            elif values:
                words = values
            elif action.metavar == "CODE":
                from specc.catalogue import codes

                words = tuple(codes())
        out.append(_Verb(verb, purpose, tuple(options), words))
    return out


def _words(action: argparse.Action) -> tuple[str, ...]:
    metavar = action.metavar
    return tuple(metavar.split("|")) if isinstance(metavar, str) and "|" in metavar else ()


def _bash(verbs: list[_Verb]) -> str:
    cases = []
    for verb in verbs:
        values = "".join(
            f"            {'|'.join(option.names)}) {_bash_reply(option.words)}; return;;\n"
            for option in verb.options
            if option.words
        )
        names = [name for option in verb.options for name in option.names]
        plain = _bash_reply(verb.words) if verb.words else "_specc_files"
        cases.append(
            f"    {verb.name})\n"
            + (f'        case "$previous" in\n{values}        esac\n' if values else "")
            + f"        if [[ $word == -* ]]; then {_bash_reply(names)}; else {plain}; fi;;\n"
        )
    first = [*(verb.name for verb in verbs), "--help", "--version"]
    return (
        "# bash completion for specc, written by `specc completion bash`\n"
        "_specc_files() {\n"
        "    compopt -o filenames 2>/dev/null\n"
        '    COMPREPLY=($(compgen -f -X \'!*.nn\' -- "$word") $(compgen -d -- "$word"))\n'
        "}\n"
        "_specc() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
        f"    if [[ $COMP_CWORD == 1 ]]; then {_bash_reply(first)}; return; fi\n"
        '    case "${COMP_WORDS[1]}" in\n' + "".join(cases) + "    esac\n}\n"
        "complete -F _specc specc\n"
    )


def _bash_reply(words: Iterable[str]) -> str:
    return f"COMPREPLY=($(compgen -W '{' '.join(words)}' -- \"$word\"))"


def _zsh(verbs: list[_Verb]) -> str:
    cases = []
    for verb in verbs:
        specs = []
        for option in verb.options:
            value = ""
            if option.takes_value:
                value = f":value:({' '.join(option.words)})" if option.words else ":value:_files"
            specs += [f"            '{name}[{_zsh_text(option.help)}]{value}'" for name in option.names]
        rest = f"'*:word:({' '.join(verb.words)})'" if verb.words else "'*:file:_files -g \"*.nn\"'"
        cases.append(f"        {verb.name}) _arguments \\\n" + " \\\n".join([*specs, f"            {rest}"]) + " ;;\n")
    described = "".join(f"            '{verb.name}:{_zsh_text(verb.purpose)}'\n" for verb in verbs)
    return (
        "#compdef specc\n# zsh completion for specc, written by `specc completion zsh`\n"
        "_specc() {\n"
        "    if (( CURRENT == 2 )); then\n"
        f"        local -a verbs=(\n{described}        )\n"
        "        _describe verb verbs\n        return\n    fi\n"
        "    local verb=$words[2]\n"
        "    shift words; (( CURRENT-- ))\n"
        "    case $verb in\n" + "".join(cases) + "    esac\n}\n"
        'if [[ $funcstack[1] == _specc ]]; then _specc "$@"; else compdef _specc specc; fi\n'
    )


def _zsh_text(text: str) -> str:
    return text.replace("'", "").replace("[", "(").replace("]", ")").replace(":", ";")


def _fish(verbs: list[_Verb]) -> str:
    lines = ["# fish completion for specc, written by `specc completion fish`", "complete -c specc -f"]
    for verb in verbs:
        lines.append(f"complete -c specc -n __fish_use_subcommand -a {verb.name} -d {_fish_text(verb.purpose)}")
        seen = f"-n '__fish_seen_subcommand_from {verb.name}'"
        for option in verb.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            value = f" -x -a '{' '.join(option.words)}'" if option.words else " -r" if option.takes_value else ""
            lines.append(f"complete -c specc {seen} {names}{value} -d {_fish_text(option.help)}")
        arguments = f"-a '{' '.join(verb.words)}'" if verb.words else "-F"
        lines.append(f"complete -c specc {seen} {arguments}")
    return "\n".join(lines) + "\n"


def _fish_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
