"""Files are written whole or not at all, and never over what specc did not write."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from specc.cli.files import HEADER, CannotWrite, write, write_generated


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file(tmp_path: Path) -> None:
    write_generated(str(tmp_path / "m.py"), b"x")
    assert (tmp_path / "m.py").read_bytes() == b"x"
    assert names(tmp_path) == ["m.py"]


def test_a_generated_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(HEADER + b" 0.1\nold")
    path.chmod(0o640)
    write_generated(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_somebody_elses_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("print('mine')")
    with pytest.raises(CannotWrite, match=r"was not written by specc.*--force"):
        write_generated(str(path), b"new")
    assert path.read_text() == "print('mine')"
    write_generated(str(path), b"new", force=True)
    assert path.read_bytes() == b"new"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(HEADER)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CannotWrite, match="no space left on device"):
        write_generated(str(path), b"new")
    assert path.read_bytes() == HEADER
    assert names(tmp_path) == ["m.py"]


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(str(tmp_path / "m.py"), b"new")
    assert names(tmp_path) == []


def test_a_symlink_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_bytes(HEADER)
    (tmp_path / "link.py").symlink_to("real.py")
    write_generated(str(tmp_path / "link.py"), b"new")
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "real.py").read_bytes() == b"new"


def test_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotWrite, match="is a folder"):
        write(str(tmp_path), b"")
    with pytest.raises(CannotWrite, match=r"folder .*nowhere does not exist"):
        write(str(tmp_path / "nowhere" / "m.py"), b"")
    path = tmp_path / "read_only.py"
    path.write_bytes(HEADER)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(CannotWrite, match="it is read-only"):
        write(str(path), b"new")
    assert path.read_bytes() == HEADER
    assert os.listdir(tmp_path) == ["read_only.py"]
