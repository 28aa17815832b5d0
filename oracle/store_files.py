"""The files of a store: records named by their content, and what else may lie among them."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oracle.records.atomic_files import TEMPORARY_SUFFIX, sync_directory, write_atomically
from oracle.records.golden import Golden, canonical_text, sha256_name
from oracle.records.npz import read_npz_bytes, sealed_manifest
from oracle.records.record_errors import DamagedRecordError, MissingRecordError, StoreError
from oracle.store_rows import StoreEntry

__all__ = [
    "StoreFiles",
    "entry_of",
    "file_errors_named",
    "make_directory",
    "require_writable",
    "sealed_entry",
    "still_there",
]

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})", re.ASCII)
_CAUSES = {
    errno.ENOSPC: "the disk is full: free some space and run the same command again",
    errno.EDQUOT: "the disk quota is used up: free some space and run the same command again",
    errno.EFBIG: "the file would exceed a size limit: raise the limit and run the same command again",
    errno.EROFS: "the file system is read-only: name a writable store",
    errno.EACCES: "access is not permitted: change its permissions, or name another store",
    errno.EPERM: "access is not permitted: change its permissions, or name another store",
    errno.EEXIST: "a file is in the place of a directory: name another store",
    errno.ENOTDIR: "a file is in the place of a directory: name another store",
}


class StoreFiles:
    """The records of a store as ``objects/ab/<hex>.npz``, `ab` the first two of 64 hexadecimal digits."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.objects = root / "objects"

    def path_of(self, digest: str) -> Path:
        """Return where a golden lies or would lie.

        Raises
        ------
        StoreError
            If `digest` is not ``sha256:`` and 64 lower-case hexadecimal digits.
        """
        match = _DIGEST.fullmatch(digest)
        if match is None:
            raise StoreError(
                f"{digest!r} is no digest; expected `sha256:` and 64 hexadecimal digits (0-9, a-f)."
            )
        return self.objects / match[1][:2] / f"{match[1]}.npz"

    def digest_of(self, path: Path) -> str | None:
        """Return the digest that a path stands for, None if it is not a record's."""
        digest = f"sha256:{path.stem}"
        return digest if _DIGEST.fullmatch(digest) and path == self.path_of(digest) else None

    def everything(self) -> list[Path]:
        """Return all files among the records, in order."""
        return sorted(path for path in self.objects.glob("**/*") if not path.is_dir())

    def records(self) -> list[Path]:
        """Return the files that are named as records."""
        return [path for path in self.everything() if self.digest_of(path)]

    def has_records(self) -> bool:
        """Tell whether there is any record; looks no further than the first, however many there are."""
        try:
            with os.scandir(self.objects) as directories:
                return any(self._holds_record(Path(entry)) for entry in directories if entry.is_dir())
        except FileNotFoundError:  # no store yet
            return False

    def leftovers(self) -> list[Path]:
        """Return what writers that were killed left; call it under the index's write lock."""
        return [path for path in self.everything() if path.name.endswith(TEMPORARY_SUFFIX)]

    def write(self, digest: str, data: bytes) -> Path:
        """Write a record's file, atomically, and return its directory.

        Its contents have reached the disk, its name only once `oracle.records.atomic_files.sync_directory`
        was called on that directory: whoever writes many does that once.
        """
        path = self.path_of(digest)
        make_directory(path.parent)
        write_atomically(path, data, sync_name=False)
        return path.parent

    def read(self, digest: str, file_sha256: str | None = None) -> tuple[Golden, bytes]:
        """Read and verify a record; `file_sha256` is what the index expects of the file.

        Raises
        ------
        MissingRecordError
            If there is no such file.
        DamagedRecordError
            If it is damaged, was altered, or is another golden than its name says.
        """
        path = self.path_of(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError as cause:
            raise MissingRecordError(_missing(digest, path, file_sha256)) from cause
        golden = read_npz_bytes(data, str(path))
        if golden.digest != digest:
            raise DamagedRecordError(_replaced(path, f"it holds the golden {golden.digest}"))
        if file_sha256 not in (None, sha256_name(data)):
            raise DamagedRecordError(_replaced(path, f"the index expects a file with {file_sha256}"))
        return golden, data

    def read_unchanged(self, digest: str, file_sha256: str) -> bytes:
        """Return a file that is, byte for byte, what the index expects; refuse any other, as `read` does."""
        path = self.path_of(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError as cause:
            raise MissingRecordError(_missing(digest, path, file_sha256)) from cause
        if sha256_name(data) != file_sha256:
            raise DamagedRecordError(_replaced(path, f"the index expects a file with {file_sha256}"))
        return data

    def set_aside(self, path: Path) -> Path:
        """Move a file out of the way into ``set-aside/``, never over another; return where it went."""
        aside = self.root / "set-aside"
        make_directory(aside)
        target, count = aside / path.name, 1
        while target.exists():
            target, count = aside / f"{path.stem}.{count}{path.suffix}", count + 1
        path.rename(target)
        sync_directory(path.parent)
        sync_directory(aside)
        return target

    def _holds_record(self, directory: Path) -> bool:
        """Tell whether there is a record in one directory; the listing is read only as far as the first."""
        with os.scandir(directory) as entries:
            return any(
                entry.name.endswith(".npz") and self.digest_of(Path(entry)) is not None for entry in entries
            )


def entry_of(golden: Golden, data: bytes, created: float) -> StoreEntry:
    """Return the index entry of a golden whose file is `data`, made at `created` (seconds since 1970)."""
    says = {name: getattr(golden, name) for name in ("spec", "digest", "digits", "grade")}
    return _entry(says, golden.spec_digest, data, created)


def sealed_entry(spec_digest: str, data: bytes, created: float) -> StoreEntry:
    """Return the index entry of a sealed file that should answer a spec.

    Raises
    ------
    DamagedRecordError
        If the file is not as it was sealed, or answers another spec.
    """
    says = sealed_manifest(data, f"the golden computed for the spec {spec_digest}")
    answers = sha256_name(canonical_text(says["spec"]).encode())
    if answers != spec_digest:
        raise DamagedRecordError(
            f"a golden of the spec {answers} arrived for the spec {spec_digest}, which was asked for. "
            "Nothing was stored of it. See that every worker runs the same version, and ask again."
        )
    return _entry(says, spec_digest, data, created)


def _entry(says: dict[str, Any], spec_digest: str, data: bytes, created: float) -> StoreEntry:
    """Return the entry of a file by what it says of itself."""
    spec, problem = says["spec"], says["spec"].get("problem", {})
    n, d = _sizes(problem)
    return StoreEntry(
        spec_digest=spec_digest,
        digest=says["digest"],
        kind=str(problem.get("kind", "")),
        n=n,
        d=d,
        method=str(spec.get("method", {}).get("name", "")),
        want=str(spec.get("want", {}).get("kind", "")),
        digits=says["digits"],
        grade=says["grade"],
        bytes=len(data),
        file_sha256=sha256_name(data),
        created=datetime.fromtimestamp(created, UTC).isoformat(timespec="seconds"),
    )


def still_there(paths: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield files with what the system knows of each; one that another deleted meanwhile is passed over."""
    for path in paths:
        with suppress(FileNotFoundError):
            yield path, path.stat()


def make_directory(directory: Path, mode: int = 0o777) -> None:
    """Make a directory and what is above it, and let its name reach the disk.

    `mode` is that of the directory itself, less what the umask takes; one that is there keeps its own.
    """
    if not directory.is_dir():
        make_directory(directory.parent)
        directory.mkdir(mode, exist_ok=True)
        sync_directory(directory.parent)


def require_writable(directory: Path, mode: int = 0o777) -> None:
    """Find out whether files can be made in a directory, which is made, with `mode`, if it is not there.

    Raises
    ------
    OSError
        If they cannot.
    """
    make_directory(directory, mode)
    with tempfile.TemporaryFile(dir=directory):
        pass


@contextmanager
def file_errors_named(root: Path) -> Iterator[None]:
    """Turn the operating system's exceptions into a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        cause = _CAUSES.get(error.errno or 0, "see the system's words")
        where = error.filename or root
        raise StoreError(
            f"the store `{root}` cannot be used, at `{os.fspath(where)}` ({error.strerror}): {cause}. "
            "No stored record was lost."
        ) from error


def _sizes(problem: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return samples and coordinates where the problem states them."""
    if "X" in problem:
        return len(problem["X"]), len(problem["X"][0])
    if problem.get("terms"):
        return None, len(problem["terms"][0]["powers"])
    return problem.get("n"), problem.get("d")


def _missing(digest: str, path: Path, file_sha256: str | None) -> str:
    if file_sha256 is None:
        return f"no golden {digest} in this store: `{path}` is not there; `oracle store ls` lists the others."
    return (
        f"`{path}` is missing, though the index lists it. Put it back from a copy, or run "
        "`oracle store gc --set-aside` and compute it anew."
    )


def _replaced(path: Path, what: str) -> str:
    return (
        f"`{path}` is not the file that was stored: {what}. Nothing was changed. "
        "Restore it from a copy, or run `oracle store gc --set-aside` and compute it anew."
    )
