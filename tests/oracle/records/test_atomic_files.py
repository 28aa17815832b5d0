"""Files that are complete or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from oracle.records.atomic_files import write_atomically


def test_written_file_is_complete_and_alone(tmp_path: Path) -> None:
    """The bytes are there; no temporary file is."""
    write_atomically(tmp_path / "a", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new"}


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_failure_leaves_everything_as_before(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault: the disk fills up as the bytes are flushed, or the name is refused."""

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "a", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_bytes_reach_the_disk_before_the_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order of the system calls: fsync of the file, rename, fsync of the directory."""
    calls = []

    def record(name: str) -> Any:
        original = getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            calls.append(name)
            return original(*arguments, **options)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, record(name))
    write_atomically(tmp_path / "a", b"new")
    assert calls == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("name", ["folder", ".", "..", "nowhere/a"])
def test_error_names_the_path_that_was_asked_for(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory in the file's place, or none above it: never the temporary file, of which nobody has heard."""
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match=r"Is a directory|No such file") as caught:
        write_atomically(Path(name), b"new")
    assert (caught.value.filename, caught.value.filename2) == (name, None)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_directory_that_appears_meanwhile_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault: nothing is seen under the path before the renaming meets a directory there."""
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(Path, "is_dir", lambda _: False)
    with pytest.raises(IsADirectoryError) as caught:
        write_atomically(tmp_path / "folder", b"new")
    assert (caught.value.filename, caught.value.filename2) == (str(tmp_path / "folder"), None)
