"""What cannot be read is told in one line; what can is found by its path or its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from specc import reading
from specc.reading import MAX_BYTES, CannotRead, bundled_name, bundled_specs, read, specs_below


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(name: str) -> str:
    with pytest.raises(CannotRead) as caught:
        read(name)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_path_keeps_its_name_and_knows_its_place(here: Path) -> None:
    (here / "m.nn").write_bytes(b"model M {}\r\n")
    source = read("m.nn")
    assert (source.name, source.text, source.path) == ("m.nn", "model M {}\r\n", str(here / "m.nn"))


def test_a_byte_order_mark_is_not_part_of_the_text(here: Path) -> None:
    (here / "m.nn").write_bytes(b"\xef\xbb\xbfmodel M {}")
    assert read("m.nn").text == "model M {}"


def test_missing(here: Path) -> None:
    (here / "lenet.nn").touch()
    assert refusal("lenett.nn") == "lenett.nn does not exist; did you mean lenet.nn?"
    assert refusal("lenet") == "lenet does not exist; did you mean lenet.nn?"
    assert refusal("other/x.nn") == "other/x.nn does not exist"
    assert "specc list" in refusal("zzzzzzzz")
    assert refusal("resnett") == "resnett does not exist; did you mean resnet?"


def test_what_is_no_spec(here: Path) -> None:
    (here / "folder").mkdir()
    (here / "binary.nn").write_bytes(b"\x7fELF\0\0")
    (here / "latin.nn").write_bytes("model M {}\n# Größe".encode("latin-1"))
    (here / "large.nn").write_bytes(b"#" * (MAX_BYTES + 1))
    assert "is a folder" in refusal("folder")
    assert "binary" in refusal("binary.nn")
    assert "not UTF-8 text (line 2)" in refusal("latin.nn")
    assert "larger than 256 KiB" in refusal("large.nn")


def test_the_largest_file_is_read(here: Path) -> None:
    (here / "large.nn").write_bytes(b"#" * MAX_BYTES)
    assert len(read("large.nn").text) == MAX_BYTES


def test_no_permission(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (here / "m.nn").touch()
    monkeypatch.setattr(reading, "open", refuse, raising=False)  # root may read everything
    assert "permission denied" in refusal("m.nn")


def test_a_path_with_a_nul() -> None:
    assert "does not exist" in refusal("a\0.nn") or "cannot be read" in refusal("a\0.nn")


def test_bundled_specs_go_by_their_stem() -> None:
    source = read("resnet")
    assert source.path is not None
    assert source.path.endswith(os.path.join("vision", "resnet.nn"))
    assert read("vision/resnet").path == source.path


def test_a_file_here_wins_over_a_bundled_spec(here: Path) -> None:
    (here / "resnet").write_text("model Mine {}")
    assert read("resnet").text == "model Mine {}"


def test_names_of_bundled_specs() -> None:
    names = [bundled_name(path) for path in bundled_specs()]
    assert "vision/resnet" in names
    assert not [name for name in names if name.startswith("lib/")]
    assert names == sorted(names)


def test_an_ambiguous_stem(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    for family in ("a", "b"):
        (here / "zoo" / family).mkdir(parents=True)
        (here / "zoo" / family / "net.nn").touch()
    monkeypatch.setattr(reading, "zoo_root", lambda: str(here / "zoo"))
    assert refusal("net") == "net could be any of a/net, b/net: name the one that is meant"
    assert read("b/net").path == str(here / "zoo" / "b" / "net.nn")


def test_folders_hold_specs(here: Path) -> None:
    for name in ("b.nn", "a.nn", "c.py", "sub/d.nn", ".hidden/e.nn"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).touch()
    assert specs_below(".") == ["./a.nn", "./b.nn", "./sub/d.nn"]
