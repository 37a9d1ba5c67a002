"""Whatever is given to the command line, it answers in time, in bounded memory, with the right exit code and without a
traceback, and leaves nothing half written. Every case is a process of its own, under limits that the system enforces."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from specc.cli import FINDINGS, FINE, MISUSE

SECONDS = 2
MEMORY = 512 * 1024 * 1024

GOOD = "model Net(width: int = 8) {\n    input x: float[B, 10]\n    x -> fc: Linear(width) -> output y\n}\n"


class Answer:
    """What a command gave back."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text


def limits() -> None:
    """Of processor time, which unlike that of the clock does not depend on what else runs, and of address space."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def specc(folder: Path, *arguments: str, without: Sequence[str] = (), stdin: bytes = b"") -> Answer:
    """Runs a command in a folder. `without` are packages that are not installed."""
    hidden = "".join(f"sys.modules[{name!r}] = None; " for name in without)
    code = f"import sys; {hidden}sys.argv[0] = 'specc'; from specc.cli.main import entry_point; entry_point()"
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        preexec_fn=limits,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "NO_COLOR": "1"},
    )
    return Answer(found.returncode, found.stdout.decode("utf-8", "replace"))


def model(body: str) -> str:
    return f"model Net(width: int = 8) {{\n    input x: float[B, 10]\n    {body}\n}}\n"


def chained(count: int) -> str:
    """So many blocks, each of which uses the one before."""
    first = "block B0 {\n    input x\n    output x -> ReLU\n}\n"
    rest = "".join(f"block B{n} {{\n    input x\n    output x -> B{n - 1}\n}}\n" for n in range(1, count))
    return first + rest + model(f"output x -> B{count - 1}")


WRONG = {
    "unknown layer": (model("output x -> Linaer(5)"), "did you mean `Linear`?"),
    "unknown function": (model("output sofmax(x, dim=1)"), "did you mean `softmax`?"),
    "unknown argument": (model("output x -> Linear(5, biass=false)"), "did you mean `bias`?"),
    "unknown variable": (model("output xx"), "unknown name `xx`"),
    "wrong type of an argument": (model('output x -> Linear("5")'), "must be an int, not a string"),
    "wrong count of arguments": (model("output x -> Dropout(0.5, 2)"), "takes at most 1 argument"),
    "missing argument": (model("output x -> Linear()"), "needs `out_features`"),
    "duplicate labels": (model("output x -> a: Linear(5) -> a: Linear(5)"), "the layer `a` is defined twice"),
    "duplicate definitions": (GOOD + GOOD, "the definition `Net` is defined twice"),
    "wrong rank": (model("output x -> Conv2d(8, 3)"), "needs a 3-D or 4-D input"),
    "wrong size": (model("output x -> Linear(5, in_features=11)"), "in_features is 11"),
    "import of nothing": ("from .nowhere import Block\n" + GOOD, "there is no file for `.nowhere`"),
    "import outside the root": ("from ....... import Block\n" + GOOD, "E0"),
    "recursion": ("block A {\n    input x: [B, F]\n    output x -> A\n}\n" + model("output x -> A"), "A -> A"),
    "a billion rounds": (model("output x -> for i in 0..1000000000 { ReLU }"), "1,000,000,000 iterations"),
    "a billion rounds of statements": (model("for i in 0..1000000000 { x = x -> ReLU }\n    output x"), "1,000,000,000 iter"),
    "a billion items": (
        model("w = [i for i in range(1000000000)]\n    output x -> Linear(len(w))"),
        "1,000,000,000 iterations",
    ),
    "a billion tensors": (
        "model Net {\n    input x: float[1000000000, 10]\n    output (x -> unbind(0))[0]\n}\n",
        "at most 10,000",
    ),
    "lists in lists": (model("w = [[[k for k in 0..999] for j in 0..999] for i in 0..999]\n    output x"), "E0421"),
    "a list doubled sixty times": (
        "let a0 = [1, 2]\n"
        + "".join(f"let a{n} = a{n - 1} + a{n - 1}\n" for n in range(1, 60))
        + model("output x -> Linear(len(a59))"),
        "a list of",
    ),
    "exponents": (model("output x -> Linear(2 ** 2 ** 2 ** 2 ** 2 ** 2)"), "2**63 or more"),
    "an integer of a thousand digits": (model(f"output x -> Linear({'9' * 1000})"), "1000 digits"),
    "ten thousand parentheses": (model(f"output {'(' * 10000}x{')' * 10000}"), "nested more than 64 deep"),
    "ten thousand braces": ("model Net {" + "for i in 0..1 {" * 10000 + "}" * 10001, "nested more than 64 deep"),
    "ten thousand signs": (model(f"output {'-' * 20000}x"), "more than 120 operations deep"),
    "ten thousand terms": (model(f"output {' + '.join(['x'] * 20000)}"), "more than 120 operations deep"),
    "endless functions": ("let f(n) = f(n - 1)\n" + model("output x -> Linear(f(3))"), "more than 64 deep"),
    "exponential functions": (
        "let f(n) = n if n < 2 else f(n - 1) + f(n - 2)\n" + model("output x -> Linear(f(60))"),
        "steps are computed",
    ),
    "a thousand constants": (
        "let a0 = 1\n" + "".join(f"let a{n} = a{n - 1} + 1\n" for n in range(1, 1000)) + model("output x -> Linear(a999)"),
        "more than 64 deep",
    ),
    "a thousand blocks in each other": (chained(1000), "more than 64 deep"),
    "layers without end": (model("output x -> for i in 0..300 { for j in 0..300 { ReLU } }"), "at most 50,000"),
    "a long name": (model(f"output x -> {'A' * 100000}"), "unknown layer"),
    "a thousand mistakes": (model("x -> Foo(3)\n    " * 1000 + "output x"), "unknown layer"),
    "an empty file": ("", "holds no model"),
    "nothing but comments": ("# nothing\n\n# here\n", "holds no model"),
    "a strange character": (model("output x → Linear(5)"), "is written `->` here"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_spec(name: str, tmp_path: Path) -> None:
    text, said = WRONG[name]
    (tmp_path / "spec.nn").write_text(text, encoding="utf-8")
    answer = specc(tmp_path, "check", "spec.nn")
    assert answer.status == FINDINGS, answer.text
    assert said in answer.text
    assert "Traceback" not in answer.text
    assert len(answer.text) < 100_000


@pytest.mark.parametrize("verb", ["build", "run", "summary", "verify"])
def test_nothing_is_made_of_a_wrong_spec(verb: str, tmp_path: Path) -> None:
    (tmp_path / "spec.nn").write_text(WRONG["wrong rank"][0], encoding="utf-8")
    answer = specc(tmp_path, verb, "spec.nn")
    assert answer.status == FINDINGS
    assert "needs a 3-D or 4-D input" in answer.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spec.nn"]


def test_several_mistakes_are_all_told(tmp_path: Path) -> None:
    text = (
        "block Half {\n    input x: [B, F]\n    output x[:, 0:F // ]\n}\n\n"
        "model Net(width: int = 8) {\n    input x: float[B, 10]\n    a = x -> Linear(widht)\n    b = x -> Linaer(5)\n"
        "    output x -> Linear(5, biass=false)\n}\n"
    )
    (tmp_path / "spec.nn").write_text(text, encoding="utf-8")
    answer = specc(tmp_path, "check", "spec.nn")
    for said in ("error[E0129]", "did you mean `width`?", "`Linaer`", "`biass`", "4 errors"):
        assert said in answer.text, answer.text


def test_what_nothing_uses_is_a_warning(tmp_path: Path) -> None:
    text = (
        "model Net(width: int = 8) {\n    input x: float[B, 10], m: bool[B]\n    y = x -> ReLU\n"
        "    output x -> fc: Linear(5)\n}\n"
    )
    (tmp_path / "spec.nn").write_text(text, encoding="utf-8")
    answer = specc(tmp_path, "check", "spec.nn")
    assert answer.status == FINE
    assert "the input `m` is never used" in answer.text
    assert "the value `y` is never used" in answer.text
    assert "the parameter `width` is never used" in answer.text


def test_imports_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.nn").write_text("from .b import B\nblock A {\n    input x\n    output x -> ReLU\n}\n", encoding="utf-8")
    (tmp_path / "b.nn").write_text("from .a import A\nblock B {\n    input x\n    output x -> ReLU\n}\n", encoding="utf-8")
    answer = specc(tmp_path, "check", "a.nn")
    assert answer.status == FINDINGS
    assert "a.nn -> b.nn -> a.nn" in answer.text


def test_more_files_than_are_allowed(tmp_path: Path) -> None:
    for n in range(80):
        text = f"from .f{n + 1} import B{n + 1}\n" if n < 79 else ""
        (tmp_path / f"f{n}.nn").write_text(text + f"block B{n} {{\n    input x\n    output x -> ReLU\n}}\n", encoding="utf-8")
    answer = specc(tmp_path, "check", "f0.nn")
    assert answer.status == FINDINGS
    assert "more than 64 files" in answer.text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "Nett"), "did you mean `Net`?"),
        (("--variant", "big"), "has no variant `big`"),
        (("--set", "widht=3"), "did you mean `width`?"),
        (("--set", "width=true"), "must be an int, not a bool"),
        (("--set", f"width={'9' * 1000}"), "1000 digits"),
        (("--set", f"width={'(' * 10000}"), "nested more than 64 deep"),
        (("--input", "z=1,2"), "has no input `z`"),
        (("--input", "x=1,10,3"), "2 dimensions"),
    ],
)
def test_a_wrong_selection(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "spec.nn").write_text(GOOD, encoding="utf-8")
    answer = specc(tmp_path, "check", "spec.nn", *arguments)
    assert answer.status == FINDINGS
    assert said in answer.text


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.nn").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "latin.nn").write_bytes("model Caf\xe9 {}".encode("latin-1"))
    (tmp_path / "large.nn").write_text("# x\n" * 100_000, encoding="utf-8")
    (tmp_path / "gone.nn").symlink_to(tmp_path / "nowhere.nn")  # a file that vanishes between the listing and the reading
    for name, said in {
        "folder": "folder",
        "binary.nn": "is a binary file",
        "latin.nn": "is not UTF-8",
        "large.nn": "larger than 256 KiB",
        "gone.nn": "does not exist",
        "missing.nn": "does not exist",
        "/dev/zero": "larger than 256 KiB",
        "": "",
    }.items():
        answer = specc(tmp_path, "check", name)
        assert answer.status == MISUSE, (name, answer.text)
        assert said in answer.text
        assert answer.text.count("\n") == 1, answer.text
    (tmp_path / "good.nn").write_text(GOOD, encoding="utf-8")
    whole = specc(tmp_path, "check", ".")
    assert whole.status == MISUSE
    assert whole.text.count("error: ") == 4, "each of the folder's files is told of"
    assert "good.nn: no problems" in whole.text


def test_standard_input(tmp_path: Path) -> None:
    assert specc(tmp_path, "check", "-", stdin=GOOD.encode()).status == FINE
    assert "binary" in specc(tmp_path, "check", "-", stdin=bytes(1000)).text
    assert "larger than 256 KiB" in specc(tmp_path, "check", "-", stdin=b"x" * 300_000).text


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "spec.nn").write_text(GOOD, encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "mine.py").write_text("print('mine')\n", encoding="utf-8")
    for target, said in {
        "folder": "is a folder",
        "nowhere/net.py": "does not exist",
        "mine.py": "was not written by specc",
        "/dev/full": "is no ordinary file",
        "/proc/net.py": "cannot be written",
    }.items():
        answer = specc(tmp_path, "build", "spec.nn", "-o", target)
        assert answer.status == MISUSE, (target, answer.text)
        assert said in answer.text
        assert answer.text.count("\n") == 1, answer.text
    assert (tmp_path / "mine.py").read_text(encoding="utf-8") == "print('mine')\n"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "mine.py", "spec.nn"]


def safetensors(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header + data


HOSTILE = {
    "truncated": (safetensors(b'{"fc.bias":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}', bytes(31)), "cut off"),
    "a header of all memory": (safetensors(b"{}", length=2**63), "a download that was cut off?"),
    "a shape of all memory": (
        safetensors(b'{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}'),
        "but has 0 bytes",
    ),
    "overlapping": (
        safetensors(
            b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
            bytes(3),
        ),
        "b overlaps a",
    ),
    "a key twice": (safetensors(b'{"a":1,"a":2}'), "a stands in its header twice"),
    "not JSON": (safetensors(b"{" + b"[" * 1_000_000), "its header is not JSON"),
    "pickled": (b"\x80\x04cos\nsystem\n(S'touch owned'\ntR.", "is a pickle, and opening a pickle can run any code"),
    "a zip of pickles": (b"PK\x03\x04" + bytes(100), "is a pickle"),
    "another model's": (
        safetensors(b'{"fc.weight":{"dtype":"F32","shape":[8,9],"data_offsets":[0,288]}}', bytes(288)),
        "fc.weight: wanted [8, 10], found [8, 9]",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_weights(name: str, tmp_path: Path) -> None:
    """One clear message, without torch, and nothing is written."""
    data, said = HOSTILE[name]
    (tmp_path / "spec.nn").write_text(GOOD, encoding="utf-8")
    (tmp_path / "their.safetensors").write_bytes(data)
    answer = specc(tmp_path, "weights", "spec.nn", "--from", "their.safetensors", "-o", "out.safetensors", without=["torch"])
    assert answer.status == (FINDINGS if name == "another model's" else MISUSE), answer.text
    assert said in answer.text
    assert "Traceback" not in answer.text
    assert len(answer.text) < 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spec.nn", "their.safetensors"]


@pytest.mark.parametrize("verb", ["run", "verify", "compare"])
def test_without_torch(verb: str, tmp_path: Path) -> None:
    (tmp_path / "spec.nn").write_text(GOOD, encoding="utf-8")
    more = ["--with", "json:loads"] if verb == "compare" else []
    answer = specc(tmp_path, verb, "spec.nn", *more, without=["torch"])
    assert answer.status == MISUSE
    assert "pip install 'specc[torch]'" in answer.text
    assert "Traceback" not in answer.text


def test_checking_and_building_need_no_torch(tmp_path: Path) -> None:
    (tmp_path / "spec.nn").write_text(GOOD, encoding="utf-8")
    assert specc(tmp_path, "check", "spec.nn", without=["torch", "networkx", "graphviz"]).status == FINE
    assert specc(tmp_path, "build", "spec.nn", "-o", "-", without=["torch", "graphviz"]).status == FINE


def test_renaming_weights_needs_no_torch(tmp_path: Path) -> None:
    (tmp_path / "spec.nn").write_text(GOOD, encoding="utf-8")
    (tmp_path / "port.map").write_text("w -> fc.weight  transpose\nb -> fc.bias\n", encoding="utf-8")
    header = (
        b'{"w":{"dtype":"BF16","shape":[10,8],"data_offsets":[0,160]},"b":{"dtype":"F32","shape":[8],"data_offsets":[160,192]}}'
    )
    (tmp_path / "their.safetensors").write_bytes(safetensors(header, bytes(192)))
    without = ["torch", "numpy", "safetensors", "networkx", "graphviz"]
    command = ["weights", "spec.nn", "--from", "their.safetensors", "--map", "port.map", "-o", "out.safetensors"]
    answer = specc(tmp_path, *command, without=without)
    assert answer.status == FINE, answer.text
    assert b'"fc.weight":{"dtype":"BF16","shape":[8,10]' in (tmp_path / "out.safetensors").read_bytes()


def test_the_limits_hold(tmp_path: Path) -> None:
    """What these tests rely on: a process that takes too long or too much is stopped."""
    busy = subprocess.run([sys.executable, "-c", "while True: pass"], preexec_fn=limits, capture_output=True)
    assert busy.returncode != 0
    large = subprocess.run([sys.executable, "-c", "bytes(10**9)"], preexec_fn=limits, capture_output=True)
    assert b"MemoryError" in large.stderr
