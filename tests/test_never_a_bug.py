"""Whatever a spec says, specc answers with diagnostics: broken variations of every bundled spec, checked in this process.

python -m tests.test_never_a_bug --cases 5000 --seed 1      more of them, with the crashes sorted by place
"""

from __future__ import annotations

import argparse
import random
import re
import traceback
from collections import Counter
from pathlib import Path

import pytest

from specc.cli.fmt import formatted
from specc.diagnostics import Diagnostics
from specc.pipeline import Options, build, check, program
from specc.report.text import render
from specc.source import SourceFile

SPECS = sorted((Path(__file__).parent.parent / "specs").rglob("*.nn"))
_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
_WORDS = (
    "0",
    "-1",
    "3",
    "x",
    "none",
    "true",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "->",
    "=",
    ",",
    "..",
    "Linear",
    "cat",
    "2.5",
    '"s"',
    "*",
    "if",
    "for",
)


def broken(text: str, chance: random.Random) -> str:
    """A text with one to three of its tokens removed, doubled, swapped, or replaced by others."""
    tokens = _TOKEN.findall(text)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(tokens))
        match chance.randrange(5):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, tokens[at])
            case 2:
                other = chance.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3:
                tokens[at] = chance.choice(tokens)
            case _:
                tokens[at] = chance.choice(_WORDS)
        if not tokens:
            break
    return "".join(tokens)


def variation(seed: int) -> SourceFile:
    """The broken spec of a seed."""
    chance = random.Random(seed)
    path = chance.choice(SPECS)
    return SourceFile(f"{path.stem}-{seed}.nn", broken(path.read_text(encoding="utf-8"), chance), str(path))


def answer(source: SourceFile) -> str:
    """What specc says of a source. What it finds nothing wrong with is built and formatted too."""
    diagnostics = Diagnostics()
    checked = check(source, Options(), diagnostics)
    if not diagnostics.has_errors:
        text = build(checked, Options(), diagnostics)
        if text is not None:
            compile(text, source.name, "exec")
        formatted(source)
    return render(diagnostics.sorted())


def verified(source: SourceFile) -> str:
    """What torch's meta device says otherwise of a source that is accepted; empty if nothing, or if it is refused."""
    from specc.runtime.errors import CannotRun
    from specc.runtime.load import forget, load
    from specc.runtime.verify import verify

    diagnostics = Diagnostics()
    checked = check(source, Options(), diagnostics)
    if diagnostics.has_errors:
        return ""
    graph, text = program(checked, Options(), diagnostics), build(checked, Options(), diagnostics)
    if graph is None or text is None:
        return ""
    module = load(text, source.name, {})
    try:
        findings = verify(graph, module, runs=1, device="meta").findings
    except CannotRun:
        return ""
    finally:
        forget(module)
    return "; ".join(f"{found.what} {found.place} {found.sizes}" for found in findings)


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_broken_specs_are_answered(start: int) -> None:
    for seed in range(start, start + 20):
        answer(variation(seed))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verify", action="store_true", help="run what is accepted on torch's meta device")
    options = parser.parse_args()
    crashes: Counter[str] = Counter()
    examples: dict[str, int] = {}
    for seed in range(options.seed, options.seed + options.cases):
        try:
            answer(variation(seed))
            wrong = verified(variation(seed)) if options.verify else ""
            if wrong:
                crashes[f"accepted, but {wrong}"[:160]] += 1
                examples.setdefault(f"accepted, but {wrong}"[:160], seed)
        except Exception as error:  # noqa: BLE001  # what this looks for
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} at {'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno}: {error}"[:160]
            crashes[place] += 1
            examples.setdefault(place, seed)
    for place, count in crashes.most_common():
        print(f"{count:5}  {place}  (seed {examples[place]})")
    print(f"{options.cases} broken specs, {sum(crashes.values())} crashes at {len(crashes)} places")
    return 1 if crashes else 0


if __name__ == "__main__":
    raise SystemExit(main())
