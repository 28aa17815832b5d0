"""Goldens in memory are told only as long as their file is the one that was verified."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oracle.service.file_mark import mark_of
from oracle.service.rendered import RenderedGoldens

DIGEST = "sha256:" + "ab" * 32


def file_of(folder: Path, digest: str = DIGEST, content: bytes = b"record") -> Path:
    """Write a golden's file."""
    path = folder / digest[7:9] / f"{digest[7:]}.npz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def test_text_is_told_while_its_file_stays(tmp_path: Path) -> None:
    """By digest, and by the body that asked for it."""
    file_of(tmp_path)
    cache = RenderedGoldens(tmp_path)
    kept = cache.keep(DIGEST, b"text")
    cache.remember(b"body", DIGEST)
    assert kept is not None
    assert (cache.get(DIGEST), cache.asked(b"body"), cache.asked(b"other"), cache.bytes) == (
        kept,
        kept,
        None,
        4,
    )


def touched(path: Path) -> None:
    """Change the time of a file by a nanosecond."""
    now = path.stat().st_mtime_ns
    os.utime(path, ns=(now, now + 1))


def replaced(path: Path) -> None:
    """Put another file of the same size and time in its place."""
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"RECORD")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize(
    "change", [Path.unlink, touched, replaced, lambda path: path.write_bytes(b"longer record")]
)
def test_text_of_a_changed_file_is_not_told(tmp_path: Path, change: Callable[[Path], object]) -> None:
    """Gone, touched, replaced or overwritten."""
    path = file_of(tmp_path)
    cache = RenderedGoldens(tmp_path)
    cache.keep(DIGEST, b"text")
    cache.remember(b"body", DIGEST)
    change(path)
    assert (cache.asked(b"body"), cache.get(DIGEST), cache.bytes) == (None, None, 0)


def test_text_without_a_file_is_not_kept(tmp_path: Path) -> None:
    """It went away while it was read."""
    assert (RenderedGoldens(tmp_path).keep(DIGEST, b"text"), mark_of(str(tmp_path), DIGEST)) == (None, None)


def test_least_used_goes_first_and_memory_is_bounded(tmp_path: Path) -> None:
    """One that is larger than everything is kept by itself."""
    names = ["sha256:" + letter * 64 for letter in "abcd"]
    cache = RenderedGoldens(tmp_path, most_bytes=30)
    for name in names[:3]:
        file_of(tmp_path, name)
        cache.keep(name, b"0123456789")
    cache.get(names[0])
    file_of(tmp_path, names[3])
    cache.keep(names[3], b"0123456789")
    assert [cache.get(name) is not None for name in names] == [True, False, True, True]
    cache.keep(names[3], bytes(100))
    assert ([cache.get(name) is not None for name in names], cache.bytes) == ([False] * 3 + [True], 100)
