"""The ladder by which pictures reach a user: pygraphviz, a `dot` program, neither. Each rung in a process of its own, where the
packages and programs of the others are hidden."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).parents[3]
DOT = shutil.which("dot")
SCRIPT = """
import sys
for name in {hidden!r}:
    sys.modules[name] = None
from specc.cli.main import guarded
for name in {names!r}:
    print(guarded(["draw", {spec!r}, "-o", name]))
print(sorted({{name.partition(".")[0] for name in sys.modules if sys.modules[name]}} & {{"torch", "numpy", "pygraphviz"}}))
"""
STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "html": b"<!DOCTYPE html>", "dot": b"// Gen", "mmd": b"%% Gen"}


def draw(
    folder: Path,
    *names: str,
    spec: str = "resnet",
    hidden: tuple[str, ...] = (),
    programs: str = "",
    environment: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[str], list[str]]:
    """`specc draw` to files of these names, in one process without some packages, with only these folders of programs: the
    statuses and what was loaded, and what was said."""
    script = SCRIPT.format(hidden=hidden, names=names, spec=spec)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": programs, **environment}
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=True)
    return done.stdout.splitlines(), done.stderr.splitlines()


def holds(folder: Path, *forms: str) -> None:
    """Is each a file of its format?"""
    for form in forms:
        assert (folder / f"m.{form}").read_bytes().startswith(STARTS[form])


@pytest.fixture
def stub(tmp_path: Path) -> str:
    """A folder with a `dot` program: here pygraphviz plays it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys, pygraphviz\n"
        "layout, form = sys.argv[1][2:], sys.argv[2][2:]\n"
        "sys.stdout.buffer.write(pygraphviz.AGraph(string=sys.stdin.read()).draw(format=form, prog=layout))\n"
    )
    program.chmod(0o755)
    return str(folder)


NAMES = tuple(f"m.{form}" for form in STARTS)


class TestPygraphviz:
    """pip alone suffices: no program is on the path."""

    def test_every_format(self, tmp_path: Path) -> None:
        out, err = draw(tmp_path, *NAMES)
        assert out == ["0"] * 6 + ["['pygraphviz']"]
        assert err == [f"wrote {name}" for name in NAMES]
        holds(tmp_path, *STARTS)

    def test_fonts_of_the_machine_change_nothing(self, tmp_path: Path) -> None:
        other = tmp_path / "fonts.conf"
        other.write_text("<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig></fontconfig>")
        draw(tmp_path, "one.svg", "one.png", spec="gpt2", environment={"PYTHONHASHSEED": "1"})
        env = {"PYTHONHASHSEED": "2", "FONTCONFIG_FILE": str(other), "HOME": "/nowhere", "LANG": "C"}
        draw(tmp_path, "two.svg", "two.png", spec="gpt2", environment=env)
        for form in ("svg", "png"):
            assert (tmp_path / f"one.{form}").read_bytes() == (tmp_path / f"two.{form}").read_bytes()


class TestDotProgram:
    def test_every_format(self, tmp_path: Path, stub: str) -> None:
        out, err = draw(tmp_path, *NAMES, hidden=("pygraphviz",), programs=stub)
        assert out == ["0"] * 6 + ["[]"]
        assert err == [f"wrote {name}" for name in NAMES]
        holds(tmp_path, *STARTS)

    @pytest.mark.skipif(DOT is None, reason="no dot program here")
    def test_the_real_one(self, tmp_path: Path) -> None:
        out, err = draw(tmp_path, *NAMES, hidden=("pygraphviz",), programs=os.path.dirname(str(DOT)))
        assert out == ["0"] * 6 + ["[]"]
        assert err == [f"wrote {name}" for name in NAMES]
        holds(tmp_path, *STARTS)
        text = (tmp_path / "m.svg").read_text(encoding="utf-8")
        assert "BasicBlock" in text
        assert "@font-face" in text

    def test_a_pygraphviz_that_does_not_load_is_passed_over(self, tmp_path: Path, stub: str) -> None:
        package = tmp_path / "broken" / "pygraphviz"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("raise ImportError('libgvc.so.6: cannot open shared object file')")
        program = Path(stub) / "dot"
        program.write_text(program.read_text().replace("import sys,", "import sys; sys.path.pop(1)\nimport"))
        path = os.pathsep.join([str(package.parent), str(ROOT)])
        out, err = draw(tmp_path, "m.svg", programs=stub, environment={"PYTHONPATH": path})
        assert (out[0], err) == ("0", ["wrote m.svg"])

    def test_one_that_fails_is_told(self, tmp_path: Path, stub: str) -> None:
        (Path(stub) / "dot").write_text("#!/bin/sh\necho 'no plugins' >&2\nexit 3\n")
        out, err = draw(tmp_path, "m.svg", hidden=("pygraphviz",), programs=stub)
        assert out[0] == "2"
        (message,) = err
        assert message.startswith("error: ")
        assert message.endswith("dot failed: no plugins")
        assert not (tmp_path / "m.svg").exists()


def test_with_neither_texts_come_and_one_line_says_what_to_install(tmp_path: Path) -> None:
    out, err = draw(tmp_path, *NAMES, hidden=("pygraphviz",))
    assert out == ["2", "2", "2", "0", "0", "0", "[]"]
    assert err[3:] == ["wrote m.html", "wrote m.dot", "wrote m.mmd"]
    assert len(set(err[:3])) == 1
    assert "pip install 'specc[draw]'" in err[0]
    assert ".html, .dot or .mmd" in err[0]
    holds(tmp_path, "html", "dot", "mmd")
    for form in ("html", "dot", "mmd"):
        assert b"BasicBlock" in (tmp_path / f"m.{form}").read_bytes()
    assert not list(tmp_path.glob("m.[sp]*"))
