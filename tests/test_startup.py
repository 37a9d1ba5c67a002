"""`specc check` and `specc fmt` start fast because they load little. Fresh interpreters prove what they load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "numpy", "networkx", "graphviz", "pygraphviz", "pydantic", "sympy", "z3", "rich", "dataclasses_json"}
ZOO = Path(__file__).parent.parent / "specs"
SPEC = ZOO / "vision" / "lenet5.nn"


def loaded_by(program: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after running a program."""
    ending = "\nimport sys; print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.__stderr__)"
    done = subprocess.run([sys.executable, "-c", program + ending], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


def command(*arguments: str, expect: tuple[int, ...] = (0,)) -> str:
    return f"from specc.cli.main import guarded\nassert guarded({list(arguments)!r}) in {expect}"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import specc", id="import"),
        pytest.param(command("--help"), id="help"),
        pytest.param(command("list"), id="list"),
        pytest.param(command("fmt", "--diff", str(SPEC), expect=(0, 1)), id="fmt"),
        pytest.param(command("check", str(SPEC)), id="check"),
        pytest.param(command("check", "--format", "json", str(SPEC)), id="check-json"),
        pytest.param(command("check", "--types", str(SPEC)), id="check-types"),
        pytest.param(command("explain", "E0101"), id="explain"),
    ],
)
def test_loads_nothing_heavy(program: str) -> None:
    assert loaded_by(program) & HEAVY == set()


@pytest.mark.parametrize("package", ["networkx", "graphviz", "pydantic"])
def test_that_test_can_fail(package: str) -> None:
    """One import too many, in a module that the command loads, is seen."""
    program = f"import specc.source, {package}\n" + command("--help")
    assert loaded_by(program) & HEAVY == {package} | (loaded_by(f"import {package}") & HEAVY)


def test_a_mistake_loads_nothing_heavy_either(tmp_path: Path) -> None:
    spec = tmp_path / "wrong.nn"
    spec.write_text("model M {\n    input x: float[B, 4]\n    x -> Lineer(3) -> output y\n}\n")
    assert loaded_by(command("check", str(spec), expect=(1,))) & HEAVY == set()


def test_importing_specc_loads_only_itself() -> None:
    program = "import specc, sys\nloaded = {name for name in sys.modules if name.startswith('specc')}\n"
    loaded_by(program + "assert loaded == {'specc', 'specc.version'}, loaded")


def test_types_cost_nothing_unless_asked_for() -> None:
    modules = {"specc.elaborate.listing", "specc.elaborate.generic", "specc.report.listing"}
    asking = "\nimport sys; assert not set(sys.modules) & " + repr(sorted(modules)).join(("set(", ")"))
    loaded_by(command("check", str(SPEC)) + asking)
    with pytest.raises(subprocess.CalledProcessError):
        loaded_by(command("check", "--types", str(SPEC)) + asking)
