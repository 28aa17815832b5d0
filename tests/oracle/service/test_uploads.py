"""Uploads are kept under the SHA-256 of their bytes, read back unaltered, and pruned by age and size."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

from oracle.records.record_errors import DamagedRecordError, MissingRecordError, StoreError
from oracle.service.limits import Limits
from oracle.service.uploads import Uploads

DAY = 86_400.0
NOW = 1_700_000_000.0


class Clocks:
    """Two clocks that stand still until they are set."""

    def __init__(self) -> None:
        self.wall, self.monotonic = NOW, 50.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a directory that is not there yet."""
    return tmp_path / "data" / "uploads"


@pytest.fixture
def clocks() -> Clocks:
    """Return clocks to set."""
    return Clocks()


def uploads_in(root: Path, clocks: Clocks, **limits: int) -> Uploads:
    """Return the uploads, judged by these clocks and limits."""
    return Uploads(root, Limits(**limits), lambda: clocks.wall, lambda: clocks.monotonic)


def kept(uploads: Uploads, root: Path, data: bytes, days_ago: float) -> str:
    """Keep an upload as if it had last been used some days ago."""
    sha256 = uploads.keep(data)
    os.utime(root / sha256[:2] / f"{sha256}.npz", (NOW - days_ago * DAY,) * 2)
    return sha256


def test_upload_is_read_back_under_its_digest(root: Path) -> None:
    """The name is the SHA-256 of the bytes, and the same bytes have one name and one file."""
    uploads = Uploads(root, Limits())
    for data in (b"", b"run", bytes(range(256)) * 1000):
        assert uploads.keep(data) == uploads.keep(data) == hashlib.sha256(data).hexdigest()
        assert uploads.read(hashlib.sha256(data).hexdigest()) == data
    assert len([path for path in root.rglob("*") if path.is_file()]) == 3


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_upload_is_its_owners_alone(root: Path) -> None:
    """What clients send is nobody else's business."""
    sha256 = Uploads(root, Limits()).keep(b"run")
    assert stat.S_IMODE((root / sha256[:2] / f"{sha256}.npz").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name",
    ["", "..", "../../etc/passwd", "/etc/passwd", "0" * 63, "0" * 65, "A" * 64, "0" * 63 + "\n", "0" * 62 + "/x",
     "\x00" * 64, "\u0661" * 64, "sha256:" + "0" * 64, "0" * 64],
)  # fmt: skip
def test_name_that_is_no_upload_is_missing(root: Path, tmp_path: Path, name: str) -> None:
    """No name that a client gives becomes a path; the message repeats it without control characters."""
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(MissingRecordError) as caught:
        Uploads(root, Limits()).read(name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("altered", [b"", b"ru", b"rum", b"run "])
def test_altered_upload_is_damaged_and_stays(root: Path, altered: bytes) -> None:
    """It is neither read, nor overwritten by the true bytes sent again."""
    uploads = Uploads(root, Limits())
    sha256 = uploads.keep(b"run")
    path = root / sha256[:2] / f"{sha256}.npz"
    path.write_bytes(altered)
    for ask in (lambda: uploads.read(sha256), lambda: uploads.keep(b"run")):
        with pytest.raises(DamagedRecordError, match=sha256):
            ask()
    assert path.read_bytes() == altered


def test_full_disk_leaves_nothing_behind(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `StoreError` that says what to do, no half file, and success once there is room."""
    uploads = Uploads(root, Limits())
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        with pytest.raises(StoreError, match="disk is full"):
            uploads.keep(b"run")
    assert not [path for path in root.rglob("*") if path.is_file()]
    assert uploads.read(uploads.keep(b"run")) == b"run"


def test_upload_reaches_the_disk_before_it_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File and name are synced: a power cut after the answer loses nothing."""
    synced: list[str] = []
    sync = os.fsync

    def recorded(descriptor: int) -> None:
        synced.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", recorded)
    Uploads(root, Limits()).keep(b"run")
    assert synced[-2:] == ["file", "directory"]


def test_prune_takes_what_is_old_and_not_in_use(root: Path, clocks: Clocks) -> None:
    """After 30 days unused an upload goes, unless it is in use."""
    uploads = uploads_in(root, clocks, keep_days=30)
    old, used, young = (
        kept(uploads, root, data, days) for data, days in ((b"a", 31), (b"b", 31), (b"c", 29))
    )
    assert uploads.prune({used}) == [old]
    assert uploads.read(used) + uploads.read(young) == b"bc"
    with pytest.raises(MissingRecordError, match="send the candidate again"):
        uploads.read(old)


def test_prune_takes_the_longest_unused_first_where_bytes_are_short(root: Path, clocks: Clocks) -> None:
    """What is in use stays, and counts: of 4 × 10 bytes with 25 allowed two go, the oldest that may."""
    uploads = uploads_in(root, clocks, keep_uploads_bytes=25)
    first, second, third, fourth = (kept(uploads, root, bytes([i]) * 10, 9 - i) for i in range(4))
    assert uploads.prune({second}) == [first, third]
    assert uploads.read(second)
    assert uploads.read(fourth)
    assert uploads.prune(set()) == []


def test_upload_sent_again_counts_as_used(root: Path, clocks: Clocks) -> None:
    """Its age starts anew."""
    uploads = uploads_in(root, clocks, keep_days=30)
    sha256 = kept(uploads, root, b"a", 31)
    uploads.keep(b"a")
    assert uploads.prune(set()) == []
    assert uploads.read(sha256) == b"a"


@pytest.mark.parametrize(("wall", "monotonic"), [(1000 * DAY, 0.0), (0.0, 1000 * DAY), (-1000 * DAY, 0.0)])
def test_clock_that_jumps_deletes_nothing(root: Path, clocks: Clocks, wall: float, monotonic: float) -> None:
    """Only where both clocks say that the time has passed does anything go by its age."""
    uploads = uploads_in(root, clocks, keep_days=30)
    kept(uploads, root, b"a", 1)
    clocks.wall += wall
    clocks.monotonic += monotonic
    assert uploads.prune(set()) == []
    clocks.wall, clocks.monotonic = NOW + 1000 * DAY, 1000 * DAY
    assert len(uploads.prune(set())) == 1


def test_prune_clears_what_killed_writers_left_and_nothing_else(root: Path, clocks: Clocks) -> None:
    """Unfinished files of yesterday go; fresh ones and files of other names stay."""
    uploads = uploads_in(root, clocks)
    sha256 = kept(uploads, root, b"a", 1)
    here = root / sha256[:2]
    old, fresh, other = here / ".x.unfinished", here / ".y.unfinished", here / "notes.npz"
    for path, days in ((old, 2), (fresh, 0), (other, 2000)):
        path.write_bytes(b"x")
        os.utime(path, (NOW - days * DAY,) * 2)
    assert uploads.prune(set()) == []
    assert (old.exists(), fresh.exists(), other.exists()) == (False, True, True)
